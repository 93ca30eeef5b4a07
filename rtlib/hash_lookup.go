package rtlib

import (
	"sync/atomic"
	"unsafe"
)

// Searches of programs. They return the element's address or 0, take no lock
// and always end: a chain can only get shorter behind the element where the
// search stands.

// find8 searches a key of up to 8 bytes, zero-extended.
//
//go:nocheckptr
//go:norace
func (m *Map) find8(k uint64) uintptr {
	h := m.hash8(k)
	w := atomic.LoadUint64(m.bucket(h))
	for w != 0 {
		e := w & wordAddr
		if (w^h<<32)>>tagShift == 0 && *(*uint64)(at(e + elemKey)) == k {
			return uintptr(e)
		}
		if w&wordLast != 0 {
			return 0
		}
		w = atomic.LoadUint64((*uint64)(at(e)))
	}
	return 0
}

// find16 searches a key of 9 to 16 bytes, zero-extended.
//
//go:nocheckptr
//go:norace
func (m *Map) find16(k0, k1 uint64) uintptr {
	h := m.hash16(k0, k1)
	w := atomic.LoadUint64(m.bucket(h))
	for w != 0 {
		e := w & wordAddr
		if (w^h<<32)>>tagShift == 0 && *(*uint64)(at(e + elemKey)) == k0 && *(*uint64)(at(e + elemKey + 8)) == k1 {
			return uintptr(e)
		}
		if w&wordLast != 0 {
			return 0
		}
		w = atomic.LoadUint64((*uint64)(at(e)))
	}
	return 0
}

// findLong searches a key of more than 16 bytes.
//
//go:nocheckptr
//go:norace
func (m *Map) findLong(key unsafe.Pointer) uintptr {
	h := m.hashLong(key)
	w := atomic.LoadUint64(m.bucket(h))
	for w != 0 {
		e := w & wordAddr
		if (w^h<<32)>>tagShift == 0 && sameKey(at(e+elemKey), key, m.keySize) {
			return uintptr(e)
		}
		if w&wordLast != 0 {
			return 0
		}
		w = atomic.LoadUint64((*uint64)(at(e)))
	}
	return 0
}

// find searches a key of any size.
//
//go:norace
func (m *Map) find(key unsafe.Pointer) uintptr {
	switch {
	case m.keySize <= 8:
		return m.find8(loadUpTo8(key, m.keySize))
	case m.keySize <= 16:
		return m.find16(load64(key), loadUpTo8(unsafe.Add(key, 8), m.keySize-8))
	}
	return m.findLong(key)
}
