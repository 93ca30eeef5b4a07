package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// mapHash is the implementation of hashes of maps: a hash map whose values are
// the addresses of inner maps in 8 bytes. Programs search it as any hash map;
// only hosts write it, one at a time. maps has the same keys and is what the
// garbage collector sees.
type mapHash struct {
	hashMap
	inners
	maps map[string]*Map
}

// innerSize is the size in bytes of a value: an address.
const innerSize = 8

func newMapHash(m *Map) operations {
	m.valueSize = innerSize
	m.initHash(0, innerSize)
	return &mapHash{hashMap: hashMap{refuses{m}}, maps: map[string]*Map{}}
}

// HashOfMapsLookup is MapLookupElem for a map that is known to be a hash of
// maps: the address of the inner Map, or 0.
//
//go:linkname HashOfMapsLookup bpf2go/rtlib/v1.HashOfMapsLookup
//go:nocheckptr
//go:norace
func HashOfMapsLookup(_ *abi.Frame, m, key uint64) uint64 {
	return innerOf(mapAt(m).find(ptr(key)))
}

// HashOfMapsLookup4 is HashOfMapsLookup for keys of 4 bytes.
//
//go:linkname HashOfMapsLookup4 bpf2go/rtlib/v1.HashOfMapsLookup4
//go:nocheckptr
//go:norace
func HashOfMapsLookup4(_ *abi.Frame, m, key uint64) uint64 {
	return innerOf(mapAt(m).find8(uint64(load32(ptr(key)))))
}

// HashOfMapsLookup8 is HashOfMapsLookup for keys of 8 bytes.
//
//go:linkname HashOfMapsLookup8 bpf2go/rtlib/v1.HashOfMapsLookup8
//go:nocheckptr
//go:norace
func HashOfMapsLookup8(_ *abi.Frame, m, key uint64) uint64 {
	return innerOf(mapAt(m).find8(load64(ptr(key))))
}

// HashOfMapsLookup16 is HashOfMapsLookup for keys of 16 bytes.
//
//go:linkname HashOfMapsLookup16 bpf2go/rtlib/v1.HashOfMapsLookup16
//go:nocheckptr
//go:norace
func HashOfMapsLookup16(_ *abi.Frame, m, key uint64) uint64 {
	p := ptr(key)
	return innerOf(mapAt(m).find16(load64(p), load64(unsafe.Add(p, 8))))
}

// innerOf is the address that an element has; 0 for no element. An element's
// value does not change while a run can see it.
//
//go:nocheckptr
//go:norace
func innerOf(elem uint64) uint64 {
	if elem == 0 {
		return 0
	}
	return *(*uint64)(at(elem))
}

func (h *mapHash) lookup(_ *abi.Frame, key unsafe.Pointer) uint64 { return innerOf(h.m.find(key)) }

func (h *mapHash) shared() *inners { return &h.inners }

// keyOf is a key as maps has it.
func (h *mapHash) keyOf(key unsafe.Pointer) []byte { return unsafe.Slice((*byte)(key), h.m.keySize) }

func (h *mapHash) inner(key unsafe.Pointer) *Map { return h.maps[string(h.keyOf(key))] }

func (h *mapHash) setInner(key unsafe.Pointer, inner *Map, flags uint64) bpf.Errno {
	addr := uint64(uintptr(unsafe.Pointer(inner)))
	if errno := h.m.hashUpdate(key, unsafe.Pointer(&addr), flags); errno != 0 {
		return errno
	}
	h.maps[string(h.keyOf(key))] = inner
	return 0
}

func (h *mapHash) erase(key unsafe.Pointer) bpf.Errno {
	h.mu.Lock()
	old := h.inner(key)
	if old == nil {
		h.mu.Unlock()
		return bpf.ENOENT
	}
	_ = h.m.hashDelete(key) // it is there: maps has the same keys
	delete(h.maps, string(h.keyOf(key)))
	free := h.retire(h.m.domain, old)
	h.mu.Unlock()
	releaseAll(free)
	return 0
}

// What hosts and programs do with the bytes of values, maps of maps refuse.

func (h *mapHash) update(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return h.refuses.update(fr, key, value, flags)
}
func (h *mapHash) remove(fr *abi.Frame, key unsafe.Pointer) bpf.Errno {
	return h.refuses.remove(fr, key)
}
func (h *mapHash) each(fr *abi.Frame, w *walk) uint64 { return h.refuses.each(fr, w) }
func (h *mapHash) read(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return h.refuses.read(key, value, flags)
}
func (h *mapHash) write(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return h.refuses.write(key, value, flags)
}
func (h *mapHash) take(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return h.refuses.take(key, value, flags)
}

// memory is that of the inner maps.
func (h *mapHash) memory(addr uint64) uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, inner := range h.maps {
		if n := inner.ops.memory(addr); n != 0 {
			return n
		}
	}
	return h.retired(addr)
}

func (h *mapHash) close() {
	h.mu.Lock()
	var all []*Map
	for key, inner := range h.maps {
		_ = h.m.hashDelete(unsafe.Pointer(unsafe.StringData(key))) // it is there
		all = append(all, inner)
	}
	h.maps = map[string]*Map{}
	all = h.empty(all)
	h.mu.Unlock()
	releaseAll(all)
}

func (h *mapHash) explain(op string, errno bpf.Errno, flags uint64) string {
	if errno == bpf.ENOTSUP {
		return explainMaps(&h.refuses, op, flags)
	}
	return h.hashMap.explain(op, errno, flags)
}
