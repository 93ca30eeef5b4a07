package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// call dispatches by what is called.
func (m *Machine) call() *Fault {
	in := m.in
	switch {
	case in.Op == bpf.OpCallx:
		return m.callx()
	case in.Kind == bpf.KindHelper:
		return m.helper(in.Imm)
	case in.Kind == bpf.KindLocal:
		return m.local()
	case in.Kind == bpf.KindKfunc:
		return m.kfunc()
	}
	return m.unsupported("call of a %s", in.Kind)
}

// helper calls a helper function of a number by its row.
func (m *Machine) helper(id int64) *Fault {
	h := table.HelperFor(m.Env.Platform, m.Env.Hook, int32(id))
	switch {
	case id == frontend.PoisonCall:
		return m.fault(reason.BadHelper, NoReg, "the path leads to what was found to be missing when the object was loaded").
			does("uses a field, type or weak function that the target does not have").
			need("test for it with bpf_core_field_exists, bpf_core_type_exists or bpf_ksym_exists first")
	case h == nil:
		return m.fault(reason.BadHelper, NoReg, "helper %d does not exist", id).
			does("calls helper %d", id).need("call a helper of bpf_helper_defs.h")
	}
	if f := m.offered(h); f != nil {
		return f
	}
	return m.invoke(h)
}

// kfunc calls a function outside of the program by its row.
func (m *Machine) kfunc() *Fault {
	h := m.Env.kfunc(m.in)
	if h == nil {
		name := "?"
		if i := m.in.Imm; i >= 0 && i < int64(len(m.Env.Kfuncs)) {
			name = m.Env.Kfuncs[i]
		}
		return m.unsupported("function %s", name)
	}
	if f := m.offered(h); f != nil {
		return f
	}
	return m.invoke(h)
}

// offered asserts that the program may call a function at all.
func (m *Machine) offered(h *table.Helper) *Fault {
	e, name := m.Env, calleeName(h)
	switch {
	case !h.Offered(e.Hook):
		return m.fault(reason.BadHelper, NoReg, "%s programs cannot call %s", e.Hook.Name, name).
			does("calls %s", name).need("use a helper that %s programs have", e.Hook.Name)
	case h.GPL && !e.GPL && !e.Hook.Memory: // no kernel has types of memory
		return m.fault(reason.BadHelper, NoReg, "%s is for programs with a GPL-compatible license", name).
			does("calls %s", name).need(`declare char _license[] SEC("license") = "GPL" or a compatible one`)
	case h.Sleepable && !e.Sleepable:
		return m.fault(reason.BadHelper, NoReg, "%s may sleep, %s programs may not", name, e.Hook.Name).
			does("calls %s", name).need("use a section that sleeps, such as uprobe.s")
	case h.Status < table.Verified:
		return m.unsupported("function %s", name)
	}
	return nil
}

// calleeName is the name of a helper or of another function in C.
func calleeName(h *table.Helper) string {
	if h.ID == 0 {
		return h.Name
	}
	return "bpf_" + h.Name
}

// callee names what is being called.
func (m *Machine) callee() string {
	if m.Note.Helper == nil {
		return "the function"
	}
	return calleeName(m.Note.Helper)
}

// invoke checks the arguments of a call by the row of what is called.
func (m *Machine) invoke(h *table.Helper) *Fault {
	n := &m.Note
	n.Helper, m.mapArg = h, state.Value{}
	for i, kind := range h.Args {
		n.Args[i] = *m.S.Reg(bpf.R1 + bpf.Reg(i))
		if kind == table.ArgMap && n.Args[i].Kind == state.ConstMap {
			m.mapArg = n.Args[i]
			if m.mapArg.Flags&state.Inner == 0 {
				n.Map = m.mapArg.Map
			} else {
				n.Outer = m.mapArg.Map + 1
			}
		}
	}
	if f := m.mayCall(h); f != nil {
		return f
	}
	for i, kind := range h.Args {
		if f := m.arg(bpf.R1+bpf.Reg(i), kind); f != nil {
			if f.Does == "" || f.Reg == bpf.R1+bpf.Reg(i) {
				f = f.does("argument %d of %s", i+1, calleeName(h))
			}
			return f
		}
	}
	if f := m.effects(h); f != nil {
		return f
	}
	switch {
	case h.Callback != table.CallbackNone:
		return m.runs(h)
	case h.Iter != table.IterNone:
		return m.iterate(h)
	}
	return m.result(h)
}

// clobber forgets r1 to r5.
func (m *Machine) clobber() {
	for r := bpf.R1; r <= bpf.R5; r++ {
		m.S.Set(r, state.Value{})
	}
}

// result clobbers r1 to r5 and sets r0.
func (m *Machine) result(h *table.Helper) *Fault {
	m.clobber()
	if h.InvalidatesPacket && m.Env.Hook.Memory {
		return m.unsupported("%s on memory", calleeName(h)) // its length is known as a class
	}
	if h.InvalidatesPacket && h.Ret != table.RetNeverOnSuccess {
		m.dropPacket()
	}
	return results[h.Ret](m, h)
}

// dropPacket forgets the pointers into the packet in every frame, and what was
// proven of its length.
func (m *Machine) dropPacket() {
	m.S.Visit(func(v *state.Value) bool {
		return v.Kind == state.PtrPacket || v.Kind == state.PtrMeta || v.Kind == state.PtrPacketEnd || v.Room > 0 ||
			v.Kind == state.PtrMem && v.Flags&state.Slice != 0
	}, func(_ state.Place, v *state.Value) {
		if v.IsPtr() {
			*v = state.Unknown()
		}
		v.Room = 0
	})
}
