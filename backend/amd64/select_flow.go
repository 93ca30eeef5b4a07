package amd64

import (
	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// test emits instructions that set the flags for v != 0 and returns the
// condition. A comparison that only this place wants may use memory operands.
func test(l *backend.Lower, v *ir.Value) backend.Cond {
	own := l.Single(v)
	for v.Op == ir.OpZext32 && v.Args[0].Op.Row().Compare {
		v = v.Args[0]
	}
	if v.Op.Row().Compare {
		return compareValues(l, v, own)
	}
	return compareZero(l, v, backend.CondNE, true)
}

// compareValues emits the comparison v and returns its condition; own says
// that v has no other user.
func compareValues(l *backend.Lower, v *ir.Value, own bool) backend.Cond {
	a, b := v.Args[0], v.Args[1]
	wide := v.Op.Row().Width == 8
	cond := backend.CondOf(v.Op)
	if v.Op == ir.OpTest64 || v.Op == ir.OpTest32 {
		return testBits(l, a, b, wide, own)
	}
	if _, ok := a.IsConst(); ok {
		a, b = b, a
		cond = cond.Swapped()
	}
	x, isConst := b.IsConst()
	if !wide {
		x = uint64(uint32(x))
	}
	if isConst && x == 0 && (cond == backend.CondEQ || cond == backend.CondNE) {
		switch {
		case a.Op.Row().Compare:
			return compareValues(l, a, own && l.Single(a)) ^ (cond ^ backend.CondNE)
		case (a.Op == ir.OpAnd64 || a.Op == ir.OpAnd32) && l.Single(a) && own:
			return testBits(l, a.Args[0], a.Args[1], wide && a.Op == ir.OpAnd64, own) ^ (cond ^ backend.CondNE)
		}
	}
	if isConst {
		if c, ok := compareMem(l, a, x, cond, wide, own); ok {
			return c
		}
	}
	if wide && backend.Bits(a) <= 32 && backend.Bits(b) <= 32 {
		wide, cond = false, cond.Unsigned()
	}
	if isConst && x == 0 {
		return compareZero(l, a, cond, wide)
	}
	if k, ok := constant(b, wide); ok {
		l.Emit(instr{Op: pick(wide, opCMPQi, opCMPLi), Args: [3]reg{operand(l, a, wide)}, Imm: k})
		return cond
	}
	return compareRegs(l, a, b, cond, wide, own)
}

// compareRegs compares two values, one of them in memory when possible.
func compareRegs(l *backend.Lower, a, b *ir.Value, cond backend.Cond, wide, own bool) backend.Cond {
	if own {
		if isLoadOperand(l, a, wide) {
			a, b, cond = b, a, cond.Swapped()
		}
		if isLoadOperand(l, b, wide) {
			m := loadOperand(l, b)
			l.Emit(instr{Op: pick(wide, opCMPQm, opCMPLm), Args: [3]reg{operand(l, a, wide)}, Mem: m})
			return cond
		}
	}
	x, y := operand(l, a, wide), operand(l, b, wide)
	l.Emit(instr{Op: pick(wide, opCMPQ, opCMPL), Args: [3]reg{x, y}})
	return cond
}

func pick(wide bool, q, l backend.Op) backend.Op {
	if wide {
		return q
	}
	return l
}

// compareMem compares memory with the constant x.
func compareMem(l *backend.Lower, a *ir.Value, x uint64, cond backend.Cond, wide, own bool) (backend.Cond, bool) {
	if !own || !l.Foldable(a) {
		return 0, false
	}
	op := backend.OpNone
	k, ok := int64(x), false
	switch a.Op {
	case ir.OpLoad8:
		op, ok = opCMPBmi, x <= 0xff
		k, cond = int64(int8(x)), cond.Unsigned()
	case ir.OpLoad32:
		op, ok = opCMPLmi, x <= 0xffffffff
		k = int64(int32(x))
		if wide {
			cond = cond.Unsigned()
		}
	case ir.OpLoad64:
		k, ok = imm32(int64(x))
		op, ok = opCMPQmi, ok && wide
	}
	if !ok {
		return 0, false
	}
	l.Emit(instr{Op: op, Imm: k, Mem: address(l, a.Args[0], a.Imm)})
	return cond, true
}

// compareZero sets the flags of a compared with 0.
func compareZero(l *backend.Lower, a *ir.Value, cond backend.Cond, wide bool) backend.Cond {
	if wide && backend.Bits(a) <= 32 {
		wide, cond = false, cond.Unsigned()
	}
	r := operand(l, a, wide)
	switch cond {
	case backend.CondULT, backend.CondUGE, backend.CondULE, backend.CondUGT: // TEST clears the carry flag
		l.Emit(instr{Op: pick(wide, opCMPQi, opCMPLi), Args: [3]reg{r}})
	default:
		l.Emit(instr{Op: pick(wide, opTESTQ, opTESTL), Args: [3]reg{r, r}})
	}
	return cond
}

// testBits sets the flags of a & b; the condition is that it is not 0.
func testBits(l *backend.Lower, a, b *ir.Value, wide, own bool) backend.Cond {
	if _, ok := a.IsConst(); ok {
		a, b = b, a
	}
	x, ok := b.IsConst()
	switch {
	case !ok && maskedTest(l, a, b, wide):
	case !ok:
		y, z := operand(l, a, wide), operand(l, b, wide)
		l.Emit(instr{Op: pick(wide, opTESTQ, opTESTL), Args: [3]reg{y, z}})
	case !wide || x == uint64(uint32(x)):
		x = uint64(uint32(x))
		if own && l.Foldable(a) && a.Op == ir.OpLoad8 && x <= 0xff {
			l.Emit(instr{Op: opTESTBmi, Imm: int64(int8(x)), Mem: address(l, a.Args[0], a.Imm)})
			break
		}
		op, k := opTESTLi, int64(int32(x))
		if x <= 0xff {
			op, k = opTESTBi, int64(int8(x))
		}
		l.Emit(instr{Op: op, Args: [3]reg{l.Low(a)}, Imm: k})
	default:
		if k, ok := imm32(int64(x)); ok {
			l.Emit(instr{Op: opTESTQi, Args: [3]reg{l.Reg(a)}, Imm: k})
			break
		}
		y, z := l.Reg(a), l.Reg(b)
		l.Emit(instr{Op: opTESTQ, Args: [3]reg{y, z}})
	}
	return backend.CondNE
}

func branchIf(l *backend.Lower, cond *ir.Value) {
	c := test(l, cond)
	l.Emit(instr{Op: opJCC, Cond: c})
}

// set lowers a comparison that is wanted as a number.
func set(l *backend.Lower, v *ir.Value) {
	c := compareValues(l, v, true)
	l.Emit(instr{Op: opSET, Cond: c, Dst: l.Dst(v)})
}

func selectValue(l *backend.Lower, v *ir.Value) {
	yes, no := l.Reg(v.Args[1]), l.Reg(v.Args[2])
	c := test(l, v.Args[0])
	l.Emit(instr{Op: opCMOVQ, Cond: c, Dst: l.Dst(v), Args: [3]reg{no, yes}})
}

// countDown ends the block with a branch that is taken when the slot becomes 0.
func countDown(l *backend.Lower, slot int, n int64) {
	l.Emit(instr{Op: opDOWN, Imm: n, Mem: backend.Addr{Disp: int32(slot)}})
	l.Emit(instr{Op: opJCC, Cond: backend.CondLE})
}

// division lowers a quotient or remainder. q and d are its operations with 64
// and with 32 bits. The divisors that trap, 0 and for signed numbers -1, are
// handled on a cold path unless a fact excludes them (FlagNonZero and
// FlagNoTrap: operand ranges): with b in {0, -1}, eBPF's quotient is a * b and
// its remainder a * (b + 1); unsigned with b = 0 they are 0 and a, the same.
func division(q, d backend.Op, wide, signed, rest bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		a, b := v.Args[0], v.Args[1]
		wide := wide
		if !signed && backend.Bits(a) <= 32 && backend.Bits(b) <= 32 {
			wide = false
		}
		op := pick(wide, q, d)
		if safeDivisor(v, signed, wide) {
			x, y := operand(l, a, wide), operand(l, b, wide)
			l.Emit(instr{Op: op, Dst: l.Dst(v), Args: [3]reg{x, y}})
			return
		}
		join := l.Split()
		join.Params = []reg{l.Dst(v)}
		x, y := operand(l, a, wide), operand(l, b, wide)
		hot := l.Side(false, join, func() []reg {
			r := l.NewReg()
			l.Emit(instr{Op: op, Dst: r, Args: [3]reg{x, y}})
			return []reg{r}
		})
		cold := l.Side(true, join, func() []reg {
			f := y
			if rest {
				f = l.NewReg()
				l.Emit(instr{Op: pick(wide, opADDQi, opADDLi), Dst: f, Args: [3]reg{y}, Imm: 1})
			}
			r := l.NewReg()
			l.Emit(instr{Op: pick(wide, opIMULQ, opIMULL), Dst: r, Args: [3]reg{x, f}})
			return []reg{r}
		})
		trapTest(l, y, wide, signed)
		l.Connect(cold)
		l.Connect(hot)
	}
}

// trapTest branches when divisor y is 0 or, signed, -1.
func trapTest(l *backend.Lower, y reg, wide, signed bool) {
	if !signed {
		l.Emit(instr{Op: pick(wide, opTESTQ, opTESTL), Args: [3]reg{y, y}})
		l.Emit(instr{Op: opJCC, Cond: backend.CondEQ})
		return
	}
	n := l.NewReg()
	l.Emit(instr{Op: pick(wide, opADDQi, opADDLi), Dst: n, Args: [3]reg{y}, Imm: 1})
	l.Emit(instr{Op: pick(wide, opCMPQi, opCMPLi), Args: [3]reg{n}, Imm: 1})
	l.Emit(instr{Op: opJCC, Cond: backend.CondULE})
}

// safeDivisor reports whether the instruction can be used as it is.
func safeDivisor(v *ir.Value, signed, wide bool) bool {
	if x, ok := v.Args[1].IsConst(); ok {
		if !wide {
			x = uint64(int64(int32(x)))
		}
		return x != 0 && !(signed && int64(x) == -1)
	}
	safe := v.Flags&ir.FlagNonZero != 0
	if signed {
		safe = safe && v.Flags&ir.FlagNoTrap != 0
	}
	return safe
}
