package amd64

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
	t[ir.OpUDiv64] = division(opDIVQ, opDIVL, true, false, false)
	t[ir.OpUDiv32] = division(opDIVQ, opDIVL, false, false, false)
	t[ir.OpSDiv64] = division(opIDIVQ, opIDIVL, true, true, false)
	t[ir.OpSDiv32] = division(opIDIVQ, opIDIVL, false, true, false)
	t[ir.OpUMod64] = division(opMODQ, opMODL, true, false, true)
	t[ir.OpUMod32] = division(opMODQ, opMODL, false, false, true)
	t[ir.OpSMod64] = division(opIMODQ, opIMODL, true, true, true)
	t[ir.OpSMod32] = division(opIMODQ, opIMODL, false, true, true)
	t[ir.OpNeg64], t[ir.OpNeg32] = unary(opNEGQ), unary(opNEGL)
	t[ir.OpMulHi64] = mulHi
}

func lowerBits(t *[ir.NumOps]lowerFunc) {
	t[ir.OpAnd64], t[ir.OpAnd32] = and(true), and(false)
	t[ir.OpOr64] = binary(opORQ, opORQi, opORQm, true, true)
	t[ir.OpOr32] = binary(opORL, opORLi, opORLm, false, true)
	t[ir.OpXor64] = binary(opXORQ, opXORQi, opXORQm, true, true)
	t[ir.OpXor32] = binary(opXORL, opXORLi, opXORLm, false, true)
	t[ir.OpShl64] = shifts(opSHLQ, opSHLQi, opSHLQ3, true)
	t[ir.OpShl32] = shifts(opSHLL, opSHLLi, opSHLL3, false)
	t[ir.OpShr64] = shifts(opSHRQ, opSHRQi, 0, true)
	t[ir.OpShr32] = shifts(opSHRL, opSHRLi, 0, false)
	t[ir.OpSar64] = shifts(opSARQ, opSARQi, 0, true)
	t[ir.OpSar32] = shifts(opSARL, opSARLi, 0, false)
	t[ir.OpRotl64] = shifts(opROLQ, opROLQi, 0, true)
	t[ir.OpRotl32] = shifts(opROLL, opROLLi, 0, false)
	t[ir.OpZext8] = extend(opMOVB, opLoadB, 1, false)
	t[ir.OpZext16] = extend(opMOVW, opLoadW, 2, false)
	t[ir.OpZext32] = extend(opMOVL, opLoadL, 4, false)
	t[ir.OpSext8] = extend(opMOVBS, opLoadBS, 1, true)
	t[ir.OpSext16] = extend(opMOVWS, opLoadWS, 2, true)
	t[ir.OpSext32] = extend(opMOVLS, opLoadLS, 4, true)
	t[ir.OpBswap16] = bswap16
	t[ir.OpBswap32] = unary(opBSWAPL)
	t[ir.OpBswap64] = unary(opBSWAPQ)
}

func lowerMemory(t *[ir.NumOps]lowerFunc) {
	t[ir.OpLoad8], t[ir.OpLoadAcq8] = load(opLoadB), load(opLoadB)
	t[ir.OpLoad16], t[ir.OpLoadAcq16] = load(opLoadW), load(opLoadW)
	t[ir.OpLoad32], t[ir.OpLoadAcq32] = load(opLoadL), load(opLoadL)
	t[ir.OpLoad64], t[ir.OpLoadAcq64] = load(opLoadQ), load(opLoadQ)
	t[ir.OpLoadS8], t[ir.OpLoadS16], t[ir.OpLoadS32] = load(opLoadBS), load(opLoadWS), load(opLoadLS)
	t[ir.OpStore8], t[ir.OpStoreRel8] = store(1), store(1)
	t[ir.OpStore16], t[ir.OpStoreRel16] = store(2), store(2)
	t[ir.OpStore32], t[ir.OpStoreRel32] = store(4), store(4)
	t[ir.OpStore64], t[ir.OpStoreRel64] = store(8), store(8)
	t[ir.OpCtxLoad], t[ir.OpCtxStore] = ctxLoad, ctxStore
}

func lowerAtomics(t *[ir.NumOps]lowerFunc) {
	for i, base := range []ir.Op{ir.OpAtomAdd32, ir.OpAtomOr32, ir.OpAtomAnd32, ir.OpAtomXor32} {
		q, qi := opLockADDQ+backend.Op(2*i), opLockADDQi+backend.Op(2*i)
		t[base] = lockOp(q+1, qi+1, false)
		t[base+1] = lockOp(q, qi, true)
	}
	for i, base := range []ir.Op{ir.OpFetchOr32, ir.OpFetchAnd32, ir.OpFetchXor32} {
		q := opFetchORQ + backend.Op(2*i)
		t[base], t[base+1] = exchange(q+1, false), exchange(q, true)
	}
	t[ir.OpFetchAdd32], t[ir.OpFetchAdd64] = exchange(opXADDL, false), exchange(opXADDQ, true)
	t[ir.OpXchg32], t[ir.OpXchg64] = exchange(opXCHGL, false), exchange(opXCHGQ, true)
	t[ir.OpCmpxchg32], t[ir.OpCmpxchg64] = exchange(opCMPXCHGL, false), exchange(opCMPXCHGQ, true)
}
