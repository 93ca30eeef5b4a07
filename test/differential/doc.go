// Package differential runs programs that internal/progen makes on every
// engine and compares what they return and leave behind: r0, the packet, the
// maps. It has no input but seeds; a difference names the seed, is reduced to
// the fewest instructions that show it, and says which stage made it.
//
// # Engines
//
//   - the reference interpreter, in full;
//   - the IR in the evaluator, as built and optimised, on samples and when
//     something differs: that tells the stage;
//   - machine code for amd64 in this process (package machine), in full;
//   - machine code and Go bodies as users build them (test/harness), for the
//     host and under QEMU, on samples;
//   - the kernel through BPF_PROG_TEST_RUN, on samples, as root.
//
// Engines in this process run on rtlib: its Frame, maps and helpers.
package differential
