package interp

import "fmt"

// Kind is what a value is.
type Kind uint8

// The kinds of values; everything from KindCtx on is a pointer.
const (
	KindUninit    Kind = iota
	KindScalar         // a number
	KindCtx            // the context
	KindStack          // a function's stack
	KindPacket         // packet, or memory of a Memory hook
	KindMeta           // metadata in front of the packet
	KindPacketEnd      // data_end: points behind the packet, never accessed
	KindMapValue       // a value of a map
	KindMap            // a map itself, as helpers take it
	KindFunc           // a function of the program
	numKinds      = int(KindFunc) + 1
)

// kindNames are how faults call a value.
var kindNames = [numKinds]string{
	"not initialised", "a number", "the context", "stack", "packet", "metadata", "the end of the packet", "a map value", "a map", "a function",
}

// String returns the kind in words.
func (k Kind) String() string {
	if int(k) >= numKinds {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// Value is the content of a register or of a spilled stack slot.
type Value struct {
	Kind   Kind
	Bits   uint64  // the number or the address
	Region *Region // what a pointer belongs to; nil for numbers
}

// Off is the offset of a pointer in bytes: from r10 of its frame for stack,
// from data for the packet and its end, else from the start of its region.
func (v Value) Off() int64 {
	switch {
	case v.Region == nil:
		return 0
	case v.Kind == KindStack:
		return int64(v.Bits - v.Region.Base - stackSize)
	}
	return int64(v.Bits - v.Region.Base)
}

// String describes the value for a fault.
func (v Value) String() string {
	switch v.Kind {
	case KindUninit:
		return v.Kind.String()
	case KindScalar:
		return fmt.Sprintf("a number, 0x%x", v.Bits)
	case KindStack:
		return fmt.Sprintf("r10%+d of frame %d", v.Off(), v.Region.Frame)
	case KindMapValue:
		return fmt.Sprintf("a value of map %d%+d", v.Region.Map, v.Off())
	}
	return fmt.Sprintf("%v%+d", v.Kind, v.Off())
}

// number is a scalar value.
func number(bits uint64) Value { return Value{Kind: KindScalar, Bits: bits} }

// Region is an object in memory: bytes at synthetic addresses.
type Region struct {
	Kind  Kind
	Base  uint64 // address of the first byte
	Map   int    // KindMapValue, KindMap: index into Object.Maps
	Frame int    // KindStack: call depth of the function, 0 = entry
	Func  int    // KindFunc: first slot of the function

	bytes    []byte
	readOnly bool   // programs may not write
	noRead   bool   // programs may not read
	dead     bool   // stack of a function that has returned
	init     []bool // KindStack: bytes that have been written
	// spills are the pointers in stack slots by byte index from Base,
	// always a multiple of 8.
	spills map[int]Value
}

// Len is the size of the region in bytes.
func (r *Region) Len() int { return len(r.bytes) }

// Byte returns the byte at an index from Base and whether it is initialised.
func (r *Region) Byte(k int) (value byte, initialised bool) {
	return r.bytes[k], r.init == nil || r.init[k]
}

// Spill returns the pointer stored in the stack slot at an index from Base
// that is a multiple of 8.
func (r *Region) Spill(k int) (Value, bool) {
	v, found := r.spills[k]
	return v, found
}

// pointer is a pointer to the byte at an index from Base.
func (r *Region) pointer(k uint64) Value {
	return Value{Kind: r.Kind, Bits: r.Base + k, Region: r}
}

// find returns the index of the first of size bytes at address addr, or why
// they cannot be accessed.
func (r *Region) find(addr uint64, size int, write bool) (int, string) {
	switch {
	case r.Kind == KindCtx || r.Kind == KindMap || r.Kind == KindFunc:
		return 0, fmt.Sprintf("%v is no memory", r.Kind)
	case r.dead:
		return 0, fmt.Sprintf("the function with frame %d has returned, its stack is gone", r.Frame)
	case write && r.readOnly:
		return 0, fmt.Sprintf("map %d is read-only", r.Map)
	case !write && r.noRead:
		return 0, fmt.Sprintf("map %d is write-only", r.Map)
	}
	k := addr - r.Base
	if k > uint64(len(r.bytes)) || uint64(len(r.bytes))-k < uint64(size) {
		return 0, fmt.Sprintf("%d bytes at offset %d of %d bytes of %v", size, int64(k), len(r.bytes), r.Kind)
	}
	return int(k), ""
}

// uninitialised returns the first of size bytes at index k that has not been
// written, -1 when there is none.
func (r *Region) uninitialised(k, size int) int {
	if r.init == nil {
		return -1
	}
	for b := k; b < k+size; b++ {
		if !r.init[b] {
			return b
		}
	}
	return -1
}

// touch records a write of size bytes at index k: they are initialised, and
// pointers that were spilled there are pointers no longer.
func (r *Region) touch(k, size int) {
	if r.init == nil {
		return
	}
	for b := k; b < k+size; b++ {
		r.init[b] = true
		delete(r.spills, b&^7)
	}
}

// space hands out addresses. Objects are 64 KiB or more apart.
type space struct{ next uint64 }

// firstAddress is far from small numbers and from 32-bit ones.
const firstAddress = 0x1000_0000_0000

func (s *space) take(size int) uint64 {
	if s.next == 0 {
		s.next = firstAddress
	}
	const gap = 1 << 16
	base := s.next
	s.next += (uint64(size)/gap + 2) * gap
	return base
}
