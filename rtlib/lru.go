package rtlib

// LRU hash maps: hash maps (hash.go) in which an insertion into a full map
// removes a key that was not used lately.
//
// Each stripe has its elements in two lists, the oldest first, and each element
// a bit that programs set when they look it up:
//
//	inactive   new keys; when one comes to the front it goes to the active list
//	           if it was used, else it is what an insertion removes
//	active     keys that were used once more; at most half of the stripe: what is
//	           beyond goes from the front to the inactive list, or to the end again
//	           if it was used meanwhile
//
// So keys that come once, however many, do not drive out those that are used,
// which is what the two lists of the kernel's bpf_lru_list.c are for. One thing is
// added: every eighth eviction looks at the front of the active list as well.
// Without it a half that is not used any more would stay while the other half
// suffices for nothing.
//
// Measured (lru_quality_test.go, test/lru): the rate of hits is at least that of an
// exact list by last use on Zipf's distribution, with and without scans, and near
// it when the keys in use move.
//
// Lists are rings of element addresses, because a ring is read in order and
// written at its end. An element knows its place, so that a value that is
// replaced keeps it, and a key that is deleted leaves a hole.
//
//	element:  place 4 │ list 1 │ 0 │ 0 │ used 1 ║ key │ next word │ value
//
// Programs write nothing but the byte "used", without the lock and only when it
// is 0: lookups of a hot key do not write to its cache line. All else is written
// under the stripe's lock. A program that found an element which was unlinked
// meanwhile may set its bit; nobody else has the element before that run ends.
//
// The map never has more than max_entries keys. A stripe that has none to remove
// asks the others: then and only then an insertion takes two locks, one after the
// other. BPF_F_NO_COMMON_LRU is accepted and changes nothing: lists are apart by
// key, so CPUs meet seldom.

import (
	"runtime"
	"unsafe"
)

const (
	lruPrefix = 8 // bytes in front of the key
	lruList   = 4 // offset of the list's number
	lruUsed   = 7 // offset of the byte that programs write

	inactive = 0
	active   = 1

	// lruAge is how many evictions go by until the oldest active key is looked
	// at in any case. lruSteps is how many are at most.
	lruAge   = 8
	lruSteps = 8
)

// lru is the implementation of LRU hash maps. The elements are those of m.hash.
type lru struct {
	hashMap
	stripes []lruStripe // of the same numbers as those of m.hash
}

// lruStripe is the lists of a stripe, guarded by its lock.
type lruStripe struct {
	lists [2]lruOrder
	age   uint32
	_     [44]byte
}

// lruOrder is a list, a ring of which the places head to tail-1 are used: an
// element's address, or 0 where one was removed.
type lruOrder struct {
	ring       []uint64
	head, tail uint32
	n          uint32 // elements
}

// lruWord is the place of an element's own word.
func (l *lru) lruWord(e uint64) unsafe.Pointer {
	return at(e - uint64(l.m.hash.keyOff) - lruPrefix)
}

// forgetUse reports whether an element was used, and makes it one that was not.
//
//go:nocheckptr
//go:norace
func (l *lru) forgetUse(e uint64) bool {
	p := (*byte)(unsafe.Add(l.lruWord(e), lruUsed))
	was := *p != 0
	if was {
		*p = 0
	}
	return was
}

// set makes an element's word: its place, and whether it was used.
//
//go:nocheckptr
//go:norace
func (l *lru) set(e uint64, list int, place uint32, used byte) {
	p := l.lruWord(e)
	*(*uint32)(p) = place
	*(*byte)(unsafe.Add(p, lruList)) = byte(list)
	*(*byte)(unsafe.Add(p, lruUsed)) = used
}

// move changes an element's place.
//
//go:nocheckptr
//go:norace
func (l *lru) move(e uint64, list int, place uint32) {
	p := l.lruWord(e)
	*(*uint32)(p) = place
	*(*byte)(unsafe.Add(p, lruList)) = byte(list)
}

// whereIs is the list and place of an element.
//
//go:nocheckptr
//go:norace
func (l *lru) whereIs(e uint64) (list int, place uint32) {
	p := l.lruWord(e)
	return int(*(*byte)(unsafe.Add(p, lruList)) & 1), *(*uint32)(p)
}

// append puts an element at the end of a list, whose place it has to be told.
func (l *lru) append(s *lruStripe, list int, e uint64) uint32 {
	o := &s.lists[list]
	if o.tail-o.head == uint32(len(o.ring)) {
		l.room(o, list)
	}
	place := o.tail
	o.ring[place&uint32(len(o.ring)-1)] = e
	o.tail++
	o.n++
	return place
}

// first takes the element at the front of a list, 0 when there is none.
func (o *lruOrder) first() uint64 {
	for o.head != o.tail {
		e := o.ring[o.head&uint32(len(o.ring)-1)]
		o.head++
		if e != 0 {
			o.n--
			return e
		}
	}
	return 0
}

// room closes the gaps of a full ring, in a larger one when they are few.
func (l *lru) room(o *lruOrder, list int) {
	to := o.ring
	if 2*o.n >= uint32(len(o.ring)) {
		to = make([]uint64, max(16, 2*len(o.ring)))
	}
	end := o.head
	for i := o.head; i != o.tail; i++ {
		if e := o.ring[i&uint32(len(o.ring)-1)]; e != 0 {
			to[end&uint32(len(to)-1)] = e
			l.move(e, list, end)
			end++
		}
	}
	o.ring, o.tail = to, end
}

// forget removes an element from its list.
func (l *lru) forget(s *lruStripe, e uint64) {
	list, place := l.whereIs(e)
	o := &s.lists[list]
	o.ring[place&uint32(len(o.ring)-1)] = 0
	o.n--
}

// replace gives a new element the place of an old one.
func (l *lru) replace(s *lruStripe, old, e uint64) {
	list, place := l.whereIs(old)
	o := &s.lists[list]
	o.ring[place&uint32(len(o.ring)-1)] = e
	l.set(e, list, place, 1)
}

// victim takes the element out of the lists that an insertion removes, 0 when
// there is none.
func (l *lru) victim(s *lruStripe) uint64 {
	in, act := &s.lists[inactive], &s.lists[active]
	s.age++
	steps := 0
	if s.age%lruAge == 0 {
		steps = 1
	}
	if act.n > in.n {
		steps = lruSteps
	}
	for ; steps > 0 && act.n != 0; steps-- {
		e := act.first()
		list := inactive
		if l.forgetUse(e) {
			list = active
		}
		l.move(e, list, l.append(s, list, e))
		if act.n <= in.n {
			break
		}
	}
	for {
		e := in.first()
		if e == 0 {
			break
		}
		if !l.forgetUse(e) {
			return e
		}
		l.move(e, active, l.append(s, active, e))
	}
	// All were used: the oldest of those that are not used again meanwhile.
	for range act.n {
		e := act.first()
		if !l.forgetUse(e) {
			return e
		}
		l.move(e, active, l.append(s, active, e))
	}
	return act.first()
}

// evict removes a key of a stripe, which is locked; false when it has none.
//
//go:nocheckptr
//go:norace
func (l *lru) evict(stripe uint64) bool {
	e := l.victim(&l.stripes[stripe])
	if e == 0 {
		return false
	}
	m := l.m
	place := m.bucket(m.hashKey(m.key(e)))
	for *place&wordAddr != e {
		place = next(*place & wordAddr)
	}
	storeRelease(place, *next(e))
	m.hash.cells.retire(&m.hash.stripes[stripe].cellPool, uintptr(e))
	return true
}

// evictElsewhere removes a key of another stripe than the one that is told; false
// when they have none. No stripe is locked.
func (l *lru) evictElsewhere(stripe uint64) bool {
	n := uint64(len(l.stripes))
	for k := uint64(1); k < n; k++ {
		other := (stripe + k) % n
		s := &l.m.hash.stripes[other]
		s.lock()
		done := l.evict(other)
		s.unlock()
		if done {
			return true
		}
	}
	// Another goroutine has made room and is about to use it.
	runtime.Gosched()
	return false
}
