package transfer

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// A lock is a special part of a map value. While it is held a Reference of
// kind RefLock names the value: its map and its Ref, which values of maps with
// a lock keep when they are known not to be NULL.

// special finds the part of a map's value that is of a kind.
func special(d *frontend.Map, kind frontend.SpecialKind) *frontend.Special {
	i := slices.IndexFunc(d.Special, func(s frontend.Special) bool { return s.Kind == kind })
	if i < 0 {
		return nil
	}
	return &d.Special[i]
}

// distinct reports whether it matters which value of its map v is.
func (e *Env) distinct(v *state.Value) bool {
	return v.Kind == state.PtrMapValue && special(e.mapOf(v), frontend.SpecialSpinLock) != nil ||
		v.Kind == state.ConstMap && v.Flags&state.Inner != 0
}

// usable asserts that programs of this type may use a map at all: where
// programs interrupt others, locks and timers could wait for themselves.
func (m *Machine) usable(d *frontend.Map) *Fault {
	h := m.Env.Hook.Name
	for i := range d.Special {
		p := &d.Special[i]
		tracing := p.Kind != frontend.SpecialKptr && p.Kind != frontend.SpecialOther && slices.Contains(interrupting[:], h)
		if tracing || p.Kind == frontend.SpecialSpinLock && h == "socket_filter" {
			return m.fault(reason.BadLock, NoReg, "%s programs cannot use map %s, whose values hold a %s", h, d.Name, p.Name).
				need("use a map without it in %s programs", h)
		}
	}
	return nil
}

// interrupting are the hooks whose programs run in the middle of others.
var interrupting = [...]string{"kprobe", "tracepoint", "perf_event", "raw_tracepoint", "raw_tracepoint_writable"}

// untouchable asserts that an access of a map value meets no part that only
// helpers may touch.
func (m *Machine) untouchable(d *frontend.Map, a access, n *Access) *Fault {
	for i := range d.Special {
		s := &d.Special[i]
		if n.OffMin >= int64(s.Off+s.Size) || n.OffMax+a.size <= int64(s.Off) {
			continue
		}
		if s.Kind == frontend.SpecialKptr {
			return m.unsupported("access to kernel pointer of type %s at offset %d of a value of %s", s.Name, s.Off, d.Name)
		}
		f := m.fault(reason.SpecialField, a.reg, "%s the %s at offset %d of a value of %s", a.verb, s.Name, s.Off, d.Name)
		return f.need("leave it to its helpers: access the other fields only")
	}
	return nil
}

// argSpecial asserts that v is the address of the part of a kind in a value.
func (m *Machine) argSpecial(r bpf.Reg, v *state.Value, kind frontend.SpecialKind, name string) *Fault {
	switch {
	case v.Kind != state.PtrMapValue:
		return released(m.badArg(r, v, "the address of a "+name+" in a map value"), v)
	case v.Null:
		return m.notNull(r, v)
	}
	d := m.Env.mapOf(v)
	s := special(d, kind)
	if s == nil {
		f := m.fault(reason.BadArg, r, "values of map %s hold no %s", d.Name, name)
		return f.need("declare the map with its value type (BTF), and a %s in it", name)
	}
	lo, hi, ok := v.SpanOf()
	if !ok || lo != hi || lo != int64(s.Off) {
		f := m.fault(reason.BadArg, r, "%s is %s, the %s is at offset %d", r, Words(m.Env, v), name, s.Off)
		return f.need("pass its address")
	}
	return nil
}

func (m *Machine) argSpinLock(r bpf.Reg, v *state.Value) *Fault {
	return m.argSpecial(r, v, frontend.SpecialSpinLock, "bpf_spin_lock")
}

// sections opens and closes what the call opens and closes.
func (m *Machine) sections(h *table.Helper) *Fault {
	lock := m.argOf(table.ArgSpinLock)
	switch {
	case h.Opens == table.SectionLock:
		if r := m.open(state.RefLock); r != nil {
			return m.lockFault(r, "a second lock is taken while one is held").need("hold one lock at a time")
		}
		m.S.Acquire(state.Reference{Kind: state.RefLock, PC: int32(m.PC), Map: lock.Map, On: lock.Ref})
	case h.Closes == table.SectionLock:
		r := m.open(state.RefLock)
		if r == nil {
			return m.fault(reason.BadLock, NoReg, "no lock is held").need("call bpf_spin_lock first on every path")
		}
		if r.Map != lock.Map || r.On != lock.Ref {
			return m.lockFault(r, "the lock that is held is another one").need("unlock the value that was locked, through the pointer of the same lookup")
		}
		m.release(r.ID)
	case h.Opens != table.SectionNone:
		kind := sectionRefs[h.Opens]
		if r := m.open(kind); r != nil && h.Opens == table.SectionRCU {
			return m.fault(reason.BadLock, NoReg, "the RCU read lock is held already").need("do not nest it")
		}
		m.acquire(kind)
	case h.Closes != table.SectionNone:
		r := m.open(sectionRefs[h.Closes])
		if r == nil {
			return m.fault(reason.BadLock, NoReg, "%s ends nothing", calleeName(h)).need("call its counterpart first on every path")
		}
		m.release(r.ID)
	}
	return nil
}

// sectionRefs is indexed by section.
var sectionRefs = [table.NumSections]state.RefKind{
	table.SectionLock: state.RefLock, table.SectionRCU: state.RefRCU, table.SectionPreempt: state.RefPreempt,
}

// open is the latest reference of a kind, nil when there is none.
func (m *Machine) open(kind state.RefKind) *state.Reference {
	l := m.S.Refs()
	for i := len(l) - 1; i >= 0; i-- {
		if l[i].Kind == kind {
			return &l[i]
		}
	}
	return nil
}

// underLock reports whether a function may be called while a lock is held:
// those that only compute, and the one that unlocks.
func underLock(h *table.Helper) bool {
	return h.Closes == table.SectionLock || h.Opens == table.SectionLock || h.Iter == table.IterNum || h.Ret == table.RetArg1 || h.ID == 0 && h.Name == "memcmp"
}

// lockFault is a fault about a lock that is held.
func (m *Machine) lockFault(r *state.Reference, what string, args ...any) *Fault {
	f := m.fault(reason.BadLock, NoReg, what, args...)
	f.Since, f.SinceWhat = int(r.PC)+1, refBegins[r.Kind]
	return f
}
