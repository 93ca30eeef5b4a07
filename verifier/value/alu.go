package value

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// part is a number at one width: all bits, or the low half by itself.
type part struct {
	T Tnum
	R Range
}

// rule is the transfer function of an operation. low says that the low half
// of the result depends on the low halves of the operands only, so that the
// function applied to the halves bounds it.
type rule struct {
	f   func(w Width, a, b part) part
	low bool
}

// rules has a row for every operation with two operands.
var rules = [bpf.NumOps]rule{
	bpf.OpAdd:  {func(w Width, a, b part) part { return part{a.T.add(b.T), w.addRange(a.R, b.R)} }, true},
	bpf.OpSub:  {func(w Width, a, b part) part { return part{a.T.sub(b.T), w.subRange(a.R, b.R)} }, true},
	bpf.OpMul:  {func(w Width, a, b part) part { return part{a.T.mul(b.T), w.mulRange(a.R, b.R)} }, true},
	bpf.OpDiv:  {div, false},
	bpf.OpSdiv: {func(w Width, a, b part) part { return part{w.anyTnum(), w.sdivRange(a.R, b.R)} }, false},
	bpf.OpMod:  {mod, false},
	bpf.OpSmod: {func(w Width, a, b part) part { return part{w.anyTnum(), w.smodRange(a.R, b.R)} }, false},
	bpf.OpAnd:  {and, true},
	bpf.OpOr:   {or, true},
	bpf.OpXor:  {func(w Width, a, b part) part { return part{a.T.xor(b.T), w.full()} }, true},
	bpf.OpLsh:  {lsh, false},
	bpf.OpRsh:  {rsh, false},
	bpf.OpArsh: {arsh, false},
}

// Binary is the set of a op b for numbers of a and b. When wide is false the
// operation is on the low halves and the upper half of the result is zero.
func Binary(op bpf.Op, wide bool, a, b Scalar) Scalar {
	if x, ok := a.IsConst(); ok {
		if y, ok := b.IsConst(); ok {
			if wide {
				return Const(W64.Eval(op, x, y))
			}
			return Const(W64.half().Eval(op, x, y))
		}
	}
	return W64.Binary(op, wide, a, b)
}

// Binary is the set of a op b at a width.
func (w Width) Binary(op bpf.Op, wide bool, a, b Scalar) Scalar {
	r, h := rules[op], w.half()
	if wide {
		if n := b.R.Umin; op == bpf.OpLsh && b.R.isConst() && n >= uint64(w-h) && n < uint64(w) {
			// What is shifted out does not matter: let it be the extension
			// of the low half, by zeroes as unsigned, by its sign as signed.
			a.R = a.H
		}
		p := r.f(w, part{a.T, a.R}, part{b.T, b.R})
		s := Scalar{p.T.cut(w), p.R, h.full()}
		if r.low {
			s.H = r.f(h, part{a.T.cut(h), a.H}, part{b.T.cut(h), b.H}).R
		}
		return w.settled(s)
	}
	p := r.f(h, part{a.T.cut(h), a.H}, part{b.T.cut(h), b.H})
	return w.settled(Scalar{p.T.cut(h), w.setU(p.R.Umin, p.R.Umax), p.R})
}

// settled reduces a result. It is empty only when an operand was and Reduce
// had not noticed; then any result will do.
func (w Width) settled(s Scalar) Scalar {
	if !w.Reduce(&s) {
		return w.Any()
	}
	return s
}

// Eval computes x op y at a width as RFC 9669 §4.1 defines it.
func (w Width) Eval(op bpf.Op, x, y uint64) uint64 {
	x, y = x&w.mask(), y&w.mask()
	sx, sy, n := w.signed(x), w.signed(y), y%uint64(w)
	switch op {
	case bpf.OpAdd:
		x += y
	case bpf.OpSub:
		x -= y
	case bpf.OpMul:
		x *= y
	case bpf.OpDiv:
		if y == 0 {
			return 0
		}
		x /= y
	case bpf.OpMod:
		if y != 0 {
			x %= y
		}
	case bpf.OpSdiv:
		if y == 0 {
			return 0
		}
		x = uint64(sx / sy) // Go: the least number / -1 is itself
	case bpf.OpSmod:
		if y != 0 {
			x = uint64(sx % sy)
		}
	case bpf.OpAnd:
		x &= y
	case bpf.OpOr:
		x |= y
	case bpf.OpXor:
		x ^= y
	case bpf.OpLsh:
		x <<= n
	case bpf.OpRsh:
		x >>= n
	case bpf.OpArsh:
		x = uint64(sx >> n)
	default:
		panic("value: no such operation")
	}
	return x & w.mask()
}

// and is never above an operand. A constant of all low bits keeps the order of
// numbers that agree above them, one of all high bits that of all numbers.
func and(w Width, a, b part) part {
	if a.R.isConst() {
		a, b = b, a
	}
	p := part{a.T.and(b.T), w.setU(0, min(a.R.Umax, b.R.Umax))}
	if !b.R.isConst() {
		return p
	}
	switch k := b.R.Umin; {
	case k&(k+1) == 0 && a.R.Umin&^k == a.R.Umax&^k:
		p.R.Umin, p.R.Umax = a.R.Umin&k, a.R.Umax&k
	case ^k&w.mask()&(^k&w.mask()+1) == 0 && w.signed(k) < 0:
		p.R = Range{a.R.Umin & k, a.R.Umax & k, a.R.Smin & w.signed(k), a.R.Smax & w.signed(k)}
	}
	return p
}

func or(w Width, a, b part) part {
	return part{a.T.or(b.T), w.setU(max(a.R.Umin, b.R.Umin), w.mask())}
}

// div by a constant power of two is a shift.
func div(w Width, a, b part) part {
	p := part{w.anyTnum(), w.divRange(a.R, b.R)}
	if b.R.isConst() && bits.OnesCount64(b.R.Umin) == 1 {
		p.T = a.T.rsh(uint64(bits.TrailingZeros64(b.R.Umin)))
	}
	return p
}

// mod by a constant power of two keeps the low bits.
func mod(w Width, a, b part) part {
	p := part{w.anyTnum(), w.modRange(a.R, b.R)}
	if b.R.isConst() && bits.OnesCount64(b.R.Umin) == 1 {
		p.T = a.T.and(Tnum{b.R.Umin - 1, 0})
	}
	return p
}

// distance bounds a shift: hardware and RFC 9669 §4.1 mask it by the width.
func (w Width) distance(b part) (lo, hi uint64) {
	if b.R.Umax < uint64(w) {
		return b.R.Umin, b.R.Umax
	}
	if b.R.isConst() {
		n := b.R.Umin % uint64(w)
		return n, n
	}
	return 0, uint64(w - 1)
}

func lsh(w Width, a, b part) part {
	lo, hi := w.distance(b)
	p := part{w.anyTnum(), w.lshRange(a.R, lo, hi)}
	if lo == hi {
		p.T = a.T.lsh(lo).cut(w)
	} else { // the trailing zeroes that a has, and lo more
		zeros := bits.TrailingZeros64(a.T.Value | a.T.Mask)
		p.T.Mask &= ^uint64(0) << zeros << lo
	}
	return p
}

func rsh(w Width, a, b part) part {
	lo, hi := w.distance(b)
	p := part{w.anyTnum(), w.setU(a.R.Umin>>hi, a.R.Umax>>lo)}
	if lo == hi {
		p.T = a.T.rsh(lo)
	}
	return p
}

func arsh(w Width, a, b part) part {
	lo, hi := w.distance(b)
	p := part{w.anyTnum(), w.arshRange(a.R, lo, hi)}
	if lo == hi {
		p.T = a.T.arsh(w, lo)
	}
	return p
}

// Neg is 0 - a.
func Neg(wide bool, a Scalar) Scalar { return Binary(bpf.OpSub, wide, Const(0), a) }

// Low is the low n bytes of a, zero-extended.
func Low(a Scalar, n uint) Scalar { return W64.lowBits(a, Width(8*n)) }

// lowBits is the low n bits of a, zero-extended.
func (w Width) lowBits(a Scalar, n Width) Scalar {
	switch n {
	case w:
		return a
	case w.half():
		return w.low(a)
	}
	return w.Binary(bpf.OpAnd, true, a, w.Const(n.mask()))
}

// low is the low half, zero-extended.
func (w Width) low(a Scalar) Scalar {
	h := w.half()
	return w.settled(Scalar{a.T.cut(h), w.setU(a.H.Umin, a.H.Umax), a.H})
}

// SignExtend is the low n bytes of a as a signed number, extended to 8 bytes
// or, when wide is false, to 4 bytes with a zero upper half.
func SignExtend(a Scalar, n uint, wide bool) Scalar { return W64.signExtend(a, Width(8*n), wide) }

// signExtend is the low n bits of a as a signed number.
func (w Width) signExtend(a Scalar, n Width, wide bool) Scalar {
	h := w.half()
	if n == h && wide {
		up := uint64(w - h)
		s := Scalar{a.T.lsh(up).cut(w).arsh(w, up), w.setS(a.H.Smin, a.H.Smax), a.H}
		return w.settled(s)
	}
	to := w
	if !wide {
		to = h
	}
	d := w.Const(uint64(to - n))
	return w.Binary(bpf.OpArsh, wide, w.Binary(bpf.OpLsh, wide, a, d), d)
}

// Bytes is the low n bytes of a in reverse order, or in the same order when
// swap is false; the rest is zero.
func Bytes(a Scalar, n uint, swap bool) Scalar {
	if !swap {
		return Low(a, n)
	}
	return OfTnum(a.T.reverse(n))
}
