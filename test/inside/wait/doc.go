// Package wait measures how long a collection of garbage waits beside programs
// that run long: it asks every goroutine several times to stop, and machine code
// stops only where it looks (docs/decisions/0007). The same programs as Go
// bodies and a loop in Go, which the runtime can stop anywhere, are compared.
//
// go test -v prints the figures.
package wait
