#include "textflag.h"
#include "funcdata.h"

// Offsets of abi.Frame: Slots 8, Data 24.

// LOOKUP(helper) calls helper(fr, map 0, Data).
#define LOOKUP(helper) \
	NO_LOCAL_POINTERS; \
	MOVQ fr+0(FP), AX; \
	MOVQ 8(AX), CX; \
	MOVQ 0(CX), CX; \
	MOVQ 24(AX), DX; \
	MOVQ AX, 0(SP); \
	MOVQ CX, 8(SP); \
	MOVQ DX, 16(SP); \
	CALL helper(SB); \
	MOVQ 24(SP), AX; \
	MOVQ AX, ret+8(FP); \
	RET

// COUNT(helper) calls helper(fr, map 0, key) for a key at every 16 bytes.
#define COUNT(helper) \
	NO_LOCAL_POINTERS; \
	MOVQ $0, 40(SP); \
	MOVQ fr+0(FP), AX; \
	MOVQ 24(AX), DX; \
	MOVQ DX, 32(SP); \
again: \
	MOVQ fr+0(FP), AX; \
	MOVQ 8(AX), CX; \
	MOVQ 0(CX), CX; \
	MOVQ 32(SP), DX; \
	CMPQ DX, 32(AX); \
	JAE  done; \
	MOVQ AX, 0(SP); \
	MOVQ CX, 8(SP); \
	MOVQ DX, 16(SP); \
	ADDQ $16, DX; \
	MOVQ DX, 32(SP); \
	CALL helper(SB); \
	CMPQ 24(SP), $1; \
	SBBQ $-1, 40(SP); \
	JMP  again; \
done: \
	MOVQ 40(SP), AX; \
	MOVQ AX, ret+8(FP); \
	RET

TEXT ·Trivial(SB), NOSPLIT, $0-16
	MOVQ $2, AX
	MOVQ AX, ret+8(FP)
	RET

TEXT ·Slot(SB), 0, $16-16
	NO_LOCAL_POINTERS
	MOVQ fr+0(FP), AX
	MOVQ AX, 0(SP)
	CALL bpf2go∕rtlib∕v1·GetSmpProcessorId(SB)
	MOVQ 8(SP), AX
	MOVQ AX, ret+8(FP)
	RET

TEXT ·Lookup(SB), 0, $32-16
	LOOKUP(bpf2go∕rtlib∕v1·MapLookupElem)

TEXT ·HashLookup(SB), 0, $32-16
	LOOKUP(bpf2go∕rtlib∕v1·HashLookup)

TEXT ·HashLookup4(SB), 0, $32-16
	LOOKUP(bpf2go∕rtlib∕v1·HashLookup4)

TEXT ·HashLookup8(SB), 0, $32-16
	LOOKUP(bpf2go∕rtlib∕v1·HashLookup8)

TEXT ·HashLookup16(SB), 0, $32-16
	LOOKUP(bpf2go∕rtlib∕v1·HashLookup16)

TEXT ·Count4(SB), 0, $48-16
	COUNT(bpf2go∕rtlib∕v1·HashLookup4)

TEXT ·Count16(SB), 0, $48-16
	COUNT(bpf2go∕rtlib∕v1·HashLookup16)

TEXT ·Delete(SB), 0, $32-16
	LOOKUP(bpf2go∕rtlib∕v1·MapDeleteElem)

TEXT ·Update(SB), 0, $48-16
	NO_LOCAL_POINTERS
	MOVQ fr+0(FP), AX
	MOVQ 8(AX), CX
	MOVQ 0(CX), CX
	MOVQ 24(AX), DX
	MOVQ AX, 0(SP)
	MOVQ CX, 8(SP)
	MOVQ DX, 16(SP)
	ADDQ $16, DX
	MOVQ DX, 24(SP)
	MOVQ $0, 32(SP)
	CALL bpf2go∕rtlib∕v1·MapUpdateElem(SB)
	MOVQ 40(SP), AX
	MOVQ AX, ret+8(FP)
	RET

TEXT ·Loop(SB), 0, $8-16
	NO_LOCAL_POINTERS
again:
	MOVQ fr+0(FP), AX
	MOVQ 24(AX), DX
	CMPB (DX), $0
	JNE  done
	MOVQ AX, 0(SP)
	CALL bpf2go∕rtlib∕v1·Preempt(SB)
	JMP  again
done:
	MOVQ $0, ret+8(FP)
	RET

TEXT ·Stack(SB), 0, $48-16
	NO_LOCAL_POINTERS
	MOVQ fr+0(FP), AX
	MOVQ 24(AX), DX
	MOVQ 32(AX), CX
	SUBQ DX, CX
	MOVQ AX, 0(SP)
	MOVQ DX, 8(SP)
	MOVQ DX, 16(SP)
	MOVQ CX, 24(SP)
	MOVQ $0, 32(SP)
	CALL bpf2go∕rtlib∕v1·GetStack(SB)
	MOVQ 40(SP), AX
	MOVQ AX, ret+8(FP)
	RET
