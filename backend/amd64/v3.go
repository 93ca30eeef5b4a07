package amd64

import (
	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// What the level v3 has over the baseline (System V psABI for AMD64,
// "Micro-Architecture Levels") and a program gains from:
//
//	MOVBE            loads and stores in network byte order
//	SHLX, SHRX, SARX shifts by any register, without flags and without a tie
//	RORX             rotations by a constant without a tie
//	ANDN             a &^ b without a copy
//	BLSR, BLSI       x & (x - 1), x & -x; BLSMSK is x ^ (x - 1)
//	MULX             the high half of a product without AX and DX as results
//
// Not used: MOVBE of 16 bits as a load, which leaves the upper bits of the
// register as they were; POPCNT, LZCNT and TZCNT, which no operation of the IR
// is; AVX, whose mixture with the SSE of Go's runtime has to be paid for.

// Operations that the level adds.
const (
	opSHLXQ backend.Op = opEnd + iota
	opSHLXL
	opSHRXQ
	opSHRXL
	opSARXQ
	opSARXL
	opRORXQ
	opRORXL
	opANDNQ // Args[1] &^ Args[0]
	opANDNL
	opANDNQm // Mem &^ Args[0]
	opANDNLm
	opBLSRQ
	opBLSRL
	opBLSIQ
	opBLSIL
	opBLSMSKQ
	opBLSMSKL
	opMULXQ
	opSwapLoadL
	opSwapLoadQ
	opSwapStoreW
	opSwapStoreL
	opSwapStoreQ
	opEndV3
)

// opsV3 returns the rows of the baseline and those that the level adds.
func opsV3() []row {
	b := append(builder(ops()), make(builder, opEndV3-opEnd)...)
	for i, name := range [...]string{"SHLXQ", "SHLXL", "SHRXQ", "SHRXL", "SARXQ", "SARXL"} {
		b[opSHLXQ+backend.Op(i)] = row{Name: name, Form: formThree}
	}
	b[opRORXQ] = row{Name: "RORXQ", Form: formRotate}
	b[opRORXL] = row{Name: "RORXL", Form: formRotate}
	b.alt(opROLQi, opRORXQ)
	b.alt(opROLLi, opRORXL)
	for i := range backend.Op(2) {
		width := 8 - 4*uint8(i)
		flags := func(name string, form uint8) row {
			return row{Name: name + "QL"[i:i+1], Form: form, WritesFlags: true, Zero: width}
		}
		b[opANDNQ+i] = flags("ANDN", formThree)
		b[opANDNQm+i] = flags("ANDN", formThreeM)
		b[opBLSRQ+i] = flags("BLSR", formMove)
		b[opBLSIQ+i] = flags("BLSI", formMove)
		b[opBLSMSKQ+i] = flags("BLSMSK", formMove)
	}
	b[opMULXQ] = row{Name: "MULXQ", Form: formHigh}
	b[opMULXQ].Arg[0] = DX
	b[opSwapLoadL] = row{Name: "MOVBELL", Form: formRM}
	b[opSwapLoadQ] = row{Name: "MOVBEQQ", Form: formRM}
	for i, name := range [...]string{"MOVBEWW", "MOVBELL", "MOVBEQQ"} {
		b[opSwapStoreW+backend.Op(i)] = row{Name: name, Form: formStore}
	}
	return b
}

// loweringV3 returns the lowering functions of the baseline, some of them
// replaced.
func loweringV3() [ir.NumOps]lowerFunc {
	t := lowering()
	t[ir.OpShl64] = shifts(opSHLXQ, opSHLQi, opSHLQ3, true)
	t[ir.OpShl32] = shifts(opSHLXL, opSHLLi, opSHLL3, false)
	t[ir.OpShr64], t[ir.OpShr32] = shifts(opSHRXQ, opSHRQi, 0, true), shifts(opSHRXL, opSHRLi, 0, false)
	t[ir.OpSar64], t[ir.OpSar32] = shifts(opSARXQ, opSARQi, 0, true), shifts(opSARXL, opSARLi, 0, false)
	t[ir.OpAnd64], t[ir.OpAnd32] = either(t[ir.OpAnd64], and3(true)), either(t[ir.OpAnd32], and3(false))
	t[ir.OpXor64], t[ir.OpXor32] = either(t[ir.OpXor64], xor3(true)), either(t[ir.OpXor32], xor3(false))
	t[ir.OpBswap32] = either(t[ir.OpBswap32], swapLoad(ir.OpLoad32, opSwapLoadL))
	t[ir.OpBswap64] = either(t[ir.OpBswap64], swapLoad(ir.OpLoad64, opSwapLoadQ))
	for i, swap := range []ir.Op{ir.OpBswap16, ir.OpBswap32, ir.OpBswap64} {
		op := opSwapStoreW + backend.Op(i)
		for _, s := range [][]ir.Op{{ir.OpStore16, ir.OpStore32, ir.OpStore64}, {ir.OpStoreRel16, ir.OpStoreRel32, ir.OpStoreRel64}} {
			t[s[i]] = either(t[s[i]], swapStore(swap, op, 2<<i))
		}
	}
	t[ir.OpMulHi64] = func(l *backend.Lower, v *ir.Value) {
		a, b := l.Reg(v.Args[0]), l.Reg(v.Args[1])
		l.Emit(instr{Op: opMULXQ, Dst: l.Dst(v), Args: [3]reg{a, b}})
	}
	return t
}

// pattern emits a value when it has a certain form, or reports that it has not.
type pattern = func(*backend.Lower, *ir.Value) bool

// either tries patterns in their order, then the baseline's lowering.
func either(plain lowerFunc, patterns ...pattern) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		for _, try := range patterns {
			if try(l, v) {
				return
			}
		}
		plain(l, v)
	}
}

// free reports whether v is computed for its user alone, who may compute it
// another way.
func free(l *backend.Lower, v *ir.Value) bool { return l.Single(v) && !l.Needed(v) }

// swapLoad is a byte swap of what loadOp loads.
func swapLoad(loadOp ir.Op, op backend.Op) pattern {
	return func(l *backend.Lower, v *ir.Value) bool {
		a := v.Args[0]
		if a.Op != loadOp || !l.Foldable(a) {
			return false
		}
		l.Emit(instr{Op: op, Dst: l.Dst(v), Mem: address(l, a.Args[0], a.Imm)})
		return true
	}
}

// swapStore is a store of width bytes that only it wants swapped.
func swapStore(swap ir.Op, op backend.Op, width int) pattern {
	return func(l *backend.Lower, v *ir.Value) bool {
		x := v.Args[1]
		for backend.Cuts(x, width) && free(l, x) {
			x = x.Args[0]
		}
		if x.Op != swap || !free(l, x) {
			return false
		}
		m := address(l, v.Args[0], v.Imm)
		l.Emit(instr{Op: op, Args: [3]reg{operand(l, x.Args[0], width == 8)}, Mem: m})
		return true
	}
}

// and3 is a & b in a form that the level has an instruction for.
func and3(wide bool) pattern {
	return func(l *backend.Lower, v *ir.Value) bool {
		in, ok := masked(l, v.Args[0], v.Args[1], wide, true)
		if ok {
			in.Dst = l.Dst(v)
			l.Emit(in)
		}
		return ok
	}
}

// xor3 is x ^ (x - 1).
func xor3(wide bool) pattern {
	return func(l *backend.Lower, v *ir.Value) bool {
		x, ok := pairOf(v.Args[0], v.Args[1], wide, lessOne)
		if ok {
			l.Emit(instr{Op: pick(wide, opBLSMSKQ, opBLSMSKL), Dst: l.Dst(v), Args: [3]reg{operand(l, x, wide)}})
		}
		return ok
	}
}

// maskedTest sets the flags of a & b when the level computes that by one
// instruction, which has set them.
func maskedTest(l *backend.Lower, a, b *ir.Value, wide bool) bool {
	if l.Target.Level == "" {
		return false
	}
	in, ok := masked(l, a, b, wide, false)
	if ok {
		in.Dst = l.NewReg()
		l.Emit(in)
		l.Emit(instr{Op: pick(wide, opTESTQ, opTESTL), Args: [3]reg{in.Dst, in.Dst}})
	}
	return ok
}

// masked returns the instruction for a & b: x & (x - 1), x & -x, x & ^y. It
// takes the place of two that are not needed, but the first two are as good
// when x - 1 or -x is wanted elsewhere. Only with fold may it be a load's.
func masked(l *backend.Lower, a, b *ir.Value, wide, fold bool) (instr, bool) {
	if x, ok := pairOf(a, b, wide, lessOne); ok {
		return instr{Op: pick(wide, opBLSRQ, opBLSRL), Args: [3]reg{operand(l, x, wide)}}, true
	}
	if x, ok := pairOf(a, b, wide, negative); ok {
		return instr{Op: pick(wide, opBLSIQ, opBLSIL), Args: [3]reg{operand(l, x, wide)}}, true
	}
	n, ok := complement(l, b, wide)
	if !ok {
		a, b = b, a
		if n, ok = complement(l, b, wide); !ok {
			return instr{}, false
		}
	}
	if _, isConst := a.IsConst(); isConst {
		return instr{}, false // an immediate of AND
	}
	in := instr{Op: pick(wide, opANDNQ, opANDNL), Args: [3]reg{operand(l, n, wide)}}
	if fold && isLoadOperand(l, a, wide) {
		in.Op, in.Mem = pick(wide, opANDNQm, opANDNLm), loadOperand(l, a)
	} else {
		in.Args[1] = operand(l, a, wide)
	}
	return in, true
}

// complement returns the operand of v when v is its complement and only its
// user wants it.
func complement(l *backend.Lower, v *ir.Value, wide bool) (*ir.Value, bool) {
	if !isOp(v, ir.OpXor64, wide) || !free(l, v) {
		return nil, false
	}
	x, ok := constant(v.Args[1], wide)
	return v.Args[0], ok && x == -1
}

// isOp reports whether v is the operation op, given for 64 bits, or that of 32
// bits when only the low half is wanted.
func isOp(v *ir.Value, op ir.Op, wide bool) bool {
	return v.Op == op || !wide && v.Op == op+1
}

// pairOf returns the one of a and b that the other is made from by a form.
func pairOf(a, b *ir.Value, wide bool, form func(y *ir.Value, wide bool) *ir.Value) (*ir.Value, bool) {
	switch {
	case form(b, wide) == a:
		return a, true
	case form(a, wide) == b:
		return b, true
	}
	return nil, false
}

// lessOne returns x when y is x - 1, else nil.
func lessOne(y *ir.Value, wide bool) *ir.Value {
	if isOp(y, ir.OpAdd64, wide) || isOp(y, ir.OpSub64, wide) {
		k, ok := constant(y.Args[1], wide)
		if ok && (k == -1) == isOp(y, ir.OpAdd64, wide) && (k == 1 || k == -1) {
			return y.Args[0]
		}
	}
	return nil
}

// negative returns x when y is -x, else nil.
func negative(y *ir.Value, wide bool) *ir.Value {
	if isOp(y, ir.OpNeg64, wide) {
		return y.Args[0]
	}
	return nil
}
