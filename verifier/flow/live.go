package flow

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

const scratch = 1<<bpf.R0 | 1<<bpf.R1 | 1<<bpf.R2 | 1<<bpf.R3 | 1<<bpf.R4 | 1<<bpf.R5

// bit of a register, 0 for an immediate.
func bit(r bpf.Reg) uint16 {
	if r > bpf.R10 {
		return 0
	}
	return 1 << r
}

// defs are the registers that an instruction writes.
func defs(in *bpf.Instruction) uint16 {
	switch table.OpOf(in.Op).Class {
	case table.ClassALU, table.ClassLoad, table.ClassLdImm:
		return bit(in.Dst)
	case table.ClassCall:
		return scratch
	case table.ClassPacket:
		return scratch
	case table.ClassAtomic:
		switch in.Op {
		case bpf.OpFetchAdd, bpf.OpFetchOr, bpf.OpFetchAnd, bpf.OpFetchXor, bpf.OpXchg:
			return bit(in.Src)
		case bpf.OpCmpxchg:
			return bit(bpf.R0)
		}
	}
	return 0
}

// uses are the registers that an instruction reads; live is by slot, for the
// arguments of calls.
func uses(env *transfer.Env, pc int, in *bpf.Instruction, live []uint16) uint16 {
	switch table.OpOf(in.Op).Class {
	case table.ClassALU:
		if in.Op == bpf.OpMov || in.Op == bpf.OpMovsx {
			return bit(in.Src)
		}
		return bit(in.Dst) | bit(in.Src)
	case table.ClassJump:
		if in.Op == bpf.OpJa || in.Op == bpf.OpMayGoto {
			return 0
		}
		return bit(in.Dst) | bit(in.Src)
	case table.ClassLoad:
		return bit(in.Src)
	case table.ClassStore:
		return bit(in.Dst) | bit(in.Src)
	case table.ClassAtomic:
		u := bit(in.Dst) | bit(in.Src)
		if in.Op == bpf.OpCmpxchg {
			u |= bit(bpf.R0)
		}
		return u
	case table.ClassExit:
		return bit(bpf.R0)
	case table.ClassPacket:
		return bit(in.Src) | bit(bpf.R6)
	case table.ClassCall:
		return callUses(env, pc, in, live)
	}
	return 0
}

func callUses(env *transfer.Env, pc int, in *bpf.Instruction, live []uint16) uint16 {
	const all = uint16(scratch &^ (1 << bpf.R0))
	if in.Op != bpf.OpCall {
		return all | bit(in.Dst)
	}
	if h := RowOf(env, in); h != nil {
		return (1<<(len(h.Args)+1) - 1) & all
	}
	if fn, _ := refers(env, pc, in); fn > 0 {
		if f := &env.Funcs[fn-1]; f.Global && f.Proto != nil {
			return (1<<(min(len(f.Proto.Params), 5)+1) - 1) & all
		}
		return live[env.Funcs[fn-1].Start] & all
	}
	return all
}

// Args are the registers that the call at a slot reads.
func (g *Graph) Args(env *transfer.Env, pc int) uint16 {
	return callUses(env, pc, &env.Insns[pc], g.Live)
}

// liveness iterates backwards over all functions until nothing changes; the
// arguments of a call are what is live where the callee starts.
func (g *Graph) liveness(env *transfer.Env) {
	for changed := true; changed; {
		changed = false
		for pc := len(env.Insns) - 1; pc >= 0; pc-- {
			in := &env.Insns[pc]
			if in.Op == bpf.OpInvalid || g.funcOf[pc] < 0 {
				continue
			}
			out := uint16(0)
			switch {
			case in.Op == bpf.OpExit:
			case in.Op == bpf.OpJa:
				out = g.Live[in.Target(pc)]
			case in.Wide():
				out = g.Live[pc+2]
			default:
				out = g.Live[pc+1]
				if table.OpOf(in.Op).Class == table.ClassJump {
					out |= g.Live[in.Target(pc)]
				}
			}
			l := out&^defs(in) | uses(env, pc, in, g.Live)
			l |= bit(bpf.R10)
			if l != g.Live[pc] {
				g.Live[pc], changed = l, true
			}
		}
	}
}
