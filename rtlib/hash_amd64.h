// How hash maps are searched, for the leaves of hash_amd64.s and lru_amd64.s.
// FOUND is what a search does when it has the element in BX. Labels are those of
// the function, so each search is in a function of its own.
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

// VALUE returns the value of element BX, OWN that of the run's CPU.
#define VALUE \
	MOVQ BX, ret+24(FP); \
	RET

#define OWN \
	MOVQ fr+0(FP), AX; \
	MOVQ const_frameSlot(AX), AX; \
	IMULQ Map_step(R8), AX; \
	ADDQ (BX), AX; \
	MOVQ AX, ret+24(FP); \
	RET

// FIND8 searches the key in R10.
#define FIND8(FOUND) \
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
	FOUND; \
other: \
	STEP(again, none); \
none: \
	MOVQ $0, ret+24(FP); \
	RET

// FIND16 searches the key in R10 and R11.
#define FIND16(FOUND) \
	MOVQ Map_seed0(R8), AX; \
	XORQ R10, AX; \
	MOVQ Map_seed1(R8), DX; \
	XORQ R11, DX; \
	MULQ DX; \
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
	CMPQ -(const_elemNext+16)(BX), R10; \
	JNE other; \
	CMPQ -(const_elemNext+8)(BX), R11; \
	JNE other; \
	FOUND; \
other: \
	STEP(again, none); \
none: \
	MOVQ $0, ret+24(FP); \
	RET

// FOLD folds the product of AX and DX into x.
#define FOLD(x) \
	MULQ DX; \
	XORQ DX, AX; \
	MOVQ AX, x

// ANYHASH does for the key at R9, of any multiple of 4 bytes, what comes before
// HASH: hash8, hash16 and hashLong. SI and DI are the chains a and b of hashLong,
// R10 and R11 their multipliers x and y, BX the rest of the key, R12 its length.
#define ANYHASH \
	MOVQ Map_keySize(R8), R12; \
	CMPQ R12, $16; \
	JGT  long; \
	MOVQ Map_seed0(R8), AX; \
	MOVQ Map_seed1(R8), DX; \
	CMPQ R12, $8; \
	JLT  bytes4; \
	MOVQ (R9), CX; \
	JEQ  bytes8; \
	XORQ CX, AX; \
	CMPQ R12, $16; \
	JNE  bytes12; \
	XORQ 8(R9), DX; \
	JMP  product; \
bytes12: \
	MOVL 8(R9), CX; \
	XORQ CX, DX; \
	JMP  product; \
bytes4: \
	MOVL (R9), CX; \
bytes8: \
	XORQ CX, AX; \
	JMP  product; \
long: \
	MOVQ R9, BX; \
	MOVQ Map_seed1(R8), R10; \
	MOVQ $const_mixer, R11; \
	XORQ R10, R11; \
	MOVQ Map_seed0(R8), SI; \
	MOVQ SI, DI; \
	NOTQ DI; \
	JMP  more32; \
loop32: \
	MOVQ (BX), AX; \
	XORQ R10, AX; \
	MOVQ 8(BX), DX; \
	XORQ SI, DX; \
	FOLD(SI); \
	MOVQ 16(BX), AX; \
	XORQ R11, AX; \
	MOVQ 24(BX), DX; \
	XORQ DI, DX; \
	FOLD(DI); \
	ADDQ $32, BX; \
more32: \
	SUBQ $32, R12; \
	JGE  loop32; \
	ADDQ $16, R12; \
	JLT  rest; \
	MOVQ (BX), AX; \
	XORQ R10, AX; \
	MOVQ 8(BX), DX; \
	XORQ SI, DX; \
	FOLD(SI); \
	ADDQ $16, BX; \
	SUBQ $16, R12; \
rest: \
	ADDQ $8, R12; \
	JGT  rest12; \
	JEQ  rest8; \
	ADDQ $4, R12; \
	JNE  last; \
	MOVL (BX), AX; \
	JMP  rest4; \
rest8: \
	MOVQ (BX), AX; \
rest4: \
	XORQ R11, AX; \
	MOVQ DI, DX; \
	FOLD(DI); \
	JMP  last; \
rest12: \
	MOVQ (BX), AX; \
	XORQ R11, AX; \
	MOVL 8(BX), DX; \
	XORQ DI, DX; \
	FOLD(DI); \
last: \
	MOVQ SI, AX; \
	XORQ R10, AX; \
	MOVQ DI, DX; \
product: \
	MULQ DX

// SAME compares the key at R9 with that of element BX; R10, R11, R12 and DX are
// used up.
#define SAME(other) \
	MOVQ Map_keySize(R8), R12; \
	MOVQ BX, R10; \
	SUBQ (Map_hash+hash_keyOff)(R8), R10; \
	MOVQ R9, R11; \
	JMP  same16; \
loop16: \
	MOVOU (R11), X0; \
	MOVOU (R10), X1; \
	PCMPEQB X1, X0; \
	PMOVMSKB X0, DX; \
	CMPL DX, $0xffff; \
	JNE  other; \
	ADDQ $16, R11; \
	ADDQ $16, R10; \
same16: \
	SUBQ $16, R12; \
	JGE  loop16; \
	ADDQ $8, R12; \
	JLT  same4; \
	MOVQ (R11), DX; \
	CMPQ DX, (R10); \
	JNE  other; \
	ADDQ $8, R11; \
	ADDQ $8, R10; \
	SUBQ $8, R12; \
same4: \
	ADDQ $8, R12; \
	JEQ  same; \
	MOVL (R11), DX; \
	CMPQ DX, (R10); \
	JNE  other; \
same:

// FIND searches the key at R9, of any multiple of 4 bytes.
#define FIND(FOUND) \
	ANYHASH; \
	HASH; \
again: \
	MOVQ $const_wordAddr, BX; \
	ANDQ CX, BX; \
	JEQ none; \
	MOVQ AX, DX; \
	XORQ CX, DX; \
	SHRQ $const_tagShift, DX; \
	JNE other; \
	SAME(other) \
	FOUND; \
other: \
	STEP(again, none); \
none: \
	MOVQ $0, ret+24(FP); \
	RET
