package amd64

import "github.com/bpf2go-native/bpf2go-native/backend"

// Forms: how an operation's operands are written, in Go's order.
const (
	formNone    uint8 = iota
	formShared        // made by the emitter
	formRR            // NAME Args[1], Dst
	formRI            // NAME $Imm, Dst
	formRM            // NAME Mem, Dst
	formR             // NAME Dst
	formMove          // NAME Args[0], Dst
	formStore         // NAME Args[0], Mem
	formStoreI        // NAME $Imm, Mem
	formSum           // NAME (Args[0])(Args[1]*1), Dst
	formSumI          // NAME Imm(Args[0]), Dst
	formScale         // NAME (Args[0]*2^Imm), Dst
	formMul3          // NAME $Imm, Args[0], Dst
	formShift         // NAME CX, Dst
	formCmp           // NAME Args[0], Args[1]
	formCmpI          // NAME Args[0], $Imm
	formCmpM          // NAME Args[0], Mem
	formCmpMI         // NAME Mem, $Imm
	formTestI         // NAME $Imm, Args[0]
	formTestMI        // NAME $Imm, Mem
	formSet           // NAMEcc Dst; MOVBLZX Dst, Dst
	formCmov          // NAMEcc Args[1], Dst
	formJcc           // Jcc
	formDiv           // XORL DX, DX or CQO; NAME Args[1]
	formOne           // NAME Args[1]
	formLock          // LOCK; NAME Args[0], Mem
	formLockI         // LOCK; NAME $Imm, Mem
	formXadd          // LOCK; NAME Dst, Mem
	formXchg          // NAME Dst, Mem
	formCmpxchg       // LOCK; NAME Args[1], Mem
	formFetch         // loop around CMPXCHG
	formZero          // stores of zeroes
	formDown          // SUBL $Imm, slot Mem.Disp
	formThree         // NAME Args[1], Args[0], Dst
	formThreeM        // NAME Mem, Args[0], Dst
	formRotate        // NAME $(width - Imm), Args[0], Dst
	formHigh          // NAME Args[1], Dst, Dst
)

// Operations of the machine. A suffix Q or L is the width, as in Go's
// assembler; i is an immediate and m a memory operand.
const (
	opADDQ backend.Op = backend.FirstTargetOp + iota
	opADDL
	opSUBQ
	opSUBL
	opANDQ
	opANDL
	opORQ
	opORL
	opXORQ
	opXORL
	opIMULQ
	opIMULL
	opADDQi
	opADDLi
	opANDQi
	opANDLi
	opORQi
	opORLi
	opXORQi
	opXORLi
	opIMULQi
	opIMULLi
	opADDQm
	opADDLm
	opSUBQm
	opSUBLm
	opANDQm
	opANDLm
	opORQm
	opORLm
	opXORQm
	opXORLm
	opIMULQm
	opIMULLm
	opSHLQ
	opSHLL
	opSHRQ
	opSHRL
	opSARQ
	opSARL
	opROLQ
	opROLL
	opSHLQi
	opSHLLi
	opSHRQi
	opSHRLi
	opSARQi
	opSARLi
	opROLQi
	opROLLi
	opROLWi
	opSHLQ3 // by 1 to 3: LEAQ does it without a tie
	opSHLL3
	opNEGQ
	opNEGL
	opBSWAPQ
	opBSWAPL
	opLEAQ
	opLEAL
	opLEAQsum
	opLEALsum
	opLEAQsumI
	opLEALsumI
	opLEAQscale
	opLEALscale
	opMOVB // zero-extended
	opMOVW
	opMOVL
	opMOVBS // sign-extended to 64 bits
	opMOVWS
	opMOVLS
	opLoadB
	opLoadW
	opLoadL
	opLoadQ
	opLoadBS
	opLoadWS
	opLoadLS
	opStoreB
	opStoreW
	opStoreL
	opStoreQ
	opStoreBi
	opStoreWi
	opStoreLi
	opStoreQi
	opCMPQ
	opCMPL
	opCMPQi
	opCMPLi
	opCMPQm
	opCMPLm
	opCMPQmi
	opCMPLmi
	opCMPBmi
	opTESTQ
	opTESTL
	opTESTQi
	opTESTLi
	opTESTBi
	opTESTBmi
	opSET
	opCMOVQ
	opJCC
	opDIVQ
	opDIVL
	opIDIVQ
	opIDIVL
	opMODQ
	opMODL
	opIMODQ
	opIMODL
	opMULHI
	opLockADDQ
	opLockADDL
	opLockORQ
	opLockORL
	opLockANDQ
	opLockANDL
	opLockXORQ
	opLockXORL
	opLockADDQi
	opLockADDLi
	opLockORQi
	opLockORLi
	opLockANDQi
	opLockANDLi
	opLockXORQi
	opLockXORLi
	opXADDQ
	opXADDL
	opXCHGQ
	opXCHGL
	opCMPXCHGQ
	opCMPXCHGL
	opFetchORQ
	opFetchORL
	opFetchANDQ
	opFetchANDL
	opFetchXORQ
	opFetchXORL
	opZERO
	opDOWN
	opUpdate // memory op= register or immediate: see update
	opEnd    = opUpdate + 5*4*2
)

type row = backend.OpInfo

func alu(name string, form uint8) row {
	return row{Name: name, Form: form, Tied: true, WritesFlags: true}
}

func com(name string, form uint8) row {
	r := alu(name, form)
	r.Commutes = true
	return r
}

// alt adds the operation that needs no tie.
func (b builder) alt(op, other backend.Op) {
	b[op].Alt = other
}

type builder []row

func shift(name string) row {
	r := alu(name, formShift)
	r.Arg[1] = CX
	return r
}

func compare(name string, form uint8) row {
	r := row{Name: name, Form: form, WritesFlags: true}
	switch form {
	case formCmp, formTestI:
		r.Compare = backend.CompareAny
	case formCmpI:
		r.Compare = backend.CompareImm
	}
	return r
}

// div divides DX:AX; the quotient is in AX and the remainder in DX.
func div(name string) row {
	r := row{Name: name, Form: formDiv, Tied: true, Dst: AX, Clobbers: backend.Regs(DX), WritesFlags: true}
	r.Arg[0] = AX
	return r
}

func mod(name string) row {
	r := row{Name: name, Form: formDiv, Dst: DX, Early: true, Clobbers: backend.Regs(AX), WritesFlags: true}
	r.Arg[0] = AX
	return r
}

func fetch(name string) row {
	return row{Name: name, Form: formFetch, Dst: AX, Early: true, Temp: true, WritesFlags: true}
}

func cmpxchg(name string) row {
	r := row{Name: name, Form: formCmpxchg, Tied: true, Dst: AX, WritesFlags: true}
	r.Arg[0] = AX
	return r
}

// ops returns the rows, by operation.
func ops() []row {
	b := make(builder, opEnd)
	b.shared()
	b.arithmetic()
	b.shifts()
	b.moves()
	b.compares()
	b.divisions()
	b.atomics()
	b[opZERO] = row{Name: "ZERO", Form: formZero}
	for i, name := range [...]string{"ADD", "SUB", "AND", "OR", "XOR"} {
		for j, width := range [...]string{"B", "W", "L", "Q"} {
			b[updateOp(i, j, false)] = row{Name: name + width, Form: formStore, WritesFlags: true}
			b[updateOp(i, j, true)] = row{Name: name + width, Form: formStoreI, WritesFlags: true}
		}
	}
	b[opDOWN] = row{Name: "SUBL", Form: formDown, WritesFlags: true}
	return b
}

// updateOp returns an operation on memory: kind is 0 for ADD, SUB, AND, OR, XOR
// and width the logarithm of its bytes.
func updateOp(kind, width int, imm bool) backend.Op {
	op := opUpdate + backend.Op(8*kind+2*width)
	if imm {
		op++
	}
	return op
}

func (b builder) shared() {
	for op, name := range [...]string{
		backend.OpNone: "none", backend.OpMove: "MOVQ", backend.OpConst: "const", backend.OpSpill: "MOVQ",
		backend.OpReload: "MOVQ", backend.OpSwap: "XCHGQ", backend.OpSlotMove: "slotmove",
		backend.OpSlotConst: "slotconst", backend.OpEntry: "entry", backend.OpCall: "CALL",
		backend.OpJump: "JMP", backend.OpRet: "ret",
	} {
		b[op] = row{Name: name, Form: formShared}
	}
	b[backend.OpCall].Call = true
	b[backend.OpRet].Arg[0] = AX
}

func (b builder) arithmetic() {
	for i, name := range [...]string{"ADDQ", "ADDL", "SUBQ", "SUBL", "ANDQ", "ANDL", "ORQ", "ORL", "XORQ", "XORL", "IMULQ", "IMULL"} {
		b[opADDQ+backend.Op(i)] = com(name, formRR)
		b[opADDQm+backend.Op(i)] = alu(name, formRM)
	}
	b[opSUBQ].Commutes, b[opSUBL].Commutes = false, false
	for i, name := range [...]string{"ADDQ", "ADDL", "ANDQ", "ANDL", "ORQ", "ORL", "XORQ", "XORL"} {
		b[opADDQi+backend.Op(i)] = alu(name, formRI)
	}
	b[opIMULQi] = row{Name: "IMUL3Q", Form: formMul3, WritesFlags: true}
	b[opIMULLi] = row{Name: "IMUL3L", Form: formMul3, WritesFlags: true}
	for op, name := range map[backend.Op]string{opNEGQ: "NEGQ", opNEGL: "NEGL", opBSWAPQ: "BSWAPQ", opBSWAPL: "BSWAPL"} {
		b[op] = alu(name, formR)
	}
	b[opLEAQ] = row{Name: "LEAQ", Form: formRM}
	b[opLEAL] = row{Name: "LEAL", Form: formRM}
	b[opLEAQsum] = row{Name: "LEAQ", Form: formSum}
	b[opLEALsum] = row{Name: "LEAL", Form: formSum}
	b[opLEAQsumI] = row{Name: "LEAQ", Form: formSumI}
	b[opLEALsumI] = row{Name: "LEAL", Form: formSumI}
	b[opLEAQscale] = row{Name: "LEAQ", Form: formScale}
	b[opLEALscale] = row{Name: "LEAL", Form: formScale}
	// Of these, ZF tells of the result; that of IMUL is not defined.
	for _, first := range []backend.Op{opADDQ, opADDQm} {
		for i := range opIMULQ - opADDQ {
			b[first+i].Zero = 8 - 4*uint8(i&1)
		}
	}
	for i := range opIMULQi - opADDQi {
		b[opADDQi+i].Zero = 8 - 4*uint8(i&1)
	}
	b[opNEGQ].Zero, b[opNEGL].Zero = 8, 4
	b.alt(opADDQ, opLEAQsum)
	b.alt(opADDL, opLEALsum)
	b.alt(opADDQi, opLEAQsumI)
	b.alt(opADDLi, opLEALsumI)
}

func (b builder) shifts() {
	for i, name := range [...]string{"SHLQ", "SHLL", "SHRQ", "SHRL", "SARQ", "SARL", "ROLQ", "ROLL"} {
		b[opSHLQ+backend.Op(i)] = shift(name)
		b[opSHLQi+backend.Op(i)] = alu(name, formRI)
	}
	b[opROLWi] = alu("ROLW", formRI)
	b[opSHLQ3] = alu("SHLQ", formRI)
	b[opSHLL3] = alu("SHLL", formRI)
	b.alt(opSHLQ3, opLEAQscale)
	b.alt(opSHLL3, opLEALscale)
}

func (b builder) moves() {
	for i, name := range [...]string{"MOVBLZX", "MOVWLZX", "MOVL", "MOVBQSX", "MOVWQSX", "MOVLQSX"} {
		b[opMOVB+backend.Op(i)] = row{Name: name, Form: formMove}
	}
	for i, name := range [...]string{"MOVBLZX", "MOVWLZX", "MOVL", "MOVQ", "MOVBQSX", "MOVWQSX", "MOVLQSX"} {
		b[opLoadB+backend.Op(i)] = row{Name: name, Form: formRM}
	}
	for i, name := range [...]string{"MOVB", "MOVW", "MOVL", "MOVQ"} {
		b[opStoreB+backend.Op(i)] = row{Name: name, Form: formStore}
		b[opStoreBi+backend.Op(i)] = row{Name: name, Form: formStoreI}
	}
}

func (b builder) compares() {
	b[opCMPQ], b[opCMPL] = compare("CMPQ", formCmp), compare("CMPL", formCmp)
	b[opCMPQi], b[opCMPLi] = compare("CMPQ", formCmpI), compare("CMPL", formCmpI)
	b[opCMPQm], b[opCMPLm] = compare("CMPQ", formCmpM), compare("CMPL", formCmpM)
	b[opCMPQmi], b[opCMPLmi] = compare("CMPQ", formCmpMI), compare("CMPL", formCmpMI)
	b[opCMPBmi] = compare("CMPB", formCmpMI)
	b[opTESTQ], b[opTESTL] = compare("TESTQ", formCmp), compare("TESTL", formCmp)
	b[opTESTQi], b[opTESTLi], b[opTESTBi] = compare("TESTQ", formTestI), compare("TESTL", formTestI), compare("TESTB", formTestI)
	b[opTESTQ].ZeroTest, b[opTESTL].ZeroTest = 8, 4
	b[opTESTBmi] = compare("TESTB", formTestMI)
	b[opSET] = row{Name: "SET", Form: formSet, ReadsFlags: true}
	b[opCMOVQ] = row{Name: "CMOVQ", Form: formCmov, Tied: true, ReadsFlags: true}
	b[opJCC] = row{Name: "J", Form: formJcc, Branch: true, ReadsFlags: true}
}

func (b builder) divisions() {
	for i, name := range [...]string{"DIVQ", "DIVL", "IDIVQ", "IDIVL"} {
		b[opDIVQ+backend.Op(i)] = div(name)
		b[opMODQ+backend.Op(i)] = mod(name)
	}
	b[opMULHI] = row{Name: "MULQ", Form: formOne, Dst: DX, Clobbers: backend.Regs(AX), WritesFlags: true}
	b[opMULHI].Arg[0] = AX
}

func (b builder) atomics() {
	for i, name := range [...]string{"ADDQ", "ADDL", "ORQ", "ORL", "ANDQ", "ANDL", "XORQ", "XORL"} {
		b[opLockADDQ+backend.Op(i)] = row{Name: name, Form: formLock, WritesFlags: true}
		b[opLockADDQi+backend.Op(i)] = row{Name: name, Form: formLockI, WritesFlags: true}
	}
	for i, name := range [...]string{"ORQ", "ORL", "ANDQ", "ANDL", "XORQ", "XORL"} {
		b[opFetchORQ+backend.Op(i)] = fetch(name)
	}
	b[opXADDQ], b[opXADDL] = alu("XADDQ", formXadd), alu("XADDL", formXadd)
	b[opXCHGQ], b[opXCHGL] = alu("XCHGQ", formXchg), alu("XCHGL", formXchg)
	b[opCMPXCHGQ], b[opCMPXCHGL] = cmpxchg("CMPXCHGQ"), cmpxchg("CMPXCHGL")
}
