package ir

// thread leads an edge past a branch whose outcome is known on that edge: a
// lookup that hit is not null, a constant compares as it compares. The block
// of the branch is copied for the edge when it only computes; values of it that
// are used further on get new parameters where copies meet.
func thread(f *Func) bool {
	changed := false
	for range threadRounds {
		t := &threader{f: f, g: newGraph(f), known: newKnower(f)}
		any := false
		for _, b := range append([]*Block(nil), f.Blocks...) {
			if t.block(b) {
				any = true
			}
		}
		if !any {
			break
		}
		changed = true
		unreachable(f)
		copies(f)
		reguard(f)
		dead(f)
	}
	return changed
}

const (
	threadRounds = 8
	threadCopies = 6 // values copied for an edge, constants not counted
	threadFacts  = 8 // branches in front of an edge that are asked
)

type threader struct {
	f     *Func
	g     *graph // of the begin of the round
	known *knower
	at    *Edge   // whose facts are in
	facts *prover // for it
}

// block threads edges to b. It changes only edges that lead to b, and blocks
// that it makes.
func (t *threader) block(b *Block) bool {
	if b.Kind != BlockIf || b == t.f.Blocks[0] || len(b.Preds) < 2 || !t.copyable(b) || t.heads(b) {
		return false
	}
	var repairs *repair
	forEdges(b, func(e *Edge) {
		if len(b.Preds) < 2 {
			return // as the only one left it is merged, not copied
		}
		take := t.outcome(b, e)
		if take < 0 || t.g.dominates(b.Succs[take].To, b) {
			return // a loop keeps its one back edge
		}
		if repairs == nil {
			repairs = newRepair(t.f, b)
		}
		t.redirect(b, e, take, repairs)
	})
	if repairs == nil {
		return false
	}
	repairs.run()
	return true
}

// heads reports whether b is the head of a loop. Other ways in would make the
// loop irreducible.
func (t *threader) heads(b *Block) bool {
	for _, p := range b.Preds {
		if t.g.dominates(b, p) {
			return true
		}
	}
	return false
}

// copyable reports whether b computes little and has no effect. Loads stay
// where they are.
func (t *threader) copyable(b *Block) bool {
	n := 0
	for _, v := range b.Values {
		switch {
		case v.Op == OpConst || v.Op == OpGuard:
		case v.Op.Row().Class != ClassPure:
			return false
		default:
			n++
		}
	}
	return n <= threadCopies
}

// outcome returns which way b goes when it is entered by e, -1 when that is
// not known.
func (t *threader) outcome(b *Block, e *Edge) int {
	x, ok := t.eval(b, e, b.Ctl, 0)
	switch {
	case ok && x != 0:
		return 0
	case ok:
		return 1
	}
	return -1
}

// eval computes v of block b for the edge e.
func (t *threader) eval(b *Block, e *Edge, v *Value, depth int) (uint64, bool) {
	v = onEdge(b, e, v)
	if x, ok := v.IsConst(); ok {
		return x, true
	}
	if v.Block != b || depth > 4 || !v.Op.Foldable() {
		return 0, false
	}
	if isEq(v.Op) || v.Op == OpNe64 || v.Op == OpNe32 {
		a := onEdge(b, e, v.Args[0])
		if isNumber(v.Args[1], 0) && nonNull(a) && v.Op.Row().Width == 8 {
			return truth(!isEq(v.Op)), true
		}
	}
	var args [3]uint64
	for i, a := range v.Args {
		x, ok := t.eval(b, e, a, depth+1)
		if !ok {
			return t.ranged(b, e, v)
		}
		args[i] = x
	}
	return Eval(v.Op, args[0], args[1], args[2]), true
}

// ranged decides a comparison by what is known of its operands on the edge:
// by itself, and from the branches that lead there.
func (t *threader) ranged(b *Block, e *Edge, v *Value) (uint64, bool) {
	if !v.Op.Row().Compare {
		return 0, false
	}
	if t.at != e {
		t.at = e
		t.facts = &prover{f: t.f, known: t.known, bounds: map[*Value]known{}, holds: map[relation]bool{}}
		t.learn(e, predOf(b, e))
	}
	return t.facts.related(v.Op, onEdge(b, e, v.Args[0]), onEdge(b, e, v.Args[1]))
}

// learn gathers the conditions under which edge e of from is taken, the nearest
// last.
func (t *threader) learn(e *Edge, from *Block) {
	type step struct {
		cond *Value
		yes  bool
	}
	var steps []step
	for range threadFacts {
		if from.Kind == BlockIf && from.Succs[0].To != from.Succs[1].To {
			steps = append(steps, step{from.Ctl, e == &from.Succs[0]})
		}
		if len(from.Preds) != 1 {
			break
		}
		to := from
		from = from.Preds[0]
		for i := range from.Succs {
			if from.Succs[i].To == to {
				e = &from.Succs[i]
			}
		}
	}
	for i := len(steps) - 1; i >= 0; i-- {
		t.facts.learn(steps[i].cond, steps[i].yes)
	}
}

func onEdge(b *Block, e *Edge, v *Value) *Value {
	if v.Op == OpParam && v.Block == b {
		return e.Args[v.Imm]
	}
	return v
}

// redirect copies b for the edge and ends the copy with a jump.
func (t *threader) redirect(b *Block, e *Edge, take int, r *repair) {
	c := t.f.NewBlock(b.PC)
	c.Insns = b.Insns
	copied := make(map[*Value]*Value, len(b.Params)+len(b.Values))
	for i, p := range b.Params {
		copied[p] = e.Args[i]
	}
	for _, v := range b.Values {
		if v.Op == OpGuard {
			continue
		}
		n := t.f.newValue(v.Op, v.PC)
		n.Imm, n.Flags, n.Block = v.Imm, v.Flags, c
		for _, a := range v.Args {
			n.Args = append(n.Args, copyOf(copied, a))
		}
		c.Values = append(c.Values, n)
		copied[v] = n
	}
	out := b.Succs[take]
	var args []*Value
	for _, a := range out.Args {
		args = append(args, copyOf(copied, a))
	}
	c.jumpTo(out.To, args...)
	from := predOf(b, e)
	b.dropPred(from)
	*e = Edge{To: c}
	c.Preds = []*Block{from}
	r.define(c, copied)
}

func copyOf(copied map[*Value]*Value, v *Value) *Value {
	if c := copied[v]; c != nil {
		return c
	}
	return v
}

// predOf finds the block whose edge e is.
func predOf(b *Block, e *Edge) *Block {
	for _, p := range b.Preds {
		for i := range p.Succs {
			if &p.Succs[i] == e {
				return p
			}
		}
	}
	panic("ir: an edge is in none of its target's predecessors")
}

// reguard gives accesses whose control token no longer dominates them that of
// their own block.
func reguard(f *Func) {
	g := newGraph(f)
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if v.Guard != nil && (g.num[v.Guard.Block.ID] < 0 || !g.dominates(v.Guard.Block, b)) {
				v.Guard = f.guard(b)
			}
		}
	}
}
