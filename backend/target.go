// Package backend turns an ir.Program into machine code for one target. What
// the targets share is here: lowering driver, liveness, register allocation,
// block order, moves, spills, frame. What they do not share is data in a
// Target and lives in the same files of backend/amd64 and backend/arm64:
// target, regs, ops, select_alu, select_mem, select_flow, emit. Only emit
// imports golang-asm.
//
// A function passes through these stages (compile.go lists them):
//
//	lower     each block backwards: the target's lowering functions, one for
//	          each ir.Op, emit instructions for the values that are needed.
//	          A value that its user folded (address, compare, load) is not.
//	order     reverse postorder, dominators, loops; critical edges get blocks
//	allocate  walks the blocks once with the state of the registers, as Go's
//	          compiler does: a value is SSA and is stored at most once, right
//	          where that is cheapest; reloads are lazy; constants are made
//	          again; edges are repaired by parallel moves
//	verify    tests only: proves that each operand of the allocated code holds
//	          the value that the instruction named
//	layout    cold blocks last, loops rotated, jumps threaded, compares that
//	          repeat the flags dropped
//	assemble  the target's emitter
//
// Invariants: SP never moves; no instruction that the allocator inserts writes
// flags; flags never live across a block's end except from a compare to the
// blocks behind its branch; calls destroy every register, the one of the
// Frame too, which is a value like any other.
package backend

import "github.com/bpf2go-native/bpf2go-native/ir"

// Target describes an architecture. It is a value: targets have no state.
type Target struct {
	Name string // GOARCH
	// Level, when not "", is the level of the architecture that the machine has
	// to have, as GOAMD64 counts them: v3. The code for "" runs on all.
	Level string

	// What codegen writes around the bytes.
	Load     string    // mnemonic of a 64-bit load: MOVQ, MOVD
	Store    string    // mnemonic of a 64-bit store
	FrameReg string    // holds the abi.Frame when Bytes begin
	BaseReg  string    // holds r10 of a subprogram when Bytes begin
	ArgRegs  [5]string // hold r1 to r5 of a subprogram
	Result   string    // holds r0 at the end of Bytes
	CallSize int       // bytes of a CALL
	Word     int       // bytes of a directive unit: 1 (amd64), 4 (arm64)

	// Registers, by number; index 0 is unused.
	RegNames    []string
	Allocatable RegSet // the allocator prefers low numbers
	SP          Reg
	Frame       Reg    // number of FrameReg
	Base        Reg    // number of BaseReg
	Args        [5]Reg // numbers of ArgRegs

	// The function's own frame.
	ArgBase    int // bytes from SP to the first outgoing argument
	FramePad   int // bytes to add to a frame that is not empty
	FrameAlign int // multiple of the frame size
	// LoopAlign, when not 0, is what the address of an innermost loop should
	// be a multiple of: Assemble fills in front of lines that say so.
	LoopAlign int

	// Ops has a row for each machine operation, the shared ones first.
	Ops []OpInfo
	// Lower has a function for each ir.Op that emits the instructions of a
	// value.
	Lower [ir.NumOps]LowerFunc
	// Pieces that shared lowering functions are made of: the address a as a
	// number, a 64-bit load and store, a store of a value (a constant needs
	// no register), n zero bytes, and the end of a block that takes n, from 1
	// to PreemptInterval, off slot and branches when nothing is left.
	LEA        func(l *Lower, dst Reg, a Addr)
	LoadWord   func(l *Lower, dst Reg, a Addr)
	StoreWord  func(l *Lower, src Reg, a Addr)
	StoreValue func(l *Lower, v *ir.Value, a Addr)
	Zero       func(l *Lower, a Addr, n int)
	CountDown  func(l *Lower, slot int, n int64)
	// If ends the current block with a branch on cond.
	If func(l *Lower, cond *ir.Value)
	// Assemble encodes an allocated function.
	Assemble func(f *Func, code []Line) (*Encoded, error)
}

// Tag returns the build tag that Go sets where code for t runs: amd64, or
// amd64.v3.
func (t *Target) Tag() string {
	if t.Level == "" {
		return t.Name
	}
	return t.Name + "." + t.Level
}

// Line is an instruction in its final place. Target is the index of the line
// that a jump or branch goes to, -1 for the end of the function; Jump says
// that it is one. Align says that a hot loop begins here.
type Line struct {
	Inst   *Instr
	Jump   bool
	Align  bool
	Target int
}

// Encoded is the result of Target.Assemble. Align is FuncCode.Align.
type Encoded struct {
	Align int
	Bytes []byte
	Insts []Inst
	Calls []Call
}
