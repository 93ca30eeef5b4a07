// Package value is the abstract domain of numbers: what is known of a 64-bit
// register. It is part of the trusted base of the verifier.
//
// A Scalar is the conjunction of three descriptions of one set of numbers:
//
//	T  known bits (a tristate number)
//	R  unsigned and signed bounds of all bits
//	H  unsigned and signed bounds of the low half
//
// Invariant: every number that the register can hold satisfies all three.
// Reduce tightens each by the others until nothing changes; it only ever
// removes numbers that one of the three already excludes, so it keeps the
// invariant, and it reports when nothing is left.
//
// The result of tighten is the least description of the numbers that known
// bits and bounds leave, so T and R of a reduced Scalar are a normal form.
//
// Every function takes the width in bits, so that the same code that runs at
// 64 bits is tested with every operand at 1 to 5 bits (rules_test.go). The
// bits above the width are zero in unsigned fields and copies of the sign in
// signed ones. The comparisons other than of single bits lose nothing: what
// Assume leaves is the least description of the numbers that satisfy it.
//
// Tristate numbers and their arithmetic follow "Sound, Precise, and Fast
// Abstract Interpretation with Tristate Numbers" (Vishwanathan et al., CGO
// 2022); semantics of the operations are those of RFC 9669 §4.
package value
