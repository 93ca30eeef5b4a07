package ir

// renames maps values that go away to those that take their places, by
// Value.ID. Chains are followed.
type renames []*Value

func newRenames(f *Func) renames { return make(renames, f.NumIDs) }

// find returns what stands for v.
func (r renames) find(v *Value) *Value {
	for v != nil && v.ID < len(r) && r[v.ID] != nil {
		next := r[v.ID]
		if next.ID < len(r) && r[next.ID] != nil {
			r[v.ID] = r[next.ID]
		}
		v = next
	}
	return v
}

func (r renames) all(vs []*Value) {
	for i, v := range vs {
		vs[i] = r.find(v)
	}
}

// value renames the operands of v.
func (r renames) value(v *Value) {
	r.all(v.Args)
	r.all(v.Mem)
	v.Guard = r.find(v.Guard)
}

// end renames what the end of b uses.
func (r renames) end(b *Block) {
	b.Ctl = r.find(b.Ctl)
	for _, e := range b.Succs {
		r.all(e.Args)
	}
}

// apply renames every use in f.
func (r renames) apply(f *Func) {
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			r.value(v)
		}
		r.end(b)
	}
}

// uses counts the uses of each value, by Value.ID.
func uses(f *Func) []int {
	n := make([]int, f.NumIDs)
	count := func(vs []*Value) {
		for _, v := range vs {
			n[v.ID]++
		}
	}
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			count(v.Args)
			count(v.Mem)
			if v.Guard != nil {
				n[v.Guard.ID]++
			}
		}
		if b.Ctl != nil {
			n[b.Ctl.ID]++
		}
		for _, e := range b.Succs {
			count(e.Args)
		}
	}
	return n
}

// dropParams removes the parameters of b that gone names, with their
// arguments.
func dropParams(b *Block, gone func(*Value) bool) {
	keep := make([]bool, len(b.Params))
	n := 0
	for i, p := range b.Params {
		if keep[i] = !gone(p); keep[i] {
			p.Imm = int64(n)
			n++
		}
	}
	if n == len(b.Params) {
		return
	}
	filter := func(vs []*Value) []*Value {
		var kept []*Value
		for i, v := range vs {
			if keep[i] {
				kept = append(kept, v)
			}
		}
		return kept
	}
	forEdges(b, func(e *Edge) { e.Args = filter(e.Args) })
	b.Params = filter(b.Params)
}

// forEdges calls do once for each edge to b. It may lead the edge elsewhere.
func forEdges(b *Block, do func(*Edge)) {
	preds := b.Preds
	for i, p := range preds {
		if seenBefore(preds, i) {
			continue
		}
		for j := range p.Succs {
			if p.Succs[j].To == b {
				do(&p.Succs[j])
			}
		}
	}
}

func seenBefore(preds []*Block, i int) bool {
	// Both edges of a branch to one block are next to each other or among
	// the few predecessors in front.
	if preds[i].Kind != BlockIf || preds[i].Succs[0].To != preds[i].Succs[1].To {
		return false
	}
	for _, p := range preds[:i] {
		if p == preds[i] {
			return true
		}
	}
	return false
}
