// Package inside tests machine code as part of a Go process: the collector, the
// growth of stacks, panics, faults, the profiler, the tracer, many goroutines
// and Close while programs run. The programs are those of inside.bpf.c; Go code
// gets into the middle of them as the writer of trace_printk.
//
// TestVariants runs the other tests again in builds and settings of their own:
// GOGC=1, the race detector, checkptr, without cgo, and on arm64 under QEMU.
package inside
