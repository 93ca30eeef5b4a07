package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// A helper that calls a function of the program is one instruction with two
// ways on: it is done (Next), or it runs the function once (Taken), which
// returns to the call. Frame.Busy of the caller says that a callback has
// returned, so that the arguments are those of a call under way.

// argFunc: a function that the helper may call.
func (m *Machine) argFunc(r bpf.Reg, v *state.Value) *Fault {
	if v.Kind != state.PtrFunc || v.Off != 0 {
		return m.badArg(r, v, "a function of the program")
	}
	m.Note.Exact |= bit(r)
	for i := range m.S.Depth() + 1 {
		if m.S.Frame(i).Func == int(v.Map) {
			return m.fault(reason.Recursion, r, "%s calls itself through bpf_%s", m.Env.Funcs[v.Map].Name, m.Note.Helper.Name)
		}
	}
	return nil
}

// argStackOrNull: the last argument of a callback.
func (m *Machine) argStackOrNull(r bpf.Reg, v *state.Value) *Fault {
	if isZero(v) || v.Kind == state.PtrStack {
		return nil
	}
	return m.badArg(r, v, "an address of the stack or NULL")
}

// runs calls the function in the helper's ArgFunc; the arguments are good.
func (m *Machine) runs(h *table.Helper) *Fault {
	row := table.CallbackOf(h.Callback)
	fn := int(m.argOf(table.ArgFunc).Map)
	if row.Async {
		m.Note.Root = &Root{Kind: RootTimer, Func: fn, Map: m.timerMap()}
		return m.result(h)
	}
	if m.S.Depth()+1 >= state.MaxFrames {
		return m.fault(reason.TooDeep, NoReg, "callback %s is nested %d deep", m.Env.Funcs[fn].Name, state.MaxFrames+1)
	}
	d := m.S.Depth()
	own := m.S.Own(d)
	if own.Busy == 0 {
		own.Busy, own.Turns = m.S.NewID(), 0
	}
	if m.again(h, own.Turns) {
		m.Taken, m.Target = m.S.Clone(), m.Env.Funcs[fn].Start
		m.Taken.PushCallback(fn, m.PC, uint8(h.Callback))
		for i, kind := range row.Args {
			v, f := m.callbackArg(kind)
			if f != nil {
				return f
			}
			m.Taken.Set(bpf.R1+bpf.Reg(i), v)
		}
	}
	own = m.S.Own(d)
	own.Busy, own.Turns = 0, 0
	return m.result(h)
}

// again reports whether the helper may run the function once more after turns
// times.
func (m *Machine) again(h *table.Helper, turns uint32) bool {
	switch {
	case !table.CallbackOf(h.Callback).Many:
		return turns == 0
	case h.Callback != table.CallbackLoop:
		return true
	}
	m.Note.Exact |= bit(bpf.R1)
	n := m.S.Reg(bpf.R1)
	return n.Kind != state.Scalar || uint64(turns) < n.S.H.Umax
}

// argOf is the argument of a kind in the call under way.
func (m *Machine) argOf(kind table.ArgKind) *state.Value {
	for i, k := range m.Note.Helper.Args {
		if k == kind {
			return &m.Note.Args[i]
		}
	}
	return &state.Value{}
}

// callbackArg is what a callback gets.
func (m *Machine) callbackArg(kind table.CallbackArg) (state.Value, *Fault) {
	mp := m.argOf(table.ArgMap)
	switch kind {
	case table.CallbackIndex:
		return callbackIndex(m.S.Reg(bpf.R1).S), nil
	case table.CallbackMap:
		return *mp, nil
	case table.CallbackKey:
		return mapKey(m.Env, mp.Map, mp.Flags), nil
	case table.CallbackValue:
		return state.Value{Kind: state.PtrMapValue, Map: mp.Map, Flags: mp.Flags, Ref: m.Taken.NewID()}, nil
	case table.CallbackDynptr:
		return state.Value{Kind: state.PtrDynptr, Flags: state.ReadOnly, Map: int32(table.DynptrLocal)}, nil
	case table.CallbackCtx:
		return *m.argOf(table.ArgStackOrNull), nil
	}
	return state.Value{}, m.unsupported("callback of bpf_%s", m.Note.Helper.Name)
}

// endCallback returns from a callback to the call of its helper.
func (m *Machine) endCallback(r0 *state.Value) *Fault {
	d := m.S.Depth()
	f := m.S.Frame(d)
	row := table.CallbackOf(table.CallbackKind(f.Callback))
	if f := m.result0(r0, uint64(row.RetMin), uint64(row.RetMax), "callback "+m.Env.Funcs[f.Func].Name); f != nil {
		return f
	}
	if f := m.leaves(m.S.Frame(d - 1).Busy); f != nil {
		return f
	}
	m.Next = m.S.PopCallback()
	return nil
}

// leaves asserts that no reference acquired after number id is held.
func (m *Machine) leaves(id uint32) *Fault {
	for _, r := range m.S.Refs() {
		if r.ID > id {
			return m.held(&r, "the callback ends")
		}
	}
	return nil
}

// calm asserts that no reference is held, or none of one kind.
func (m *Machine) calm(what string, only state.RefKind) *Fault {
	for _, r := range m.S.Refs() {
		if only == state.NumRefKinds || r.Kind == only {
			return m.held(&r, what)
		}
	}
	return nil
}

// timerMap is the map of the timer in the call under way.
func (m *Machine) timerMap() int32 { return m.argOf(table.ArgTimer).Map }
