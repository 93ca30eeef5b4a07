// Package state is the abstract machine state: registers, stacks and call
// frames, and the inclusion of one state in another. It is part of the
// trusted base of the verifier.
//
// A State stands for a set of concrete machine states. Included(a, b) may be
// true only when every concrete state of a is one of b; it may be false at
// will.
//
// # Values
//
// A Value is a number or a pointer. A pointer is the start of a region plus a
// constant Off plus a number S, modulo 2^64. Relations tie values of one state
// together; each holds for any two values that carry the same non-zero number:
//
//	ID, Delta  x - x.Delta = y - y.Delta modulo 2^64, where x is the number
//	           itself or the variable part S of a pointer. Class LenClass is
//	           that of the length of a Memory hook: x - x.Delta is the length
//	Ref        both come from one map lookup: both are null or none is
//	Hold       both end with the same Reference, or with the same dynptr
//	Room       not a relation, but proven by one: S + Room bytes lie within
//	           the region (packet, memory of a Memory hook; also for numbers,
//	           which are then an index into it). 0 says nothing
//
// # References
//
// A Reference is what the program has to give back: a ring buffer record, a
// socket, a lock. A state and one that includes it have the same references in
// the same order, with numbers of their own; the numbers are paired one to one,
// so that what ends with one reference in the smaller state ends with one in
// the larger. A pointer that may be null and has Ref = Hold was acquired: there
// is no reference in the concrete states where it is null.
//
// # Stack
//
// A stack is 128 cells of 4 bytes. Cells are immutable and shared by states;
// a spilled 8-byte value occupies two. A byte is Invalid (may be read, as the
// run time zeroes it at entry when a proof needs it), Misc (any number), Zero
// or part of a spill. An iterator and a dynptr are values of stack cells that
// no register holds (SlotIter, SlotDynptr).
package state
