//go:build linux

#include "textflag.h"

// func enter(c *state)
//
// The layout of state: 0 stack pointer of Go, 8 frame pointer of Go, 16 stack
// pointer of the code, 24 what the code stopped for.
TEXT ·enter(SB), NOSPLIT, $0-8
	MOVQ c+0(FP), AX
	MOVQ SP, 0(AX)
	MOVQ BP, 8(AX)
	MOVQ 16(AX), SP
	RET
