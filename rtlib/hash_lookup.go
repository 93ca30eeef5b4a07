package rtlib

import (
	"sync/atomic"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Searches of programs. They return the element's address, which is its
// value's, or 0, take no lock and always end: a chain can only get shorter
// behind the element where the search stands. hash_amd64.s has those for 4, 8
// and 16 bytes once more, for machine code.

// HashLookup is MapLookupElem for a map that is known to be a hash.
//
//go:nocheckptr
func HashLookup(_ *abi.Frame, m, key uint64) uint64 {
	return mapAt(m).find(ptr(key))
}

// HashLookup4 is HashLookup for keys of 4 bytes.
//
//go:nocheckptr
//go:norace
func HashLookup4(_ *abi.Frame, m, key uint64) uint64 {
	return mapAt(m).find8(uint64(load32(ptr(key))))
}

// HashLookup8 is HashLookup for keys of 8 bytes.
//
//go:nocheckptr
//go:norace
func HashLookup8(_ *abi.Frame, m, key uint64) uint64 {
	return mapAt(m).find8(load64(ptr(key)))
}

// HashLookup16 is HashLookup for keys of 16 bytes.
//
//go:nocheckptr
//go:norace
func HashLookup16(_ *abi.Frame, m, key uint64) uint64 {
	p := ptr(key)
	return mapAt(m).find16(load64(p), load64(unsafe.Add(p, 8)))
}

// find8 searches a key of up to 8 bytes, zero-extended.
//
//go:nocheckptr
//go:norace
func (m *Map) find8(k uint64) uint64 {
	h := m.hash8(k)
	w := atomic.LoadUint64(m.bucket(h))
	for w != 0 {
		e := w & wordAddr
		if (w^h)>>tagShift == 0 && *(*uint64)(at(e - elemNext - 8)) == k {
			return e
		}
		if w&wordLast != 0 {
			return 0
		}
		w = atomic.LoadUint64(next(e))
	}
	return 0
}

// find16 searches a key of 9 to 16 bytes, zero-extended.
//
//go:nocheckptr
//go:norace
func (m *Map) find16(k0, k1 uint64) uint64 {
	h := m.hash16(k0, k1)
	w := atomic.LoadUint64(m.bucket(h))
	for w != 0 {
		e := w & wordAddr
		if (w^h)>>tagShift == 0 && *(*uint64)(at(e - elemNext - 16)) == k0 && *(*uint64)(at(e - elemNext - 8)) == k1 {
			return e
		}
		if w&wordLast != 0 {
			return 0
		}
		w = atomic.LoadUint64(next(e))
	}
	return 0
}

// find searches a key of any size.
//
//go:norace
func (m *Map) find(key unsafe.Pointer) uint64 {
	switch {
	case m.keySize <= 8:
		return m.find8(loadUpTo8(key, m.keySize))
	case m.keySize <= 16:
		return m.find16(load64(key), loadUpTo8(unsafe.Add(key, 8), m.keySize-8))
	}
	return m.search(m.hashLong(key), key)
}

// search searches a key of any size whose hash is known.
//
//go:nocheckptr
//go:norace
func (m *Map) search(h uint64, key unsafe.Pointer) uint64 {
	w := atomic.LoadUint64(m.bucket(h))
	for w != 0 {
		e := w & wordAddr
		if (w^h)>>tagShift == 0 && sameKey(m.key(e), key, m.keySize) {
			return e
		}
		if w&wordLast != 0 {
			return 0
		}
		w = atomic.LoadUint64(next(e))
	}
	return 0
}
