package ir

import (
	"math"
	"math/bits"
)

// simplifyDiv replaces divisions by constants, and unsigned 64-bit divisions of
// small numbers by 32-bit ones.
func simplifyDiv(w *folder, v *Value) *Value {
	a := v.Args[0]
	if c, ok := constArg(v, 1); ok {
		switch {
		case c == 0:
			return w.constant(0)
		case c == 1:
			return w.itself(v, a)
		case c&(c-1) == 0:
			become(v, v.Op-OpUDiv64+OpShr64, a, w.constant(uint64(bits.TrailingZeros64(c))))
			return nil
		}
		return w.divide(v, a, c)
	}
	w.divisor(v)
	return nil
}

func simplifyMod(w *folder, v *Value) *Value {
	a := v.Args[0]
	if c, ok := constArg(v, 1); ok {
		switch {
		case c == 0:
			return w.itself(v, a)
		case c&(c-1) == 0:
			become(v, v.Op-OpUMod64+OpAnd64, a, w.constant(c-1))
			return nil
		}
		q := w.emit(v.Op-OpUMod64+OpUDiv64, a, w.constant(c))
		p := w.emit(v.Op-OpUMod64+OpMul64, q, w.constant(c))
		become(v, v.Op-OpUMod64+OpSub64, a, p)
		return nil
	}
	w.divisor(v)
	return nil
}

// divisor narrows v and notes that its divisor is not 0.
func (w *folder) divisor(v *Value) {
	a, b := w.known.of(v.Args[0]), w.known.of(v.Args[1])
	if v.Op.Row().Width == 4 {
		b = b.low()
	}
	if b.min > 0 {
		v.Flags |= FlagNonZero
	}
	if v.Op.Row().Width == 8 && a.max <= math.MaxUint32 && b.max <= math.MaxUint32 {
		v.Op++ // the 32-bit form stands behind the 64-bit form
	}
}

// divide computes a/c by a multiplication, after Granlund and Montgomery,
// "Division by Invariant Integers using Multiplication" (1994): with s =
// ceil(log2 c) and m = ceil(2^(n+s) / c), which has n+1 bits, the quotient is
// a*m >> (n+s) for every a below 2^n.
func (w *folder) divide(v, a *Value, c uint64) *Value {
	s := uint64(bits.Len64(c - 1))
	k := w.known.of(a)
	if v.Op == OpUDiv32 {
		k = k.low()
	}
	if n := uint64(bits.Len64(k.max)); v.Op == OpUDiv32 || n+s < 63 && 2*n+s+1 <= 64 {
		return w.divideSmall(v, a, c, max(n, 1), s)
	}
	// m = 2^64 + low; low = floor(2^64 * (2^s - c) / c) + 1
	low, _ := bits.Div64(1<<s-c, 0, c) // 1<<64 is 0 and wraps to the right number
	low++
	hi := w.emit(OpMulHi64, a, w.constant(low))
	// (hi + a) >> s without losing the carry: (((a-hi)>>1) + hi) >> (s-1)
	half := w.emit(OpShr64, w.emit(OpSub64, a, hi), w.constant(1))
	return w.emit(OpShr64, w.emit(OpAdd64, half, hi), w.constant(s-1))
}

// divideSmall handles numbers of at most n bits whose product with m fits in
// 64 bits, or else in 128.
func (w *folder) divideSmall(v, a *Value, c, n, s uint64) *Value {
	if v.Op == OpUDiv32 {
		a = w.emit(OpZext32, a)
	}
	if 2*n+s+1 <= 64 || n+s < 64 && bits.Len64((1<<(n+s))/c+1)+int(n) <= 64 {
		m := (uint64(1)<<(n+s))/c + 1
		return w.emit(OpShr64, w.emit(OpMul64, a, w.constant(m)), w.constant(n+s))
	}
	// a < 2^32, so m' = floor(2^64/c)+1 is exact enough: the error of a*m' is
	// below a < 2^64/c.
	m := math.MaxUint64/c + 1
	return w.emit(OpMulHi64, a, w.constant(m))
}

// simplifySigned drops the signs of numbers that are not negative.
func simplifySigned(w *folder, v *Value) *Value {
	a, b := w.known.of(v.Args[0]), w.known.of(v.Args[1])
	if v.Op.Row().Width == 4 {
		a, b = a.low(), b.low()
	}
	top := mask(v) >> 1
	switch {
	case a.max <= top && b.max <= top:
		if v.Op >= OpSMod64 {
			v.Op -= OpSMod64 - OpUMod64
		} else {
			v.Op -= OpSDiv64 - OpUDiv64
		}
	default:
		if b.min > 0 {
			v.Flags |= FlagNonZero
		}
		if b.max < mask(v) || a.min > top+1 || a.max <= top {
			v.Flags |= FlagNoTrap
		}
	}
	return nil
}
