package backend

// plan is what the backward walk knows about an instruction.
type plan struct {
	dst   Reg    // register that the result should have
	avoid RegSet // registers that values live behind it should have
}

// buildUses lists the uses of every value in the current block.
func (a *alloc) buildUses() {
	b := a.blk
	a.uses = append(a.uses[:0], use{})
	n := int32(len(b.Insts))
	for _, x := range a.live[b.ID] {
		a.addUse(x.reg, n+x.dist)
	}
	for _, e := range b.Succs {
		for _, r := range e.Args {
			a.addUse(r, n)
		}
	}
	var buf [5]*Reg
	for i := len(b.Insts) - 1; i >= 0; i-- {
		for _, r := range b.Insts[i].operands(&buf) {
			if r.Virtual() {
				a.addUse(*r, int32(i))
			}
		}
	}
}

func (a *alloc) addUse(r Reg, dist int32) {
	x := a.val(r)
	if x.next != 0 && a.uses[x.next].dist <= dist {
		return
	}
	if x.next == 0 {
		x.last = dist
	}
	a.uses = append(a.uses, use{dist, x.next})
	x.next = int32(len(a.uses) - 1)
}

// wants is the set of values that prefer a register, at one point of the
// backward walk.
type wants struct {
	a    *alloc
	list []Reg
	set  RegSet
}

func (w *wants) add(v, r Reg) {
	if !v.Virtual() || r == 0 || !w.a.t.Allocatable.Has(r) {
		return
	}
	x := w.a.val(v)
	if x.want == 0 {
		w.list = append(w.list, v)
	}
	x.want = r
	w.recount()
}

func (w *wants) remove(v Reg) Reg {
	if !v.Virtual() {
		return 0
	}
	x := w.a.val(v)
	r := x.want
	if r == 0 {
		return 0
	}
	x.want = 0
	for i, o := range w.list {
		if o == v {
			w.list = append(w.list[:i], w.list[i+1:]...)
			break
		}
	}
	w.recount()
	return r
}

func (w *wants) recount() {
	w.set = 0
	for _, v := range w.list {
		w.set |= 1 << w.a.val(v).want
	}
}

// clobber forgets preferences for registers that do not survive.
func (w *wants) clobber(set RegSet) {
	if w.set&set == 0 {
		return
	}
	kept := w.list[:0]
	for _, v := range w.list {
		if set.Has(w.a.val(v).want) {
			w.a.val(v).want = 0
		} else {
			kept = append(kept, v)
		}
	}
	w.list = kept
	w.recount()
}

// plan walks the block backwards and carries preferences from uses to
// definitions.
func (a *alloc) plan() {
	b := a.blk
	if cap(a.plans) < len(b.Insts) {
		a.plans = make([]plan, len(b.Insts)*2)
	}
	a.plans = a.plans[:len(b.Insts)]
	w := &wants{a: a}
	// The hotter edge comes last: its wishes prevail.
	hot := 0
	if len(b.Succs) == 2 && colder(b.Succs[0].To, b.Succs[1].To) {
		hot = 1
	}
	for i := range b.Succs {
		a.planEdge(w, b.Succs[i^hot^(len(b.Succs)-1)])
	}
	later := a.ahead(b) // registers that instructions further on insist on
	for i := len(b.Insts) - 1; i >= 0; i-- {
		in := &b.Insts[i]
		row := &a.t.Ops[in.Op]
		p := &a.plans[i]
		*p = plan{}
		if in.Dst != 0 {
			p.dst = w.remove(in.Dst)
		}
		p.avoid = w.set | later
		if !row.Call {
			later |= row.Clobbers | Regs(row.Arg[:]...)&^1
		}
		switch {
		case row.Call:
			w.clobber(^RegSet(0))
		case row.Clobbers != 0 || row.Dst != 0:
			w.clobber(row.Clobbers | 1<<row.Dst)
		}
		a.planOperands(w, in, row, p, int32(i))
		if in.Op == OpMove && p.dst != 0 {
			w.add(in.Args[0], p.dst)
		}
	}
	for _, p := range b.Params {
		if r := w.remove(p); r != 0 {
			a.val(p).hint = r
		}
	}
	w.clobber(^RegSet(0))
}

// planOperands hands the preferences of an instruction to its operands. An
// operand that lives on wants no register that the instruction overwrites.
func (a *alloc) planOperands(w *wants, in *Instr, row *OpInfo, p *plan, i int32) {
	dies := func(v Reg) bool { return v.Virtual() && a.val(v).last == i }
	for j, r := range row.Arg {
		if destroyed := row.Clobbers.Has(r) || row.Dst == r; in.Args[j] != 0 && (!destroyed || dies(in.Args[j])) {
			w.add(in.Args[j], r)
		}
	}
	if !row.Tied || row.Arg[0] != 0 || p.dst == 0 {
		return
	}
	v := in.Args[0]
	if row.Commutes && !dies(v) {
		v = in.Args[1]
	}
	if dies(v) && a.val(v).want == 0 {
		w.add(v, p.dst)
	}
}

// ahead returns the registers that instructions behind b insist on: those of
// the next blocks, and of the whole loop where one begins.
func (a *alloc) ahead(b *Block) RegSet {
	set := RegSet(0)
	for _, e := range b.Succs {
		to := e.To
		if len(to.Insts) == 1 && len(to.Succs) == 1 {
			to = to.Succs[0].To
		}
		if !to.Cold || b.Cold {
			set |= a.takes[to.ID] | a.loopTakes[to.ID]
		}
	}
	return set
}

// colder reports whether b is executed less than c.
func colder(b, c *Block) bool {
	if b.Cold != c.Cold {
		return b.Cold
	}
	return b.Depth < c.Depth
}

// planEdge adds what the successor of an edge expects. A block that only
// carries the moves of an edge expects what its own successor does.
func (a *alloc) planEdge(w *wants, e Edge) {
	if to := e.To; len(to.Insts) == 1 && len(to.Succs) == 1 && len(to.Preds) == 1 && a.start[to.ID] == nil {
		a.planEdge(w, to.Succs[0])
		return
	}
	for _, p := range a.start[e.To.ID] {
		v := p.val
		for i, q := range e.To.Params {
			if q == v && i < len(e.Args) {
				v = e.Args[i]
			}
		}
		w.add(v, p.reg)
	}
	if e.To.order > a.blk.order {
		for i, arg := range e.Args {
			h := a.val(e.To.Params[i]).hint
			if h == 0 {
				h = a.handedOn(e.To, e.To.Params[i])
			}
			if h != 0 {
				w.add(arg, h)
			}
		}
	}
}

// handedOn returns the register that a block behind b, the head of a loop that
// b ends, expects parameter p of b in.
func (a *alloc) handedOn(b *Block, p Reg) Reg {
	for _, e := range b.Succs {
		if len(e.To.Insts) == 1 && len(e.To.Succs) == 1 && a.start[e.To.ID] == nil {
			e = e.To.Succs[0]
		}
		for i, arg := range e.Args {
			if arg != p {
				continue
			}
			for _, at := range a.start[e.To.ID] {
				if at.val == e.To.Params[i] {
					return at.reg
				}
			}
		}
	}
	return 0
}
