package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// values numbers values: a computation that was done on every path to here is
// not done again. It walks the dominator tree with the computations of the
// blocks above. Loads count as computations of address and token, except those
// of map values, which others may change at any time.
func values(f *Func) bool {
	n := &numberer{g: newGraph(f), r: newRenames(f), seen: map[computation]*Value{}}
	kids := n.g.children()
	type visit struct {
		block int
		undo  int // length of the trail when the block was entered; -1 before
	}
	work := []visit{{0, -1}}
	for len(work) > 0 {
		top := work[len(work)-1]
		work = work[:len(work)-1]
		if top.undo >= 0 {
			n.leave(top.undo)
			continue
		}
		work = append(work, visit{top.block, len(n.trail)})
		n.enter(n.g.rpo[top.block])
		for i := len(kids[top.block]) - 1; i >= 0; i-- {
			work = append(work, visit{kids[top.block][i], -1})
		}
	}
	if n.changed {
		n.r.apply(f)
		for _, b := range f.Blocks {
			b.keep(func(v *Value) bool { return n.r[v.ID] == nil })
		}
	}
	f.consts = nil
	return n.changed
}

// children lists the dominator tree downwards, by position.
func (g *graph) children() [][]int {
	kids := make([][]int, len(g.rpo))
	for i := 1; i < len(g.rpo); i++ {
		kids[g.idom[i]] = append(kids[g.idom[i]], i)
	}
	return kids
}

// computation identifies what a value computes.
type computation struct {
	op      Op
	imm     int64
	a, b, c int // ids of arguments, -1 when there are fewer
	mem     int
}

type numberer struct {
	g       *graph
	r       renames
	seen    map[computation]*Value
	trail   []shadow
	changed bool
}

// shadow restores an entry when the walk leaves a block.
type shadow struct {
	key computation
	old *Value
}

func (n *numberer) leave(length int) {
	for i := len(n.trail) - 1; i >= length; i-- {
		if s := n.trail[i]; s.old != nil {
			n.seen[s.key] = s.old
		} else {
			delete(n.seen, s.key)
		}
	}
	n.trail = n.trail[:length]
}

func (n *numberer) enter(b *Block) {
	for _, v := range b.Values {
		n.r.value(v)
		key, ok := keyOf(v)
		if !ok {
			continue
		}
		if first := n.seen[key]; first != nil {
			n.r[v.ID] = first
			n.changed = true
			continue
		}
		n.trail = append(n.trail, shadow{key, n.seen[key]})
		n.seen[key] = v
	}
	n.r.end(b)
}

func keyOf(v *Value) (computation, bool) {
	row := v.Op.Row()
	k := computation{op: v.Op, imm: v.Imm, a: -1, b: -1, c: -1, mem: -1}
	switch row.Class {
	case ClassPure:
	case ClassLoad:
		if v.Region&table.RegionMap != 0 || len(v.Mem) != 1 {
			return k, false
		}
		k.mem = v.Mem[0].ID
	default:
		return k, false
	}
	for i, p := range [...]*int{&k.a, &k.b, &k.c} {
		if i < len(v.Args) {
			*p = v.Args[i].ID
		}
	}
	if row.Commutative && k.a > k.b {
		k.a, k.b = k.b, k.a
	}
	return k, true
}
