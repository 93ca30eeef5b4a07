package bpf

import (
	"encoding/binary"
	"fmt"
)

// SlotSize is the size of an instruction slot in bytes.
const SlotSize = 8

// InsnError says why an instruction cannot be decoded or encoded.
type InsnError struct {
	Slot   int    // slot of the instruction
	Field  string // "opcode", "dst", "src", "offset", "immediate", …
	Value  int64  // what stands in the field
	Reason string // what was expected
}

// Error names the slot, the field, its value and what was expected.
func (e *InsnError) Error() string {
	value := fmt.Sprint(e.Value)
	if e.Field == "opcode" {
		value = fmt.Sprintf("0x%02x", uint8(e.Value))
	}
	return fmt.Sprintf("instruction %d: %s %s: %s", e.Slot, e.Field, value, e.Reason)
}

// word is one slot with its fields taken apart (RFC 9669 §3).
//
//	0        1         2       4         8
//	| opcode | src:dst | offset | immediate |   little endian
//	| opcode | dst:src | offset | immediate |   big endian
type word struct {
	code, dst, src uint8
	off            int16
	imm            int32
}

// bad is a refusal without the slot, which the caller knows.
type bad struct {
	field  string
	value  int64
	reason string
}

// Decode returns the instructions of a program in the given byte order, one
// for each slot (see Instruction). It accepts exactly RFC 9669, the kernel's
// may_goto, load-acquire and store-release, and LLVM's callx; everything else
// is an *InsnError. It does not look at control flow: targets of jumps and
// writes to r10 are the verifier's business.
//
// Fields that an operation does not use are zero in the result, and Src is
// RegImm where no register is read. Width is 0 for may_goto, calls and exit,
// and tells GOTOL (4) from JA (8).
func Decode(raw []byte, order binary.ByteOrder) ([]Instruction, error) {
	if n := len(raw) % SlotSize; n != 0 {
		return nil, fmt.Errorf("program is %d bytes long: not a multiple of %d", len(raw), SlotSize)
	}
	insns := make([]Instruction, len(raw)/SlotSize)
	for pc := 0; pc < len(insns); pc++ {
		w := readWord(raw[pc*SlotSize:], order)
		i, b := decodeWord(w)
		if b != nil {
			return nil, &InsnError{pc, b.field, b.value, b.reason}
		}
		insns[pc] = i
		if !i.Wide() {
			continue
		}
		if pc+1 == len(insns) {
			return nil, &InsnError{pc, "opcode", int64(w.code), "the program ends before the second slot of the wide load"}
		}
		if b := decodeSecond(&insns[pc], readWord(raw[(pc+1)*SlotSize:], order)); b != nil {
			return nil, &InsnError{pc + 1, b.field, b.value, b.reason}
		}
		pc++
	}
	return insns, nil
}

// bigEndian reports the order without comparing interfaces.
func bigEndian(order binary.ByteOrder) bool {
	return order.Uint16([]byte{0, 1}) == 1
}

func readWord(b []byte, order binary.ByteOrder) word {
	w := word{
		code: b[0], dst: b[1] & 0xf, src: b[1] >> 4,
		off: int16(order.Uint16(b[2:])), imm: int32(order.Uint32(b[4:])),
	}
	if bigEndian(order) {
		w.dst, w.src = w.src, w.dst
	}
	return w
}

// decoders is indexed by instruction class.
var decoders = [8]func(word) (Instruction, *bad){
	classLD: decodeLD, classLDX: decodeLDX, classST: decodeST, classSTX: decodeSTX,
	classALU: decodeALU, classALU64: decodeALU, classJMP: decodeJump, classJMP32: decodeJump,
}

func decodeWord(w word) (Instruction, *bad) {
	if w.dst > uint8(R10) {
		return Instruction{}, &bad{"dst", int64(w.dst), "there are only r0 to r10"}
	}
	if w.src > uint8(R10) {
		return Instruction{}, &bad{"src", int64(w.src), "there are only r0 to r10"}
	}
	return decoders[w.code&7](w)
}

func unknown(w word) (Instruction, *bad) {
	return Instruction{}, &bad{"opcode", int64(w.code), "unknown operation"}
}

// Bits of a set of fields that an instruction uses; reserved checks the rest.
const (
	useDst = 1 << iota
	useSrc
	useOff
	useImm
)

// reserved returns a refusal when a field outside uses is not zero.
func (w word) reserved(uses int) *bad {
	switch {
	case uses&useDst == 0 && w.dst != 0:
		return w.notZero("dst", int64(w.dst))
	case uses&useSrc == 0 && w.src != 0:
		return w.notZero("src", int64(w.src))
	case uses&useOff == 0 && w.off != 0:
		return w.notZero("offset", int64(w.off))
	case uses&useImm == 0 && w.imm != 0:
		return w.notZero("immediate", int64(w.imm))
	}
	return nil
}

func (w word) notZero(field string, value int64) *bad {
	return &bad{field, value, fmt.Sprintf("reserved in opcode 0x%02x, must be 0", w.code)}
}

// operand fills in Src or Imm by the source bit of ALU and JMP classes and
// returns the field that was used.
func (w word) operand(i *Instruction) int {
	if w.code&sourceX != 0 {
		i.Src = Reg(w.src)
		return useSrc
	}
	i.Src, i.Imm = RegImm, int64(w.imm)
	return useImm
}

// widths are access sizes in bytes by the size bits of the opcode.
var widths = [4]uint8{4, 2, 1, 8}

func (w word) width() uint8 { return widths[w.code>>3&3] }

// aluOps is indexed by the upper nibble of the opcode; swaps and negation
// are apart.
var aluOps = [16]Op{
	0x0: OpAdd, 0x1: OpSub, 0x2: OpMul, 0x3: OpDiv, 0x4: OpOr, 0x5: OpAnd, 0x6: OpLsh, 0x7: OpRsh,
	0x8: OpNeg, 0x9: OpMod, 0xa: OpXor, 0xb: OpMov, 0xc: OpArsh, 0xd: OpToLE,
}

func decodeALU(w word) (Instruction, *bad) {
	op := aluOps[w.code>>4]
	i := Instruction{Op: op, Width: 4, Dst: Reg(w.dst)}
	if w.code&7 == classALU64 {
		i.Width = 8
	}
	switch op {
	case OpInvalid:
		return unknown(w)
	case OpToLE:
		return decodeSwap(w)
	case OpNeg:
		if w.code&sourceX != 0 {
			return unknown(w)
		}
		i.Src = RegImm
		return i, w.reserved(useDst)
	}
	uses := useDst | w.operand(&i)
	switch {
	case w.off == 0:
	case w.off == 1 && op == OpDiv:
		i.Op, uses = OpSdiv, uses|useOff
	case w.off == 1 && op == OpMod:
		i.Op, uses = OpSmod, uses|useOff
	case op == OpDiv || op == OpMod:
		return i, &bad{"offset", int64(w.off), "0 is unsigned and 1 is signed division"}
	case op == OpMov && w.code&sourceX != 0:
		if w.off != 8 && w.off != 16 && (w.off != 32 || i.Width == 4) {
			return i, &bad{"offset", int64(w.off), fmt.Sprintf("no number of bits to sign-extend to %d", 8*i.Width)}
		}
		i.Op, i.From, uses = OpMovsx, uint8(w.off/8), uses|useOff
	}
	return i, w.reserved(uses)
}

func decodeSwap(w word) (Instruction, *bad) {
	i := Instruction{Dst: Reg(w.dst), Src: RegImm}
	switch w.code {
	case opcodes[OpToLE].code:
		i.Op = OpToLE
	case opcodes[OpToBE].code:
		i.Op = OpToBE
	case opcodes[OpBswap].code:
		i.Op = OpBswap
	default:
		return unknown(w)
	}
	if w.imm != 16 && w.imm != 32 && w.imm != 64 {
		return i, &bad{"immediate", int64(w.imm), "number of bits to swap must be 16, 32 or 64"}
	}
	i.Width = uint8(w.imm / 8)
	return i, w.reserved(useDst | useImm)
}

// jumpOps is indexed by the upper nibble of the opcode.
var jumpOps = [16]Op{
	0x0: OpJa, 0x1: OpJeq, 0x2: OpJgt, 0x3: OpJge, 0x4: OpJset, 0x5: OpJne, 0x6: OpJsgt, 0x7: OpJsge,
	0x8: OpCall, 0x9: OpExit, 0xa: OpJlt, 0xb: OpJle, 0xc: OpJslt, 0xd: OpJsle, 0xe: OpMayGoto,
}

func decodeJump(w word) (Instruction, *bad) {
	op := jumpOps[w.code>>4]
	if op == OpInvalid {
		return unknown(w)
	}
	if opcodes[op].form != formatCond {
		return decodeFlow(w)
	}
	i := Instruction{Op: op, Width: 8, Dst: Reg(w.dst), Off: int32(w.off)}
	if w.code&7 == classJMP32 {
		i.Width = 4
	}
	return i, w.reserved(useDst | useOff | w.operand(&i))
}

// callKinds is indexed by the source register field of a call.
var callKinds = [...]Kind{0: KindHelper, 1: KindLocal, 2: KindKfunc}

func decodeFlow(w word) (Instruction, *bad) {
	i := Instruction{Src: RegImm}
	switch w.code {
	case classJMP:
		i.Op, i.Width, i.Off = OpJa, 8, int32(w.off)
		return i, w.reserved(useOff)
	case classJMP32:
		i.Op, i.Width, i.Off = OpJa, 4, w.imm
		return i, w.reserved(useImm)
	case opcodes[OpMayGoto].code:
		i.Op, i.Off = OpMayGoto, int32(w.off)
		return i, w.reserved(useOff)
	case opcodes[OpExit].code:
		i.Op = OpExit
		return i, w.reserved(0)
	case opcodes[OpCallx].code:
		i.Op, i.Dst = OpCallx, Reg(w.dst)
		return i, w.reserved(useDst)
	case opcodes[OpCall].code:
		if int(w.src) >= len(callKinds) {
			return i, &bad{"src", int64(w.src), "a call is of a helper (0), a local function (1) or a kernel function (2)"}
		}
		i.Op, i.Kind, i.Imm = OpCall, callKinds[w.src], int64(w.imm)
		return i, w.reserved(useSrc | useImm)
	}
	return unknown(w)
}

// loadKinds is indexed by the source register field of a wide load
// (RFC 9669 §5.4).
var loadKinds = [...]Kind{
	0: KindConst, 1: KindMapFD, 2: KindMapFDVal, 3: KindBTFID, 4: KindFunc, 5: KindMap, 6: KindMapValue,
}

func decodeLD(w word) (Instruction, *bad) {
	i := Instruction{Width: w.width(), Src: RegImm, Imm: int64(w.imm)}
	switch mode := w.code & 0xe0; {
	case w.code == opcodes[OpLdImm].code:
		if int(w.src) >= len(loadKinds) {
			return i, &bad{"src", int64(w.src), "a wide load has sources 0 to 6"}
		}
		i.Op, i.Dst, i.Kind = OpLdImm, Reg(w.dst), loadKinds[w.src]
		return i, w.reserved(useDst | useSrc | useImm)
	case mode == modeAbs && i.Width < 8:
		i.Op = OpLdAbs
		return i, w.reserved(useImm)
	case mode == modeInd && i.Width < 8:
		i.Op, i.Src = OpLdInd, Reg(w.src)
		return i, w.reserved(useSrc | useImm)
	}
	return unknown(w)
}

// decodeSecond completes a wide load with its second slot.
func decodeSecond(i *Instruction, w word) *bad {
	switch {
	case w.code != 0:
		return &bad{"opcode", int64(w.code), "the second slot of a wide load has opcode 0x00"}
	case i.Kind == KindConst:
		i.Imm = int64(uint64(uint32(i.Imm)) | uint64(uint32(w.imm))<<32)
		return w.reserved(useImm)
	case i.Kind == KindMapFDVal || i.Kind == KindMapValue:
		i.Off = w.imm
		return w.reserved(useImm)
	}
	return w.reserved(0)
}

func decodeLDX(w word) (Instruction, *bad) {
	i := Instruction{Width: w.width(), Dst: Reg(w.dst), Src: Reg(w.src), Off: int32(w.off)}
	switch mode := w.code & 0xe0; {
	case mode == modeMem:
		i.Op = OpLoad
	case mode == modeMemsx && i.Width < 8:
		i.Op = OpLoadsx
	default:
		return unknown(w)
	}
	return i, w.reserved(useDst | useSrc | useOff)
}

func decodeST(w word) (Instruction, *bad) {
	if w.code&0xe0 != modeMem {
		return unknown(w)
	}
	i := Instruction{Op: OpStore, Width: w.width(), Dst: Reg(w.dst), Src: RegImm, Off: int32(w.off), Imm: int64(w.imm)}
	return i, w.reserved(useDst | useOff | useImm)
}

func decodeSTX(w word) (Instruction, *bad) {
	i := Instruction{Op: OpStore, Width: w.width(), Dst: Reg(w.dst), Src: Reg(w.src), Off: int32(w.off)}
	switch w.code & 0xe0 {
	case modeMem:
		return i, w.reserved(useDst | useSrc | useOff)
	case modeAtomic:
	default:
		return unknown(w)
	}
	for op := OpAtomAdd; op <= OpStoreRel; op++ {
		if opcodes[op].extra == w.imm {
			i.Op = op
		}
	}
	switch {
	case i.Op == OpStore:
		return i, &bad{"immediate", int64(w.imm), "unknown atomic operation"}
	case i.Width < 4 && i.Op != OpLoadAcq && i.Op != OpStoreRel:
		return i, &bad{"opcode", int64(w.code), "read-modify-write operations are of 4 or 8 bytes"}
	}
	return i, w.reserved(useDst | useSrc | useOff | useImm)
}
