package verifier

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/explore"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// unsupportedHook is the fault of a program whose type cannot be compiled.
func unsupportedHook(p *frontend.Program) *transfer.Fault {
	name := "of section " + p.Section
	if p.Hook != nil {
		name = p.Hook.Name
	}
	f := &transfer.Fault{Code: reason.Unsupported, Reg: transfer.NoReg, Feature: "program type " + name}
	f.What = f.Feature + " is not supported"
	return f
}

// refuse makes the message of a fault; res is nil when nothing was executed.
func (v *verification) refuse(f *transfer.Fault, res *explore.Result) *Error {
	e := &Error{Code: f.Code, Cause: f.What, Program: v.p.Name, Section: v.p.Section, Slot: f.PC,
		Insn: v.disassemble(f.PC), Does: f.Does, Need: f.Need}
	l := v.line(f.PC)
	e.Pos, e.Source = l.Pos, l.Text
	for i, fn := range v.p.Funcs {
		if i > 0 && f.PC >= fn.Start && f.PC < fn.End {
			e.Function = fn.Name
		}
	}
	if f.Feature != "" {
		e.wrapped = bpf.ErrUnsupported
	}
	if f.Since > 0 {
		h := v.line(f.Since - 1)
		e.Held = &Made{Slot: f.Since - 1, Pos: h.Pos, Source: h.Text, Name: f.SinceWhat}
		e.Cause += fmt.Sprintf(", %s at instruction %d", f.SinceWhat, f.Since-1)
		if h.Pos.Line != 0 {
			e.Cause = fmt.Sprintf("%s, %s at line %d", f.What, f.SinceWhat, h.Pos.Line)
		}
	}
	if res == nil {
		if f.Code == reason.Recursion && e.Need == "" {
			e.Need = "write it as a loop with a bound, or as one function for each level"
		}
		return e
	}
	a := &advice{v: v, env: transfer.NewEnv(v.obj, v.p), e: e, f: f, made: -1}
	a.env.Fold, a.env.Strict = v.hasFrozen(), v.opt.Strict
	a.r = v.replay(a.env, res)
	start := -1
	if f.Reg != transfer.NoReg {
		start = a.registers()
	}
	if f.Since > 0 {
		start = lastAt(res.Path, f.Since-1)
	}
	v.path(e, res, start)
	a.advise()
	return e
}

// registers tells the value at fault and where it was made, and the variable
// number in it. It returns the step of the path where the story begins.
func (a *advice) registers() (start int) {
	f, e, last := a.f, a.e, len(a.r.path)-1
	r := Register{Name: f.Reg.String(), Value: transfer.Words(a.env, &f.Value)}
	start = -1
	if f.Value.Kind == state.Uninit || last < 0 {
		e.Registers = append(e.Registers, r)
		return -1
	}
	from, idx := a.v.trace(a.r, f.Reg, last)
	if f.Value.Kind == state.Scalar && f.Code == reason.PtrArith && a.r.last != nil {
		idx = a.v.number(a.r, f.Reg, last, f.Value)
	}
	if from != nil {
		r.Made = a.v.made(a.env, a.r, from, f.Value)
		a.made, start = from.step, from.step
	}
	e.Registers = append(e.Registers, r)
	if a.idx = idx; idx != nil {
		m := a.v.made(a.env, a.r, &idx.source, idx.value)
		words := transfer.Words(a.env, &idx.value)
		e.Registers = append(e.Registers, Register{Name: m.Name, Value: words, Made: m})
		start = idx.step
	}
	return start
}

// lastAt is the last step of a path at a slot, -1 when there is none.
func lastAt(path []explore.Step, pc int) int {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i].PC == pc {
			return i
		}
	}
	return -1
}

// line is the C line of a slot; where an instruction has none, that of the
// closest one before it in its function.
func (v *verification) line(pc int) frontend.Line {
	start := 0
	for _, fn := range v.p.Funcs {
		if pc >= fn.Start && pc < fn.End {
			start = fn.Start
		}
	}
	for ; pc >= start && pc >= 0; pc-- {
		if pc < len(v.p.Lines) && v.p.Lines[pc].Pos.Line != 0 {
			return v.p.Lines[pc]
		}
	}
	return frontend.Line{}
}

// path keeps the jumps and calls of a path from where the value was made,
// or its last ones.
func (v *verification) path(e *Error, res *explore.Result, made int) {
	const kept = 64
	steps := res.Path
	e.PathCut = res.Cut
	if made >= 0 {
		steps, e.PathCut = steps[made:], made > 0 && res.Cut
	}
	for i, s := range steps {
		in := v.p.Insns[s.PC]
		cond := table.OpOf(in.Op).Class == table.ClassJump && in.Op != bpf.OpJa
		if !cond && !(in.Op == bpf.OpCall && in.Kind == bpf.KindLocal) && !(made >= 0 && i == 0) {
			continue
		}
		l := v.line(s.PC)
		e.Path = append(e.Path, Branch{Slot: s.PC, Pos: l.Pos, Source: l.Text, Insn: in.String(), Taken: s.Taken})
	}
	if n := len(e.Path); n > kept {
		e.Path, e.PathCut = e.Path[n-kept:], true
	}
}
