package ir

import "github.com/bpf2go-native/bpf2go-native/bpf/table"

// hoist moves what does not change in a loop in front of it: pure values, and
// loads that are proven for the whole invocation, of memory that the loop does
// not write and nobody else does. Each loop gives up only as much as registers
// can hold; cheap operations stay.
func hoist(f *Func) bool {
	g := newGraph(f)
	changed := false
	for _, l := range g.loops(f) {
		h := &hoister{f: f, g: g, l: l}
		if h.before = h.front(); h.before != nil && h.run() {
			changed = true
		}
	}
	return changed
}

const hoistLimit = 6 // values that a loop keeps live all the time

type hoister struct {
	f      *Func
	g      *graph
	l      *loop
	before *Block // the block in front of the loop
	moved  int
}

// front is the only block that leads into the loop, by a jump.
func (h *hoister) front() *Block {
	var front *Block
	for _, p := range h.l.head.Preds {
		if h.l.in[p.ID] {
			continue
		}
		if front != nil || p.Kind != BlockJump {
			return nil
		}
		front = p
	}
	return front
}

func (h *hoister) run() bool {
	for _, b := range h.g.rpo {
		if !h.l.in[b.ID] {
			continue
		}
		b.keep(func(v *Value) bool {
			if h.moved >= hoistLimit || !h.worth(v) || !h.invariant(v) {
				return true
			}
			v.Block = h.before
			h.before.Values = append(h.before.Values, v)
			h.moved++
			return false
		})
	}
	return h.moved > 0
}

// worth says that computing v each time costs more than keeping it.
func (h *hoister) worth(v *Value) bool {
	switch v.Op {
	case OpConst, OpFrame, OpStackAddr:
		return false
	case OpMapPtr, OpMapValues, OpMapMax, OpMapStep:
		return true
	}
	row := v.Op.Row()
	if row.Class == ClassLoad {
		// The address has to be good in front of the loop, too: a computed
		// one may be so only behind a branch.
		fixed := v.Op == OpCtxLoad || v.Args[0].Op == OpStackAddr || v.Args[0].Op == OpFrame
		return fixed && v.Guard == nil && v.Region&table.RegionMap == 0
	}
	return row.Class == ClassPure && !row.Compare
}

func (h *hoister) invariant(v *Value) bool {
	for _, a := range v.Args {
		if h.l.in[a.Block.ID] {
			return false
		}
	}
	for _, m := range v.Mem {
		if h.l.in[m.Block.ID] {
			return false
		}
	}
	return true
}
