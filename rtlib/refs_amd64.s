#include "textflag.h"

// The names that machine code calls. Naming them here makes the Go compiler
// give each function an entry with the stack convention (ABI0); nothing calls
// refs, and the linker drops what no program uses.
TEXT ·refs(SB), NOSPLIT, $0-0
	CALL bpf2go∕rtlib∕v1·MapLookupElem(SB)
	CALL bpf2go∕rtlib∕v1·MapUpdateElem(SB)
	CALL bpf2go∕rtlib∕v1·MapDeleteElem(SB)
	CALL bpf2go∕rtlib∕v1·MapLookupPercpuElem(SB)
	CALL bpf2go∕rtlib∕v1·MapPushElem(SB)
	CALL bpf2go∕rtlib∕v1·MapPopElem(SB)
	CALL bpf2go∕rtlib∕v1·MapPeekElem(SB)
	CALL bpf2go∕rtlib∕v1·HashLookup(SB)
	CALL bpf2go∕rtlib∕v1·ArrayOfMapsLookup(SB)
	CALL bpf2go∕rtlib∕v1·HashOfMapsLookup(SB)
	CALL bpf2go∕rtlib∕v1·HashOfMapsLookup4(SB)
	CALL bpf2go∕rtlib∕v1·HashOfMapsLookup8(SB)
	CALL bpf2go∕rtlib∕v1·HashOfMapsLookup16(SB)
	CALL bpf2go∕rtlib∕v1·KtimeGetNs(SB)
	CALL bpf2go∕rtlib∕v1·GetPrandomU32(SB)
	CALL bpf2go∕rtlib∕v1·GetSmpProcessorId(SB)
	CALL bpf2go∕rtlib∕v1·GetCurrentPidTgid(SB)
	CALL bpf2go∕rtlib∕v1·TracePrintk(SB)
	CALL bpf2go∕rtlib∕v1·CsumDiff(SB)
	CALL bpf2go∕rtlib∕v1·TailCall(SB)
	CALL bpf2go∕rtlib∕v1·ForEachNext(SB)
	CALL bpf2go∕rtlib∕v1·MemSet(SB)
	CALL bpf2go∕rtlib∕v1·MemCopy(SB)
	CALL bpf2go∕rtlib∕v1·MemMove(SB)
	CALL bpf2go∕rtlib∕v1·MemCmp(SB)
	CALL bpf2go∕rtlib∕v1·IterBitsNew(SB)
	CALL bpf2go∕rtlib∕v1·IterBitsNext(SB)
	CALL bpf2go∕rtlib∕v1·IterBitsDestroy(SB)
	CALL bpf2go∕rtlib∕v1·OutOfFuel(SB)
	CALL bpf2go∕rtlib∕v1·Preempt(SB)
	RET
