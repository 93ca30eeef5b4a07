package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// memKind says what a call does with a memory argument.
type memKind struct{ is, null, read, write bool }

// memKinds is indexed by argument kind; sized memory has an entry.
var memKinds = [table.NumArgKinds]memKind{
	table.ArgMem:          {is: true, read: true},
	table.ArgMemOrNull:    {is: true, null: true, read: true},
	table.ArgMemOut:       {is: true, write: true},
	table.ArgMemOutOrNull: {is: true, null: true, write: true},
	table.ArgMemInOut:     {is: true, read: true, write: true},
}

func isSize(k table.ArgKind) bool { return k == table.ArgSize || k == table.ArgSizeOrZero }

// argSize checks a size and the memory that it belongs to: every memory
// argument between it and the size before it.
func (m *Machine) argSize(r bpf.Reg, v *state.Value, least int64) *Fault {
	const most = 1 << 29
	m.Note.Exact |= bit(r)
	if v.Kind != state.Scalar {
		return m.badArg(r, v, "a size")
	}
	if v.S.R.Smin < least || v.S.R.Umax > most {
		f := m.fault(reason.BadSize, r, "size of %s is %s", m.callee(), Words(m.Env, v))
		return f.need("test the size for being at least %d and at most the size of the buffer", least)
	}
	first := r
	for first > bpf.R1 && !isSize(m.Note.Helper.Args[first-1-bpf.R1]) {
		first--
	}
	size := v.S
	for _, writes := range [...]bool{false, true} { // all reads come first
		for mem := first; mem < r; mem++ {
			k := memKinds[m.Note.Helper.Args[mem-bpf.R1]]
			if !k.is || writes && !k.write || !writes && !k.read {
				continue
			}
			if f := m.sized(mem, k, size.R.Umax, writes); f != nil {
				return f
			}
		}
	}
	m.copies(&size)
	return nil
}

// sized checks n bytes at register r.
func (m *Machine) sized(r bpf.Reg, k memKind, n uint64, write bool) *Fault {
	p := m.S.Reg(r)
	if p.Kind == state.Uninit {
		return m.uninit(r)
	}
	if n == 0 && k.null && isZero(p) {
		return nil
	}
	return m.memory(r, p, int64(n), write)
}

// argFixed checks memory of the size that the row says.
func (m *Machine) argFixed(r bpf.Reg, p *state.Value, read, write bool) *Fault {
	n := int64(m.Note.Helper.Sizes[r-bpf.R1])
	if n == 0 {
		return m.unsupported("argument %s of %s", r, m.callee())
	}
	if write && n&(n-1) == 0 && (uint64(p.Off)|p.S.T.Value|p.S.T.Mask)&uint64(n-1) != 0 {
		return m.fault(reason.BadArg, r, "%s writes to an address that is not a multiple of %d", m.callee(), n).
			need("pass the address of a variable of %d bytes", n)
	}
	if read {
		if f := m.memory(r, p, n, false); f != nil {
			return f
		}
	}
	if write {
		return m.memory(r, m.S.Reg(r), n, true)
	}
	return nil
}

// argConstSize: the size of the memory that the call returns, one number.
func (m *Machine) argConstSize(r bpf.Reg, v *state.Value) *Fault {
	m.Note.Exact |= bit(r)
	_, ok := v.IsConst()
	switch {
	case v.Kind != state.Scalar:
		return m.badArg(r, v, "a size")
	case !ok:
		return m.fault(reason.BadSize, r, "size of %s is %s", m.callee(), Words(m.Env, v)).
			need("pass a constant size: the program is verified for memory of one size")
	}
	return nil
}

// memory checks n bytes at p that a call reads or writes. What it reads is
// initialised or noted; what it writes is any number afterwards.
func (m *Machine) memory(r bpf.Reg, p *state.Value, n int64, write bool) *Fault {
	verb := "reads"
	if write {
		verb = "writes"
	}
	if regions[p.Kind] == nil || p.Kind == state.PtrCtx || p.Kind == state.PtrObj {
		return m.badArg(r, p, "the address of memory")
	}
	if f := m.packetArg(r, p, write); f != nil {
		return f
	}
	if f := m.check(p, access{reg: r, size: n, write: write, helper: true, verb: verb}); f != nil {
		return f
	}
	a := m.Note.Access
	m.Note.Accessed = false
	if a.Region != table.RegionStack || n == 0 {
		return nil
	}
	if write {
		m.writeMemory(r, &a, n)
		return nil
	}
	span, f := m.readSpan(a.Frame, a.OffMin, a.OffMax+n)
	if f != nil {
		return f
	}
	m.Note.Reads = append(m.Note.Reads, span)
	return nil
}

// writeMemory: n bytes of the stack at a may be overwritten, or surely are.
func (m *Machine) writeMemory(r bpf.Reg, a *Access, n int64) {
	lo, hi := a.OffMin, a.OffMax+n
	k := &m.S.Own(a.Frame).Stack
	if a.OffMin != a.OffMax || !m.fixedSize(r) {
		k.Disturb(lo, hi)
		m.Note.Reads = append(m.Note.Reads, Span{Frame: a.Frame, Lo: lo, Hi: hi})
		return
	}
	k.Fill(lo, hi, state.Misc)
	if w := &m.Note.Write; w.Lo == w.Hi {
		*w = Span{Frame: a.Frame, Lo: lo, Hi: hi}
	} else {
		m.Note.Reads = append(m.Note.Reads, Span{Frame: a.Frame, Lo: lo, Hi: hi})
	}
}

// packetArg asserts that a call may get an address in the packet.
func (m *Machine) packetArg(r bpf.Reg, p *state.Value, write bool) *Fault {
	if p.Kind != state.PtrPacket && p.Kind != state.PtrMeta || m.Env.Hook.Memory {
		return nil
	}
	h := m.Note.Helper
	switch {
	case h != nil && !h.Pkt, !m.Env.Hook.HelperPacket:
		return m.fault(reason.BadArg, r, "%s is in the packet, which %s does not take", r, m.callee()).
			need("copy the bytes to the stack first")
	case write && !m.Env.Hook.PacketWrite:
		return m.fault(reason.ReadOnly, r, "%s programs cannot write the packet", m.Env.Hook.Name)
	}
	return nil
}

// fixedSize reports whether the size of the memory in r is one number: only
// then is all of it surely written.
func (m *Machine) fixedSize(r bpf.Reg) bool {
	if m.Note.Helper == nil {
		return true
	}
	a := m.Note.Helper.Args
	if i := int(r - bpf.R1); i >= len(a) || !memKinds[a[i]].is {
		return true
	}
	for i := int(r-bpf.R1) + 1; i < len(a); i++ {
		if isSize(a[i]) {
			_, ok := m.Note.Args[i].IsConst()
			return ok
		}
	}
	return true
}

// copies gives stack bytes that a function of string.h has written what is
// known of them: the zeroes of memset. Copies are any bytes.
func (m *Machine) copies(size *value.Scalar) {
	h := m.Note.Helper
	n, isConst := size.IsConst()
	to := &m.Note.Args[0]
	if h.Ret != table.RetArg1 || !isConst || n == 0 || to.Kind != state.PtrStack {
		return
	}
	lo, hi, ok := to.SpanOf()
	if !ok || lo != hi {
		return
	}
	if h.Args[1] == table.ArgAny {
		if c, isConst := m.Note.Args[1].IsConst(); isConst && c&0xff == 0 {
			m.Note.Exact |= bit(bpf.R2)
			m.S.Own(int(to.Frame)).Stack.Fill(lo, lo+int64(n), state.Zero)
		}
	}
}
