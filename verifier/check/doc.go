// Package check decides: it takes a certificate, which nobody has to trust,
// and confirms it or refuses it. It is part of the trusted base of the
// verifier, and the only part that accepts programs.
//
// A certificate is a list of entries, each a slot and an abstract state.
//
// # Theorem
//
// If Run returns no error, every execution of the program from a state of
// its hook's Entry ends after at most MaxInsns instructions, and every
// instruction of it is executed in a concrete state for which transfer.Step
// returned no Fault.
//
// Proof. The first entry is at slot 0 and includes the hook's state. From
// each entry, Run executes every path with transfer.Step until the program
// ends or until the state is included in another entry (by package state),
// so what Step says of a state holds of every concrete state it stands for.
// The graph of entries is acyclic: an execution meets each entry at most
// once, and the longest path bounds its length.
//
// Where a path stops is a hint of the certificate. A wrong hint makes a path
// not included in the entry named, which is refused, or runs it on, which a
// count stops; it cannot make a wrong program right.
//
// Run does not use liveness, joins of states, widening, hashing or pruning.
// What it assumes beyond that is listed in the documentation of package
// transfer.
package check
