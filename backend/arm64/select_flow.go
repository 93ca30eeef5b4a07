package arm64

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// question is a comparison in the form that the machine has: of a and b, or
// of their common bits with 0.
type question struct {
	a, b *ir.Value
	cond backend.Cond
	bits bool // a & b against 0; cond is backend.CondEQ or backend.CondNE
	wide bool
}

// ask turns "v is not 0" into a question. Comparisons with 0 of comparisons
// and of masks that nobody else wants become part of it; own says that nobody
// else asks for v.
func ask(l *backend.Lower, v *ir.Value, own bool) question {
	inverse := backend.Cond(0)
	for {
		for v.Op == ir.OpZext32 && v.Args[0].Op.Row().Compare {
			v = v.Args[0]
		}
		if !v.Op.Row().Compare {
			return question{a: v, cond: backend.CondNE ^ inverse, wide: true}
		}
		q := compared(v)
		q.cond ^= inverse
		if q.b == nil && (q.cond == backend.CondEQ || q.cond == backend.CondNE) {
			if q.a.Op.Row().Compare {
				inverse = q.cond ^ backend.CondNE
				v = q.a
				own = own && l.Single(v)
				continue
			}
			and32, and64 := q.a.Op == ir.OpAnd32, q.a.Op == ir.OpAnd64
			if (and32 || and64) && own && l.Single(q.a) {
				return question{a: q.a.Args[0], b: q.a.Args[1], cond: q.cond, bits: true, wide: q.wide && and64}
			}
		}
		return q
	}
}

// compared returns the question that a comparison asks, a constant as b, nil
// for 0.
func compared(v *ir.Value) question {
	q := question{a: v.Args[0], b: v.Args[1], cond: backend.CondOf(v.Op), wide: v.Op.Row().Width == 8}
	q.bits = v.Op == ir.OpTest64 || v.Op == ir.OpTest32
	if _, ok := q.a.IsConst(); ok {
		q.a, q.b, q.cond = q.b, q.a, q.cond.Swapped()
	}
	if x, ok := constant(q.b, q.wide); ok && x == 0 && !q.bits {
		q.b = nil
	}
	return q
}

// flags emits what sets the flags for q and returns its condition.
func (q *question) flags(l *backend.Lower) backend.Cond {
	switch {
	case q.bits:
		q.test(l)
	case q.b == nil:
		l.Emit(instr{Op: narrow(opCMPI, q.wide), Args: [3]reg{source(l, q.a, q.wide)}})
	default:
		q.compare(l)
	}
	return q.cond
}

// test emits a TST of a and b.
func (q *question) test(l *backend.Lower) {
	a, b := q.a, q.b
	if _, ok := a.IsConst(); ok {
		a, b = b, a
	}
	x, ok := b.IsConst()
	if !q.wide {
		x &= 0xffffffff
	}
	// A mask of the low half tests only that.
	wide := q.wide && !(ok && x>>32 == 0)
	if ok && logicImm(x, wide) {
		l.Emit(instr{Op: narrow(opTSTI, wide), Args: [3]reg{operand(l, a, wide)}, Imm: int64(x)})
		return
	}
	if k, ok := shiftOperand(l, b, wide); ok {
		y, z := operand(l, a, wide), operand(l, b.Args[0], wide)
		l.Emit(instr{Op: narrow(opTSTS, wide), Args: [3]reg{y, z}, Imm: k})
		return
	}
	y, z := operand(l, a, wide), operand(l, b, wide)
	l.Emit(instr{Op: narrow(opTST, wide), Args: [3]reg{y, z}})
}

// compare emits a CMP of a and b.
func (q *question) compare(l *backend.Lower) {
	a, b, wide := q.a, q.b, q.wide
	if x, ok := constant(b, wide); ok {
		op := opCMPI
		if !addImm(x) {
			op, x = opCMNI, -x // the flags of x = 0 would differ
		}
		if addImm(x) {
			l.Emit(instr{Op: narrow(op, wide), Args: [3]reg{source(l, a, wide)}, Imm: x})
			return
		}
	}
	if _, ok := shiftOperand(l, a, wide); ok {
		a, b, q.cond = b, a, q.cond.Swapped()
	}
	if k, ok := shiftOperand(l, b, wide); ok {
		x, y := operand(l, a, wide), operand(l, b.Args[0], wide)
		l.Emit(instr{Op: narrow(opCMPS, wide), Args: [3]reg{x, y}, Imm: k})
		return
	}
	if k, ok := extOperand(l, b); ok && wide {
		x, y := l.Reg(a), l.Low(b.Args[0])
		l.Emit(instr{Op: opCMPX, Args: [3]reg{x, y}, Imm: k})
		return
	}
	x, y := operand(l, a, wide), operand(l, b, wide)
	l.Emit(instr{Op: narrow(opCMP, wide), Args: [3]reg{x, y}})
}

// branchIf ends the block with a branch on v; comparisons with 0, of one bit
// and of signs need no flags.
func branchIf(l *backend.Lower, v *ir.Value) {
	q := ask(l, v, l.Single(v))
	if q.bits && q.bitBranch(l) {
		return
	}
	if !q.bits && q.b == nil {
		switch q.cond {
		case backend.CondEQ, backend.CondNE:
			l.Emit(instr{Op: narrow(opCBZ, q.wide), Cond: q.cond, Args: [3]reg{operand(l, q.a, q.wide)}})
			return
		case backend.CondLT, backend.CondGE: // the sign
			bit := int64(31)
			if q.wide {
				bit = 63
			}
			l.Emit(instr{Op: opTBZ, Cond: backend.CondNE ^ q.cond ^ backend.CondLT, Imm: bit, Args: [3]reg{operand(l, q.a, q.wide)}})
			return
		}
	}
	c := q.flags(l)
	l.Emit(instr{Op: opBcc, Cond: c})
}

// bitBranch emits TBZ or TBNZ when q is about one bit.
func (q *question) bitBranch(l *backend.Lower) bool {
	a, b := q.a, q.b
	if _, ok := a.IsConst(); ok {
		a, b = b, a
	}
	x, ok := b.IsConst()
	if !q.wide {
		x &= 0xffffffff
	}
	if !ok || x == 0 || x&(x-1) != 0 {
		return false
	}
	l.Emit(instr{Op: opTBZ, Cond: q.cond, Imm: int64(bits.TrailingZeros64(x)), Args: [3]reg{operand(l, a, q.wide && x>>32 != 0)}})
	return true
}

// set lowers a comparison that is wanted as a number.
func set(l *backend.Lower, v *ir.Value) {
	q := ask(l, v, true)
	c := q.flags(l)
	l.Emit(instr{Op: opCSET, Cond: c, Dst: l.Dst(v)})
}

func selectValue(l *backend.Lower, v *ir.Value) {
	yes, no := operand(l, v.Args[1], true), operand(l, v.Args[2], true)
	q := ask(l, v.Args[0], l.Single(v.Args[0]))
	c := q.flags(l)
	l.Emit(instr{Op: opCSEL, Cond: c, Dst: l.Dst(v), Args: [3]reg{yes, no}})
}

// countDown ends the block with a branch that is taken when the slot becomes 0.
func countDown(l *backend.Lower, slot int, n int64) {
	l.Emit(instr{Op: opDOWN, Imm: n, Mem: backend.Addr{Disp: int32(slot)}})
	l.Emit(instr{Op: opBcc, Cond: backend.CondLE})
}
