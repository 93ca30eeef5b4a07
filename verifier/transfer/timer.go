package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// argTimer: the timer of a map value.
func (m *Machine) argTimer(r bpf.Reg, v *state.Value) *Fault {
	if f := m.argSpecial(r, v, frontend.SpecialTimer, "bpf_timer"); f != nil {
		return f
	}
	if v.Flags&state.Inner != 0 {
		return m.unsupported("timer in a value of an inner map")
	}
	if mp := m.argOf(table.ArgMap); mp.Kind == state.ConstMap && (mp.Map != v.Map || mp.Flags != v.Flags) {
		f := m.fault(reason.BadArg, r, "the timer is in a value of map %s, the map passed is %s", m.Env.mapOf(v).Name, m.Env.mapOf(mp).Name)
		return f.need("pass the map that the value is of")
	}
	return nil
}

// argKptr: a kernel pointer in a map value.
func (m *Machine) argKptr(r bpf.Reg, v *state.Value) *Fault {
	if v.Kind == state.PtrMapValue && !v.Null {
		if s := special(m.Env.mapOf(v), frontend.SpecialKptr); s != nil {
			return m.unsupported("kernel pointer of type %s in a map value", s.Name)
		}
	}
	return m.unsupported("kernel pointer in a map value")
}
