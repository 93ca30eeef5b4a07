package ir

// preemptInsns is how many instructions a program runs without a look at the
// scheduler: some 10 µs, and 50 µs of divisions. A collection waits for it
// several times, because it asks several times (test/inside/wait).
const preemptInsns = 1 << 14

// preempt lets the scheduler run in each loop of a program whose bound (fact:
// MaxInsns) is not small. Machine code is never preempted otherwise, and a
// collection would wait for the end of the run.
//
// Every cycle has an edge that leads backwards in reverse postorder, also one
// with two entries. The block that it leads to is the place; Imm is what is at
// most done from there on before the next place or the same one again.
func preempt(f *Func) bool {
	if f.MaxInsns <= preemptInsns {
		return false
	}
	g := newGraph(f)
	heads := make([]bool, len(g.rpo))
	for i, b := range g.rpo {
		for _, e := range b.Succs {
			if to := g.num[e.To.ID]; to <= i {
				heads[to] = true
			}
		}
	}
	work := g.work(g.loops(f))
	changed := false
	for i, h := range heads {
		if !h {
			continue
		}
		b := g.rpo[i]
		v := f.newValue(OpPreempt, b.PC)
		v.Block, v.Imm = b, work[i]
		b.Values = append([]*Value{v}, b.Values...)
		changed = true
	}
	return changed
}

// work returns, by number of block, what a pass of the loop with that head
// costs at most: the longest way through it, without the loops within. Of a
// block that is no head of a loop, it is all that the function costs.
func (g *graph) work(loops []*loop) []int64 {
	cost, all := make([]int64, len(g.rpo)), int64(0)
	for i, b := range g.rpo {
		cost[i] = 1
		for _, v := range b.Values {
			cost[i] += price(v)
		}
		all += cost[i]
	}
	work := make([]int64, len(g.rpo))
	for i := range work {
		work[i] = all
	}
	far := make([]int64, len(g.rpo))
	for _, l := range loops { // inner ones first
		head := g.num[l.head.ID]
		longest := int64(0)
		for i := head; i < len(g.rpo); i++ {
			b := g.rpo[i]
			if !l.in[b.ID] {
				continue
			}
			far[i] = cost[i]
			for _, p := range b.Preds {
				if n := g.num[p.ID]; n < i && n >= head && l.in[p.ID] {
					far[i] = max(far[i], far[n]+cost[i])
				}
			}
			longest = max(longest, far[i])
		}
		work[head] = longest
		for _, b := range l.blocks {
			cost[g.num[b.ID]] = 0
		}
	}
	return work
}

// price is what a value costs, in units of about an instruction.
func price(v *Value) int64 {
	const slow = 16 // divisions, locked memory, calls
	switch v.Op {
	case OpConst:
		return 0
	case OpUDiv32, OpUDiv64, OpSDiv32, OpSDiv64, OpUMod32, OpUMod64, OpSMod32, OpSMod64:
		return slow
	}
	switch v.Op.Row().Class {
	case ClassToken:
		return 0
	case ClassCall, ClassAtomic:
		return slow
	}
	return 1
}
