// Package abi is version 1 of the contract between generated code and rtlib:
// the Frame that every program runs on. The layout is append-only; a change
// of a field is a new version in a new folder. Generated Go asserts each
// offset it relies on when it compiles.
//
// Every field takes a fixed multiple of 8 bytes on every GOARCH. The Frame is
// on the heap and never moves. Machine code keeps its address in a register,
// its spills in its own stack frame, and no pointer of Go's anywhere else.
package abi

import "unsafe"

// Version of this layout. It is part of every symbol that generated machine
// code refers to: bpf2go∕rtlib∕v1·Name.
const Version = 1

// Sizes of the eBPF stacks (RFC 9669 leaves them to the platform; Linux has
// 512 bytes a frame and 8 frames).
const (
	StackSize = 512 // bytes a function
	MaxDepth  = 8   // functions that can be active at once
)

// Ptr is a pointer that takes 8 bytes on every GOARCH.
type Ptr struct {
	_ [8 - unsafe.Sizeof(uintptr(0))]byte
	P unsafe.Pointer
}

// Frame is the state of one invocation. One goroutine uses it at a time.
//
//	  0 Inst       the rtlib.Instance that runs
//	  8 Slots      its []MapSlot, one for each map of the object
//	 16 Buf        keeps the packet or memory reachable: the only GC root
//	 24 Data       address of the first byte of the packet or memory
//	 32 DataEnd    address behind the last byte
//	 40 DataMeta   address of the metadata in front of Data
//	 48 Slot       execution slot: the CPU number that programs see
//	 56 Running    not 0 while a program runs that takes part in reclamation
//	 64 TailCalls  tail calls taken; 0 when Go runs a program that may take one
//	 72 Private    rtlib's own record
//	 80 Unwind     not 0: every function of the program returns at once; the
//	               entry sets it to 0 again
//	 88 Result     r0 of the program that a taken tail call ran
//	 96 Fuel       what is left of the budget of code with one, signed
//	128 Ctx        scalar context fields, 8 bytes each (table.Field.Slot)
//	384 Stack      eBPF stacks; r10 of the entry is Frame + 384 + 512, each
//	               call adds 512
//	4480 Each      walks of for_each_map_elem, one a call depth
type Frame struct {
	Inst      Ptr
	Slots     Ptr
	Buf       Ptr
	Data      uint64
	DataEnd   uint64
	DataMeta  uint64
	Slot      uint64
	Running   uint64
	TailCalls uint64
	Private   Ptr
	Unwind    uint64
	Result    uint64
	Fuel      int64
	_         [3]uint64
	Ctx       [32]uint64
	Stack     [MaxDepth * StackSize]byte
	Each      [MaxDepth]EachState
}

// EachState is how far a walk over the elements of a map has come.
type EachState struct {
	Pos uint64 // 0 at the start; what it means else is the map's matter
	Key uint64 // address of the key of the element that the walk is at
	_   [2]uint64
}

// Offsets in bytes for the compiler. frame_test.go compares them with the
// structs.
const (
	OffSlots    = 8
	OffData     = 24
	OffDataEnd  = 32
	OffDataMeta = 40
	OffSlot     = 48
	OffUnwind   = 80
	OffResult   = 88
	OffFuel     = 96
	OffCtx      = 128
	OffStack    = 384
	// OffR10 is where r10 of the entry function points.
	OffR10 = OffStack + StackSize
	// OffEach is where the walks at call depth 0 have their state; that of
	// depth d is EachSize*d further.
	OffEach  = OffStack + MaxDepth*StackSize
	EachSize = 32
	EachPos  = 0
	EachKey  = 8

	SlotSize   = 32 // bytes of a MapSlot
	SlotMap    = 0
	SlotValues = 8
	SlotMax    = 16
	SlotStep   = 24

	HeadValues = 0
	HeadMax    = 8
)

// MapHead is what generated code reads of an inner map, whose address a lookup in
// a map of maps gives. All maps begin with it.
type MapHead struct {
	Values uint64 // address of the first element of an array, else 0
	Max    uint64 // live max_entries
}

// MapSlot is what generated code reads of a map of its instance.
type MapSlot struct {
	Map Ptr // the map as helpers take it
	// Values is the first element of arrays, per-CPU arrays and data sections,
	// and the first of the addresses, 8 bytes each, of an array of maps; else nil.
	Values Ptr
	Max    uint64 // live max_entries
	// Step is the distance in bytes of the values of two CPUs in a per-CPU
	// array: those of the execution slot s begin at Values + s*Step.
	Step uint64
}
