package arm64

import "github.com/bpf2go-native/bpf2go-native/backend"

// Registers, in the order in which the allocator prefers them. Not there are
// R18 (the platform's), R28 (g), R29 (the frame pointer, which Go's execution
// tracer follows) and R30 (the link register). R16, R17 and R27 belong to the
// emitter and hold nothing between instructions: the linker's veneers and the
// Go assembler write them.
const (
	regNone backend.Reg = iota
	R0
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
	R11
	R12
	R13
	R14
	R15
	R19
	R20
	R21
	R22
	R23
	R24
	R25
	R26
	R16
	R17
	R27
	RSP
	ZR // reads as 0
)

// regNames is indexed by register and never changed.
var regNames = []string{
	"", "R0", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
	"R19", "R20", "R21", "R22", "R23", "R24", "R25", "R26", "R16", "R17", "R27", "RSP", "ZR",
}

// allocatable returns the registers that values may have.
func allocatable() backend.RegSet {
	return 1<<(R26+1) - 1<<R0
}

// condNames is indexed by condition and never changed; the names are those of
// branches without the B, and of CSEL's operand.
var condNames = [backend.NumConds]string{"EQ", "NE", "LO", "HS", "LS", "HI", "LT", "GE", "LE", "GT"}
