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

// Condition codes; a code and its inverse differ in the lowest bit.
const (
	condEQ uint8 = iota
	condNE
	condCS // unsigned <
	condCC // unsigned >=
	condLS // unsigned <=
	condHI // unsigned >
	condLT
	condGE
	condLE
	condGT
)

// condNames is indexed by condition.
var condNames = [...]string{"EQ", "NE", "CS", "CC", "LS", "HI", "LT", "GE", "LE", "GT"}

// swapped returns the condition that holds for exchanged operands.
func swapped(c uint8) uint8 {
	return [...]uint8{condEQ, condNE, condHI, condLS, condCC, condCS, condGT, condLE, condGE, condLT}[c]
}

// strict returns the condition on K+1 that equals c on K.
func strict(c uint8) (uint8, bool) {
	switch c {
	case condLS:
		return condCS, true
	case condHI:
		return condCC, true
	case condLE:
		return condLT, true
	case condGT:
		return condGE, true
	}
	return c, false
}
