package ir

import "math"

// fold computes constants, applies the laws of arithmetic, replaces costly
// operations by cheap ones, drops extensions and masks that change nothing,
// gathers displacements of addresses and straightens conditions. It rests on
// nothing but the operations' meaning and the analysis of known.
func fold(f *Func) bool {
	w := &folder{f: f, r: newRenames(f), known: newKnower(f), n: uses(f), rules: &simplifiers}
	w.gather()
	for _, b := range reversePostorder(f) {
		w.block(b)
	}
	if w.changed {
		w.r.apply(f)
	}
	return w.changed
}

type folder struct {
	f       *Func
	b       *Block
	r       renames
	known   *knower
	rules   *[NumOps]simplifier
	n       []int    // uses of values before the pass
	out     []*Value // values of the block so far
	pc      int
	base    *Value // StackAddr 0 at the front of the entry block
	changed bool
}

// foldLimit bounds how often one value is looked at again.
const foldLimit = 16

// gather brings every constant to the front of the entry block, once.
func (w *folder) gather() {
	entry := w.f.Blocks[0]
	w.f.consts = map[uint64]*Value{}
	var front []*Value
	for _, b := range w.f.Blocks {
		b.keep(func(v *Value) bool {
			x, ok := v.IsConst()
			if !ok {
				return true
			}
			if first := w.f.consts[x]; first != nil {
				w.r[v.ID] = first
				w.changed = true
				return false
			}
			w.f.consts[x] = v
			v.Block = entry
			front = append(front, v)
			return false
		})
	}
	for _, v := range entry.Values {
		if v.Op == OpStackAddr && v.Imm == 0 {
			w.base = v
			front = append(front, v)
			break
		}
	}
	entry.keep(func(v *Value) bool { return v != w.base })
	entry.Values = append(front, entry.Values...)
}

// block simplifies the values of a block in order. Values that rules make go
// in front of the one at hand; constants to the front of the entry block,
// where they dominate everything.
func (w *folder) block(b *Block) {
	w.b = b
	old := b.Values
	b.Values = nil
	w.out = make([]*Value, 0, len(old))
	for _, v := range old {
		if v.Op == OpConst {
			b.Values = append(b.Values, v)
			continue
		}
		w.r.value(v)
		w.pc = v.PC
		if x := w.simplify(v); x != v {
			w.r[v.ID] = x
			w.changed = true
			continue
		}
		w.out = append(w.out, v)
	}
	b.Values = append(b.Values, w.out...)
	w.r.end(b)
	w.condition(b)
}

// simplify returns what v can be replaced by, or v, possibly changed in place.
func (w *folder) simplify(v *Value) *Value {
	for range foldLimit {
		if x := w.constantFold(v); x != nil {
			return x
		}
		before := shapeOf(v)
		if row := v.Op.Row(); row.Commutative {
			if _, left := v.Args[0].IsConst(); left {
				v.Args[0], v.Args[1] = v.Args[1], v.Args[0]
			}
		}
		w.strip(v)
		w.displace(v)
		if s := w.rules[v.Op]; s != nil {
			if x := s(w, v); x != nil && x != v {
				return x
			}
		}
		if shapeOf(v) == before {
			break
		}
		w.changed = true
	}
	return v
}

// shape is what a rule may change in place.
type shape struct {
	op      Op
	flags   Flags
	imm     int64
	a, b, c *Value
}

func shapeOf(v *Value) shape {
	s := shape{op: v.Op, imm: v.Imm, flags: v.Flags}
	for i, p := range [...]**Value{&s.a, &s.b, &s.c} {
		if i < len(v.Args) {
			*p = v.Args[i]
		}
	}
	return s
}

func (w *folder) constantFold(v *Value) *Value {
	row := v.Op.Row()
	if row.eval == nil || v.Type != TypeInt {
		return nil
	}
	var x [3]uint64
	for i, a := range v.Args {
		c, ok := a.IsConst()
		if !ok {
			if k, fixed := w.known.of(v).isConst(); fixed {
				return w.constant(k)
			}
			return nil
		}
		x[i] = c
	}
	return w.constant(Eval(v.Op, x[0], x[1], x[2]))
}

func (w *folder) constant(x uint64) *Value { return w.f.Const(x) }

// emit adds a value in front of the current one, simplified.
func (w *folder) emit(op Op, args ...*Value) *Value {
	v := w.f.newValue(op, w.pc, args...)
	v.Block = w.b
	w.changed = true
	for len(w.r) <= v.ID {
		w.r = append(w.r, nil)
	}
	if x := w.simplify(v); x != v {
		return x
	}
	w.out = append(w.out, v)
	return v
}

// become changes v in place to another operation.
func become(v *Value, op Op, args ...*Value) *Value {
	v.Op, v.Args, v.Imm, v.Flags = op, args, 0, 0
	return v
}

// single reports whether v has no other use than the one at hand.
func (w *folder) single(v *Value) bool { return v.ID >= len(w.n) || w.n[v.ID] <= 1 }

// strip removes from operands what the operation does not look at: extensions
// and masks beyond its width.
func (w *folder) strip(v *Value) {
	row := v.Op.Row()
	first, width := 0, int(row.Width)
	switch row.Class {
	case ClassPure:
		if v.Op == OpSelect {
			return
		}
	case ClassStore, ClassAtomic:
		first = 1 // A is an address
	default:
		return
	}
	if width == 0 || width >= 8 {
		return
	}
	for i := first; i < len(v.Args); i++ {
		v.Args[i] = lowPart(v.Args[i], width)
	}
}

// lowPart is a value with the same low width bytes as v.
func lowPart(v *Value, width int) *Value {
	for {
		row := v.Op.Row()
		switch {
		case v.Op >= OpZext8 && v.Op <= OpSext32 && int(row.Width) >= width:
		case v.Op == OpAnd64 || v.Op == OpAnd32:
			mask := uint64(1)<<(8*width) - 1
			if c, ok := v.Args[1].IsConst(); !ok || c&mask != mask {
				return v
			}
		default:
			return v
		}
		v = v.Args[0]
	}
}

// condition straightens how a block branches: a comparison with 0 is undone,
// the edges exchanged where that saves an operation.
func (w *folder) condition(b *Block) {
	for b.Kind == BlockIf {
		c := b.Ctl
		zero := isEq(c.Op) && isNumber(c.Args[1], 0)
		switch {
		case zero && c.Args[0].Op.Row().Compare:
			b.Ctl = c.Args[0]
		case zero && (c.Args[0].Op == OpAnd64 || c.Args[0].Op == OpAnd32):
			op := OpTest64
			if c.Op == OpEq32 || c.Args[0].Op == OpAnd32 {
				op = OpTest32
			}
			t := w.f.newValue(op, c.PC, c.Args[0].Args[0], c.Args[0].Args[1])
			t.Block = b
			b.Values = append(b.Values, t)
			for len(w.r) <= t.ID {
				w.r = append(w.r, nil)
			}
			b.Ctl = t
		default:
			return
		}
		b.Succs[0], b.Succs[1] = b.Succs[1], b.Succs[0]
		w.changed = true
	}
}

func isEq(op Op) bool { return op == OpEq64 || op == OpEq32 }

func isNumber(v *Value, x uint64) bool {
	c, ok := v.IsConst()
	return ok && c == x
}

// fits32 says that x can be an immediate or a displacement on both targets.
func fits32(x int64) bool { return x == int64(int32(x)) && x != math.MinInt32 }
