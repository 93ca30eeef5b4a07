// Package engines runs every good object of testdata in every engine, as rows
// of one loop over the same cases. This package has what the tests share: the
// objects, the engines that were generated from them, and the inputs.
//
// The tests stand in three places, so that nothing can stand in for an engine:
//
//   - here, machine code and Go bodies against the vectors of testdata and
//     against each other; the interpreter is not linked, which is tested;
//   - in interptest, both against the reference interpreter;
//   - in kerneltest, both against BPF_PROG_TEST_RUN of the running kernel.
package engines
