package backend

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/ir"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Lower is the state of lowering one function, as the target's functions see
// it. Blocks are visited in postorder and each from its end to its beginning,
// so a value's users come before it: a value that nobody asked a register for
// makes no code. Within one value, instructions are emitted forwards.
type Lower struct {
	Target *Target
	Prog   *ir.Program
	Func   *ir.Func

	f    *Func
	info valueInfo
	regs []Reg // by value id; 0 when not needed

	cur     *ir.Value // being lowered, nil at a block's end
	curPos  position  // where its instructions stand
	blk     *Block    // block being filled
	rev     []Instr   // its instructions, last first
	buf     []Instr   // instructions of the value being lowered
	side    *Block    // Emit goes to its end instead, when not nil
	frame   Reg
	base    Reg
	slots   Reg // address of the map slots, 0 when not needed
	args    [5]Reg
	counter int // slot of the preemption counter, -1 when none
	err     error
}

// lowerFunc turns fn into machine code with virtual registers.
func lowerFunc(t *Target, p *ir.Program, fn *ir.Func) (*Func, error) {
	f := &Func{Name: fn.Name, Target: t, NextReg: FirstVirtual}
	l := &Lower{Target: t, Prog: p, Func: fn, f: f, regs: make([]Reg, fn.NumIDs), counter: -1}
	order := postorder(fn)
	l.info = analyse(fn, order)
	start := f.NewBlock()
	heads := make(map[*ir.Block]*Block, len(order))
	for i := len(order) - 1; i >= 0; i-- {
		b := f.NewBlock()
		b.Cold = order[i].Cold
		heads[order[i]] = b
	}
	for _, b := range order {
		l.lowerBlock(b, heads)
		if l.err != nil {
			return nil, l.err
		}
	}
	l.prologue(start)
	start.Succs = []Edge{{To: heads[fn.Blocks[0]]}}
	return f, nil
}

// postorder lists the blocks that can be reached.
func postorder(fn *ir.Func) []*ir.Block {
	type visit struct {
		b *ir.Block
		i int
	}
	seen := make(map[*ir.Block]bool, len(fn.Blocks))
	var order []*ir.Block
	work := []visit{{b: fn.Blocks[0]}}
	seen[fn.Blocks[0]] = true
	for len(work) > 0 {
		v := &work[len(work)-1]
		if v.i == len(v.b.Succs) {
			order = append(order, v.b)
			work = work[:len(work)-1]
			continue
		}
		to := v.b.Succs[v.i].To
		v.i++
		if !seen[to] {
			seen[to] = true
			work = append(work, visit{b: to})
		}
	}
	return order
}

func (l *Lower) lowerBlock(b *ir.Block, heads map[*ir.Block]*Block) {
	head := heads[b]
	l.blk, l.cur = head, nil
	l.curPos = l.info.end(b)
	l.lowerEnd(b, heads)
	l.flush()
	for i := len(b.Values) - 1; i >= 0; i-- {
		v := b.Values[i]
		if l.regs[v.ID] == 0 && !hasEffect(v) {
			continue
		}
		l.cur, l.curPos = v, l.info.at[v.ID]
		if l.lowerLeaf(v) {
			l.flush()
			continue
		}
		fn := l.Target.Lower[v.Op]
		if fn == nil {
			l.Fail(v, "no lowering")
			return
		}
		fn(l, v)
		l.flush()
	}
	// What was emitted last belongs to the block that was entered first.
	if l.blk != head {
		panic("backend: lowering lost the head of a block")
	}
	l.blk.Insts = reversed(l.rev)
	l.rev = l.rev[:0]
	for _, p := range b.Params {
		if p.Type == ir.TypeInt {
			head.Params = append(head.Params, l.reg(p))
		}
	}
}

// prologue fills the block that the function begins with.
func (l *Lower) prologue(start *Block) {
	l.cur, l.side = nil, start
	if l.counter >= 0 {
		l.Emit(Instr{Op: OpSlotConst, Imm: PreemptInterval, Mem: Addr{Disp: int32(l.counter)}})
	}
	if l.slots != 0 {
		l.Target.LoadWord(l, l.slots, Addr{Base: l.Frame(), Disp: abi.OffSlots})
	}
	if l.Func.ZeroHi > l.Func.ZeroLo {
		l.Target.Zero(l, l.StackAddr(int64(l.Func.ZeroLo)), l.Func.ZeroHi-l.Func.ZeroLo)
	}
	l.Emit(Instr{Op: OpJump})
	l.side = nil
	t := l.Target
	var entries []Instr
	add := func(r, fixed Reg) {
		if r != 0 {
			entries = append(entries, Instr{Op: OpEntry, Dst: r, Imm: int64(fixed), PC: -1})
		}
	}
	add(l.frame, t.Frame)
	add(l.base, t.Base)
	for i, r := range l.args {
		add(r, t.Args[i])
	}
	start.Insts = append(entries, start.Insts...)
}

// lowerEnd emits what ends block b and connects its edges.
func (l *Lower) lowerEnd(b *ir.Block, heads map[*ir.Block]*Block) {
	for _, s := range b.Succs {
		e := Edge{To: heads[s.To]}
		for i, a := range s.Args {
			if s.To.Params[i].Type == ir.TypeInt {
				e.Args = append(e.Args, l.Reg(a))
			}
		}
		l.blk.Succs = append(l.blk.Succs, e)
	}
	switch b.Kind {
	case ir.BlockJump:
		l.Emit(Instr{Op: OpJump})
	case ir.BlockIf:
		switch {
		case b.Ctl.Flags&ir.FlagUnlikely != 0:
			l.blk.Seldom = 1
		case b.Ctl.Flags&ir.FlagLikely != 0:
			l.blk.Seldom = 2
		}
		l.Target.If(l, b.Ctl)
	case ir.BlockRet:
		l.Emit(Instr{Op: OpRet, Args: [3]Reg{l.Reg(b.Ctl)}})
	}
}

// lowerLeaf handles the values that every target makes alike.
func (l *Lower) lowerLeaf(v *ir.Value) bool {
	switch v.Op {
	case ir.OpConst:
		l.Emit(Instr{Op: OpConst, Dst: l.Dst(v), Imm: v.Imm})
	case ir.OpFrame, ir.OpArg, ir.OpMem, ir.OpGuard, ir.OpParam:
	default:
		return false
	}
	return true
}

func (l *Lower) flush() {
	for i := len(l.buf) - 1; i >= 0; i-- {
		l.rev = append(l.rev, l.buf[i])
	}
	l.buf = l.buf[:0]
}

func reversed(rev []Instr) []Instr {
	out := make([]Instr, len(rev))
	for i := range rev {
		out[len(rev)-1-i] = rev[i]
	}
	return out
}

// Emit appends an instruction to those of the current value.
func (l *Lower) Emit(in Instr) {
	if in.PC == 0 {
		in.PC = -1
		if l.cur != nil {
			in.PC = l.cur.PC
		}
	}
	if l.side != nil {
		l.side.Insts = append(l.side.Insts, in)
		return
	}
	l.buf = append(l.buf, in)
}

// Fail records an error about v; lowering ends after it.
func (l *Lower) Fail(v *ir.Value, why string) {
	if l.err == nil {
		l.err = fmt.Errorf("backend: %s: function %s: value v%d %s: %s", l.Target.Name, l.Func.Name, v.ID, v.Op, why)
	}
}

// Dst returns the register that v's instruction must define: a new one when
// nobody needs the value.
func (l *Lower) Dst(v *ir.Value) Reg { return l.reg(v) }

func (l *Lower) reg(v *ir.Value) Reg {
	if l.regs[v.ID] == 0 {
		l.regs[v.ID] = l.f.NewReg()
	}
	return l.regs[v.ID]
}

// Needed reports whether something uses v as a number in a register.
func (l *Lower) Needed(v *ir.Value) bool { return l.regs[v.ID] != 0 }

// NewReg returns a new virtual register.
func (l *Lower) NewReg() Reg { return l.f.NewReg() }

// Frame returns the register that holds the abi.Frame.
func (l *Lower) Frame() Reg {
	if l.frame == 0 {
		l.frame = l.f.NewReg()
	}
	return l.frame
}

// StackAddr returns the place r10 + off of this function.
func (l *Lower) StackAddr(off int64) Addr {
	if l.Func.Entry {
		return Addr{Base: l.Frame(), Disp: int32(off) + abi.OffR10}
	}
	if l.base == 0 {
		l.base = l.f.NewReg()
	}
	return Addr{Base: l.base, Disp: int32(off)}
}

// Reg returns a register that holds v. Cheap values are made at each use.
func (l *Lower) Reg(v *ir.Value) Reg {
	v = l.strip(v)
	switch v.Op {
	case ir.OpFrame:
		return l.Frame()
	case ir.OpArg:
		if l.args[v.Imm] == 0 {
			l.args[v.Imm] = l.f.NewReg()
		}
		return l.args[v.Imm]
	case ir.OpStackAddr:
		r := l.f.NewReg()
		l.Target.LEA(l, r, l.StackAddr(v.Imm))
		return r
	case ir.OpMapPtr:
		r := l.f.NewReg()
		l.Target.LoadWord(l, r, l.slot(v.Imm, abi.SlotMap))
		return r
	}
	return l.reg(v)
}

// strip removes zero-extensions of what is zero-extended already.
func (l *Lower) strip(v *ir.Value) *ir.Value {
	for v.Op == ir.OpZext32 && Bits(v.Args[0]) <= 32 || v.Op == ir.OpZext16 && Bits(v.Args[0]) <= 16 ||
		v.Op == ir.OpZext8 && Bits(v.Args[0]) <= 8 {
		v = v.Args[0]
	}
	return v
}

// Low returns a register whose low 32 bits are those of v.
func (l *Lower) Low(v *ir.Value) Reg {
	for v.Op == ir.OpZext32 || v.Op == ir.OpSext32 {
		v = v.Args[0]
	}
	return l.Reg(v)
}

// Split ends the current block in front of what has been emitted so far: that
// goes to a new block, which is returned and inherits the edges. The caller
// emits the end of the current block and adds its edges with Connect.
func (l *Lower) Split() *Block {
	if len(l.buf) != 0 {
		panic("backend: Split after Emit")
	}
	join := l.f.NewBlock()
	join.Cold = l.blk.Cold
	join.Insts = reversed(l.rev)
	join.Succs, join.Seldom = l.blk.Succs, l.blk.Seldom
	l.rev = l.rev[:0]
	l.blk.Succs, l.blk.Seldom = nil, 0
	return join
}

// Connect adds an edge of the current block, the taken one first.
func (l *Lower) Connect(to *Block, args ...Reg) {
	l.blk.Succs = append(l.blk.Succs, Edge{To: to, Args: args})
}

// Side makes a block that jumps to join; fill emits its instructions and
// returns the values of join's parameters.
func (l *Lower) Side(cold bool, join *Block, fill func() []Reg) *Block {
	b := l.f.NewBlock()
	b.Cold = cold || l.blk.Cold
	l.side = b
	args := fill()
	l.Emit(Instr{Op: OpJump})
	l.side = nil
	b.Succs = []Edge{{To: join, Args: args}}
	return b
}
