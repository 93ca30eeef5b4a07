package backend

import "sort"

// startState fills the registers with what the current block begins with.
func (a *alloc) startState() {
	b := a.blk
	switch len(b.Preds) {
	case 0:
	case 1:
		for _, p := range a.end[b.Preds[0].ID] {
			if a.val(p.val).next != 0 {
				a.assign(p.reg, p.val)
			}
		}
	default:
		a.mergeState()
	}
	for s := a.busy; s != 0; s &= s - 1 {
		r := s.Lowest()
		a.start[b.ID] = append(a.start[b.ID], place{r, a.holds[r]})
	}
}

// primary chooses the predecessor whose registers the block takes over.
func (a *alloc) primary() *Block {
	var best *Block
	better := func(p, q *Block) bool {
		if p.Cold != q.Cold {
			return !p.Cold
		}
		return len(a.end[p.ID]) > len(a.end[q.ID])
	}
	for _, p := range a.blk.Preds {
		if p.order < a.blk.order && (best == nil || better(p, best)) {
			best = p
		}
	}
	return best
}

// mergeState chooses places for a block with several predecessors.
func (a *alloc) mergeState() {
	b := a.blk
	from := a.primary()
	args := make(map[Reg]Reg, len(b.Params)) // parameter: argument on the edge from primary
	for i, p := range b.Params {
		args[p] = from.Succs[0].Args[i]
	}
	loop := b.head == b
	taken := a.loopTakes[b.ID]
	occupied := RegSet(0)
	for _, p := range a.end[from.ID] {
		occupied |= 1 << p.reg
	}
	for _, p := range a.end[from.ID] {
		x := a.val(p.val)
		if x.next == 0 || x.regs != 0 || !a.keepAtMerge(p.val, loop) {
			continue
		}
		r := a.vote(p.val, p.reg)
		if loop && taken.Has(r) {
			// The loop needs the register for something else each time.
			if free := a.t.Allocatable &^ a.busy &^ taken &^ occupied; free != 0 {
				r = free.Lowest()
			}
		}
		if a.busy.Has(r) {
			continue
		}
		a.assign(r, p.val)
	}
	params := append([]Reg(nil), b.Params...)
	sort.SliceStable(params, func(i, j int) bool { return a.dist(params[i]) < a.dist(params[j]) })
	for _, p := range params {
		a.placeParam(p, a.placeAtEnd(from, args[p]), taken)
	}
	if loop && !a.loopCalls[b.ID] {
		a.preload()
	}
}

// vote returns the register that most predecessors have v in, of those that
// are still empty here.
func (a *alloc) vote(v, first Reg) Reg {
	var votes [FirstVirtual]int
	for _, p := range a.blk.Preds {
		if p.order < a.blk.order && !p.Cold {
			if r := a.placeAtEnd(p, v); r != 0 {
				votes[r]++
			}
		}
	}
	best := first
	for r := Reg(1); r < FirstVirtual; r++ {
		if votes[r] > votes[best] && !a.busy.Has(r) {
			best = r
		}
	}
	return best
}

// dist returns how far v's next use is from the beginning of the block.
func (a *alloc) dist(v Reg) int32 {
	if n := a.val(v).next; n != 0 {
		return a.uses[n].dist
	}
	return 1 << 28
}

// placeAtEnd returns a register that holds v at the end of p.
func (a *alloc) placeAtEnd(p *Block, v Reg) Reg {
	for _, e := range a.end[p.ID] {
		if e.val == v {
			return e.reg
		}
	}
	return 0
}

// keepAtMerge decides whether a value that the primary predecessor has in a
// register keeps it. Every other edge must then bring it there.
func (a *alloc) keepAtMerge(v Reg, loop bool) bool {
	if a.dist(v) < distFar {
		return true
	}
	if loop {
		return !a.loopLeaves[a.blk.ID] && a.busy.Len() < a.t.Allocatable.Len()/2
	}
	for _, p := range a.blk.Preds {
		if p.order < a.blk.order && a.placeAtEnd(p, v) == 0 {
			return false
		}
	}
	return true
}

// placeParam gives parameter p a register, or leaves it in memory.
func (a *alloc) placeParam(p, argReg Reg, taken RegSet) {
	x := a.val(p)
	if x.next == 0 {
		return
	}
	free := a.t.Allocatable &^ a.busy
	if a.dist(p) >= distFar && a.blk.calls {
		x.memory = true
		return
	}
	switch {
	case x.hint != 0 && (free &^ taken).Has(x.hint):
		a.assign(x.hint, p)
	case argReg != 0 && (free &^ taken).Has(argReg):
		a.assign(argReg, p)
	case free&^taken != 0:
		a.assign((free &^ taken).Lowest(), p)
	case free != 0:
		a.assign(free.Lowest(), p)
	default:
		r := a.victim(a.t.Allocatable)
		if a.dist(a.holds[r]) <= a.dist(p) {
			x.memory = true
			return
		}
		if y := a.val(a.holds[r]); y.param && y.def == a.blk {
			y.memory = true
		}
		a.drop(r)
		a.assign(r, p)
	}
}

// preload gives registers that are left to values that the loop uses, so that
// its entry loads them once instead of each iteration.
func (a *alloc) preload() {
	var list []Reg
	for _, p := range a.blk.Preds {
		for _, x := range a.live[p.ID] {
			v := a.val(x.reg)
			if v.next != 0 && v.regs == 0 && !(v.param && v.def == a.blk) && a.dist(x.reg) < distFar {
				list = append(list, x.reg)
			}
		}
	}
	sort.SliceStable(list, func(i, j int) bool { return a.dist(list[i]) < a.dist(list[j]) })
	for _, v := range list {
		free := a.t.Allocatable &^ a.busy
		if free.Len() <= 3 {
			return
		}
		if rest := free &^ a.loopTakes[a.blk.ID]; rest != 0 {
			free = rest
		}
		if a.val(v).regs == 0 {
			a.assign(free.Lowest(), v)
		}
	}
}
