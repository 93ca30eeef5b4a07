package ir

import "math"

// shiftCount strips what a shift does not look at and returns the count when
// it is known.
func shiftCount(w *folder, v *Value) (uint64, bool) {
	last := uint64(v.Op.Row().Width)*8 - 1
	b := v.Args[1]
	for b.Op == OpAnd64 || b.Op == OpAnd32 || b.Op >= OpZext8 && b.Op <= OpSext32 {
		if b.Op == OpAnd64 || b.Op == OpAnd32 {
			if c, ok := b.Args[1].IsConst(); !ok || c&last != last {
				break
			}
		}
		b = b.Args[0]
	}
	c, ok := b.IsConst()
	if ok && c&last != c {
		b = w.constant(c & last)
	}
	v.Args[1] = b
	return c & last, ok
}

func simplifyShl(w *folder, v *Value) *Value {
	n, ok := shiftCount(w, v)
	if !ok {
		return nil
	}
	a := v.Args[0]
	if n == 0 {
		return w.itself(v, a)
	}
	m, okToo := uint64(0), false
	if len(a.Args) == 2 {
		m, okToo = a.Args[1].IsConst()
	}
	switch {
	case !okToo:
	case a.Op == v.Op:
		if n+m >= uint64(v.Op.Row().Width)*8 {
			return w.constant(0)
		}
		v.Args = []*Value{a.Args[0], w.constant(n + m)}
	case a.Op == v.Op-OpShl64+OpShr64 && n == m:
		become(v, v.Op-OpShl64+OpAnd64, a.Args[0], w.constant(mask(v)<<n&mask(v)))
	}
	return nil
}

func simplifyShr(w *folder, v *Value) *Value {
	n, ok := shiftCount(w, v)
	if !ok {
		return nil
	}
	a := v.Args[0]
	if n == 0 {
		return w.itself(v, a)
	}
	if len(a.Args) == 2 {
		if m, ok := a.Args[1].IsConst(); ok {
			switch {
			case a.Op == v.Op:
				if n+m >= uint64(v.Op.Row().Width)*8 {
					return w.constant(0)
				}
				v.Args = []*Value{a.Args[0], w.constant(n + m)}
				return nil
			case a.Op == v.Op-OpShr64+OpShl64 && n == m:
				become(v, v.Op-OpShr64+OpAnd64, a.Args[0], w.constant(mask(v)>>n))
				return nil
			case (a.Op == OpAnd64 || a.Op == OpAnd32 && v.Op == OpShr32) && m&mask(v)>>n == mask(v)>>n:
				v.Args[0] = a.Args[0] // the bits that the mask clears are shifted out
				return nil
			}
		}
	}
	if v.Op == OpShr64 && n < 32 && w.known.of(a).max <= math.MaxUint32 {
		v.Op = OpShr32
	}
	return nil
}

// extensionOf is indexed by bytes that are cut off at the top.
var extensionOf = [9]Op{4: OpSext32, 6: OpSext16, 7: OpSext8}

func simplifySar(w *folder, v *Value) *Value {
	n, ok := shiftCount(w, v)
	a := v.Args[0]
	if ok && n == 0 {
		return w.itself(v, a)
	}
	k := w.known.of(a)
	if v.Op == OpSar32 {
		k = k.low()
	}
	if k.max <= mask(v)>>1 {
		v.Op = v.Op - OpSar64 + OpShr64
		return nil
	}
	if ok && v.Op == OpSar64 && a.Op == OpShl64 && n%8 == 0 && isNumber(a.Args[1], n) && extensionOf[n/8] != OpInvalid {
		become(v, extensionOf[n/8], a.Args[0])
	}
	return nil
}

// narrowOf gives the 32-bit form of operations whose low half depends on the
// low halves of their operands only.
var narrowOf = [NumOps]Op{
	OpAdd64: OpAdd32, OpSub64: OpSub32, OpMul64: OpMul32, OpAnd64: OpAnd32,
	OpOr64: OpOr32, OpXor64: OpXor32, OpNeg64: OpNeg32,
}

func simplifyZext(w *folder, v *Value) *Value {
	a := v.Args[0]
	limit := uint64(1)<<(8*v.Op.Row().Width) - 1
	if w.known.of(a).max <= limit {
		return a
	}
	if v.Op != OpZext32 {
		return nil
	}
	if op := narrowOf[a.Op]; op != OpInvalid && w.single(a) {
		become(v, op, append([]*Value(nil), a.Args...)...)
		return nil
	}
	if a.Op == OpShl64 && w.single(a) {
		if n, ok := a.Args[1].IsConst(); ok && n < 32 {
			become(v, OpShl32, a.Args[0], a.Args[1])
		}
	}
	return nil
}

func simplifySext(w *folder, v *Value) *Value {
	a := v.Args[0]
	half := uint64(1) << (8*v.Op.Row().Width - 1)
	k := truncate(w.known.of(a), half<<1-1)
	if k.max < half { // the sign is 0
		become(v, v.Op-OpSext8+OpZext8, a)
		return nil
	}
	if a.Op >= OpSext8 && a.Op <= v.Op {
		return a
	}
	return nil
}

func simplifyBswap(w *folder, v *Value) *Value {
	if a := v.Args[0]; a.Op == v.Op {
		if width := v.Op.Row().Width; width < 8 {
			return w.emit(zexts[width], a.Args[0])
		}
		return a.Args[0]
	}
	return nil
}

func simplifyRotl(w *folder, v *Value) *Value {
	if n, ok := shiftCount(w, v); ok && n == 0 {
		return w.itself(v, v.Args[0])
	}
	return nil
}
