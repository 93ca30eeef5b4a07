package ir

import "math"

// stride lets a loop keep one number for its counter instead of two. A loop
// such as
//
//	for (i = 0; i < 1498; i += 2) { if (i + 2 > len) break; use(p[i]); }
//
// computes next = i + 2 early and uses i behind that, so both live. Here uses
// of i behind next become uses of next: i is next - 2, which holds modulo 2^64
// whatever the values are.
//
//   - An address of accesses takes the difference into their displacements.
//   - i == K and i != K become comparisons of next with K + 2, exactly.
//   - i < K and i <= K become next < K + 2 and next <= K + 2. That needs a
//     proof that neither side wraps: see counter.bounded.
//   - Outside of the loop i is computed back from next.
//
// A loop with any other use of i behind next stays as it is: i would live on.
func stride(f *Func) bool {
	changed := false
	g := newGraph(f)
	for _, l := range g.loops(f) {
		for _, p := range l.head.Params {
			c := &counter{f: f, g: g, l: l, i: p}
			if c.find() && c.collect() {
				c.rewrite()
				changed = true
			}
		}
	}
	return changed
}

// strideLimit bounds steps and displacements, so that they stay immediates.
const strideLimit = 1 << 20

// counter is a parameter i of a loop's head that is next = i + step on each
// back edge.
type counter struct {
	f    *Func
	g    *graph
	l    *loop
	i    *Value
	next *Value
	step int64

	addresses []*Value // i + x, for accesses only
	compares  []*Value // of i with a number
	outside   []*Value // uses behind the loop
	users     map[*Value][]*Value
}

// find sets next and step.
func (c *counter) find() bool {
	if c.i.Type != TypeInt {
		return false
	}
	same := true
	forEdges(c.l.head, func(e *Edge) {
		a := e.Args[c.i.Imm]
		switch {
		case a.Op != OpAdd64 || a.Args[0] != c.i: // not from inside, or not a counter
		case c.next == nil:
			c.next = a
		default:
			same = same && a == c.next
		}
	})
	if !same || c.next == nil || !c.l.in[c.next.Block.ID] {
		return false
	}
	for _, p := range c.l.head.Preds {
		for _, e := range p.Succs {
			if e.To == c.l.head && c.l.in[p.ID] && e.Args[c.i.Imm] != c.next {
				return false
			}
		}
	}
	x, ok := c.next.Args[1].IsConst()
	c.step = int64(x)
	return ok && c.step > 0 && c.step < strideLimit
}

// collect sorts the uses of i behind next; it reports whether there are some
// in the loop and all can be changed.
func (c *counter) collect() bool {
	c.users = map[*Value][]*Value{}
	for _, b := range c.g.rpo {
		behind := b != c.next.Block && c.g.dominates(c.next.Block, b)
		for _, v := range b.Values {
			for _, a := range v.Args {
				c.users[a] = append(c.users[a], v)
			}
			if v == c.next {
				behind = true
				continue
			}
			for k, a := range v.Args {
				if a == c.i && !c.use(v, k, behind) {
					return false
				}
			}
		}
		if b.Ctl == c.i && !c.before(b, behind) {
			return false
		}
		for _, e := range b.Succs {
			for _, a := range e.Args {
				if a == c.i {
					return false
				}
			}
		}
	}
	for _, v := range c.addresses {
		if !c.addressOnly(v) {
			return false
		}
	}
	return len(c.addresses)+len(c.compares) > 0
}

// use notes a use of i as operand k of v.
func (c *counter) use(v *Value, k int, behind bool) bool {
	if !behind {
		return c.before(v.Block, false)
	}
	x, isConst := uint64(0), false
	if len(v.Args) == 2 {
		x, isConst = v.Args[1-k&1].IsConst()
	}
	switch {
	case !c.l.in[v.Block.ID]:
		c.outside = append(c.outside, v)
		return true
	case v.Op == OpAdd64 && !isConst && v.Args[0] != v.Args[1]:
		c.addresses = append(c.addresses, v)
		return true
	case v.Op == OpEq64 || v.Op == OpNe64:
	case (v.Op == OpUlt64 || v.Op == OpUle64) && k == 0 && isConst && c.bounded(x):
	default:
		return false
	}
	c.compares = append(c.compares, v)
	return isConst
}

// before reports whether a use in block b, not behind next in it, is executed
// in front of next.
func (c *counter) before(b *Block, behind bool) bool {
	return !behind && c.g.dominates(b, c.next.Block)
}

// addressOnly reports whether v is nothing but the address of accesses, whose
// displacements can take the difference.
func (c *counter) addressOnly(v *Value) bool {
	for _, u := range c.users[v] {
		if !u.Op.Row().Addr || u.Args[0] != v || len(u.Args) > 1 && u.Args[1] == v || len(u.Args) > 2 && u.Args[2] == v {
			return false
		}
		if d := u.Imm - c.step; d < -strideLimit || d > strideLimit {
			return false
		}
	}
	for _, b := range c.g.rpo {
		if b.Ctl == v {
			return false
		}
		for _, e := range b.Succs {
			for _, a := range e.Args {
				if a == v {
					return false
				}
			}
		}
	}
	return len(c.users[v]) > 0
}

// bounded proves that i + step and limit + step do not wrap. Each i is an
// argument from outside, which is small by known, or the next of an i for which
// the branch at the back edge said that it is below a small number.
func (c *counter) bounded(limit uint64) bool {
	const small = math.MaxInt64 - strideLimit
	if limit > small {
		return false
	}
	known := newKnower(c.f)
	ok := true
	for _, p := range c.l.head.Preds {
		for j, e := range p.Succs {
			switch {
			case e.To != c.l.head:
			case c.l.in[p.ID]:
				ok = ok && j == 0 && p.Kind == BlockIf && p.Succs[1].To != c.l.head && c.below(p.Ctl, small)
			default:
				ok = ok && known.of(e.Args[c.i.Imm]).max <= small
			}
		}
	}
	return ok
}

// below reports whether cond says that i is at most a number up to limit.
func (c *counter) below(cond *Value, limit uint64) bool {
	if cond.Op != OpUlt64 && cond.Op != OpUle64 || cond.Args[0] != c.i {
		return false
	}
	x, ok := cond.Args[1].IsConst()
	return ok && x <= limit
}

// rewrite makes the collected uses uses of next.
func (c *counter) rewrite() {
	swap := func(v, old, by *Value) {
		for k, a := range v.Args {
			if a == old {
				v.Args[k] = by
			}
		}
	}
	for _, v := range c.addresses {
		swap(v, c.i, c.next)
		for _, u := range c.users[v] {
			u.Imm -= c.step
		}
	}
	for _, v := range c.compares {
		swap(v, c.i, c.next)
		for k, a := range v.Args {
			if x, ok := a.IsConst(); ok {
				v.Args[k] = c.f.Const(x + uint64(c.step))
			}
		}
	}
	back := map[*Block]*Value{}
	for _, v := range c.outside {
		b := v.Block
		if back[b] == nil {
			x := c.f.newValue(OpAdd64, v.PC)
			x.Args, x.Block = []*Value{c.next, c.f.Const(uint64(-c.step))}, b
			b.Values = append([]*Value{x}, b.Values...)
			back[b] = x
		}
		swap(v, c.i, back[b])
	}
}
