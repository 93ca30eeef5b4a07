package arm64

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// encodable reports whether an access of size bytes can have the displacement:
// 12 bits of multiples of the size, or 9 signed bits.
func encodable(disp int64, size int) bool {
	return disp >= -256 && disp < 256 || disp >= 0 && disp%int64(size) == 0 && disp/int64(size) < 4096
}

// fits leaves room for what is added to a displacement of the stack.
func fits(disp int64) bool { return disp >= -1<<30 && disp < 1<<30 }

// address returns the operand for an access of size bytes at a + disp.
// Additions that serve nothing but addresses become part of it.
func address(l *backend.Lower, a *ir.Value, disp int64, size int) addr {
	for {
		switch {
		case a.Op == ir.OpFrame && fits(disp):
			return legal(l, addr{Base: l.Frame(), Disp: int32(disp)}, size)
		case a.Op == ir.OpStackAddr && fits(a.Imm+disp):
			return legal(l, l.StackAddr(a.Imm+disp), size)
		case a.Op == ir.OpAdd64 && l.Vanishes(a):
			x, y := a.Args[0], a.Args[1]
			if x.Op == ir.OpConst {
				x, y = y, x
			}
			if k, ok := y.IsConst(); ok && fits(disp+int64(k)) && fits(int64(k)) {
				a, disp = x, disp+int64(k)
				continue
			}
			if disp == 0 {
				return indexed(l, x, y, size)
			}
		}
		if fits(disp) {
			return legal(l, addr{Base: l.Reg(a), Disp: int32(disp)}, size)
		}
		far := l.NewReg()
		l.Emit(instr{Op: backend.OpConst, Dst: far, Imm: disp})
		return addr{Base: l.Reg(a), Index: far, Scale: 1}
	}
}

// indexed returns the operand x + y for an access of size bytes. The index may
// be shifted by the size, and be the low half of a register.
func indexed(l *backend.Lower, x, y *ir.Value, size int) addr {
	if _, _, ok := index(l, x, size); ok {
		x, y = y, x
	}
	m := addr{Base: l.Reg(x), Scale: 1}
	if v, scale, ok := index(l, y, size); ok {
		m.Scale, y = scale, v
		if scale&indexUXTW != 0 {
			m.Index = l.Low(y)
			return m
		}
	}
	m.Index = l.Reg(y)
	return m
}

// index returns the value and the scale that stand for v as an index.
func index(l *backend.Lower, v *ir.Value, size int) (*ir.Value, uint8, bool) {
	scale, found := uint8(1), false
	if v.Op == ir.OpShl64 && l.Single(v) {
		n, ok := v.Args[1].IsConst()
		if !ok || 1<<(n&63) != size || size == 1 {
			return nil, 0, false
		}
		v, scale, found = v.Args[0], uint8(size), true
	}
	if v.Op == ir.OpZext32 && (found || l.Single(v)) && backend.Bits(v.Args[0]) > 32 {
		return v.Args[0], scale | indexUXTW, true
	}
	return v, scale, found
}

// legal returns m, or the same place with a displacement that can be encoded.
func legal(l *backend.Lower, m addr, size int) addr {
	if m.Index != 0 || encodable(int64(m.Disp), size) {
		return m
	}
	// What is left is the same for many accesses nearby only by chance, so
	// all of it goes.
	r := l.NewReg()
	lea(l, r, m)
	return addr{Base: r}
}

// lea emits the address of a place.
func lea(l *backend.Lower, dst reg, m addr) {
	base, disp := m.Base, int64(m.Disp)
	op := opADDI
	if disp < 0 {
		op, disp = opSUBI, -disp
	}
	switch {
	case disp == 0:
		l.Emit(instr{Op: backend.OpMove, Dst: dst, Args: [3]reg{base}})
	case addImm(disp):
		l.Emit(instr{Op: op, Dst: dst, Args: [3]reg{base}, Imm: disp})
	case disp < 1<<24:
		high := l.NewReg()
		l.Emit(instr{Op: op, Dst: high, Args: [3]reg{base}, Imm: disp &^ 0xfff})
		l.Emit(instr{Op: op, Dst: dst, Args: [3]reg{high}, Imm: disp & 0xfff})
	default:
		k := l.NewReg()
		l.Emit(instr{Op: backend.OpConst, Dst: k, Imm: int64(m.Disp)})
		l.Emit(instr{Op: opADDX, Dst: dst, Args: [3]reg{base, k}, Imm: extUXTX})
	}
}

func loadWord(l *backend.Lower, dst reg, m addr) {
	l.Emit(instr{Op: opLoadD, Dst: dst, Mem: legal(l, m, 8)})
}

func storeWord(l *backend.Lower, src reg, m addr) {
	l.Emit(instr{Op: opStoreD, Args: [3]reg{src}, Mem: legal(l, m, 8)})
}

func storeValue(l *backend.Lower, v *ir.Value, m addr) { storeSized(l, v, m, 8) }

// sized returns the operation for 1, 2, 4 or 8 bytes; the four follow each
// other.
func sized(op backend.Op, size int) backend.Op {
	return op + backend.Op(bits.TrailingZeros8(uint8(size)))
}

// cut drops what only clears or copies bits above those that a store of size
// bytes writes.
func cut(v *ir.Value, size int) *ir.Value {
	for backend.Cuts(v, size) {
		v = v.Args[0]
	}
	return v
}

// storeSized stores the low bytes of v.
func storeSized(l *backend.Lower, v *ir.Value, m addr, size int) {
	l.Emit(instr{Op: sized(opStoreB, size), Args: [3]reg{stored(l, v, size)}, Mem: legal(l, m, size)})
}

// stored returns a register whose low bytes are those of v.
func stored(l *backend.Lower, v *ir.Value, size int) reg {
	if x, ok := v.IsConst(); ok && x<<(64-8*size) == 0 {
		return ZR
	}
	return l.Reg(cut(v, size))
}

func load(op backend.Op, size int) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		l.Emit(instr{Op: op, Dst: l.Dst(v), Mem: address(l, v.Args[0], v.Imm, size)})
	}
}

func store(size int) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		m := address(l, v.Args[0], v.Imm, size)
		storeSized(l, v.Args[1], m, size)
	}
}

// exact returns the operand a + disp with neither index nor displacement.
func exact(l *backend.Lower, a *ir.Value, disp int64) addr {
	m := address(l, a, disp, 8)
	switch {
	case m.Index != 0:
		r := l.NewReg()
		op, k := opADDX, int64(extUXTX)
		if m.Scale&indexUXTW != 0 {
			k = extUXTW
		}
		k += extShift * int64(bits.TrailingZeros8(m.Scale&^indexUXTW))
		l.Emit(instr{Op: op, Dst: r, Args: [3]reg{m.Base, m.Index}, Imm: k})
		return addr{Base: r}
	case m.Disp != 0:
		r := l.NewReg()
		lea(l, r, m)
		return addr{Base: r}
	}
	return m
}

// acquire lowers load-acquire: LDAR.
func acquire(op backend.Op) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		l.Emit(instr{Op: op, Dst: l.Dst(v), Mem: exact(l, v.Args[0], v.Imm)})
	}
}

// release lowers store-release: STLR.
func release(op backend.Op, size int) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		m := exact(l, v.Args[0], v.Imm)
		l.Emit(instr{Op: op, Args: [3]reg{stored(l, v.Args[1], size)}, Mem: m})
	}
}

// atom lowers atomics without a result.
func atom(op backend.Op, wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		m := exact(l, v.Args[0], v.Imm)
		l.Emit(instr{Op: op, Args: [3]reg{operand(l, v.Args[1], wide)}, Mem: m})
	}
}

// fetch lowers atomics with a result; Args[0] is B and Args[1] is C.
func fetch(op backend.Op, wide bool) lowerFunc {
	return func(l *backend.Lower, v *ir.Value) {
		in := instr{Op: op, Dst: l.Dst(v), Mem: exact(l, v.Args[0], v.Imm)}
		for i, a := range v.Args[1:] {
			in.Args[i] = operand(l, a, wide)
		}
		l.Emit(in)
	}
}

func ctxLoad(l *backend.Lower, v *ir.Value) {
	m, size := l.CtxPlace(v)
	l.Emit(instr{Op: sized(opLoadB, size), Dst: l.Dst(v), Mem: legal(l, m, size)})
}

// ctxStore stores a field zero-extended to the 8 bytes that it has.
func ctxStore(l *backend.Lower, v *ir.Value) {
	m, size := l.CtxPlace(v)
	x := v.Args[0]
	k, isConst := x.IsConst()
	shift := 64 - 8*size
	switch {
	case isConst && k<<shift == 0:
		storeWord(l, ZR, m)
	case isConst:
		r := l.NewReg()
		l.Emit(instr{Op: backend.OpConst, Dst: r, Imm: int64(k << shift >> shift)})
		storeWord(l, r, m)
	case backend.Bits(x) > 8*size:
		r := l.NewReg()
		l.Emit(instr{Op: sized(opUXTB, size), Dst: r, Args: [3]reg{l.Reg(cut(x, size))}})
		storeWord(l, r, m)
	default:
		storeWord(l, l.Reg(x), m)
	}
}

func zero(l *backend.Lower, m addr, n int) {
	l.Emit(instr{Op: opZERO, Mem: m, Imm: int64(n)})
}
