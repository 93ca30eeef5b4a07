package abi

import (
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// What follows is for Go bodies only: the operations of eBPF that are no
// expression of Go. All are small enough to be inlined, and generated code
// stays short and the same on every GOARCH.
//
// Addresses are numbers. That they are addresses of memory that the program
// may touch is what the verifier has proved; that the memory is reachable, the
// Frame and its instance guarantee. The functions are hidden from the race
// detector (eBPF programs race by design, a counter in a map is one) and from
// checkptr, which could not know the numbers.

// R10 is the value of r10 in the entry function.
func R10(fr *Frame) uint64 { return Addr(fr) + OffR10 }

// Addr is the address of the Frame. The Frame is on the heap and never moves.
func Addr(fr *Frame) uint64 { return uint64(uintptr(unsafe.Pointer(fr))) }

// Map is map i as helpers take it.
func Map(fr *Frame, i int) uint64 { return uint64(uintptr(slot(fr, i).Map.P)) }

// Values is the address of the first element of map i.
func Values(fr *Frame, i int) uint64 { return uint64(uintptr(slot(fr, i).Values.P)) }

// Max is the live max_entries of map i.
func Max(fr *Frame, i int) uint64 { return slot(fr, i).Max }

// Step is the distance of the values of two CPUs in map i, a per-CPU array.
func Step(fr *Frame, i int) uint64 { return slot(fr, i).Step }

func slot(fr *Frame, i int) *MapSlot {
	return (*MapSlot)(unsafe.Add(fr.Slots.P, i*SlotSize))
}

// Clear writes n zero bytes at a.
//
//go:nocheckptr
//go:norace
func Clear(a uint64, n int) {
	clear(unsafe.Slice((*byte)(unsafe.Add(nil, uintptr(a))), n))
}

// Bool is 1 for true.
func Bool(v bool) uint64 {
	if v {
		return 1
	}
	return 0
}

// Select is a when v holds, else b.
func Select(v bool, a, b uint64) uint64 {
	if v {
		return a
	}
	return b
}

// Div64 is a/b, and 0 when b is 0 (RFC 9669 §4.1, as the seven below).
func Div64(a, b uint64) uint64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Div32 is Div64 of the low halves.
func Div32(a, b uint32) uint32 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Mod64 is a%b, and a when b is 0.
func Mod64(a, b uint64) uint64 {
	if b == 0 {
		return a
	}
	return a % b
}

// Mod32 is Mod64 of the low halves.
func Mod32(a, b uint32) uint32 {
	if b == 0 {
		return a
	}
	return a % b
}

// SDiv64 is the signed a/b, 0 when b is 0, and MIN for MIN/-1 as in Go.
func SDiv64(a, b int64) int64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// SDiv32 is SDiv64 of the low halves.
func SDiv32(a, b int32) int32 {
	if b == 0 {
		return 0
	}
	return a / b
}

// SMod64 is the signed a%b, a when b is 0, and 0 for MIN%-1 as in Go.
func SMod64(a, b int64) int64 {
	if b == 0 {
		return a
	}
	return a % b
}

// SMod32 is SMod64 of the low halves.
func SMod32(a, b int32) int32 {
	if b == 0 {
		return a
	}
	return a % b
}

// MulHi64 is the upper half of a*b.
func MulHi64(a, b uint64) uint64 {
	hi, _ := bits.Mul64(a, b)
	return hi
}

// Load8 is the byte at a, zero-extended.
//
//go:nocheckptr
//go:norace
func Load8(a uint64) uint64 { return uint64(*(*uint8)(unsafe.Add(nil, uintptr(a)))) }

// Store8 writes the low byte of v.
//
//go:nocheckptr
//go:norace
func Store8(a, v uint64) { *(*uint8)(unsafe.Add(nil, uintptr(a))) = uint8(v) }

// word32 and word64 are pointers for sync/atomic. The verifier has proved that
// atomic accesses are aligned within their region, and regions begin at
// multiples of 8.
//
//go:nocheckptr
func word32(a uint64) *uint32 { return (*uint32)(unsafe.Add(nil, uintptr(a))) }

//go:nocheckptr
func word64(a uint64) *uint64 { return (*uint64)(unsafe.Add(nil, uintptr(a))) }

// FetchAdd32 is the old 32-bit value at a, to which it adds v atomically, with
// sequential consistency as all that follow.
//
//go:norace
func FetchAdd32(a, v uint64) uint64 {
	return uint64(atomic.AddUint32(word32(a), uint32(v)) - uint32(v))
}

// FetchAdd64 is FetchAdd32 for 64 bits.
//
//go:norace
func FetchAdd64(a, v uint64) uint64 { return atomic.AddUint64(word64(a), v) - v }

// FetchOr32 sets bits.
//
//go:norace
func FetchOr32(a, v uint64) uint64 { return uint64(atomic.OrUint32(word32(a), uint32(v))) }

// FetchOr64 sets bits.
//
//go:norace
func FetchOr64(a, v uint64) uint64 { return atomic.OrUint64(word64(a), v) }

// FetchAnd32 keeps bits.
//
//go:norace
func FetchAnd32(a, v uint64) uint64 { return uint64(atomic.AndUint32(word32(a), uint32(v))) }

// FetchAnd64 keeps bits.
//
//go:norace
func FetchAnd64(a, v uint64) uint64 { return atomic.AndUint64(word64(a), v) }

// FetchXor32 flips bits.
//
//go:norace
func FetchXor32(a, v uint64) uint64 {
	p := word32(a)
	for {
		old := atomic.LoadUint32(p)
		if atomic.CompareAndSwapUint32(p, old, old^uint32(v)) {
			return uint64(old)
		}
	}
}

// FetchXor64 flips bits.
//
//go:norace
func FetchXor64(a, v uint64) uint64 {
	p := word64(a)
	for {
		old := atomic.LoadUint64(p)
		if atomic.CompareAndSwapUint64(p, old, old^v) {
			return old
		}
	}
}

// Xchg32 writes v and is the old value.
//
//go:norace
func Xchg32(a, v uint64) uint64 { return uint64(atomic.SwapUint32(word32(a), uint32(v))) }

// Xchg64 writes v and is the old value.
//
//go:norace
func Xchg64(a, v uint64) uint64 { return atomic.SwapUint64(word64(a), v) }

// Cmpxchg32 writes v where expect is and is the old value.
//
//go:norace
func Cmpxchg32(a, expect, v uint64) uint64 {
	p := word32(a)
	for {
		if old := atomic.LoadUint32(p); old != uint32(expect) {
			return uint64(old)
		}
		if atomic.CompareAndSwapUint32(p, uint32(expect), uint32(v)) {
			return uint64(uint32(expect))
		}
	}
}

// Cmpxchg64 writes v where expect is and is the old value.
//
//go:norace
func Cmpxchg64(a, expect, v uint64) uint64 {
	p := word64(a)
	for {
		if old := atomic.LoadUint64(p); old != expect {
			return old
		}
		if atomic.CompareAndSwapUint64(p, expect, v) {
			return expect
		}
	}
}

// LoadAcq8 loads with acquire semantics. The word around the byte is read: it
// is in the same region, whose size is padded to 8.
//
//go:norace
func LoadAcq8(a uint64) uint64 {
	return uint64(uint8(atomic.LoadUint32(word32(a&^3)) >> (8 * (a & 3))))
}

// LoadAcq16 loads with acquire semantics.
//
//go:norace
func LoadAcq16(a uint64) uint64 {
	return uint64(uint16(atomic.LoadUint32(word32(a&^3)) >> (8 * (a & 3))))
}

// LoadAcq32 loads with acquire semantics.
//
//go:norace
func LoadAcq32(a uint64) uint64 { return uint64(atomic.LoadUint32(word32(a))) }

// LoadAcq64 loads with acquire semantics.
//
//go:norace
func LoadAcq64(a uint64) uint64 { return atomic.LoadUint64(word64(a)) }

// StoreRel8 stores with release semantics, and leaves the bytes around it.
//
//go:norace
func StoreRel8(a, v uint64) { storeRel(a, v, 0xff) }

// StoreRel16 stores with release semantics.
//
//go:norace
func StoreRel16(a, v uint64) { storeRel(a, v, 0xffff) }

//go:norace
func storeRel(a, v uint64, mask uint32) {
	p, shift := word32(a&^3), 8*(a&3)
	for {
		old := atomic.LoadUint32(p)
		if atomic.CompareAndSwapUint32(p, old, old&^(mask<<shift)|(uint32(v)&mask)<<shift) {
			return
		}
	}
}

// StoreRel32 stores with release semantics.
//
//go:norace
func StoreRel32(a, v uint64) { atomic.StoreUint32(word32(a), uint32(v)) }

// StoreRel64 stores with release semantics.
//
//go:norace
func StoreRel64(a, v uint64) { atomic.StoreUint64(word64(a), v) }
