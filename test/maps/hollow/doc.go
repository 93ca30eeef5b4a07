// Command hollow finds operations on maps that no test misses: it empties the
// body of each, one at a time, and runs the tests of maps.
//
//	go run ./test/maps/hollow                all
//	go run ./test/maps/hollow -n 20 -seed 3  a sample
//	go run ./test/maps/hollow -only Ringbuf  those whose name matches
//	go run ./test/maps/hollow -list          which there are
//
// What is emptied: the methods of each implementation of rtlib's operations, the
// functions that programs call (those with a go:linkname of the ABI), and the
// exported methods of maps, readers and writers, of rtlib and of rtlib/ebpf. An
// emptied body returns zeroes. Bodies that do no more than that are left out.
//
// All emptied bodies are in one build, as in test/mutate: every body begins with
//
//	if hollow == 7 { return … }
//
// and the environment says which number is in force. Files reach the compiler by
// go build -overlay; nothing in the tree is changed.
//
// A function that can be emptied without harm is explained in explained.txt, by
// name; any other survivor makes the exit status 1.
package main
