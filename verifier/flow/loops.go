package flow

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// Loop is a loop of the control flow graph: all that leads to a jump back to
// its head and is reached from there.
type Loop struct {
	Head int
	// Limits are the numbers that jumps in it compare with and their
	// neighbours, sorted.
	Limits []int64
	// Around lists the heads of the loops that contain this head.
	Around []int

	from []int // jumps back
}

// loops finds the targets of jumps that lead back in a depth-first walk of a
// function.
func (g *Graph) loops(env *transfer.Env, fn *frontend.Func) {
	const (
		open = 1
		done = 2
	)
	type visit struct {
		pc   int
		next []int
	}
	mark := make([]uint8, fn.End-fn.Start)
	walk := []visit{{fn.Start, successors(fn.Start, &env.Insns[fn.Start])}}
	mark[0] = open
	for len(walk) > 0 {
		v := &walk[len(walk)-1]
		if len(v.next) == 0 {
			mark[v.pc-fn.Start] = done
			walk = walk[:len(walk)-1]
			continue
		}
		to := v.next[0]
		v.next = v.next[1:]
		switch mark[to-fn.Start] {
		case 0:
			mark[to-fn.Start] = open
			walk = append(walk, visit{to, successors(to, &env.Insns[to])})
		case open:
			g.loop(to, v.pc)
		}
	}
	var before [][]int // by slot from fn.Start: slots that lead to it
	for _, l := range g.Loops[fn.Start:fn.End] {
		if l == nil {
			continue
		}
		if before == nil {
			before = predecessors(env, fn)
		}
		var insns []bpf.Instruction
		for _, pc := range l.body(fn, before) {
			insns = append(insns, env.Insns[pc])
			if o := g.Loops[pc]; o != nil && o != l {
				o.Around = append(o.Around, l.Head)
			}
		}
		l.Limits = limits(insns)
	}
}

func predecessors(env *transfer.Env, fn *frontend.Func) [][]int {
	l := make([][]int, fn.End-fn.Start)
	for pc := fn.Start; pc < fn.End; pc++ {
		if in := &env.Insns[pc]; in.Op != bpf.OpInvalid {
			for _, to := range successors(pc, in) {
				l[to-fn.Start] = append(l[to-fn.Start], pc)
			}
		}
	}
	return l
}

// body lists the slots of a loop, its head among them.
func (l *Loop) body(fn *frontend.Func, before [][]int) []int {
	seen := make([]bool, len(before))
	seen[l.Head-fn.Start] = true
	body, work := []int{l.Head}, append([]int(nil), l.from...)
	for len(work) > 0 {
		pc := work[len(work)-1]
		work = work[:len(work)-1]
		if seen[pc-fn.Start] {
			continue
		}
		seen[pc-fn.Start] = true
		body = append(body, pc)
		work = append(work, before[pc-fn.Start]...)
	}
	return body
}

func (g *Graph) loop(head, from int) {
	l := g.Loops[head]
	if l == nil {
		l = &Loop{Head: head}
		g.Loops[head] = l
	}
	l.from = append(l.from, from)
	g.Points[head] = true
}

func (g *Graph) bounded(pc int) {
	g.Points[pc], g.Bounded[pc], g.HasBounded = true, true, true
}

// LimitsAt are the numbers that a number which grows at a slot may be compared
// with: those of the loop whose head it is, or, when they are not too many,
// of the program.
func (g *Graph) LimitsAt(pc int) []int64 {
	const many = 100
	if l := g.Loops[pc]; l != nil {
		return l.Limits
	}
	if len(g.limits) > many {
		return nil
	}
	return g.limits
}

// limits are the constants of comparisons and their neighbours.
func limits(insns []bpf.Instruction) []int64 {
	var l []int64
	for i := range insns {
		in := &insns[i]
		if in.Src != bpf.RegImm || in.Kind != bpf.KindConst {
			continue
		}
		if table.OpOf(in.Op).Class == table.ClassJump && in.Op != bpf.OpJa {
			l = append(l, in.Imm-1, in.Imm, in.Imm+1)
			if in.Width == 4 && in.Imm < 0 {
				n := int64(uint32(in.Imm))
				l = append(l, n-1, n, n+1)
			}
		}
	}
	slices.Sort(l)
	return slices.Compact(l)
}
