package bpf

import (
	"encoding/binary"
	"fmt"
	"io"
)

// printers is indexed by format. Each writes an instruction as llvm-objdump
// of LLVM 19 does; what that release does not know (load-acquire,
// store-release) is written as LLVM 20 does.
var printers = [numFormats]func(Instruction, opcode) string{
	formatALU: printALU, formatNeg: printNeg, formatMovsx: printMovsx, formatSwap: printSwap,
	formatCond: printCond, formatJa: printJa, formatMay: printMay, formatCall: printCall,
	formatCallx: printCallx, formatExit: printExit, formatLdImm: printLdImm, formatAbs: printAbs,
	formatInd: printInd, formatLoad: printLoad, formatStore: printStore, formatAtomic: printAtomic,
}

// String returns the instruction as llvm-objdump -d prints it, without the
// symbol of a jump target. Narrow loads and stores name the 64-bit register;
// 32-bit atomic operations are as with --mcpu=v3, because the plain form
// prints most of them wrongly. An empty slot is "".
func (i Instruction) String() string {
	if i.Op == OpInvalid {
		return ""
	}
	if int(i.Op) >= NumOps {
		return i.Op.String()
	}
	row := opcodes[i.Op]
	return printers[row.form](i, row)
}

// hex formats a number as LLVM does: sign, then hexadecimal.
func hex(v int64) string {
	if v < 0 {
		return fmt.Sprintf("-0x%x", -uint64(v))
	}
	return fmt.Sprintf("0x%x", v)
}

// name is r or w and the number, by the width of the operation.
func name(r Reg, width uint8) string {
	if width == 4 && int(r) < NumRegs {
		return fmt.Sprintf("w%d", r)
	}
	return r.String()
}

// operandName is the source register or the immediate.
func operandName(i Instruction) string {
	if i.Src == RegImm {
		return hex(i.Imm)
	}
	return name(i.Src, i.Width)
}

// place is base register and displacement, without brackets.
func place(r Reg, off int32) string {
	if off < 0 {
		return fmt.Sprintf("%v - 0x%x", r, -int64(off))
	}
	return fmt.Sprintf("%v + 0x%x", r, off)
}

// hop is a jump displacement: it always has a sign.
func hop(off int32) string {
	if off < 0 {
		return hex(int64(off))
	}
	return fmt.Sprintf("+0x%x", off)
}

func printALU(i Instruction, row opcode) string {
	return name(i.Dst, i.Width) + " " + row.sign + " " + operandName(i)
}

func printNeg(i Instruction, _ opcode) string {
	return name(i.Dst, i.Width) + " = -" + name(i.Dst, i.Width)
}

func printMovsx(i Instruction, _ opcode) string {
	return fmt.Sprintf("%s = (s%d)%s", name(i.Dst, i.Width), 8*i.From, name(i.Src, i.Width))
}

func printSwap(i Instruction, row opcode) string {
	return fmt.Sprintf("%v = %s%d %v", i.Dst, row.sign, 8*i.Width, i.Dst)
}

func printCond(i Instruction, row opcode) string {
	return fmt.Sprintf("if %s %s %s goto %s", name(i.Dst, i.Width), row.sign, operandName(i), hop(i.Off))
}

func printJa(i Instruction, _ opcode) string {
	if i.Width == 4 {
		return "gotol " + hop(i.Off)
	}
	return "goto " + hop(i.Off)
}

func printMay(i Instruction, _ opcode) string { return "may_goto " + hop(i.Off) }

func printCall(i Instruction, _ opcode) string { return "call " + hex(i.Imm) }

func printCallx(i Instruction, _ opcode) string { return "callx " + i.Dst.String() }

func printExit(Instruction, opcode) string { return "exit" }

func printLdImm(i Instruction, _ opcode) string {
	if i.Kind == KindConst {
		return fmt.Sprintf("%v = %s ll", i.Dst, hex(i.Imm))
	}
	return fmt.Sprintf("ld_pseudo\t%v, 0x%x, 0x%x", i.Dst, indexOf(loadKinds[:], i.Kind), uint32(i.Imm))
}

func printAbs(i Instruction, _ opcode) string {
	return fmt.Sprintf("r0 = *(u%d *)skb[%s]", 8*i.Width, hex(i.Imm))
}

// printInd leaves out the immediate, as LLVM does.
func printInd(i Instruction, _ opcode) string {
	return fmt.Sprintf("r0 = *(u%d *)skb[%v]", 8*i.Width, i.Src)
}

func printLoad(i Instruction, row opcode) string {
	return fmt.Sprintf("%v = *(%s%d *)(%s)", i.Dst, row.sign, 8*i.Width, place(i.Src, i.Off))
}

func printStore(i Instruction, _ opcode) string {
	operand := hex(i.Imm)
	if i.Src != RegImm {
		operand = i.Src.String()
	}
	return fmt.Sprintf("*(u%d *)(%s) = %s", 8*i.Width, place(i.Dst, i.Off), operand)
}

func printAtomic(i Instruction, row opcode) string {
	width, bits := i.Width, 8*i.Width
	if width < 4 {
		width = 4
	}
	src, where := name(i.Src, width), place(i.Dst, i.Off)
	suffix := "_64"
	if width == 4 {
		suffix = "32_32"
	}
	switch i.Op {
	case OpLoadAcq:
		return fmt.Sprintf("%s = load_acquire((u%d *)(%s))", name(i.Dst, width), bits, place(i.Src, i.Off))
	case OpStoreRel:
		return fmt.Sprintf("store_release((u%d *)(%s), %s)", bits, where, src)
	case OpXchg:
		return fmt.Sprintf("%s = xchg%s(%s, %s)", src, suffix, where, src)
	case OpCmpxchg:
		r0 := name(R0, width)
		return fmt.Sprintf("%s = cmpxchg%s(%s, %s, %s)", r0, suffix, where, r0, src)
	case OpFetchAdd, OpFetchOr, OpFetchAnd, OpFetchXor:
		return fmt.Sprintf("%s = %s((u%d *)(%s), %s)", src, row.sign, bits, where, src)
	}
	return fmt.Sprintf("lock *(u%d *)(%s) %s %s", bits, where, row.sign, src)
}

// Listing says what Print writes besides the instructions.
type Listing struct {
	// First is the number that the first slot is printed with.
	First int
	// Bytes prints the encoding, little endian, as llvm-objdump does
	// without --no-show-raw-insn.
	Bytes bool
	// Above returns lines to print before the instruction at a slot (a
	// function's name, a source line), each without line end. May be nil.
	Above func(pc int) []string
	// Label returns the symbol of a jump target, printed in angle brackets
	// behind the jump; "" for none. May be nil.
	Label func(target int) string
	// Note returns text printed behind the instruction; "" for none. May
	// be nil.
	Note func(pc int) string
}

// Print writes the listing of a program, one instruction a line: slot number,
// encoding if asked for, text. Slots count from 0 whatever First is.
func Print(w io.Writer, insns []Instruction, l Listing) error {
	for pc := 0; pc < len(insns); pc++ {
		i := insns[pc]
		if l.Above != nil {
			for _, line := range l.Above(pc) {
				if _, err := fmt.Fprintln(w, line); err != nil {
					return err
				}
			}
		}
		line := fmt.Sprintf("%8d:\t", pc+l.First)
		if l.Bytes {
			raw, err := Encode(insns[pc:min(pc+slots(i), len(insns))], binary.LittleEndian)
			if err != nil {
				return fmt.Errorf("print instruction %d: %w", pc, err)
			}
			line += fmt.Sprintf("% x\t", raw)
		}
		if _, err := fmt.Fprintln(w, line+l.text(i, pc)); err != nil {
			return err
		}
		pc += slots(i) - 1
	}
	return nil
}

// slots is the number of slots that the instruction takes.
func slots(i Instruction) int {
	if i.Wide() {
		return 2
	}
	return 1
}

func (l Listing) text(i Instruction, pc int) string {
	text := i.String()
	if l.Label != nil && i.Jumps() {
		if label := l.Label(i.Target(pc)); label != "" {
			text += " <" + label + ">"
		}
	}
	if l.Note != nil {
		if note := l.Note(pc); note != "" {
			text += "\t; " + note
		}
	}
	return text
}
