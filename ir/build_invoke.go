package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// calls translates a call. It reports whether the translation goes on in the
// current block; otherwise what follows the call is translated later, if the
// call returns at all.
func (t *translator) calls(e *body, in bpf.Instruction) (here bool, err error) {
	pc, c := t.pc, t.fact.Call
	then := func() error { return t.straight(e, pc+size(in)) }
	switch {
	case in.Op == bpf.OpCall && in.Kind == bpf.KindLocal:
		return t.enter(e, t.funcAt(pc+1+int(in.Imm)), then)
	case c == nil:
	case c.Helper != nil:
		return t.helps(e, in, c)
	case len(t.entered(c.Funcs)) > 0:
		return t.invoke(e, t.read(t.b, e.reg(in.Dst)), t.entered(c.Funcs), then)
	}
	return false, t.errorf(pc, "%s: %w", in, bpf.ErrUnsupported)
}

// helps translates a call of something outside of the program.
func (t *translator) helps(e *body, in bpf.Instruction, c *verifier.CallFact) (here bool, err error) {
	h := c.Helper
	if err := h.Status.Compiled(callNames[in.Kind] + " " + h.Name); err != nil {
		return false, t.errorf(t.pc, "%w", err)
	}
	switch {
	case h.Callback == table.CallbackLoop:
		return false, t.loop(e, c)
	case h.Callback == table.CallbackMapElem:
		return false, t.forEach(e, c)
	case h.Callback == table.CallbackRingbuf:
		return false, t.drain(e, c)
	case h.Callback != table.CallbackNone:
		return false, t.errorf(t.pc, "%s %s: %w", callNames[in.Kind], h.Name, bpf.ErrUnsupported)
	case h.Ret == table.RetNeverOnSuccess:
		t.tailCall(e, c)
		return true, nil
	}
	return true, t.helper(e, in, c)
}

// entered are those of the functions that are ever called (fact: Reachable).
func (t *translator) entered(fns []int) []int {
	var l []int
	for _, fn := range fns {
		if t.facts.Insns[t.src.Funcs[fn].Start].Reachable {
			l = append(l, fn)
		}
	}
	return l
}

// invoke calls the one of the functions fns whose index the number which is,
// with r1 to r5 of regs, and defines its r0. Then goes on where they have
// returned, unless invoke reports that this is here.
func (t *translator) invoke(regs *body, which *Value, fns []int, then func() error) (here bool, err error) {
	last := len(fns) - 1
	if last == 0 {
		return t.enter(regs, fns[0], then)
	}
	pc := t.pc
	returned := &meeting{pc: pc, then: then}
	arrive := func() error {
		t.arrive(returned)
		return nil
	}
	for i, fn := range fns {
		other := t.b
		if i < last { // it is one of them (fact: Funcs)
			var yes *Block
			yes, other = t.fork(t.emit(OpEq64, 0, which, t.f.Const(uint64(fn))))
			t.at(yes)
		}
		here, err := t.enter(regs, fn, arrive)
		if err != nil {
			return false, err
		}
		if here {
			t.arrive(returned)
		}
		t.at(other)
	}
	return false, nil
}

// enter calls function fn: inline, which ends the block, or as one of its own.
func (t *translator) enter(regs *body, fn int, then func() error) (here bool, err error) {
	sp := regs.sp + stackStep
	if !t.inlines(fn, t.f) {
		callee, err := t.function(fn)
		if err != nil {
			return false, err
		}
		t.call(regs, callee, sp)
		return true, nil
	}
	e := t.open(fn, sp)
	e.caller, e.exit = regs, &meeting{pc: t.pc, then: then}
	t.clear(fn, sp)
	// Arguments are renamed only when somebody asks for them.
	for r := bpf.R1; r <= bpf.R5; r++ {
		t.alias[atEnd{t.b, e.reg(r)}] = regs.reg(r)
	}
	t.b.jumpTo(t.block(e, e.start))
	return false, nil
}

// call calls a subprogram of its own. What it touches is not known here, so
// it has the tokens of every region.
func (t *translator) call(regs *body, fn *Func, sp int64) {
	v := t.f.newValue(OpCallFunc, t.pc)
	v.Fn, v.Imm, v.Region = fn, sp, table.RegionAll
	for i := range fn.NumArgs {
		v.Args = append(v.Args, t.read(t.b, regs.reg(bpf.R1+bpf.Reg(i))))
	}
	t.order(v, everywhere, table.RegionAll)
	t.set(regs, bpf.R0, v)
	if fn.Unwinds {
		t.unwind(FlagUnlikely)
	}
}
