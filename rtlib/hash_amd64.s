#include "go_asm.h"
#include "textflag.h"

// Searches of hash maps for machine code, as find8 and find16 of
// hash_lookup.go: leaves that are called without the wrapper that a Go function
// gets, which makes them about 2 ns faster. Loads are acquire loads on amd64.
//
//	func HashLookup4(fr *abi.Frame, m, key uint64) uint64
//
// R8 the map, R9 the key, R10 and R11 its words, AX the hash, CX the word of
// the bucket or element, BX the element. All registers are the callee's.

// HASH turns the folded product's halves in DX and AX into the hash in AX and
// loads the bucket's word to CX.
#define HASH \
	XORQ DX, AX; \
	MOVQ $const_mixer, DX; \
	IMULQ DX, AX; \
	MOVQ AX, CX; \
	SHRQ $const_bucketShift, CX; \
	ANDQ Map_mask(R8), CX; \
	MOVQ Map_table(R8), DX; \
	MOVQ (DX)(CX*8), CX

// STEP continues with the next word or ends the search.
#define STEP(again, none) \
	TESTB $const_wordLast, CX; \
	JNE none; \
	MOVQ -const_elemNext(BX), CX; \
	JMP again

// FIND8 searches the key in R10.
#define FIND8 \
	MOVQ Map_seed0(R8), AX; \
	XORQ R10, AX; \
	MULQ Map_seed1(R8); \
	HASH; \
	MOVQ $const_wordAddr, R9; \
again: \
	MOVQ CX, BX; \
	ANDQ R9, BX; \
	JEQ none; \
	MOVQ AX, DX; \
	XORQ CX, DX; \
	SHRQ $const_tagShift, DX; \
	JNE other; \
	CMPQ -(const_elemNext+8)(BX), R10; \
	JNE other; \
	MOVQ BX, ret+24(FP); \
	RET; \
other: \
	STEP(again, none); \
none: \
	MOVQ $0, ret+24(FP); \
	RET

TEXT bpf2go∕rtlib∕v1·HashLookup4(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVL (R9), R10
	FIND8

TEXT bpf2go∕rtlib∕v1·HashLookup8(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	FIND8

TEXT bpf2go∕rtlib∕v1·HashLookup16(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	MOVQ 8(R9), R11
	MOVQ Map_seed0(R8), AX
	XORQ R10, AX
	MOVQ Map_seed1(R8), DX
	XORQ R11, DX
	MULQ DX
	HASH
	MOVQ $const_wordAddr, R9
again:
	MOVQ CX, BX
	ANDQ R9, BX
	JEQ  none
	MOVQ AX, DX
	XORQ CX, DX
	SHRQ $const_tagShift, DX
	JNE  other
	CMPQ -(const_elemNext+16)(BX), R10
	JNE  other
	CMPQ -(const_elemNext+8)(BX), R11
	JNE  other
	MOVQ BX, ret+24(FP)
	RET
other:
	STEP(again, none)
none:
	MOVQ $0, ret+24(FP)
	RET
