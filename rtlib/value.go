package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Values with a lock. A value can have a struct bpf_spin_lock, one word of 4 bytes:
// 0 free, 1 held. Programs take it with spin_lock; BPF_F_LOCK makes an update or a
// host's lookup copy the value under it. Whoever copies a value leaves that word
// alone: updates keep what is there, new values have a free lock, lookups of hosts
// read a zero.

// lockOf is the lock of a value of a map that has one.
func (m *Map) lockOf(value unsafe.Pointer) *latch {
	return (*latch)(unsafe.Add(value, m.spec.Lock-1))
}

// noLock reports whether flags ask for a lock that values of the map do not have.
func (m *Map) noLock(flags uint64) bool { return flags&bpf.UpdateLock != 0 && m.spec.Lock == 0 }

// newValue writes a whole value, that of an element which nobody sees.
//
//go:norace
func (m *Map) newValue(dst, src unsafe.Pointer) {
	copyIn(dst, src, m.valueSize)
	if m.spec.Lock != 0 {
		*(*uint32)(unsafe.Add(dst, m.spec.Lock-1)) = 0
	}
}

// setValue overwrites a value in place, under its lock when flags say so.
//
//go:norace
func (m *Map) setValue(dst, src unsafe.Pointer, flags uint64) {
	if m.spec.Lock == 0 {
		copyIn(dst, src, m.valueSize)
		return
	}
	if flags&bpf.UpdateLock != 0 {
		m.lockOf(dst).lock()
		defer m.lockOf(dst).unlock()
	}
	before := uintptr(m.spec.Lock - 1)
	behind := before + lockSize
	copyPart(dst, src, before)
	if behind < m.valueSize { // else behind is no address in the value
		copyPart(unsafe.Add(dst, behind), unsafe.Add(src, behind), m.valueSize-behind)
	}
}

// getValue copies a value for a host, under its lock when flags say so.
//
//go:norace
func (m *Map) getValue(dst, src unsafe.Pointer, flags uint64) {
	if m.spec.Lock == 0 {
		copyOut(dst, src, m.valueSize)
		return
	}
	if flags&bpf.UpdateLock != 0 {
		m.lockOf(src).lock()
		defer m.lockOf(src).unlock()
	}
	copyOut(dst, src, m.valueSize)
	*(*[lockSize]byte)(unsafe.Add(dst, m.spec.Lock-1)) = [lockSize]byte{}
}

// lockSize is the size of struct bpf_spin_lock in bytes (linux/bpf.h).
const lockSize = 4

// hashUpdateLocked is hashUpdate for flags beyond NOEXIST and EXIST: BPF_F_LOCK
// overwrites a value in place under its lock. A key that does not exist is
// inserted as ever.
func (m *Map) hashUpdateLocked(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags&^bpf.UpdateLock > bpf.UpdateExist || m.noLock(flags) {
		return bpf.EINVAL
	}
	h := m.hashKey(key)
	s := m.stripeOf(h)
	s.lock()
	place, old := m.seek(h, key)
	errno := m.refuseUpdate(old, flags&^bpf.UpdateLock)
	switch {
	case errno != 0:
	case old != 0:
		m.setValue(at(old&wordAddr), value, flags)
	default:
		e := uint64(m.hash.cells.alloc(&s.cellPool))
		m.newValue(at(e), value)
		m.put(s, place, 0, h, e, key)
	}
	s.unlock()
	return errno
}
