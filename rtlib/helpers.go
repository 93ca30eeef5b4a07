package rtlib

import (
	"math/bits"
	"os"
	"sync"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Helpers: what programs call. Each is
//
//	func(fr *abi.Frame, r1, …, rn uint64) uint64
//
// with the arguments as the program passed them: addresses are integers whose
// memory the verifier has proven, a map is the address in abi.MapSlot.Map.
// Machine code calls them by the name after go:linkname, with Go's stack
// convention; the assembly files of this package name each one so that the
// compiler makes that entry (docs/decisions/0002). Go bodies call them as
// they are.

// ptr is the memory behind an address that a program passed. It is on the
// heap: a stack of the Frame, a packet, or a map value.
//
//go:nocheckptr
func ptr(addr uint64) unsafe.Pointer { return unsafe.Add(nil, uintptr(addr)) }

// mapAt is the map behind an address that a program passed.
//
//go:nocheckptr
func mapAt(addr uint64) *Map { return (*Map)(unsafe.Add(nil, uintptr(addr))) }

// MapLookupElem is bpf_map_lookup_elem: the address of the value of the key at
// address key, or 0.
//
//go:linkname MapLookupElem bpf2go/rtlib/v1.MapLookupElem
//go:nocheckptr
func MapLookupElem(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	if mp.kind == kindHash {
		return mp.find(ptr(key))
	}
	index := mp.index(ptr(key))
	if index >= mp.max {
		return 0
	}
	return uint64(uintptr(mp.elem(index)))
}

// MapUpdateElem is bpf_map_update_elem: 0 or a negative error as the map's
// platform has it.
//
//go:linkname MapUpdateElem bpf2go/rtlib/v1.MapUpdateElem
//go:nocheckptr
func MapUpdateElem(_ *abi.Frame, m, key, value, flags uint64) uint64 {
	mp := mapAt(m)
	var errno bpf.Errno
	if mp.kind == kindArray {
		errno = mp.arrayUpdate(ptr(key), ptr(value), flags)
	} else {
		errno = mp.hashUpdate(ptr(key), ptr(value), flags)
	}
	if errno == 0 {
		return 0
	}
	return mp.rules.HelperResult(errno)
}

// MapDeleteElem is bpf_map_delete_elem: 0 or a negative error as the map's
// platform has it.
//
//go:linkname MapDeleteElem bpf2go/rtlib/v1.MapDeleteElem
//go:nocheckptr
func MapDeleteElem(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	errno := mp.remove(ptr(key))
	if errno == 0 {
		return 0
	}
	return mp.rules.HelperResult(errno)
}

// HashLookup is MapLookupElem for a map that is known to be a hash.
//
//go:linkname HashLookup bpf2go/rtlib/v1.HashLookup
//go:nocheckptr
func HashLookup(_ *abi.Frame, m, key uint64) uint64 {
	return mapAt(m).find(ptr(key))
}

// KtimeGetNs is bpf_ktime_get_ns: nanoseconds of a clock that only advances
// (CLOCK_MONOTONIC on Linux).
//
//go:linkname KtimeGetNs bpf2go/rtlib/v1.KtimeGetNs
func KtimeGetNs(*abi.Frame) uint64 { return uint64(nanotime()) }

// nanotime is the clock behind package time. The runtime promises to keep it
// linkable (runtime/time_nofake.go).
//
//go:linkname nanotime runtime.nanotime
func nanotime() int64

// GetPrandomU32 is bpf_get_prandom_u32: 32 pseudo-random bits, not for secrets.
// Each Frame has a sequence of its own, with a random start: a counter of
// Weyl's, mixed by one multiplication to 128 bits (the scheme of wyrand).
//
//go:linkname GetPrandomU32 bpf2go/rtlib/v1.GetPrandomU32
func GetPrandomU32(fr *abi.Frame) uint64 {
	const (
		step = 0xa0761d6478bd642f // odd, with as many ones as zeros
		mask = 0xe7037ed1a0b428db
	)
	f := (*Frame)(fr.Private.P)
	f.random += step
	high, low := bits.Mul64(f.random, f.random^mask)
	return uint64(uint32(high ^ low))
}

// GetSmpProcessorId is bpf_get_smp_processor_id: the Frame's execution slot.
//
//go:linkname GetSmpProcessorId bpf2go/rtlib/v1.GetSmpProcessorId
func GetSmpProcessorId(fr *abi.Frame) uint64 { return fr.Slot }

// pid is the process's id, asked for once.
var pid = sync.OnceValue(os.Getpid)

// GetCurrentPidTgid is bpf_get_current_pid_tgid: the process's id in the upper
// half, the thread's in the lower. Systems without a number for threads give
// the process's in both.
//
//go:linkname GetCurrentPidTgid bpf2go/rtlib/v1.GetCurrentPidTgid
func GetCurrentPidTgid(*abi.Frame) uint64 { return uint64(pid())<<32 | uint64(threadID()) }

// Preempt lets other goroutines run. Machine code calls it from long loops
// when the scheduler asks for it: assembly is not preempted by signals.
//
// The function does nothing but have a prologue that looks at the stack guard,
// which the scheduler spoils when it wants the goroutine to stop. That costs
// 2 ns; runtime.Gosched would cost 100 ns each time.
//
//go:linkname Preempt bpf2go/rtlib/v1.Preempt
//go:noinline
func Preempt(*abi.Frame) { leaf() }

// leaf makes Preempt a function that calls, which gives it the prologue.
//
//go:noinline
func leaf() {}
