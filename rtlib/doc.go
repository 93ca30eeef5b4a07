// Package rtlib is the run time of generated code: maps, programs, frames and
// helpers with the behaviour of bpf.h inside the host process. It takes the
// ObjectSpec that a generated package holds and gives an Instance; it refuses
// specs of another ABI version, maps and variables that differ from what the
// programs were proven with, and every use after Close. It imports package bpf,
// the standard library and golang.org/x/sys only.
//
//	inst, err := rtlib.NewInstance(spec, nil) // its maps, its data, its programs
//	verdict, err := rtlib.RunXDP(inst.Program("filter"), &rtlib.XDP{Data: packet})
//
//	frame, err := rtlib.NewFrame(inst)        // faster: an execution slot of one's own
//	verdict, err = frame.RunXDP(inst.Program("filter"), &rtlib.XDP{Data: packet})
//
//	run, err := objs.BindFilter(frame)        // fastest: of the generated package,
//	verdict, err = run.Packet(packet).Run()   // checked once, inlined by Go
//
// # Who owns what
//
// An Instance owns its maps unless they are replacements; Close ends it. A
// Frame is memory for one run at a time and leases an execution slot, which is
// the CPU number that programs see; there are PossibleCPU slots in a process.
// Programs in the slots of program arrays belong to their instances: a slot
// keeps an open instance reachable, Close of the instance empties the slot.
// Map values are memory that programs point into: elements of arrays never
// move, and elements of hash maps are used again only when no run can point to
// them (epoch.go).
//
// # What differs from the kernel
//
// A tail call that is taken ends every function of the caller, and a program
// array is not emptied when its last user handle goes. Values of hash maps are
// replaced by a copy, as on Linux, but memory of a deleted value is never given
// to another key while a program that may hold it runs; on Linux a preallocated
// map does that at once. Limits of a map's size are those of memory, not of a
// memory cgroup. trace_printk writes whole lines to a writer and does not hide
// addresses. bpf_iter_bits reads memory of the program only.
//
// Rings have memory of twice their size, because the process cannot map pages
// twice; what fits and what positions say is as in the kernel. A ring has one
// reader. Samples of perf event arrays end with zeroes where the kernel leaves
// what was there, those longer than 64 KiB are E2BIG, and counters are 0. What a
// program holds that panics is given back when the panic leaves it.
package rtlib
