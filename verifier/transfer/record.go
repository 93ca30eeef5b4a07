package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// argRecord: a reservation, where it begins.
func (m *Machine) argRecord(r bpf.Reg, v *state.Value) *Fault {
	switch {
	case v.Kind != state.PtrMem || v.Flags&state.Record == 0 || v.Hold == 0:
		return released(m.badArg(r, v, "the address of a ring buffer record"), v)
	case v.Null:
		return m.notNull(r, v)
	case !startOf(v):
		f := m.fault(reason.BadArg, r, "%s is not the start of the record: %s", r, Words(m.Env, v))
		return f.need("pass what bpf_ringbuf_reserve returned")
	}
	return nil
}

// retRecord is a reservation or 0.
func (m *Machine) retRecord() state.Value {
	hold := m.acquire(state.RefRecord)
	return state.Value{Kind: state.PtrMem, Null: true, Flags: state.Record, Size: m.constSize(), Ref: hold, Hold: hold}
}

// constSize is the number in the ArgConstSize of the call under way; of memory
// too large to be had nothing may be accessed.
func (m *Machine) constSize() int32 {
	k, _ := m.argOf(table.ArgConstSize).IsConst()
	if k > maxStep {
		return 0
	}
	return int32(k)
}

// memName says what sized memory is.
func memName(p *state.Value) string {
	switch {
	case p.Flags&state.Record != 0:
		return "ring buffer record"
	case p.Hold != 0 || p.Flags&state.Slice != 0:
		return "slice of a dynptr"
	}
	return "memory"
}
