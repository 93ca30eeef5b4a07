package amd64

import (
	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

type (
	instr = backend.Instr
	reg   = backend.Reg
	addr  = backend.Addr

	lowerFunc = backend.LowerFunc
)

// imm32 returns x as the sign-extended immediate of an instruction.
func imm32(x int64) (int64, bool) { return x, x == int64(int32(x)) }

// constant returns v's number as an immediate: of a 32-bit instruction when
// wide is false.
func constant(v *ir.Value, wide bool) (int64, bool) {
	x, ok := v.IsConst()
	if !ok {
		return 0, false
	}
	if !wide {
		return int64(int32(x)), true
	}
	return imm32(int64(x))
}

// operand returns a register with v, or with its low half.
func operand(l *backend.Lower, v *ir.Value, wide bool) reg {
	if wide {
		return l.Reg(v)
	}
	return l.Low(v)
}

// isLoadOperand reports whether v may become a memory operand of the current
// instruction.
func isLoadOperand(l *backend.Lower, v *ir.Value, wide bool) bool {
	switch v.Op {
	case ir.OpMapMax, ir.OpMapStep: // do not change
		return l.Single(v) && !l.Needed(v)
	case ir.OpLoad64:
		return l.Foldable(v)
	case ir.OpLoad32, ir.OpLoadS32:
		return !wide && l.Foldable(v)
	}
	return false
}

// loadOperand returns the address of v, for which isLoadOperand holds.
func loadOperand(l *backend.Lower, v *ir.Value) addr {
	if v.Op == ir.OpMapMax || v.Op == ir.OpMapStep {
		return l.MapNumberPlace(v)
	}
	return address(l, v.Args[0], v.Imm)
}

// binary lowers A op B with the three forms of op; i is 0 when there is no
// immediate form.
func binary(rr, ri, rm backend.Op, wide, commutes bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		a, b := v.Args[0], v.Args[1]
		if _, ok := a.IsConst(); ok && commutes {
			a, b = b, a
		}
		if x, ok := constant(b, wide); ok && ri != 0 {
			l.Emit(instr{Op: ri, Dst: l.Dst(v), Args: [3]reg{operand(l, a, wide)}, Imm: x})
			return
		}
		if commutes {
			if isLoadOperand(l, a, wide) {
				a, b = b, a
			}
		}
		if isLoadOperand(l, b, wide) {
			m := loadOperand(l, b)
			l.Emit(instr{Op: rm, Dst: l.Dst(v), Args: [3]reg{operand(l, a, wide)}, Mem: m})
			return
		}
		x, y := operand(l, a, wide), operand(l, b, wide)
		l.Emit(instr{Op: rr, Dst: l.Dst(v), Args: [3]reg{x, y}})
	}
}

// add lowers additions; those that look like addresses become LEA.
func add(wide bool) lowerFunc {
	rr, ri, rm := opADDL, opADDLi, opADDLm
	if wide {
		rr, ri, rm = opADDQ, opADDQi, opADDQm
	}
	plain := binary(rr, ri, rm, wide, true)
	return func(l *backend.Lower, v *ir.Value) {
		if wide {
			if m, ok := leaAddress(l, v); ok {
				lea(l, l.Dst(v), m)
				return
			}
		}
		plain(l, v)
	}
}

// sub lowers subtractions; a constant is added, which LEA can do as well.
func sub(wide bool) lowerFunc {
	rr, ri, rm := opSUBL, opADDLi, opSUBLm
	if wide {
		rr, ri, rm = opSUBQ, opADDQi, opSUBQm
	}
	plain := binary(rr, 0, rm, wide, false)
	return func(l *backend.Lower, v *ir.Value) {
		if x, ok := constant(v.Args[1], wide); ok && x != -1<<31 {
			l.Emit(instr{Op: ri, Dst: l.Dst(v), Args: [3]reg{operand(l, v.Args[0], wide)}, Imm: -x})
			return
		}
		if x, ok := constant(v.Args[0], wide); ok && x == 0 {
			l.Emit(instr{Op: negOp(wide), Dst: l.Dst(v), Args: [3]reg{operand(l, v.Args[1], wide)}})
			return
		}
		plain(l, v)
	}
}

func negOp(wide bool) backend.Op {
	if wide {
		return opNEGQ
	}
	return opNEGL
}

// and lowers masks; those of whole bytes are moves.
func and(wide bool) lowerFunc {
	rr, ri, rm := opANDL, opANDLi, opANDLm
	if wide {
		rr, ri, rm = opANDQ, opANDQi, opANDQm
	}
	plain := binary(rr, ri, rm, wide, true)
	return func(l *backend.Lower, v *ir.Value) {
		a, b := v.Args[0], v.Args[1]
		if _, ok := a.IsConst(); ok {
			a, b = b, a
		}
		x, ok := b.IsConst()
		if !wide {
			x = uint64(uint32(x))
		}
		if !ok || x != uint64(uint32(x)) {
			plain(l, v)
			return
		}
		in := instr{Dst: l.Dst(v), Args: [3]reg{l.Low(a)}}
		switch x {
		case 0xff:
			in.Op = opMOVB
		case 0xffff:
			in.Op = opMOVW
		case 0xffffffff:
			in.Op = opMOVL
		default:
			in.Op, in.Imm = opANDLi, int64(int32(x))
		}
		l.Emit(in)
	}
}

// mul lowers products; by a constant without a tie.
func mul(wide bool) lowerFunc {
	rr, ri, rm := opIMULL, opIMULLi, opIMULLm
	leaOp := opLEAL
	if wide {
		rr, ri, rm, leaOp = opIMULQ, opIMULQi, opIMULQm, opLEAQ
	}
	plain := binary(rr, ri, rm, wide, true)
	return func(l *backend.Lower, v *ir.Value) {
		if x, ok := v.Args[1].IsConst(); ok {
			switch x {
			case 3, 5, 9:
				r := operand(l, v.Args[0], wide)
				l.Emit(instr{Op: leaOp, Dst: l.Dst(v), Mem: addr{Base: r, Index: r, Scale: uint8(x - 1)}})
				return
			}
		}
		plain(l, v)
	}
}

// shifts lowers a shift or rotation by a constant or by CX. The hardware
// masks the count as eBPF does.
func shifts(byCX, byImm, small backend.Op, wide bool) lowerFunc {
	mask := uint64(31)
	if wide {
		mask = 63
	}
	return func(l *backend.Lower, v *ir.Value) {
		a := operand(l, v.Args[0], wide)
		if n, ok := v.Args[1].IsConst(); ok {
			op := byImm
			if n&mask >= 1 && n&mask <= 3 && small != 0 {
				op = small
			}
			l.Emit(instr{Op: op, Dst: l.Dst(v), Args: [3]reg{a}, Imm: int64(n & mask)})
			return
		}
		l.Emit(instr{Op: byCX, Dst: l.Dst(v), Args: [3]reg{a, l.Low(v.Args[1])}})
	}
}

// unary lowers operations of one operand; tied or not is in the row.
func unary(op backend.Op) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		l.Emit(instr{Op: op, Dst: l.Dst(v), Args: [3]reg{l.Reg(v.Args[0])}})
	}
}

// extend lowers an extension; of a load that only it uses, it is the load.
func extend(op, loadOp backend.Op, width uint8, signed bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		a := v.Args[0]
		row := a.Op.Row()
		if row.Class == ir.ClassLoad && row.Addr && row.Width == width && l.Foldable(a) {
			l.Emit(instr{Op: loadOp, Dst: l.Dst(v), Mem: address(l, a.Args[0], a.Imm)})
			return
		}
		// The low bits are those of an operand that was cut before.
		l.Emit(instr{Op: op, Dst: l.Dst(v), Args: [3]reg{l.Low(a)}})
	}
}

// bswap16 swaps the two low bytes; of a longer value it cuts the rest first.
func bswap16(l *backend.Lower, v *ir.Value) {
	r := l.Reg(v.Args[0])
	if backend.Bits(v.Args[0]) > 16 {
		cut := l.NewReg()
		l.Emit(instr{Op: opMOVW, Dst: cut, Args: [3]reg{r}})
		r = cut
	}
	l.Emit(instr{Op: opROLWi, Dst: l.Dst(v), Args: [3]reg{r}, Imm: 8})
}

func mulHi(l *backend.Lower, v *ir.Value) {
	a, b := l.Reg(v.Args[0]), l.Reg(v.Args[1])
	l.Emit(instr{Op: opMULHI, Dst: l.Dst(v), Args: [3]reg{a, b}})
}
