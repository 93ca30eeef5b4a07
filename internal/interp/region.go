package interp

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Region is an object in memory: bytes at synthetic addresses.
type Region struct {
	Kind   Kind
	Base   uint64           // address of the first byte
	Map    int              // KindMapValue, KindMap: index into Object.Maps
	Inner  bool             // KindMapValue, KindMap: of an inner map of that map
	Frame  int              // KindStack: call depth of the function, 0 = entry
	Func   int              // KindFunc: first slot of the function
	Object table.ObjectKind // KindObject: what it is
	Ref    uint32           // number of the reference that it is, 0 for none (Reference)

	bytes    []byte
	readOnly bool // programs may not write
	noRead   bool // programs may not read
	// gone says why the region can no longer be used, "" while it can.
	gone   string
	parent *Region // the region that this one lies in or lives by
	// children are regions that end with this one and have another parent.
	children []*Region
	init     []bool // KindStack: bytes that have been written
	// spills are the pointers in stack slots by byte index from Base,
	// always a multiple of 8.
	spills map[int]Value
	// cells are the dynptrs and iterators on a stack by the byte index of
	// their start, a multiple of 8.
	cells map[int]*cell
	// special are the parts of a map value that only helpers may touch.
	special []frontend.Special
	m       *Map    // KindMap, KindMapValue
	dynptr  *dynptr // KindDynptr
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

// spill keeps the pointer in the stack slot at an index.
func (r *Region) spill(k int, v Value) {
	if r.spills == nil {
		r.spills = map[int]Value{}
	}
	r.spills[k] = v
}

// Opaque says what a byte of stack belongs to that only helpers may look into:
// "dynptr", "iterator" or, for plain bytes, "". ref is the reference that it
// holds.
func (r *Region) Opaque(k int) (what string, ref uint32) {
	for at, c := range r.cells {
		if k >= at && k < at+c.size() {
			return c.what(), c.ref()
		}
	}
	return "", 0
}

// end makes the region, and what ends with it, unusable.
func (r *Region) end(why string) {
	if r.gone == "" {
		r.gone = why
	}
	for _, child := range r.children {
		child.end(why)
	}
}

// Gone says why the region can no longer be used, "" while it can.
func (r *Region) Gone() string {
	for p := r; p != nil; p = p.parent {
		if p.gone != "" {
			return p.gone
		}
	}
	return ""
}

// pointer is a pointer to the byte at an index from Base.
func (r *Region) pointer(k uint64) Value {
	return Value{Kind: r.Kind, Bits: r.Base + k, Region: r}
}

// memory reports whether a region has bytes that programs may reach.
func (r *Region) memory() bool {
	switch r.Kind {
	case KindCtx, KindMap, KindFunc, KindObject, KindDynptr:
		return false
	}
	return true
}

// find returns the index of the first of size bytes at address addr, or why
// they cannot be accessed.
func (r *Region) find(addr uint64, size int, write bool) (int, string) {
	switch gone := r.Gone(); {
	case !r.memory():
		return 0, fmt.Sprintf("%v is no memory", r.Kind)
	case gone != "":
		return 0, gone
	case write && r.readOnly && r.Kind == KindMapValue:
		return 0, fmt.Sprintf("map %d is read-only", r.Map)
	case write && r.readOnly:
		return 0, fmt.Sprintf("%v is read-only", r.Kind)
	case !write && r.noRead:
		return 0, fmt.Sprintf("map %d is write-only", r.Map)
	}
	k := addr - r.Base
	if k > uint64(len(r.bytes)) || uint64(len(r.bytes))-k < uint64(size) {
		return 0, fmt.Sprintf("%d bytes at offset %d of %d bytes of %v", size, int64(k), len(r.bytes), r.Kind)
	}
	return int(k), r.reserved(int(k), size, write)
}

// reserved says why size bytes at index k are not for the program, "" when
// they are: special parts of map values, dynptrs, iterators. A dynptr that
// holds nothing may be overwritten.
func (r *Region) reserved(k, size int, write bool) string {
	for _, s := range r.special {
		if k < s.Off+s.Size && s.Off < k+size {
			return fmt.Sprintf("bytes %d to %d of the value of map %d are a %s, which only helpers may touch", s.Off, s.Off+s.Size-1, r.Map, s.Name)
		}
	}
	for at, c := range r.cells {
		if k < at+c.size() && at < k+size && (!write || c.ref() != 0) {
			return fmt.Sprintf("stack bytes r10%+d to r10%+d are of %s, which only helpers may touch", at-stackSize, at+c.size()-1-stackSize, article(c.what()))
		}
	}
	return ""
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
// pointers that were spilled there are pointers no longer. Dynptrs there are
// gone with the memory they gave access to.
func (r *Region) touch(k, size int) {
	if r.init == nil {
		return
	}
	for b := k; b < k+size; b++ {
		r.init[b] = true
		if len(r.spills) > 0 {
			delete(r.spills, b&^7)
		}
	}
	for at, c := range r.cells {
		if k < at+c.size() && at < k+size {
			c.destroy()
			delete(r.cells, at)
		}
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
