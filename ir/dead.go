package ir

// dead removes values that nobody needs, blocks that are never reached, edges
// that are never taken and blocks that only go on to another one.
func dead(f *Func) bool {
	changed := sweep(f)
	for again := true; again; {
		again = constantBranches(f)
		again = unreachable(f) || again
		again = forward(f) || again
		again = merge(f) || again
		changed = changed || again
	}
	return sweep(f) || changed
}

// constantBranches turns a branch with a known condition, or with the same
// edge twice, into a jump.
func constantBranches(f *Func) bool {
	changed := false
	for _, b := range f.Blocks {
		if b.Kind != BlockIf {
			continue
		}
		take := 0
		if x, known := b.Ctl.IsConst(); known {
			if x == 0 {
				take = 1
			}
		} else if !sameEdge(b.Succs[0], b.Succs[1]) {
			continue
		}
		b.Succs[1-take].To.dropPred(b)
		b.Kind, b.Ctl, b.Succs = BlockJump, nil, []Edge{b.Succs[take]}
		changed = true
	}
	return changed
}

func sameEdge(x, y Edge) bool {
	if x.To != y.To {
		return false
	}
	for i := range x.Args {
		if x.Args[i] != y.Args[i] {
			return false
		}
	}
	return true
}

// unreachable removes blocks that no path from the entry leads to.
func unreachable(f *Func) bool {
	live := reversePostorder(f)
	if len(live) == len(f.Blocks) {
		return false
	}
	reached := make([]bool, f.NumIDs)
	for _, b := range live {
		reached[b.ID] = true
	}
	kept := f.Blocks[:0]
	for _, b := range f.Blocks {
		if reached[b.ID] {
			kept = append(kept, b)
			continue
		}
		for _, e := range b.Succs {
			if reached[e.To.ID] {
				e.To.dropPred(b)
			}
		}
	}
	clear(f.Blocks[len(kept):])
	f.Blocks = kept
	return true
}

// forward leads the edges to an empty block that jumps on to that target.
// Nothing else may use the empty block's parameters.
func forward(f *Func) bool {
	changed := false
	n := uses(f)
	for _, b := range f.Blocks[1:] {
		if len(b.Values) > 0 || b.Kind != BlockJump || b.Succs[0].To == b || !ownParams(b, n) {
			continue
		}
		out := b.Succs[0]
		preds := b.Preds
		forEdges(b, func(e *Edge) {
			args := make([]*Value, len(out.Args))
			for i, a := range out.Args {
				args[i] = a
				if a.Block == b && a.Op == OpParam {
					args[i] = e.Args[a.Imm]
				}
				n[args[i].ID]++
			}
			*e = Edge{To: out.To, Args: args}
		})
		out.To.Preds = append(out.To.Preds, preds...)
		out.To.Insns += b.Insns
		b.Preds = nil
		changed = true
	}
	unreachable(f)
	return changed
}

// ownParams reports whether b's parameters are used by its own jump only.
func ownParams(b *Block, n []int) bool {
	for _, p := range b.Params {
		own := 0
		for _, a := range b.Succs[0].Args {
			if a == p {
				own++
			}
		}
		if n[p.ID] != own {
			return false
		}
	}
	return true
}

// merge joins a block with the only one that follows it when that has no other
// predecessor. The control tokens of both then say the same.
func merge(f *Func) bool {
	r := newRenames(f)
	gone := make([]bool, f.NumIDs)
	changed := false
	for _, b := range f.Blocks {
		for !gone[b.ID] && b.Kind == BlockJump && len(b.Succs[0].To.Preds) == 1 && b.Succs[0].To != b {
			e := b.Succs[0]
			next := e.To
			for i, p := range next.Params {
				r[p.ID] = e.Args[i]
			}
			absorb(b, next, r)
			gone[next.ID] = true
			changed = true
		}
	}
	if !changed {
		return false
	}
	kept := f.Blocks[:0]
	for _, b := range f.Blocks {
		if !gone[b.ID] {
			kept = append(kept, b)
		}
	}
	clear(f.Blocks[len(kept):])
	f.Blocks = kept
	r.apply(f)
	return true
}

// absorb moves the values and the end of next to b.
func absorb(b, next *Block, r renames) {
	var g *Value
	for _, v := range b.Values {
		if v.Op == OpGuard {
			g = v
			break
		}
	}
	for _, v := range next.Values {
		if v.Op == OpGuard && g != nil {
			r[v.ID] = g
			continue
		}
		v.Block = b
		b.Values = append(b.Values, v)
	}
	b.Insns += next.Insns
	b.Kind, b.Ctl, b.Succs = next.Kind, next.Ctl, next.Succs
	for _, s := range b.Succs {
		for i, p := range s.To.Preds {
			if p == next {
				s.To.Preds[i] = b
			}
		}
	}
}

// sweep removes values and parameters that no effect and no branch needs.
func sweep(f *Func) bool {
	needed := make([]bool, f.NumIDs)
	var work []*Value
	need := func(v *Value) {
		if v != nil && !needed[v.ID] {
			needed[v.ID] = true
			work = append(work, v)
		}
	}
	for _, b := range f.Blocks {
		need(b.Ctl)
		for _, v := range b.Values {
			switch v.Op.Row().Class {
			case ClassStore, ClassAtomic, ClassCall:
				need(v)
			}
		}
	}
	for len(work) > 0 {
		v := work[len(work)-1]
		work = work[:len(work)-1]
		for _, a := range v.Args {
			need(a)
		}
		for _, m := range v.Mem {
			need(m)
		}
		need(v.Guard)
		if v.Op == OpParam {
			forEdges(v.Block, func(e *Edge) { need(e.Args[v.Imm]) })
		}
	}
	changed := false
	for _, b := range f.Blocks {
		before := len(b.Params) + len(b.Values)
		dropParams(b, func(p *Value) bool { return !needed[p.ID] })
		b.keep(func(v *Value) bool { return needed[v.ID] })
		changed = changed || len(b.Params)+len(b.Values) != before
	}
	f.consts = nil
	return changed
}

// keep removes the values that it says no to.
func (b *Block) keep(want func(*Value) bool) {
	kept := b.Values[:0]
	for _, v := range b.Values {
		if want(v) {
			kept = append(kept, v)
		}
	}
	clear(b.Values[len(kept):])
	b.Values = kept
}
