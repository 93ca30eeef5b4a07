package backend

import (
	"fmt"
	"math/bits"
)

// Reg is a register: 0 is none, the numbers below FirstVirtual are the
// target's own, the others are virtual and hold one SSA value each.
type Reg int32

// FirstVirtual is the number of the first virtual register.
const FirstVirtual Reg = 64

// Virtual reports whether r has still to be allocated.
func (r Reg) Virtual() bool { return r >= FirstVirtual }

// RegSet is a set of a target's registers.
type RegSet uint64

// Regs returns the set of rs.
func Regs(rs ...Reg) RegSet {
	var s RegSet
	for _, r := range rs {
		s |= 1 << r
	}
	return s
}

// Has reports whether r is in s.
func (s RegSet) Has(r Reg) bool { return s>>r&1 != 0 }

// Lowest returns the register of s with the smallest number, 0 when s is empty.
func (s RegSet) Lowest() Reg {
	if s == 0 {
		return 0
	}
	return Reg(bits.TrailingZeros64(uint64(s)))
}

// Len returns the number of registers in s.
func (s RegSet) Len() int { return bits.OnesCount64(uint64(s)) }

// Op is an operation of the machine: one of the shared ones below or one of
// the target's, which begin at FirstTargetOp. Target.Ops has a row for each.
type Op uint16

// Operations that every target has. Those that the allocator inserts (Move to
// SlotConst) leave the condition flags alone.
const (
	OpNone      Op = iota
	OpMove         // Dst = Args[0], 64 bits
	OpConst        // Dst = Imm; made again at will
	OpSpill        // slot Imm = Args[0]
	OpReload       // Dst = slot Imm
	OpSwap         // exchange Args[0] and Args[1]
	OpSlotMove     // slot Imm = slot Mem.Disp
	OpSlotConst    // slot Mem.Disp = Imm
	OpEntry        // Dst holds a value when the function begins; no code
	OpJump         // to Succs[0]
	OpCall         // Sym, by ABI0; destroys every register
	OpRet          // Args[0] is the result; to the end of the function
	FirstTargetOp
)

// OpInfo is the row of a machine operation. The allocator reads nothing else
// about it.
type OpInfo struct {
	Name string
	Form uint8 // the target's way of printing and encoding it

	Arg      [3]Reg // registers that Args must be in, 0 for any
	Dst      Reg    // register that Dst must be in, 0 for any
	Tied     bool   // Dst is the register of Args[0], which is overwritten
	Commutes bool   // Args[0] and Args[1] may be exchanged
	Alt      Op     // computes the same with Dst anywhere; taken when a tie would cost a copy
	Temp     bool   // needs a scratch register
	Early    bool   // Dst is written before the last operand is read
	Clobbers RegSet // destroyed while operands are still read
	Call     bool   // destroys every register
	Branch   bool   // ends a block with two successors; Cond^1 is its inverse

	// Compare says that the instruction does nothing but set flags from
	// Args, CompareImm that it subtracts Imm from Args[0] for that.
	Compare                 uint8
	ReadsFlags, WritesFlags bool

	// Zero, when not 0, is a width in bytes: EQ and NE, asked of the flags
	// behind the instruction, say whether the low bytes of Dst are 0. ZeroTest
	// marks the compare that asks nothing else: of Args[0] with itself.
	Zero, ZeroTest uint8
}

// Values of OpInfo.Compare.
const (
	CompareAny uint8 = 1
	CompareImm uint8 = 2
)

// Addr is a memory operand: Base + Index*Scale + Disp.
type Addr struct {
	Base, Index Reg
	Scale       uint8 // 1, 2, 4, 8
	Disp        int32
}

// Instr is a machine instruction, before and after allocation.
type Instr struct {
	Op    Op
	Cond  Cond // condition of branches, conditional moves and sets
	Local bool // Sym is a function of the program
	// FlagsLive: the flags are read after this instruction, which must not
	// be replaced by one that writes them.
	FlagsLive bool
	Dst       Reg
	Temp      Reg
	Args      [3]Reg
	Mem       Addr
	Imm       int64
	Sym       string
	PC        int    // slot of the eBPF instruction, -1 when none
	Orig      *Instr // allocated code: the instruction with virtual registers, nil for what the allocator inserted
}

// operands returns the registers that the instruction reads.
func (in *Instr) operands(buf *[5]*Reg) []*Reg {
	n := 0
	for i := range in.Args {
		if in.Args[i] != 0 {
			buf[n] = &in.Args[i]
			n++
		}
	}
	if in.Mem.Base != 0 {
		buf[n] = &in.Mem.Base
		n++
	}
	if in.Mem.Index != 0 {
		buf[n] = &in.Mem.Index
		n++
	}
	return buf[:n]
}

// Edge is a jump to a block with the values of its parameters.
type Edge struct {
	To   *Block
	Args []Reg
}

// Block is a basic block of machine code. Its last instruction is OpJump,
// OpRet or a branch: to Succs[0] when its condition holds, else to Succs[1].
type Block struct {
	ID     int // index in Func.Blocks
	Params []Reg
	Insts  []Instr
	Succs  []Edge
	Preds  []*Block
	Cold   bool
	Depth  int // loops around it
	Seldom int // index + 1 of the successor that is seldom taken, 0 when not known

	idom  *Block
	order int // position in Func.Blocks after ordering: reverse postorder
	head  *Block
	live  RegSet // registers with values that are needed when it begins
	calls bool   // an instruction destroys all registers
}

// last returns the instruction that ends b.
func (b *Block) last() *Instr { return &b.Insts[len(b.Insts)-1] }

// Func is the machine code of one function on its way through the passes.
type Func struct {
	Name    string
	Target  *Target
	Blocks  []*Block // reverse postorder once ordered; the first is the entry
	NextReg Reg
	Slots   int // spill slots of 8 bytes
	OutSize int // bytes of outgoing arguments and results

	layout []*Block
}

// NewReg returns a new virtual register.
func (f *Func) NewReg() Reg {
	r := f.NextReg
	f.NextReg++
	return r
}

// NewBlock adds an empty block.
func (f *Func) NewBlock() *Block {
	b := &Block{ID: len(f.Blocks)}
	f.Blocks = append(f.Blocks, b)
	return b
}

// NewSlot reserves 8 bytes of the frame.
func (f *Func) NewSlot() int {
	f.Slots++
	return f.Slots - 1
}

// SlotOffset returns where slot i is, in bytes from the stack pointer.
//
//	SP + ArgBase            outgoing arguments and result
//	SP + ArgBase + OutSize  slots of 8 bytes
func (f *Func) SlotOffset(i int64) int32 {
	return int32(f.Target.ArgBase + f.OutSize + 8*int(i))
}

// FrameSize returns the size of the function's frame in bytes.
func (f *Func) FrameSize() int {
	n := f.OutSize + 8*f.Slots
	if n == 0 {
		return 0
	}
	n += f.Target.FramePad
	a := max(f.Target.FrameAlign, 8)
	return (n + a - 1) / a * a
}

// RegName returns the name of a register for messages and listings.
func (t *Target) RegName(r Reg) string {
	switch {
	case r == 0:
		return "-"
	case r.Virtual():
		return fmt.Sprintf("v%d", r-FirstVirtual)
	case int(r) < len(t.RegNames):
		return t.RegNames[r]
	}
	return fmt.Sprintf("reg%d", r)
}
