package verifier

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/explore"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// moment is what the operands of an instruction of a path were.
type moment struct{ dst, src, after state.Value }

// replayed is a failing path executed once more, to tell values in its
// messages. Nothing is decided by it.
type replayed struct {
	path    []explore.Step
	moments []moment     // of the path's first instructions, all when the path is whole
	last    *state.State // before the refused instruction; nil when the path could not be followed
}

// replay follows the path as far as it can be told: not when its beginning is
// missing or a state on it was generalised.
func (v *verification) replay(env *transfer.Env, res *explore.Result) *replayed {
	r := &replayed{path: res.Path}
	if res.Cut || len(res.Path) == 0 || res.Path[0].PC != 0 {
		return r
	}
	m := transfer.Machine{Env: env, S: state.Entry(env.Hook)}
	for i, step := range res.Path {
		if m.PC != step.PC || m.S.Depth() != step.Depth {
			return r
		}
		if i == len(res.Path)-1 {
			r.last = m.S
			return r
		}
		in := &v.p.Insns[m.PC]
		var now moment
		if in.Dst <= bpf.R10 {
			now.dst = *m.S.Reg(in.Dst)
		}
		if in.Src <= bpf.R10 {
			now.src = *m.S.Reg(in.Src)
		}
		depth := m.S.Depth()
		if m.Step() != nil {
			return r
		}
		next := res.Path[i+1].PC
		switch {
		case m.Taken != nil && m.Target == next && (step.Taken || m.Next != next):
			m.S, m.PC = m.Taken, next
		case m.Next == next:
			m.PC = next
		default:
			return r
		}
		at := in.Dst
		if in.Op == bpf.OpCall {
			at = bpf.R0
		}
		if m.S.Depth() == depth && at <= bpf.R10 {
			now.after = *m.S.Reg(at)
		}
		r.moments = append(r.moments, now)
	}
	return r
}

// at is the moment of step i of the path, nil when it is not known.
func (r *replayed) at(i int) *moment {
	if r.last == nil || i >= len(r.moments) {
		return nil
	}
	return &r.moments[i]
}

// place is where a value was, going backwards along a path: a register, or a
// spill at off when reg is NoReg.
type place struct {
	depth int
	reg   bpf.Reg
	off   int32
}

// source is where a value was made: a step of the path, and the register.
type source struct {
	step int
	reg  bpf.Reg
}

// index is the variable number in an address.
type index struct {
	source
	scale int64       // bytes for each unit of value
	value state.Value // where it was last used
}

// trace finds where the value in a register before step end was made, through
// moves, spills, calls and added constants, and the last variable number that
// was added to it on the way.
func (v *verification) trace(r *replayed, reg bpf.Reg, end int) (*source, *index) {
	at := place{depth: r.path[end].Depth, reg: reg}
	var idx *index
	for i := end - 1; i >= 0; i-- {
		s := r.path[i]
		in := &v.p.Insns[s.PC]
		if now := r.at(i); now != nil && adds(in, s, &at) {
			pointer, number := in.Dst, in.Src
			n := now.src
			if now.src.IsPtr() {
				pointer, number, n = in.Src, in.Dst, now.dst
			}
			if now.after.IsPtr() && n.Kind == state.Scalar {
				if _, isConst := n.IsConst(); !isConst && idx == nil {
					idx = v.number(r, number, i, n)
				}
				at.reg = pointer
				continue
			}
		}
		if v.origin(in, s, &at) {
			return &source{i, at.reg}, idx
		}
	}
	return nil, idx
}

// adds reports whether the instruction adds a register to the one at.
func adds(in *bpf.Instruction, s explore.Step, at *place) bool {
	return (in.Op == bpf.OpAdd || in.Op == bpf.OpSub) && in.Src != bpf.RegImm && s.Depth == at.depth && in.Dst == at.reg
}

// number traces a number back to what the program computed, through what
// compilers add to make an address of it: scaling and extension.
func (v *verification) number(r *replayed, reg bpf.Reg, end int, use state.Value) *index {
	idx := &index{scale: 1, value: use}
	at := place{depth: r.path[end].Depth, reg: reg}
	for i := end - 1; i >= 0; i-- {
		s := r.path[i]
		in := &v.p.Insns[s.PC]
		if s.Depth == at.depth && in.Dst == at.reg && in.Src == bpf.RegImm {
			imm := in.Imm
			switch {
			case (in.Op == bpf.OpRsh || in.Op == bpf.OpArsh) && i > 0 && v.extends(r.path[i-1].PC, s.PC):
				if imm >= 0 && imm < 32 { // a shift left that is partly undone scales
					idx.scale <<= 32 - imm
				}
				i--
				continue
			case in.Op == bpf.OpLsh && imm >= 0 && imm < 16:
				idx.scale <<= imm
				idx.value = r.moments[i].dst
				continue
			case in.Op == bpf.OpMul && imm > 0 && imm < 1<<16:
				idx.scale *= imm
				idx.value = r.moments[i].dst
				continue
			}
		}
		if in.Op == bpf.OpAdd && in.Src == bpf.RegImm && s.Depth == at.depth && in.Dst == at.reg || v.origin(in, s, &at) {
			idx.source = source{i, at.reg}
			return idx
		}
	}
	return nil
}

// extends reports whether the instruction at a shifts left by 32, so that the
// shift right at b leaves a number of 32 bits, scaled or not.
func (v *verification) extends(a, b int) bool {
	x, y := &v.p.Insns[a], &v.p.Insns[b]
	return x.Op == bpf.OpLsh && x.Width == 8 && x.Src == bpf.RegImm && x.Imm == 32 && x.Dst == y.Dst && y.Width == 8 && y.Imm <= 32
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

// made describes a source; without a replay the value is the one given.
func (v *verification) made(env *transfer.Env, r *replayed, s *source, w state.Value) *Made {
	if now := r.at(s.step); now != nil {
		w = now.after
	} else if w.IsPtr() {
		w.Off, w.S, w.Room = 0, value.Const(0), 0
	}
	pc := r.path[s.step].PC
	l := v.line(pc)
	reg := s.reg
	if reg == transfer.NoReg {
		reg = v.p.Insns[pc].Dst
	}
	return &Made{Slot: pc, Pos: l.Pos, Source: l.Text, Name: reg.String(), Value: transfer.Words(env, &w)}
}
