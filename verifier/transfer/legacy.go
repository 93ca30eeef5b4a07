package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// packetLoad: ld_abs and ld_ind read the packet of the context in r6 at any
// offset; in a Memory hook r6 has the address of the memory. Beyond the packet
// the function ends with the result 0 (RFC 9669 §5.3; the kernel returns from a
// function of the program to its caller).
func (m *Machine) packetLoad() *Fault {
	in, h := m.in, m.Env.Hook
	if !h.LegacyLoads {
		return m.fault(reason.BadInsn, NoReg, "%s programs have no legacy packet loads", h.Name).
			need("use bpf_skb_load_bytes or direct packet access")
	}
	ctx, f := m.use(bpf.R6)
	if f != nil {
		return f
	}
	if what, ok := m.entryPointer(ctx); !ok {
		return m.fault(reason.BadArg, bpf.R6, "r6 is %s, %s wants %s in it", Words(m.Env, ctx), in.Op, what).
			need("keep %s in r6", what)
	}
	if in.Src != bpf.RegImm {
		if _, f := m.use(in.Src); f != nil {
			return f
		}
	}
	if f := m.ends("a packet load, which may end the program"); f != nil {
		return f
	}
	m.clobber()
	if f := m.early(in.Op.String()); f != nil {
		return f
	}
	if d := m.S.Depth(); d > 0 {
		if m.S.Frame(d).Callback != 0 {
			return m.fault(reason.BadCallback, NoReg, "legacy packet load in a callback").need("use bpf_skb_load_bytes")
		}
		t := m.S.Clone()
		t.Set(bpf.R0, state.Const(0))
		m.Target = t.Pop()
		m.Taken = t
	}
	m.S.Set(bpf.R0, bytesOf(int(in.Width)))
	return nil
}

// entryPointer reports whether v is what r1 was when the program began, and
// what that is.
func (m *Machine) entryPointer(v *state.Value) (string, bool) {
	if m.Env.Hook.Memory {
		lo, hi, ok := v.SpanOf()
		return "the start of the memory", v.Kind == state.PtrPacket && ok && lo == 0 && hi == 0
	}
	return "the context", v.Kind == state.PtrCtx && v.Off == 0 && !v.Null
}

// early asserts that the running function may end at an instruction with a
// number as its result.
func (m *Machine) early(what string) *Fault {
	i := m.S.Frame(m.S.Depth()).Func
	if fn := &m.Env.Funcs[i]; i != 0 && fn.Proto != nil && fn.Proto.Ret != frontend.RetScalar {
		return m.fault(reason.BadInsn, NoReg, "%s in function %s, which returns no number", what, fn.Name).need("make %s return int", fn.Name)
	}
	return nil
}
