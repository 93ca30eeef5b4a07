package rtlib

import (
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Host reads hold no execution slot, so an element that they stand on may be
// used again under them. They read as if that could not happen and look at
// stripe.reused before and after: when it did not change, no element of the
// stripe became free in between, and what was read is what a program in an
// epoch would have read. Elements keep to their stripe and words in them are
// always good words, so a search that has lost its way reads no foreign
// memory; it may find a wrong answer, which is thrown away.

// hashRead copies the value of a key out; false when there is none.
func (m *Map) hashRead(key, value unsafe.Pointer) bool {
	h := m.hashKey(key)
	s := m.stripeOf(h)
	for range 4 {
		before := s.reused.Load()
		e := m.search(h, key)
		if e != 0 {
			m.valueOut(value, e, 0)
		}
		if s.reused.Load() == before {
			return e != 0
		}
	}
	s.lock()
	e := m.search(h, key)
	if e != 0 {
		m.valueOut(value, e, 0)
	}
	s.unlock()
	return e != 0
}

// hashReadLocked is hashRead for flags: UpdateLock copies the value under its
// lock.
func (m *Map) hashReadLocked(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags != bpf.UpdateLock || m.noLock(flags) {
		return bpf.EINVAL
	}
	h := m.hashKey(key)
	s := m.stripeOf(h)
	s.lock()
	e := m.search(h, key)
	if e != 0 {
		m.valueOut(value, e, flags)
	}
	s.unlock()
	if e == 0 {
		return bpf.ENOENT
	}
	return 0
}

// hashTake copies the value of a key out and removes the key.
//
//go:norace
func (m *Map) hashTake(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags&^bpf.UpdateLock != 0 || m.noLock(flags) {
		return bpf.EINVAL
	}
	h := m.hashKey(key)
	s := m.stripeOf(h)
	s.lock()
	place, old := m.seek(h, key)
	if old == 0 {
		s.unlock()
		return bpf.ENOENT
	}
	m.valueOut(value, old&wordAddr, flags)
	m.drop(s, place, old)
	s.unlock()
	return 0
}

// valueOut copies the value of an element, or its values for all CPUs, to a
// host.
func (m *Map) valueOut(dst unsafe.Pointer, e, flags uint64) {
	if m.step == 0 {
		m.getValue(dst, at(e), flags)
		return
	}
	m.hash.cells.values.out(dst, *(*uint64)(at(e)))
}

// hashNext copies the key after key in the order of buckets out; a nil or
// unknown key asks for the first. False when there is none.
func (m *Map) hashNext(key, out unsafe.Pointer) bool {
	bucket := 0
	if key != nil {
		h := m.hashKey(key)
		s := m.stripeOf(h)
		s.lock()
		_, w := m.seek(h, key)
		if w != 0 {
			bucket = int(m.bucketOf(h)) + 1
			if m.keyOut(atomic.LoadUint64(next(w&wordAddr)), out) {
				s.unlock()
				return true
			}
		}
		s.unlock()
	}
	for ; bucket < len(m.hash.words); bucket++ {
		if atomic.LoadUint64(&m.hash.words[bucket]) == 0 {
			continue
		}
		s := &m.hash.stripes[bucket>>m.hash.shift]
		s.lock()
		found := m.keyOut(atomic.LoadUint64(&m.hash.words[bucket]), out)
		s.unlock()
		if found {
			return true
		}
	}
	return false
}

// keyOut copies the key of the element that w points to; false when w is 0.
func (m *Map) keyOut(w uint64, out unsafe.Pointer) bool {
	if w == 0 {
		return false
	}
	copyOut(out, m.key(w&wordAddr), m.keySize)
	return true
}

// hashBucket calls visit for each element of a bucket, whose stripe is locked
// meanwhile.
func (m *Map) hashBucket(bucket int, visit func(key, value unsafe.Pointer)) {
	if atomic.LoadUint64(&m.hash.words[bucket]) == 0 {
		return
	}
	s := &m.hash.stripes[bucket>>m.hash.shift]
	s.lock()
	defer s.unlock()
	for w := m.hash.words[bucket]; w != 0; w = atomic.LoadUint64(next(w & wordAddr)) {
		visit(m.key(w&wordAddr), at(w&wordAddr))
	}
}
