package flow

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

const (
	// stackGrain is what the kernel rounds the stack of a function up to.
	stackGrain = 16
	// stackBelowTailCall is how much stack the callers of a function with a
	// tail call may have together.
	stackBelowTailCall = 256
	// privateStack is how much stack a function has to have to get one of its
	// own in programs that may be interrupted by others.
	privateStack = 64
)

// interrupting are the hooks whose programs have private stacks (kernel 6.13).
var interrupting = [...]string{"kprobe", "tracepoint", "perf_event", "raw_tracepoint"}

// stacks walks the call chains of a program.
type stacks struct {
	g       *Graph
	env     *transfer.Env
	size    []int  // by function: bytes, rounded up
	tail    []bool // by function: it has a tail call
	private bool
	later   []bool // by function: the run time calls it on its own
	below   []int  // by function: the most that its callers had, 1 + bytes
}

// Stack refuses programs whose call chains need more stack than the kernel
// gives, as its check_max_stack_depth does. used is the bytes of stack that
// each function touches; later says of functions that they are called after
// the program, by timers. Each function of a hook that is no kernel's has all
// of its own stack.
func (g *Graph) Stack(env *transfer.Env, used []int, later []bool) *transfer.Fault {
	if env.Hook.Number == 0 {
		return nil
	}
	w := stacks{g: g, env: env, later: later, size: make([]int, len(used)), tail: make([]bool, len(used)), below: make([]int, len(used))}
	w.private = slices.Contains(interrupting[:], env.Hook.Name)
	for i, n := range used {
		w.size[i] = (n + stackGrain - 1) / stackGrain * stackGrain
		for pc := env.Funcs[i].Start; pc < env.Funcs[i].End; pc++ {
			if h := RowOf(env, &env.Insns[pc]); h != nil && h.Name == "tail_call" {
				w.tail[i] = true
			}
		}
	}
	w.private = w.private && !slices.Contains(w.tail, true)
	for i := range used {
		if i == 0 || later[i] {
			if f := w.visit(i, env.Funcs[i].Start, 0, 1); f != nil {
				return f
			}
		}
	}
	return nil
}

// visit enters function i, called at slot from by functions with depth bytes;
// it is the n-th of its chain.
func (w *stacks) visit(i, from, depth, n int) *transfer.Fault {
	if w.below[i] > depth || n > state.MaxFrames {
		return nil // no worse than before, or refused where it is called
	}
	w.below[i] = depth + 1
	fn := &w.env.Funcs[i]
	if i > 0 && w.tail[i] && depth >= stackBelowTailCall {
		return fault(reason.CombinedStack, from, "the callers of %s, which has a tail call, use %d bytes of stack together; at most %d are allowed", fn.Name, depth, stackBelowTailCall-1)
	}
	if !w.private || w.size[i] < privateStack || w.later[i] {
		depth += w.size[i]
	}
	if depth > state.StackSize {
		return fault(reason.CombinedStack, from, "%d nested functions down to %s use %d bytes of stack together; at most %d are allowed", n, fn.Name, depth, state.StackSize)
	}
	for pc := fn.Start; pc < fn.End; pc++ {
		to, address := refers(w.env, pc, &w.env.Insns[pc])
		if to--; to < 0 || address && w.later[to] {
			continue
		}
		if f := w.visit(to, pc, depth, n+1); f != nil {
			return f
		}
	}
	return nil
}
