// Package verifier proves that a program is safe to run natively without
// run-time checks, and exports what it proved.
//
// Verify takes a loaded object and one of its programs. It refuses with an
// *Error that a C programmer can act on, or returns the Facts that later
// stages may rely on. It never depends on GOARCH, time or randomness.
//
// # Parts and trust
//
//	value, state, transfer   abstract numbers, states, instructions   trusted
//	check                    confirms certificates, records facts     trusted
//	flow, explore            find certificates                        not trusted
//	reason                   why programs are refused                 text
//
// Package explore walks the program path by path as the Linux kernel does and
// writes down a certificate: states that include everything it met. Package
// check, which has none of the search's shortcuts, walks the certificate
// again, and it alone accepts. The theorem is in check, its assumptions in
// transfer. Facts come from the checker.
package verifier
