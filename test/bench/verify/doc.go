// Command verify measures the verifier: for programs that make it work, how
// many instructions it processes and in what time, states and memory, and how
// that grows, next to the time that the kernel's verifier takes for the same
// instructions in the same run (root on Linux; its own clock, from its log).
//
// Run it with make bench-verify, or in this folder's parent with go run
// ./verify. Numbers are printed, nothing passes or fails by them.
package main
