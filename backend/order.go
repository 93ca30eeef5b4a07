package backend

import "sort"

// order brings the blocks into reverse postorder, hot and deep successors
// directly behind their branch, and computes predecessors, dominators and
// loops. Critical edges get blocks of their own, so that a move on an edge has
// a place; parameters of blocks with one predecessor become their arguments.
func order(f *Func) {
	walk(f)
	dropSingleParams(f)
	splitCritical(f)
	walk(f)
	dominators(f)
	loops(f)
	for _, b := range f.Blocks[1:] {
		b.Cold = b.Cold || b.idom.Cold
	}
	walk(f) // again, now that depth and coldness are known
	dominators(f)
	for _, b := range f.Blocks {
		for i := range b.Insts {
			b.calls = b.calls || f.Target.Ops[b.Insts[i].Op].Call
		}
	}
}

// walk replaces f.Blocks by its reachable blocks in reverse postorder.
func walk(f *Func) {
	seen := make([]bool, len(f.Blocks))
	next := make([]int, len(f.Blocks))
	var post, work []*Block
	work = append(work, f.Blocks[0])
	seen[f.Blocks[0].ID] = true
	for len(work) > 0 {
		b := work[len(work)-1]
		succs := byWeight(b)
		if next[b.ID] == len(succs) {
			post = append(post, b)
			work = work[:len(work)-1]
			continue
		}
		to := succs[next[b.ID]]
		next[b.ID]++
		if !seen[to.ID] {
			seen[to.ID] = true
			work = append(work, to)
		}
	}
	f.Blocks = f.Blocks[:0]
	for i := len(post) - 1; i >= 0; i-- {
		b := post[i]
		b.ID, b.order, b.Preds = len(f.Blocks), len(f.Blocks), nil
		f.Blocks = append(f.Blocks, b)
	}
	for _, b := range f.Blocks {
		for _, s := range b.Succs {
			s.To.Preds = append(s.To.Preds, b)
		}
	}
}

// byWeight lists b's successors, the one that should follow it last.
func byWeight(b *Block) []*Block {
	out := make([]*Block, len(b.Succs))
	for i, e := range b.Succs {
		out[i] = e.To
	}
	if len(out) == 2 && hotter(b) == 0 {
		out[0], out[1] = out[1], out[0]
	}
	return out
}

// hotter returns the index of the successor that b goes to more often.
func hotter(b *Block) int {
	x, y := b.Succs[0].To, b.Succs[1].To
	switch {
	case x.Cold != y.Cold:
		if x.Cold {
			return 1
		}
		return 0
	case b.Seldom != 0 && x.Depth == y.Depth:
		return 2 - b.Seldom
	case x.Depth < y.Depth:
		return 1
	}
	return 0
}

// dropSingleParams names the argument where a parameter has only one.
func dropSingleParams(f *Func) {
	same := make(map[Reg]Reg)
	for _, b := range f.Blocks {
		if len(b.Preds) != 1 || len(b.Params) == 0 {
			continue
		}
		for i := range b.Preds[0].Succs {
			e := &b.Preds[0].Succs[i]
			if e.To != b {
				continue
			}
			for j, p := range b.Params {
				same[p] = e.Args[j]
			}
			e.Args = nil
		}
		b.Params = nil
	}
	if len(same) == 0 {
		return
	}
	final := func(r Reg) Reg {
		for {
			s, ok := same[r]
			if !ok {
				return r
			}
			r = s
		}
	}
	var buf [5]*Reg
	for _, b := range f.Blocks {
		for i := range b.Insts {
			for _, r := range b.Insts[i].operands(&buf) {
				*r = final(*r)
			}
		}
		for _, s := range b.Succs {
			for i := range s.Args {
				s.Args[i] = final(s.Args[i])
			}
		}
	}
}

// splitCritical puts a block on each edge from a branch to a merge.
func splitCritical(f *Func) {
	for _, b := range f.Blocks[:len(f.Blocks):len(f.Blocks)] {
		if len(b.Succs) < 2 {
			continue
		}
		for i := range b.Succs {
			to := b.Succs[i].To
			if len(to.Preds) < 2 {
				continue
			}
			mid := f.NewBlock()
			mid.Cold = b.Cold || to.Cold
			mid.Insts = []Instr{{Op: OpJump, PC: b.last().PC}}
			mid.Succs = []Edge{b.Succs[i]}
			b.Succs[i] = Edge{To: mid}
		}
	}
}

// dominators computes immediate dominators by iteration over the reverse
// postorder (Cooper, Harvey, Kennedy 2001).
func dominators(f *Func) {
	for _, b := range f.Blocks {
		b.idom = nil
	}
	entry := f.Blocks[0]
	entry.idom = entry
	for changed := true; changed; {
		changed = false
		for _, b := range f.Blocks[1:] {
			var d *Block
			for _, p := range b.Preds {
				switch {
				case p.idom == nil:
				case d == nil:
					d = p
				default:
					d = common(d, p)
				}
			}
			if b.idom != d {
				b.idom, changed = d, true
			}
		}
	}
}

// common returns the nearest block that dominates a and b.
func common(a, b *Block) *Block {
	for a != b {
		for a.order > b.order {
			a = a.idom
		}
		for b.order > a.order {
			b = b.idom
		}
	}
	return a
}

func dominates(a, b *Block) bool {
	for b.order > a.order {
		b = b.idom
	}
	return a == b
}

// loops finds natural loops: depth and innermost header of each block. A
// cycle that is entered at two places counts as no loop; that costs speed
// only.
func loops(f *Func) {
	bodies := make(map[*Block][]*Block)
	var heads []*Block
	for _, b := range f.Blocks {
		b.Depth, b.head = 0, nil
		for _, s := range b.Succs {
			if !dominates(s.To, b) {
				continue
			}
			if bodies[s.To] == nil {
				heads = append(heads, s.To)
			}
			bodies[s.To] = append(bodies[s.To], b)
		}
	}
	for _, h := range heads {
		in := map[*Block]bool{h: true}
		h.Depth++
		work := bodies[h]
		for len(work) > 0 {
			b := work[len(work)-1]
			work = work[:len(work)-1]
			if in[b] {
				continue
			}
			in[b] = true
			b.Depth++
			work = append(work, b.Preds...)
		}
		bodies[h] = nil
		for b := range in {
			bodies[h] = append(bodies[h], b)
		}
	}
	sort.SliceStable(heads, func(i, j int) bool { return heads[i].Depth < heads[j].Depth })
	for _, h := range heads {
		for _, b := range bodies[h] {
			b.head = h
		}
	}
}
