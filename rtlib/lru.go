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
// Measured (test/lru): the rate of hits is at least that of an
// exact list by last use on Zipf's distribution, with and without scans, and near
// it when the keys in use move.
//
// Lists are rings, because a ring is read in order and written at its end. A place
// of a ring has the number of an element's bucket in the stripe, the lower bits of
// the tag of its key above that, and the highest bit; 0 is where one was removed.
// An element knows its list and place. Thus a value that is replaced needs no
// access to the ring: the new element says the same place. And the address of the
// bucket, which an eviction has to read, is known without the element.
//
//	element:  place 4 │ list 1 │ 0 │ 0 │ used 1 ║ key │ next word │ value
//
// Programs write nothing but the byte "used", without the lock and only when it
// is 0: lookups of a hot key do not write to its cache line. All else is written
// under the stripe's lock. A program that found an element which was unlinked
// meanwhile may set its byte; nobody else has the element before that run ends.
//
// The map never has more than max_entries keys. Every eighth insertion into a full
// map removes a key of another stripe, if it gets that one's lock at once: to wait
// for it could be for ever. An insertion into a stripe without keys does so after
// it gave its own lock back. BPF_F_NO_COMMON_LRU is accepted and changes nothing: lists are apart by
// key, so CPUs meet seldom.

import (
	"math/bits"
	"runtime"
	"sync/atomic"
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

	// lruOther is how many insertions into a full map remove a key of their own
	// stripe before one removes a key of another.
	lruOther = 8
)

// lru is the implementation of LRU hash maps. The elements are those of m.hash.
type lru struct {
	hashMap
	shift   uint8       // bits of a bucket's number in its stripe
	bucket  uint32      // the bits of a mark that are a bucket's number
	tag     uint32      // the bits of a tag that are in a mark
	stripes []lruStripe // of the same numbers as those of m.hash
}

// lruStripe is the lists of a stripe, guarded by its lock.
type lruStripe struct {
	lists [2]lruOrder
	age   uint32 // evictions
	turns uint32 // insertions that found the map full
	_     [40]byte
}

// lruOrder is a list, a ring of which the places head to tail-1 are used. Its
// length is a power of two.
type lruOrder struct {
	ring       []uint32
	head, tail uint32
	n          uint32 // elements
}

// lruPresent marks a place that has an element.
const lruPresent = 1 << 31

func newLists(m *Map) *lru {
	shift := uint8(bits.TrailingZeros64(m.hash.perStripe))
	return &lru{hashMap{refuses{m}}, shift, 1<<shift - 1, lruPresent>>shift - 1, make([]lruStripe, len(m.hash.stripes))}
}

// mark is what a list has for an element whose key has the hash h.
func (l *lru) mark(h uint64) uint32 {
	return lruPresent | uint32(h>>tagShift)<<(l.shift&31) | uint32(l.m.bucketOf(h))&l.bucket
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

// linkOf is the place of the word that points to the element which a list has at a
// place, as mark says.
//
//go:nocheckptr
//go:norace
func (l *lru) linkOf(stripe uint64, list int, mark, place uint32) *uint64 {
	tag := mark &^ lruPresent >> (l.shift & 31)
	number := stripe<<(l.shift&31) | uint64(mark&l.bucket)
	link := (*uint64)(unsafe.Add(l.m.table, uintptr(number)*8))
	for {
		e := *link & wordAddr
		if uint32(*link>>tagShift)&l.tag == tag {
			if inList, at := l.whereIs(e); at == place && inList == list {
				return link
			}
		}
		link = next(e)
	}
}

// append puts an element at the end of a list and returns its place.
func (l *lru) append(stripe uint64, list int, mark uint32) uint32 {
	o := &l.stripes[stripe].lists[list]
	if o.tail-o.head == uint32(len(o.ring)) {
		l.room(stripe, list)
	}
	place := o.tail
	o.ring[place&uint32(len(o.ring)-1)] = mark
	o.tail++
	o.n++
	return place
}

// first takes the mark and the place at the front of a list, mark 0 when it is
// empty.
func (o *lruOrder) first() (mark, place uint32) {
	for o.head != o.tail {
		place = o.head
		mark = o.ring[place&uint32(len(o.ring)-1)]
		o.head++
		if mark != 0 {
			o.n--
			return mark, place
		}
	}
	return 0, 0
}

// room makes a full ring larger, or closes its gaps when they are many.
func (l *lru) room(stripe uint64, list int) {
	o := &l.stripes[stripe].lists[list]
	n := uint32(len(o.ring))
	if 2*o.n >= n {
		ring := make([]uint32, max(16, 2*n))
		for i := o.head; i != o.tail; i++ {
			ring[i&uint32(len(ring)-1)] = o.ring[i&(n-1)]
		}
		o.ring = ring
		return
	}
	end := o.head
	for i := o.head; i != o.tail; i++ {
		if mark := o.ring[i&(n-1)]; mark != 0 {
			link := l.linkOf(stripe, list, mark, i)
			o.ring[end&(n-1)] = mark
			l.move(*link&wordAddr, list, end)
			end++
		}
	}
	o.tail = end
}

// forget removes an element from its list.
func (l *lru) forget(stripe, e uint64) {
	list, place := l.whereIs(e)
	o := &l.stripes[stripe].lists[list]
	o.ring[place&uint32(len(o.ring)-1)] = 0
	o.n--
}

// toEnd puts an element, which its list does not have any more, at the end of a
// list.
func (l *lru) toEnd(stripe uint64, list int, mark uint32, e uint64) {
	l.move(e, list, l.append(stripe, list, mark))
}

// victim takes the element out of the lists that an insertion removes, and returns
// the place of the word that points to it, nil when there is none.
func (l *lru) victim(stripe uint64) *uint64 {
	s := &l.stripes[stripe]
	in, act := &s.lists[inactive], &s.lists[active]
	if s.age++; act.n > in.n || s.age%lruAge == 0 {
		l.balance(stripe)
	}
	for mark, place := in.first(); mark != 0; mark, place = in.first() {
		link := l.linkOf(stripe, inactive, mark, place)
		if !l.forgetUse(*link & wordAddr) {
			return link
		}
		l.toEnd(stripe, active, mark, *link&wordAddr)
	}
	// All were used: the oldest that is not used again meanwhile.
	for range act.n {
		mark, place := act.first()
		link := l.linkOf(stripe, active, mark, place)
		if !l.forgetUse(*link & wordAddr) {
			return link
		}
		l.toEnd(stripe, active, mark, *link&wordAddr)
	}
	if mark, place := act.first(); mark != 0 {
		return l.linkOf(stripe, active, mark, place)
	}
	return nil
}

// balance looks at the oldest active element, and at more of them when there are
// too many.
func (l *lru) balance(stripe uint64) {
	s := &l.stripes[stripe]
	in, act := &s.lists[inactive], &s.lists[active]
	for range lruSteps {
		mark, place := act.first()
		if mark == 0 {
			return
		}
		e := *l.linkOf(stripe, active, mark, place) & wordAddr
		list := inactive
		if l.forgetUse(e) {
			list = active
		}
		l.toEnd(stripe, list, mark, e)
		if act.n <= in.n {
			return
		}
	}
}

// evict removes a key of a stripe, which is locked; false when it has none.
//
//go:nocheckptr
//go:norace
func (l *lru) evict(stripe uint64) bool {
	link := l.victim(stripe)
	if link == nil {
		return false
	}
	e := *link & wordAddr
	storeRelease(link, *next(e))
	l.m.hash.cells.retire(&l.m.hash.stripes[stripe].cellPool, uintptr(e))
	return true
}

// makeRoom removes a key for an insertion into a full map: one of the stripe, which
// is locked, and every eighth time one of the next other stripe that nobody has
// locked. So stripes whose keys are missed more often become larger. False when
// there is none.
func (l *lru) makeRoom(stripe uint64) bool {
	s := &l.stripes[stripe]
	if s.turns++; s.turns%lruOther == 0 && len(l.stripes) > 1 {
		n := uint64(len(l.stripes))
		other := (stripe + 1 + uint64(s.turns/lruOther)%(n-1)) & (n - 1)
		if lock := &l.m.hash.stripes[other].latch; atomic.CompareAndSwapUint32(&lock.word, 0, 1) {
			done := l.evict(other)
			lock.unlock()
			if done {
				return true
			}
		}
	}
	return l.evict(stripe)
}

// evictElsewhere removes a key of another stripe than the one that is told; false
// when they have none. No stripe is locked.
func (l *lru) evictElsewhere(stripe uint64) bool {
	n := uint64(len(l.stripes))
	for k := uint64(1); k < n; k++ {
		other := (stripe + k) & (n - 1)
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
