package ir

import "math"

// simplifyEq is for equality and inequality.
func simplifyEq(w *folder, v *Value) *Value {
	a, b := v.Args[0], v.Args[1]
	ne := v.Op == OpNe64 || v.Op == OpNe32
	if a == b {
		return w.constant(truth(!ne))
	}
	if nonNull(a) && isNumber(b, 0) && v.Op.Row().Width == 8 {
		return w.constant(truth(ne))
	}
	w.compare32(v)
	c, ok := constArg(v, 1)
	if !ok {
		return nil
	}
	switch {
	case c == 0 && ne && a.Op.Row().Compare:
		return a
	case c == 0 && !ne && invertible(a):
		return w.invert(a)
	case c == 0 && !ne && a.Op == OpOr32 && w.single(a) && invertible(a.Args[0]) && invertible(a.Args[1]):
		become(v, OpAnd32, w.invert(a.Args[0]), w.invert(a.Args[1]))
		return nil
	case c == 1 && a.Op.Row().Compare:
		become(v, v.Op^flipEq(v.Op), a, w.constant(0))
		return nil
	case c == 0 && ne && (a.Op == OpAnd64 || a.Op == OpAnd32):
		op := OpTest64
		if v.Op == OpNe32 || a.Op == OpAnd32 {
			op = OpTest32
		}
		become(v, op, a.Args[0], a.Args[1])
		return nil
	case c == 0 && (a.Op == OpSub64 && v.Op.Row().Width == 8 || a.Op == OpSub32 || a.Op == OpXor64 && v.Op.Row().Width == 8 || a.Op == OpXor32):
		op := v.Op
		if a.Op == OpSub32 || a.Op == OpXor32 {
			op = narrowCompare(v.Op)
		}
		become(v, op, a.Args[0], a.Args[1])
		return nil
	}
	return w.moveConstant(v, a, c)
}

// flipEq gives the bits in which an equality and its opposite differ.
func flipEq(op Op) Op {
	if op == OpEq64 || op == OpNe64 {
		return OpEq64 ^ OpNe64
	}
	return OpEq32 ^ OpNe32
}

// moveConstant undoes an invertible operation on the constant instead of doing
// it on the other side: x+1 == 3 becomes x == 2.
func (w *folder) moveConstant(v, a *Value, c uint64) *Value {
	if !w.single(a) || len(a.Args) == 0 {
		return nil
	}
	same := a.Op.Row().Width == v.Op.Row().Width
	if same && len(a.Args) == 2 {
		c1, ok := constArg(a, 1)
		if !ok {
			return nil
		}
		switch a.Op {
		case OpAdd64, OpAdd32:
			v.Args = []*Value{a.Args[0], w.constant((c - c1) & mask(v))}
		case OpXor64, OpXor32:
			v.Args = []*Value{a.Args[0], w.constant((c ^ c1) & mask(v))}
		}
		return nil
	}
	if a.Op != OpBswap16 && a.Op != OpBswap32 && a.Op != OpBswap64 {
		return nil
	}
	limit := typical(a).max
	if limit > mask(v) || c > limit || w.known.of(a.Args[0]).max > limit {
		return nil
	}
	v.Args = []*Value{a.Args[0], w.constant(Eval(a.Op, c, 0, 0))}
	return nil
}

// inverse is the comparison that holds when op does not; inverseSwapped that
// of the operands exchanged.
var (
	inverse        = [NumOps]Op{OpEq64: OpNe64, OpEq32: OpNe32, OpNe64: OpEq64, OpNe32: OpEq32}
	inverseSwapped = [NumOps]Op{
		OpUlt64: OpUle64, OpUlt32: OpUle32, OpUle64: OpUlt64, OpUle32: OpUlt32,
		OpSlt64: OpSle64, OpSlt32: OpSle32, OpSle64: OpSlt64, OpSle32: OpSlt32,
	}
)

func invertible(v *Value) bool {
	return inverse[v.Op] != OpInvalid || inverseSwapped[v.Op] != OpInvalid
}

// invert makes the opposite of an invertible comparison.
func (w *folder) invert(v *Value) *Value {
	if op := inverse[v.Op]; op != OpInvalid {
		return w.emit(op, v.Args[0], v.Args[1])
	}
	return w.emit(inverseSwapped[v.Op], v.Args[1], v.Args[0])
}

func truth(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// nonNull reports whether v is an address of memory.
func nonNull(v *Value) bool {
	switch v.Op {
	case OpFrame, OpStackAddr, OpMapPtr, OpMapValues:
		return true
	}
	return v.Flags&FlagNonNull != 0
}

func narrowCompare(op Op) Op {
	if op.Row().Width == 8 {
		return op + 1 // the 32-bit form stands behind the 64-bit form
	}
	return op
}

// compare32 narrows a comparison of numbers below 1<<32, and makes an order of
// numbers with the same sign unsigned.
func (w *folder) compare32(v *Value) {
	w.compareExtended(v)
	a, b := w.known.of(v.Args[0]), w.known.of(v.Args[1])
	signed := v.Op >= OpSlt64 && v.Op <= OpSle32
	if v.Op.Row().Width == 4 {
		a, b = a.low(), b.low()
	}
	if top := mask(v) >> 1; signed && (a.max <= top && b.max <= top || a.min > top && b.min > top) {
		v.Op = v.Op - OpSlt64 + OpUlt64
		signed = false
	}
	if !signed && a.max <= math.MaxUint32 && b.max <= math.MaxUint32 {
		v.Op = narrowCompare(v.Op)
	}
}

// compareExtended compares the halves that were sign-extended: that keeps every
// order and its opposite.
func (w *folder) compareExtended(v *Value) {
	if v.Op.Row().Width != 8 || v.Args[0].Op != OpSext32 && v.Args[1].Op != OpSext32 {
		return
	}
	var low [2]*Value
	for i, a := range v.Args {
		c, number := a.IsConst()
		switch {
		case a.Op == OpSext32:
			low[i] = a.Args[0]
		case number && c == uint64(int64(int32(c))):
			low[i] = w.constant(lo(c))
		default:
			return
		}
	}
	v.Op = narrowCompare(v.Op)
	v.Args = low[:]
}

// simplifyLess is for orders.
func simplifyLess(w *folder, v *Value) *Value {
	a, b := v.Args[0], v.Args[1]
	strict := v.Op == OpUlt64 || v.Op == OpUlt32 || v.Op == OpSlt64 || v.Op == OpSlt32
	if a == b {
		return w.constant(truth(!strict))
	}
	w.compare32(v)
	if v.Op > OpUle32 {
		return nil
	}
	eq := v.Op.Row().Width == 8
	switch {
	case strict && isNumber(b, 1), !strict && isNumber(b, 0): // x < 1, x <= 0
		become(v, either(eq, OpEq64, OpEq32), a, w.constant(0))
	case strict && isNumber(a, 0), !strict && isNumber(a, 1): // 0 < x, 1 <= x
		become(v, either(eq, OpNe64, OpNe32), b, w.constant(0))
	}
	return nil
}

func either(first bool, a, b Op) Op {
	if first {
		return a
	}
	return b
}

func simplifyTest(w *folder, v *Value) *Value {
	a, b := v.Args[0], v.Args[1]
	if a == b {
		become(v, v.Op-OpTest64+OpNe64, a, w.constant(0))
		return nil
	}
	c, ok := constArg(v, 1)
	if !ok {
		return nil
	}
	k := w.known.of(a)
	if v.Op == OpTest32 {
		k = k.low()
	}
	switch {
	case k.possible()&^c == 0:
		become(v, v.Op-OpTest64+OpNe64, a, w.constant(0))
	case v.Op == OpTest64 && c <= math.MaxUint32:
		v.Op = OpTest32
	case (a.Op == OpAnd64 || a.Op == OpAnd32) && len(a.Args) == 2:
		if c1, ok := constArg(a, 1); ok {
			v.Args = []*Value{a.Args[0], w.constant(c & c1)}
		}
	}
	return nil
}

func simplifySelect(w *folder, v *Value) *Value {
	c, yes, no := v.Args[0], v.Args[1], v.Args[2]
	if x, ok := c.IsConst(); ok {
		if x != 0 {
			return yes
		}
		return no
	}
	if k := w.known.of(c); k.min > 0 {
		return yes
	}
	switch {
	case yes == no:
		return yes
	case c.Op.Row().Compare && isNumber(yes, 1) && isNumber(no, 0):
		return c
	case c.Op.Row().Compare && isNumber(yes, 0) && isNumber(no, 1):
		return w.emit(OpEq32, c, w.constant(0))
	case isEq(c.Op) && isNumber(c.Args[1], 0) && c.Args[0].Op.Row().Compare:
		v.Args = []*Value{c.Args[0], no, yes}
	case c.Op.Row().Compare:
		w.logic(v, c, yes, no)
	}
	return nil
}

// logic turns a choice between comparisons, 0 and 1 into an and or an or.
func (w *folder) logic(v, c, yes, no *Value) {
	flag := func(x *Value) bool { return x.Op.Row().Compare }
	switch {
	case flag(yes) && isNumber(no, 0):
		become(v, OpAnd32, c, yes)
	case flag(no) && isNumber(yes, 1):
		become(v, OpOr32, c, no)
	case flag(no) && isNumber(yes, 0) && invertible(c):
		become(v, OpAnd32, w.invert(c), no)
	case flag(yes) && isNumber(no, 1) && invertible(c):
		become(v, OpOr32, w.invert(c), yes)
	}
}

// displace moves constants from an address to its displacement. The check that
// made the access legal stays in front of it: its guard does not change.
func (w *folder) displace(v *Value) {
	if !v.Op.Row().Addr {
		return
	}
	for {
		a := v.Args[0]
		switch a.Op {
		case OpAdd64:
			c, ok := a.Args[1].IsConst()
			if !ok || !fits32(v.Imm+int64(c)) || !fits32(int64(c)) {
				return
			}
			v.Args[0] = a.Args[0]
			v.Imm += int64(c)
		case OpStackAddr:
			if a.Imm == 0 {
				return
			}
			v.Imm += a.Imm
			v.Args[0] = w.frameBase()
		default:
			return
		}
		w.changed = true
	}
}

// frameBase is r10, defined at the front of the entry block.
func (w *folder) frameBase() *Value {
	if w.base == nil {
		entry := w.f.Blocks[0]
		v := w.f.newValue(OpStackAddr, -1)
		v.Block = entry
		w.base = v
		entry.Values = append([]*Value{v}, entry.Values...)
	}
	return w.base
}
