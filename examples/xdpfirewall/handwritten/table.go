package handwritten

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// The two tables are stand-ins: a fair comparison uses the hash map of the run
// time, and then these two types are what changes. Both are open-addressing
// tables with linear probing and a secret seed, at most half full, filled once
// and then only read. A value of zero marks a free slot.

// Multipliers of the hash: odd numbers with well-mixed bits.
const (
	mixA = 0x9e3779b97f4a7c15
	mixB = 0xd1342543de82ef95
)

// TableV4 maps IPv4 addresses to values that are not zero.
type TableV4 struct {
	slots []slotV4
	mask  uintptr
	seed  uint64
}

// slotV4 holds a key in memory order, as a little-endian number.
type slotV4 struct{ key, value uint32 }

// NewTableV4 returns a table of the keys, all with value 1.
func NewTableV4(keys [][4]byte, seed uint64) *TableV4 {
	t := &TableV4{slots: make([]slotV4, slotCount(len(keys))), seed: seed}
	t.mask = uintptr(len(t.slots) - 1)
	for _, k := range keys {
		t.insert(binary.LittleEndian.Uint32(k[:]))
	}
	return t
}

func (t *TableV4) insert(key uint32) {
	for i := hashV4(key, t.seed); ; i++ {
		s := &t.slots[i&t.mask]
		if s.value == 0 || s.key == key {
			*s = slotV4{key, 1}
			return
		}
	}
}

// Lookup returns the value of a key, or 0 when it is absent.
func (t *TableV4) Lookup(key uint32) uint32 {
	base := unsafe.Pointer(unsafe.SliceData(t.slots))
	for i := hashV4(key, t.seed); ; i++ {
		// In bounds: slots has mask+1 elements, and the constructor is the only
		// place that sets either.
		s := (*slotV4)(unsafe.Add(base, (i&t.mask)*unsafe.Sizeof(slotV4{})))
		if s.key == key || s.value == 0 {
			return s.value
		}
	}
}

// hashV4 takes the high half of a product, where all bits of the key arrive.
func hashV4(key uint32, seed uint64) uintptr {
	hi, lo := bits.Mul64(uint64(key)^seed, mixA)
	return uintptr(hi ^ lo)
}

// TableV6 maps IPv6 addresses to values that are not zero.
type TableV6 struct {
	slots []slotV6
	mask  uintptr
	seed  uint64
}

// slotV6 holds a key in memory order, as two little-endian numbers.
type slotV6 struct {
	low, high uint64
	value     uint64
}

// NewTableV6 returns a table of the keys, all with value 1.
func NewTableV6(keys [][16]byte, seed uint64) *TableV6 {
	t := &TableV6{slots: make([]slotV6, slotCount(len(keys))), seed: seed}
	t.mask = uintptr(len(t.slots) - 1)
	for _, k := range keys {
		t.insert(binary.LittleEndian.Uint64(k[:]), binary.LittleEndian.Uint64(k[8:]))
	}
	return t
}

func (t *TableV6) insert(low, high uint64) {
	for i := hashV6(low, high, t.seed); ; i++ {
		s := &t.slots[i&t.mask]
		if s.value == 0 || s.low == low && s.high == high {
			*s = slotV6{low, high, 1}
			return
		}
	}
}

// Lookup returns the value of a key, or 0 when it is absent.
func (t *TableV6) Lookup(low, high uint64) uint64 {
	base := unsafe.Pointer(unsafe.SliceData(t.slots))
	for i := hashV6(low, high, t.seed); ; i++ {
		// In bounds for the reason given at TableV4.Lookup.
		s := (*slotV6)(unsafe.Add(base, (i&t.mask)*unsafe.Sizeof(slotV6{})))
		if s.low == low && s.high == high || s.value == 0 {
			return s.value
		}
	}
}

// hashV6 multiplies the halves with each other, each masked by a secret.
func hashV6(low, high, seed uint64) uintptr {
	hi, lo := bits.Mul64(low^seed, high^bits.RotateLeft64(seed, 32)^mixB)
	hi, lo = bits.Mul64(hi^lo^low, mixA)
	return uintptr(hi ^ lo)
}

// slotCount is the power of two that keeps n keys below half.
func slotCount(n int) int {
	return 1 << bits.Len(uint(2*n+1))
}
