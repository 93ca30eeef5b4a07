package check

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// names reports whether everything that a state of a certificate names is
// there: functions, maps, kinds of objects. Step takes it for granted.
func names(env *transfer.Env, s *state.State) bool {
	for d := range s.Depth() + 1 {
		f := s.Frame(d)
		if f.Func < 0 || f.Func >= len(env.Funcs) {
			return false
		}
		for r := range f.Regs[:bpf.R10] {
			if !exists(env, &f.Regs[r]) {
				return false
			}
		}
		for _, c := range f.Stack.Cells {
			if c != nil && c.Size != 0 && !exists(env, &c.Val) {
				return false
			}
		}
	}
	return true
}

// exists reports whether what Map stands for in a value exists.
func exists(env *transfer.Env, v *state.Value) bool {
	limit := 0
	switch v.Kind {
	case state.PtrMapValue, state.ConstMap:
		return v.Map >= 0 && int(v.Map) < len(env.Maps) && mapKind(env.Maps[v.Map], v)
	case state.PtrFunc:
		limit = len(env.Funcs)
	case state.PtrObj:
		limit = table.NumObjectKinds
	case state.SlotIter:
		limit = table.NumIterKinds
	default:
		return true
	}
	return v.Map >= 0 && int(v.Map) < limit
}

// mapKind: inner maps are those of maps that hold some.
func mapKind(d *frontend.Map, v *state.Value) bool {
	return v.Flags&state.Inner == 0 || d.Inner != nil
}
