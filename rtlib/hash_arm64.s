#include "go_asm.h"
#include "textflag.h"

// Searches of hash maps for machine code, as find8 and find16 of hash_lookup.go and
// as hash_amd64.s has them. Words are loaded by LDAR: after the swap of a fenced
// entry (epoch.go) an ordinary load could be made too early.
//
// R8 the map, R9 the key, R10 and R11 its words, R2 the hash, R5 the word of the
// bucket or element, R7 the element.

// HASH turns the product of R0 and R1, folded, into the hash in R2 and loads the
// bucket's word to R5.
#define HASH \
	MUL   R1, R0, R2; \
	UMULH R1, R0, R3; \
	EOR   R3, R2, R2; \
	MOVD  $const_mixer, R4; \
	MUL   R4, R2, R2; \
	MOVD  Map_mask(R8), R6; \
	AND   R2>>const_bucketShift, R6, R5; \
	MOVD  Map_table(R8), R6; \
	ADD   R5<<3, R6, R6; \
	LDAR  (R6), R5

// CANDIDATE makes R7 the element of the word in R5 when the tag is the hash's.
#define CANDIDATE(other, none) \
	AND  $const_wordAddr, R5, R7; \
	CBZ  R7, none; \
	EOR  R5, R2, R3; \
	LSR  $const_tagShift, R3, R3; \
	CBNZ R3, other

// STEP continues with the next word or ends the search.
#define STEP(again, none) \
	TBNZ $0, R5, none; \
	SUB  $const_elemNext, R7, R6; \
	LDAR (R6), R5; \
	B    again

// VALUE returns the value of element R7, OWN that of the run's CPU.
#define VALUE \
	MOVD R7, ret+24(FP); \
	RET

#define OWN \
	MOVD fr+0(FP), R0; \
	MOVD const_frameSlot(R0), R0; \
	MOVD Map_step(R8), R1; \
	MOVD (R7), R2; \
	MADD R0, R2, R1, R2; \
	MOVD R2, ret+24(FP); \
	RET

// FIND8 searches the key in R10.
#define FIND8(FOUND) \
	MOVD Map_seed0(R8), R0; \
	EOR  R10, R0; \
	MOVD Map_seed1(R8), R1; \
	HASH; \
again: \
	CANDIDATE(other, none); \
	MOVD -(const_elemNext+8)(R7), R3; \
	CMP  R10, R3; \
	BNE  other; \
	FOUND; \
other: \
	STEP(again, none); \
none: \
	MOVD ZR, ret+24(FP); \
	RET

// FIND16 searches the key in R10 and R11.
#define FIND16(FOUND) \
	MOVD Map_seed0(R8), R0; \
	EOR  R10, R0; \
	MOVD Map_seed1(R8), R1; \
	EOR  R11, R1; \
	HASH; \
again: \
	CANDIDATE(other, none); \
	MOVD -(const_elemNext+16)(R7), R3; \
	MOVD -(const_elemNext+8)(R7), R4; \
	CMP  R10, R3; \
	CCMP EQ, R11, R4, $0; \
	BNE  other; \
	FOUND; \
other: \
	STEP(again, none); \
none: \
	MOVD ZR, ret+24(FP); \
	RET

TEXT bpf2go∕rtlib∕v1·HashLookup4(SB), NOSPLIT, $0-32
	MOVD  m+8(FP), R8
	MOVD  key+16(FP), R9
	MOVWU (R9), R10
	FIND8(VALUE)

TEXT bpf2go∕rtlib∕v1·HashLookup8(SB), NOSPLIT, $0-32
	MOVD m+8(FP), R8
	MOVD key+16(FP), R9
	MOVD (R9), R10
	FIND8(VALUE)

TEXT bpf2go∕rtlib∕v1·HashLookup16(SB), NOSPLIT, $0-32
	MOVD m+8(FP), R8
	MOVD key+16(FP), R9
	LDP  (R9), (R10, R11)
	FIND16(VALUE)

TEXT bpf2go∕rtlib∕v1·PercpuHashLookup4(SB), NOSPLIT, $0-32
	MOVD  m+8(FP), R8
	MOVD  key+16(FP), R9
	MOVWU (R9), R10
	FIND8(OWN)

TEXT bpf2go∕rtlib∕v1·PercpuHashLookup8(SB), NOSPLIT, $0-32
	MOVD m+8(FP), R8
	MOVD key+16(FP), R9
	MOVD (R9), R10
	FIND8(OWN)

TEXT bpf2go∕rtlib∕v1·PercpuHashLookup16(SB), NOSPLIT, $0-32
	MOVD m+8(FP), R8
	MOVD key+16(FP), R9
	LDP  (R9), (R10, R11)
	FIND16(OWN)
