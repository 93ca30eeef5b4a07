package ir

// graph is the control flow of a function: reverse postorder, dominators and
// loops. It is valid until a block or an edge changes.
//
// Dominators follow Cooper, Harvey and Kennedy, "A Simple, Fast Dominance
// Algorithm" (2001).
type graph struct {
	rpo  []*Block
	num  []int // by Block.ID: position in rpo, -1 when not reachable
	idom []int // by position: position of the immediate dominator, -1 for the entry
	pre  []int // by position: numbering of the dominator tree
	post []int
}

func newGraph(f *Func) *graph {
	g := &graph{rpo: reversePostorder(f), num: make([]int, f.NumIDs)}
	for i := range g.num {
		g.num[i] = -1
	}
	for i, b := range g.rpo {
		g.num[b.ID] = i
	}
	g.dominators()
	g.number()
	return g
}

// reversePostorder lists the reachable blocks. A block's second successor is
// walked first, so the first one, where a branch falls through, comes right
// behind its block when it can.
func reversePostorder(f *Func) []*Block {
	type visit struct {
		b    *Block
		next int
	}
	seen := make([]bool, f.NumIDs)
	var order []*Block
	stack := []visit{{b: f.Blocks[0]}}
	seen[f.Blocks[0].ID] = true
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if top.next == len(top.b.Succs) {
			order = append(order, top.b)
			stack = stack[:len(stack)-1]
			continue
		}
		top.next++
		to := top.b.Succs[len(top.b.Succs)-top.next].To
		if !seen[to.ID] {
			seen[to.ID] = true
			stack = append(stack, visit{b: to})
		}
	}
	for i, j := 0, len(order)-1; i < j; i, j = i+1, j-1 {
		order[i], order[j] = order[j], order[i]
	}
	return order
}

func (g *graph) dominators() {
	g.idom = make([]int, len(g.rpo))
	for i := range g.idom {
		g.idom[i] = -1
	}
	for changed := true; changed; {
		changed = false
		for i := 1; i < len(g.rpo); i++ {
			d := -1
			for _, p := range g.rpo[i].Preds {
				j := g.num[p.ID]
				if j < 0 || j > 0 && g.idom[j] < 0 {
					continue
				}
				if d < 0 {
					d = j
				} else {
					d = g.meet(d, j)
				}
			}
			if g.idom[i] != d {
				g.idom[i] = d
				changed = true
			}
		}
	}
}

func (g *graph) meet(i, j int) int {
	for i != j {
		for i > j {
			i = g.idom[i]
		}
		for j > i {
			j = g.idom[j]
		}
	}
	return i
}

// number gives each block the interval of its dominator subtree.
func (g *graph) number() {
	g.pre, g.post = make([]int, len(g.rpo)), make([]int, len(g.rpo))
	size := make([]int, len(g.rpo))
	for i := len(g.rpo) - 1; i > 0; i-- {
		size[i]++
		size[g.idom[i]] += size[i]
	}
	next := make([]int, len(g.rpo)) // first free number below a block
	g.post[0], next[0] = len(g.rpo), 1
	for i := 1; i < len(g.rpo); i++ {
		d := g.idom[i]
		g.pre[i] = next[d]
		g.post[i] = g.pre[i] + size[i]
		next[d] = g.post[i]
		next[i] = g.pre[i] + 1
	}
}

// at is the position of b, -1 when it is not reachable or newer than g.
func (g *graph) at(b *Block) int {
	if b.ID >= len(g.num) {
		return -1
	}
	return g.num[b.ID]
}

// dominates reports whether every path to b goes through a.
func (g *graph) dominates(a, b *Block) bool {
	i, j := g.at(a), g.at(b)
	return i >= 0 && j >= 0 && g.pre[i] <= g.pre[j] && g.pre[j] < g.post[i]
}

// loop is a natural loop: a header and the blocks that reach it again without
// leaving its dominance.
type loop struct {
	head   *Block
	blocks []*Block // head first
	in     []bool   // by Block.ID
}

// loops returns the natural loops, inner ones before outer ones.
func (g *graph) loops(f *Func) []*loop {
	var all []*loop
	for i := len(g.rpo) - 1; i >= 0; i-- {
		h := g.rpo[i]
		var l *loop
		for _, p := range h.Preds {
			if g.dominates(h, p) {
				if l == nil {
					l = &loop{head: h, blocks: []*Block{h}, in: make([]bool, f.NumIDs)}
					l.in[h.ID] = true
				}
				l.add(p)
			}
		}
		if l == nil {
			continue
		}
		all = append(all, l)
	}
	return all
}

// add puts b and everything that reaches it into the loop.
func (l *loop) add(b *Block) {
	work := []*Block{b}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		if l.in[b.ID] {
			continue
		}
		l.in[b.ID] = true
		l.blocks = append(l.blocks, b)
		work = append(work, b.Preds...)
	}
}
