package ir

import "math/bits"

// Class says what an operation may do besides computing its value.
type Class uint8

// Classes. Only a Pure value may be computed again, moved or merged without a
// look at memory.
const (
	ClassPure   Class = iota + 1 // depends on its arguments and Imm only
	ClassLoad                    // reads memory
	ClassStore                   // writes memory, has no value
	ClassAtomic                  // reads and writes memory
	ClassCall                    // calls, or lets others run
	ClassToken                   // stands for memory or control, makes no code
)

// Row is what every stage knows about an operation.
type Row struct {
	Name   string
	Class  Class
	Args   int   // number of arguments, -1 when it varies
	Result Type  // TypeMem for stores: they are tokens only
	Width  uint8 // bytes operated on; memory: bytes accessed; 0 when neither
	// Imm says that Imm means something; Addr that it is A's displacement.
	Imm, Addr bool
	// Commutative: A and B may be exchanged.
	Commutative bool
	// Compare: the value is 0 or 1.
	Compare bool
	// Signed: the loaded value is sign-extended.
	Signed bool

	eval evalFunc // nil unless the operation can be folded
}

type evalFunc func(a, b, c uint64) uint64

// Row returns the row of the operation.
func (o Op) Row() *Row {
	if int(o) >= NumOps {
		return &rows[OpInvalid]
	}
	return &rows[o]
}

// String returns the operation's name in the textual form.
func (o Op) String() string { return o.Row().Name }

// Foldable reports whether Eval knows the operation.
func (o Op) Foldable() bool { return o.Row().eval != nil }

// Eval computes a foldable operation as eBPF defines it (RFC 9669 §4.1); it
// panics for others. Operations with fewer arguments ignore b and c.
func Eval(op Op, a, b, c uint64) uint64 {
	e := op.Row().eval
	if e == nil {
		panic("ir: Eval of " + op.String())
	}
	return e(a, b, c)
}

// leaf, alu, one, cmp, load, store and atomic build rows of a kind.
func leaf(name string) Row {
	return Row{Name: name, Class: ClassPure, Imm: true}
}

func alu(name string, width uint8, e evalFunc) Row {
	return Row{Name: name, Class: ClassPure, Args: 2, Width: width, eval: e}
}

func com(name string, width uint8, e evalFunc) Row {
	return Row{Name: name, Class: ClassPure, Args: 2, Width: width, Commutative: true, eval: e}
}

func one(name string, width uint8, e evalFunc) Row {
	return Row{Name: name, Class: ClassPure, Args: 1, Width: width, eval: e}
}

func cmp(name string, width uint8, commutative bool, holds func(a, b uint64) bool) Row {
	return Row{Name: name, Class: ClassPure, Args: 2, Width: width, Commutative: commutative, Compare: true,
		eval: func(a, b, _ uint64) uint64 {
			if holds(a, b) {
				return 1
			}
			return 0
		}}
}

func load(name string, width uint8, signed bool) Row {
	return Row{Name: name, Class: ClassLoad, Args: 1, Width: width, Imm: true, Addr: true, Signed: signed}
}

func store(name string, width uint8) Row {
	return Row{Name: name, Class: ClassStore, Args: 2, Result: TypeMem, Width: width, Imm: true, Addr: true}
}

func atomic(name string, width uint8, args int, result Type) Row {
	return Row{Name: name, Class: ClassAtomic, Args: args, Result: result, Width: width, Imm: true, Addr: true}
}

// lo is the low half, zero-extended: how 32-bit operations read and write.
func lo(x uint64) uint64 { return uint64(uint32(x)) }

func s32(x uint64) int64 { return int64(int32(x)) }

// rows is indexed by Op and never changed.
var rows = [NumOps]Row{
	OpInvalid: {Name: "invalid"},

	OpParam:     {Name: "param", Class: ClassToken, Imm: true},
	OpConst:     leaf("const"),
	OpFrame:     {Name: "frame", Class: ClassPure},
	OpArg:       leaf("arg"),
	OpStackAddr: leaf("stackaddr"),
	OpMapPtr:    leaf("mapptr"),
	OpMapValues: leaf("mapvalues"),
	OpMapMax:    leaf("mapmax"),
	OpMapStep:   leaf("mapstep"),

	OpAdd64:    com("add64", 8, func(a, b, _ uint64) uint64 { return a + b }),
	OpAdd32:    com("add32", 4, func(a, b, _ uint64) uint64 { return lo(a + b) }),
	OpSub64:    alu("sub64", 8, func(a, b, _ uint64) uint64 { return a - b }),
	OpSub32:    alu("sub32", 4, func(a, b, _ uint64) uint64 { return lo(a - b) }),
	OpMul64:    com("mul64", 8, func(a, b, _ uint64) uint64 { return a * b }),
	OpMul32:    com("mul32", 4, func(a, b, _ uint64) uint64 { return lo(a * b) }),
	OpUDiv64:   alu("udiv64", 8, udiv64),
	OpUDiv32:   alu("udiv32", 4, func(a, b, _ uint64) uint64 { return udiv64(lo(a), lo(b), 0) }),
	OpSDiv64:   alu("sdiv64", 8, sdiv64),
	OpSDiv32:   alu("sdiv32", 4, sdiv32),
	OpUMod64:   alu("umod64", 8, umod64),
	OpUMod32:   alu("umod32", 4, func(a, b, _ uint64) uint64 { return umod64(lo(a), lo(b), 0) }),
	OpSMod64:   alu("smod64", 8, smod64),
	OpSMod32:   alu("smod32", 4, smod32),
	OpAnd64:    com("and64", 8, func(a, b, _ uint64) uint64 { return a & b }),
	OpAnd32:    com("and32", 4, func(a, b, _ uint64) uint64 { return lo(a & b) }),
	OpOr64:     com("or64", 8, func(a, b, _ uint64) uint64 { return a | b }),
	OpOr32:     com("or32", 4, func(a, b, _ uint64) uint64 { return lo(a | b) }),
	OpXor64:    com("xor64", 8, func(a, b, _ uint64) uint64 { return a ^ b }),
	OpXor32:    com("xor32", 4, func(a, b, _ uint64) uint64 { return lo(a ^ b) }),
	OpShl64:    alu("shl64", 8, func(a, b, _ uint64) uint64 { return a << (b & 63) }),
	OpShl32:    alu("shl32", 4, func(a, b, _ uint64) uint64 { return lo(a << (b & 31)) }),
	OpShr64:    alu("shr64", 8, func(a, b, _ uint64) uint64 { return a >> (b & 63) }),
	OpShr32:    alu("shr32", 4, func(a, b, _ uint64) uint64 { return lo(a) >> (b & 31) }),
	OpSar64:    alu("sar64", 8, func(a, b, _ uint64) uint64 { return uint64(int64(a) >> (b & 63)) }),
	OpSar32:    alu("sar32", 4, func(a, b, _ uint64) uint64 { return lo(uint64(int32(a) >> (b & 31))) }),
	OpNeg64:    one("neg64", 8, func(a, _, _ uint64) uint64 { return -a }),
	OpNeg32:    one("neg32", 4, func(a, _, _ uint64) uint64 { return lo(-a) }),
	OpRotl64:   alu("rotl64", 8, func(a, b, _ uint64) uint64 { return bits.RotateLeft64(a, int(b&63)) }),
	OpRotl32:   alu("rotl32", 4, func(a, b, _ uint64) uint64 { return uint64(bits.RotateLeft32(uint32(a), int(b&31))) }),
	OpMulHi64:  com("mulhi64", 8, func(a, b, _ uint64) uint64 { hi, _ := bits.Mul64(a, b); return hi }),
	OpZext8:    one("zext8", 1, func(a, _, _ uint64) uint64 { return uint64(uint8(a)) }),
	OpZext16:   one("zext16", 2, func(a, _, _ uint64) uint64 { return uint64(uint16(a)) }),
	OpZext32:   one("zext32", 4, func(a, _, _ uint64) uint64 { return lo(a) }),
	OpSext8:    one("sext8", 1, func(a, _, _ uint64) uint64 { return uint64(int8(a)) }),
	OpSext16:   one("sext16", 2, func(a, _, _ uint64) uint64 { return uint64(int16(a)) }),
	OpSext32:   one("sext32", 4, func(a, _, _ uint64) uint64 { return uint64(int32(a)) }),
	OpBswap16:  one("bswap16", 2, func(a, _, _ uint64) uint64 { return uint64(bits.ReverseBytes16(uint16(a))) }),
	OpBswap32:  one("bswap32", 4, func(a, _, _ uint64) uint64 { return uint64(bits.ReverseBytes32(uint32(a))) }),
	OpBswap64:  one("bswap64", 8, func(a, _, _ uint64) uint64 { return bits.ReverseBytes64(a) }),
	OpEq64:     cmp("eq64", 8, true, func(a, b uint64) bool { return a == b }),
	OpEq32:     cmp("eq32", 4, true, func(a, b uint64) bool { return lo(a) == lo(b) }),
	OpNe64:     cmp("ne64", 8, true, func(a, b uint64) bool { return a != b }),
	OpNe32:     cmp("ne32", 4, true, func(a, b uint64) bool { return lo(a) != lo(b) }),
	OpUlt64:    cmp("ult64", 8, false, func(a, b uint64) bool { return a < b }),
	OpUlt32:    cmp("ult32", 4, false, func(a, b uint64) bool { return lo(a) < lo(b) }),
	OpUle64:    cmp("ule64", 8, false, func(a, b uint64) bool { return a <= b }),
	OpUle32:    cmp("ule32", 4, false, func(a, b uint64) bool { return lo(a) <= lo(b) }),
	OpSlt64:    cmp("slt64", 8, false, func(a, b uint64) bool { return int64(a) < int64(b) }),
	OpSlt32:    cmp("slt32", 4, false, func(a, b uint64) bool { return s32(a) < s32(b) }),
	OpSle64:    cmp("sle64", 8, false, func(a, b uint64) bool { return int64(a) <= int64(b) }),
	OpSle32:    cmp("sle32", 4, false, func(a, b uint64) bool { return s32(a) <= s32(b) }),
	OpTest64:   cmp("test64", 8, true, func(a, b uint64) bool { return a&b != 0 }),
	OpTest32:   cmp("test32", 4, true, func(a, b uint64) bool { return lo(a&b) != 0 }),
	OpSelect:   {Name: "select", Class: ClassPure, Args: 3, Width: 8, eval: choose},
	OpLoad8:    load("load8", 1, false),
	OpLoad16:   load("load16", 2, false),
	OpLoad32:   load("load32", 4, false),
	OpLoad64:   load("load64", 8, false),
	OpLoadS8:   load("loads8", 1, true),
	OpLoadS16:  load("loads16", 2, true),
	OpLoadS32:  load("loads32", 4, true),
	OpStore8:   store("store8", 1),
	OpStore16:  store("store16", 2),
	OpStore32:  store("store32", 4),
	OpStore64:  store("store64", 8),
	OpCtxLoad:  {Name: "ctxload", Class: ClassLoad, Imm: true},
	OpCtxStore: {Name: "ctxstore", Class: ClassStore, Args: 1, Result: TypeMem, Imm: true},

	OpAtomAdd32:  atomic("atomadd32", 4, 2, TypeMem),
	OpAtomAdd64:  atomic("atomadd64", 8, 2, TypeMem),
	OpAtomOr32:   atomic("atomor32", 4, 2, TypeMem),
	OpAtomOr64:   atomic("atomor64", 8, 2, TypeMem),
	OpAtomAnd32:  atomic("atomand32", 4, 2, TypeMem),
	OpAtomAnd64:  atomic("atomand64", 8, 2, TypeMem),
	OpAtomXor32:  atomic("atomxor32", 4, 2, TypeMem),
	OpAtomXor64:  atomic("atomxor64", 8, 2, TypeMem),
	OpFetchAdd32: atomic("fetchadd32", 4, 2, TypeInt),
	OpFetchAdd64: atomic("fetchadd64", 8, 2, TypeInt),
	OpFetchOr32:  atomic("fetchor32", 4, 2, TypeInt),
	OpFetchOr64:  atomic("fetchor64", 8, 2, TypeInt),
	OpFetchAnd32: atomic("fetchand32", 4, 2, TypeInt),
	OpFetchAnd64: atomic("fetchand64", 8, 2, TypeInt),
	OpFetchXor32: atomic("fetchxor32", 4, 2, TypeInt),
	OpFetchXor64: atomic("fetchxor64", 8, 2, TypeInt),
	OpXchg32:     atomic("xchg32", 4, 2, TypeInt),
	OpXchg64:     atomic("xchg64", 8, 2, TypeInt),
	OpCmpxchg32:  atomic("cmpxchg32", 4, 3, TypeInt),
	OpCmpxchg64:  atomic("cmpxchg64", 8, 3, TypeInt),
	OpLoadAcq8:   atomic("loadacq8", 1, 1, TypeInt),
	OpLoadAcq16:  atomic("loadacq16", 2, 1, TypeInt),
	OpLoadAcq32:  atomic("loadacq32", 4, 1, TypeInt),
	OpLoadAcq64:  atomic("loadacq64", 8, 1, TypeInt),
	OpStoreRel8:  atomic("storerel8", 1, 2, TypeMem),
	OpStoreRel16: atomic("storerel16", 2, 2, TypeMem),
	OpStoreRel32: atomic("storerel32", 4, 2, TypeMem),
	OpStoreRel64: atomic("storerel64", 8, 2, TypeMem),

	OpCall:     {Name: "call", Class: ClassCall, Args: -1},
	OpCallFunc: {Name: "callfunc", Class: ClassCall, Args: -1, Imm: true},
	OpPreempt:  {Name: "preempt", Class: ClassCall, Result: TypeMem, Imm: true},
	OpMem:      {Name: "mem", Class: ClassToken, Result: TypeMem},
	OpGuard:    {Name: "guard", Class: ClassToken, Result: TypeCtl},
}
