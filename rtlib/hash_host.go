package rtlib

import (
	"sync/atomic"
	"unsafe"
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
			copyOut(value, at(e), m.valueSize)
		}
		if s.reused.Load() == before {
			return e != 0
		}
	}
	s.lock()
	defer s.unlock()
	e := m.search(h, key)
	if e != 0 {
		copyOut(value, at(e), m.valueSize)
	}
	return e != 0
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
		s := &m.hash.stripes[bucket/int(m.hash.perStripe)]
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
	s := &m.hash.stripes[bucket/int(m.hash.perStripe)]
	s.lock()
	defer s.unlock()
	for w := m.hash.words[bucket]; w != 0; w = atomic.LoadUint64(next(w & wordAddr)) {
		visit(m.key(w&wordAddr), at(w&wordAddr))
	}
}
