package arm64

import "github.com/bpf2go-native/bpf2go-native/backend"

// Forms: how an operation's operands are written, in Go's order.
const (
	formNone   uint8 = iota
	formShared       // made by the emitter
	formRR           // NAME Args[0], Dst
	formRRR          // NAME Args[1], Args[0], Dst
	formRRI          // NAME $Imm, Args[0], Dst
	formRRS          // NAME Args[1] shifted by Imm, Args[0], Dst
	formRRX          // NAME Args[1] extended as in Imm, Args[0], Dst
	formRRRR         // NAME Args[1], Args[2], Args[0], Dst
	formField        // NAME $lsb, Args[0], $width, Dst; Imm is field
	formLoad         // NAME Mem, Dst
	formStore        // NAME Args[0], Mem
	formCmp          // NAME Args[1], Args[0]
	formCmpI         // NAME $Imm, Args[0]
	formCmpS         // NAME Args[1] shifted by Imm, Args[0]
	formCmpX         // NAME Args[1] extended as in Imm, Args[0]
	formCSEL         // NAME cond, Args[0], Args[1], Dst
	formCSET         // NAME cond, Dst
	formBcc          // Bcc
	formCBZ          // CBZ or CBNZ Args[0]
	formTBZ          // TBZ or TBNZ $Imm, Args[0]
	formAtom         // loop that updates memory
	formFetch        // loop that updates memory and gives the old value
	formSwap         // loop that exchanges
	formCAS          // loop that compares and exchanges
	formZero         // stores of zeroes
	formDown         // slot Mem.Disp -= Imm, flags set
)

// Operations of the machine. The name is that of Go's assembler; an operation
// and the next are the forms for 64 and for 32 bits unless the comment says
// otherwise. I is an immediate, S a shifted, X an extended register.
const (
	opADD backend.Op = backend.FirstTargetOp + 2*iota
	opSUB
	opAND
	opORR
	opEOR
	opBIC
	opORN
	opEON
	opMUL
	opUDIV
	opSDIV
	opLSL
	opLSR
	opASR
	opROR
	opADDI
	opSUBI
	opANDI
	opORRI
	opEORI
	opLSLI
	opLSRI
	opASRI
	opRORI
	opADDS
	opSUBS
	opANDS
	opORRS
	opEORS
	opBICS
	opORNS
	opEONS
	opMADD
	opMSUB
	opNEG
	opMVN
	opREV
	opUBFX
	opUBFIZ
	opCMP
	opTST
	opCMPI
	opCMNI
	opTSTI
	opCMPS
	opTSTS
	opCBZ
	opAtomADD
	opAtomORR
	opAtomAND
	opAtomEOR
	opFetchADD
	opFetchORR
	opFetchAND
	opFetchEOR
	opSwap
	opCAS
	opLastPair
)

// Operations that have one width.
const (
	opUMULH backend.Op = opLastPair + iota
	opREV16W
	opSBFX
	opADDX
	opSUBX
	opCMPX
	opUXTB
	opUXTH
	opMOVWU
	opSXTB
	opSXTH
	opSXTW
	opLoadB // the loads, by size; then those that sign-extend
	opLoadH
	opLoadW
	opLoadD
	opLoadSB
	opLoadSH
	opLoadSW
	opStoreB
	opStoreH
	opStoreW
	opStoreD
	opAcqB
	opAcqH
	opAcqW
	opAcqD
	opRelB
	opRelH
	opRelW
	opRelD
	opCSEL
	opCSET
	opBcc
	opTBZ
	opZERO
	opDOWN
	opEnd
)

type row = backend.OpInfo

type builder []row

// pairs fills the rows of operations that have two widths.
func (b builder) pairs(first backend.Op, form uint8, names ...string) {
	for i, name := range names {
		b[first+backend.Op(2*i)] = row{Name: name, Form: form}
		b[first+backend.Op(2*i+1)] = row{Name: name + "W", Form: form}
	}
}

// singles fills the rows of operations that follow each other.
func (b builder) singles(first backend.Op, form uint8, names ...string) {
	for i, name := range names {
		b[first+backend.Op(i)] = row{Name: name, Form: form}
	}
}

// ops returns the rows, by operation.
func ops() []row {
	b := make(builder, opEnd)
	b.singles(backend.OpNone, formShared, "none", "MOVD", "const", "MOVD", "MOVD", "swap", "slotmove",
		"slotconst", "entry", "B", "CALL", "ret")
	b[backend.OpCall].Call = true
	b[backend.OpRet].Arg[0] = R0
	b.arithmetic()
	b.memory()
	b.flow()
	return b
}

func (b builder) arithmetic() {
	b.pairs(opADD, formRRR, "ADD", "SUB", "AND", "ORR", "EOR", "BIC", "ORN", "EON", "MUL", "UDIV", "SDIV", "LSL", "LSR", "ASR", "ROR")
	b.pairs(opADDI, formRRI, "ADD", "SUB", "AND", "ORR", "EOR", "LSL", "LSR", "ASR", "ROR")
	b.pairs(opADDS, formRRS, "ADD", "SUB", "AND", "ORR", "EOR", "BIC", "ORN", "EON")
	b.pairs(opMADD, formRRRR, "MADD", "MSUB")
	b.pairs(opNEG, formRR, "NEG", "MVN", "REV")
	b.pairs(opUBFX, formField, "UBFX", "UBFIZ")
	b.singles(opUMULH, formRRR, "UMULH")
	b.singles(opREV16W, formRR, "REV16W")
	b.singles(opSBFX, formField, "SBFX")
	b.singles(opADDX, formRRX, "ADD", "SUB")
	b.singles(opUXTB, formRR, "UXTB", "UXTH", "MOVWU", "SXTB", "SXTH", "SXTW")
}

func (b builder) memory() {
	b.singles(opLoadB, formLoad, "MOVBU", "MOVHU", "MOVWU", "MOVD", "MOVB", "MOVH", "MOVW")
	b.singles(opStoreB, formStore, "MOVB", "MOVH", "MOVW", "MOVD")
	b.singles(opAcqB, formLoad, "LDARB", "LDARH", "LDARW", "LDAR")
	b.singles(opRelB, formStore, "STLRB", "STLRH", "STLRW", "STLR")
	b.pairs(opAtomADD, formAtom, "ADD", "ORR", "AND", "EOR")
	b.pairs(opFetchADD, formFetch, "ADD", "ORR", "AND", "EOR")
	b.pairs(opSwap, formSwap, "SWAP")
	b.pairs(opCAS, formCAS, "CAS")
	for op := opFetchADD; op < opLastPair; op++ {
		b[op].Early = true // the loop reads its operands again
	}
	b[opZERO] = row{Name: "ZERO", Form: formZero}
}

func (b builder) flow() {
	b.pairs(opCMP, formCmp, "CMP", "TST")
	b.pairs(opCMPI, formCmpI, "CMP", "CMN", "TST")
	b.pairs(opCMPS, formCmpS, "CMP", "TST")
	b.singles(opCMPX, formCmpX, "CMP")
	b.singles(opDOWN, formDown, "DOWN")
	for op := opCMP; op < opCBZ; op++ {
		b[op].WritesFlags = true
	}
	b[opCMPX].WritesFlags, b[opDOWN].WritesFlags = true, true
	b[opCSEL] = row{Name: "CSEL", Form: formCSEL, ReadsFlags: true}
	b[opCSET] = row{Name: "CSET", Form: formCSET, ReadsFlags: true}
	b[opBcc] = row{Name: "B", Form: formBcc, Branch: true, ReadsFlags: true}
	b.pairs(opCBZ, formCBZ, "CBZ")
	b[opCBZ].Branch, b[opCBZ+1].Branch = true, true
	b[opTBZ] = row{Name: "TBZ", Form: formTBZ, Branch: true}
}

// narrow returns the operation for 64 bits when wide, else that for 32.
func narrow(op backend.Op, wide bool) backend.Op {
	if wide {
		return op
	}
	return op + 1
}

// Kinds of shift, as encoded.
const (
	shiftLSL = iota
	shiftLSR
	shiftASR
	shiftROR
)

// shifted packs a shift into an instruction's Imm.
func shifted(kind int, amount uint64) int64 { return int64(kind)<<6 | int64(amount) }

// Kinds of extension, as encoded. A shift to the left behind it is added as a
// multiple of extShift.
const (
	extUXTB = 0
	extUXTH = 1
	extUXTW = 2
	extUXTX = 3
	extSXTB = 4
	extSXTH = 5
	extSXTW = 6

	extShift = 8
)

// field packs the place of a bit field into an instruction's Imm.
func field(lsb, width int) int64 { return int64(lsb)<<8 | int64(width) }

// indexUXTW is added to the Scale of an address whose index is the low half of
// a register.
const indexUXTW = 0x80

// addImm reports whether ADD and SUB can take x: 12 bits, shifted by 12 or
// not.
func addImm(x int64) bool { return x&^0xfff == 0 || x&^0xfff000 == 0 }

// bitmask reports whether x is an immediate of the logical instructions: a
// run of ones, rotated, repeated over the register (Arm ARM, DecodeBitMasks).
// A number of a 32-bit instruction is repeated by the caller.
func bitmask(x uint64) bool {
	if x == 0 || x == ^uint64(0) {
		return false
	}
	size := uint(64)
	for size > 2 {
		half := size / 2
		mask := uint64(1)<<half - 1
		if x&mask != x>>half&mask {
			break
		}
		size = half
	}
	all := ^uint64(0) >> (64 - size)
	return run(x&all) || run(^x&all)
}

// run reports whether the ones of x stand together.
func run(x uint64) bool { return x != 0 && (x|(x-1))&((x|(x-1))+1) == 0 }

// logicImm reports whether a logical instruction can take x.
func logicImm(x uint64, wide bool) bool {
	if !wide {
		x = x<<32 | x&0xffffffff
	}
	return bitmask(x)
}
