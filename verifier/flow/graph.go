package flow

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// Graph is what the search wants to know of a program.
type Graph struct {
	Points []bool   // by slot: jump targets, function starts, return sites
	Live   []uint16 // by slot: registers that are read before they are written
	Loops  []*Loop  // by slot of their head, nil elsewhere
	// Bounded are the slots where loops pass that the run time bounds: calls
	// of helpers that run callbacks, of iterators' next functions, may_goto.
	Bounded    []bool
	HasBounded bool
	Depth      []int   // by function: functions that may be active with it
	limits     []int64 // that any jump of the program compares with
	funcOf     []int32 // by slot: index of the function, -1 when none
}

// Analyse checks the structure of a program.
func Analyse(env *transfer.Env) (*Graph, *transfer.Fault) {
	g := &Graph{
		Points:  make([]bool, len(env.Insns)),
		Live:    make([]uint16, len(env.Insns)),
		Loops:   make([]*Loop, len(env.Insns)),
		Bounded: make([]bool, len(env.Insns)),
		funcOf:  make([]int32, len(env.Insns)),
	}
	if f := g.functions(env); f != nil {
		return nil, f
	}
	for i := range env.Funcs {
		if f := g.reach(env, &env.Funcs[i]); f != nil {
			return nil, f
		}
		g.loops(env, &env.Funcs[i])
	}
	if f := g.calls(env); f != nil {
		return nil, f
	}
	g.limits = limits(env.Insns)
	g.liveness(env)
	return g, nil
}

func fault(code reason.Code, pc int, what string, args ...any) *transfer.Fault {
	return &transfer.Fault{Code: code, PC: pc, Reg: transfer.NoReg, What: fmt.Sprintf(what, args...)}
}

// functions checks that the functions lie in the program, one after another.
func (g *Graph) functions(env *transfer.Env) *transfer.Fault {
	for pc := range g.funcOf {
		g.funcOf[pc] = -1
	}
	end := 0
	for i, f := range env.Funcs {
		if f.Start < end || f.End <= f.Start || f.End > len(env.Insns) {
			return fault(reason.BadObject, 0, "function %s has slots %d to %d of %d", f.Name, f.Start, f.End, len(env.Insns))
		}
		end = f.End
		for pc := f.Start; pc < f.End; pc++ {
			g.funcOf[pc] = int32(i)
		}
	}
	if len(env.Funcs) == 0 || env.Funcs[0].Start != 0 {
		return fault(reason.BadObject, 0, "no function starts at slot 0")
	}
	return nil
}

// reach walks a function's control flow and refuses what it does not reach.
func (g *Graph) reach(env *transfer.Env, fn *frontend.Func) *transfer.Fault {
	seen := make([]bool, fn.End-fn.Start)
	work := []int{fn.Start}
	g.Points[fn.Start] = true
	for len(work) > 0 {
		pc := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[pc-fn.Start] {
			continue
		}
		seen[pc-fn.Start] = true
		in := &env.Insns[pc]
		if f := g.insn(env, pc, in); f != nil {
			return f
		}
		for _, to := range successors(pc, in) {
			switch {
			case to < fn.Start || to >= fn.End:
				if table.OpOf(in.Op).Class == table.ClassJump && to == in.Target(pc) {
					return fault(reason.BadJump, pc, "jump to slot %d, outside function %s", to, fn.Name)
				}
				return fault(reason.FallsOff, pc, "function %s ends without exit", fn.Name)
			case env.Insns[to].Op == bpf.OpInvalid:
				return fault(reason.BadJump, pc, "jump to slot %d, which is the second half of a wide load", to)
			}
			work = append(work, to)
		}
	}
	for i, ok := range seen {
		pc := fn.Start + i
		if !ok && env.Insns[pc].Op != bpf.OpInvalid {
			return fault(reason.Unreachable, pc, "no path of function %s leads here", fn.Name)
		}
	}
	return nil
}

// insn checks one instruction and marks points.
func (g *Graph) insn(env *transfer.Env, pc int, in *bpf.Instruction) *transfer.Fault {
	row := table.OpOf(in.Op)
	switch {
	case row.Class == table.ClassNone:
		return fault(reason.BadInsn, pc, "no instruction")
	case row.Widths != 0 && !row.Widths.Has(in.Width):
		return fault(reason.BadInsn, pc, "%s has no width of %d bytes", in.Op, in.Width)
	case in.Dst > bpf.R10 || in.Src > bpf.R10 && in.Src != bpf.RegImm:
		return fault(reason.BadInsn, pc, "register r%d does not exist", max(in.Dst, in.Src))
	case in.Src == bpf.RegImm && needsSrc(in, row.Class):
		return fault(reason.BadInsn, pc, "%s needs a source register", in.Op)
	case in.Op == bpf.OpMovsx && in.From != 1 && in.From != 2 && in.From != 4:
		return fault(reason.BadInsn, pc, "sign extension of %d bytes", in.From)
	}
	switch row.Class {
	case table.ClassJump:
		if in.Op == bpf.OpMayGoto {
			g.bounded(pc)
		}
		if to := in.Target(pc); to >= 0 && to < len(g.Points) {
			g.Points[to] = true
		}
	case table.ClassCall, table.ClassLdImm:
		return g.call(env, pc, in)
	}
	return nil
}

// call checks references to functions and marks points of calls.
func (g *Graph) call(env *transfer.Env, pc int, in *bpf.Instruction) *transfer.Fault {
	local := in.Op == bpf.OpCall && in.Kind == bpf.KindLocal
	if local || in.Op == bpf.OpLdImm && in.Kind == bpf.KindFunc {
		if to, _ := refers(env, pc, in); to == 0 {
			return fault(reason.BadJump, pc, "call of slot %d, where no function starts", int64(pc)+1+in.Imm)
		}
	}
	if h := RowOf(env, in); h != nil && (h.Ret == table.RetIter || h.Callback != table.CallbackNone && !table.CallbackOf(h.Callback).Async) {
		g.bounded(pc)
	}
	if (local || in.Op == bpf.OpCallx) && pc+1 < len(g.Points) {
		g.Points[pc+1] = true
	}
	return nil
}

// needsSrc reports whether the instruction has no form with an immediate.
func needsSrc(in *bpf.Instruction, class table.Class) bool {
	return class == table.ClassLoad || class == table.ClassAtomic || in.Op == bpf.OpMovsx || in.Op == bpf.OpStoreRel
}

// successors are the slots that may run after pc in the same function.
func successors(pc int, in *bpf.Instruction) []int {
	switch {
	case in.Op == bpf.OpExit:
		return nil
	case in.Op == bpf.OpJa:
		return []int{in.Target(pc)}
	case in.Wide():
		return []int{pc + 2}
	case table.OpOf(in.Op).Class == table.ClassJump:
		return []int{pc + 1, in.Target(pc)}
	}
	return []int{pc + 1}
}
