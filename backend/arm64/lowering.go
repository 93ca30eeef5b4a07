package arm64

import (
	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// lowering returns the lowering function of each operation of the IR.
func lowering() [ir.NumOps]lowerFunc {
	t := backend.SharedLowering(set)
	lowerArithmetic(&t)
	lowerBits(&t)
	lowerMemory(&t)
	lowerAtomics(&t)
	t[ir.OpSelect] = selectValue
	return t
}

func lowerArithmetic(t *[ir.NumOps]lowerFunc) {
	t[ir.OpAdd64], t[ir.OpAdd32] = add(true), add(false)
	t[ir.OpSub64], t[ir.OpSub32] = sub(true), sub(false)
	t[ir.OpMul64], t[ir.OpMul32] = mul(true), mul(false)
	t[ir.OpUDiv64], t[ir.OpUDiv32] = quotient(opUDIV, true), quotient(opUDIV, false)
	t[ir.OpSDiv64], t[ir.OpSDiv32] = quotient(opSDIV, true), quotient(opSDIV, false)
	t[ir.OpUMod64], t[ir.OpUMod32] = remainder(opUDIV, true), remainder(opUDIV, false)
	t[ir.OpSMod64], t[ir.OpSMod32] = remainder(opSDIV, true), remainder(opSDIV, false)
	t[ir.OpNeg64], t[ir.OpNeg32] = unary(opNEG, true), unary(opNEG, false)
	t[ir.OpMulHi64] = mulHi
}

func lowerBits(t *[ir.NumOps]lowerFunc) {
	t[ir.OpAnd64], t[ir.OpAnd32] = logic(opAND, opBIC, true), logic(opAND, opBIC, false)
	t[ir.OpOr64], t[ir.OpOr32] = logic(opORR, opORN, true), logic(opORR, opORN, false)
	t[ir.OpXor64], t[ir.OpXor32] = logic(opEOR, opEON, true), logic(opEOR, opEON, false)
	t[ir.OpShl64], t[ir.OpShl32] = shift(opLSL, opLSLI, true), shift(opLSL, opLSLI, false)
	t[ir.OpShr64], t[ir.OpShr32] = shift(opLSR, opLSRI, true), shift(opLSR, opLSRI, false)
	t[ir.OpSar64], t[ir.OpSar32] = shift(opASR, opASRI, true), shift(opASR, opASRI, false)
	t[ir.OpRotl64], t[ir.OpRotl32] = rotate(true), rotate(false)
	t[ir.OpZext8] = extend(opUXTB, opLoadB, 1)
	t[ir.OpZext16] = extend(opUXTH, opLoadH, 2)
	t[ir.OpZext32] = extend(opMOVWU, opLoadW, 4)
	t[ir.OpSext8] = extend(opSXTB, opLoadSB, 1)
	t[ir.OpSext16] = extend(opSXTH, opLoadSH, 2)
	t[ir.OpSext32] = extend(opSXTW, opLoadSW, 4)
	t[ir.OpBswap16] = bswap16
	t[ir.OpBswap32] = unary(opREV, false)
	t[ir.OpBswap64] = unary(opREV, true)
}

func lowerMemory(t *[ir.NumOps]lowerFunc) {
	for i, size := range []int{1, 2, 4, 8} {
		n := backend.Op(i)
		t[ir.OpLoad8+ir.Op(i)] = load(opLoadB+n, size)
		t[ir.OpStore8+ir.Op(i)] = store(size)
		t[ir.OpLoadAcq8+ir.Op(i)] = acquire(opAcqB + n)
		t[ir.OpStoreRel8+ir.Op(i)] = release(opRelB+n, size)
	}
	t[ir.OpLoadS8], t[ir.OpLoadS16], t[ir.OpLoadS32] = load(opLoadSB, 1), load(opLoadSH, 2), load(opLoadSW, 4)
	t[ir.OpCtxLoad], t[ir.OpCtxStore] = ctxLoad, ctxStore
}

func lowerAtomics(t *[ir.NumOps]lowerFunc) {
	// The IR has the 32-bit operation first.
	for i, op := range []ir.Op{ir.OpAtomAdd32, ir.OpAtomOr32, ir.OpAtomAnd32, ir.OpAtomXor32} {
		n := opAtomADD + backend.Op(2*i)
		t[op], t[op+1] = atom(n+1, false), atom(n, true)
	}
	for i, op := range []ir.Op{ir.OpFetchAdd32, ir.OpFetchOr32, ir.OpFetchAnd32, ir.OpFetchXor32} {
		n := opFetchADD + backend.Op(2*i)
		t[op], t[op+1] = fetch(n+1, false), fetch(n, true)
	}
	t[ir.OpXchg32], t[ir.OpXchg64] = fetch(opSwap+1, false), fetch(opSwap, true)
	t[ir.OpCmpxchg32], t[ir.OpCmpxchg64] = fetch(opCAS+1, false), fetch(opCAS, true)
}
