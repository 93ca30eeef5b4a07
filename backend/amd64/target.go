// Package amd64 is the target x86-64: its registers, the rows of its
// operations, a lowering function for each operation of the IR, and the
// emitter over golang-asm. It assumes the baseline (GOAMD64=v1).
package amd64

import "github.com/bpf2go-native/bpf2go-native/backend"

// Target returns the description of amd64.
func Target() *backend.Target {
	return &backend.Target{
		Name:     "amd64",
		Load:     "MOVQ",
		Store:    "MOVQ",
		FrameReg: regNames[R12],
		BaseReg:  regNames[R13],
		ArgRegs:  [5]string{regNames[AX], regNames[CX], regNames[DX], regNames[BX], regNames[SI]},
		Result:   regNames[AX],
		CallSize: callSize,
		Word:     1,

		RegNames:    regNames,
		Allocatable: backend.Regs(AX, CX, DX, BX, SI, DI, R8, R9, R10, R11, R12, R13, R14, R15),
		SP:          SP,
		Frame:       R12,
		Base:        R13,
		Args:        [5]backend.Reg{AX, CX, DX, BX, SI},
		LoopAlign:   32, // what the decoded instruction cache holds together

		Strict:     strict,
		OnlyZero:   func(c uint8) bool { return c == condEQ || c == condNE },
		Ops:        ops(),
		Lower:      lowering(),
		LEA:        lea,
		LoadWord:   loadWord,
		StoreWord:  storeWord,
		StoreValue: storeValue,
		Zero:       zero,
		CountDown:  countDown,
		If:         branchIf,
		Assemble:   assemble,
	}
}
