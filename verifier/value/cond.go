package value

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Cond is a relation of two numbers.
type Cond uint8

// The relations; each has its negation as a neighbour.
const (
	Eq Cond = iota
	Ne
	Gt
	Le
	Ge
	Lt
	Sgt
	Sle
	Sge
	Slt
	Set    // a & b != 0
	NotSet // a & b == 0
	numConds
)

// Not is the negation.
func (c Cond) Not() Cond { return c ^ 1 }

// Swap is the relation of b and a that holds when c holds of a and b.
func (c Cond) Swap() Cond { return swapped[c] }

var swapped = [numConds]Cond{
	Eq: Eq, Ne: Ne, Gt: Lt, Le: Ge, Ge: Le, Lt: Gt,
	Sgt: Slt, Sle: Sge, Sge: Sle, Slt: Sgt, Set: Set, NotSet: NotSet,
}

// CondOf is the relation under which a conditional jump is taken.
func CondOf(op bpf.Op) (Cond, bool) { c := conds[op]; return c - 1, c != 0 }

// conds holds 1 + the relation.
var conds = [bpf.NumOps]Cond{
	bpf.OpJeq: 1 + Eq, bpf.OpJne: 1 + Ne, bpf.OpJgt: 1 + Gt, bpf.OpJge: 1 + Ge,
	bpf.OpJlt: 1 + Lt, bpf.OpJle: 1 + Le, bpf.OpJsgt: 1 + Sgt, bpf.OpJsge: 1 + Sge,
	bpf.OpJslt: 1 + Slt, bpf.OpJsle: 1 + Sle, bpf.OpJset: 1 + Set,
}

// Assume keeps of a and b what can satisfy a c b, and returns false when
// nothing can. When wide is false the low halves are compared.
func Assume(c Cond, wide bool, a, b *Scalar) bool { return W64.Assume(c, wide, a, b) }

// Assume keeps of a and b what can satisfy a c b at a width.
func (w Width) Assume(c Cond, wide bool, a, b *Scalar) bool {
	h, ra, rb := w, &a.R, &b.R
	if !wide {
		h, ra, rb = w.half(), &a.H, &b.H
	}
	return assume[c](h, a, b, ra, rb) && w.Reduce(a) && w.Reduce(b)
}

// assume has a row for each relation; h is the width compared and ra, rb the
// bounds of the compared bits of a and b. Rows may leave bounds crossed:
// Reduce then finds the set empty.
var assume = [numConds]func(h Width, a, b *Scalar, ra, rb *Range) bool{
	Eq:     assumeEq,
	Ne:     assumeNe,
	Gt:     func(h Width, a, b *Scalar, ra, rb *Range) bool { return lessU(h, rb, ra, 1) },
	Le:     func(h Width, a, b *Scalar, ra, rb *Range) bool { return lessU(h, ra, rb, 0) },
	Ge:     func(h Width, a, b *Scalar, ra, rb *Range) bool { return lessU(h, rb, ra, 0) },
	Lt:     func(h Width, a, b *Scalar, ra, rb *Range) bool { return lessU(h, ra, rb, 1) },
	Sgt:    func(h Width, a, b *Scalar, ra, rb *Range) bool { return lessS(h, rb, ra, 1) },
	Sle:    func(h Width, a, b *Scalar, ra, rb *Range) bool { return lessS(h, ra, rb, 0) },
	Sge:    func(h Width, a, b *Scalar, ra, rb *Range) bool { return lessS(h, rb, ra, 0) },
	Slt:    func(h Width, a, b *Scalar, ra, rb *Range) bool { return lessS(h, ra, rb, 1) },
	Set:    assumeSet,
	NotSet: assumeNotSet,
}

func assumeEq(h Width, a, b *Scalar, ra, rb *Range) bool {
	r := ra.meet(*rb)
	if r.empty() {
		return false
	}
	*ra, *rb = r, r
	m := h.mask()
	t, ok := a.T.cut(h).meet(b.T.cut(h))
	a.T = Tnum{a.T.Value&^m | t.Value, a.T.Mask&^m | t.Mask}
	b.T = Tnum{b.T.Value&^m | t.Value, b.T.Mask&^m | t.Mask}
	return ok
}

func assumeNe(h Width, a, b *Scalar, ra, rb *Range) bool {
	if rb.isConst() {
		return h.without(ra, rb.Umin)
	}
	if ra.isConst() {
		return h.without(rb, ra.Umin)
	}
	return true
}

// without removes v where it is a bound.
func (w Width) without(r *Range, v uint64) bool {
	if r.Umin == v && r.Umax == v {
		return false
	}
	switch s := w.signed(v); {
	case r.Smin == s && r.Smax == s:
		return false
	case r.Smin == s:
		r.Smin++
	case r.Smax == s:
		r.Smax--
	}
	switch v {
	case r.Umin:
		r.Umin++
	case r.Umax:
		r.Umax--
	}
	return true
}

// lessU assumes x + strict <= y, unsigned.
func lessU(h Width, x, y *Range, strict uint64) bool {
	if strict == 1 && (x.Umin == h.mask() || y.Umax == 0) {
		return false
	}
	y.Umin = max(y.Umin, x.Umin+strict)
	x.Umax = min(x.Umax, y.Umax-strict)
	return true
}

// lessS assumes x + strict <= y, signed.
func lessS(h Width, x, y *Range, strict int64) bool {
	if strict == 1 && (x.Smin == h.maxSigned() || y.Smax == h.minSigned()) {
		return false
	}
	y.Smin = max(y.Smin, x.Smin+strict)
	x.Smax = min(x.Smax, y.Smax-strict)
	return true
}

func assumeSet(h Width, a, b *Scalar, ra, rb *Range) bool {
	return oneBit(h, a, rb) && oneBit(h, b, ra) &&
		(a.T.Value|a.T.Mask)&(b.T.Value|b.T.Mask)&h.mask() != 0
}

// oneBit: when the other operand is one bit, that bit is set in s.
func oneBit(h Width, s *Scalar, other *Range) bool {
	bit := other.Umin & h.mask()
	if !other.isConst() || bits.OnesCount64(bit) != 1 {
		return true
	}
	if !s.T.maybe(bit) {
		return false
	}
	s.T = Tnum{s.T.Value | bit, s.T.Mask &^ bit}
	return true
}

// maybe reports whether the bit can be set.
func (t Tnum) maybe(bit uint64) bool { return (t.Value|t.Mask)&bit != 0 }

func assumeNotSet(h Width, a, b *Scalar, ra, rb *Range) bool {
	return noBits(h, a, b.T.Value) && noBits(h, b, a.T.Value)
}

// noBits clears the bits of s that are known to be set in the other operand.
func noBits(h Width, s *Scalar, set uint64) bool {
	set &= h.mask()
	if s.T.Value&set != 0 {
		return false
	}
	s.T.Mask &^= set
	return true
}
