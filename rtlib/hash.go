package rtlib

// Hash maps: a fixed array of bucket words and elements that never move.
//
//	bucket word, and the next word of an element:
//
//	 63       48 47                              3   0
//	┌───────────┬─────────────────────────────────┬───┐
//	│    tag    │ address of an element           │  L│   0 when there is none
//	└───────────┴─────────────────────────────────┴───┘
//
//	element:    key rounded up to 8 │ next word │ value rounded up to 8
//	                                           ↑ its address
//
// The address of an element is its value's, what programs want.
//
// The tag is 16 bits of the key's hash, so that a search reads no element of
// another key (but one of 65,536). L says that the element was the last of its
// chain when the word was made; it then is for ever, because elements are
// inserted at the front. Thus a search for a missing key mostly ends after
// one load. There are at least four times as many buckets as max_entries up to
// 32,768 entries, and twice as many up to a million.
//
// Invariants
//
//  1. Words are written under the lock of the bucket's stripe, by release
//     stores, and read without lock by atomic loads. Searches are wait-free.
//  2. The key and, at insertion, the value of an element are written before a
//     word points to it. The key does not change while a search can see it.
//  3. Replacing a value makes a new element; the unlinked one keeps its next
//     word, so a search that stands on it goes on.
//  4. An unlinked element is used again only by its stripe, and only when the
//     epoch scheme says that no program can hold its address (cells.go). Each
//     time that elements become free, stripe.reused changes first.
//  5. Elements are part of slabs that the stripe keeps: the addresses in words
//     are no pointers to the garbage collector.
//
// The index of a key is secret: it depends on two random numbers of the map
// (not with BPF_F_ZERO_SEED). Two multiplications with the high half folded in
// are what wyhash (Wang Yi) and its relatives use for short keys.

import (
	"math/bits"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

const (
	wordAddr = 1<<48 - 8 // bits of a word that are the address
	wordLast = 1
	tagShift = 48

	// stripeSize is the size of a stripe in bytes, and stripeShift its logarithm.
	stripeSize  = 256
	stripeShift = 8

	// plainMax is the size in bytes of the longest values that assembly copies: it
	// holds the stripe meanwhile, and no other goroutine gets the processor.
	plainMax = 4096

	frameSlot = abi.OffSlot // for assembly

	elemNext = 8 // bytes from the next word to the element's address

	// A hash has the tag in the same bits as a word, and the number of the
	// bucket from bit 20 on.
	bucketShift = 20

	// mixer is odd and its bits are irregular: the fraction of the golden
	// ratio (Knuth, TAOCP vol. 3, §6.4).
	mixer = 0x9e3779b97f4a7c15
	// zeroSeed replaces the secret multiplier under BPF_F_ZERO_SEED.
	zeroSeed = 0xd6e8feb86659fd93
)

// hash is the part of a Map that writers use. LRU and per-CPU kinds have it, too.
type hash struct {
	count     atomic.Int64 // keys
	stripes   []stripe
	perStripe uint64   // buckets of a stripe, a power of two
	shift     uint64   // the logarithm of the number of buckets of a stripe
	words     []uint64 // the bucket words
	keyOff    uintptr  // bytes from an element's key to its address
	cells     cells    // elements
	words4    bool     // keys are multiples of 4 bytes: what assembly can search
	plain     bool     // values, too, and no lock is in them: what it can replace
}

// stripe is a range of buckets with its lock and its elements.
type stripe struct {
	cellPool
	_ [stripeSize - unsafe.Sizeof(cellPool{})%stripeSize]byte
}

// initHash allocates the buckets. Elements are allocated when they are needed;
// they have prefix bytes in front of the key that are the kind's own, and value
// bytes at their address.
func (m *Map) initHash(prefix, value uintptr) {
	h := &m.hash
	buckets := uint64(1) << bits.Len64(m.max-1)
	switch {
	case m.max <= 1<<15:
		// One key in eight is behind another: a branch that is predicted wrong
		// costs more than a search.
		buckets *= 4
	case m.max <= 1<<20:
		buckets *= 2
	}
	buckets = max(buckets, 2)
	stripes := min(stripesFor(runtime.GOMAXPROCS(0)), max(1, buckets/64))
	h.words = newWords(buckets)
	h.stripes = make([]stripe, stripes)
	m.table = unsafe.Pointer(&h.words[0])
	m.mask = buckets - 1
	h.perStripe = buckets / stripes
	h.shift = uint64(bits.TrailingZeros64(buckets / stripes))
	h.words4 = m.keySize%4 == 0
	h.plain = h.words4 && m.valueSize%4 == 0 && m.valueSize <= plainMax && m.spec.Lock == 0
	h.keyOff = round8(m.keySize) + elemNext
	m.initCells(&h.cells, round8(prefix)+h.keyOff, value, stripes)
	m.seed1 = zeroSeed
	if m.spec.Flags&bpf.FlagZeroSeed == 0 {
		m.seed0, m.seed1 = rand.Uint64(), rand.Uint64()|1
	}
}

// stripesFor is the number of stripes that so many processors need: two of them
// rarely meet. It is a power of two.
func stripesFor(procs int) uint64 { return uint64(1) << bits.Len(uint(min(procs, 32)*8-1)) }

// fold multiplies and folds the high half of the product into the low one.
func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// hash8 hashes a key of up to 8 bytes, zero-extended.
func (m *Map) hash8(k uint64) uint64 { return fold(k^m.seed0, m.seed1) * mixer }

// hash16 hashes a key of 9 to 16 bytes, zero-extended.
func (m *Map) hash16(k0, k1 uint64) uint64 { return fold(k0^m.seed0, k1^m.seed1) * mixer }

// hashLong hashes a key of more than 16 bytes: two chains take 16 bytes in turn.
// Their multipliers differ, so that exchanging words changes the hash.
//
//go:norace
func (m *Map) hashLong(key unsafe.Pointer) uint64 {
	a, b := m.seed0, ^m.seed0
	x, y := m.seed1, m.seed1^mixer
	// key does not move: behind its last byte it would be no pointer.
	i, n := uintptr(0), m.keySize
	for ; n-i >= 32; i += 32 {
		a = fold(load64(unsafe.Add(key, i))^x, load64(unsafe.Add(key, i+8))^a)
		b = fold(load64(unsafe.Add(key, i+16))^y, load64(unsafe.Add(key, i+24))^b)
	}
	if n-i >= 16 {
		a = fold(load64(unsafe.Add(key, i))^x, load64(unsafe.Add(key, i+8))^a)
		i += 16
	}
	switch rest := n - i; {
	case rest > 8:
		b = fold(load64(unsafe.Add(key, i))^y, loadUpTo8(unsafe.Add(key, i+8), rest-8)^b)
	case rest > 0:
		b = fold(loadUpTo8(unsafe.Add(key, i), rest)^y, b)
	}
	return fold(a^x, b) * mixer
}

// hashKey hashes a key of any size.
//
//go:norace
func (m *Map) hashKey(key unsafe.Pointer) uint64 {
	switch {
	case m.keySize <= 8:
		return m.hash8(loadUpTo8(key, m.keySize))
	case m.keySize <= 16:
		return m.hash16(load64(key), loadUpTo8(unsafe.Add(key, 8), m.keySize-8))
	}
	return m.hashLong(key)
}

// at is the memory behind an address of a word, which points into a slab of
// the map: see invariant 5. checkptr cannot know that.
//
//go:nocheckptr
func at(addr uint64) unsafe.Pointer { return unsafe.Add(nil, uintptr(addr)) }

// bucketOf returns the number of a hash's bucket.
func (m *Map) bucketOf(h uint64) uint64 { return h >> bucketShift & m.mask }

// bucket returns the place of a hash's bucket word.
func (m *Map) bucket(h uint64) *uint64 {
	return (*uint64)(unsafe.Add(m.table, uintptr(m.bucketOf(h))*8))
}

// stripeOf returns the stripe that a hash belongs to.
func (m *Map) stripeOf(h uint64) *stripe { return &m.hash.stripes[m.bucketOf(h)>>m.hash.shift] }

// next returns the place of an element's next word.
func next(elem uint64) *uint64 { return (*uint64)(at(elem - elemNext)) }

// key returns an element's key.
func (m *Map) key(elem uint64) unsafe.Pointer { return at(elem - uint64(m.hash.keyOff)) }

// seek finds a key under the stripe's lock: the place of the word that points
// to it and the word. The word is 0 when there is no such key.
//
//go:nocheckptr
//go:norace
func (m *Map) seek(h uint64, key unsafe.Pointer) (*uint64, uint64) {
	place := m.bucket(h)
	for w := *place; w != 0; w = *place {
		e := w & wordAddr
		if (w^h)>>tagShift == 0 && sameKey(m.key(e), key, m.keySize) {
			return place, w
		}
		place = next(e)
	}
	return place, 0
}

// hashUpdate inserts or replaces under the flags' conditions.
//
//go:norace
func (m *Map) hashUpdate(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags > bpf.UpdateExist {
		return m.hashUpdateLocked(key, value, flags)
	}
	h := m.hashKey(key)
	s := m.stripeOf(h)
	s.lock()
	place, old := m.seek(h, key)
	if errno := m.refuseUpdate(old, flags); errno != 0 {
		s.unlock()
		return errno
	}
	e := uint64(m.hash.cells.alloc(&s.cellPool))
	m.newValue(at(e), value)
	m.put(s, place, old, h, e, key)
	s.unlock()
	return 0
}

// refuseUpdate is the error of an update with flags, of which UpdateLock is
// none; old is not 0 when the key exists. A new key is counted.
func (m *Map) refuseUpdate(old, flags uint64) bpf.Errno {
	switch {
	case old != 0 && flags == bpf.UpdateNoExist:
		return bpf.EEXIST
	case old != 0:
	case flags == bpf.UpdateExist:
		return bpf.ENOENT
	case !m.countUp():
		return m.rules.HashFull
	}
	return 0
}

// put links element e, whose value is written, with the key: in place of the one
// that old, the word at place, points to, or in front of the bucket. The stripe is
// locked.
//
//go:norace
func (m *Map) put(s *stripe, place *uint64, old, h, e uint64, key unsafe.Pointer) {
	var rest uint64
	if old != 0 {
		rest = *next(old & wordAddr)
	} else {
		place = m.bucket(h)
		rest = *place
	}
	*next(e) = rest
	copyIn(m.key(e), key, m.keySize)
	word := h>>tagShift<<tagShift | e
	if rest == 0 {
		word |= wordLast
	}
	storeRelease(place, word)
	if old != 0 {
		m.hash.cells.retire(&s.cellPool, uintptr(old&wordAddr))
	}
}

// hashDelete removes a key.
//
//go:norace
func (m *Map) hashDelete(key unsafe.Pointer) bpf.Errno {
	h := m.hashKey(key)
	s := m.stripeOf(h)
	s.lock()
	place, old := m.seek(h, key)
	if old == 0 {
		s.unlock()
		return bpf.ENOENT
	}
	m.drop(s, place, old)
	s.unlock()
	return 0
}

// drop unlinks the element that old, the word at place, points to. The stripe is
// locked.
//
//go:norace
func (m *Map) drop(s *stripe, place *uint64, old uint64) {
	storeRelease(place, *next(old & wordAddr))
	m.hash.cells.retire(&s.cellPool, uintptr(old&wordAddr))
	m.hash.count.Add(-1)
}

// countUp counts a new key; false when the map is full.
func (m *Map) countUp() bool {
	for {
		n := m.hash.count.Load()
		if n >= int64(m.max) {
			return false
		}
		if m.hash.count.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// slabAt is how many bytes from an address on belong to a slab of the map.
func (m *Map) slabAt(addr uint64) uint64 {
	for i := range m.hash.stripes {
		s := &m.hash.stripes[i]
		s.lock()
		n := s.memory(addr)
		s.unlock()
		if n != 0 {
			return n
		}
	}
	return 0
}
