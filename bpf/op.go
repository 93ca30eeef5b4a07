package bpf

import "fmt"

// format is how the fields of an operation are laid out in a slot.
type format uint8

const (
	formatNone   format = iota
	formatALU           // Dst op= Src or Imm; class by Width, K or X by Src
	formatNeg           // Dst only
	formatMovsx         // X only; From in the offset field
	formatSwap          // Width in the immediate
	formatCond          // conditional jump
	formatJa            // 16-bit offset in JMP, 32-bit immediate in JMP32
	formatMay           // JCOND with condition 0
	formatCall          // Kind in the source register field
	formatCallx         // Dst
	formatExit          // nothing
	formatLdImm         // two slots, Kind in the source register field
	formatAbs           // packet load at Imm
	formatInd           // packet load at Src + Imm
	formatLoad          // Dst = *(Src + Off), MEM or MEMSX
	formatStore         // ST or STX by Src
	formatAtomic        // operation in the immediate
	numFormats   = int(formatAtomic) + 1
)

// opcode is the row of one operation: its name, the sign LLVM prints for it,
// and how it is encoded (RFC 9669 §3 to §5, linux/bpf.h for what came later).
type opcode struct {
	name string
	sign string
	form format
	// code is the operation's bits of the opcode byte: the upper nibble of
	// ALU and JMP, the mode of a load or store, the class included where
	// Width does not choose it.
	code uint8
	// extra is what stands in another field: the offset of sdiv and smod,
	// the immediate of an atomic.
	extra int32
}

// opcodes has a row for every operation but OpInvalid.
var opcodes = [NumOps]opcode{
	OpAdd:   {"add", "+=", formatALU, 0x00, 0},
	OpSub:   {"sub", "-=", formatALU, 0x10, 0},
	OpMul:   {"mul", "*=", formatALU, 0x20, 0},
	OpDiv:   {"div", "/=", formatALU, 0x30, 0},
	OpSdiv:  {"sdiv", "s/=", formatALU, 0x30, 1},
	OpMod:   {"mod", "%=", formatALU, 0x90, 0},
	OpSmod:  {"smod", "s%=", formatALU, 0x90, 1},
	OpOr:    {"or", "|=", formatALU, 0x40, 0},
	OpAnd:   {"and", "&=", formatALU, 0x50, 0},
	OpXor:   {"xor", "^=", formatALU, 0xa0, 0},
	OpLsh:   {"lsh", "<<=", formatALU, 0x60, 0},
	OpRsh:   {"rsh", ">>=", formatALU, 0x70, 0},
	OpArsh:  {"arsh", "s>>=", formatALU, 0xc0, 0},
	OpNeg:   {"neg", "-", formatNeg, 0x80, 0},
	OpMov:   {"mov", "=", formatALU, 0xb0, 0},
	OpMovsx: {"movsx", "=", formatMovsx, 0xb0, 0},
	OpToLE:  {"le", "le", formatSwap, 0xd4, 0},
	OpToBE:  {"be", "be", formatSwap, 0xdc, 0},
	OpBswap: {"bswap", "bswap", formatSwap, 0xd7, 0},

	OpJa:      {"ja", "goto", formatJa, 0x00, 0},
	OpJeq:     {"jeq", "==", formatCond, 0x10, 0},
	OpJne:     {"jne", "!=", formatCond, 0x50, 0},
	OpJgt:     {"jgt", ">", formatCond, 0x20, 0},
	OpJge:     {"jge", ">=", formatCond, 0x30, 0},
	OpJlt:     {"jlt", "<", formatCond, 0xa0, 0},
	OpJle:     {"jle", "<=", formatCond, 0xb0, 0},
	OpJsgt:    {"jsgt", "s>", formatCond, 0x60, 0},
	OpJsge:    {"jsge", "s>=", formatCond, 0x70, 0},
	OpJslt:    {"jslt", "s<", formatCond, 0xc0, 0},
	OpJsle:    {"jsle", "s<=", formatCond, 0xd0, 0},
	OpJset:    {"jset", "&", formatCond, 0x40, 0},
	OpMayGoto: {"may_goto", "may_goto", formatMay, 0xe5, 0},
	OpCall:    {"call", "call", formatCall, 0x85, 0},
	OpCallx:   {"callx", "callx", formatCallx, 0x8d, 0},
	OpExit:    {"exit", "exit", formatExit, 0x95, 0},

	OpLdImm:    {"ldimm", "=", formatLdImm, 0x18, 0},
	OpLdAbs:    {"ldabs", "=", formatAbs, modeAbs, 0},
	OpLdInd:    {"ldind", "=", formatInd, modeInd, 0},
	OpLoad:     {"load", "u", formatLoad, modeMem, 0},
	OpLoadsx:   {"loadsx", "s", formatLoad, modeMemsx, 0},
	OpStore:    {"store", "=", formatStore, modeMem, 0},
	OpAtomAdd:  {"atomic_add", "+=", formatAtomic, modeAtomic, 0x00},
	OpAtomOr:   {"atomic_or", "|=", formatAtomic, modeAtomic, 0x40},
	OpAtomAnd:  {"atomic_and", "&=", formatAtomic, modeAtomic, 0x50},
	OpAtomXor:  {"atomic_xor", "^=", formatAtomic, modeAtomic, 0xa0},
	OpFetchAdd: {"fetch_add", "atomic_fetch_add", formatAtomic, modeAtomic, 0x01},
	OpFetchOr:  {"fetch_or", "atomic_fetch_or", formatAtomic, modeAtomic, 0x41},
	OpFetchAnd: {"fetch_and", "atomic_fetch_and", formatAtomic, modeAtomic, 0x51},
	OpFetchXor: {"fetch_xor", "atomic_fetch_xor", formatAtomic, modeAtomic, 0xa1},
	OpXchg:     {"xchg", "xchg", formatAtomic, modeAtomic, 0xe1},
	OpCmpxchg:  {"cmpxchg", "cmpxchg", formatAtomic, modeAtomic, 0xf1},
	OpLoadAcq:  {"load_acquire", "load_acquire", formatAtomic, modeAtomic, 0x100},
	OpStoreRel: {"store_release", "store_release", formatAtomic, modeAtomic, 0x110},
}

// Classes and modes of the opcode byte (RFC 9669 §3.1, §5).
const (
	classLD    = 0x00
	classLDX   = 0x01
	classST    = 0x02
	classSTX   = 0x03
	classALU   = 0x04
	classJMP   = 0x05
	classJMP32 = 0x06
	classALU64 = 0x07

	modeAbs    = 0x20
	modeInd    = 0x40
	modeMem    = 0x60
	modeMemsx  = 0x80
	modeAtomic = 0xc0

	sourceX = 0x08
)

// String returns the operation's name, "add", "jsgt", "fetch_or".
func (o Op) String() string {
	if int(o) >= NumOps {
		return fmt.Sprintf("op(%d)", uint8(o))
	}
	if o == OpInvalid {
		return "invalid"
	}
	return opcodes[o].name
}

// String returns r0 to r10, or "imm" for RegImm.
func (r Reg) String() string {
	switch {
	case r == RegImm:
		return "imm"
	case int(r) >= NumRegs:
		return fmt.Sprintf("reg(%d)", uint8(r))
	}
	return fmt.Sprintf("r%d", uint8(r))
}

// kindNames are the names of the kinds of immediates.
var kindNames = [...]string{
	KindConst: "const", KindHelper: "helper", KindLocal: "local", KindKfunc: "kfunc",
	KindMapFD: "map fd", KindMap: "map", KindMapValue: "map value", KindMapFDVal: "map fd value",
	KindBTFID: "btf id", KindFunc: "func",
}

// String returns the name of the kind, "helper", "map value".
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindNames[k]
}
