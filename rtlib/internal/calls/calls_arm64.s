#include "textflag.h"
#include "funcdata.h"

// Offsets of abi.Frame: Slots 8, Data 24.

// LOOKUP(helper) calls helper(fr, map 0, Data).
#define LOOKUP(helper) \
	NO_LOCAL_POINTERS; \
	MOVD fr+0(FP), R0; \
	MOVD 8(R0), R1; \
	MOVD 0(R1), R1; \
	MOVD 24(R0), R2; \
	MOVD R0, 8(RSP); \
	MOVD R1, 16(RSP); \
	MOVD R2, 24(RSP); \
	CALL helper(SB); \
	MOVD 32(RSP), R0; \
	MOVD R0, ret+8(FP); \
	RET

// COUNT(helper) calls helper(fr, map 0, key) for a key at every 16 bytes.
#define COUNT(helper) \
	NO_LOCAL_POINTERS; \
	MOVD ZR, 48(RSP); \
	MOVD fr+0(FP), R0; \
	MOVD 24(R0), R2; \
	MOVD R2, 40(RSP); \
again: \
	MOVD fr+0(FP), R0; \
	MOVD 8(R0), R1; \
	MOVD 0(R1), R1; \
	MOVD 40(RSP), R2; \
	MOVD 32(R0), R3; \
	CMP  R3, R2; \
	BHS  done; \
	MOVD R0, 8(RSP); \
	MOVD R1, 16(RSP); \
	MOVD R2, 24(RSP); \
	ADD  $16, R2; \
	MOVD R2, 40(RSP); \
	CALL helper(SB); \
	MOVD 32(RSP), R0; \
	CMP  ZR, R0; \
	CSET NE, R0; \
	MOVD 48(RSP), R1; \
	ADD  R0, R1; \
	MOVD R1, 48(RSP); \
	JMP  again; \
done: \
	MOVD 48(RSP), R0; \
	MOVD R0, ret+8(FP); \
	RET

TEXT ·Trivial(SB), NOSPLIT, $0-16
	MOVD $2, R0
	MOVD R0, ret+8(FP)
	RET

TEXT ·Slot(SB), 0, $24-16
	NO_LOCAL_POINTERS
	MOVD fr+0(FP), R0
	MOVD R0, 8(RSP)
	CALL bpf2go∕rtlib∕v1·GetSmpProcessorId(SB)
	MOVD 16(RSP), R0
	MOVD R0, ret+8(FP)
	RET

TEXT ·Lookup(SB), 0, $40-16
	LOOKUP(bpf2go∕rtlib∕v1·MapLookupElem)

TEXT ·HashLookup(SB), 0, $40-16
	LOOKUP(bpf2go∕rtlib∕v1·HashLookup)

TEXT ·HashLookup4(SB), 0, $40-16
	LOOKUP(bpf2go∕rtlib∕v1·HashLookup4)

TEXT ·HashLookup8(SB), 0, $40-16
	LOOKUP(bpf2go∕rtlib∕v1·HashLookup8)

TEXT ·HashLookup16(SB), 0, $40-16
	LOOKUP(bpf2go∕rtlib∕v1·HashLookup16)

TEXT ·Count4(SB), 0, $56-16
	COUNT(bpf2go∕rtlib∕v1·HashLookup4)

TEXT ·Count16(SB), 0, $56-16
	COUNT(bpf2go∕rtlib∕v1·HashLookup16)

TEXT ·Delete(SB), 0, $40-16
	LOOKUP(bpf2go∕rtlib∕v1·MapDeleteElem)

TEXT ·Update(SB), 0, $56-16
	NO_LOCAL_POINTERS
	MOVD fr+0(FP), R0
	MOVD 8(R0), R1
	MOVD 0(R1), R1
	MOVD 24(R0), R2
	MOVD R0, 8(RSP)
	MOVD R1, 16(RSP)
	MOVD R2, 24(RSP)
	ADD  $16, R2
	MOVD R2, 32(RSP)
	MOVD ZR, 40(RSP)
	CALL bpf2go∕rtlib∕v1·MapUpdateElem(SB)
	MOVD 48(RSP), R0
	MOVD R0, ret+8(FP)
	RET

TEXT ·Loop(SB), 0, $24-16
	NO_LOCAL_POINTERS
again:
	MOVD fr+0(FP), R0
	MOVD 24(R0), R2
	MOVBU (R2), R2
	CBNZ R2, done
	MOVD R0, 8(RSP)
	CALL bpf2go∕rtlib∕v1·Preempt(SB)
	JMP  again
done:
	MOVD ZR, ret+8(FP)
	RET

TEXT ·Stack(SB), 0, $56-16
	NO_LOCAL_POINTERS
	MOVD fr+0(FP), R0
	MOVD 24(R0), R1
	MOVD 32(R0), R2
	SUB  R1, R2
	MOVD R0, 8(RSP)
	MOVD R1, 16(RSP)
	MOVD R1, 24(RSP)
	MOVD R2, 32(RSP)
	MOVD ZR, 40(RSP)
	CALL bpf2go∕rtlib∕v1·GetStack(SB)
	MOVD 48(RSP), R0
	MOVD R0, ret+8(FP)
	RET
