package ir

import (
	"math"
	"math/bits"
)

// transfers is indexed by operation: what is known of the result, given the
// operands; 32-bit operations get those of the low halves. nil is nothing
// beyond the row. For OpSelect the operands are the two values.
var transfers = [NumOps]func(a, b known) known{
	OpAdd64: func(a, b known) known { return sum(a, b, math.MaxUint64) },
	OpAdd32: func(a, b known) known { return sum(a, b, math.MaxUint32) },
	OpSub64: difference,
	OpSub32: difference,
	OpMul64: func(a, b known) known { return product(a, b, math.MaxUint64) },
	OpMul32: func(a, b known) known { return product(a, b, math.MaxUint32) },

	OpUDiv64: quotient, OpUDiv32: quotient,
	OpUMod64: remainder, OpUMod32: remainder,
	OpAnd64: and, OpAnd32: and,
	OpOr64: or, OpOr32: or,
	OpXor64: xor, OpXor32: xor,

	OpShl64: func(a, b known) known { return shiftLeft(a, b, 63, math.MaxUint64) },
	OpShl32: func(a, b known) known { return shiftLeft(a, b, 31, math.MaxUint32) },
	OpShr64: func(a, b known) known { return shiftRight(a, b, 63) },
	OpShr32: func(a, b known) known { return shiftRight(a, b, 31) },
	OpSar64: func(a, b known) known { return shiftSigned(a, b, 63) },
	OpSar32: func(a, b known) known { return shiftSigned(a, b, 31) },

	OpMulHi64: func(a, b known) known { hi, _ := bits.Mul64(a.max, b.max); return upTo(hi) },
	OpZext8:   func(a, _ known) known { return truncate(a, 0xff) },
	OpZext16:  func(a, _ known) known { return truncate(a, 0xffff) },
	OpZext32:  func(a, _ known) known { return truncate(a, math.MaxUint32) },
	OpSext8:   func(a, _ known) known { return extended(a, 0x7f) },
	OpSext16:  func(a, _ known) known { return extended(a, 0x7fff) },
	OpSext32:  func(a, _ known) known { return extended(a, math.MaxInt32) },
	OpSelect:  known.join,

	OpEq64: equal, OpEq32: equal,
	OpNe64:  func(a, b known) known { return not(equal(a, b)) },
	OpNe32:  func(a, b known) known { return not(equal(a, b)) },
	OpUlt64: below, OpUlt32: below,
	OpUle64:  func(a, b known) known { return not(below(b, a)) },
	OpUle32:  func(a, b known) known { return not(below(b, a)) },
	OpSlt64:  func(a, b known) known { return below(flip(a, 63), flip(b, 63)) },
	OpSlt32:  func(a, b known) known { return below(flip(a, 31), flip(b, 31)) },
	OpSle64:  func(a, b known) known { return not(below(flip(b, 63), flip(a, 63))) },
	OpSle32:  func(a, b known) known { return not(below(flip(b, 31), flip(a, 31))) },
	OpTest64: test, OpTest32: test,
}

// sum knows the bounds when nothing overflows, and the low bits up to the
// first that is not known in both.
func sum(a, b known, limit uint64) known {
	k := known{mask: limit, max: limit}
	if s, carry := bits.Add64(a.max, b.max, 0); carry == 0 && s <= limit {
		k.min, k.max = a.min+b.min, s
	}
	low := uint64(1)<<bits.TrailingZeros64(a.mask|b.mask) - 1 // all when nothing is unknown: 1<<64 is 0
	k.ones = (a.ones + b.ones) & low & limit
	k.mask &^= low
	return k.reduced()
}

func difference(a, b known) known {
	if a.min >= b.max {
		return between(a.min-b.max, a.max-b.min)
	}
	return anything
}

func product(a, b known, limit uint64) known {
	if hi, p := bits.Mul64(a.max, b.max); hi == 0 && p <= limit {
		return between(a.min*b.min, p)
	}
	return known{mask: limit, max: limit}
}

func quotient(a, b known) known {
	if b.min > 0 {
		return between(a.min/b.max, a.max/b.min)
	}
	return upTo(a.max)
}

func remainder(a, b known) known {
	if b.min > 0 {
		return upTo(min(a.max, b.max-1))
	}
	return upTo(a.max)
}

func and(a, b known) known {
	possible := a.possible() & b.possible()
	return known{ones: a.ones & b.ones, mask: possible &^ (a.ones & b.ones), max: min(a.max, b.max)}.reduced()
}

func or(a, b known) known {
	ones := a.ones | b.ones
	return known{ones: ones, mask: (a.mask | b.mask) &^ ones, min: max(a.min, b.min), max: math.MaxUint64}.reduced()
}

func xor(a, b known) known {
	mask := a.mask | b.mask
	return known{ones: (a.ones ^ b.ones) &^ mask, mask: mask, max: math.MaxUint64}.reduced()
}

func shiftLeft(a, b known, last, limit uint64) known {
	n, fixed := b.isConst()
	if !fixed {
		return known{mask: limit, max: limit}
	}
	n &= last
	k := known{ones: a.ones << n & limit, mask: a.mask << n & limit, max: limit}
	if a.max <= limit>>n {
		k.min, k.max = a.min<<n, a.max<<n
	}
	return k.reduced()
}

func shiftRight(a, b known, last uint64) known {
	n, fixed := b.isConst()
	if !fixed {
		return upTo(a.max)
	}
	n &= last
	return known{ones: a.ones >> n, mask: a.mask >> n, min: a.min >> n, max: a.max >> n}.reduced()
}

// shiftSigned is shiftRight while the sign bit is 0.
func shiftSigned(a, b known, sign uint64) known {
	if a.max>>sign == 0 {
		return shiftRight(a, b, sign)
	}
	return anything
}

func truncate(a known, limit uint64) known {
	if a.max <= limit {
		return a
	}
	return known{ones: a.ones & limit, mask: a.mask & limit, max: limit}.reduced()
}

// extended is the number itself while it is not above the largest positive
// one.
func extended(a known, largest uint64) known {
	if a.max <= largest {
		return a
	}
	if low := truncate(a, largest<<1|1); low.max <= largest {
		return low
	}
	return anything
}

func equal(a, b known) known {
	x, fixed := a.isConst()
	y, fixedToo := b.isConst()
	switch {
	case fixed && fixedToo && x == y:
		return exactly(1)
	case a.min > b.max || b.min > a.max || (a.ones^b.ones)&^(a.mask|b.mask) != 0:
		return exactly(0)
	}
	return upTo(1)
}

func below(a, b known) known {
	switch {
	case a.max < b.min:
		return exactly(1)
	case a.min >= b.max:
		return exactly(0)
	}
	return upTo(1)
}

func not(k known) known {
	if x, fixed := k.isConst(); fixed {
		return exactly(1 - x)
	}
	return upTo(1)
}

// flip exchanges the halves of the number line, so that signed order becomes
// unsigned order. Bounds that span both halves are given up.
func flip(k known, sign uint64) known {
	bit := uint64(1) << sign
	if k.min>>sign != k.max>>sign {
		return upTo(bit<<1 - 1)
	}
	return between(k.min^bit, k.max^bit)
}

func test(a, b known) known {
	switch {
	case a.ones&b.ones != 0:
		return exactly(1)
	case a.possible()&b.possible() == 0:
		return exactly(0)
	}
	return upTo(1)
}
