package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// An iterator is a SlotIter in the stack (of every 8 bytes of it one): Map is
// its table.IterKind, Hold its reference, Off is 0 while it may give another
// element and drained when it has given all.
const drained = 1

// argIterNew: stack bytes that become an iterator.
func (m *Machine) argIterNew(r bpf.Reg, v *state.Value) *Fault {
	kind := m.Note.Helper.Iter
	size := int64(table.IterOf(kind).Size)
	off, f := m.slot(r, v, size)
	if f != nil {
		return f
	}
	if _, found := m.objectIn(int(v.Frame), off, off+size); found {
		return m.fault(reason.BadIter, r, "an iterator or dynptr lives in these bytes already").need("destroy it first")
	}
	m.S.Own(int(v.Frame)).Stack.Fill(off, off+size, state.Misc)
	m.Note.Write = Span{Frame: int(v.Frame), Lo: off, Hi: off + size}
	return nil
}

// makeIter is what argIterNew is for, once all arguments are good.
func (m *Machine) makeIter(r bpf.Reg) {
	v := *m.S.Reg(r)
	kind := m.Note.Helper.Iter
	it := state.Value{Kind: state.SlotIter, Map: int32(kind)}
	it.Hold = m.S.Acquire(state.Reference{Kind: state.RefIter, PC: int32(m.PC), Map: -1})
	for at := int64(0); at < int64(table.IterOf(kind).Size); at += 8 {
		m.S.Own(int(v.Frame)).Stack.Store(v.Off+at, 8, &it)
	}
}

// slot asserts that r is a constant 8-byte aligned place of the stack with
// size bytes.
func (m *Machine) slot(r bpf.Reg, v *state.Value, size int64) (int64, *Fault) {
	lo, hi, ok := v.SpanOf()
	if v.Kind != state.PtrStack || !ok || lo != hi || lo%8 != 0 || lo < -state.StackSize || lo+size > 0 {
		return 0, m.badArg(r, v, "the address of a variable on the stack")
	}
	return lo, nil
}

// iterate makes, advances or destroys an iterator; the arguments are good.
func (m *Machine) iterate(h *table.Helper) *Fault {
	switch h.Args[0] {
	case table.ArgIterNew:
		m.makeIter(bpf.R1)
		return m.result(h)
	}
	if h.Ret == table.RetIter {
		return m.nextElement(bpf.R1)
	}
	if f := m.destroyIter(bpf.R1); f != nil {
		return f
	}
	return m.result(h)
}

// argIter: an iterator that was made and not destroyed.
func (m *Machine) argIter(r bpf.Reg, v *state.Value) *Fault {
	_, f := m.iterator(r, v)
	return f
}

func (m *Machine) iterator(r bpf.Reg, v *state.Value) (*state.Value, *Fault) {
	size := int64(table.IterOf(m.Note.Helper.Iter).Size)
	off, f := m.slot(r, v, size)
	if f != nil {
		return nil, f
	}
	k := &m.S.Frame(int(v.Frame)).Stack
	first, found := k.Spilled(state.CellOf(off))
	for at := int64(0); at < size && found; at += 8 {
		var it *state.Value
		if it, found = k.Spilled(state.CellOf(off + at)); found {
			found = it.Kind == state.SlotIter && it.Map == int32(m.Note.Helper.Iter) && it.Hold == first.Hold
		}
	}
	if !found {
		return nil, m.fault(reason.BadIter, r, "no iterator was made in these bytes").
			does("argument %d of %s", r-bpf.R1+1, m.Note.Helper.Name).need("call bpf_iter_%s_new first", table.IterOf(m.Note.Helper.Iter).Name)
	}
	m.Note.Reads = append(m.Note.Reads, Span{Frame: int(v.Frame), Lo: off, Hi: off + size, Exact: true})
	return first, nil
}

// nextElement is the result of a next function: 0 and the iterator is
// drained, or, in Taken, an element.
func (m *Machine) nextElement(r bpf.Reg) *Fault {
	v := *m.S.Reg(r)
	it, f := m.iterator(r, &v)
	if f != nil {
		return f
	}
	hold := it.Hold
	row := table.IterOf(m.Note.Helper.Iter)
	m.clobber()
	if it.Off != drained {
		m.Taken, m.Target = m.S.Clone(), m.PC+1
		m.Taken.Advance(hold)
		m.Taken.Set(bpf.R0, state.Value{Kind: state.PtrMem, Size: int32(row.Elem), Flags: state.ReadOnly, Hold: hold})
	}
	m.S.Visit(func(o *state.Value) bool { return o.Kind == state.SlotIter && o.Hold == hold },
		func(_ state.Place, o *state.Value) { o.Off = drained })
	m.S.Set(bpf.R0, state.Const(0))
	return nil
}

// destroyIter ends an iterator; its bytes are as if never written.
func (m *Machine) destroyIter(r bpf.Reg) *Fault {
	v := *m.S.Reg(r)
	it, f := m.iterator(r, &v)
	if f != nil {
		return f
	}
	hold := it.Hold
	k := &m.S.Own(int(v.Frame)).Stack
	for at := int64(0); at < int64(table.IterOf(m.Note.Helper.Iter).Size); at += 8 {
		i := state.CellOf(v.Off + at)
		k.Drop(i)
		k.Drop(i - 1)
	}
	m.S.Release(hold)
	m.S.Visit(func(o *state.Value) bool { return o.Hold == hold },
		func(_ state.Place, o *state.Value) { *o = state.Unknown() }) // an element is a number now
	return nil
}

// objectIn returns an iterator or dynptr that has bytes in [lo, hi) of a
// frame's stack.
func (m *Machine) objectIn(frame int, lo, hi int64) (*state.Value, bool) {
	k := &m.S.Frame(frame).Stack
	if !k.Objects {
		return nil, false
	}
	for i := state.CellOf(hi - 1); i <= state.CellOf(lo); i++ {
		for _, j := range [2]int{i, i + 1} { // the low half may lie below
			v, found := k.Spilled(j)
			if found && v.Kind >= state.SlotIter && (j == i || k.IsSecond(i)) {
				return v, true
			}
		}
	}
	return nil, false
}

// untouched asserts that an access of [lo, hi) meets no iterator and no
// dynptr.
func (m *Machine) untouched(r bpf.Reg, frame int, lo, hi int64, verb string) *Fault {
	v, found := m.objectIn(frame, lo, hi)
	if !found {
		return nil
	}
	what, code := "an iterator", reason.BadIter
	if v.Kind == state.SlotDynptr {
		what, code = "a dynptr", reason.BadDynptr
	}
	return m.fault(code, r, "%s %s, which only its own functions may touch", verb, what).
		need("keep other variables out of its bytes")
}

// mayGoto goes on as long as the run time's budget lasts.
func (m *Machine) mayGoto() *Fault {
	m.Target = m.in.Target(m.PC)
	m.Taken = m.S.Clone()
	d := m.S.Depth()
	m.S.Own(d).Gotos++
	m.Note.Takes, m.Note.Falls = true, true
	return nil
}
