package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// results is indexed by result kind: what r0 is behind a call. Note.Args has
// the arguments as they were. A test checks that no entry is nil.
var results = [table.NumRetKinds]func(m *Machine, h *table.Helper) *Fault{
	table.RetInt:              (*Machine).retInt,
	table.RetVoid:             func(m *Machine, _ *table.Helper) *Fault { return m.returns(state.Value{}) },
	table.RetErr:              func(m *Machine, _ *table.Helper) *Fault { return m.returns(state.Unknown()) },
	table.RetNeverOnSuccess:   (*Machine).retTailCall,
	table.RetMapValueOrNull:   (*Machine).retLookup,
	table.RetMapValue:         (*Machine).retMapValue,
	table.RetMemOrNull:        func(m *Machine, _ *table.Helper) *Fault { return m.returns(m.retRecord()) },
	table.RetDynptrData:       func(m *Machine, _ *table.Helper) *Fault { return m.returns(m.retSlice(false)) },
	table.RetDynptrSlice:      func(m *Machine, h *table.Helper) *Fault { return m.returns(m.retSlice(h.Writes == 0)) },
	table.RetIter:             retOther,
	table.RetArg1:             (*Machine).retArg1,
	table.RetSockOrNull:       (*Machine).retObject,
	table.RetTcpSockOrNull:    (*Machine).retObject,
	table.RetSockCommonOrNull: (*Machine).retObject,
	table.RetTask:             (*Machine).retObject,
	table.RetKernelSockOrNull: (*Machine).retObject,
	table.RetObject:           retOther,
}

// returns gives r0 a value.
func (m *Machine) returns(v state.Value) *Fault {
	m.S.Set(bpf.R0, v)
	return nil
}

func retOther(m *Machine, h *table.Helper) *Fault {
	return m.unsupported("result of %s", calleeName(h))
}

// retInt is any number, or one within the row's bounds.
func (m *Machine) retInt(h *table.Helper) *Fault {
	lo, hi := h.RetMin, h.RetMax
	if i := int(h.RetArg) - 1; i >= 0 {
		size := &m.Note.Args[i]
		if size.Kind != state.Scalar || size.S.R.Smax < 0 {
			lo, hi = 0, 0
		} else {
			hi = size.S.R.Smax
			m.Note.Exact |= bit(bpf.R1 + bpf.Reg(i))
		}
	}
	if lo == 0 && hi == 0 {
		return m.returns(state.Unknown())
	}
	return m.returns(state.Number(signed(lo, hi)))
}

// retArg1: the copying functions of string.h return where they copied to.
func (m *Machine) retArg1(_ *table.Helper) *Fault {
	return m.returns(m.Note.Args[0])
}

// retMapValue is the value of a map that has one for every program.
func (m *Machine) retMapValue(h *table.Helper) *Fault {
	if m.mapArg.Kind != state.ConstMap {
		return m.noMap(bpf.R1)
	}
	if flags := &m.Note.Args[1]; !isZero(flags) {
		f := m.fault(reason.BadArg, bpf.R2, "%s has no flags", m.callee()).need("pass 0")
		f.Value = *flags
		return f
	}
	m.Note.Exact |= bit(bpf.R2)
	return m.returns(state.Value{Kind: state.PtrMapValue, Map: m.mapArg.Map, Flags: m.mapArg.Flags & state.Inner, Ref: m.S.NewID()})
}

// retLookup is what MapType.Lookup says of the map, or 0. A value of an array
// below max_entries is always found: instances keep at least as many.
func (m *Machine) retLookup(h *table.Helper) *Fault {
	if m.mapArg.Kind != state.ConstMap {
		return m.noMap(bpf.R1)
	}
	d := m.Env.mapOf(&m.mapArg)
	lookup := table.LookupValue
	if row := table.MapTypeOf(d.Type); row != nil && isLookup(h) {
		lookup = row.Lookup
	}
	switch lookup {
	case table.LookupValue:
		v := state.Value{Kind: state.PtrMapValue, Null: true, Map: m.mapArg.Map, Flags: m.mapArg.Flags & state.Inner, Ref: m.S.NewID()}
		if m.found && isLookup(h) {
			v.Null = false
		}
		return m.returns(v)
	case table.LookupInner:
		if d.Inner == nil {
			return m.fault(reason.BadObject, bpf.R1, "map %s has no inner map definition", d.Name).
				need("define what the inner maps look like")
		}
		return m.returns(state.Value{Kind: state.ConstMap, Null: true, Map: m.mapArg.Map, Flags: state.Inner, Ref: m.S.NewID()})
	case table.LookupSock, table.LookupXdpSock:
		return m.returns(m.lookedUp(lookup))
	}
	return m.fault(reason.BadArg, bpf.R1, "programs cannot look elements up in map %s", d.Name).need("use a map of another type")
}

// isLookup: map_lookup_elem itself, not storage_get and the like.
func isLookup(h *table.Helper) bool {
	return h.Ret == table.RetMapValueOrNull && len(h.Args) == 2 && h.Args[1] == table.ArgKey
}

func (m *Machine) noMap(r bpf.Reg) *Fault {
	return m.fault(reason.BadArg, r, "%s needs a map", m.callee())
}

// retTailCall: the other program runs in place of this function, so that it
// returns to the caller, if there is one, with any result and with the packet
// moved; or there is no such program and it goes on here.
func (m *Machine) retTailCall(h *table.Helper) *Fault {
	if f := m.early(m.callee()); f != nil {
		return f
	}
	d := m.S.Depth()
	for i := range d + 1 {
		if fr := m.S.Frame(i); fr.Callback != 0 || fr.Async {
			return m.fault(reason.BadCallback, NoReg, "a callback calls another program").need("call it outside of the callback")
		}
	}
	if d > 0 {
		t := m.S.Clone()
		t.Set(bpf.R0, state.Unknown())
		m.Target = t.Pop()
		here := m.S
		m.S = t
		m.dropPacket()
		m.S, m.Taken = here, t
	}
	return m.returns(state.Value{})
}

// signed is the numbers lo to hi.
func signed(lo, hi int64) value.Scalar {
	s := value.Unknown()
	s.R.Smin, s.R.Smax = lo, hi
	value.W64.Reduce(&s)
	return s
}
