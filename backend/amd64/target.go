// Package amd64 is the target x86-64: its registers, the rows of its
// operations, a lowering function for each operation of the IR, and the
// emitter over golang-asm.
//
// There are two targets, for two levels of the architecture. Target is for the
// baseline, GOAMD64=v1: its tables have no operation that an older processor
// lacks. TargetV3 adds rows and lowering functions to them (v3.go).
package amd64

import (
	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// Target returns the description of amd64. Its code runs on every processor.
func Target() *backend.Target { return target("", ops(), lowering()) }

// TargetV3 returns the description of amd64 whose code runs where GOAMD64 may
// be v3 or above, on processors with MOVBE, BMI1 and BMI2.
func TargetV3() *backend.Target { return target("v3", opsV3(), loweringV3()) }

func target(level string, ops []backend.OpInfo, lower [ir.NumOps]lowerFunc) *backend.Target {
	return &backend.Target{
		Name:     "amd64",
		Level:    level,
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

		Ops:        ops,
		Lower:      lower,
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
