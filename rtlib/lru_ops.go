package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// lruPerCPU is the implementation of per-CPU LRU hash maps: as LRU hash maps, with
// elements that hold the address of the values (percpu.go).
type lruPerCPU struct{ *lru }

func newLRU(m *Map) operations {
	m.initHash(lruPrefix, m.valueSize)
	return newLists(m)
}

func newLRUPerCPU(m *Map) operations {
	m.initHash(lruPrefix, 8)
	m.initPerCPU(&m.hash.cells, uint64(len(m.hash.stripes)))
	return lruPerCPU{newLists(m)}
}

// LRULookup is MapLookupElem for a map that is known to be an LRU hash.
//
//go:nocheckptr
//go:norace
func LRULookup(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.used(mp.find(ptr(key)))
}

// LRULookup4 is LRULookup for keys of 4 bytes.
//
//go:nocheckptr
//go:norace
func LRULookup4(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.used(mp.find8(uint64(load32(ptr(key)))))
}

// LRULookup8 is LRULookup for keys of 8 bytes.
//
//go:nocheckptr
//go:norace
func LRULookup8(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.used(mp.find8(load64(ptr(key))))
}

// LRULookup16 is LRULookup for keys of 16 bytes.
//
//go:nocheckptr
//go:norace
func LRULookup16(_ *abi.Frame, m, key uint64) uint64 {
	mp, p := mapAt(m), ptr(key)
	return mp.used(mp.find16(load64(p), load64(unsafe.Add(p, 8))))
}

// LRUUpdate is MapUpdateElem for a map that is known to be an LRU hash.
//
//go:linkname LRUUpdate bpf2go/rtlib/v1.LRUUpdate
//go:nocheckptr
func LRUUpdate(fr *abi.Frame, m, key, value, flags uint64) uint64 {
	mp := mapAt(m)
	errno := mp.ops.(*lru).put(ptr(key), ptr(value), flags, 0)
	mp.hash.cells.relax(fr)
	return mp.result(errno)
}

// LRUPercpuLookup is MapLookupElem for a map that is known to be a per-CPU LRU
// hash.
//
//go:nocheckptr
//go:norace
func LRUPercpuLookup(fr *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return mp.ofCPU(mp.used(mp.find(ptr(key))), fr.Slot)
}

// LRUPercpuLookup4 is LRUPercpuLookup for keys of 4 bytes.
//
//go:nocheckptr
//go:norace
func LRUPercpuLookup4(fr *abi.Frame, m, key uint64) uint64 {
	return mapAt(m).ofCPU(LRULookup4(fr, m, key), fr.Slot)
}

// LRUPercpuLookup8 is LRUPercpuLookup for keys of 8 bytes.
//
//go:nocheckptr
//go:norace
func LRUPercpuLookup8(fr *abi.Frame, m, key uint64) uint64 {
	return mapAt(m).ofCPU(LRULookup8(fr, m, key), fr.Slot)
}

// LRUPercpuLookup16 is LRUPercpuLookup for keys of 16 bytes.
//
//go:nocheckptr
//go:norace
func LRUPercpuLookup16(fr *abi.Frame, m, key uint64) uint64 {
	return mapAt(m).ofCPU(LRULookup16(fr, m, key), fr.Slot)
}

// LRUPercpuUpdate is MapUpdateElem for a map that is known to be a per-CPU LRU
// hash.
//
//go:linkname LRUPercpuUpdate bpf2go/rtlib/v1.LRUPercpuUpdate
//go:nocheckptr
func LRUPercpuUpdate(fr *abi.Frame, m, key, value, flags uint64) uint64 {
	mp := mapAt(m)
	return mp.result(mp.ops.(lruPerCPU).update(fr, ptr(key), ptr(value), flags))
}

// used notes that a program used the element, and returns it; 0 is none.
//
//go:nocheckptr
//go:norace
func (m *Map) used(e uint64) uint64 {
	if e == 0 {
		return 0
	}
	if p := (*byte)(at(e - uint64(m.hash.keyOff) - lruPrefix + lruUsed)); *p == 0 {
		*p = 1
	}
	return e
}

func (l *lru) lookup(_ *abi.Frame, key unsafe.Pointer) uint64 { return l.m.used(l.m.find(key)) }

func (l *lru) update(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	errno := l.put(key, value, flags, 0)
	l.m.hash.cells.relax(fr)
	return errno
}

func (l *lru) write(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	errno := l.put(key, value, flags, allCPUs)
	l.m.hash.cells.relax(nil)
	return errno
}

func (l *lru) remove(_ *abi.Frame, key unsafe.Pointer) bpf.Errno { return l.drop(key, nil) }

func (l *lru) erase(key unsafe.Pointer) bpf.Errno { return l.drop(key, nil) }

func (l *lru) read(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	switch {
	case flags != 0:
		return bpf.EINVAL
	case !l.m.hashRead(key, value):
		return bpf.ENOENT
	}
	return 0
}

func (l *lru) take(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags != 0 {
		return bpf.EINVAL
	}
	return l.drop(key, value)
}

func (l lruPerCPU) lookup(fr *abi.Frame, key unsafe.Pointer) uint64 {
	return l.m.ofCPU(l.m.used(l.m.find(key)), fr.Slot)
}

func (l lruPerCPU) lookupAt(_ *abi.Frame, key unsafe.Pointer, cpu uint64) uint64 {
	if cpu >= uint64(len(l.m.domain.cells)) {
		return 0
	}
	return l.m.ofCPU(l.m.used(l.m.find(key)), cpu)
}

// update writes the value of an existing key in place, as long as nobody removes
// the key: then the value is written to no effect, as if before the removal.
//
//go:norace
func (l lruPerCPU) update(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags > bpf.UpdateExist {
		return bpf.EINVAL
	}
	e := l.m.find(key)
	if e == 0 {
		errno := l.put(key, value, flags, int(fr.Slot))
		l.m.hash.cells.relax(fr)
		return errno
	}
	if flags == bpf.UpdateNoExist {
		return bpf.EEXIST
	}
	copyIn(at(l.m.ofCPU(e, fr.Slot)), value, l.m.valueSize)
	l.m.used(e)
	return 0
}

func (l lruPerCPU) each(fr *abi.Frame, w *walk) uint64 {
	return l.m.ofCPU(l.m.hashEach(w), fr.Slot)
}

// allCPUs in place of a CPU's number: a host's values for all.
const allCPUs = -1

// put inserts or replaces under the flags' conditions. cpu is that of the value in
// per-CPU maps, allCPUs for the values of all.
//
// The new element is written before the bucket is read: neither waits for the
// other's memory.
//
//go:norace
func (l *lru) put(key, value unsafe.Pointer, flags uint64, cpu int) bpf.Errno {
	if flags > bpf.UpdateExist {
		return bpf.EINVAL
	}
	m := l.m
	h := m.hashKey(key)
	stripe := m.bucketOf(h) >> l.shift
	s := &m.hash.stripes[stripe]
	for room := false; ; room = l.evictElsewhere(stripe) {
		s.lock()
		e := uint64(m.hash.cells.alloc(&s.cellPool))
		if m.step == 0 {
			m.newValue(at(e), value)
		}
		place, old := m.seek(h, key)
		var errno bpf.Errno
		switch {
		case old != 0 && flags == bpf.UpdateNoExist:
			errno = bpf.EEXIST
		case old != 0 && m.step != 0:
			l.setValue(old&wordAddr, value, cpu)
		case old != 0:
			list, was := l.whereIs(old & wordAddr)
			l.set(e, list, was, 1)
			m.put(s, place, old, h, e, key)
			e = 0
		case flags == bpf.UpdateExist:
			errno = bpf.ENOENT
		case room || m.countUp() || l.makeRoom(stripe):
			room = false
			if m.step != 0 {
				l.newValue(e, value, cpu)
			}
			l.set(e, inactive, l.append(stripe, inactive, l.mark(h)), 0)
			m.put(s, place, 0, h, e, key)
			e = 0
		default:
			m.hash.cells.giveBack(&s.cellPool, uintptr(e))
			s.unlock()
			continue
		}
		if e != 0 {
			m.hash.cells.giveBack(&s.cellPool, uintptr(e))
		}
		s.unlock()
		if room {
			m.hash.count.Add(-1)
		}
		return errno
	}
}

// newValue writes the values of an element of a per-CPU map which nobody sees.
//
//go:norace
func (l *lru) newValue(e uint64, value unsafe.Pointer, cpu int) {
	m := l.m
	if cpu == allCPUs {
		m.hash.cells.values.in(m.ofCPU(e, 0), value)
		return
	}
	m.hash.cells.values.zero(m.ofCPU(e, 0))
	copyIn(at(m.ofCPU(e, uint64(cpu))), value, m.valueSize)
}

// setValue overwrites values of an element of a per-CPU map.
//
//go:norace
func (l *lru) setValue(e uint64, value unsafe.Pointer, cpu int) {
	m := l.m
	if cpu == allCPUs {
		m.hash.cells.values.in(m.ofCPU(e, 0), value)
	} else {
		copyIn(at(m.ofCPU(e, uint64(cpu))), value, m.valueSize)
	}
	m.used(e)
}

// drop deletes a key after it copied its value out, when value is not nil.
//
//go:norace
func (l *lru) drop(key, value unsafe.Pointer) bpf.Errno {
	m := l.m
	h := m.hashKey(key)
	stripe := m.bucketOf(h) >> l.shift
	s := &m.hash.stripes[stripe]
	s.lock()
	place, old := m.seek(h, key)
	if old == 0 {
		s.unlock()
		return bpf.ENOENT
	}
	if value != nil {
		m.valueOut(value, old&wordAddr, 0)
	}
	l.forget(stripe, old&wordAddr)
	m.drop(s, place, old)
	s.unlock()
	return 0
}
