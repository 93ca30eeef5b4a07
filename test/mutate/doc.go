// Command mutate measures whether the tests of the verifier's trusted base
// notice errors in it. It makes mutants, copies of the code with one small
// error each, runs the tests on each of them and lists those that survive.
//
//	go run ./test/mutate -n 200          a sample
//	go run ./test/mutate -n 0            all
//	go run ./test/mutate -only alu.go    those of a file or function
//
// # How
//
// All mutants are in one build. Every place that has some is rewritten so
// that a variable, set from the environment at the start, chooses between the
// original and one mutant:
//
//	if a < b {   becomes   if (mutant == 7 && (a <= b) || mutant != 7 && (a < b)) {
//
// The rewritten files reach the compiler through go build -overlay; nothing
// in the tree is changed. Test binaries of the packages that rest on the code
// are built once and run once per mutant, the quickest first, until a test
// fails, panics or takes many times as long as without a mutant.
//
// # Which
//
// Checks dropped or always true, conditions negated, sides of && and ||
// dropped, comparisons relaxed or tightened, min and max exchanged, + and -,
// & and | exchanged, constants changed by one, statements dropped, results
// replaced by tighter ones, truth values by true and false. Messages are left
// alone.
//
// A survivor that no test can notice is explained in explained.txt; any other
// one is a missing test, and the exit status is 1 when fewer than 95 % of
// the mutants are killed or explained.
package main
