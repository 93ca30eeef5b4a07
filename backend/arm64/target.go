// Package arm64 is the target AArch64: its registers, the rows of its
// operations, a lowering function for each operation of the IR, and the
// emitter over golang-asm. It assumes the baseline ARMv8.0, so atomics are
// loops of exclusive accesses.
package arm64

import "github.com/bpf2go-native/bpf2go-native/backend"

// callSize is the size of a BL and of the word that stands in for it.
const callSize = 4

// Target returns the description of arm64. In the frame of a Go function
// 0(RSP) is the saved link register, so outgoing arguments begin at 8(RSP);
// frames are multiples of 16 bytes.
func Target() *backend.Target {
	return &backend.Target{
		Name:     "arm64",
		Load:     "MOVD",
		Store:    "MOVD",
		FrameReg: regNames[R19],
		BaseReg:  regNames[R20],
		ArgRegs:  [5]string{regNames[R0], regNames[R1], regNames[R2], regNames[R3], regNames[R4]},
		Result:   regNames[R0],
		CallSize: callSize,
		Word:     4,

		RegNames:    regNames,
		Allocatable: allocatable(),
		SP:          RSP,
		Frame:       R19,
		Base:        R20,
		Args:        [5]backend.Reg{R0, R1, R2, R3, R4},

		ArgBase:    8,
		FrameAlign: 16,

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
