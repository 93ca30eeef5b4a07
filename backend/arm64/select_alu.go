package arm64

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

type (
	instr = backend.Instr
	reg   = backend.Reg
	addr  = backend.Addr

	lowerFunc = backend.LowerFunc
)

// constant returns v's number, sign-extended from 32 bits when wide is false.
func constant(v *ir.Value, wide bool) (int64, bool) {
	x, ok := v.IsConst()
	if !wide {
		x = uint64(int64(int32(x)))
	}
	return int64(x), ok
}

// source returns a register with v, or with its low half, that no instruction
// takes for RSP.
func source(l *backend.Lower, v *ir.Value, wide bool) reg {
	if wide {
		return l.Reg(v)
	}
	return l.Low(v)
}

// operand is source, and ZR when v is 0. Instructions with an immediate or an
// extended register take that number for RSP.
func operand(l *backend.Lower, v *ir.Value, wide bool) reg {
	if x, ok := constant(v, wide); ok && x == 0 {
		return ZR
	}
	return source(l, v, wide)
}

// shiftKind says which shift by a constant v is.
func shiftKind(v *ir.Value, wide bool) (kind int, amount uint64, ok bool) {
	op, mask := v.Op, uint64(63)
	if !wide {
		op, mask = op-1, 31 // the operation for 64 bits comes first
	}
	switch op {
	case ir.OpShl64:
		kind = shiftLSL
	case ir.OpShr64:
		kind = shiftLSR
	case ir.OpSar64:
		kind = shiftASR
	default:
		return 0, 0, false
	}
	amount, ok = v.Args[1].IsConst()
	return kind, amount & mask, ok && amount&mask != 0
}

// shiftOperand reports whether v is a shift that can be part of the
// instruction that uses it, and only of that, and its Imm.
func shiftOperand(l *backend.Lower, v *ir.Value, wide bool) (int64, bool) {
	kind, amount, ok := shiftKind(v, wide)
	return shifted(kind, amount), ok && l.Single(v)
}

// extOperand reports whether v is an extension that can be part of an
// addition. One of a load is part of the load.
func extOperand(l *backend.Lower, v *ir.Value) (int64, bool) {
	kind := 0
	switch v.Op {
	case ir.OpZext8:
		kind = extUXTB
	case ir.OpZext16:
		kind = extUXTH
	case ir.OpZext32:
		kind = extUXTW
	case ir.OpSext8:
		kind = extSXTB
	case ir.OpSext16:
		kind = extSXTH
	case ir.OpSext32:
		kind = extSXTW
	default:
		return 0, false
	}
	a := v.Args[0]
	noop := kind < extSXTB && backend.Bits(a) <= 8*int(v.Op.Row().Width)
	return int64(kind), l.Single(v) && !noop && a.Op.Row().Class == ir.ClassPure
}

// product reports whether v is a product that only its user wants and that no
// shift can make.
func product(l *backend.Lower, v *ir.Value, wide bool) bool {
	op := ir.OpMul32
	if wide {
		op = ir.OpMul64
	}
	if v.Op != op || !l.Single(v) {
		return false
	}
	_, _, cheap := cheapProduct(v.Args[1], wide)
	return !cheap
}

// add lowers additions.
func add(wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		a, b := v.Args[0], v.Args[1]
		if _, ok := a.IsConst(); ok {
			a, b = b, a
		}
		if k, ok := constant(b, wide); ok && addConst(l, l.Dst(v), a, k, wide) {
			return
		}
		if sum(l, v, opADD, a, b, wide) || sum(l, v, opADD, b, a, wide) {
			return
		}
		x, y := operand(l, a, wide), operand(l, b, wide)
		l.Emit(instr{Op: narrow(opADD, wide), Dst: l.Dst(v), Args: [3]reg{x, y}})
	}
}

// addConst emits a + k when k is an immediate.
func addConst(l *backend.Lower, dst reg, a *ir.Value, k int64, wide bool) bool {
	op := opADDI
	if !addImm(k) {
		op, k = opSUBI, -k
	}
	if !addImm(k) {
		return false
	}
	l.Emit(instr{Op: narrow(op, wide), Dst: dst, Args: [3]reg{source(l, a, wide)}, Imm: k})
	return true
}

// sum emits a op b, an addition or subtraction, when b can be part of it.
func sum(l *backend.Lower, v *ir.Value, op backend.Op, a, b *ir.Value, wide bool) bool {
	if product(l, b, wide) {
		x, y, z := operand(l, b.Args[0], wide), operand(l, b.Args[1], wide), operand(l, a, wide)
		l.Emit(instr{Op: narrow(opMADD+op-opADD, wide), Dst: l.Dst(v), Args: [3]reg{x, y, z}})
		return true
	}
	if k, ok := shiftOperand(l, b, wide); ok {
		x, y := operand(l, a, wide), operand(l, b.Args[0], wide)
		l.Emit(instr{Op: narrow(opADDS+op-opADD, wide), Dst: l.Dst(v), Args: [3]reg{x, y}, Imm: k})
		return true
	}
	if k, ok := extOperand(l, b); ok && wide {
		x, y := l.Reg(a), l.Low(b.Args[0])
		l.Emit(instr{Op: opADDX + (op-opADD)/2, Dst: l.Dst(v), Args: [3]reg{x, y}, Imm: k})
		return true
	}
	return false
}

// sub lowers subtractions.
func sub(wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		a, b := v.Args[0], v.Args[1]
		if k, ok := constant(b, wide); ok && addConst(l, l.Dst(v), a, -k, wide) {
			return
		}
		if sum(l, v, opSUB, a, b, wide) {
			return
		}
		x, y := operand(l, a, wide), operand(l, b, wide)
		l.Emit(instr{Op: narrow(opSUB, wide), Dst: l.Dst(v), Args: [3]reg{x, y}})
	}
}

// cheapProduct reports whether a product by v is a shift by n, or the sum of
// the number and its shift.
func cheapProduct(v *ir.Value, wide bool) (n int, plus, ok bool) {
	x, ok := v.IsConst()
	if !wide {
		x = uint64(uint32(x))
	}
	switch {
	case !ok || x < 2:
		return 0, false, false
	case x&(x-1) == 0:
		return bits.TrailingZeros64(x), false, true
	case (x-1)&(x-2) == 0:
		return bits.TrailingZeros64(x - 1), true, true
	}
	return 0, false, false
}

func mul(wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		a, b := v.Args[0], v.Args[1]
		if _, ok := a.IsConst(); ok {
			a, b = b, a
		}
		x := operand(l, a, wide)
		n, plus, ok := cheapProduct(b, wide)
		switch {
		case ok && plus:
			l.Emit(instr{Op: narrow(opADDS, wide), Dst: l.Dst(v), Args: [3]reg{x, x}, Imm: shifted(shiftLSL, uint64(n))})
		case ok:
			l.Emit(instr{Op: narrow(opLSLI, wide), Dst: l.Dst(v), Args: [3]reg{x}, Imm: int64(n)})
		default:
			l.Emit(instr{Op: narrow(opMUL, wide), Dst: l.Dst(v), Args: [3]reg{x, operand(l, b, wide)}})
		}
	}
}

// short reports whether an unsigned division of 64 bits can be done in 32.
func short(op backend.Op, v *ir.Value) bool {
	return op == opUDIV && backend.Bits(v.Args[0]) <= 32 && backend.Bits(v.Args[1]) <= 32
}

// quotient lowers divisions: the machine's x/0 is 0 and MIN/-1 is MIN, as in
// eBPF.
func quotient(op backend.Op, wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		wide := wide && !short(op, v)
		a, b := operand(l, v.Args[0], wide), operand(l, v.Args[1], wide)
		l.Emit(instr{Op: narrow(op, wide), Dst: l.Dst(v), Args: [3]reg{a, b}})
	}
}

// remainder lowers a % b as a - a/b*b, which is a when b is 0.
func remainder(op backend.Op, wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		wide := wide && !short(op, v)
		a, b := operand(l, v.Args[0], wide), operand(l, v.Args[1], wide)
		q := l.NewReg()
		l.Emit(instr{Op: narrow(op, wide), Dst: q, Args: [3]reg{a, b}})
		l.Emit(instr{Op: narrow(opMSUB, wide), Dst: l.Dst(v), Args: [3]reg{q, b, a}})
	}
}

// unary lowers operations of one operand.
func unary(op backend.Op, wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		l.Emit(instr{Op: narrow(op, wide), Dst: l.Dst(v), Args: [3]reg{operand(l, v.Args[0], wide)}})
	}
}

func mulHi(l *backend.Lower, v *ir.Value) {
	a, b := operand(l, v.Args[0], true), operand(l, v.Args[1], true)
	l.Emit(instr{Op: opUMULH, Dst: l.Dst(v), Args: [3]reg{a, b}})
}
