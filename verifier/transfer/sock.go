package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// A PtrObj leads to an object of the host: a socket, a task. Map is its
// table.ObjectKind. Programs read its fields by the rows of that table, pass it
// to helpers, and do not compute with it.

// inObject: a field of an object.
func (m *Machine) inObject(p *state.Value, a access, n *Access) *Fault {
	row := table.ObjectOf(table.ObjectKind(p.Map))
	n.Region = table.RegionMem
	switch {
	case len(row.Fields) == 0:
		return m.unsupported("access to fields of a %s", row.Name)
	case n.OffMin != n.OffMax:
		return m.fault(reason.ObjectAccess, a.reg, "access to a %s at a variable offset", row.Name).need("use constant offsets only")
	case a.size > 8 || n.OffMin < 0 || row.Field(int(n.OffMin), int(a.size)) < 0:
		return m.fault(reason.ObjectAccess, a.reg, "a %s has no field of %d bytes at offset %d", row.Name, a.size, n.OffMin).
			need("read whole fields")
	case a.write && row.Store(int(n.OffMin), int(a.size)) < 0:
		return m.fault(reason.ObjectAccess, a.reg, "a %s is read-only", row.Name).need("keep the value in a variable")
	}
	return nil
}

// sockKinds and fullKinds are the objects that helpers take as sockets.
var (
	sockKinds = [table.NumObjectKinds]bool{table.ObjSockCommon: true, table.ObjSock: true, table.ObjTcpSock: true, table.ObjXdpSock: true, table.ObjKernelSock: true}
	fullKinds = [table.NumObjectKinds]bool{table.ObjSock: true, table.ObjTcpSock: true, table.ObjKernelSock: true}
	taskKinds = [table.NumObjectKinds]bool{table.ObjTask: true}
)

// argObject asserts that v is an object of one of the kinds, where it begins.
func (m *Machine) argObject(r bpf.Reg, v *state.Value, kinds *[table.NumObjectKinds]bool, want string) *Fault {
	switch {
	case v.Kind != state.PtrObj || !kinds[v.Map]:
		return released(m.badArg(r, v, want), v)
	case v.Null:
		return m.notNull(r, v)
	case !startOf(v):
		return m.badArg(r, v, want)
	}
	if h := m.Note.Helper; h.Releases != 0 && int(h.Releases) == int(r-bpf.R1)+1 && m.S.Ref(v.Hold) == nil {
		f := m.fault(reason.NotOwned, r, "%s was not acquired by the program, or was given back", r)
		return f.need("release only what bpf_sk_lookup_tcp and the like returned, once")
	}
	return nil
}

func (m *Machine) argSock(r bpf.Reg, v *state.Value) *Fault {
	return m.argObject(r, v, &sockKinds, "a socket")
}

func (m *Machine) argSockOrNull(r bpf.Reg, v *state.Value) *Fault {
	if isZero(v) {
		m.Note.Exact |= bit(r)
		return nil
	}
	if v.Kind == state.PtrObj && v.Null {
		w := *v
		w.Null = false
		return m.argSock(r, &w)
	}
	return m.argSock(r, v)
}

func (m *Machine) argSockFull(r bpf.Reg, v *state.Value) *Fault {
	return m.argObject(r, v, &fullKinds, "a full socket")
}

func (m *Machine) argTask(r bpf.Reg, v *state.Value) *Fault {
	return m.argObject(r, v, &taskKinds, "a task")
}

func (m *Machine) argTaskOrNull(r bpf.Reg, v *state.Value) *Fault {
	if isZero(v) {
		m.Note.Exact |= bit(r)
		return nil
	}
	return m.argTask(r, v)
}

// retObject is an object, or 0. One that is a view of the socket in an argument
// lives as long as that.
func (m *Machine) retObject(h *table.Helper) *Fault {
	kind, null := h.Ret.Object()
	v := state.Value{Kind: state.PtrObj, Map: int32(kind), Null: null}
	switch {
	case h.Acquires:
		v.Hold = m.acquire(state.RefObj)
		v.Ref = v.Hold
	case null:
		v.Ref = m.S.NewID()
		v.Flags = state.Trusted
		if a := m.argOf(table.ArgSock); h.Casts && a.Kind == state.PtrObj {
			v.Hold, v.Flags = a.Hold, a.Flags
		}
	default:
		v.Flags = state.Trusted
	}
	m.S.Set(bpf.R0, v)
	return nil
}

// lookedUp is what a lookup in a map of sockets gives.
func (m *Machine) lookedUp(l table.Lookup) state.Value {
	v := state.Value{Kind: state.PtrObj, Null: true, Map: int32(table.ObjXdpSock), Flags: state.Trusted}
	if l == table.LookupSock {
		v.Map, v.Flags = int32(table.ObjSock), 0
		v.Hold = m.acquire(state.RefObj)
		v.Ref = v.Hold
		return v
	}
	v.Ref = m.S.NewID()
	return v
}
