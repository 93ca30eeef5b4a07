package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// open prepares a body of function fn whose r10 is sp bytes above that of the
// Func: it finds where blocks begin and how many edges lead there.
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
		case isBranch(in.Op):
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
		if t.facts.Insns[pc].Reachable && !endsBlock(in.Op) && next < src.End && e.preds[next-src.Start] > 0 {
			e.preds[next-src.Start]++
		}
	}
	return e
}

func isBranch(op bpf.Op) bool { return op > bpf.OpJa && op <= bpf.OpJset }

func endsBlock(op bpf.Op) bool { return op == bpf.OpJa || op == bpf.OpExit || isBranch(op) }

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
		t.work = append(t.work, task{e, b})
	}
	return e.blocks[i]
}

// run translates a body from the current block on, and whatever it calls
// inline.
func (t *translator) run(e *body) error {
	t.b.jumpTo(t.block(e, e.start))
	for len(t.work) > 0 {
		next := t.work[len(t.work)-1]
		t.work = t.work[:len(t.work)-1]
		t.at(next.b)
		if err := t.straight(next.e, next.b.PC); err != nil {
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
		case isBranch(in.Op):
			return t.conditional(e, in)
		case in.Op == bpf.OpCall && in.Kind == bpf.KindLocal:
			stop, err := t.local(e, in)
			if stop || err != nil {
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
	if e.exit == nil {
		t.b.ret(t.read(t.b, e.reg(bpf.R0)))
		return
	}
	t.b.jumpTo(e.exit)
	if !e.returned {
		e.returned = true
		t.work = append(t.work, task{e.caller, e.exit})
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

// local translates a call of a subprogram. It reports whether the block ended:
// an inlined callee goes on elsewhere.
func (t *translator) local(e *body, in bpf.Instruction) (bool, error) {
	callee := t.funcAt(t.pc + 1 + int(in.Imm))
	sp := e.sp + stackStep
	if !t.inlines(callee, t.f) {
		fn, err := t.function(callee)
		if err != nil {
			return true, err
		}
		t.call(e, fn, sp)
		return false, nil
	}
	// What follows the call is the callee's exit, where its returns meet.
	// Arguments and result are renamed only when somebody asks for them.
	in2 := t.open(callee, sp)
	in2.caller, in2.exit = e, t.f.NewBlock(t.pc+1)
	t.seal(in2.exit, nil)
	t.clear(callee, sp)
	for r := bpf.R1; r <= bpf.R5; r++ {
		t.alias[atEnd{t.b, in2.reg(r)}] = e.reg(r)
	}
	t.alias[atEnd{in2.exit, e.reg(bpf.R0)}] = in2.reg(bpf.R0)
	t.b.jumpTo(t.block(in2, in2.start))
	return true, nil
}
