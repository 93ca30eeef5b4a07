package ir

// Op is an operation of the IR. Integer values have 64 bits; an operation
// whose name ends in 32 uses the low halves of its operands and clears the
// upper half of its result, as both targets do. Every operation is total: it
// has eBPF's result for every operand (RFC 9669 §4.1).
type Op uint8

// Operations. A, B, C are Args[0..2].
const (
	OpInvalid Op = iota

	OpParam     // block parameter; Imm is its index
	OpConst     // Imm
	OpFrame     // address of the abi.Frame
	OpArg       // r1+Imm at entry of a subprogram
	OpStackAddr // address r10 + Imm of this function; Imm is negative or, in an inlined callee, positive
	OpMapPtr    // map Imm of the object as helpers take it
	OpMapValues // address of the first element of map Imm
	OpMapMax    // live max_entries of map Imm
	OpMapStep   // bytes from the values of a CPU to those of the next in map Imm, a per-CPU array

	OpAdd64
	OpAdd32
	OpSub64
	OpSub32
	OpMul64
	OpMul32
	OpUDiv64 // x/0 = 0. FlagNonZero: B is proven not to be 0
	OpUDiv32
	OpSDiv64 // x/0 = 0, MIN/-1 = MIN
	OpSDiv32
	OpUMod64 // x%0 = x
	OpUMod32
	OpSMod64 // x%0 = x, MIN%-1 = 0
	OpSMod32
	OpAnd64
	OpAnd32
	OpOr64
	OpOr32
	OpXor64
	OpXor32
	OpShl64 // by the low 6 (5) bits of B
	OpShl32
	OpShr64
	OpShr32
	OpSar64
	OpSar32
	OpNeg64
	OpNeg32
	OpRotl64 // by the low 6 (5) bits of B
	OpRotl32
	OpMulHi64 // upper half of the unsigned 128-bit product
	OpZext8
	OpZext16
	OpZext32
	OpSext8 // to 64 bits
	OpSext16
	OpSext32
	OpBswap16 // of the low bytes, zero-extended
	OpBswap32
	OpBswap64

	// Comparisons give 0 or 1.
	OpEq64
	OpEq32
	OpNe64
	OpNe32
	OpUlt64
	OpUlt32
	OpUle64
	OpUle32
	OpSlt64
	OpSlt32
	OpSle64
	OpSle32
	OpTest64 // A & B is not 0
	OpTest32
	OpSelect // A is not 0: B, else C

	// Memory. Address A + Imm; Mem holds the tokens, Guard the control
	// token of an access that is not proven for the whole invocation.
	OpLoad8
	OpLoad16
	OpLoad32
	OpLoad64
	OpLoadS8 // sign-extended to 64 bits
	OpLoadS16
	OpLoadS32
	OpStore8 // value B
	OpStore16
	OpStore32
	OpStore64
	OpCtxLoad  // context field Imm of the hook, zero-extended; pointers are native
	OpCtxStore // context field Imm = A

	// Atomics, sequentially consistent: *(A+Imm) op= B. Fetch gives the old
	// value, zero-extended.
	OpAtomAdd32
	OpAtomAdd64
	OpAtomOr32
	OpAtomOr64
	OpAtomAnd32
	OpAtomAnd64
	OpAtomXor32
	OpAtomXor64
	OpFetchAdd32
	OpFetchAdd64
	OpFetchOr32
	OpFetchOr64
	OpFetchAnd32
	OpFetchAnd64
	OpFetchXor32
	OpFetchXor64
	OpXchg32
	OpXchg64
	OpCmpxchg32 // expected B, new C
	OpCmpxchg64
	OpLoadAcq8
	OpLoadAcq16
	OpLoadAcq32
	OpLoadAcq64
	OpStoreRel8
	OpStoreRel16
	OpStoreRel32
	OpStoreRel64

	OpCall     // helper Sym of rtlib (Frame, Args...); its value is r0
	OpCallFunc // subprogram Fn(Frame, r10+Imm, Args...); its value is r0
	OpPreempt  // let the scheduler run if it asks to, behind Imm units of work

	OpMem   // TypeMem: memory of region Region at entry
	OpGuard // TypeCtl: control is in this block

	// NumOps is the number of operations.
	NumOps = int(OpGuard) + 1
)
