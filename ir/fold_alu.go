package ir

import (
	"math"
	"math/bits"
)

// simplifier returns what replaces v, or nil; it may change v in place.
// Constants of commutative operations are on the right by then.
type simplifier func(w *folder, v *Value) *Value

// simplifiers is indexed by operation; nil has no law beyond those for all.
var simplifiers = [NumOps]simplifier{
	OpAdd64: simplifyAdd, OpAdd32: simplifyAdd,
	OpSub64: simplifySub, OpSub32: simplifySub,
	OpMul64: simplifyMul, OpMul32: simplifyMul,
	OpUDiv64: simplifyDiv, OpUDiv32: simplifyDiv,
	OpUMod64: simplifyMod, OpUMod32: simplifyMod,
	OpSDiv64: simplifySigned, OpSDiv32: simplifySigned,
	OpSMod64: simplifySigned, OpSMod32: simplifySigned,
	OpAnd64: simplifyAnd, OpAnd32: simplifyAnd,
	OpOr64: simplifyOr, OpOr32: simplifyOr,
	OpXor64: simplifyXor, OpXor32: simplifyXor,
	OpShl64: simplifyShl, OpShl32: simplifyShl,
	OpShr64: simplifyShr, OpShr32: simplifyShr,
	OpSar64: simplifySar, OpSar32: simplifySar,
	OpNeg64: simplifyNeg, OpNeg32: simplifyNeg,
	OpRotl64: simplifyRotl, OpRotl32: simplifyRotl,
	OpZext8: simplifyZext, OpZext16: simplifyZext, OpZext32: simplifyZext,
	OpSext8: simplifySext, OpSext16: simplifySext, OpSext32: simplifySext,
	OpBswap16: simplifyBswap, OpBswap32: simplifyBswap, OpBswap64: simplifyBswap,
	OpEq64: simplifyEq, OpEq32: simplifyEq, OpNe64: simplifyEq, OpNe32: simplifyEq,
	OpUlt64: simplifyLess, OpUlt32: simplifyLess, OpUle64: simplifyLess, OpUle32: simplifyLess,
	OpSlt64: simplifyLess, OpSlt32: simplifyLess, OpSle64: simplifyLess, OpSle32: simplifyLess,
	OpTest64: simplifyTest, OpTest32: simplifyTest,
	OpSelect: simplifySelect,
}

// mask returns all ones of the width of v.
func mask(v *Value) uint64 {
	if v.Op.Row().Width == 4 {
		return math.MaxUint32
	}
	return math.MaxUint64
}

func constArg(v *Value, i int) (uint64, bool) {
	c, ok := v.Args[i].IsConst()
	return c & mask(v), ok
}

// itself returns x as an operation of v's width gives it.
func (w *folder) itself(v, x *Value) *Value {
	if v.Op.Row().Width == 4 {
		return w.emit(OpZext32, x)
	}
	return x
}

func simplifyAdd(w *folder, v *Value) *Value {
	a, b := v.Args[0], v.Args[1]
	wide := v.Op == OpAdd64
	if c, ok := constArg(v, 1); ok {
		switch {
		case c == 0:
			return w.itself(v, a)
		case wide && a.Op == OpStackAddr:
			x := w.emit(OpStackAddr)
			x.Imm = a.Imm + int64(c)
			return x
		case a.Op == v.Op:
			if c1, ok := constArg(a, 1); ok {
				v.Args = []*Value{a.Args[0], w.constant((c + c1) & mask(v))}
			}
		}
		return nil
	}
	for i, x := range v.Args {
		other := v.Args[1-i]
		switch {
		case wide && x.Op == OpSub64 && x.Args[1] == other:
			return x.Args[0] // (p - q) + q
		case wide && x.Op == OpNeg64:
			return w.emit(OpSub64, other, x.Args[0])
		}
	}
	// Constants go outwards, to where they become displacements.
	if a.Op == v.Op {
		if _, ok := constArg(a, 1); ok && w.single(a) {
			v.Args = []*Value{w.emit(v.Op, a.Args[0], b), a.Args[1]}
			return nil
		}
	}
	if b.Op == v.Op {
		if _, ok := constArg(b, 1); ok && w.single(b) {
			v.Args = []*Value{w.emit(v.Op, a, b.Args[0]), b.Args[1]}
			return nil
		}
	}
	return w.rotation(v)
}

func simplifySub(w *folder, v *Value) *Value {
	a, b := v.Args[0], v.Args[1]
	wide := v.Op == OpSub64
	if c, ok := constArg(v, 1); ok {
		become(v, v.Op-OpSub64+OpAdd64, a, w.constant(-c&mask(v)))
		return nil
	}
	switch {
	case a == b:
		return w.constant(0)
	case isNumber(a, 0):
		become(v, v.Op-OpSub64+OpNeg64, b)
	case wide && a.Op == OpAdd64 && a.Args[0] == b:
		return a.Args[1]
	case wide && a.Op == OpAdd64 && a.Args[1] == b:
		return a.Args[0]
	}
	return nil
}

func simplifyNeg(w *folder, v *Value) *Value {
	if a := v.Args[0]; a.Op == v.Op {
		return w.itself(v, a.Args[0])
	}
	return nil
}

func simplifyMul(w *folder, v *Value) *Value {
	c, ok := constArg(v, 1)
	switch {
	case !ok:
		return nil
	case c == 0:
		return v.Args[1]
	case c == 1:
		return w.itself(v, v.Args[0])
	case c&(c-1) == 0:
		become(v, v.Op-OpMul64+OpShl64, v.Args[0], w.constant(uint64(bits.TrailingZeros64(c))))
	case v.Args[0].Op == v.Op:
		if c1, ok := constArg(v.Args[0], 1); ok {
			v.Args = []*Value{v.Args[0].Args[0], w.constant(c * c1 & mask(v))}
		}
	}
	return nil
}

func simplifyAnd(w *folder, v *Value) *Value {
	a, b := v.Args[0], v.Args[1]
	if a == b {
		return w.itself(v, a)
	}
	c, ok := constArg(v, 1)
	if !ok {
		return nil
	}
	k := w.known.of(a)
	if v.Op == OpAnd32 {
		k = k.low()
	}
	if k.possible()&^c == 0 {
		return w.itself(v, a)
	}
	if less := c & k.possible(); less == 0 {
		return w.constant(0)
	}
	switch c {
	case 0xff:
		become(v, OpZext8, a)
		return nil
	case 0xffff:
		become(v, OpZext16, a)
		return nil
	case math.MaxUint32:
		become(v, OpZext32, a)
		return nil
	}
	if a.Op == OpAnd64 || a.Op == OpAnd32 {
		if c1, ok := constArg(a, 1); ok {
			v.Args = []*Value{a.Args[0], w.constant(c & c1)}
			return nil
		}
	}
	if v.Op == OpAnd64 && c <= math.MaxUint32 {
		v.Op = OpAnd32 // the upper half is 0 either way
	}
	return nil
}

func simplifyOr(w *folder, v *Value) *Value {
	a, b := v.Args[0], v.Args[1]
	if a == b {
		return w.itself(v, a)
	}
	if c, ok := constArg(v, 1); ok {
		switch c {
		case 0:
			return w.itself(v, a)
		case mask(v):
			return w.constant(c)
		}
		if a.Op == v.Op {
			if c1, ok := constArg(a, 1); ok {
				v.Args = []*Value{a.Args[0], w.constant(c | c1)}
			}
		}
		return nil
	}
	return w.rotation(v)
}

func simplifyXor(w *folder, v *Value) *Value {
	a, b := v.Args[0], v.Args[1]
	if a == b {
		return w.constant(0)
	}
	if c, ok := constArg(v, 1); ok {
		if c == 0 {
			return w.itself(v, a)
		}
		if a.Op == v.Op {
			if c1, ok := constArg(a, 1); ok {
				v.Args = []*Value{a.Args[0], w.constant(c ^ c1)}
			}
		}
		if c == 1 && a.Op.Row().Compare {
			return w.emit(OpEq32, a, w.constant(0))
		}
		return nil
	}
	return w.rotation(v)
}

// rotation recognises x<<n | x>>(width-n), in an or, xor or sum: the parts
// have no bit in common.
func (w *folder) rotation(v *Value) *Value {
	width := uint64(v.Op.Row().Width) * 8
	shl, shr, rotl := OpShl64, OpShr64, OpRotl64
	if width == 32 {
		shl, shr, rotl = OpShl32, OpShr32, OpRotl32
	}
	for i, l := range v.Args {
		r := v.Args[1-i]
		if l.Op != shl || r.Op != shr || l.Args[0] != r.Args[0] {
			continue
		}
		n, ok := l.Args[1].IsConst()
		m, okToo := r.Args[1].IsConst()
		if ok && okToo && n+m == width {
			return w.emit(rotl, l.Args[0], l.Args[1])
		}
		// By a number that is not known, only bits of both: n and -n.
		if v.Op != OpAdd64 && v.Op != OpAdd32 && v.Op != OpXor64 && v.Op != OpXor32 && complementary(l.Args[1], r.Args[1], width) {
			return w.emit(rotl, l.Args[0], l.Args[1])
		}
	}
	return nil
}

// complementary reports whether m is width-n or -n, modulo width. For n = 0
// both shifts give x itself, and so does their or.
func complementary(n, m *Value, width uint64) bool {
	switch m.Op {
	case OpNeg64, OpNeg32:
		return m.Args[0] == n
	case OpSub64, OpSub32:
		c, ok := m.Args[0].IsConst()
		return ok && c%width == 0 && m.Args[1] == n
	}
	return false
}
