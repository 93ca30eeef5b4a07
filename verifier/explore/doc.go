// Package explore searches for a certificate: it runs a program on abstract
// states path by path, depth first in instruction order, and prunes a path
// when its state is included in one whose paths have all ended. Nothing that
// it does is trusted: package check confirms what it finds.
//
// # States and paths
//
// At points (jump targets, function starts, return sites) registers that are
// not live are dropped, the state is looked up among the finished nodes of
// the point, and, when enough instructions were executed since, stored as a
// new node. A node is open while a path from it has not ended; the open nodes
// are the current path. Equality with an open node is a loop that never ends,
// unless something that the run time bounds went on since: the steps of an
// iterator, callbacks of a helper, may_goto. Then a path may stop at an open
// node that includes its state, and the nodes form a graph with cycles.
//
// # Loops
//
// A loop that the run time bounds need not count, so its states need not
// end. From the third turn on the state at its head (a call of an iterator's
// next function or of a helper with callbacks, a may_goto) is joined with that
// of the turn before, and bounds that grow move to the next limit: what the
// loop compares with, sizes, bounds that stay, limits of types (widen.go).
// Numbers and offsets that moved by the same distance stay tied (join.go).
// The path goes on from the widened state.
//
// A lossy search does the same for every loop, and joins states where there
// are many. It offers the numbers of widened states as measures (measure.go);
// whether they bound the loops is for the checker to say.
//
// # Weakening
//
// When a node is finished, the instructions executed from it are walked
// backwards (need.go) to find which registers and stack cells were not read,
// which may hold any number, and which mattered; the stored state is
// weakened to that, so that it includes more of what comes later. Branches
// decided by numbers make these numbers matter: a loop counter stays exact.
// If the checker refuses the weakened certificate, the search is repeated
// without weakening.
package explore
