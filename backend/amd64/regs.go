package amd64

import "github.com/bpf2go-native/bpf2go-native/backend"

// Registers, in the order in which the allocator prefers them: those with the
// shorter encodings first. SP is the goroutine's stack; BP is not there,
// because a wrong frame pointer crashes Go's execution tracer.
const (
	regNone backend.Reg = iota
	AX
	CX
	DX
	BX
	SI
	DI
	R8
	R9
	R10
	R11
	R12
	R13
	R14
	R15
	SP
)

// regNames is indexed by register and never changed.
var regNames = []string{
	"", "AX", "CX", "DX", "BX", "SI", "DI", "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15", "SP",
}

// condNames is indexed by condition and never changed.
var condNames = [backend.NumConds]string{"EQ", "NE", "CS", "CC", "LS", "HI", "LT", "GE", "LE", "GT"}
