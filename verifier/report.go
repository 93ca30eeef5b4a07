package verifier

import (
	"fmt"
	"regexp"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/explore"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
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
		return e
	}
	made := -1
	if f.Reg != transfer.NoReg {
		env := transfer.NewEnv(v.obj, v.p)
		r := Register{Name: f.Reg.String(), Value: transfer.Words(env, &f.Value)}
		if f.Value.Kind != state.Uninit {
			r.Made, made = v.made(env, f, res.Path)
		}
		e.Registers = append(e.Registers, r)
	}
	v.path(e, res, made)
	e.Fix = v.fix(e, f)
	return e
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

// place is where a value was, going backwards along a path: a register, or a
// spill at off when reg is NoReg.
type place struct {
	depth int
	reg   bpf.Reg
	off   int32
}

// made finds where the value of the fault's register was made, through moves,
// spills, calls and added constants. It returns the index in the path, too.
func (v *verification) made(env *transfer.Env, f *transfer.Fault, path []explore.Step) (*Made, int) {
	at := place{depth: path[len(path)-1].Depth, reg: f.Reg}
	for i := len(path) - 2; i >= 0; i-- {
		s := path[i]
		in := &v.p.Insns[s.PC]
		if !v.origin(in, s, &at) {
			continue
		}
		w := f.Value
		if w.IsPtr() {
			w.Off, w.S, w.Room = 0, value.Const(0), 0
		}
		l := v.line(s.PC)
		name := at.reg
		return &Made{Slot: s.PC, Pos: l.Pos, Source: l.Text, Name: name.String(), Value: transfer.Words(env, &w)}, i
	}
	return nil, -1
}

// origin reports whether the instruction made the value at the place;
// otherwise it moves the place to where the value was before.
func (v *verification) origin(in *bpf.Instruction, s explore.Step, at *place) bool {
	row := table.OpOf(in.Op)
	switch {
	case row.Class == table.ClassCall && in.Kind == bpf.KindLocal:
		if s.Depth+1 == at.depth && at.reg <= bpf.R5 {
			at.depth--
		}
		return false
	case row.Class == table.ClassExit:
		if s.Depth == at.depth+1 && at.reg == bpf.R0 {
			at.depth++
		}
		return false
	case s.Depth != at.depth:
		return false
	case at.reg == transfer.NoReg:
		if row.Class == table.ClassStore && in.Dst == bpf.R10 && in.Off == at.off {
			if in.Src == bpf.RegImm {
				return true
			}
			at.reg = in.Src
		}
		return false
	case row.Class == table.ClassCall:
		return at.reg <= bpf.R5
	case in.Dst != at.reg || row.Class == table.ClassStore || row.Class == table.ClassJump || row.Class == table.ClassAtomic:
		return false
	case in.Op == bpf.OpMov && in.Src != bpf.RegImm:
		at.reg = in.Src
		return false
	case (in.Op == bpf.OpAdd || in.Op == bpf.OpSub) && in.Src == bpf.RegImm:
		return false
	case in.Op == bpf.OpLoad && in.Src == bpf.R10:
		at.reg, at.off = transfer.NoReg, in.Off
		return false
	}
	return true
}

// fix is a line of C that adds the missing check, when one can be told.
func (v *verification) fix(e *Error, f *transfer.Fault) string {
	leave := "return 0;"
	if v.p.Hook.Name == "xdp" {
		leave = "return XDP_PASS;"
	}
	if f.Check != "" {
		return fmt.Sprintf("if (%s) %s", f.Check, leave)
	}
	switch f.Code {
	case reason.MayBeNull:
		name := "value"
		if m := e.Registers[0].Made; m != nil {
			if found := assigned().FindStringSubmatch(m.Source); found != nil {
				name = found[1]
			}
		}
		e.Need = fmt.Sprintf("no branch tests %s for NULL before line %d", name, e.Pos.Line)
		if e.Pos.Line == 0 {
			e.Need = "no branch tests the value for NULL"
		}
		return fmt.Sprintf("if (!%s) %s", name, leave)
	case reason.InfiniteLoop, reason.TooManyInsns:
		return "for (i = 0; i < MAX; i++) { ... }   /* with a constant MAX */"
	}
	return ""
}

// assigned matches the variable that a lookup's result is assigned to.
func assigned() *regexp.Regexp { return regexp.MustCompile(`(\w+)\s*=[^=].*bpf_map_lookup_elem`) }
