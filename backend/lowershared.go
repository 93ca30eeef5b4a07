package backend

import "github.com/bpf2go-native/bpf2go-native/ir"

// LowerFunc emits the instructions of a value.
type LowerFunc = func(l *Lower, v *ir.Value)

// SharedLowering returns the lowering functions that every target has: of
// values that make no code, of places, calls, and comparisons that are wanted
// as a number, which set makes. The target adds the others; an operation that
// it forgets has none.
func SharedLowering(set LowerFunc) [ir.NumOps]LowerFunc {
	var t [ir.NumOps]LowerFunc
	for _, op := range []ir.Op{ir.OpInvalid, ir.OpParam, ir.OpConst, ir.OpFrame, ir.OpArg, ir.OpMem, ir.OpGuard} {
		t[op] = LowerNothing
	}
	t[ir.OpStackAddr] = LowerStackAddr
	t[ir.OpMapPtr] = LowerMapPtr
	t[ir.OpMapValues] = LowerMapValues
	t[ir.OpMapMax] = LowerMapMax
	t[ir.OpMapStep] = LowerMapStep
	t[ir.OpCall] = LowerCall
	t[ir.OpCallFunc] = LowerCallFunc
	t[ir.OpPreempt] = LowerPreempt
	for op := range ir.Op(ir.NumOps) {
		if op.Row().Compare {
			t[op] = set
		}
	}
	return t
}

// Cuts reports whether v only clears or copies bits above those that a store
// of width bytes writes, so that its operand can be stored.
func Cuts(v *ir.Value, width int) bool {
	if width == 8 {
		return false
	}
	switch v.Op {
	case ir.OpZext8, ir.OpZext16, ir.OpZext32, ir.OpSext8, ir.OpSext16, ir.OpSext32:
		return int(v.Op.Row().Width) >= width
	case ir.OpAnd64, ir.OpAnd32:
		x, ok := v.Args[1].IsConst()
		low := uint64(1)<<(8*width) - 1
		return ok && x&low == low
	}
	return false
}
