package ir

import "sort"

// layout orders the blocks: a loop stands together, a block is followed by its
// likelier successor, and what only failed checks lead to comes last. It sets
// Cold and Depth. It changes nothing that runs.
func layout(f *Func) bool {
	g := newGraph(f)
	loops := g.loops(f)
	changed := setDepth(f, loops)
	if chill(g) {
		changed = true
	}
	order := arrange(f, g, loops)
	sort.SliceStable(order, func(i, j int) bool { return !order[i].Cold && order[j].Cold })
	for i, b := range order {
		changed = changed || f.Blocks[i] != b
	}
	f.Blocks = order
	return changed
}

// setDepth counts the loops around each block.
func setDepth(f *Func, loops []*loop) bool {
	depth := make([]int, f.NumIDs)
	for _, l := range loops {
		for _, b := range l.blocks {
			depth[b.ID]++
		}
	}
	changed := false
	for _, b := range f.Blocks {
		changed = changed || b.Depth != depth[b.ID]
		b.Depth = depth[b.ID]
	}
	return changed
}

// chill finds the blocks that are entered by unlikely edges only.
func chill(g *graph) bool {
	changed := false
	for i, b := range g.rpo {
		was := b.Cold
		b.Cold = i > 0
		for k, p := range b.Preds {
			if g.num[p.ID] >= i || seenBefore(b.Preds, k) {
				continue
			}
			for j, e := range p.Succs {
				if e.To == b && !p.Cold && !unlikely(p, j) {
					b.Cold = false
				}
			}
		}
		changed = changed || b.Cold != was
		for _, v := range b.Values {
			if b.Cold && (v.Op == OpCall || v.Op == OpCallFunc) {
				v.Flags |= FlagUnlikely
			}
		}
	}
	return changed
}

// unlikely reports whether edge j of b is seldom taken.
func unlikely(b *Block, j int) bool {
	if b.Kind != BlockIf {
		return false
	}
	return b.Ctl.Flags&FlagUnlikely != 0 && j == 0 || b.Ctl.Flags&FlagLikely != 0 && j == 1
}

// arrange is a depth-first order in which the edge walked last leads to the
// block that comes next.
func arrange(f *Func, g *graph, loops []*loop) []*Block {
	inner := make([]*loop, f.NumIDs) // by Block.ID: the innermost loop
	for i := len(loops) - 1; i >= 0; i-- {
		for _, b := range loops[i].blocks {
			inner[b.ID] = loops[i]
		}
	}
	type visit struct {
		b     *Block
		succs []*Block
	}
	follow := func(b *Block) visit {
		v := visit{b: b}
		for _, e := range b.Succs {
			v.succs = append(v.succs, e.To)
		}
		if len(v.succs) == 2 && nextIs(b, inner[b.ID]) == 0 {
			v.succs[0], v.succs[1] = v.succs[1], v.succs[0]
		}
		return v
	}
	seen := make([]bool, f.NumIDs)
	var order []*Block
	stack := []visit{follow(f.Blocks[0])}
	seen[f.Blocks[0].ID] = true
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if len(top.succs) == 0 {
			order = append(order, top.b)
			stack = stack[:len(stack)-1]
			continue
		}
		to := top.succs[0]
		top.succs = top.succs[1:]
		if !seen[to.ID] {
			seen[to.ID] = true
			stack = append(stack, follow(to))
		}
	}
	for i, j := 0, len(order)-1; i < j; i, j = i+1, j-1 {
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// nextIs says which successor of a branch should come next: the one in the
// same loop, the likely one, else the one that eBPF falls through to.
func nextIs(b *Block, l *loop) int {
	stays := func(i int) bool { return l == nil || l.in[b.Succs[i].To.ID] }
	switch {
	case stays(0) != stays(1):
		if stays(0) {
			return 0
		}
		return 1
	case unlikely(b, 1):
		return 0
	}
	return 1
}

// place is the last pass. A number, and r10, is made where it is used instead
// of being kept from the entry on; a comparison stands right in front of the
// branch that it is for.
func place(f *Func) bool {
	n := uses(f)
	for _, b := range f.Blocks {
		fuse(f, b, n)
	}
	p := &placer{f: f}
	for _, b := range f.Blocks {
		p.block(b)
	}
	f.consts = nil
	sweep(f)
	return true
}

// fuse brings the comparison of a branch to the end of its block.
func fuse(f *Func, b *Block, n []int) {
	c := b.Ctl
	if b.Kind != BlockIf || !c.Op.Row().Compare || len(b.Values) > 0 && b.Values[len(b.Values)-1] == c {
		return
	}
	if c.Block == b && n[c.ID] == 1 {
		b.keep(func(v *Value) bool { return v != c })
		b.Values = append(b.Values, c)
		return
	}
	v := f.NewValue(b, c.Op, c.PC, 0, c.Args...)
	v.Flags = c.Flags
	b.Ctl = v
}

type placer struct {
	f    *Func
	b    *Block
	here map[*Value]*Value // copies of the block, also by themselves
	out  []*Value
}

// local says that a value is made where it is used.
func local(v *Value) bool { return v.Op == OpConst || v.Op == OpStackAddr }

// block gives b copies of its own of local values and drops the originals.
func (p *placer) block(b *Block) {
	p.b, p.here, p.out = b, map[*Value]*Value{}, nil
	for _, v := range b.Values {
		if !local(v) {
			p.all(v.Args, v.PC)
			p.out = append(p.out, v)
		}
	}
	pc := b.PC
	if b.Ctl != nil {
		if b.Kind == BlockIf && b.Ctl.Op.Row().Compare && len(p.out) > 0 && p.out[len(p.out)-1] == b.Ctl {
			// Numbers for the edges stand in front of the comparison.
			p.out = p.out[:len(p.out)-1]
			defer func() { b.Values = append(b.Values, b.Ctl) }()
		} else {
			b.Ctl = p.one(b.Ctl, pc)
		}
	}
	for _, e := range b.Succs {
		p.all(e.Args, pc)
	}
	b.Values = p.out
}

func (p *placer) all(vs []*Value, pc int) {
	for i, v := range vs {
		vs[i] = p.one(v, pc)
	}
}

// one returns the block's copy of a value that is made where it is used.
func (p *placer) one(v *Value, pc int) *Value {
	if !local(v) {
		return v
	}
	if c := p.here[v]; c != nil {
		return c
	}
	c := p.f.newValue(v.Op, pc)
	c.Imm, c.Block = v.Imm, p.b
	p.here[v], p.here[c] = c, c
	p.out = append(p.out, c)
	return c
}
