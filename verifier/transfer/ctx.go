package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// inCtx: a whole field, or a part of one that its row allows, at a constant
// offset from the context as the program got it.
func (m *Machine) inCtx(p *state.Value, a access, n *Access) *Fault {
	h := m.Env.Hook
	n.Region = table.RegionCtx
	if n.OffMin != n.OffMax {
		return m.fault(reason.CtxAccess, a.reg, "context access at a variable offset").need("use constant offsets only")
	}
	if p.Off != 0 || p.S != value.Const(0) {
		return m.fault(reason.CtxAccess, a.reg, "context access through a changed pointer").
			need("access fields through the context as the program got it")
	}
	n.Field = -1
	if n.OffMin >= 0 && a.size <= 8 {
		off, size := int(n.OffMin), int(a.size)
		n.Field = h.Field(off, size)
		if a.write {
			readable := n.Field
			if n.Field = h.Store(off, size); n.Field < 0 && readable >= 0 || n.Field >= 0 && h.Fields[n.Field].Kind != table.FieldScalar {
				return m.fault(reason.CtxAccess, a.reg, "field %s of the %s context is read-only", h.Fields[max(readable, n.Field)].Name, h.Name).
					need("keep the value in a variable")
			}
		}
	}
	if n.Field < 0 {
		return m.fault(reason.CtxAccess, a.reg, "the %s context has no field of %d bytes at offset %d", h.Name, a.size, n.OffMin).
			need("access whole fields of the context")
	}
	return nil
}

// readField is the value of the context field that was accessed.
func (m *Machine) readField(p *state.Value, a access) (state.Value, *Fault) {
	field := &m.Env.Hook.Fields[m.Note.Access.Field]
	if field.Kind == table.FieldScalar {
		return bytesOf(int(a.size)), nil
	}
	if m.in.Op != bpf.OpLoad || int(a.size) != field.Size || m.Note.Access.OffMin != int64(field.Off) {
		return state.Value{}, m.fault(reason.CtxAccess, a.reg, "field %s of the context is a pointer and is read whole", field.Name)
	}
	switch field.Kind {
	case table.FieldData:
		return state.Value{Kind: state.PtrPacket}, nil
	case table.FieldDataEnd:
		return state.Value{Kind: state.PtrPacketEnd}, nil
	case table.FieldDataMeta:
		return state.Value{Kind: state.PtrMeta}, nil
	}
	if obj, null := field.Kind.Object(); obj != table.ObjNone {
		v := state.Value{Kind: state.PtrObj, Map: int32(obj), Null: null, Flags: state.Trusted}
		if null {
			v.Ref = m.S.NewID()
		}
		return v, nil
	}
	return state.Value{}, m.unsupported("field %s of the %s context", field.Name, m.Env.Hook.Name)
}
