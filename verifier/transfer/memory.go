package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// access is what an instruction or a helper wants to do with memory.
type access struct {
	reg    bpf.Reg // holds the address
	off    int64   // added to it
	size   int64   // bytes
	write  bool
	atomic bool
	helper bool   // by a function that is called
	verb   string // "reads", "writes"
}

// loads

func (m *Machine) load() *Fault {
	in := m.in
	p, f := m.use(in.Src)
	if f != nil {
		return f
	}
	a := access{reg: in.Src, off: int64(in.Off), size: int64(in.Width), verb: "reads"}
	if in.Op == bpf.OpLoadAcq {
		if f := m.placed(p, a); f != nil {
			return f
		}
	}
	v, f := m.read(p, a)
	if f != nil {
		return f
	}
	if in.Op == bpf.OpLoadsx {
		v = state.Number(value.SignExtend(number(&v), uint(in.Width), true))
	}
	return m.define(in.Dst, v)
}

// read checks a load and returns the value.
func (m *Machine) read(p *state.Value, a access) (state.Value, *Fault) {
	if f := m.check(p, a); f != nil {
		return state.Value{}, f
	}
	n := &m.Note.Access
	switch n.Region {
	case table.RegionStack:
		return m.readStack(n.Frame, n.OffMin, n.OffMax, int(a.size))
	case table.RegionCtx:
		return m.readField(p, a)
	case table.RegionConst:
		if data := m.Env.Maps[n.Map].Data; m.Env.Fold && n.OffMin == n.OffMax && n.OffMax+a.size <= int64(len(data)) {
			m.Note.Folded = true
			return state.Const(m.frozen(data[n.OffMin : n.OffMin+a.size])), nil
		}
	}
	return bytesOf(int(a.size)), nil
}

// frozen is the number that 1, 2, 4 or 8 bytes of read-only data hold.
func (m *Machine) frozen(b []byte) uint64 {
	switch order := m.Env.order(); len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	default:
		return order.Uint64(b)
	}
}

// readStack reads a value at lo, or at an unknown place in lo..hi.
func (m *Machine) readStack(frame int, lo, hi int64, size int) (state.Value, *Fault) {
	k := &m.S.Frame(frame).Stack
	span, f := m.readSpan(frame, lo, hi+int64(size))
	if f != nil {
		return state.Value{}, f
	}
	m.Note.Reads = append(m.Note.Reads, span)
	if lo != hi {
		return bytesOf(size), nil
	}
	if k.Splits(lo, size) {
		return state.Value{}, m.fault(reason.NotPointer, NoReg, "a part of a pointer on the stack is read").
			need("read all 8 bytes of the pointer")
	}
	v, invalid := k.Load(lo, size, m.Env.BigEndian)
	if invalid != 0 {
		return bytesOf(size), nil
	}
	return v, nil
}

// readSpan notes what of [lo, hi) was never written.
func (m *Machine) readSpan(frame int, lo, hi int64) (Span, *Fault) {
	span := Span{Frame: frame, Lo: lo, Hi: hi}
	from, to, any := m.S.Frame(frame).Stack.Invalid(lo, hi)
	if any {
		span.UninitLo, span.UninitHi = from, to
		if m.Env.Strict {
			return span, m.fault(reason.UninitStack, NoReg, "%d bytes of the stack at r10%d are read before they are written", to-from, from).
				need("initialise the variable, padding included")
		}
	}
	return span, nil
}

// stores

func (m *Machine) store() *Fault {
	in := m.in
	p, f := m.use(in.Dst)
	if f != nil {
		return f
	}
	v, f := m.operand()
	if f != nil {
		return f
	}
	a := access{reg: in.Dst, off: int64(in.Off), size: int64(in.Width), write: true, verb: "writes"}
	if in.Op == bpf.OpStoreRel {
		if f := m.placed(p, a); f != nil {
			return f
		}
	}
	if f := m.check(p, a); f != nil {
		return f
	}
	n := &m.Note.Access
	switch n.Region {
	case table.RegionStack:
		if in.Src != bpf.RegImm && in.Src != bpf.R10 {
			m.S.Class(in.Src) // a spill learns what its source does
			v = *m.S.Reg(in.Src)
		}
		return m.writeStack(n.Frame, n.OffMin, n.OffMax, int(a.size), &v)
	default:
		return m.leak(&v)
	}
}

// leak notes that a pointer goes to memory that others read.
func (m *Machine) leak(v *state.Value) *Fault {
	if v.IsPtr() {
		m.Note.PtrStore = true
		if m.Env.Strict {
			return m.fault(reason.PtrLeak, m.in.Src, "a pointer is stored where others can read it")
		}
	}
	return nil
}

func (m *Machine) writeStack(frame int, lo, hi int64, size int, v *state.Value) *Fault {
	if stackOf(v) > frame || v.Kind == state.PtrStack && frame < m.S.Depth() { // the latter as in Linux
		return m.fault(reason.StackEscapes, m.in.Src, "an address of the stack is stored in a caller's stack")
	}
	if v.IsPtr() && size != 8 && lo == hi {
		return m.fault(reason.NotPointer, m.in.Src, "a part of a pointer is stored on the stack").need("store all 8 bytes of it")
	}
	k := &m.S.Own(frame).Stack
	if lo == hi {
		k.Store(lo, size, v)
		m.Note.Write = Span{Frame: frame, Lo: lo, Hi: lo + int64(size)}
		return nil
	}
	k.Disturb(lo, hi+int64(size))
	return nil
}

// atomics

// placed asserts that an atomic's address is of the stack or of a map value
// and aligned.
func (m *Machine) placed(p *state.Value, a access) *Fault {
	if p.Kind != state.PtrStack && p.Kind != state.PtrMapValue && p.Kind != state.PtrMem {
		if p.Kind == state.Scalar {
			return nil // check says it better
		}
		return m.fault(reason.AtomicPlace, a.reg, "atomic operation on %s", Words(m.Env, p)).
			need("use atomics on map values and on the stack only")
	}
	low := uint64(a.size - 1)
	if uint64(p.Off+a.off)&low != 0 || (p.S.T.Value|p.S.T.Mask)&low != 0 {
		return m.fault(reason.AtomicPlace, a.reg, "atomic operation on an address that is not a multiple of %d", a.size).
			need("align the field to its size")
	}
	return nil
}

// atomic: read-modify-write of 4 or 8 bytes.
func (m *Machine) atomic() *Fault {
	in := m.in
	p, f := m.use(in.Dst)
	if f != nil {
		return f
	}
	v, f := m.use(in.Src)
	if f != nil {
		return f
	}
	a := access{reg: in.Dst, off: int64(in.Off), size: int64(in.Width), write: true, atomic: true, verb: "updates"}
	if f := m.placed(p, a); f != nil {
		return f
	}
	if in.Op == bpf.OpCmpxchg {
		if _, f := m.use(bpf.R0); f != nil {
			return f
		}
	}
	if f := m.check(p, a); f != nil {
		return f
	}
	old := bytesOf(int(a.size))
	if n := m.Note.Access; n.Region == table.RegionStack {
		if old, f = m.readStack(n.Frame, n.OffMin, n.OffMax, int(a.size)); f != nil {
			return f
		}
		m.Note.Reads[len(m.Note.Reads)-1].Exact = true
		k := &m.S.Own(n.Frame).Stack
		if n.OffMin == n.OffMax {
			k.Fill(n.OffMin, n.OffMin+a.size, state.Misc)
		} else {
			k.Disturb(n.OffMin, n.OffMax+a.size)
		}
	} else if f := m.leak(v); f != nil {
		return f
	}
	switch in.Op {
	case bpf.OpFetchAdd, bpf.OpFetchOr, bpf.OpFetchAnd, bpf.OpFetchXor, bpf.OpXchg:
		return m.define(in.Src, old)
	case bpf.OpCmpxchg:
		return m.define(bpf.R0, old)
	}
	return nil
}

// check asserts that an access is legal and notes it.
func (m *Machine) check(p *state.Value, a access) *Fault {
	if p.Null {
		f := m.fault(reason.MayBeNull, a.reg, "%s may be NULL", nullable(p))
		return f.does("%s %s at %s", a.verb, bytes(a.size), at(a.reg, a.off)).need("test it for NULL first")
	}
	rule := regions[p.Kind]
	if rule == nil {
		f := m.fault(reason.NotPointer, a.reg, "%s is no address: %s", a.reg, Words(m.Env, p))
		return released(f.does("%s %s at %s", a.verb, bytes(a.size), at(a.reg, a.off)), p)
	}
	lo, hi, ok := p.SpanOf()
	if !ok {
		f := m.fault(reason.PtrArith, a.reg, "offset of %s has no bounds", a.reg)
		return f.does("%s %s at %s", a.verb, bytes(a.size), at(a.reg, a.off)).need("bound the index before it is added to the pointer")
	}
	m.Note.Accessed = true
	m.Note.Access = Access{OffMin: lo + a.off, OffMax: hi + a.off, Size: int(a.size), Map: -1, Field: -1}
	switch p.Kind {
	case state.PtrCtx:
		m.Note.Access.Base = 1
	case state.PtrObj:
		m.Note.Access.Base = 1 + int(p.Map)
	}
	if f := rule(m, p, a, &m.Note.Access); f != nil {
		return f.does("%s %s at %s", a.verb, bytes(a.size), at(a.reg, a.off))
	}
	return nil
}

// regions is indexed by kind; nil are kinds that are no addresses of memory.
var regions = [state.NumKinds]func(m *Machine, p *state.Value, a access, n *Access) *Fault{
	state.Uninit:       nil,
	state.Scalar:       nil,
	state.PtrCtx:       (*Machine).inCtx,
	state.PtrStack:     (*Machine).inStack,
	state.PtrPacket:    (*Machine).inPacket,
	state.PtrMeta:      (*Machine).inPacket,
	state.PtrPacketEnd: nil,
	state.PtrMapValue:  (*Machine).inMap,
	state.ConstMap:     nil,
	state.PtrMem:       (*Machine).inMem,
	state.PtrObj:       (*Machine).inObject,
}

func (m *Machine) inStack(p *state.Value, a access, n *Access) *Fault {
	n.Region, n.Frame = table.RegionStack, int(p.Frame)
	if n.OffMin < -state.StackSize || n.OffMax+a.size > 0 || n.OffMax >= 0 {
		f := m.fault(reason.StackBounds, a.reg, "access outside the stack")
		return f.need("offset %s and size %d have to lie in -%d to 0", span(n.OffMin, n.OffMax), a.size, state.StackSize)
	}
	if low := uint64(a.size - 1); !a.helper && m.Env.Hook.Number != 0 && (uint64(p.Off+a.off)&low != 0 || (p.S.T.Value|p.S.T.Mask)&low != 0) {
		// Nothing here rests on it, but the kernel refuses such accesses in
		// its own types of programs.
		f := m.fault(reason.StackBounds, a.reg, "access to the stack at an offset that is not a multiple of %d", a.size)
		return f.need("align the variable to its size")
	}
	if a.write && !a.atomic && !a.helper {
		return m.overwrite(a.reg, n.Frame, n.OffMin, n.OffMax+a.size)
	}
	return m.untouched(a.reg, n.Frame, n.OffMin, n.OffMax+a.size, a.verb)
}

func (m *Machine) inPacket(p *state.Value, a access, n *Access) *Fault {
	n.Region = table.RegionPacket
	room := p.Room
	if p.ID == state.LenClass && p.S.R.Umax <= state.MaxLen {
		room = max(room, -int64(p.Delta)) // S is the length plus Delta
	}
	if n.OffMin < 0 {
		return m.fault(reason.PacketBounds, a.reg, "access may lie %d bytes before the start of %s", -n.OffMin, m.place(p)).
			need("test the offset for being negative first")
	}
	if p.Off+a.off+a.size > room {
		return m.outside(p, a, room)
	}
	if h := m.Env.Hook; a.write && !h.Memory && !h.PacketWrite {
		return m.fault(reason.ReadOnly, a.reg, "%s programs cannot write the packet", h.Name)
	}
	return nil
}

func (m *Machine) inMap(p *state.Value, a access, n *Access) *Fault {
	d := m.Env.mapOf(p)
	n.Region = table.RegionMap
	if p.Flags&state.Inner == 0 {
		n.Map = p.Map
	}
	if d.Frozen {
		n.Region = table.RegionConst
	}
	size := int64(d.ValueSize)
	row := table.MapTypeOf(d.Type)
	switch {
	case a.write && !d.Frozen && d.Flags&bpf.FlagRdonlyProg != 0:
		return m.fault(reason.ReadOnly, a.reg, "map %s cannot be written by programs", d.Name).need("define the map without BPF_F_RDONLY_PROG, or read only")
	case a.write && (readOnly(d) || row != nil && row.ReadOnly):
		return m.fault(reason.ReadOnly, a.reg, "%s is read-only", d.Name).need("use a variable that is not const")
	case (!a.write || a.atomic) && d.Flags&bpf.FlagWronlyProg != 0:
		return m.fault(reason.ReadOnly, a.reg, "map %s cannot be read by programs", d.Name).need("define the map without BPF_F_WRONLY_PROG, or write only")
	case n.OffMin < 0 || n.OffMax+a.size > size:
		f := m.fault(reason.MapBounds, a.reg, "access beyond a value of %s", d.Name)
		if n.OffMin != n.OffMax {
			return f.need("offset %s and size %d have to lie in 0 to %d: bound the index first", span(n.OffMin, n.OffMax), a.size, size)
		}
		return f.need("offset %d and size %d have to lie in 0 to %d", n.OffMin, a.size, size)
	}
	return m.untouchable(d, a, n)
}

// inMem: sized memory that a call gave or that a global function was passed.
func (m *Machine) inMem(p *state.Value, a access, n *Access) *Fault {
	n.Region = table.RegionMem
	switch {
	case a.write && p.Flags&state.ReadOnly != 0:
		return m.fault(reason.ReadOnly, a.reg, "%s is read-only", Words(m.Env, p)).need("copy it first")
	case n.OffMin < 0 || n.OffMax+a.size > int64(p.Size):
		f := m.fault(reason.MemBounds, a.reg, "access beyond the %s", memName(p))
		if n.OffMin != n.OffMax {
			return f.need("offset %s and size %d have to lie in 0 to %d: bound the index first", span(n.OffMin, n.OffMax), a.size, p.Size)
		}
		return f.need("offset %d and size %d have to lie in 0 to %d", n.OffMin, a.size, p.Size)
	}
	return m.throughSlice(p, a, n)
}
