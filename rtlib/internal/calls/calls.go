//go:build amd64 || arm64

// Package calls has hand-written machine code in the form that the compiler
// generates, for rtlib's tests and benchmarks: entries with the stack
// convention that call helpers by their names. It takes and gives what
// programs do. A binary that uses it has to link rtlib.
//
// The memory of the run is the argument: a key at its start, for Update the
// value at byte 16.
package calls

import abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"

// Trivial returns 2.
func Trivial(fr *abi.Frame) uint64

// Slot returns what GetSmpProcessorId does.
func Slot(fr *abi.Frame) uint64

// Lookup returns the address that MapLookupElem finds in map 0.
func Lookup(fr *abi.Frame) uint64

// HashLookup is Lookup by HashLookup.
func HashLookup(fr *abi.Frame) uint64

// HashLookup4 is Lookup by HashLookup4.
func HashLookup4(fr *abi.Frame) uint64

// HashLookup8 is Lookup by HashLookup8.
func HashLookup8(fr *abi.Frame) uint64

// HashLookup16 is Lookup by HashLookup16.
func HashLookup16(fr *abi.Frame) uint64

// Count4 calls HashLookup4 for a key at every 16th byte of the memory and
// returns the number of those that were found.
func Count4(fr *abi.Frame) uint64

// Count16 is Count4 for keys of 16 bytes.
func Count16(fr *abi.Frame) uint64

// Update stores the value at byte 16 of the memory in map 0.
func Update(fr *abi.Frame) uint64

// Delete deletes the key from map 0.
func Delete(fr *abi.Frame) uint64

// Loop calls Preempt until the first byte of the memory is not 0.
func Loop(fr *abi.Frame) uint64

// Stack stores the stack in the memory by GetStack and returns its bytes.
func Stack(fr *abi.Frame) uint64
