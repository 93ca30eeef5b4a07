// Package interp is the reference interpreter: the definition of what
// instructions, helpers and maps mean, and the oracle that every engine is
// compared with. It takes programs of a frontend.Object and gives r0 or a
// *Fault; it is slow and obvious. It imports neither verifier nor ir, so that
// an error there cannot hide here.
//
// # What is checked
//
// Every register and every byte of stack has to be written before it is read.
// Every access goes through a pointer value that remembers its region (Value);
// numbers that happen to be addresses do not work. A region ends where its
// object ends: 512 bytes of stack a function, one value of a map, the packet,
// the metadata, one context field. Writes to read-only data, unaligned
// atomics, calls deeper than 8 functions and more instructions than the
// caller allows are faults, too. A fault says which instruction and why; a
// program that the verifier accepts never has one.
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
// Helpers behave as Linux 6.18 does where it was measured (csum_diff,
// trace_printk). Replacing a value of a hash map makes a new copy; a pointer
// to the old value stays valid and keeps the old bytes until the invocation
// ends, as does a pointer to a deleted value. A legacy packet load outside of
// the packet leaves the function with r0 = 0. may_goto jumps when its
// function has passed 8,388,608 of them (Options.MayGoto).
package interp
