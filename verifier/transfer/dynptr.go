package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// A dynptr is two SlotDynptr in 16 bytes of stack, the upper one with Second;
// Map is its table.DynptrKind and Hold its number, which copies of it share:
// that of a reference when it has to be given back. A PtrDynptr leads to one
// that the caller made; its kind is not known.

// argDynptrOut: 16 bytes of stack that become a dynptr. One that lives there
// ends, unless it has to be given back.
func (m *Machine) argDynptrOut(r bpf.Reg, v *state.Value) *Fault {
	off, f := m.slot(r, v, dynptrSize)
	if f != nil {
		return f
	}
	if f := m.overwrite(r, int(v.Frame), off, off+dynptrSize); f != nil {
		return f
	}
	if m.Note.Helper.Dynptr == table.DynptrLocal {
		if p := m.Note.Args[0]; p.Kind != state.PtrMapValue {
			return m.badArg(bpf.R1, &p, "the address of a map value")
		}
	}
	m.S.Own(int(v.Frame)).Stack.Fill(off, off+dynptrSize, state.Misc)
	m.Note.Write = Span{Frame: int(v.Frame), Lo: off, Hi: off + dynptrSize}
	return nil
}

// makeDynptr makes the dynptr at v of the call's kind: a copy when the call
// has a dynptr, too.
func (m *Machine) makeDynptr(v *state.Value) {
	d := state.Value{Kind: state.SlotDynptr, Map: int32(m.Note.Helper.Dynptr)}
	switch {
	case m.Note.Helper.Dynptr == table.DynptrNone:
		from := m.dynptrOf(m.argOf(table.ArgDynptr))
		d.Map, d.Hold = from.Map, from.Hold
		if d.Hold == 0 {
			d.Hold = m.S.NewID()
		}
	case m.Note.Helper.Acquires:
		d.Hold = m.acquire(state.RefDynptr)
	default:
		d.Hold = m.S.NewID()
	}
	k := &m.S.Own(int(v.Frame)).Stack
	lo, _, _ := v.SpanOf()
	k.Store(lo, 8, &d)
	d.Flags = state.Second
	k.Store(lo+8, 8, &d)
}

// dynptrAt finds the dynptr that v leads to.
func (m *Machine) dynptrAt(v *state.Value) (*state.Value, bool) {
	if v.Kind == state.PtrDynptr {
		return v, true
	}
	lo, hi, ok := v.SpanOf()
	if v.Kind != state.PtrStack || !ok || lo != hi || lo%8 != 0 || lo < -state.StackSize || lo+dynptrSize > 0 {
		return nil, false
	}
	k := &m.S.Frame(int(v.Frame)).Stack
	low, found := k.Spilled(state.CellOf(lo))
	if !found || low.Kind != state.SlotDynptr || low.Flags&state.Second != 0 {
		return nil, false
	}
	up, found := k.Spilled(state.CellOf(lo + 8))
	return low, found && up.Kind == state.SlotDynptr && up.Flags&state.Second != 0 && up.Hold == low.Hold
}

// dynptrOf is the dynptr of an argument that was found good.
func (m *Machine) dynptrOf(v *state.Value) state.Value {
	if d, found := m.dynptrAt(v); found {
		return *d
	}
	return state.Value{}
}

// argDynptr: a dynptr that was made.
func (m *Machine) argDynptr(r bpf.Reg, v *state.Value) *Fault {
	d, found := m.dynptrAt(v)
	switch {
	case v.Kind != state.PtrDynptr && v.Kind != state.PtrStack:
		return m.badArg(r, v, "the address of a dynptr")
	case !found:
		f := m.fault(reason.BadDynptr, r, "no dynptr was made at %s", Words(m.Env, v))
		return f.need("make it with bpf_dynptr_from_mem or bpf_ringbuf_reserve_dynptr on every path that leads here")
	case d == v && !startOf(v):
		return m.badArg(r, v, "the address of a dynptr")
	}
	if v.Kind == state.PtrStack {
		lo, _, _ := v.SpanOf()
		m.Note.Reads = append(m.Note.Reads, Span{Frame: int(v.Frame), Lo: lo, Hi: lo + dynptrSize, Exact: true})
	}
	return nil
}

// argDynptrRingbuf: a reservation by dynptr.
func (m *Machine) argDynptrRingbuf(r bpf.Reg, v *state.Value) *Fault {
	if f := m.argDynptr(r, v); f != nil {
		return f
	}
	if d := m.dynptrOf(v); d.Kind != state.SlotDynptr || table.DynptrKind(d.Map) != table.DynptrRingbuf {
		f := m.fault(reason.BadDynptr, r, "%s wants a dynptr of bpf_ringbuf_reserve_dynptr", m.callee())
		return f.need("pass the dynptr that was reserved in the ring buffer")
	}
	return nil
}

// retSlice is bytes of the dynptr in ArgDynptr, or 0.
func (m *Machine) retSlice(readOnly bool) state.Value {
	d := m.dynptrOf(m.argOf(table.ArgDynptr))
	v := state.Value{Kind: state.PtrMem, Null: true, Size: m.constSize(), Ref: m.S.NewID(), Hold: d.Hold}
	if readOnly {
		v.Flags |= state.ReadOnly
	}
	b := m.argOf(table.ArgMemOrNull)
	if b.Kind == state.PtrStack {
		lo, _, _ := b.SpanOf()
		v.Frame, v.Map = b.Frame, int32(-lo)
	}
	local := table.DynptrKind(d.Map) == table.DynptrLocal || table.DynptrKind(d.Map) == table.DynptrRingbuf
	if !local || b.Kind == state.PtrPacket || b.Kind == state.PtrMeta {
		v.Flags |= state.Slice // perhaps of the packet
	}
	return v
}

// sliceBuffer checks the buffer in r that a slice may be copied to: the slice
// is then the buffer, on the stack (Value.Map says where).
func (m *Machine) sliceBuffer(r bpf.Reg) *Fault {
	b := m.S.Reg(r)
	if m.Note.Helper.Writes != 0 && !m.Env.Hook.PacketWrite {
		return m.fault(reason.ReadOnly, NoReg, "%s programs cannot write the packet", m.Env.Hook.Name).need("use bpf_dynptr_slice")
	}
	if isZero(b) {
		return nil
	}
	lo, hi, _ := b.SpanOf()
	if b.Hold != 0 || b.Kind == state.PtrStack && lo != hi || b.Kind == state.PtrMem && b.Map > 0 {
		return m.unsupported("buffer of %s in %s", m.callee(), Words(m.Env, b))
	}
	size := int64(m.constSize())
	if f := m.memory(r, b, size, false); f != nil {
		return f
	}
	return m.memory(r, b, size, true)
}

// throughSlice: an access through a slice that may be a buffer on the stack,
// of which nothing is known afterwards when it was a store.
func (m *Machine) throughSlice(p *state.Value, a access, n *Access) *Fault {
	if p.Map <= 0 || a.size == 0 {
		return nil
	}
	lo, hi := n.OffMin-int64(p.Map), n.OffMax-int64(p.Map)+a.size
	if f := m.untouched(a.reg, int(p.Frame), lo, hi, a.verb); f != nil || !a.write {
		return f
	}
	m.S.Own(int(p.Frame)).Stack.Disturb(lo, hi)
	return nil
}

// stackOf is the frame in whose stack a pointer may lead, -1 for none.
func stackOf(v *state.Value) int {
	if v.Kind == state.PtrStack || v.Kind == state.PtrMem && v.Map > 0 {
		return int(v.Frame)
	}
	return -1
}

// overwrite ends the dynptrs that have bytes in [lo, hi) of a frame's stack.
// One that has to be given back is not overwritten.
func (m *Machine) overwrite(r bpf.Reg, frame int, lo, hi int64) *Fault {
	for {
		v, found := m.objectIn(frame, lo, hi)
		if !found {
			return nil
		}
		if v.Kind != state.SlotDynptr {
			return m.untouched(r, frame, lo, hi, "overwrites")
		}
		if ref := m.S.Ref(v.Hold); ref != nil {
			f := m.fault(reason.BadDynptr, r, "a dynptr is overwritten that holds a reservation")
			f.Since, f.SinceWhat = int(ref.PC)+1, refBegins[ref.Kind]
			return f.need("submit or discard it first, and keep other variables out of its bytes")
		}
		m.destroyDynptr(frame, lo, hi, v.Hold)
	}
}

// destroyDynptr ends the dynptr of number hold in [lo, hi). The memory that it
// leads to stays, but slices got by dynptr_data end with the last copy, as the
// kernel has it.
func (m *Machine) destroyDynptr(frame int, lo, hi int64, hold uint32) {
	k := &m.S.Own(frame).Stack
	for i := max(state.CellOf(hi-1)-3, 0); i <= state.CellOf(lo)+3; i++ {
		v, found := k.Spilled(i)
		if !found || v.Kind != state.SlotDynptr || v.Hold != hold {
			continue
		}
		at := -state.CellSize * int64(i+1)
		whole := at
		if v.Flags&state.Second != 0 { // perhaps its lower half is not known
			whole -= dynptrSize / 2
		}
		if whole < hi && lo < whole+dynptrSize {
			k.Fill(at, at+dynptrSize/2, state.Misc)
		}
	}
	copies := false
	m.S.Visit(func(v *state.Value) bool {
		copies = copies || v.Kind == state.SlotDynptr && v.Hold == hold
		return false
	}, nil)
	if copies {
		return
	}
	m.S.Visit(func(v *state.Value) bool {
		return v.Kind == state.PtrMem && v.Hold == hold && v.Flags&(state.ReadOnly|state.Slice) == 0
	}, func(_ state.Place, v *state.Value) {
		*v = state.Unknown()
		v.Flags = state.Released
	})
}

// movedBy reports whether a write through the dynptr may move the packet.
func movedBy(d *state.Value) bool {
	return d.Kind == state.SlotDynptr && table.DynptrKind(d.Map) == table.DynptrSkb
}
