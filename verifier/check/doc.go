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
// Proof of safety. The first entry is at slot 0 and includes the hook's
// state. From each entry, Run executes every path with transfer.Step until
// the program ends or until the state is included in another entry (by
// package state), so what Step says of a state holds of every concrete state
// it stands for. Every path that Run executes is finite. So an execution is a
// walk on the graph whose nodes are the entries and whose edges are the
// stops, and it ends if the walk does.
//
// Where a path stops is a hint of the certificate. A wrong hint makes a path
// not included in the entry named, which is refused, or runs it on, which a
// count stops; it cannot make a wrong program right.
//
// # Termination
//
// The entries are visited by strongly connected components of that graph,
// each after those it leads to (scc.go): a walk never comes back to a
// component that it left. A component without an edge inside is left at once.
// Let C be one with edges E inside, and m a measure: a natural number of the
// execution that has an upper bound, and that
//
//	(alive)     no edge of E changes the other way than m counts, and
//	(advances)  the edges of P, a part of E that is not empty, increase.
//
// While the walk is in C it takes edges of P at most N times, where N is the
// difference of the bounds of m over the least increase. Between two of them,
// before the first and behind the last it walks on E without P. The same
// argument is applied to the strongly connected components of that graph,
// with other measures; it has fewer edges, so this ends (cycle.go). If l(G)
// bounds the instructions on a walk on G, then
//
//	l(E) = N * longest edge of P + (N+1) * l(E without P),
//
// and l of a graph is the longest path through its components, each with its
// own l. From where a walk enters C does not matter, and it may enter the
// components of E without P again after each edge of P: N bounds one stay.
//
// The measures, and why they are natural numbers of the execution:
//
//   - Steps of an iterator. A reference and a class get numbers that are never
//     given again on a path (state.NewID; WellFormed keeps the numbers of an
//     entry below). So the reference with the number that one has at the entry
//     is the same iterator at the stop, and inclusion pairs references by
//     position. Step counts an element given in Steps; if the count differs,
//     an element was given. A numeric iterator gives at most 2^23 (rtlib).
//   - Turns of the helper that runs callbacks of a frame: the same by the
//     number Busy of the call. bpf_loop runs as many callbacks as its r1 says,
//     which waits in the frame, and none for more than 2^23; other helpers
//     run at most 2^32 (rtlib).
//   - Gotos of an activation: the same by its Token. may_goto goes on at most
//     2^23 times in an activation (rtlib and the targets).
//   - A number x in a register or a spill that has a class at the entry, and a
//     number x' of the same class at the stop. The base of a class is one
//     number along a path, as if a copy of x had been kept in a register that
//     no instruction names, so x' = x + d modulo 2^64, with d the difference
//     of their Deltas. For d >= 0 the unsigned sum did not wrap if x' >= d,
//     which the lower bound of x' shows; in the same way for d < 0 and for
//     signed numbers. The bounds are those of x at the entries of C: a walk
//     within C begins and ends each edge at one of them.
//
// Measures and their places are hints: a measure that is not alive, or that
// never advances, is not used, and a cycle without one is refused.
//
// With Env.Metered the second half of the theorem is not claimed: a cycle
// without a measure is accepted and Seen.Endless says so. Whoever runs such a
// program ends its runs (docs/soundness.md). The proof of safety is the same: it
// does not rest on the end of the walk.
//
// Run does not use liveness, joins of states, widening, hashing or pruning.
// What it assumes beyond that is listed in the documentation of package
// transfer.
package check
