package arm64

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// logic lowers AND, OR and XOR; inverted is the operation that complements
// its second operand.
func logic(op, inverted backend.Op, wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		a, b := v.Args[0], v.Args[1]
		if _, ok := a.IsConst(); ok {
			a, b = b, a
		}
		if x, ok := b.IsConst(); ok && logicConst(l, v, op, a, x, wide) {
			return
		}
		if pair(l, v, op, inverted, a, b, wide) || pair(l, v, op, inverted, b, a, wide) {
			return
		}
		x, y := operand(l, a, wide), operand(l, b, wide)
		l.Emit(instr{Op: narrow(op, wide), Dst: l.Dst(v), Args: [3]reg{x, y}})
	}
}

// logicConst emits a op x when there is an instruction for it.
func logicConst(l *backend.Lower, v *ir.Value, op backend.Op, a *ir.Value, x uint64, wide bool) bool {
	ones := ^uint64(0)
	if !wide {
		x &= 0xffffffff
		ones = 0xffffffff
	}
	if op == opEOR && x == ones {
		l.Emit(instr{Op: narrow(opMVN, wide), Dst: l.Dst(v), Args: [3]reg{operand(l, a, wide)}})
		return true
	}
	if op == opAND {
		if x&(x+1) == 0 && extract(l, v, opUBFX, a, bits.Len64(x)) {
			return true
		}
		// A mask of the low half clears the other.
		wide = wide && !(x>>32 == 0 && !logicImm(x, true))
	}
	if !logicImm(x, wide) {
		return false
	}
	imm := opANDI + op - opAND
	l.Emit(instr{Op: narrow(imm, wide), Dst: l.Dst(v), Args: [3]reg{operand(l, a, wide)}, Imm: int64(x)})
	return true
}

// extract emits width bits of a when that is a shift to the right that only v
// wants.
func extract(l *backend.Lower, v *ir.Value, op backend.Op, a *ir.Value, width int) bool {
	size, wide := 32, a.Op == ir.OpShr64 || a.Op == ir.OpSar64
	if wide {
		size = 64
	}
	kind, n, ok := shiftKind(a, wide)
	if !ok || kind == shiftLSL || width == 0 || int(n)+width > size || !l.Single(a) {
		return false
	}
	if op == opUBFX { // SBFX fills the upper half in any case
		op = narrow(op, wide)
	}
	l.Emit(instr{Op: op, Dst: l.Dst(v), Args: [3]reg{operand(l, a.Args[0], wide)}, Imm: field(int(n), width)})
	return true
}

// pair emits a op b when b can be part of it: shifted or complemented.
func pair(l *backend.Lower, v *ir.Value, op, inverted backend.Op, a, b *ir.Value, wide bool) bool {
	if n, ok := complement(b, wide); ok && l.Single(b) {
		if k, ok := shiftOperand(l, n, wide); ok {
			x, y := operand(l, a, wide), operand(l, n.Args[0], wide)
			l.Emit(instr{Op: narrow(opADDS+inverted-opADD, wide), Dst: l.Dst(v), Args: [3]reg{x, y}, Imm: k})
			return true
		}
		x, y := operand(l, a, wide), operand(l, n, wide)
		l.Emit(instr{Op: narrow(inverted, wide), Dst: l.Dst(v), Args: [3]reg{x, y}})
		return true
	}
	k, ok := shiftOperand(l, b, wide)
	if !ok {
		return false
	}
	x, y := operand(l, a, wide), operand(l, b.Args[0], wide)
	l.Emit(instr{Op: narrow(opADDS+op-opADD, wide), Dst: l.Dst(v), Args: [3]reg{x, y}, Imm: k})
	return true
}

// complement returns the operand of v when v is its complement.
func complement(v *ir.Value, wide bool) (*ir.Value, bool) {
	op := ir.OpXor32
	if wide {
		op = ir.OpXor64
	}
	if v.Op != op {
		return nil, false
	}
	x, ok := constant(v.Args[1], wide)
	return v.Args[0], ok && x == -1
}

// shift lowers shifts. The hardware masks the amount as eBPF does.
func shift(op, imm backend.Op, wide bool) lowerFunc {
	mask := uint64(31)
	if wide {
		mask = 63
	}
	return func(l *backend.Lower, v *ir.Value) {
		a, b := v.Args[0], v.Args[1]
		n, ok := b.IsConst()
		switch {
		case ok && op == opLSL && placeField(l, v, a, int(n&mask), wide):
		case ok:
			l.Emit(instr{Op: narrow(imm, wide), Dst: l.Dst(v), Args: [3]reg{operand(l, a, wide)}, Imm: int64(n & mask)})
		default:
			x, y := operand(l, a, wide), operand(l, amount(b, mask), false)
			l.Emit(instr{Op: narrow(op, wide), Dst: l.Dst(v), Args: [3]reg{x, y}})
		}
	}
}

// amount drops a mask that the machine applies as well.
func amount(v *ir.Value, mask uint64) *ir.Value {
	if v.Op == ir.OpAnd64 || v.Op == ir.OpAnd32 {
		if x, ok := v.Args[1].IsConst(); ok && x&mask == mask {
			return v.Args[0]
		}
	}
	return v
}

// placeField emits a << n as UBFIZ when a is the low bits of something.
func placeField(l *backend.Lower, v, a *ir.Value, n int, wide bool) bool {
	size, width := 32, 0
	if wide {
		size = 64
	}
	switch a.Op {
	case ir.OpZext8, ir.OpZext16, ir.OpZext32:
		width = 8 * int(a.Op.Row().Width)
		if backend.Bits(a.Args[0]) <= width || a.Args[0].Op.Row().Class == ir.ClassLoad {
			return false // the extension costs nothing
		}
	case ir.OpAnd64, ir.OpAnd32:
		x, ok := a.Args[1].IsConst()
		if a.Op == ir.OpAnd32 {
			x &= 0xffffffff
		}
		if !ok || x&(x+1) != 0 {
			return false
		}
		width = bits.Len64(x)
	}
	if width == 0 || n == 0 || width >= size || !l.Single(a) {
		return false
	}
	width = min(width, size-n)
	l.Emit(instr{Op: narrow(opUBFIZ, wide), Dst: l.Dst(v), Args: [3]reg{operand(l, a.Args[0], wide)}, Imm: field(n, width)})
	return true
}

// rotate lowers rotations to the left, which the machine does to the right.
func rotate(wide bool) lowerFunc {
	mask := uint64(31)
	if wide {
		mask = 63
	}
	return func(l *backend.Lower, v *ir.Value) {
		a := operand(l, v.Args[0], wide)
		if n, ok := v.Args[1].IsConst(); ok {
			l.Emit(instr{Op: narrow(opRORI, wide), Dst: l.Dst(v), Args: [3]reg{a}, Imm: int64(-n & mask)})
			return
		}
		right := l.NewReg()
		l.Emit(instr{Op: opNEG + 1, Dst: right, Args: [3]reg{operand(l, amount(v.Args[1], mask), false)}})
		l.Emit(instr{Op: narrow(opROR, wide), Dst: l.Dst(v), Args: [3]reg{a, right}})
	}
}

// extend lowers an extension; of a load that only it uses it is the load, of
// a shift to the right it is a bit field.
func extend(op, loadOp backend.Op, size int) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		a := v.Args[0]
		row := a.Op.Row()
		if row.Class == ir.ClassLoad && row.Addr && int(row.Width) == size && l.Foldable(a) {
			l.Emit(instr{Op: loadOp, Dst: l.Dst(v), Mem: address(l, a.Args[0], a.Imm, size)})
			return
		}
		fieldOp := opUBFX
		if op >= opSXTB {
			fieldOp = opSBFX
		}
		if extract(l, v, fieldOp, a, 8*size) {
			return
		}
		l.Emit(instr{Op: op, Dst: l.Dst(v), Args: [3]reg{l.Low(a)}})
	}
}

// bswap16 swaps the two low bytes and clears the others.
func bswap16(l *backend.Lower, v *ir.Value) {
	r := operand(l, v.Args[0], false)
	if backend.Bits(v.Args[0]) <= 16 {
		l.Emit(instr{Op: opREV16W, Dst: l.Dst(v), Args: [3]reg{r}})
		return
	}
	all := l.NewReg()
	l.Emit(instr{Op: opREV + 1, Dst: all, Args: [3]reg{r}})
	l.Emit(instr{Op: opLSRI + 1, Dst: l.Dst(v), Args: [3]reg{all}, Imm: 16})
}
