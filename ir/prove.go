package ir

// prove decides conditions by the branches that lead to them: behind x < 14 a
// test of x < 34 has one outcome, and x needs no mask. It walks the dominator
// tree with what the edges above say: bounds of values, and comparisons that
// are known to hold or not.
func prove(f *Func) bool {
	p := &prover{
		f: f, g: newGraph(f), known: newKnower(f), r: newRenames(f),
		bounds: map[*Value]known{}, holds: map[relation]bool{},
	}
	kids := p.g.children()
	type visit struct{ block, undo int }
	work := []visit{{0, -1}}
	for len(work) > 0 {
		top := work[len(work)-1]
		work = work[:len(work)-1]
		if top.undo >= 0 {
			p.leave(top.undo)
			continue
		}
		work = append(work, visit{top.block, len(p.trail)})
		p.enter(p.g.rpo[top.block])
		for i := len(kids[top.block]) - 1; i >= 0; i-- {
			work = append(work, visit{kids[top.block][i], -1})
		}
	}
	if p.changed {
		p.r.apply(f)
	}
	return p.changed
}

type prover struct {
	f       *Func
	g       *graph
	known   *knower
	r       renames
	bounds  map[*Value]known // what the edges above say, beyond known
	holds   map[relation]bool
	trail   []fact
	changed bool
}

// relation is a comparison that was decided by a branch.
type relation struct {
	op   Op
	a, b *Value
}

// fact restores what the walk changed.
type fact struct {
	v   *Value // bounds of v, or
	rel relation
	old known
	had bool
}

func (p *prover) leave(length int) {
	for i := len(p.trail) - 1; i >= length; i-- {
		switch t := p.trail[i]; {
		case t.v == nil:
			delete(p.holds, t.rel)
		case t.had:
			p.bounds[t.v] = t.old
		default:
			delete(p.bounds, t.v)
		}
	}
	p.trail = p.trail[:length]
}

// enter learns from the only edge to b and decides what b compares.
func (p *prover) enter(b *Block) {
	if len(b.Preds) == 1 && b.Preds[0].Kind == BlockIf {
		pred := b.Preds[0]
		p.learn(pred.Ctl, pred.Succs[0].To == b)
	}
	for _, v := range b.Values {
		if x := p.decide(v); x != nil {
			p.r[v.ID] = x
			p.changed = true
		}
	}
	if b.Kind == BlockIf && b.Ctl.Block != b && b.Ctl.Op != OpConst {
		// Decided by a branch above, or by another block's computation.
		if x, ok := p.of(b.Ctl, 0).isConst(); ok {
			b.Ctl = p.f.Const(x)
			p.changed = true
		}
	}
}

// of is what is known of v here.
func (p *prover) of(v *Value, depth int) known {
	k := p.known.of(v)
	if len(p.bounds) == 0 {
		return k
	}
	if more, ok := p.bounds[v]; ok {
		k = k.meet(more)
	}
	t := transfers[v.Op]
	if t == nil || v.Op == OpSelect || depth > 3 {
		return k
	}
	a, b := p.of(v.Args[0], depth+1), known{}
	if len(v.Args) > 1 {
		b = p.of(v.Args[1], depth+1)
	}
	if is32(v.Op) {
		a, b = a.low(), b.low()
	}
	return k.meet(t(a, b))
}

// decide returns what v is here, nil when that is v itself.
func (p *prover) decide(v *Value) *Value {
	row := v.Op.Row()
	if row.Class != ClassPure || len(v.Args) == 0 {
		return nil
	}
	if row.Compare {
		if x, ok := p.compare(v); ok {
			return p.f.Const(x)
		}
		return nil
	}
	// Extensions and masks that change nothing here.
	a := v.Args[0]
	keep := uint64(0)
	switch v.Op {
	case OpZext8, OpZext16, OpZext32:
		keep = uint64(1)<<(8*row.Width) - 1
	case OpAnd64, OpAnd32:
		var ok bool
		if keep, ok = constArg(v, 1); !ok {
			return nil
		}
	default:
		return nil
	}
	if k := p.of(a, 0); k.min <= k.max && k.possible()&^keep == 0 {
		return a
	}
	return nil
}

func (p *prover) compare(v *Value) (uint64, bool) {
	return p.related(v.Op, v.Args[0], v.Args[1])
}

// related decides the comparison op of a and b.
func (p *prover) related(op Op, a, b *Value) (uint64, bool) {
	if yes, ok := p.holds[relation{op, a, b}]; ok {
		return truth(yes), true
	}
	x, y := p.of(a, 0), p.of(b, 0)
	if is32(op) {
		x, y = x.low(), y.low()
	}
	if x.min > x.max || y.min > y.max {
		return 0, false // never reached
	}
	return transfers[op](x, y).isConst()
}

// learn notes that cond holds, or that it does not.
func (p *prover) learn(cond *Value, yes bool) {
	switch {
	case cond.Op.Row().Compare || !yes:
		p.bound(cond, exactly(truth(yes)))
	default:
		p.bound(cond, between(1, anything.max))
	}
	if !cond.Op.Row().Compare {
		return
	}
	a, b := cond.Args[0], cond.Args[1]
	op := cond.Op
	p.relate(relation{op, a, b}, yes)
	if op.Row().Commutative {
		p.relate(relation{op, b, a}, yes)
	}
	if inv := inverse[op]; inv != OpInvalid {
		p.relate(relation{inv, a, b}, !yes)
		p.relate(relation{inv, b, a}, !yes)
	}
	if inv := inverseSwapped[op]; inv != OpInvalid {
		p.relate(relation{inv, b, a}, !yes)
		if inv == OpUle64 || inv == OpUle32 || inv == OpSle64 || inv == OpSle32 {
			// op is <: a < b makes a <= b and not b < a.
			if yes {
				p.relate(relation{inv, a, b}, true)
				p.relate(relation{op, b, a}, false)
			}
		} else if !yes {
			// op is <=: not a <= b makes b < a, and not a < b.
			p.relate(relation{inv, a, b}, false)
			p.relate(relation{op, b, a}, true)
		}
	}
	p.range2(op, a, b, yes)
}

func (p *prover) relate(r relation, yes bool) {
	if _, ok := p.holds[r]; ok {
		return
	}
	p.holds[r] = yes
	p.trail = append(p.trail, fact{rel: r})
}

func (p *prover) bound(v *Value, k known) {
	if v.Op == OpConst {
		return
	}
	old, had := p.bounds[v]
	p.trail = append(p.trail, fact{v: v, old: old, had: had})
	if had {
		k = k.meet(old)
	}
	p.bounds[v] = k
}

// range2 bounds both operands of a comparison.
func (p *prover) range2(op Op, a, b *Value, yes bool) {
	x, y := p.of(a, 0), p.of(b, 0)
	full := op.Row().Width == 8
	if !full && (x.max>>32 != 0 || y.max>>32 != 0) {
		return // says something of the low halves only
	}
	switch op {
	case OpNe64, OpNe32, OpEq64, OpEq32:
		if (op == OpEq64 || op == OpEq32) == yes {
			both := x.meet(y)
			p.bound(a, both)
			p.bound(b, both)
			return
		}
		p.differs(a, x, y)
		p.differs(b, y, x)
	case OpUlt64, OpUlt32:
		if yes {
			p.less(a, b, x, y, 1)
		} else {
			p.less(b, a, y, x, 0)
		}
	case OpUle64, OpUle32:
		if yes {
			p.less(a, b, x, y, 0)
		} else {
			p.less(b, a, y, x, 1)
		}
	case OpTest64, OpTest32:
		if c, ok := y.isConst(); ok && !yes {
			k := anything
			k.mask &^= c
			p.bound(a, k.reduced())
		}
	}
}

// less bounds a and b when a + gap <= b.
func (p *prover) less(a, b *Value, x, y known, gap uint64) {
	if y.max >= gap {
		p.bound(a, upTo(y.max-gap))
	}
	if x.min+gap >= gap {
		p.bound(b, between(x.min+gap, anything.max))
	}
}

// differs shortens the bounds of v by a constant that it is not.
func (p *prover) differs(v *Value, k, other known) {
	c, ok := other.isConst()
	switch {
	case !ok || k.min >= k.max:
	case c == k.min:
		p.bound(v, between(k.min+1, k.max))
	case c == k.max:
		p.bound(v, between(k.min, k.max-1))
	}
}
