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
func MapLookupElem(fr *abi.Frame, m, key uint64) uint64 {
	return mapAt(m).ops.lookup(fr, ptr(key))
}

// MapUpdateElem is bpf_map_update_elem: 0 or a negative error as the map's
// platform has it.
//
//go:linkname MapUpdateElem bpf2go/rtlib/v1.MapUpdateElem
//go:nocheckptr
func MapUpdateElem(fr *abi.Frame, m, key, value, flags uint64) uint64 {
	mp := mapAt(m)
	return mp.result(mp.ops.update(fr, ptr(key), ptr(value), flags))
}

// result is r0 after an operation: 0, or the error as the map's platform has it.
func (m *Map) result(errno bpf.Errno) uint64 {
	if errno == 0 {
		return 0
	}
	return m.rules.HelperResult(errno)
}

// MapDeleteElem is bpf_map_delete_elem: 0 or a negative error as the map's
// platform has it.
//
//go:linkname MapDeleteElem bpf2go/rtlib/v1.MapDeleteElem
//go:nocheckptr
func MapDeleteElem(fr *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.result(mp.ops.remove(fr, ptr(key)))
}

// MapLookupPercpuElem is bpf_map_lookup_percpu_elem: the address of the value
// that a CPU has for a key, or 0.
//
//go:linkname MapLookupPercpuElem bpf2go/rtlib/v1.MapLookupPercpuElem
//go:nocheckptr
func MapLookupPercpuElem(fr *abi.Frame, m, key, cpu uint64) uint64 {
	return mapAt(m).ops.lookupAt(fr, ptr(key), uint64(uint32(cpu)))
}

// MapPushElem is bpf_map_push_elem: 0 or a negative error as the map's platform
// has it.
//
//go:linkname MapPushElem bpf2go/rtlib/v1.MapPushElem
//go:nocheckptr
func MapPushElem(fr *abi.Frame, m, value, flags uint64) uint64 {
	mp := mapAt(m)
	return mp.result(mp.ops.push(fr, ptr(value), flags))
}

// MapPopElem is bpf_map_pop_elem: 0 or a negative error as the map's platform
// has it.
//
//go:linkname MapPopElem bpf2go/rtlib/v1.MapPopElem
//go:nocheckptr
func MapPopElem(fr *abi.Frame, m, value uint64) uint64 {
	mp := mapAt(m)
	return mp.result(mp.ops.pop(fr, ptr(value)))
}

// MapPeekElem is bpf_map_peek_elem: 0 or a negative error as the map's platform
// has it.
//
//go:linkname MapPeekElem bpf2go/rtlib/v1.MapPeekElem
//go:nocheckptr
func MapPeekElem(fr *abi.Frame, m, value uint64) uint64 {
	mp := mapAt(m)
	return mp.result(mp.ops.peek(fr, ptr(value)))
}

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
