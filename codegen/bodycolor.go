package codegen

import (
	"cmp"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// interval is the stretch of the function in which a value needs its variable,
// from its definition to its last use, holes not counted out. Positions number
// what is written: the start of a block, each value, the end of the block. A
// value is used at position 2n and defined at 2n+1, so that a value can take
// the variable of its own argument.
type interval struct {
	v          *ir.Value
	start, end int
	// friends are values that flow into v or that v flows into.
	friends []*ir.Value
}

// colour gives each value with placeVar a function variable such that no two
// that are needed at once share one: liveness by blocks, one interval for each
// value, then a scan by start (interval graphs are coloured optimally so).
func (b *body) colour() {
	list := b.intervals()
	slices.SortStableFunc(list, func(x, y *interval) int {
		return cmp.Or(cmp.Compare(x.start, y.start), cmp.Compare(x.v.ID, y.v.ID))
	})
	coloured := make([]bool, b.fn.NumIDs)
	var ends []int // by variable: last position of its present value
	for _, it := range list {
		index := -1
		for _, f := range it.friends {
			if coloured[f.ID] && ends[b.plans[f.ID].index] < it.start {
				index = b.plans[f.ID].index
				break
			}
		}
		for i := 0; index < 0 && i < len(ends); i++ {
			if ends[i] < it.start {
				index = i
			}
		}
		if index < 0 {
			index = len(ends)
			ends = append(ends, 0)
		}
		b.plans[it.v.ID].index, ends[index], coloured[it.v.ID] = index, it.end, true
	}
	b.vars = len(ends)
}

// intervals computes the interval of every value with placeVar.
func (b *body) intervals() []*interval {
	byID := make([]*interval, b.fn.NumIDs)
	var list []*interval
	touch := func(v *ir.Value, at int) {
		it := byID[v.ID]
		if it == nil {
			it = &interval{v: v, start: at, end: at}
			byID[v.ID] = it
			list = append(list, it)
		}
		it.start, it.end = min(it.start, at), max(it.end, at)
	}
	liveIn := b.liveIn()
	n := 0
	for _, block := range b.blocks {
		n++
		for _, v := range liveIn[block.ID] {
			touch(v, 2*n)
		}
		for _, v := range block.Params {
			if b.plans[v.ID].place == placeVar {
				touch(v, 2*n)
			}
		}
		for _, v := range block.Values {
			if place := b.plans[v.ID].place; place == placeDead || place == placeInside || place == placeLeaf {
				continue
			}
			n++
			for _, a := range v.Args {
				b.variables(a, func(u *ir.Value) { touch(u, 2*n) })
			}
			if b.plans[v.ID].place == placeVar {
				touch(v, 2*n+1)
			}
		}
		n++
		b.endUses(block, func(u *ir.Value) { touch(u, 2*n) })
		for _, e := range block.Succs {
			for _, v := range liveIn[e.To.ID] {
				touch(v, 2*n)
			}
		}
	}
	for _, block := range b.blocks {
		for _, e := range block.Succs {
			b.befriend(e, byID)
		}
	}
	return list
}

// befriend notes which values an edge copies into which.
func (b *body) befriend(e ir.Edge, byID []*interval) {
	for i, a := range e.Args {
		param := e.To.Params[i]
		if b.plans[param.ID].place != placeVar || b.plans[a.ID].place != placeVar {
			continue
		}
		if it := byID[a.ID]; it != nil {
			it.friends = append(it.friends, param)
		}
		if it := byID[param.ID]; it != nil {
			it.friends = append(it.friends, a)
		}
	}
}

// variables calls use for each function variable that is read where v is
// named: v itself, or those inside its expression.
func (b *body) variables(v *ir.Value, use func(*ir.Value)) {
	switch b.plans[v.ID].place {
	case placeVar:
		use(v)
	case placeInside:
		for _, a := range v.Args {
			b.variables(a, use)
		}
	}
}

// endUses calls use for each function variable that the end of a block reads.
func (b *body) endUses(block *ir.Block, use func(*ir.Value)) {
	if block.Ctl != nil {
		b.variables(block.Ctl, use)
	}
	for _, e := range block.Succs {
		for i, a := range e.Args {
			if b.plans[e.To.Params[i].ID].place == placeVar {
				b.variables(a, use)
			}
		}
	}
}

// liveIn lists, by block ID, the function variables whose value is needed at
// the start of a block, its own parameters not counted. The lists grow
// backwards from each use, path by path.
func (b *body) liveIn() [][]*ir.Value {
	lists := make([][]*ir.Value, b.fn.NumIDs)
	preds := make([][]*ir.Block, b.fn.NumIDs)
	for _, block := range b.blocks {
		for _, e := range block.Succs {
			preds[e.To.ID] = append(preds[e.To.ID], block)
		}
	}
	last := make([]int, b.fn.NumIDs) // by block ID: value ID + 1 that was added last
	var work []*ir.Block
	need := func(v *ir.Value, in *ir.Block) {
		work = append(work[:0], in)
		for len(work) > 0 {
			block := work[len(work)-1]
			work = work[:len(work)-1]
			if v.Block == block || last[block.ID] == v.ID+1 {
				continue
			}
			last[block.ID] = v.ID + 1
			lists[block.ID] = append(lists[block.ID], v)
			work = append(work, preds[block.ID]...)
		}
	}
	for _, u := range b.uses() {
		for _, block := range u.in {
			need(u.v, block)
		}
	}
	return lists
}

// used is a value and the blocks that read it.
type used struct {
	v  *ir.Value
	in []*ir.Block
}

// uses lists the function variables with the blocks that read them, in the
// order of their first use.
func (b *body) uses() []*used {
	byID := make([]*used, b.fn.NumIDs)
	var list []*used
	for _, block := range b.blocks {
		use := func(v *ir.Value) {
			u := byID[v.ID]
			if u == nil {
				u = &used{v: v}
				byID[v.ID] = u
				list = append(list, u)
			}
			if n := len(u.in); n == 0 || u.in[n-1] != block {
				u.in = append(u.in, block)
			}
		}
		for _, v := range block.Values {
			if place := b.plans[v.ID].place; place == placeBlock || place == placeVar || place == placeEffect {
				for _, a := range v.Args {
					b.variables(a, use)
				}
			}
		}
		b.endUses(block, use)
	}
	return list
}
