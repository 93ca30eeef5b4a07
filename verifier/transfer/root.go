package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// RootKind says who calls a function that is verified on its own.
type RootKind uint8

// The kinds of roots.
const (
	// RootProgram is the program: function 0 with its context.
	RootProgram RootKind = iota
	// RootGlobal is a global function: whatever its BTF contract allows.
	RootGlobal
	// RootTimer is the callback of a timer of map Map.
	RootTimer
)

// Root is a function that is entered with no frame below it and in every state
// of its RootState. A step that relies on one says so in Note.Root; whoever
// confirms a program confirms all roots that its steps rely on.
type Root struct {
	Kind RootKind
	Func int   // index into Program.Funcs
	Map  int32 // RootTimer: the map whose value holds the timer
}

// RootState is the state in which a root is entered. The fault is that of a
// contract which cannot be verified.
func RootState(e *Env, r Root) (*state.State, *Fault) {
	switch r.Kind {
	case RootGlobal:
		return globalState(e, r.Func)
	case RootTimer:
		s := state.EntryOf(r.Func)
		s.Own(0).Async = true
		s.Set(bpf.R1, state.Value{Kind: state.ConstMap, Map: r.Map})
		s.Set(bpf.R2, mapKey(e, r.Map, 0))
		s.Set(bpf.R3, state.Value{Kind: state.PtrMapValue, Map: r.Map, Ref: s.NewID()})
		return s, nil
	}
	return state.Entry(e.Hook), nil
}

// rootOf is the root that the running path began in.
func (m *Machine) rootOf() RootKind {
	switch f := m.S.Frame(0); {
	case f.Async:
		return RootTimer
	case f.Func != 0:
		return RootGlobal
	}
	return RootProgram
}

// globalState has in r1 to r5 what the contract of function fn promises.
func globalState(e *Env, fn int) (*state.State, *Fault) {
	s := state.EntryOf(fn)
	proto := e.Funcs[fn].Proto
	for i := range proto.Params {
		v, f := e.param(s, fn, i)
		if f != nil {
			return nil, f
		}
		s.Set(bpf.R1+bpf.Reg(i), v)
	}
	return s, nil
}

// param is the value of a parameter of a global function in it.
func (e *Env) param(s *state.State, fn, i int) (state.Value, *Fault) {
	p := &e.Funcs[fn].Proto.Params[i]
	if i >= maxArgs {
		return state.Value{}, e.badParam(fn, "has more than %d arguments", maxArgs)
	}
	switch p.Kind {
	case frontend.ParamScalar:
		return state.Unknown(), nil
	case frontend.ParamCtx:
		if e.Hook.Memory {
			return state.Value{}, e.badParam(fn, "takes the context, which %s programs do not have", e.Hook.Name)
		}
		return state.Value{Kind: state.PtrCtx}, nil
	case frontend.ParamMem:
		if p.Size <= 0 || p.Size > maxStep {
			return state.Value{}, e.badParam(fn, "takes %d bytes of memory as %s", p.Size, p.Name)
		}
		return state.Value{Kind: state.PtrMem, Size: int32(p.Size), Null: p.Nullable, Ref: s.NewID()}, nil
	case frontend.ParamDynptr:
		return state.Value{Kind: state.PtrDynptr}, nil
	}
	return state.Value{}, e.badParam(fn, "has parameter %s, whose type its contract cannot express", p.Name)
}

// maxArgs is the number of arguments that registers can pass.
const maxArgs = 5

// mapKey is a key that the run time passes to a callback.
func mapKey(e *Env, m int32, flags state.Flags) state.Value {
	d := e.Maps[m]
	if flags&state.Inner != 0 {
		d = d.Inner
	}
	return state.Value{Kind: state.PtrMem, Size: int32(d.KeySize), Flags: state.ReadOnly}
}

// callbackIndex is the range of the index that bpf_loop passes.
func callbackIndex(turns value.Scalar) state.Value {
	most := uint64(MaxLoops)
	if n := turns.H.Umax; n < most {
		most = n
	}
	return state.Number(value.Between(0, most-1))
}

// MaxLoops bounds the turns of bpf_loop, numeric iterators and may_goto
// (BPF_MAX_LOOPS of the kernel).
const MaxLoops = 8 << 20
