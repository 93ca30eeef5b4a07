package bpf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Encode is the inverse of Decode: the bytes of a program in the given byte
// order. KindMap and KindMapValue become loads by map index. Instructions
// must have the form that Decode gives: a field that the operation does not
// use is zero, and Src is RegImm (or, for convenience, R0) where no register
// is read. Anything else is an *InsnError.
func Encode(insns []Instruction, order binary.ByteOrder) ([]byte, error) {
	raw := make([]byte, 0, len(insns)*SlotSize)
	for pc := 0; pc < len(insns); pc++ {
		i := insns[pc]
		w, b := encodeWord(i)
		if b != nil {
			return nil, &InsnError{pc, b.field, b.value, b.reason}
		}
		raw = w.append(raw, order)
		if !i.Wide() {
			continue
		}
		pc++
		if pc == len(insns) || insns[pc] != (Instruction{}) {
			return nil, &InsnError{pc - 1, "op", int64(i.Op), "a wide load needs an empty second slot"}
		}
		raw = secondWord(i).append(raw, order)
	}
	return raw, nil
}

func (w word) append(raw []byte, order binary.ByteOrder) []byte {
	regs := w.src<<4 | w.dst
	if bigEndian(order) {
		regs = w.dst<<4 | w.src
	}
	var b [SlotSize]byte
	b[0], b[1] = w.code, regs
	order.PutUint16(b[2:], uint16(w.off))
	order.PutUint32(b[4:], uint32(w.imm))
	return append(raw, b[:]...)
}

// encoders is indexed by format. An encoder trusts the fields that it uses to
// be in range (see encodeWord) and ignores the others: a field that it does
// not use is found by decoding the result.
var encoders = [numFormats]func(Instruction, opcode) word{
	formatALU: encodeALU, formatNeg: encodeALU, formatMovsx: encodeMovsx, formatSwap: encodeSwap,
	formatCond: encodeCond, formatJa: encodeJa, formatMay: encodeMay, formatCall: encodeCall,
	formatCallx: encodeCallx, formatExit: encodeExit, formatLdImm: encodeLdImm, formatAbs: encodeLD,
	formatInd: encodeLD, formatLoad: encodeLoad, formatStore: encodeStore, formatAtomic: encodeAtomic,
}

func encodeWord(i Instruction) (word, *bad) {
	if i.Op == OpInvalid || int(i.Op) >= NumOps {
		return word{}, &bad{"op", int64(i.Op), "not an operation"}
	}
	row := opcodes[i.Op]
	if b := checkRange(i, row); b != nil {
		return word{}, b
	}
	w := encoders[row.form](i, row)
	// One definition of what is legal: the encoding of an instruction is
	// right when it decodes to that instruction.
	back, b := decodeWord(w)
	if b != nil {
		return word{}, b
	}
	if i.Wide() {
		decodeSecond(&back, secondWord(i))
	}
	if back.Src == RegImm && i.Src == R0 && row.form != formatALU && row.form != formatCond && row.form != formatStore {
		i.Src = RegImm
	}
	return w, difference(i, back)
}

// checkRange refuses what does not fit the fields of a slot.
func checkRange(i Instruction, row opcode) *bad {
	wide := row.form == formatLdImm || row.form == formatJa && i.Width == 4
	switch {
	case i.Dst > R10:
		return &bad{"dst", int64(i.Dst), "there are only r0 to r10"}
	case i.Src > R10 && i.Src != RegImm:
		return &bad{"src", int64(i.Src), "there are only r0 to r10"}
	case !wide && int64(i.Off) != int64(int16(i.Off)):
		return &bad{"offset", int64(i.Off), "does not fit 16 bits"}
	case i.Imm != int64(int32(i.Imm)) && !(i.Op == OpLdImm && i.Kind == KindConst):
		return &bad{"immediate", i.Imm, fmt.Sprintf("does not fit a signed 32-bit number (%d to %d)", math.MinInt32, math.MaxInt32)}
	}
	return nil
}

// difference names the first field in which the instruction is not what its
// encoding decodes to.
func difference(i, back Instruction) *bad {
	reason := fmt.Sprintf("not legal in %v; expected ", i.Op)
	switch {
	case i.Width != back.Width:
		return &bad{"width", int64(i.Width), reason + fmt.Sprint(back.Width)}
	case i.From != back.From:
		return &bad{"from", int64(i.From), reason + fmt.Sprint(back.From)}
	case i.Kind != back.Kind:
		return &bad{"kind", int64(i.Kind), reason + back.Kind.String()}
	case i.Dst != back.Dst:
		return &bad{"dst", int64(i.Dst), reason + back.Dst.String()}
	case i.Src != back.Src:
		return &bad{"src", int64(i.Src), reason + back.Src.String()}
	case i.Off != back.Off:
		return &bad{"offset", int64(i.Off), reason + fmt.Sprint(back.Off)}
	case i.Imm != back.Imm:
		return &bad{"immediate", i.Imm, reason + fmt.Sprint(back.Imm)}
	case i.Op != back.Op:
		return &bad{"op", int64(i.Op), "its fields are those of " + back.Op.String()}
	}
	return nil
}

// source returns the source bit and the fields of an operand.
func source(i Instruction) word {
	if i.Src == RegImm {
		return word{imm: int32(i.Imm)}
	}
	return word{code: sourceX, src: uint8(i.Src)}
}

func encodeALU(i Instruction, row opcode) word {
	w := source(i)
	if row.form == formatNeg {
		w = word{}
	}
	w.code |= row.code | classALU
	if i.Width == 8 {
		w.code |= classALU64
	}
	w.dst, w.off = uint8(i.Dst), int16(row.extra)
	return w
}

func encodeMovsx(i Instruction, row opcode) word {
	w := encodeALU(i, row)
	w.off = int16(i.From) * 8
	return w
}

func encodeSwap(i Instruction, row opcode) word {
	return word{code: row.code, dst: uint8(i.Dst), imm: int32(i.Width) * 8}
}

func encodeCond(i Instruction, row opcode) word {
	w := source(i)
	w.code |= row.code | classJMP
	if i.Width == 4 {
		w.code = w.code&^7 | classJMP32
	}
	w.dst, w.off = uint8(i.Dst), int16(i.Off)
	return w
}

func encodeJa(i Instruction, _ opcode) word {
	if i.Width == 4 {
		return word{code: classJMP32, imm: i.Off}
	}
	return word{code: classJMP, off: int16(i.Off)}
}

func encodeMay(i Instruction, row opcode) word {
	return word{code: row.code, off: int16(i.Off)}
}

func encodeCall(i Instruction, row opcode) word {
	return word{code: row.code, src: indexOf(callKinds[:], i.Kind), imm: int32(i.Imm)}
}

func encodeCallx(i Instruction, row opcode) word {
	return word{code: row.code, dst: uint8(i.Dst)}
}

func encodeExit(_ Instruction, row opcode) word { return word{code: row.code} }

func encodeLdImm(i Instruction, row opcode) word {
	return word{code: row.code, dst: uint8(i.Dst), src: indexOf(loadKinds[:], i.Kind), imm: int32(i.Imm)}
}

// secondWord is the second slot of a wide load.
func secondWord(i Instruction) word {
	if i.Kind == KindConst {
		return word{imm: int32(i.Imm >> 32)}
	}
	return word{imm: i.Off}
}

// sizeBits returns the size bits of an opcode, those of 4 bytes for a width
// that does not exist.
func sizeBits(width uint8) uint8 { return indexOf(widths[:], width) << 3 }

func encodeLD(i Instruction, row opcode) word {
	w := word{code: row.code | sizeBits(i.Width), imm: int32(i.Imm)}
	if i.Src != RegImm {
		w.src = uint8(i.Src)
	}
	return w
}

func encodeLoad(i Instruction, row opcode) word {
	w := word{code: row.code | sizeBits(i.Width) | classLDX, dst: uint8(i.Dst), off: int16(i.Off)}
	if i.Src != RegImm {
		w.src = uint8(i.Src)
	}
	return w
}

func encodeStore(i Instruction, row opcode) word {
	w := source(i)
	w.code = row.code | sizeBits(i.Width) | classST
	if i.Src != RegImm {
		w.code |= classSTX
	}
	w.dst, w.off = uint8(i.Dst), int16(i.Off)
	return w
}

func encodeAtomic(i Instruction, row opcode) word {
	w := word{code: row.code | sizeBits(i.Width) | classSTX, dst: uint8(i.Dst), off: int16(i.Off), imm: row.extra}
	if i.Src != RegImm {
		w.src = uint8(i.Src)
	}
	return w
}

// indexOf returns the index of x in list, 0 when it is not there: difference
// finds that out.
func indexOf[T comparable](list []T, x T) uint8 {
	for k, y := range list {
		if x == y {
			return uint8(k)
		}
	}
	return 0
}
