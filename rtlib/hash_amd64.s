#include "go_asm.h"
#include "textflag.h"
#include "hash_amd64.h"

// Searches of hash maps for machine code, as find8, find16 and search of
// hash_lookup.go: leaves that are called without the wrapper that a Go function
// gets, which makes them about 2 ns faster. Loads are acquire loads on amd64. What
// they cannot do they leave to Go by a jump: hash_names_amd64.go.
//
//	func HashLookup4(fr *abi.Frame, m, key uint64) uint64
//
// R8 the map, R9 the key, R10 and R11 its words, AX the hash, CX the word of
// the bucket or element, BX the element. All registers are the callee's.

TEXT bpf2go∕rtlib∕v1·HashLookup4(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVL (R9), R10
	FIND8(VALUE)

TEXT bpf2go∕rtlib∕v1·HashLookup8(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	FIND8(VALUE)

TEXT bpf2go∕rtlib∕v1·HashLookup16(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	MOVQ 8(R9), R11
	FIND16(VALUE)

TEXT bpf2go∕rtlib∕v1·HashLookup(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	CMPB (Map_hash+hash_words4)(R8), $0
	JEQ  bytes
	FIND(VALUE)
bytes:
	JMP bpf2go∕rtlib∕v1·hashLookupAny(SB)

TEXT bpf2go∕rtlib∕v1·PercpuHashLookup4(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVL (R9), R10
	FIND8(OWN)

TEXT bpf2go∕rtlib∕v1·PercpuHashLookup8(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	FIND8(OWN)

TEXT bpf2go∕rtlib∕v1·PercpuHashLookup16(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	MOVQ 8(R9), R11
	FIND16(OWN)

TEXT bpf2go∕rtlib∕v1·PercpuHashLookup(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	CMPB (Map_hash+hash_words4)(R8), $0
	JEQ  bytes
	FIND(OWN)
bytes:
	JMP bpf2go∕rtlib∕v1·percpuHashLookupAny(SB)

// COPYVALUE copies the map's value at R9, a multiple of 4 bytes, to R10; R11 and
// DX are used up.
#define COPYVALUE \
	MOVQ Map_valueSize(R8), R11; \
	JMP  copy8; \
loop8: \
	MOVQ (R9), DX; \
	MOVQ DX, (R10); \
	ADDQ $8, R9; \
	ADDQ $8, R10; \
copy8: \
	SUBQ $8, R11; \
	JGE  loop8; \
	ADDQ $4, R11; \
	JNE  copied; \
	MOVL (R9), DX; \
	MOVQ DX, (R10); \
copied:

// HashUpdate replaces a value as hashUpdate does: when the key is there, the flags
// allow it, the stripe is not locked and has a free element.
//
//	func HashUpdate(fr *abi.Frame, m, key, value, flags uint64) uint64
//
// SI the stripe, DI the place of CX, R13 the hash, then AX the new element.
TEXT bpf2go∕rtlib∕v1·HashUpdate(SB), NOSPLIT, $0-48
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	CMPB (Map_hash+hash_plain)(R8), $0
	JEQ  slow
	MOVQ flags+32(FP), CX
	TESTQ $~2, CX // ANY or EXIST
	JNE  slow
	ANYHASH
	XORQ DX, AX
	MOVQ $const_mixer, R13
	IMULQ AX, R13
	MOVQ R13, DX
	SHRQ $const_bucketShift, DX
	ANDQ Map_mask(R8), DX
	MOVQ Map_table(R8), DI
	LEAQ (DI)(DX*8), DI
	MOVQ (Map_hash+hash_shift)(R8), CX
	SHRQ CX, DX
	SHLQ $const_stripeShift, DX
	MOVQ (Map_hash+hash_stripes)(R8), SI
	ADDQ DX, SI

	// What comes after the exchange waits for it and for earlier stores, so the
	// processor gets to know here what it will need.
	MOVQ $const_wordAddr, BX
	ANDQ (DI), BX
	PREFETCHT0 -const_elemNext(BX)

	// A locked stripe's latch stays 1.
	MOVL $1, CX
	XCHGL CX, (stripe_cellPool+cellPool_latch+latch_word)(SI)
	TESTL CX, CX
	JNE  slow
	MOVQ (DI), CX
again:
	MOVQ $const_wordAddr, BX
	ANDQ CX, BX
	JEQ  unlock
	MOVQ R13, DX
	XORQ CX, DX
	SHRQ $const_tagShift, DX
	JNE  other
	SAME(other)

	// As cells.alloc and cells.retire: one number for each goes through the ring,
	// which cannot be full therefore.
	MOVQ (stripe_cellPool+cellPool_head)(SI), R10
	CMPQ R10, (stripe_cellPool+cellPool_ready)(SI)
	JEQ  unlock
	MOVQ (stripe_cellPool+cellPool_tail)(SI), AX
	INCQ AX
	CMPQ AX, (stripe_cellPool+cellPool_markAt)(SI)
	JCC  unlock
	MOVQ (stripe_cellPool+cellPool_ring)(SI), R9
	MOVQ (stripe_cellPool+cellPool_ring+8)(SI), R12
	DECQ R12
	MOVQ R10, DX
	ANDQ R12, DX
	MOVQ (R9)(DX*8), AX
	INCQ R10
	MOVQ R10, (stripe_cellPool+cellPool_head)(SI)
	ANDQ R12, R10
	MOVQ (R9)(R10*8), DX // of the next update, if it is free already
	PREFETCHT0 -const_elemNext(DX)
	MOVQ (stripe_cellPool+cellPool_tail)(SI), R10
	ANDQ R10, R12
	MOVQ BX, (R9)(R12*8)
	INCQ R10
	MOVQ R10, (stripe_cellPool+cellPool_tail)(SI)

	// The key is copied from the old element, with its padding.
	MOVQ (Map_hash+hash_keyOff)(R8), R10
	NEGQ R10
key8:
	MOVQ (BX)(R10*1), DX
	MOVQ DX, (AX)(R10*1)
	ADDQ $8, R10
	CMPQ R10, $-const_elemNext
	JLT  key8

	// The new word: the tag stays, the element is last when nothing follows.
	XORQ BX, CX
	ORQ  AX, CX
	MOVQ -const_elemNext(BX), DX
	MOVQ DX, -const_elemNext(AX)
	MOVQ CX, R12
	ORQ  $const_wordLast, R12
	TESTQ DX, DX
	CMOVQEQ R12, CX
	MOVQ value+24(FP), R9
	MOVQ AX, R10
	COPYVALUE
	MOVQ CX, (DI)
	MOVL $0, (stripe_cellPool+cellPool_latch+latch_word)(SI)
	MOVQ $0, ret+40(FP)
	RET
other:
	LEAQ -const_elemNext(BX), DI
	TESTB $const_wordLast, CX
	JNE  unlock
	MOVQ (DI), CX
	JMP  again
unlock:
	MOVL $0, (stripe_cellPool+cellPool_latch+latch_word)(SI)
slow:
	JMP bpf2go∕rtlib∕v1·hashUpdateAny(SB)

// PercpuHashUpdate overwrites the CPU's value as perCPUUpdate does, when the key is
// there and the flags allow it.
TEXT bpf2go∕rtlib∕v1·PercpuHashUpdate(SB), NOSPLIT, $0-48
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	CMPB (Map_hash+hash_plain)(R8), $0
	JEQ  slow
	MOVQ flags+32(FP), CX
	TESTQ $~2, CX // ANY or EXIST
	JNE  slow
	ANYHASH
	HASH
again:
	MOVQ $const_wordAddr, BX
	ANDQ CX, BX
	JEQ  slow
	MOVQ AX, DX
	XORQ CX, DX
	SHRQ $const_tagShift, DX
	JNE  other
	SAME(other)
	MOVQ fr+0(FP), R10
	MOVQ const_frameSlot(R10), R10
	IMULQ Map_step(R8), R10
	ADDQ (BX), R10
	MOVQ value+24(FP), R9
	COPYVALUE
	MOVQ $0, ret+40(FP)
	RET
other:
	STEP(again, slow)
slow:
	JMP bpf2go∕rtlib∕v1·percpuHashUpdateAny(SB)
