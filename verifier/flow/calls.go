package flow

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// RowOf is the row of the helper or kernel function that an instruction calls,
// nil when it calls neither or there is no row.
func RowOf(env *transfer.Env, in *bpf.Instruction) *table.Helper {
	switch {
	case in.Op != bpf.OpCall:
	case in.Kind == bpf.KindHelper:
		return table.HelperFor(env.Platform, env.Hook, int32(in.Imm))
	case in.Kind == bpf.KindKfunc && in.Imm >= 0 && in.Imm < int64(len(env.Kfuncs)):
		return table.KfuncByName(env.Kfuncs[in.Imm])
	}
	return nil
}

// refers returns the function that an instruction at a slot calls or takes the
// address of, 1 + its index, and whether it is an address.
func refers(env *transfer.Env, pc int, in *bpf.Instruction) (fn int, address bool) {
	address = in.Op == bpf.OpLdImm && in.Kind == bpf.KindFunc
	if !address && (in.Op != bpf.OpCall || in.Kind != bpf.KindLocal) {
		return 0, false
	}
	if to := int64(pc) + 1 + in.Imm; to >= 0 && to < int64(len(env.FuncAt)) {
		fn = int(env.FuncAt[to])
	}
	return fn, address
}

// callGraph finds the depth of calls below each function.
type callGraph struct {
	env   *transfer.Env
	depth []int // by function: frames below and with it; 0 unknown, -1 open
}

// calls refuses functions that nothing calls, recursion, and calls that are
// nested too deep, whether or not a path takes them: later stages may walk
// the call graph. A function whose address is taken counts as called there;
// but one that takes the address of itself or of one that it is called by may
// do so, to start a timer again: if it is called, Step refuses that.
func (g *Graph) calls(env *transfer.Env) *transfer.Fault {
	c := callGraph{env, make([]int, len(env.Funcs))}
	if f := c.visit(0, -1); f != nil {
		return f
	}
	for i, d := range c.depth {
		if d == 0 {
			return fault(reason.Unreachable, env.Funcs[i].Start, "nothing calls function %s", env.Funcs[i].Name)
		}
	}
	g.Depth = c.depth
	return nil
}

// visit measures function i, called at slot from.
func (c *callGraph) visit(i, from int) *transfer.Fault {
	fn := &c.env.Funcs[i]
	if c.depth[i] < 0 {
		return fault(reason.Recursion, from, "%s calls itself", fn.Name)
	}
	if c.depth[i] > 0 {
		return nil
	}
	c.depth[i] = -1
	deepest := 0
	for pc := fn.Start; pc < fn.End; pc++ {
		to, address := refers(c.env, pc, &c.env.Insns[pc])
		if to--; to < 0 || address && c.depth[to] < 0 {
			continue
		}
		if f := c.visit(to, pc); f != nil {
			return f
		}
		if deepest = max(deepest, c.depth[to]); deepest >= state.MaxFrames && !address {
			return fault(reason.TooDeep, pc, "calls from %s are nested %d deep; at most %d functions may be active", fn.Name, deepest+1, state.MaxFrames)
		}
	}
	c.depth[i] = deepest + 1
	return nil
}
