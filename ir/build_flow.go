package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// open prepares a body of function fn whose r10 is sp bytes above that of the
// Func, entered from the current block: it finds where blocks begin and how
// many edges lead there.
func (t *translator) open(fn int, sp int64) *body {
	src := t.src.Funcs[fn]
	n := src.End - src.Start
	e := &body{fn: fn, sp: sp, start: src.Start, blocks: make([]*Block, n), preds: make([]int, n)}
	e.vars = regVars + t.bodies*bodyVars
	t.bodies++
	e.preds[0] = 1 // the call
	for pc := src.Start; pc < src.End; pc++ {
		fact := &t.facts.Insns[pc]
		in := t.src.Insns[pc]
		if !fact.Reachable {
			continue
		}
		switch {
		case in.Op == bpf.OpJa:
			e.preds[in.Target(pc)-src.Start]++
		case in.Conditional():
			if in.Op == bpf.OpMayGoto {
				t.define(e.gotos(), t.f.Const(mayGotos))
			}
			if fact.Takes {
				e.preds[in.Target(pc)-src.Start]++
			}
			if fact.Falls {
				e.preds[pc+1-src.Start]++
			}
		}
	}
	// A block that is entered by a jump and by the slot in front of it.
	for pc := src.Start; pc < src.End; pc++ {
		in := t.src.Insns[pc]
		next := pc + size(in)
		if t.facts.Insns[pc].Reachable && !endsBlock(in) && next < src.End && e.preds[next-src.Start] > 0 {
			e.preds[next-src.Start]++
		}
	}
	return e
}

func endsBlock(in bpf.Instruction) bool { return in.Op == bpf.OpExit || in.Jumps() }

func size(in bpf.Instruction) int {
	if in.Wide() {
		return 2
	}
	return 1
}

// block returns the block that begins at slot pc, entered from the current one,
// and has it translated.
func (t *translator) block(e *body, pc int) *Block {
	i := pc - e.start
	if e.blocks[i] == nil {
		b := t.f.NewBlock(pc)
		e.blocks[i] = b
		if e.preds[i] == 1 {
			t.seal(b, t.b)
		} else {
			t.seal(b, nil)
		}
		t.later(b, func() error { return t.straight(e, pc) })
	}
	return e.blocks[i]
}

// later has block b translated when the current one is done.
func (t *translator) later(b *Block, do func() error) { t.work = append(t.work, task{b, do}) }

// run translates a body from the current block on, and whatever it calls
// inline.
func (t *translator) run(e *body) error {
	t.b.jumpTo(t.block(e, e.start))
	for len(t.work) > 0 {
		next := t.work[len(t.work)-1]
		t.work = t.work[:len(t.work)-1]
		t.at(next.b)
		if err := next.do(); err != nil {
			return err
		}
	}
	return nil
}

// straight translates instructions up to the end of a block.
func (t *translator) straight(e *body, pc int) error {
	end := t.src.Funcs[e.fn].End
	for {
		if pc >= end {
			return t.errorf(pc, "control runs out of function %s", t.src.Funcs[e.fn].Name)
		}
		if i := pc - e.start; e.preds[i] > 0 && e.blocks[i] != t.b {
			t.b.jumpTo(t.block(e, pc))
			return nil
		}
		in := t.src.Insns[pc]
		t.pc = pc
		t.fact = &t.facts.Insns[pc]
		t.b.Insns++
		if err := table.OpOf(in.Op).Status.Compiled("instruction " + in.String()); err != nil {
			return t.errorf(pc, "%w", err)
		}
		switch {
		case in.Op == bpf.OpJa:
			t.b.jumpTo(t.block(e, in.Target(pc)))
			return nil
		case in.Op == bpf.OpExit:
			t.exit(e)
			return nil
		case in.Op == bpf.OpMayGoto:
			return t.mayGoto(e, in)
		case in.Conditional():
			return t.conditional(e, in)
		case in.Op == bpf.OpCall || in.Op == bpf.OpCallx:
			here, err := t.calls(e, in)
			if !here || err != nil {
				return err
			}
		default:
			rule := rules[in.Op]
			if rule == nil {
				return t.errorf(pc, "%s: %w", in, bpf.ErrUnsupported)
			}
			if err := rule(t, e, in); err != nil {
				return err
			}
		}
		pc += size(in)
	}
}

func (t *translator) exit(e *body) {
	if e.caller == nil {
		t.b.ret(t.read(t.b, e.reg(bpf.R0)))
		return
	}
	first := e.exit.b == nil
	t.arrive(e.exit)
	if first {
		// The result is renamed only when somebody asks for it.
		t.alias[atEnd{e.exit.b, e.caller.reg(bpf.R0)}] = e.reg(bpf.R0)
	}
}

// conditions is indexed by eBPF jump: the comparison in 64 and 32 bits, and
// whether its operands are exchanged.
var conditions = [bpf.NumOps]struct {
	wide, narrow Op
	swap         bool
}{
	bpf.OpJeq:  {OpEq64, OpEq32, false},
	bpf.OpJne:  {OpNe64, OpNe32, false},
	bpf.OpJgt:  {OpUlt64, OpUlt32, true},
	bpf.OpJge:  {OpUle64, OpUle32, true},
	bpf.OpJlt:  {OpUlt64, OpUlt32, false},
	bpf.OpJle:  {OpUle64, OpUle32, false},
	bpf.OpJsgt: {OpSlt64, OpSlt32, true},
	bpf.OpJsge: {OpSle64, OpSle32, true},
	bpf.OpJslt: {OpSlt64, OpSlt32, false},
	bpf.OpJsle: {OpSle64, OpSle32, false},
	bpf.OpJset: {OpTest64, OpTest32, false},
}

// mayGotos is how often an activation of a function passes may_goto before
// that jumps (linux/bpf.h, BPF_MAX_LOOPS).
const mayGotos = 8 << 20

// mayGoto translates a jump that is taken when the function's budget is spent.
// What is left of it is a variable of the body.
func (t *translator) mayGoto(e *body, in bpf.Instruction) error {
	target, next := in.Target(t.pc), t.pc+1
	if !t.fact.Falls {
		return t.errorf(t.pc, "a may_goto that always jumps")
	}
	left := t.read(t.b, e.gotos())
	if t.fact.Takes {
		spent := t.emit(OpEq64, 0, left, t.f.Const(0))
		spent.Flags = FlagUnlikely
		from, on := t.b, t.f.NewBlock(t.pc)
		t.seal(on, from)
		from.branch(spent, Edge{To: t.block(e, target)}, Edge{To: on})
		t.at(on)
	}
	t.define(e.gotos(), t.emit(OpSub64, 0, left, t.f.Const(1)))
	t.b.jumpTo(t.block(e, next))
	return nil
}

// conditional translates a branch; an edge that is not reachable (fact: Takes,
// Falls) is left out.
func (t *translator) conditional(e *body, in bpf.Instruction) error {
	target, next := in.Target(t.pc), t.pc+1
	switch {
	case !t.fact.Takes && !t.fact.Falls:
		return t.errorf(t.pc, "a branch without a way out")
	case !t.fact.Takes:
		t.b.jumpTo(t.block(e, next))
		return nil
	case !t.fact.Falls:
		t.b.jumpTo(t.block(e, target))
		return nil
	}
	c := conditions[in.Op]
	op := c.wide
	if in.Width == 4 {
		op = c.narrow
	}
	x, y := t.dst(e, in), t.src2(e, in)
	if c.swap {
		x, y = y, x
	}
	ctl := t.emit(op, 0, x, y)
	ctl.Flags = t.hint(in.Op, ctl)
	from := t.b
	yes := t.block(e, target)
	no := t.block(e, next)
	from.branch(ctl, Edge{To: yes}, Edge{To: no})
	return nil
}

// hint guesses the outcome of a bounds check: data ends behind what is asked
// for. The end is known by the facts' kinds; in a Memory hook it is the length.
func (t *translator) hint(op bpf.Op, ctl *Value) Flags {
	if op == bpf.OpJeq || op == bpf.OpJne || op == bpf.OpJset {
		return 0
	}
	dst, src := t.fact.Dst.Kind, t.fact.Src.Kind
	if conditions[op].swap {
		dst, src = src, dst
	}
	switch {
	case src == verifier.KindPtrPacketEnd, ctl.Args[1] == t.length:
		return FlagLikely
	case dst == verifier.KindPtrPacketEnd, ctl.Args[0] == t.length:
		return FlagUnlikely
	}
	return 0
}
