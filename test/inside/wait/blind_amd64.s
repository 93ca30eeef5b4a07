#include "textflag.h"

// func blind(n, x uint64) uint64
TEXT ·blind(SB), NOSPLIT, $0-24
	MOVQ n+0(FP), CX
	MOVQ x+8(FP), AX
	MOVQ $6364136223846793005, DX
loop:
	IMULQ DX, AX
	ADDQ $1, AX
	SUBQ $1, CX
	JNE loop
	MOVQ AX, ret+16(FP)
	RET
