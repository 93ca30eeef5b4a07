package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// Note is what Step observed: the checker makes facts of it, the search uses
// it to find out which values matter. Nothing of it feeds back into Step.
type Note struct {
	Access   Access
	Accessed bool
	Helper   *table.Helper
	Args     [5]state.Value // of a helper call, as many as it has
	Map      int32          // in ArgMap of a helper call, -1 when none
	Outer    int32          // 1 + the map of maps that the map in ArgMap is of, 0 when none
	Key      uint32         // of a helper call
	KeyConst bool
	KeyBelow bool
	Folded   bool // Access read frozen data by value
	Falls    bool // of a conditional jump
	Takes    bool
	Root     *Root // entered on its own because of this instruction
	PtrStore bool  // a pointer went to shared memory
	// String is frozen data that a helper is given as a string.
	String StringNote

	Exact  uint16 // registers whose number mattered
	Linked uint16 // registers that a comparison refined together
	Far    bool   // a comparison refined values of other frames or spills
	// Reads and Write are the stack bytes that were read and surely
	// overwritten.
	Reads []Span
	Write Span
}

// Span is the bytes [Lo, Hi) of a frame's stack, relative to its r10.
type Span struct {
	Frame  int
	Lo, Hi int64
	Exact  bool // their number mattered
	// UninitLo, UninitHi bound the bytes that were never written.
	UninitLo, UninitHi int64
}

// StringNote is a string with its zero byte, Len bytes at Off in a map.
type StringNote struct {
	Map      int32
	Off, Len int64
}

// Access is a memory access.
type Access struct {
	Region         table.Region
	Frame          int // RegionStack
	OffMin, OffMax int64
	Size           int
	Map            int32 // RegionMap, RegionConst
	Field          int   // RegionCtx
	// Base is 0 for plain bytes, 1 for the context and 1 plus the
	// table.ObjectKind for objects: what one instruction may access is of one.
	Base int
}

// reset forgets the observations of the instruction before; Args and Access
// count only with Helper and Accessed.
func (n *Note) reset() {
	n.Accessed, n.Helper, n.Map, n.Outer, n.Root = false, nil, -1, 0, nil
	n.Key, n.KeyConst, n.KeyBelow = 0, false, false
	n.Folded, n.Falls, n.Takes, n.PtrStore = false, false, false, false
	n.Exact, n.Linked, n.Far = 0, 0, false
	n.Reads, n.Write, n.String = n.Reads[:0], Span{}, StringNote{}
}

func bit(r bpf.Reg) uint16 { return 1 << r }
