#include "go_asm.h"
#include "textflag.h"

// Lookups in LPM tries for machine code, as find32 and find128 (trie_lookup.go):
// leaves that are called without the wrapper that a Go function gets. Loads are
// acquire loads on amd64.
//
//	func TrieLookup(fr *abi.Frame, m, key uint64) uint64
//
// R9 the key, R10 the word of it that decides, SI the rows of ancestors, R13 the
// bits of a word that are the address; AX the word of the trie, BX the node, DX
// its 6 bits; R11 the last node with prefixes of the key and R12 which these are.
// All registers are the callee's.

// DESCEND goes from the node of word AX to the word of its child for R10, or to
// end when there is none.
#define DESCEND(end) \
	MOVQ AX, CX; \
	SHRQ $const_trieShift, CX; \
	MOVQ R13, BX; \
	ANDQ AX, BX; \
	MOVQ R10, DX; \
	SHLQ CX, DX; \
	SHRQ $(64-const_trieStride), DX; \
	MOVQ node_path(BX), DI; \
	XORQ R10, DI; \
	TESTQ DI, node_mask(BX); \
	JNE  end; \
	MOVQ (SI)(DX*8), DI; \
	ANDQ node_internal(BX), DI; \
	CMOVQNE BX, R11; \
	CMOVQNE DI, R12; \
	MOVQ DX, CX; \
	XORQ $63, CX; \
	MOVQ node_external(BX), DI; \
	SHLQ CX, DI; \
	TESTQ DI, DI; \
	JGE  end; \
	POPCNTQ DI, DI; \
	MOVQ (const_trieHead-8)(BX)(DI*8), AX

// LONGEST returns the longest of the prefixes that were found.
#define LONGEST(none) \
	TESTQ R12, R12; \
	JEQ  none; \
	BSRQ R12, CX; \
	MOVL $1, DX; \
	SHLQ CX, DX; \
	DECQ DX; \
	ANDQ node_internal(R11), DX; \
	POPCNTQ DX, DX; \
	MOVQ node_external(R11), AX; \
	POPCNTQ AX, AX; \
	ADDQ DX, AX; \
	MOVQ const_trieHead(R11)(AX*8), AX; \
	MOVQ AX, ret+24(FP); \
	RET; \
none: \
	MOVQ $0, ret+24(FP); \
	RET

TEXT bpf2go∕rtlib∕v1·TrieLookup(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ Map_table(R8), DI
	CMPB trie_popcount(DI), $0
	JEQ  any
	CMPQ Map_keySize(R8), $20
	JEQ  key20
	CMPQ Map_keySize(R8), $8
	JNE  any
	MOVQ (R9), R10
	CMPL R10, $32
	JNE  any

	// The bytes of the address are the upper half, the first one lowest.
	BSWAPQ R10
	SHLQ $32, R10
	LEAQ ·ancestors(SB), SI
	MOVQ $const_wordAddr, R13
	XORL R12, R12
	MOVQ trie_root(DI), AX
	TESTB $const_trieNode, AX
	JEQ  element
next:
	DESCEND(end)
	TESTB $const_trieNode, AX
	JNE  next
element:
	TESTQ AX, AX
	JEQ  end
	MOVQ -8(AX), DX
	MOVQ DX, CX // the length, up to 32
	BSWAPQ DX
	SHLQ $32, DX
	XORQ R10, DX
	SHRQ $1, DX // by 64 minus the length, in two steps: it may be 0
	XORQ $63, CX
	SHRQ CX, DX
	JNE  end
	MOVQ AX, ret+24(FP)
	RET
end:
	LONGEST(none)

key20:
	CMPL (R9), $128
	JNE  any
	MOVQ 4(R9), R10
	BSWAPQ R10
	LEAQ ·ancestors(SB), SI
	MOVQ $const_wordAddr, R13
	XORL R12, R12
	MOVQ trie_root(DI), AX
	TESTB $const_trieNode, AX
	JEQ  element20
next20:
	TESTB $const_trieWord, AX
	JNE  word20
descend20:
	DESCEND(end20)
	TESTB $const_trieNode, AX
	JNE  next20
element20:
	TESTQ AX, AX
	JEQ  end20
	MOVL -24(AX), CX // the length
	MOVQ -20(AX), DX
	XORQ 4(R9), DX
	BSWAPQ DX
	CMPL CX, $64
	JHI  long20
	TESTL CX, CX
	JEQ  found20
last20:
	NEGL CX
	SHRQ CX, DX // by 64 or 128 minus the length
	TESTQ DX, DX
	JNE  end20
found20:
	MOVQ AX, ret+24(FP)
	RET
long20:
	TESTQ DX, DX
	JNE  end20
	MOVQ -12(AX), DX
	XORQ 12(R9), DX
	BSWAPQ DX
	JMP  last20
word20:
	MOVQ 12(R9), R10
	BSWAPQ R10
	JMP  descend20
end20:
	LONGEST(none20)
any:
	JMP  bpf2go∕rtlib∕v1·trieLookupAny(SB)

// func hasPopcount() bool: whether the processor has POPCNT (CPUID 1, ECX bit 23).
TEXT ·hasPopcount(SB), NOSPLIT, $0-1
	MOVL $1, AX
	XORL CX, CX
	CPUID
	SHRL $23, CX
	ANDL $1, CX
	MOVB CX, ret+0(FP)
	RET
