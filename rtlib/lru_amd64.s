#include "go_asm.h"
#include "textflag.h"
#include "hash_amd64.h"

// Searches of LRU hash maps for machine code, as those of hash maps
// (hash_amd64.s). They write the byte "used" in front of the key (lru.go) when it
// is 0. What they cannot do they leave to Go by a jump: lru_names_amd64.go.

// USED8, USED16 and USED note that element BX was used, whose key has up to 8, up
// to 16 and any number of bytes.
#define USEDAT(place) \
	CMPB place, $0; \
	JNE  used; \
	MOVB $1, place; \
used:

#define USED8 USEDAT(-(const_elemNext+8+const_lruPrefix-const_lruUsed)(BX))

#define USED16 USEDAT(-(const_elemNext+16+const_lruPrefix-const_lruUsed)(BX))

#define USED \
	MOVQ BX, R10; \
	SUBQ (Map_hash+hash_keyOff)(R8), R10; \
	USEDAT((const_lruUsed-const_lruPrefix)(R10))

#define VALUE8 \
	USED8 \
	VALUE

#define VALUE16 \
	USED16 \
	VALUE

#define VALUEANY \
	USED \
	VALUE

#define OWN8 \
	USED8 \
	OWN

#define OWN16 \
	USED16 \
	OWN

#define OWNANY \
	USED \
	OWN

TEXT bpf2go∕rtlib∕v1·LRULookup4(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVL (R9), R10
	FIND8(VALUE8)

TEXT bpf2go∕rtlib∕v1·LRULookup8(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	FIND8(VALUE8)

TEXT bpf2go∕rtlib∕v1·LRULookup16(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	MOVQ 8(R9), R11
	FIND16(VALUE16)

TEXT bpf2go∕rtlib∕v1·LRULookup(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	CMPB (Map_hash+hash_words4)(R8), $0
	JEQ  bytes
	FIND(VALUEANY)
bytes:
	JMP bpf2go∕rtlib∕v1·lruLookupAny(SB)

TEXT bpf2go∕rtlib∕v1·LRUPercpuLookup4(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVL (R9), R10
	FIND8(OWN8)

TEXT bpf2go∕rtlib∕v1·LRUPercpuLookup8(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	FIND8(OWN8)

TEXT bpf2go∕rtlib∕v1·LRUPercpuLookup16(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	MOVQ (R9), R10
	MOVQ 8(R9), R11
	FIND16(OWN16)

TEXT bpf2go∕rtlib∕v1·LRUPercpuLookup(SB), NOSPLIT, $0-32
	MOVQ m+8(FP), R8
	MOVQ key+16(FP), R9
	CMPB (Map_hash+hash_words4)(R8), $0
	JEQ  bytes
	FIND(OWNANY)
bytes:
	JMP bpf2go∕rtlib∕v1·lruPercpuLookupAny(SB)
