package bpf

// Reg is an eBPF register, R0 to R10, or RegImm.
type Reg uint8

// The registers of RFC 9669 §2. R10 is the read-only frame pointer.
const (
	R0 Reg = iota
	R1
	R2
	R3
	R4
	R5
	R6
	R7
	R8
	R9
	R10

	// NumRegs is the number of registers, R0 to R10.
	NumRegs = int(R10) + 1
	// RegImm in Instruction.Src says that the operand is Instruction.Imm.
	RegImm Reg = 0xff
)

// Op is what an instruction does. The width and the source operand are
// separate fields of Instruction, so one Op stands for up to four opcodes.
type Op uint8

// The operations of RFC 9669 §4 and §5 after normalisation (see Decode).
const (
	// OpInvalid is no operation. The second slot of a wide load has it.
	OpInvalid Op = iota

	// Arithmetic: Dst = Dst op (Src or Imm). Width is 4 or 8 bytes; a
	// 4-byte operation clears the upper half of Dst.
	OpAdd
	OpSub
	OpMul
	OpDiv
	OpSdiv
	OpMod
	OpSmod
	OpOr
	OpAnd
	OpXor
	OpLsh
	OpRsh
	OpArsh
	OpNeg   // Dst = -Dst
	OpMov   // Dst = Src or Imm
	OpMovsx // Dst = sign extension of the low From bytes of Src
	OpToLE  // Dst = low Width bytes of Dst as little endian; Width 2, 4, 8
	OpToBE
	OpBswap

	// Jumps: if Dst op (Src or Imm), continue at pc+1+Off. Width 4 or 8.
	OpJa // always; JA and GOTOL alike
	OpJeq
	OpJne
	OpJgt
	OpJge
	OpJlt
	OpJle
	OpJsgt
	OpJsge
	OpJslt
	OpJsle
	OpJset
	OpMayGoto // the kernel's JCOND: jump when the budget is spent
	OpCall    // Kind says what Imm is: KindHelper, KindLocal, KindKfunc
	OpCallx   // call the function pointer in Dst
	OpExit

	// Loads and stores. Width is the access size, 1, 2, 4, 8 bytes.
	OpLdImm   // Dst = 64-bit immediate; Kind says what Imm is; two slots
	OpLdAbs   // R0 = big-endian packet bytes at Imm
	OpLdInd   // R0 = big-endian packet bytes at Src + Imm
	OpLoad    // Dst = zero-extended *(Src + Off)
	OpLoadsx  // Dst = sign-extended *(Src + Off)
	OpStore   // *(Dst + Off) = Src or Imm
	OpAtomAdd // *(Dst + Off) += Src; Width 4 or 8 for all read-modify-writes
	OpAtomOr
	OpAtomAnd
	OpAtomXor
	OpFetchAdd // Src = old value, too
	OpFetchOr
	OpFetchAnd
	OpFetchXor
	OpXchg    // Src = old value
	OpCmpxchg // R0 compared and R0 = old value
	OpLoadAcq // Dst = *(Src + Off), acquire; Width 1 to 8
	OpStoreRel

	// NumOps is the number of operations, for arrays indexed by Op.
	NumOps = int(OpStoreRel) + 1
)

// Kind says what the immediate of OpCall and OpLdImm refers to.
type Kind uint8

// What an immediate can be. KindConst is an ordinary number.
const (
	KindConst    Kind = iota
	KindHelper        // OpCall: Imm is a helper id
	KindLocal         // OpCall: function at pc+1+Imm
	KindKfunc         // OpCall: Imm is a BTF id
	KindMapFD         // OpLdImm: Imm is a file descriptor
	KindMap           // OpLdImm: Imm is an index into Object.Maps; r = the map
	KindMapValue      // OpLdImm: r = value of map Imm plus Off bytes
	KindMapFDVal      // OpLdImm: value of the map with fd Imm plus Off bytes
	KindBTFID         // OpLdImm: kernel variable by BTF id
	KindFunc          // OpLdImm: function at pc+1+Imm (the pc of the first slot)
)

// Instruction is one decoded eBPF instruction. A program is a slice indexed
// by slot, the numbering of llvm-objdump and RFC 9669: a wide load (OpLdImm)
// is followed by one slot with Op OpInvalid, and jump offsets count slots.
type Instruction struct {
	Op    Op
	Width uint8 // bytes operated on
	From  uint8 // OpMovsx: bytes of the source, 1, 2 or 4
	Kind  Kind
	Dst   Reg
	Src   Reg   // RegImm when the operand is Imm and where no register is read
	Off   int32 // jump displacement in slots, or byte offset of an access
	Imm   int64 // sign-extended 32-bit immediate; 64 bits for OpLdImm
}

// Wide reports whether the instruction takes two slots.
func (i Instruction) Wide() bool { return i.Op == OpLdImm }

// Jumps reports whether Off is a jump displacement: ja, gotol, conditional
// jumps and may_goto, not calls and exit.
func (i Instruction) Jumps() bool { return i.Op >= OpJa && i.Op <= OpMayGoto }

// Conditional reports whether the instruction is a jump that may fall through.
func (i Instruction) Conditional() bool { return i.Op > OpJa && i.Op <= OpMayGoto }

// Target is the slot that a jump at slot pc goes to when taken.
func (i Instruction) Target(pc int) int { return pc + 1 + int(i.Off) }
