#include "go_asm.h"
#include "textflag.h"

// TailCall (tail.go) for machine code: it finds the program without the wrapper
// that a Go function gets, and does the common case, a further tail call of a
// chain to a program of the instance that runs. Other programs are handed to Go
// in the place of the map, calls that are refused go through TailCall itself.
//
//	func TailCall(fr *abi.Frame, m, index uint64) uint64
//
// DI the Frame, R8 the map, CX the index, DX the slot's target, then the program,
// AX the count of tail calls. All registers are the callee's. There is no
// safepoint between the load of the program and its place in the arguments of a
// Go function; one of the instance that runs lives as long.
TEXT bpf2go∕rtlib∕v1·TailCall(SB), NOSPLIT, $0-32
	MOVQ fr+0(FP), DI
	MOVQ m+8(FP), R8
	MOVL index+16(FP), CX
	CMPQ CX, Map_max(R8)
	JAE  refused
	MOVQ Map_table(R8), DX
	MOVQ (DX)(CX*8), DX
	TESTQ DX, DX
	JEQ  refused
	MOVQ (DX), DX // target.program, the only field
	TESTQ DX, DX
	JEQ  refused
	MOVQ const_frameTailCalls(DI), AX
	CMPQ AX, $const_maxTailCalls
	JAE  refused
	MOVQ Program_inst(DX), BX
	CMPQ BX, const_frameInst(DI)
	JNE  other
	CMPB Program_holds(DX), $0
	JNE  other
	CMPB Program_reclaims(DX), $0
	JEQ  plain
	CMPQ const_frameRunning(DI), $0
	JEQ  other
plain:
	TESTQ AX, AX
	JEQ  first
	INCQ AX
	MOVQ AX, const_frameTailCalls(DI)
	MOVQ const_framePrivate(DI), BX
	MOVQ DX, Frame_own(BX)
	MOVQ $1, const_frameUnwind(DI)
	MOVQ $0, ret+24(FP)
	RET
first:
	MOVQ DX, m+8(FP)
	JMP  ·tailFirst(SB)
other:
	MOVQ DX, m+8(FP)
	MOVQ R8, index+16(FP)
	JMP  ·tailSwitch(SB)
refused:
	JMP  ·TailCall(SB)
