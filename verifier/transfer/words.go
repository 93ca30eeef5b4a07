package transfer

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// Words describes a value for a reader.
func Words(e *Env, v *state.Value) string {
	switch v.Kind {
	case state.Uninit:
		return "not written"
	case state.Scalar:
		if v.Flags&state.Released != 0 {
			return "an address that was given back"
		}
		return scalarWords(&v.S)
	case state.PtrCtx:
		return "context" + offset(v)
	case state.PtrStack:
		return "stack address r10" + offset(v)
	case state.PtrPacket:
		if e.Hook.Memory {
			return "data" + offset(v) + proved(v)
		}
		return "packet data" + offset(v) + proved(v)
	case state.PtrMeta:
		return "packet metadata" + offset(v) + proved(v)
	case state.PtrPacketEnd:
		return "data_end"
	}
	s := pointerWords(e, v)
	if v.Null {
		s += " or NULL"
	}
	return s
}

// pointerWords describes an address of what a call or a map gave.
func pointerWords(e *Env, v *state.Value) string {
	switch v.Kind {
	case state.ConstMap:
		if v.Flags&state.Inner != 0 {
			return "inner map of " + e.Maps[v.Map].Name
		}
		return "map " + e.Maps[v.Map].Name
	case state.PtrMem:
		return fmt.Sprintf("%s (%d bytes)%s", memName(v), v.Size, offset(v))
	case state.PtrFunc:
		return "function " + e.Funcs[v.Map].Name + offset(v)
	case state.PtrObj:
		return "struct " + table.ObjectOf(table.ObjectKind(v.Map)).Name + offset(v)
	case state.PtrMapValue:
		d := e.mapOf(v)
		if d.Data != nil {
			return d.Name + offset(v)
		}
		return fmt.Sprintf("value of %s (%d bytes)%s", d.Name, d.ValueSize, offset(v))
	}
	return kindWords[v.Kind]
}

var kindWords = [state.NumKinds]string{
	state.PtrDynptr: "dynptr", state.SlotDynptr: "dynptr", state.SlotIter: "iterator",
}

// nullable names what may be NULL.
func nullable(v *state.Value) string {
	switch v.Kind {
	case state.PtrMapValue:
		return "value from map lookup"
	case state.ConstMap:
		return "inner map from map lookup"
	case state.PtrMem:
		return memName(v)
	case state.PtrObj:
		return "struct " + table.ObjectOf(table.ObjectKind(v.Map)).Name
	}
	return "pointer"
}

func proved(v *state.Value) string {
	if n := v.Room - v.Off; n > 0 {
		return fmt.Sprintf(" (%d bytes proven)", n)
	}
	return ""
}

func scalarWords(s *value.Scalar) string {
	r := s.R
	switch {
	case s.IsAny():
		return "any number"
	case r.Umin == r.Umax:
		return number10(r.Umin)
	case r.Smin < 0 && r.Smin > -1<<40:
		return fmt.Sprintf("a number from %d to %d", r.Smin, r.Smax)
	case r.Smin < 0:
		return "a number without lower bound"
	case r.Umax == 1<<63-1:
		return fmt.Sprintf("a number of at least %d", r.Umin)
	}
	return fmt.Sprintf("a number from %s to %s", number10(r.Umin), number10(r.Umax))
}

func number10(v uint64) string {
	if int64(v) < 0 && int64(v) > -1<<32 {
		return fmt.Sprint(int64(v))
	}
	if v > 1<<32 {
		return fmt.Sprintf("%#x", v)
	}
	return fmt.Sprint(v)
}

// offset is " + 4", " - 8", " + 0 to 12" or nothing.
func offset(v *state.Value) string {
	lo, hi, ok := v.SpanOf()
	switch {
	case !ok:
		return " + any number"
	case lo == 0 && hi == 0:
		return ""
	case lo == hi && lo < 0:
		return fmt.Sprintf(" - %d", -lo)
	case v.ID == state.LenClass:
		return " + length" + plus(int64(v.Delta)+v.Off)
	}
	return " + " + span(lo, hi)
}

func span(lo, hi int64) string {
	if lo == hi {
		return fmt.Sprint(lo)
	}
	return fmt.Sprintf("%d to %d", lo, hi)
}

// at is the address of an access as disassemblers print it.
func at(r bpf.Reg, off int64) string { return r.String() + plus(off) }

func plus(n int64) string {
	switch {
	case n > 0:
		return fmt.Sprintf(" + %d", n)
	case n < 0:
		return fmt.Sprintf(" - %d", -n)
	}
	return ""
}

// place names the region of a packet pointer.
func (m *Machine) place(p *state.Value) string {
	switch {
	case m.Env.Hook.Memory:
		return "the memory"
	case p.Kind == state.PtrMeta:
		return "the metadata"
	}
	return "the packet"
}

// outside is the fault of a packet access beyond what was compared.
func (m *Machine) outside(p *state.Value, a access, room int64) *Fault {
	base, end := "data", "data_end"
	switch {
	case m.Env.Hook.Memory:
		end = "len"
	case p.Kind == state.PtrMeta:
		base, end = "data_meta", "data"
	}
	f := m.fault(reason.PacketBounds, a.reg, "access to %s beyond what was compared with %s", m.place(p), end)
	want := p.Off + a.off + a.size
	if _, isConst := p.S.IsConst(); !isConst {
		return f.need("needs %s behind the variable offset, %d are proven: compare the end of the access with %s first",
			bytes(want), room, end)
	}
	f = f.need("needs %s after %s, %d are proven: compare %s + %d with %s first", bytes(want), base, room, base, want, end)
	f.Check = fmt.Sprintf("%s + %d > %s", base, want, end)
	if m.Env.Hook.Memory {
		f = f.need("needs %s of memory, %d are proven: compare len with %d first", bytes(want), room, want)
		f.Check = fmt.Sprintf("len < %d", want)
	}
	return f
}

// bytes is "1 byte", "8 bytes".
func bytes(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}
