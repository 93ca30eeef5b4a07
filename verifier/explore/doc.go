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
// are the current path. Equality with an open node is a loop that never ends.
// A path stops only at finished nodes, so the nodes form an acyclic graph.
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
