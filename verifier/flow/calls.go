package flow

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// callGraph finds the depth of calls below each function.
type callGraph struct {
	env   *transfer.Env
	depth []int // by function: frames below and with it; 0 unknown, -1 open
}

// calls refuses functions that nothing calls, recursion, and calls that are
// nested too deep, whether or not a path takes them: later stages may walk
// the call graph.
func calls(env *transfer.Env) *transfer.Fault {
	c := callGraph{env, make([]int, len(env.Funcs))}
	if f := c.visit(0, -1); f != nil {
		return f
	}
	for i, d := range c.depth {
		if d == 0 {
			return fault(reason.Unreachable, env.Funcs[i].Start, "nothing calls function %s", env.Funcs[i].Name)
		}
	}
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
		in := &c.env.Insns[pc]
		if in.Op != bpf.OpCall || in.Kind != bpf.KindLocal {
			continue
		}
		to := int(c.env.FuncAt[int64(pc)+1+in.Imm]) - 1
		if f := c.visit(to, pc); f != nil {
			return f
		}
		if deepest = max(deepest, c.depth[to]); deepest >= state.MaxFrames {
			return fault(reason.TooDeep, pc, "calls from %s are nested %d deep; at most %d functions may be active", fn.Name, deepest+1, state.MaxFrames)
		}
	}
	c.depth[i] = deepest + 1
	return nil
}
