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
	for _, e := range b.Succs {
		a.planEdge(w, e)
	}
	for i := len(b.Insts) - 1; i >= 0; i-- {
		in := &b.Insts[i]
		row := &a.t.Ops[in.Op]
		p := &a.plans[i]
		*p = plan{}
		if in.Dst != 0 {
			p.dst = w.remove(in.Dst)
		}
		p.avoid = w.set
		switch {
		case row.Call:
			w.clobber(^RegSet(0))
		case row.Clobbers != 0 || row.Dst != 0:
			w.clobber(row.Clobbers | 1<<row.Dst)
		}
		for j, r := range row.Arg {
			if in.Args[j] != 0 {
				w.add(in.Args[j], r)
			}
		}
		if row.Tied && row.Arg[0] == 0 && p.dst != 0 && a.val(in.Args[0]).want == 0 {
			w.add(in.Args[0], p.dst)
		}
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

// planEdge adds what the successor of an edge expects.
func (a *alloc) planEdge(w *wants, e Edge) {
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
			if h := a.val(e.To.Params[i]).hint; h != 0 {
				w.add(arg, h)
			}
		}
	}
}
