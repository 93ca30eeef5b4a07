package amd64

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// address returns the operand for the place a + disp. Additions that serve
// nothing but addresses become part of it.
func address(l *backend.Lower, a *ir.Value, disp int64) addr {
	for {
		switch {
		case a.Op == ir.OpFrame && fits(disp):
			return addr{Base: l.Frame(), Disp: int32(disp)}
		case a.Op == ir.OpStackAddr && fits(a.Imm+disp):
			return l.StackAddr(a.Imm + disp)
		case a.Op == ir.OpAdd64 && l.Vanishes(a):
			x, y := a.Args[0], a.Args[1]
			if x.Op == ir.OpConst {
				x, y = y, x
			}
			if k, ok := y.IsConst(); ok && fits(disp+int64(k)) && fits(int64(k)) {
				a, disp = x, disp+int64(k)
				continue
			}
			if fits(disp) {
				return indexed(l, x, y, disp)
			}
		}
		if !fits(disp) {
			sum := l.NewReg()
			off := l.NewReg()
			l.Emit(instr{Op: backend.OpConst, Dst: off, Imm: disp})
			l.Emit(instr{Op: opADDQ, Dst: sum, Args: [3]reg{off, l.Reg(a)}})
			return addr{Base: sum}
		}
		return addr{Base: l.Reg(a), Disp: int32(disp)}
	}
}

// fits leaves room for what is added to a displacement of the stack.
func fits(disp int64) bool { return disp >= -1<<30 && disp < 1<<30 }

// indexed returns the operand x + y + disp.
func indexed(l *backend.Lower, x, y *ir.Value, disp int64) addr {
	if _, ok := scale(x); ok || y.Op == ir.OpStackAddr {
		x, y = y, x
	}
	m := addr{Scale: 1, Disp: int32(disp)}
	if x.Op == ir.OpAdd64 && l.Vanishes(x) {
		if k, ok := x.Args[1].IsConst(); ok && fits(disp+int64(k)) && fits(int64(k)) {
			x, m.Disp = x.Args[0], int32(disp+int64(k))
		}
	}
	if x.Op == ir.OpStackAddr {
		s := l.StackAddr(x.Imm)
		m.Base, m.Disp = s.Base, m.Disp+s.Disp
	} else {
		m.Base = l.Reg(x)
	}
	if n, ok := scale(y); ok && l.Single(y) {
		m.Scale, y = n, y.Args[0]
	}
	m.Index = l.Reg(y)
	return m
}

// scale reports whether v is a shift that an address can do.
func scale(v *ir.Value) (uint8, bool) {
	if v.Op != ir.OpShl64 {
		return 0, false
	}
	n, ok := v.Args[1].IsConst()
	return 1 << (n & 3), ok && n <= 3
}

// leaAddress returns the address that LEA computes when that is better than
// an addition: with a scaled index or on the stack.
func leaAddress(l *backend.Lower, v *ir.Value) (addr, bool) {
	x, y := v.Args[0], v.Args[1]
	if x.Op == ir.OpStackAddr || y.Op == ir.OpStackAddr {
		if k, ok := y.IsConst(); ok && x.Op == ir.OpStackAddr && fits(int64(k)+x.Imm) {
			return l.StackAddr(x.Imm + int64(k)), true
		}
		return indexed(l, x, y, 0), true
	}
	for range 2 {
		if _, ok := scale(y); ok && l.Single(y) && x.Op != ir.OpConst {
			return indexed(l, x, y, 0), true
		}
		x, y = y, x
	}
	return addr{}, false
}

func lea(l *backend.Lower, dst reg, a addr) { l.Emit(instr{Op: opLEAQ, Dst: dst, Mem: a}) }

func loadWord(l *backend.Lower, dst reg, a addr) { l.Emit(instr{Op: opLoadQ, Dst: dst, Mem: a}) }

func storeWord(l *backend.Lower, src reg, a addr) {
	l.Emit(instr{Op: opStoreQ, Args: [3]reg{src}, Mem: a})
}

func storeValue(l *backend.Lower, v *ir.Value, a addr) { storeSized(l, v, a, 8) }

// sized returns the operation for 1, 2, 4 or 8 bytes; the four follow each
// other.
func sized(op backend.Op, width int) backend.Op {
	switch width {
	case 1:
		return op
	case 2:
		return op + 1
	case 4:
		return op + 2
	}
	return op + 3
}

// storeSized stores the low bytes of v.
func storeSized(l *backend.Lower, v *ir.Value, a addr, width int) {
	if x, ok := v.IsConst(); ok {
		shift := 64 - 8*width
		n := int64(x) << shift >> shift
		if k, ok := imm32(n); ok {
			l.Emit(instr{Op: sized(opStoreBi, width), Imm: k, Mem: a})
			return
		}
	}
	for backend.Cuts(v, width) {
		v = v.Args[0]
	}
	l.Emit(instr{Op: sized(opStoreB, width), Args: [3]reg{l.Reg(v)}, Mem: a})
}

func load(op backend.Op) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		l.Emit(instr{Op: op, Dst: l.Dst(v), Mem: address(l, v.Args[0], v.Imm)})
	}
}

func store(width int) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		if update(l, v, width) {
			return
		}
		storeSized(l, v.Args[1], address(l, v.Args[0], v.Imm), width)
	}
}

// update turns a store of "what is there op x" into an instruction on memory:
// the same place is loaded, nothing writes in between, and only the store
// wants the result.
func update(l *backend.Lower, v *ir.Value, width int) bool {
	sum := v.Args[1]
	for backend.Cuts(sum, width) && l.Single(sum) {
		sum = sum.Args[0]
	}
	kind, ok := updateKind(sum.Op)
	if !ok || !l.Single(sum) || l.Needed(sum) || int(sum.Op.Row().Width) < width {
		return false
	}
	x, y := sum.Args[0], sum.Args[1]
	if !samePlace(l, v, x, width) && sum.Op.Row().Commutative {
		x, y = y, x
	}
	if !samePlace(l, v, x, width) {
		return false
	}
	m := address(l, v.Args[0], v.Imm)
	log := bits.TrailingZeros(uint(width))
	if k, ok := constant(y, width == 8); ok {
		if width < 4 {
			k = k << (64 - 8*width) >> (64 - 8*width)
		}
		l.Emit(instr{Op: updateOp(kind, log, true), Imm: k, Mem: m})
		return true
	}
	l.Emit(instr{Op: updateOp(kind, log, false), Args: [3]reg{operand(l, y, width == 8)}, Mem: m})
	return true
}

// samePlace reports whether x loads what the store v overwrites.
func samePlace(l *backend.Lower, v, x *ir.Value, width int) bool {
	row := x.Op.Row()
	return row.Class == ir.ClassLoad && row.Addr && int(row.Width) == width &&
		x.Args[0] == v.Args[0] && x.Imm == v.Imm && l.Foldable(x)
}

func updateKind(op ir.Op) (int, bool) {
	switch op {
	case ir.OpAdd64, ir.OpAdd32:
		return 0, true
	case ir.OpSub64, ir.OpSub32:
		return 1, true
	case ir.OpAnd64, ir.OpAnd32:
		return 2, true
	case ir.OpOr64, ir.OpOr32:
		return 3, true
	case ir.OpXor64, ir.OpXor32:
		return 4, true
	}
	return 0, false
}

func ctxLoad(l *backend.Lower, v *ir.Value) {
	m, size := l.CtxPlace(v)
	l.Emit(instr{Op: sized(opLoadB, size), Dst: l.Dst(v), Mem: m})
}

// ctxStore stores a field zero-extended to the 8 bytes that it has.
func ctxStore(l *backend.Lower, v *ir.Value) {
	m, size := l.CtxPlace(v)
	x := v.Args[0]
	if k, ok := x.IsConst(); ok {
		shift := 64 - 8*size
		k = k << shift >> shift
		if n, ok := imm32(int64(k)); ok {
			l.Emit(instr{Op: opStoreQi, Imm: n, Mem: m})
			return
		}
	}
	r := l.Reg(x)
	if backend.Bits(x) > 8*size {
		full := l.NewReg()
		op := opMOVB
		switch size {
		case 2:
			op = opMOVW
		case 4:
			op = opMOVL
		}
		l.Emit(instr{Op: op, Dst: full, Args: [3]reg{r}})
		r = full
	}
	l.Emit(instr{Op: opStoreQ, Args: [3]reg{r}, Mem: m})
}

func zero(l *backend.Lower, a addr, n int) {
	l.Emit(instr{Op: opZERO, Mem: a, Imm: int64(n)})
}

// lockOp lowers an atomic operation without a result.
func lockOp(rr, ri backend.Op, wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		m := address(l, v.Args[0], v.Imm)
		if x, ok := constant(v.Args[1], wide); ok {
			l.Emit(instr{Op: ri, Imm: x, Mem: m})
			return
		}
		l.Emit(instr{Op: rr, Args: [3]reg{operand(l, v.Args[1], wide)}, Mem: m})
	}
}

// exchange lowers atomics with a result; Args[0] is B and Args[1] is C.
func exchange(op backend.Op, wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		in := instr{Op: op, Dst: l.Dst(v), Mem: address(l, v.Args[0], v.Imm)}
		for i, a := range v.Args[1:] {
			in.Args[i] = operand(l, a, wide)
		}
		l.Emit(in)
	}
}
