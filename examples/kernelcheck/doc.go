// Package kernelcheck asks the running Linux kernel about the committed objects
// of testdata: every program that should be accepted must load and give the
// results of the test vectors in BPF_PROG_TEST_RUN, and every broken program
// must be refused for the reason it was written for. It holds tests only.
package kernelcheck
