package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// maxStep bounds what may be added to a pointer: constants, and the least
// value of a variable part.
const maxStep = 1 << 29

// alu: Dst = Dst op operand.
func (m *Machine) alu() *Fault {
	in := m.in
	wide := in.Width == 8
	switch in.Op {
	case bpf.OpMov:
		return m.mov(wide)
	case bpf.OpMovsx:
		v, f := m.use(in.Src)
		if f != nil {
			return f
		}
		return m.define(in.Dst, m.movsx(v, wide))
	case bpf.OpNeg, bpf.OpToLE, bpf.OpToBE, bpf.OpBswap:
		v, f := m.use(in.Dst)
		if f != nil {
			return f
		}
		s := number(v)
		if in.Op == bpf.OpNeg {
			s = value.Neg(wide, s)
		} else {
			same := in.Op == bpf.OpToLE && !m.Env.BigEndian || in.Op == bpf.OpToBE && m.Env.BigEndian
			s = value.Bytes(s, uint(in.Width), !same)
		}
		return m.define(in.Dst, state.Number(s))
	}
	dst, f := m.use(in.Dst)
	if f != nil {
		return f
	}
	src, f := m.operand()
	if f != nil {
		return f
	}
	if dst.IsPtr() || src.IsPtr() {
		return m.pointer(*dst, src, wide)
	}
	return m.define(in.Dst, numbers(in.Op, wide, *dst, src))
}

// number is the value as a number: nothing is known of a pointer's.
func number(v *state.Value) value.Scalar {
	if v.IsPtr() {
		return value.Unknown()
	}
	return v.S
}

// numbers is the result of an operation on two numbers. Adding a constant
// keeps the class, and the room as far as the sum does not wrap.
func numbers(op bpf.Op, wide bool, a, b state.Value) state.Value {
	r := state.Number(value.Binary(op, wide, a.S, b.S))
	if op != bpf.OpAdd && op != bpf.OpSub {
		return r
	}
	k, isConst := b.S.IsConst()
	switch j, ok := a.S.IsConst(); {
	case op == bpf.OpSub:
		k = -k
	case ok && !isConst:
		a, k, isConst = b, j, true
	}
	if !isConst || a.ID == 0 {
		return r
	}
	d := int64(k)
	if !wide {
		// The 64-bit sum is the 32-bit one when neither wraps.
		d = int64(int32(k))
		if a.S.R.Umax > 1<<32-1 || !fits(a.S.R, d, 1<<32-1) {
			return r
		}
	}
	r.ID, r.Delta = a.ID, a.Delta+uint64(d)
	if a.Room > 0 && fits(a.S.R, d, state.MaxLen) {
		r.Room = max(a.Room-d, 0)
	}
	return r
}

// fits reports whether all numbers of r plus d lie in 0..limit.
func fits(r value.Range, d int64, limit uint64) bool {
	const far = 1 << 61
	return r.Umax <= far && d > -far && d < far && int64(r.Umin)+d >= 0 && int64(r.Umax)+d <= int64(limit)
}

func (m *Machine) mov(wide bool) *Fault {
	src, f := m.operand()
	if f != nil {
		return f
	}
	if wide {
		if m.in.Src != bpf.RegImm && src.Kind == state.Scalar {
			m.S.Class(m.in.Src)
			src = *m.S.Reg(m.in.Src)
		}
		return m.define(m.in.Dst, src)
	}
	if src.Kind == state.Scalar && src.S.R.Umax <= 1<<32-1 {
		if m.in.Src != bpf.RegImm {
			m.S.Class(m.in.Src)
			src = *m.S.Reg(m.in.Src)
		}
		return m.define(m.in.Dst, src)
	}
	return m.define(m.in.Dst, state.Number(value.Low(number(&src), 4)))
}

func (m *Machine) movsx(v *state.Value, wide bool) state.Value {
	s := number(v)
	if n := uint(m.in.From); n < 4 || wide {
		return state.Number(value.SignExtend(s, n, wide))
	}
	return state.Number(value.Low(s, 4))
}

// pointer: arithmetic with at least one pointer.
func (m *Machine) pointer(dst, src state.Value, wide bool) *Fault {
	in := m.in
	switch {
	case in.Op == bpf.OpSub && !wide, in.Op == bpf.OpSub && dst.IsPtr() && src.IsPtr():
		r := state.Unknown()
		if wide {
			r = difference(dst, src)
		} else {
			r.S = value.Low(r.S, 4)
		}
		return m.define(in.Dst, r)
	case !wide:
		return m.arith(in.Dst, "32-bit arithmetic on a pointer")
	case dst.IsPtr() && src.IsPtr():
		return m.arith(in.Dst, "%s of two pointers", in.Op)
	case in.Op == bpf.OpAdd && dst.IsPtr():
		return m.move(in.Dst, dst, in.Src, src, false)
	case in.Op == bpf.OpAdd:
		return m.move(in.Src, src, in.Dst, dst, false)
	case in.Op == bpf.OpSub && dst.IsPtr():
		return m.move(in.Dst, dst, in.Src, src, true)
	}
	return m.arith(in.Dst, "operation %s on a pointer", in.Op)
}

func (m *Machine) arith(r bpf.Reg, what string, args ...any) *Fault {
	return m.fault(reason.PtrArith, r, what, args...).
		need("only add numbers to pointers or subtract them, in 64 bits")
}

// difference of two pointers: known when both are in one region.
func difference(a, b state.Value) state.Value {
	same := a.Kind == b.Kind && a.Frame == b.Frame && !a.Null && !b.Null &&
		(a.Kind == state.PtrPacket || a.Kind == state.PtrMeta || a.Kind == state.PtrStack)
	if !same {
		return state.Unknown()
	}
	d := uint64(a.Off - b.Off)
	s := value.Binary(bpf.OpAdd, true, value.Binary(bpf.OpSub, true, a.S, b.S), value.Const(d))
	r := state.Number(s)
	if k, ok := b.S.IsConst(); ok && a.ID != 0 {
		r.ID, r.Delta = a.ID, a.Delta+d-k
	}
	return r
}

// move: the pointer p of register pr plus or minus the number s of register
// sr (RegImm for an immediate) goes to Dst.
func (m *Machine) move(pr bpf.Reg, p state.Value, sr bpf.Reg, s state.Value, minus bool) *Fault {
	if sr != bpf.RegImm {
		m.Note.Exact |= bit(sr)
	}
	switch {
	case p.Null:
		f := m.fault(reason.MayBeNull, pr, "value from map lookup may be NULL")
		return f.does("computes with %s", pr)
	case p.Kind == state.ConstMap && !minus && isZero(&s):
		return m.define(m.in.Dst, p)
	case fixed(&p, &s):
		return m.arith(pr, "arithmetic on %s", Words(m.Env, &p))
	case p.Kind == state.PtrStack && minus:
		return m.arith(pr, "subtraction from a stack address").need("add a negative number")
	}
	if k, ok := s.S.IsConst(); ok {
		d := int64(k)
		if minus {
			d = -d
		}
		if d <= -maxStep || d >= maxStep || p.Off+d <= -maxStep || p.Off+d >= maxStep {
			return m.arith(sr, "offset %d of a pointer is too large", p.Off+d)
		}
		p.Off += d
		return m.define(m.in.Dst, p)
	}
	if s.S.R.Smin <= -maxStep || s.S.R.Smin >= maxStep {
		f := m.fault(reason.PtrArith, sr, "%s has no lower bound and is added to a pointer", sr)
		return f.does("adds %s to a pointer", sr).need("make it unsigned or test it for being negative first")
	}
	if minus {
		p.S = value.Binary(bpf.OpSub, true, p.S, s.S)
		p.ID, p.Delta, p.Room = m.S.NewID(), 0, 0
		return m.define(m.in.Dst, settle(p))
	}
	q := p
	q.S = value.Binary(bpf.OpAdd, true, p.S, s.S)
	q.ID, q.Delta, q.Room = 0, 0, 0
	if k, ok := p.S.IsConst(); ok && k == 0 {
		m.S.Class(sr)
		s = *m.S.Reg(sr)
		q.ID, q.Delta = s.ID, s.Delta
	} else {
		q.ID = m.S.NewID()
	}
	if p.Kind == state.PtrPacket || p.Kind == state.PtrMeta {
		// S + s + (Room - max s) <= S + Room: inside.
		if s.S.R.Umax < state.MaxLen {
			q.Room = max(p.Room-int64(s.S.R.Umax), 0)
		}
		if k, ok := p.S.IsConst(); ok && k == 0 && p.Kind == state.PtrPacket {
			q.Room = max(q.Room, s.Room)
		}
	}
	return m.define(m.in.Dst, settle(q))
}

// fixed reports whether nothing, or not the number s, may be added to pointer p.
func fixed(p, s *state.Value) bool {
	switch p.Kind {
	case state.PtrPacketEnd, state.ConstMap:
		return true
	case state.PtrObj:
		_, isConst := s.IsConst()
		kind := table.ObjectKind(p.Map)
		opaque := len(table.ObjectOf(kind).Fields) == 0 // probe_read gets addresses of fields
		return !opaque && (!isConst || kind != table.ObjFlowKeys)
	}
	return false
}

// settle moves a variable part that has become constant into Off.
func settle(p state.Value) state.Value {
	k, ok := p.S.IsConst()
	d := int64(k)
	if !ok || d == 0 || d <= -maxStep || d >= maxStep || p.Off+d <= -maxStep || p.Off+d >= maxStep {
		return p
	}
	p.Off += d
	if p.Room > 0 {
		p.Room = max(p.Room+d, 0)
	}
	p.S, p.ID, p.Delta = value.Const(0), 0, 0
	return p
}
