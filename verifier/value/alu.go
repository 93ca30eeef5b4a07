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
	bpf.OpDiv:  {func(w Width, a, b part) part { return part{w.anyTnum(), w.divRange(a.R, b.R)} }, false},
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

// settled reduces a result that cannot be empty.
func (w Width) settled(s Scalar) Scalar {
	if !w.Reduce(&s) {
		panic("value: empty result of an operation")
	}
	return s
}

// Eval computes x op y at a width as RFC 9669 §4.1 defines it.
func (w Width) Eval(op bpf.Op, x, y uint64) uint64 {
	x, y = x&w.mask(), y&w.mask()
	sx, sy, n := w.signed(x), w.signed(y), y&uint64(w-1)
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

func and(w Width, a, b part) part {
	return part{a.T.and(b.T), w.setU(0, min(a.R.Umax, b.R.Umax))}
}

func or(w Width, a, b part) part {
	return part{a.T.or(b.T), w.setU(max(a.R.Umin, b.R.Umin), w.mask())}
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
		n := b.R.Umin & uint64(w-1)
		return n, n
	}
	return 0, uint64(w - 1)
}

func lsh(w Width, a, b part) part {
	lo, hi := w.distance(b)
	p := part{w.anyTnum(), w.lshRange(a.R, lo, hi)}
	if lo == hi {
		p.T = a.T.lsh(lo).cut(w)
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
func Low(a Scalar, n uint) Scalar {
	switch n {
	case 8:
		return a
	case 4:
		return W64.low(a)
	}
	return Binary(bpf.OpAnd, true, a, Const(Width(8*n).mask()))
}

// low is the low half, zero-extended.
func (w Width) low(a Scalar) Scalar {
	h := w.half()
	return w.settled(Scalar{a.T.cut(h), w.setU(a.H.Umin, a.H.Umax), a.H})
}

// SignExtend is the low n bytes of a as a signed number, extended to 8 bytes
// or, when wide is false, to 4 bytes with a zero upper half.
func SignExtend(a Scalar, n uint, wide bool) Scalar {
	w := W64
	if !wide {
		w = w.half()
	}
	if n == 4 && wide {
		s := Unknown()
		s.R.Smin, s.R.Smax = a.H.Smin, a.H.Smax
		s.H = a.H
		s.T = a.T.lsh(32).arsh(W64, 32)
		return W64.settled(s)
	}
	d := Const(uint64(w) - 8*uint64(n))
	return Binary(bpf.OpArsh, wide, Binary(bpf.OpLsh, wide, a, d), d)
}

// Bytes is the low n bytes of a in reverse order, or in the same order when
// swap is false; the rest is zero.
func Bytes(a Scalar, n uint, swap bool) Scalar {
	if !swap {
		return Low(a, n)
	}
	return OfTnum(a.T.reverse(n))
}
