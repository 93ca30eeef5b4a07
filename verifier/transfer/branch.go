package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// jump: unconditional and conditional jumps.
func (m *Machine) jump() *Fault {
	in := m.in
	m.Target = in.Target(m.PC)
	if in.Op == bpf.OpMayGoto {
		return m.mayGoto()
	}
	cond, conditional := value.CondOf(in.Op)
	if !conditional {
		m.Next = m.Target
		return nil
	}
	dst, f := m.use(in.Dst)
	if f != nil {
		return f
	}
	src, f := m.operand()
	if f != nil {
		return f
	}
	if m.Env.Hook.Memory && src.ID == state.LenClass {
		m.S.Class(in.Dst) // an index needs a class to remember its room
		dst = m.S.Reg(in.Dst)
	}
	if m.Env.Hook.Memory && dst.ID == state.LenClass && in.Src != bpf.RegImm {
		m.S.Class(in.Src)
		src = *m.S.Reg(in.Src)
	}
	m.lhs, m.rhs = *dst, src
	wide := in.Width == 8
	takes, falls := m.possible(cond, wide), m.possible(cond.Not(), wide)
	var taken *state.State
	if takes && falls {
		taken = m.S.Clone()
	}
	if falls && !m.assume(m.S, cond.Not(), wide) {
		falls = false
	}
	if taken == nil && takes {
		taken = m.S // only this edge: nothing was assumed above
	}
	if takes && !m.assume(taken, cond, wide) {
		takes = false
	}
	m.Note.Takes, m.Note.Falls = takes, falls
	if takes != falls {
		m.exactOperands()
		m.Note.Exact |= m.Note.Linked
	}
	switch {
	case takes && falls:
		m.Taken = taken
	case takes:
		m.S, m.Next = taken, m.Target
	case !falls:
		m.Next = -1 // neither edge: the state stands for nothing
	}
	return nil
}

// possible reports whether lhs cond rhs can hold.
func (m *Machine) possible(c value.Cond, wide bool) bool {
	a, b := m.lhs, m.rhs
	switch {
	case a.Kind == state.Scalar && b.Kind == state.Scalar:
		_, _, ok := m.narrow(c, wide, a.S, b.S)
		return ok
	case !wide:
		return true
	case isZero(&b) && c == value.Eq:
		// They lie at 65536 or above; an empty packet may not.
		return !nonzero(&a)
	case comparable(c, &a, &b):
		_, _, ok := m.narrow(c, true, offsetOf(&a), offsetOf(&b))
		return ok
	}
	return true
}

// narrow is value.Assume on copies, which the machine keeps: nothing is
// allocated.
func (m *Machine) narrow(c value.Cond, wide bool, a, b value.Scalar) (x, y value.Scalar, ok bool) {
	m.x, m.y = a, b
	ok = value.Assume(c, wide, &m.x, &m.y)
	return m.x, m.y, ok
}

// never0 are the kinds of addresses that are not 0 unless Null says so.
var never0 = [state.NumKinds]bool{
	state.PtrStack: true, state.PtrMapValue: true, state.ConstMap: true, state.PtrMem: true, state.PtrObj: true,
}

// nonzero reports whether a pointer cannot be 0.
func nonzero(p *state.Value) bool {
	lo, hi, ok := p.SpanOf()
	return never0[p.Kind] && !p.Null && ok && lo > -65536 && hi < state.MaxLen
}

func isZero(v *state.Value) bool {
	k, ok := v.IsConst()
	return ok && k == 0
}

// comparable: offsets into one region that compare as the addresses do, since
// neither wraps. Bits of addresses are not those of offsets.
func comparable(c value.Cond, a, b *state.Value) bool {
	if a.Kind != b.Kind || a.Frame != b.Frame || c == value.Set || c == value.NotSet {
		return false
	}
	switch a.Kind {
	case state.PtrPacket, state.PtrMeta, state.PtrCtx:
		alo, ahi, ok1 := a.SpanOf()
		blo, bhi, ok2 := b.SpanOf()
		return ok1 && ok2 && alo >= 0 && blo >= 0 && ahi <= state.MaxLen && bhi <= state.MaxLen
	}
	return false
}

// assume refines s by lhs cond rhs of the jump's operands; false when it
// cannot hold.
func (m *Machine) assume(s *state.State, c value.Cond, wide bool) bool {
	a, b := m.lhs, m.rhs
	switch {
	case a.Kind == state.Scalar && b.Kind == state.Scalar:
		return m.assumeNumbers(s, c, wide)
	case !wide:
		return true
	case a.Null && isZero(&b) && (c == value.Eq || c == value.Ne):
		m.decideNull(s, a.Ref, c == value.Eq)
		return true
	case c == value.Eq && a.Null && nonzero(&b):
		m.decideNull(s, a.Ref, false)
		return true
	case c == value.Eq && b.Null && nonzero(&a):
		m.decideNull(s, b.Ref, false)
		return true
	case a.IsPtr() && b.IsPtr():
		m.assumeEnd(s, c, &a, &b)
		m.assumeEnd(s, c.Swap(), &b, &a)
		return !comparable(c, &a, &b) || m.assumeOffsets(s, c)
	}
	return true
}

// assumeOffsets refines the variable parts of two pointers whose offsets
// compare as the pointers do.
func (m *Machine) assumeOffsets(s *state.State, c value.Cond) bool {
	a, b, ok := m.narrow(c, true, offsetOf(&m.lhs), offsetOf(&m.rhs))
	if !ok {
		return false
	}
	return m.refineOffset(s, m.in.Dst, a) && m.refineOffset(s, m.in.Src, b)
}

// offsetOf is a pointer's whole offset from the start of its region.
func offsetOf(p *state.Value) value.Scalar {
	return value.Binary(bpf.OpAdd, true, p.S, value.Const(uint64(p.Off)))
}

// refineOffset gives the pointer in r, and its class, a whole offset within o.
func (m *Machine) refineOffset(s *state.State, r bpf.Reg, o value.Scalar) bool {
	v := *s.Reg(r)
	n, ok := value.Meet(v.S, value.Binary(bpf.OpSub, true, o, value.Const(uint64(v.Off))))
	if !ok || n == v.S {
		return ok
	}
	v.S = n
	s.Set(r, settle(v))
	return m.spread(s, r, v)
}

// decideNull makes every copy of a result 0 or a pointer. There is no reference
// to release where it is 0.
func (m *Machine) decideNull(s *state.State, ref uint32, null bool) {
	if null {
		s.Release(ref) // when it has the number of one: see Value.Hold
	}
	s.Visit(func(v *state.Value) bool { return v.Null && v.Ref == ref },
		func(_ state.Place, v *state.Value) {
			if null {
				*v = state.Const(0)
				return
			}
			v.Null = false
			if !m.Env.distinct(v) {
				v.Ref = 0
			}
		})
}

func (m *Machine) assumeNumbers(s *state.State, c value.Cond, wide bool) bool {
	in := m.in
	a, b := m.lhs, m.rhs
	var ok bool
	if a.S, b.S, ok = m.narrow(c, wide, a.S, b.S); !ok {
		return false
	}
	if a.S != m.lhs.S {
		s.Set(in.Dst, a)
		if !m.spread(s, in.Dst, a) {
			return false
		}
	}
	if in.Src != bpf.RegImm && b.S != m.rhs.S {
		if in.Src == in.Dst {
			return true
		}
		// The first spread may have refined this one, too.
		if r := s.Reg(in.Src); r.Kind == state.Scalar {
			t, ok := value.Meet(r.S, b.S)
			if !ok {
				return false
			}
			b.S = t
		}
		s.Set(in.Src, b)
		if !m.spread(s, in.Src, b) {
			return false
		}
	}
	if m.Env.Hook.Memory && (wide || a.S.R.Umax <= 1<<32-1 && b.S.R.Umax <= 1<<32-1) {
		m.assumeIndex(s, c, in.Dst, &a, &b)
		m.assumeIndex(s, c.Swap(), in.Src, &b, &a)
	}
	return true
}

// spread tells the class of register r, which now has value v.
func (m *Machine) spread(s *state.State, r bpf.Reg, v state.Value) bool {
	if v.ID == 0 {
		return true
	}
	possible := true
	s.Visit(func(o *state.Value) bool { return o.ID == v.ID },
		func(at state.Place, o *state.Value) {
			if at.Cell < 0 && at.Reg == r && at.Frame == s.Depth() {
				return
			}
			m.link(s, at)
			t, ok := value.Meet(o.S, value.Binary(bpf.OpAdd, true, v.S, value.Const(o.Delta-v.Delta)))
			if !ok {
				possible = false
				return
			}
			o.S = t
			if o.IsPtr() {
				*o = settle(*o)
			}
		})
	if possible && v.ID == state.LenClass {
		m.exactOperands()
		if n := value.Binary(bpf.OpSub, true, v.S, value.Const(v.Delta)); n.R.Umax <= state.MaxLen {
			base := state.Value{Kind: state.PtrPacket}
			m.proven(s, &base, int64(n.R.Umin))
		}
	}
	return possible
}

func (m *Machine) exactOperands() {
	m.Note.Exact |= bit(m.in.Dst)
	if m.in.Src != bpf.RegImm {
		m.Note.Exact |= bit(m.in.Src)
	}
}

// link notes that the comparison refined the value at a place.
func (m *Machine) link(s *state.State, at state.Place) {
	if at.Cell >= 0 || at.Frame != s.Depth() {
		m.Note.Far = true
		return
	}
	m.Note.Linked |= bit(at.Reg)
}

// assumeIndex: an index i in r compared with the length of memory plus a
// constant. Of a constant the length itself was refined; where loops have no
// bound, states are joined, and what holds of each constant is kept.
func (m *Machine) assumeIndex(s *state.State, c value.Cond, r bpf.Reg, i, n *state.Value) {
	if n.ID != state.LenClass || n.S.R.Umax > state.MaxLen || i.Kind != state.Scalar && i.ID == 0 || i.ID == state.LenClass {
		return
	}
	if _, isConst := i.S.IsConst(); (isConst || i.ID == 0) && !m.Env.Metered {
		return
	}
	room := -int64(n.Delta) // i <= length + Delta
	switch c {
	case value.Slt:
		if i.S.R.Smin < 0 {
			return
		}
		room++
	case value.Sle:
		if i.S.R.Smin < 0 {
			return
		}
	case value.Lt:
		room++
	case value.Le, value.Eq:
	default:
		return
	}
	m.exactOperands()
	if i.ID != 0 {
		m.proven(s, i, room)
		return
	}
	if r >= bpf.R10 {
		return // a number in the instruction
	}
	if own := *s.Reg(r); own.Kind == state.Scalar && own.Room < room && own.S.R.Umax <= state.MaxLen {
		own.Room = room
		s.Set(r, own)
	}
}

// assumeEnd: p compared with an end of its region.
func (m *Machine) assumeEnd(s *state.State, c value.Cond, p, e *state.Value) {
	limit := m.farthest()
	shift, ok := endOf(p, e, limit)
	if !ok {
		return
	}
	lo, hi, ok := p.SpanOf()
	if !ok || lo < 0 || hi > limit || p.Off < 0 || p.Off > limit {
		return
	}
	// Address p is at offset S + Off, the end at length + shift.
	room := p.Off - shift
	switch c {
	case value.Lt, value.Slt:
		room++
	case value.Le, value.Eq, value.Sle:
	case value.Ne:
		// Not beyond the end, and not at it.
		if shift != 0 || p.Room < p.Off || p.Room == 0 && (p.Off != 0 || p.S != value.Const(0)) {
			return
		}
		room++
	default:
		return
	}
	m.proven(s, p, room)
}

// farthest bounds offsets that are compared with the end of a packet, as in
// the kernel; memory of a Memory hook may be longer.
func (m *Machine) farthest() int64 {
	if m.Env.Hook.Memory {
		return state.MaxLen
	}
	return 0xffff
}

// endOf reports whether e is a constant distance from the end of the region
// of p, and which.
func endOf(p, e *state.Value, limit int64) (int64, bool) {
	switch {
	case p.Kind == state.PtrPacket && e.Kind == state.PtrPacketEnd:
		return 0, true
	case p.Kind == state.PtrMeta && e.Kind == state.PtrPacket:
		return 0, e.Off == 0 && e.S == value.Const(0)
	case p.Kind == state.PtrPacket && e.Kind == state.PtrPacket && e.ID == state.LenClass && p.ID != state.LenClass:
		lo, hi, ok := e.SpanOf() // not before the start: no sum wraps
		return e.Off + int64(e.Delta), ok && lo >= 0 && hi <= 2*limit && e.S.R.Umax <= uint64(limit)
	}
	return 0, false
}

// proven records that S + room bytes of p, a pointer or an index, lie in the
// region, for p and all values that it says something about.
func (m *Machine) proven(s *state.State, p *state.Value, room int64) {
	base, ok := p.S.IsConst()
	fixed := ok && base == 0 && p.IsPtr()
	of := func(o *state.Value) int64 {
		switch {
		case o.Kind != p.Kind && !(p.Kind == state.PtrPacket && o.Kind == state.Scalar) &&
			!(p.Kind == state.Scalar && o.Kind == state.PtrPacket):
		case p.ID != 0 && o.ID == p.ID:
			if p.S.R.Umax <= state.MaxLen && o.S.R.Umax <= state.MaxLen {
				return room - int64(o.Delta-p.Delta)
			}
		case fixed && o.IsPtr() && o.S.R.Umax <= state.MaxLen:
			return room - int64(o.S.R.Umax)
		}
		return 0
	}
	s.Visit(func(o *state.Value) bool { return of(o) > o.Room },
		func(at state.Place, o *state.Value) {
			o.Room = of(o)
			m.link(s, at)
		})
}
