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
// "Division by Invariant Integers using Multiplication" (1994). With m =
// floor(2^N/c) + 1 and e = m*c - 2^N, the quotient of a < 2^n is a*m >> N when
// e*2^n <= 2^N. The smallest N for which that holds is looked for, first among
// those for which a*m has 64 bits, then for which m has.
func (w *folder) divide(v, a *Value, c uint64) *Value {
	k := w.known.of(a)
	if v.Op == OpUDiv32 {
		k = k.low()
		a = w.emit(OpZext32, a)
	}
	n := max(uint64(bits.Len64(k.max)), 1)
	if c > k.max {
		return w.constant(0)
	}
	for N := n; N < 64; N++ {
		m := 1<<N/c + 1
		if e := m*c - 1<<N; e > 1<<(N-n) {
			continue
		}
		if bits.Len64(m)+int(n) > 64 {
			break
		}
		return w.emit(OpShr64, w.emit(OpMul64, a, w.constant(m)), w.constant(N))
	}
	for s := uint64(0); uint64(1)<<s < c && s < 64; s++ { // N = 64 + s
		m, r := bits.Div64(1<<s, 0, c)
		if e := c - r; s+64-n < 64 && e > 1<<(s+64-n) {
			continue
		}
		return w.emit(OpShr64, w.emit(OpMulHi64, a, w.constant(m+1)), w.constant(s))
	}
	return w.divideWide(a, c)
}

// divideWide is for the divisors whose m has 65 bits, 2^64 + low.
func (w *folder) divideWide(a *Value, c uint64) *Value {
	s := uint64(bits.Len64(c - 1))
	low, _ := bits.Div64(1<<s-c, 0, c) // 1<<64 is 0 and wraps to the right number
	hi := w.emit(OpMulHi64, a, w.constant(low+1))
	// (hi + a) >> s without losing the carry.
	half := w.emit(OpShr64, w.emit(OpSub64, a, hi), w.constant(1))
	return w.emit(OpShr64, w.emit(OpAdd64, half, hi), w.constant(s-1))
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
