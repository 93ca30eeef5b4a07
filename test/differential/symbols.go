package differential

import (
	"github.com/bpf2go-native/bpf2go-native/ir/ireval"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// symbol is a function of rtlib as programs call it.
type symbol struct {
	name string
	args int // besides the Frame
	void bool
	call ireval.Helper
}

// symbols are the functions of rtlib. A program that calls another one is
// refused by the engines of this process, and the tests fail.
func symbols() []symbol {
	list := []symbol{
		{"MapLookupElem", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MapLookupElem(fr, a[0], a[1]) }},
		{"MapUpdateElem", 4, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MapUpdateElem(fr, a[0], a[1], a[2], a[3]) }},
		{"MapDeleteElem", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MapDeleteElem(fr, a[0], a[1]) }},
		{"KtimeGetNs", 0, false, func(fr *abi.Frame, _ []uint64) uint64 { return rtlib.KtimeGetNs(fr) }},
		{"GetPrandomU32", 0, false, func(fr *abi.Frame, _ []uint64) uint64 { return rtlib.GetPrandomU32(fr) }},
		{"GetSmpProcessorId", 0, false, func(fr *abi.Frame, _ []uint64) uint64 { return rtlib.GetSmpProcessorId(fr) }},
		{"GetCurrentPidTgid", 0, false, func(fr *abi.Frame, _ []uint64) uint64 { return rtlib.GetCurrentPidTgid(fr) }},
		{"CsumDiff", 5, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.CsumDiff(fr, a[0], a[1], a[2], a[3], a[4]) }},
		{"TailCall", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.TailCall(fr, a[0], a[1]) }},
		{"ForEachNext", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.ForEachNext(fr, a[0], a[1]) }},
		{"MemSet", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MemSet(fr, a[0], a[1], a[2]) }},
		{"MemCopy", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MemCopy(fr, a[0], a[1], a[2]) }},
		{"MemMove", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MemMove(fr, a[0], a[1], a[2]) }},
		{"MemCmp", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MemCmp(fr, a[0], a[1], a[2]) }},
		{"IterBitsNew", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.IterBitsNew(fr, a[0], a[1], a[2]) }},
		{"IterBitsNext", 1, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.IterBitsNext(fr, a[0]) }},
		{"IterBitsDestroy", 1, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.IterBitsDestroy(fr, a[0]) }},
		{"OutOfFuel", 1, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.OutOfFuel(fr, a[0]) }},
		{"Preempt", 0, true, func(*abi.Frame, []uint64) uint64 { return 0 }},
	}
	// The lookups that know the size of the key are assembly without a name in
	// Go; programs in the harness call them.
	for _, name := range []string{"HashLookup", "HashLookup4", "HashLookup8", "HashLookup16"} {
		list = append(list, symbol{name, 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.HashLookup(fr, a[0], a[1]) }})
	}
	return list
}

// evaluated are the symbols for the evaluator of the IR.
func evaluated() map[string]ireval.Helper {
	helpers := map[string]ireval.Helper{}
	for _, s := range symbols() {
		helpers[s.name] = s.call
	}
	return helpers
}
