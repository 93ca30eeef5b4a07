package rtlib

import (
	"fmt"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// hashMap is the implementation of hash maps. Its state is in Map, where machine
// code finds it.
type hashMap struct{ refuses }

func newHash(m *Map) operations {
	m.initHash(0, m.valueSize)
	return hashMap{refuses{m}}
}

func (h hashMap) lookup(_ *abi.Frame, key unsafe.Pointer) uint64 { return h.m.find(key) }

func (h hashMap) update(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	errno := h.m.hashUpdate(key, value, flags)
	h.m.hash.cells.relax(fr)
	return errno
}

func (h hashMap) remove(_ *abi.Frame, key unsafe.Pointer) bpf.Errno { return h.m.hashDelete(key) }

func (h hashMap) each(_ *abi.Frame, w *walk) uint64 { return h.m.hashEach(w) }

func (h hashMap) read(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	switch {
	case flags != 0:
		return h.m.hashReadLocked(key, value, flags)
	case !h.m.hashRead(key, value):
		return bpf.ENOENT
	}
	return 0
}

func (h hashMap) take(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return h.m.hashTake(key, value, flags)
}

func (h hashMap) write(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return h.update(nil, key, value, flags)
}

func (h hashMap) erase(key unsafe.Pointer) bpf.Errno { return h.m.hashDelete(key) }

func (h hashMap) next(key, out unsafe.Pointer) bpf.Errno {
	if !h.m.hashNext(key, out) {
		return bpf.ENOENT
	}
	return 0
}

func (h hashMap) count() int { return int(h.m.hash.count.Load()) }

func (h hashMap) memory(addr uint64) uint64 { return h.m.slabAt(addr) }

func (h hashMap) explain(op string, errno bpf.Errno, flags uint64) string {
	if op == "update" && flags <= bpf.UpdateExist && errno != bpf.EEXIST && errno != bpf.ENOENT {
		return fmt.Sprintf("the map is full, max_entries is %d", h.m.max)
	}
	return h.refuses.explain(op, errno, flags)
}

// HashUpdate is MapUpdateElem for a map that is known to be a hash.
//
//go:nocheckptr
func HashUpdate(fr *abi.Frame, m, key, value, flags uint64) uint64 {
	mp := mapAt(m)
	errno := mp.hashUpdate(ptr(key), ptr(value), flags)
	mp.hash.cells.relax(fr)
	return mp.result(errno)
}

// HashDelete is MapDeleteElem for a map that is known to be a hash.
//
//go:linkname HashDelete bpf2go/rtlib/v1.HashDelete
//go:nocheckptr
func HashDelete(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.result(mp.hashDelete(ptr(key)))
}
