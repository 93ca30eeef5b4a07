package rtlib

import "unsafe"

// limbo is a queue of unlinked elements in the order of their tags.
type limbo struct {
	items []retired
	head  int // items before it are gone
	retry int // length at which the next barrier is worth its cost
}

// retired is an element and the epoch of its unlinking.
type retired struct {
	elem uintptr
	tag  uint64
}

// retryAfter is the number of elements after which a stripe asks again when a
// long run held all of them.
const retryAfter = 512

// poisonWord fills values that are free when the map is told to.
const poisonWord = 0xdbdbdbdbdbdbdbdb

// retire queues an element that was just unlinked. The stripe is locked.
func (s *stripe) retire(m *Map, elem uintptr) {
	s.limbo.items = append(s.limbo.items, retired{elem, m.domain.tag()})
}

// alloc returns an element that nobody uses. The stripe is locked.
//
// An element of the free list comes first, then those of the queue that are
// known to be released, then, when enough wait, those that a barrier releases,
// and last new memory.
func (m *Map) alloc(s *stripe) uintptr {
	if n := len(s.free); n != 0 {
		e := s.free[n-1]
		s.free = s.free[:n-1]
		return e
	}
	if n := len(s.limbo.items) - s.limbo.head; n != 0 && m.refill(s, n) {
		e := s.free[len(s.free)-1]
		s.free = s.free[:len(s.free)-1]
		return e
	}
	return m.fresh(s)
}

// refill moves released elements, of n that wait, to the free list. It reports
// whether there are any.
func (m *Map) refill(s *stripe, n int) bool {
	q := &s.limbo
	if !m.domain.released(q.items[q.head].tag) {
		if n < max(q.retry, m.hash.batch) {
			return false
		}
		m.domain.advance()
		if !m.domain.released(q.items[q.head].tag) {
			// A long run holds them all.
			q.retry = n + retryAfter
			return false
		}
	}
	q.retry = 0
	s.reused.Add(1)
	for q.head < len(q.items) && m.domain.released(q.items[q.head].tag) {
		e := q.items[q.head].elem
		if m.hash.poison {
			fill(at(uint64(e)), m.valueSize, poisonWord)
		}
		s.free = append(s.free, e)
		q.head++
	}
	// Close the gap when most of the queue is gone: amortised constant.
	if 2*q.head >= len(q.items) {
		q.items = q.items[:copy(q.items, q.items[q.head:])]
		q.head = 0
	}
	return true
}

// fresh cuts an element off the newest slab, or allocates a slab. Slabs hold
// no pointers and live as long as the map.
func (m *Map) fresh(s *stripe) uintptr {
	if s.left == 0 {
		slab := make([]uint64, m.hash.elemSize/8*uintptr(m.hash.chunk))
		s.slabs = append(s.slabs, slab)
		s.unused = uintptr(unsafe.Pointer(&slab[0])) + m.hash.valueOff
		s.left = m.hash.chunk
	}
	e := s.unused
	s.unused += m.hash.elemSize
	s.left--
	return e
}
