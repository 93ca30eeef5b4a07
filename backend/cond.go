package backend

import "github.com/bpf2go-native/bpf2go-native/ir"

// Cond is a condition that branches, conditional moves and sets ask of the
// flags behind a comparison. One and its inverse differ in the lowest bit.
type Cond uint8

// Conditions, with the target's own names in its emitter.
const (
	CondEQ  Cond = iota
	CondNE       // of a test of bits: they are not all 0
	CondULT      // unsigned
	CondUGE
	CondULE
	CondUGT
	CondLT // signed
	CondGE
	CondLE
	CondGT
)

// NumConds is the number of conditions.
const NumConds = int(CondGT) + 1

// CondOf returns the condition of a comparison; CondNE for OpTest.
func CondOf(op ir.Op) Cond {
	switch op {
	case ir.OpEq64, ir.OpEq32:
		return CondEQ
	case ir.OpUlt64, ir.OpUlt32:
		return CondULT
	case ir.OpUle64, ir.OpUle32:
		return CondULE
	case ir.OpSlt64, ir.OpSlt32:
		return CondLT
	case ir.OpSle64, ir.OpSle32:
		return CondLE
	}
	return CondNE
}

// Swapped returns the condition that holds for exchanged operands.
func (c Cond) Swapped() Cond {
	return [...]Cond{CondEQ, CondNE, CondUGT, CondULE, CondUGE, CondULT, CondGT, CondLE, CondGE, CondLT}[c]
}

// Unsigned returns the condition for operands that are not negative.
func (c Cond) Unsigned() Cond {
	switch c {
	case CondLT:
		return CondULT
	case CondGE:
		return CondUGE
	case CondLE:
		return CondULE
	case CondGT:
		return CondUGT
	}
	return c
}

// strict returns the condition that says of K+1 what <= or > says of K.
func (c Cond) strict() (Cond, bool) {
	switch c {
	case CondULE, CondUGT, CondLE, CondGT:
		return [...]Cond{CondULE: CondULT, CondUGT: CondUGE, CondLE: CondLT, CondGT: CondGE}[c], true
	}
	return c, false
}
