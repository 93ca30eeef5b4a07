// Package ir is the compiler's intermediate representation: SSA with block
// parameters, memory tokens and control tokens. Build makes it from a
// verified program and its facts; Passes improve it; three generators (amd64,
// arm64, Go bodies) read the same Func.
//
// Invariants, checked by Check:
//
//   - A value is defined once and its definition dominates its uses. Values
//     of a block are in execution order.
//   - Effects are ordered by tokens, one for each region of memory. A value
//     with an effect is its own token: a later access to the region names it
//     in Mem. Where tokens meet, the block has a parameter of TypeMem.
//   - An access that is proven only behind a branch names in Guard the control
//     token of a block that dominates it; no pass moves it above that block.
//   - Loads of RegionMap are never duplicated, widened or rematerialised.
//   - A pass that drops a check names the fact it rests on.
//   - A function pointer is an index into the source's functions. Behind a call
//     of a Func that Unwinds, Frame.Unwind is tested before anything else.
package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Type is the type of a value.
type Type uint8

// Types.
const (
	TypeInt Type = iota // 64 bits
	TypeMem             // memory token
	TypeCtl             // control token
)

// Flags are facts about one value.
type Flags uint8

// Flags.
const (
	FlagNonZero  Flags = 1 << iota // divisor B is not 0 (fact: operand range)
	FlagNoTrap                     // signed division: never MIN / -1 (fact)
	FlagUnlikely                   // call on a cold path; condition that is seldom true
	FlagNonNull                    // the value is an address of memory, never 0 (fact: a lookup that hit)
	FlagLikely                     // condition that is mostly true
)

// Value is one SSA value.
type Value struct {
	ID     int
	Op     Op
	Type   Type
	Flags  Flags
	Region table.Region // memory accessed, for loads, stores, atomics, OpMem; written, for calls
	Imm    int64
	Args   []*Value
	Mem    []*Value // tokens of the regions read or written
	Guard  *Value   // OpGuard value, or nil when proven for the whole invocation
	Sym    string   // OpCall: rtlib symbol
	Helper *table.Helper
	Fn     *Func // OpCallFunc
	Map    int   // OpCall: index of the map it works on, -1 when not known
	PC     int   // slot of the eBPF instruction it comes from
	Block  *Block
	// Spans are the bytes that an OpCall may read or write behind pointer
	// arguments. An argument without one can lead anywhere.
	Spans []Span
	// Reach, when not nil, bounds a stack access at a computed place.
	Reach *Reach
}

// Reach are the bytes [Lo, Hi) from r10 of the Func that an access may touch
// (fact: Access.Own, OffMin, OffMax).
type Reach struct{ Lo, Hi int64 }

// Span says how many bytes behind an argument a helper uses at most.
type Span struct {
	Arg, Size     int
	Reads, Writes bool
}

// BlockKind says how a block ends.
type BlockKind uint8

// Block kinds.
const (
	BlockJump BlockKind = iota // to Succs[0]
	BlockIf                    // Ctl not 0: Succs[0], else Succs[1]
	BlockRet                   // r0 is Ctl
)

// Edge is a jump with the arguments for the parameters of its target.
type Edge struct {
	To   *Block
	Args []*Value
}

// Block is a basic block.
type Block struct {
	ID     int
	Kind   BlockKind
	Params []*Value
	Values []*Value
	Ctl    *Value
	Succs  []Edge
	Preds  []*Block // one entry for each incoming edge, in any order
	Cold   bool     // laid out at the end
	PC     int      // slot of the first eBPF instruction
	Depth  int      // loop nesting
	Insns  int      // eBPF instructions that it stands for; copies have their number, too
}

// Func is a program's entry or one of its subprograms.
type Func struct {
	Name     string
	Blocks   []*Block // Blocks[0] is the entry; it has no parameters
	Entry    bool     // entry of a program: func(*abi.Frame) uint64
	NumArgs  int      // subprograms: r1 to rNumArgs are passed
	NumIDs   int      // value and block ids are below it
	ZeroLo   int      // stack bytes [ZeroLo, ZeroHi) from r10 to clear at entry
	ZeroHi   int
	MaxInsns uint64 // bound on eBPF instructions of one invocation
	// Fuel, when not 0, is the number of eBPF instructions that an invocation
	// may execute; the pass fuel counts them.
	Fuel int64
	// Program is the index of the program in the object.
	Program int
	// Unwinds: it may return with Frame.Unwind set (docs/decisions/0011). An
	// entry never does.
	Unwinds bool

	consts map[uint64]*Value // of the entry block; nil when not known
	// roomy is the entry block's values behind room unused places, while
	// roomy[room] is where they begin.
	roomy []*Value
	room  int
}

// Program is what one eBPF program becomes.
type Program struct {
	Name   string
	Funcs  []*Func // Funcs[0] is the entry
	Source *frontend.Program
	Object *frontend.Object
	Hook   *table.Hook
	// TailCalls: it calls rtlib's TailCall somewhere.
	TailCalls bool
	// Holds: it may hold records of a ring buffer or a lock.
	Holds bool
}
