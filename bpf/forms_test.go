package bpf

// forms returns every operation in every width and with every kind of operand
// that is legal, in order of Op. Wide loads are followed by their second slot.
func forms() []Instruction {
	var all []Instruction
	for op := OpInvalid + 1; int(op) < NumOps; op++ {
		all = append(all, formsOf(op)...)
	}
	return all
}

// each makes one instruction per width from a template.
func each(i Instruction, widths ...uint8) []Instruction {
	var all []Instruction
	for _, w := range widths {
		i.Width = w
		all = append(all, i)
	}
	return all
}

func formsOf(op Op) []Instruction {
	imm := Instruction{Op: op, Dst: R1, Src: RegImm, Imm: -5}
	reg := Instruction{Op: op, Dst: R10, Src: R2}
	none := Instruction{Op: op, Src: RegImm}
	switch opcodes[op].form {
	case formatALU:
		return append(each(imm, 4, 8), each(reg, 4, 8)...)
	case formatNeg:
		return each(Instruction{Op: op, Dst: R3, Src: RegImm}, 4, 8)
	case formatMovsx:
		var all []Instruction
		for _, from := range []uint8{1, 2} {
			reg.From = from
			all = append(all, each(reg, 4, 8)...)
		}
		reg.From = 4
		return append(all, each(reg, 8)...)
	case formatSwap:
		return each(Instruction{Op: op, Dst: R9, Src: RegImm}, 2, 4, 8)
	case formatCond:
		imm.Off, reg.Off = 32767, -32768
		return append(each(imm, 4, 8), each(reg, 4, 8)...)
	case formatJa:
		none.Off = -3
		far := none
		far.Off = 1 << 30
		return append(each(none, 4, 8), each(far, 4)...)
	case formatMay:
		none.Off = 3
		return []Instruction{none}
	case formatCallx:
		return []Instruction{{Op: op, Dst: R3, Src: RegImm}}
	case formatExit:
		return []Instruction{none}
	}
	return memoryFormsOf(op)
}

func memoryFormsOf(op Op) []Instruction {
	mem := Instruction{Op: op, Dst: R1, Src: R2, Off: -8}
	var all []Instruction
	switch opcodes[op].form {
	case formatCall:
		for _, kind := range callKinds {
			all = append(all, Instruction{Op: op, Kind: kind, Src: RegImm, Imm: 5}, Instruction{Op: op, Kind: kind, Src: RegImm, Imm: -5})
		}
	case formatLdImm:
		for _, kind := range loadKinds {
			i := Instruction{Op: op, Width: 8, Kind: kind, Dst: R4, Src: RegImm, Imm: 0x12345678}
			switch kind {
			case KindConst:
				all = append(all, i, Instruction{})
				i.Imm = -1 << 63
				all = append(all, i, Instruction{})
				i.Imm = 0xffffffff
			case KindMapFDVal, KindMapValue:
				i.Off = -7
			}
			all = append(all, i, Instruction{})
		}
	case formatAbs:
		all = each(Instruction{Op: op, Src: RegImm, Imm: -14}, 1, 2, 4)
	case formatInd:
		all = each(Instruction{Op: op, Src: R3, Imm: 14}, 1, 2, 4)
	case formatLoad:
		all = each(mem, 1, 2, 4)
		if op == OpLoad {
			all = each(mem, 1, 2, 4, 8)
		}
	case formatStore:
		all = append(each(mem, 1, 2, 4, 8), each(Instruction{Op: op, Dst: R1, Src: RegImm, Off: 32767, Imm: -5}, 1, 2, 4, 8)...)
	case formatAtomic:
		all = each(mem, 4, 8)
		if op == OpLoadAcq || op == OpStoreRel {
			all = each(mem, 1, 2, 4, 8)
		}
	}
	return all
}
