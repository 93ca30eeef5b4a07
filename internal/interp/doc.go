// Package interp is the reference interpreter: the definition of what
// instructions, helpers and maps mean, and the oracle that every engine and
// the verifier are compared with. It takes programs of a frontend.Object and
// gives r0 or a *Fault; it is slow and obvious. It imports neither verifier nor
// ir, so that an error there cannot hide here.
//
// # What is checked
//
// Every register and every byte of stack has to be written before it is read.
// Every access goes through a pointer value that remembers its region (Value);
// numbers that happen to be addresses do not work. A region ends where its
// object ends: 512 bytes of stack a function, one value of a map, the packet,
// the metadata, one context field, one record. Writes to read-only data,
// unaligned atomics, calls deeper than 8 functions and more instructions than
// the caller allows are faults, too. A fault says which instruction and why; a
// program that the verifier accepts never has one.
//
// A region can also end in time (Region.Gone): a stack with its function, a
// record or an object with its release, the packet with a helper that moves
// it, the data of a dynptr with the dynptr. Every copy of a pointer to it, in
// registers and spilled in any frame, then faults when it is used. References
// (State.Refs), spin locks and sections have to be given back exactly once:
// what is left at the end of the program, of a callback or before a tail call
// is a fault.
//
// Arguments of helpers are checked against their rows in bpf/table, by code of
// its own (arguments). Special parts of map values, dynptrs and iterators are
// memory that only helpers touch.
//
// # What is left open
//
// Helpers that have a meaning here do what Linux 6.18 does as far as a program
// can tell; kernelfeatures_linux_test.go compares them with the kernel. All others
// have the model of their row: they fill what they may write with random bytes
// and give any result that the row allows. So does every helper that depends
// on the host, such as lookups of sockets: it fails at times. Options.Seed
// chooses; equal seeds give equal runs. Options.Adverse makes the world as bad
// as it may be: other threads write to maps, numbers are near the program's
// constants.
//
// # Addresses
//
// Programs may do arithmetic on pointers, compare them and store them, so a
// pointer has 64 bits like any value. They are synthetic: each object gets
// its own range of an address space that no memory stands behind. Adding a
// number to a pointer or subtracting one keeps the region; every other
// operation gives a number. A pointer survives a spill to an aligned stack
// slot and nothing else; what is read back from a map value is a number.
//
// # What is defined here and not by RFC 9669
//
// Replacing a value of a hash map makes a new copy; a pointer to the old value
// stays valid and keeps the old bytes until the invocation ends, as does a
// pointer to a deleted value. A legacy packet load outside of the packet leaves
// the function with r0 = 0. may_goto jumps when its function has passed
// 8,388,608 of them (Options.MayGoto). A tail call that is taken, one of at
// most 33, ends every function of the program, also when a subprogram or a
// callback makes it; Linux returns to the caller of the subprogram instead
// (Options.TailReturns).
// Each call of a helper that may move the packet ends all pointers to it,
// whether it succeeds or not. Timers run when the host says so (Machine.Fire).
package interp
