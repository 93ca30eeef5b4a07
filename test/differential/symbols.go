package differential

import (
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
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
		{"MapLookupPercpuElem", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MapLookupPercpuElem(fr, a[0], a[1], a[2]) }},
		{"MapPushElem", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MapPushElem(fr, a[0], a[1], a[2]) }},
		{"MapPopElem", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MapPopElem(fr, a[0], a[1]) }},
		{"MapPeekElem", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MapPeekElem(fr, a[0], a[1]) }},
		{"RingbufOutput", 4, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.RingbufOutput(fr, a[0], a[1], a[2], a[3]) }},
		{"RingbufReserve", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.RingbufReserve(fr, a[0], a[1], a[2]) }},
		{"RingbufSubmit", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.RingbufSubmit(fr, a[0], a[1]) }},
		{"RingbufDiscard", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.RingbufDiscard(fr, a[0], a[1]) }},
		{"RingbufQuery", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.RingbufQuery(fr, a[0], a[1]) }},
		{"RingbufReserveDynptr", 4, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.RingbufReserveDynptr(fr, a[0], a[1], a[2], a[3]) }},
		{"RingbufSubmitDynptr", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.RingbufSubmitDynptr(fr, a[0], a[1]) }},
		{"RingbufDiscardDynptr", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.RingbufDiscardDynptr(fr, a[0], a[1]) }},
		{"UserRingbufNext", 4, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.UserRingbufNext(fr, a[0], a[1], a[2], a[3]) }},
		{"PerfEventOutput", 5, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.PerfEventOutput(fr, a[0], a[1], a[2], a[3], a[4]) }},
		{"PerfPacketOutput", 5, false, func(fr *abi.Frame, a []uint64) uint64 {
			return rtlib.PerfPacketOutput(fr, a[0], a[1], a[2], a[3], a[4])
		}},
		{"DynptrFromMem", 4, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrFromMem(fr, a[0], a[1], a[2], a[3]) }},
		{"DynptrRead", 5, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrRead(fr, a[0], a[1], a[2], a[3], a[4]) }},
		{"DynptrWrite", 5, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrWrite(fr, a[0], a[1], a[2], a[3], a[4]) }},
		{"DynptrData", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrData(fr, a[0], a[1], a[2]) }},
		{"DynptrSlice", 4, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrSlice(fr, a[0], a[1], a[2], a[3]) }},
		{"DynptrSliceRdwr", 4, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrSliceRdwr(fr, a[0], a[1], a[2], a[3]) }},
		{"DynptrAdjust", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrAdjust(fr, a[0], a[1], a[2]) }},
		{"DynptrIsNull", 1, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrIsNull(fr, a[0]) }},
		{"DynptrIsRdonly", 1, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrIsRdonly(fr, a[0]) }},
		{"DynptrSize", 1, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrSize(fr, a[0]) }},
		{"DynptrClone", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.DynptrClone(fr, a[0], a[1]) }},
		{"SpinLock", 1, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.SpinLock(fr, a[0]) }},
		{"SpinUnlock", 1, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.SpinUnlock(fr, a[0]) }},
		{"GetStackid", 3, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.GetStackid(fr, a[0], a[1], a[2]) }},
		{"GetStack", 4, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.GetStack(fr, a[0], a[1], a[2], a[3]) }},
		{"MapLookupAndDeleteElem", 2, false, func(fr *abi.Frame, a []uint64) uint64 { return rtlib.MapLookupAndDeleteElem(fr, a[0], a[1]) }},
		{"KtimeGetBootNs", 0, false, func(fr *abi.Frame, _ []uint64) uint64 { return rtlib.KtimeGetBootNs(fr) }},
		{"KtimeGetTaiNs", 0, false, func(fr *abi.Frame, _ []uint64) uint64 { return rtlib.KtimeGetTaiNs(fr) }},
		{"KtimeGetCoarseNs", 0, false, func(fr *abi.Frame, _ []uint64) uint64 { return rtlib.KtimeGetCoarseNs(fr) }},
		{"Jiffies64", 0, false, func(fr *abi.Frame, _ []uint64) uint64 { return rtlib.Jiffies64(fr) }},
		{"Preempt", 0, true, func(*abi.Frame, []uint64) uint64 { return 0 }},
	}
	// Functions that know the type of a map do what these do. Many are assembly
	// without a name in Go; programs in the harness call them.
	for k := range 3 {
		general, seen := list[k], map[string]bool{list[k].name: true}
		for _, row := range table.MapTypes() {
			for _, size := range []uint32{1, 4, 8, 16} {
				if name := table.Symbol(&table.Helper{Symbol: general.name}, row.Type, size); !seen[name] {
					seen[name] = true
					list = append(list, symbol{name, general.args, false, general.call})
				}
			}
		}
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
