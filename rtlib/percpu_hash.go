package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// perCPUHash is the implementation of per-CPU hash maps: a hash map whose elements
// hold the address of the values (percpu.go). Its state is in Map.
type perCPUHash struct{ hashMap }

func newPerCPUHash(m *Map) operations {
	m.initHash(0, 8)
	m.initPerCPU(&m.hash.cells, uint64(len(m.hash.stripes)))
	return perCPUHash{hashMap{refuses{m}}}
}

// PercpuHashLookup is MapLookupElem for a map that is known to be a per-CPU hash.
//
//go:nocheckptr
//go:norace
func PercpuHashLookup(fr *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.ofCPU(mp.find(ptr(key)), fr.Slot)
}

// PercpuHashLookup4 is PercpuHashLookup for keys of 4 bytes.
//
//go:nocheckptr
//go:norace
func PercpuHashLookup4(fr *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.ofCPU(mp.find8(uint64(load32(ptr(key)))), fr.Slot)
}

// PercpuHashLookup8 is PercpuHashLookup for keys of 8 bytes.
//
//go:nocheckptr
//go:norace
func PercpuHashLookup8(fr *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.ofCPU(mp.find8(load64(ptr(key))), fr.Slot)
}

// PercpuHashLookup16 is PercpuHashLookup for keys of 16 bytes.
//
//go:nocheckptr
//go:norace
func PercpuHashLookup16(fr *abi.Frame, m, key uint64) uint64 {
	mp, p := mapAt(m), ptr(key)
	return mp.ofCPU(mp.find16(load64(p), load64(unsafe.Add(p, 8))), fr.Slot)
}

// PercpuHashUpdate is MapUpdateElem for a map that is known to be a per-CPU hash.
//
//go:nocheckptr
func PercpuHashUpdate(fr *abi.Frame, m, key, value, flags uint64) uint64 {
	mp := mapAt(m)
	return mp.result(mp.perCPUUpdate(fr, ptr(key), ptr(value), flags))
}

// PercpuHashDelete is MapDeleteElem for a map that is known to be a per-CPU hash.
//
//go:linkname PercpuHashDelete bpf2go/rtlib/v1.PercpuHashDelete
func PercpuHashDelete(fr *abi.Frame, m, key uint64) uint64 { return HashDelete(fr, m, key) }

// ofCPU is the address of a CPU's value of an element, 0 for no element.
//
//go:nocheckptr
//go:norace
func (m *Map) ofCPU(e, cpu uint64) uint64 {
	if e == 0 {
		return 0
	}
	return *(*uint64)(at(e)) + cpu*m.step
}

// perCPUUpdate overwrites the CPU's value in place, or inserts a key whose other
// values are zero.
//
//go:norace
func (m *Map) perCPUUpdate(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags > bpf.UpdateExist {
		return bpf.EINVAL
	}
	if e := m.find(key); e != 0 {
		if flags == bpf.UpdateNoExist {
			return bpf.EEXIST
		}
		copyIn(at(m.ofCPU(e, fr.Slot)), value, m.valueSize)
		return 0
	}
	h := m.hashKey(key)
	s := m.stripeOf(h)
	s.lock()
	place, old := m.seek(h, key)
	errno := m.refuseUpdate(old, flags)
	e := old & wordAddr
	if errno == 0 {
		if old == 0 {
			e = uint64(m.hash.cells.alloc(&s.cellPool))
			m.hash.cells.values.zero(m.ofCPU(e, 0))
		}
		copyIn(at(m.ofCPU(e, fr.Slot)), value, m.valueSize)
		if old == 0 {
			m.put(s, place, 0, h, e, key)
		}
	}
	s.unlock()
	m.hash.cells.relax(fr)
	return errno
}

func (h perCPUHash) lookup(fr *abi.Frame, key unsafe.Pointer) uint64 {
	return h.m.ofCPU(h.m.find(key), fr.Slot)
}

func (h perCPUHash) lookupAt(_ *abi.Frame, key unsafe.Pointer, cpu uint64) uint64 {
	if cpu >= uint64(len(h.m.domain.cells)) {
		return 0
	}
	return h.m.ofCPU(h.m.find(key), cpu)
}

func (h perCPUHash) update(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return h.m.perCPUUpdate(fr, key, value, flags)
}

func (h perCPUHash) each(fr *abi.Frame, w *walk) uint64 {
	return h.m.ofCPU(h.m.hashEach(w), fr.Slot)
}

func (h perCPUHash) write(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags > bpf.UpdateExist {
		return bpf.EINVAL
	}
	m := h.m
	hash := m.hashKey(key)
	s := m.stripeOf(hash)
	s.lock()
	place, old := m.seek(hash, key)
	errno := m.refuseUpdate(old, flags)
	if errno == 0 {
		e := old & wordAddr
		if old == 0 {
			e = uint64(m.hash.cells.alloc(&s.cellPool))
		}
		m.hash.cells.values.in(m.ofCPU(e, 0), value)
		if old == 0 {
			m.put(s, place, 0, hash, e, key)
		}
	}
	s.unlock()
	m.hash.cells.relax(nil)
	return errno
}
