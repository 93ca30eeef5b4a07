package rtlib

import (
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// extractor is a type whose elements programs can take out.
type extractor interface {
	// extract removes a key and is the address of the value that it had, 0 when
	// it is not there. The value stays until the run ends.
	extract(key unsafe.Pointer) uint64
}

// MapLookupAndDeleteElem is bpf_map_lookup_and_delete_elem of Windows: it removes
// a key of a hash map and returns the address of its value, or 0.
//
//go:linkname MapLookupAndDeleteElem bpf2go/rtlib/v1.MapLookupAndDeleteElem
//go:nocheckptr
func MapLookupAndDeleteElem(_ *abi.Frame, m, key uint64) uint64 {
	if x, ok := mapAt(m).ops.(extractor); ok {
		return x.extract(ptr(key))
	}
	return 0
}

//go:norace
func (h hashMap) extract(key unsafe.Pointer) uint64 {
	m := h.m
	hash := m.hashKey(key)
	s := m.stripeOf(hash)
	s.lock()
	defer s.unlock()
	place, old := m.seek(hash, key)
	if old != 0 {
		m.drop(s, place, old)
	}
	return old & wordAddr
}

//go:norace
func (l *lru) extract(key unsafe.Pointer) uint64 {
	m := l.m
	hash := m.hashKey(key)
	stripe := m.bucketOf(hash) >> l.shift
	s := &m.hash.stripes[stripe]
	s.lock()
	defer s.unlock()
	place, old := m.seek(hash, key)
	if old != 0 {
		l.forget(stripe, old&wordAddr)
		m.drop(s, place, old)
	}
	return old & wordAddr
}
