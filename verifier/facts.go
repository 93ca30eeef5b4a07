package verifier

import (
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Facts are what the certificate checker saw: the only licence to drop a
// check, to inline a lookup or to know a region. Each fact is the join over
// all certificate states and call chains. See docs/decisions.
type Facts struct {
	Hash     [32]byte // of the program they belong to (see HashProgram)
	Insns    []Fact   // indexed by slot
	Funcs    []FuncFact
	MaxInsns uint64 // bound on instructions of one invocation, tail callees not counted
	// Fuel is Options.Fuel: code ends an invocation before it executes more
	// instructions. 0 is no such budget.
	Fuel uint64
	// Endless: nothing bounds an invocation but Fuel, which is not 0.
	Endless bool
	// Relied lists what the proof assumed about maps and read-only data;
	// instance creation enforces it.
	Relied []Reliance
	// Warnings are notes for the user (uninitialised stack reads, …).
	Warnings []string
}

// Fact is what holds whenever the instruction at its slot is about to run.
type Fact struct {
	Reachable bool
	// Falls and Takes say whether the two edges of a conditional jump are
	// reachable. Falls is true for other reachable instructions but exits.
	Falls, Takes bool
	// Dst and Src are the operands before the instruction.
	Dst, Src Operand
	// Access is set for reachable loads, stores and atomics.
	Access Access
	// Call is set for reachable helper calls and for callx.
	Call *CallFact
}

// Kind is the kind of an abstract value.
type Kind uint8

// Kinds. KindMixed is a value that is of different pointer kinds on different
// paths; as an address it is compiled as a plain address.
const (
	KindUninit Kind = iota
	KindScalar
	KindPtrCtx
	KindPtrStack
	KindPtrPacket
	KindPtrMeta
	KindPtrPacketEnd
	KindPtrMapValue
	KindPtrMapValueOrNull
	KindConstMap
	KindPtrMem
	KindPtrMemOrNull
	KindPtrFunc
	KindMixed
	KindPtrObj // an object of the host, or a dynptr, that is not accessed by address
)

// Operand is what is known of a register.
type Operand struct {
	Kind Kind
	// Scalars: every value v has UMin <= v <= UMax, SMin <= int64(v) <=
	// SMax and v &^ Mask == Value (known bits). Pointers: the same for the
	// offset from the start of the region (stack: from r10 of its frame).
	UMin, UMax  uint64
	SMin, SMax  int64
	Value, Mask uint64
	Map         int // index of the map of a map pointer or map value; -1 when several
	Frame       int // PtrStack: call depth of the frame that owns it, 0 = entry; -1 when several
}

// Const returns the constant value of a scalar and whether it has one.
func (o Operand) Const() (uint64, bool) {
	return o.UMin, o.Kind == KindScalar && o.UMin == o.UMax
}

// Access is the proof of a memory access.
type Access struct {
	// Region is the one region accessed, or a union for mixed accesses.
	Region table.Region
	// Own: the access is to the stack of the current function and Off is
	// relative to its own r10.
	Own bool
	// Off bounds the byte offset of the first byte from the region's start
	// (stack: from r10; packet: from data). Min == Max when constant.
	OffMin, OffMax int64
	Size           int
	Map            int // RegionMap, RegionConst: index of the map, -1 when several
	Field          int // RegionCtx: index into Hook.Fields
	// Invocation: proven for the whole invocation, not only behind the
	// guard that dominates it (context, stack, checked map values).
	Invocation bool
}

// CallFact is what is known at a helper call or callx.
type CallFact struct {
	// Helper is nil at a callx that leads to functions of the program. A callx
	// of a number has the helper of that number.
	Helper *table.Helper
	// Funcs are the functions, as indices into Program.Funcs, that a callx or
	// the ArgFunc argument of the helper may lead to, ascending.
	Funcs []int
	Args  [5]Operand
	Map   int // index of the map in ArgMap, -1 when none or several
	// Outer is 1 plus the index of the map of maps that the map in ArgMap is an
	// inner map of: it is as the template says. 0 when it is not, or when there
	// are several.
	Outer int
	// Key is the constant value of a 4-byte key, valid when KeyConst.
	Key      uint32
	KeyConst bool // the key is the same constant on every path
	KeyBelow bool // and below the map's max_entries (recorded in Relied)
}

// FuncFact describes a function of the program.
type FuncFact struct {
	Start, End int
	Name       string
	Stack      int // bytes of its own frame that it touches, from r10 down
	// ZeroLo, ZeroHi: bytes [ZeroLo, ZeroHi) relative to r10 (negative) that
	// may be read before they are written and are zeroed at entry; both 0
	// when none.
	ZeroLo, ZeroHi int
	MaxDepth       int // call depth it was verified at
}

// Reliance is one assumption of the proof about a map.
type Reliance struct {
	Map        int // index into Object.Maps
	MinEntries uint32
	// Frozen: bytes [Off, Off+Len) of read-only data were folded.
	Frozen   bool
	Off, Len int
}
