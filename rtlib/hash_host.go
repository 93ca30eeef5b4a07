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
	s := m.stripeOf(m.hashKey(key))
	for range 4 {
		before := s.reused.Load()
		found := m.tryRead(key, value)
		if s.reused.Load() == before {
			return found
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return m.tryRead(key, value)
}

// tryRead is one attempt of hashRead.
func (m *Map) tryRead(key, value unsafe.Pointer) bool {
	e := m.find(key)
	if e == 0 {
		return false
	}
	copyOut(value, at(uint64(e)+m.valueOff), m.valueSize)
	return true
}

// hashNext copies the key after key in the order of buckets out; a nil or
// unknown key asks for the first. False when there is none.
func (m *Map) hashNext(key, out unsafe.Pointer) bool {
	bucket := 0
	if key != nil {
		h := m.hashKey(key)
		s := m.stripeOf(h)
		s.mu.Lock()
		_, w := m.seek(h, key)
		if w != 0 {
			bucket = int(h>>m.shift) + 1
			if m.keyOut(loadWord(at(w&wordAddr)), out) {
				s.mu.Unlock()
				return true
			}
		}
		s.mu.Unlock()
	}
	perStripe := len(m.hash.words) / len(m.hash.stripes)
	for ; bucket < len(m.hash.words); bucket++ {
		if atomic.LoadUint64(&m.hash.words[bucket]) == 0 {
			continue
		}
		s := &m.hash.stripes[bucket/perStripe]
		s.mu.Lock()
		found := m.keyOut(loadWord(unsafe.Pointer(&m.hash.words[bucket])), out)
		s.mu.Unlock()
		if found {
			return true
		}
	}
	return false
}

// loadWord reads a word under the stripe's lock.
func loadWord(p unsafe.Pointer) uint64 { return atomic.LoadUint64((*uint64)(p)) }

// keyOut copies the key of the element that w points to; false when w is 0.
func (m *Map) keyOut(w uint64, out unsafe.Pointer) bool {
	if w == 0 {
		return false
	}
	copyOut(out, at(w&wordAddr+elemKey), m.keySize)
	return true
}
