package rtlib

import (
	"sync/atomic"
	"time"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Cells are pieces of memory of one size whose addresses programs may hold: the
// elements of hash maps, LRU maps and tries, the references of maps of maps. A
// cell that was unlinked waits in its pool until the epoch scheme (epoch.go) says
// that no program can hold its address, and is then used again, by its pool only.
// Cells never move and are never given back to Go, so memory is bounded by the
// most that was in use and in waiting at once. The latter is some batches for each
// pool; relax keeps it so while runs are shorter than their turn of a processor.
//
// How to use it: a kind has one cells and one pool for each of its locks.
//
//	p.lock()                  // or any other lock that is the pool's
//	e := c.alloc(p)           // garbage, but for words that init did not cover
//	… write the element, link it by storeRelease or an atomic store
//	… unlink another by storeRelease or an atomic store
//	c.retire(p, old)          // after it was unlinked
//	c.giveBack(p, e)          // instead: e was never linked
//	p.unlock()
//	c.relax(fr)               // once for an operation that may have allocated
//
// What every user has to keep to, because the proof in epoch.go rests on it:
//
//   - retire comes after the store that unlinks the cell, under the pool's lock.
//   - Links are written by storeRelease or sync/atomic, and read by sync/atomic.
//   - Searches that programs do not make, without a slot, hold the pool's lock, or
//     look at p.reused before and after (hash_host.go).
//   - What such a search relies on outside the first payload bytes of a cell stays
//     as it was when the cell is free: poison fills only those.
type cells struct {
	domain  *domain
	size    uintptr       // bytes of a cell, a multiple of 8
	origin  uintptr       // bytes from the start of a cell to its address, a multiple of 8
	payload uintptr       // bytes at the address that are garbage in a free cell
	chunk   int           // cells that a pool allocates at once
	batch   int           // waiting cells that are worth a barrier
	crowd   int           // waiting cells that are too many: see relax
	crowded atomic.Uint64 // tag of cells of a pool with too many that a run holds, or 0
	gaveUp  atomic.Uint64 // epoch of the last run that relax did not see end
	shared  *segment      // that slabs are cut from, nil when each is an object of its own
	poison  bool          // fill the payload of free cells with poisonWord: for tests
	values  perCPU        // of kinds with values for each CPU
}

// cellPool is the cells that one lock guards. Its zero value is an empty pool.
//
//	ring:  │ free            │ tagged           │ retired, no tag yet │
//	       head              ready              marked                tail
//
// The four are counts of cells since the pool was made; the place of number i is
// ring[i & (len(ring)-1)].
type cellPool struct {
	latch                // what follows is together in a cache line
	fence  atomic.Uint32 // see mark
	ring   []uintptr
	head   uint
	ready  uint
	tail   uint
	markAt uint // mark when tail gets there

	reused atomic.Uint64 // changes before cells become free
	marked uint
	retry  uint              // cells that must wait before the next attempt, 0 for c.batch
	marks  [maxMarks]tagMark // of the tagged cells, the oldest first
	nmarks int
	unused uintptr // rest of the newest slab
	left   int     // cells in the rest
	slabs  [][]uint64
}

// tagMark is the tag of the cells before number end that no earlier mark has.
type tagMark struct {
	tag uint64
	end uint
}

const (
	// maxMarks is the number of tags that a pool tells apart. When there are more,
	// because a run takes long, the last one grows: a later tag is always right.
	maxMarks = 4

	// crowdPatience is how long an update waits, at most, when too many cells do,
	// and crowdStep how long until it looks again.
	crowdPatience = 20 * time.Millisecond
	crowdStep     = 50 * time.Microsecond

	// poisonWord fills values that are free when the map is told to.
	poisonWord = 0xdbdbdbdbdbdbdbdb
)

// initCells makes cells for a map: with before bytes in front of the address and
// payload bytes behind it, both rounded up to 8. pools is the number of pools
// that will share max_entries.
func (m *Map) initCells(c *cells, before, payload uintptr, pools uint64) {
	c.domain = m.domain
	c.origin = round8(before)
	c.payload = round8(payload)
	c.size = c.origin + c.payload
	each := max(1, m.max/pools) // elements of a pool
	c.chunk = int(max(8, min(each/4, 1<<16/uint64(c.size))))
	c.batch = int(max(32, min(each/16, 512)))
	c.crowd = int(max(8*uint64(c.batch), each/2))
	if uint64(c.size)*m.max >= hugeMap {
		c.shared = new(segment)
	}
	c.poison = poisonAll || m.spec.poison
	m.domain.useBarrier()
}

// alloc returns the address of a cell that nobody uses. The pool is locked.
//
// Free cells come first, then those that were retired and are known to be
// released, then, when enough wait, those that a barrier releases, and last new
// memory.
func (c *cells) alloc(p *cellPool) uintptr {
	if p.head == p.ready && (p.ready == p.tail || !c.refill(p)) {
		return c.fresh(p)
	}
	e := p.ring[p.head&uint(len(p.ring)-1)]
	p.head++
	return e
}

// retire lets a cell wait that was just unlinked. The pool is locked.
func (c *cells) retire(p *cellPool, e uintptr) {
	if p.tail-p.head == uint(len(p.ring)) {
		p.grow()
	}
	p.ring[p.tail&uint(len(p.ring)-1)] = e
	p.tail++
	if p.tail >= p.markAt {
		c.mark(p)
	}
}

// giveBack makes a cell free that was allocated and never linked. The pool is
// locked.
func (c *cells) giveBack(p *cellPool, e uintptr) {
	if p.tail-p.head == uint(len(p.ring)) {
		p.grow()
	}
	p.head--
	p.ring[p.head&uint(len(p.ring)-1)] = e
}

// grow doubles the ring.
func (p *cellPool) grow() {
	ring := make([]uintptr, max(32, 2*len(p.ring)))
	for i := p.head; i != p.tail; i++ {
		ring[i&uint(len(ring)-1)] = p.ring[i&uint(len(p.ring)-1)]
	}
	p.ring = ring
}

// refill makes cells free that are released. It reports whether there are any.
func (c *cells) refill(p *cellPool) bool {
	enough := p.tail-p.ready >= max(p.retry, uint(c.batch))
	if p.nmarks == 0 && !enough {
		return false
	}
	if p.nmarks == 0 || !c.domain.released(p.marks[0].tag) {
		if !enough {
			return false
		}
		c.mark(p)
		if !c.domain.release(p.marks[0].tag) {
			waiting := p.tail - p.ready
			p.retry = waiting + uint(c.batch)
			if waiting > uint(c.crowd) && c.domain.oldest() != c.gaveUp.Load() {
				p.retry = 0
				c.crowded.Store(p.marks[0].tag)
			}
			return false
		}
	}
	p.retry = 0
	p.reused.Add(1)
	end, n := p.ready, 0
	for n < p.nmarks && c.domain.released(p.marks[n].tag) {
		end = p.marks[n].end
		n++
	}
	p.nmarks = copy(p.marks[:], p.marks[n:p.nmarks])
	if c.poison {
		for i := p.ready; i != end; i++ {
			c.fillFree(p.ring[i&uint(len(p.ring)-1)])
		}
	}
	p.ready = end
	c.mark(p)
	return true
}

// relax is called at the end of an operation that may have allocated, without
// locks; fr is nil for a host's. When too many cells wait for another run, it waits
// for the end of that run, for crowdPatience at most: the run's thread or goroutine
// lost its processor most likely, and ours would make new memory at the rate of its
// updates. A run that holds the cells itself, because it is long, does not wait.
// Thus runs wait for runs in earlier epochs only, and never for each other; for
// one that takes longer than that they wait once.
func (c *cells) relax(fr *abi.Frame) {
	if tag := c.crowded.Load(); tag != 0 {
		c.waitFor(fr, tag)
	}
}

//go:noinline
func (c *cells) waitFor(fr *abi.Frame, tag uint64) {
	d := c.domain
	if fr != nil {
		if own := atomic.LoadUint64(&d.cells[fr.Slot].epoch); own != 0 && own <= tag {
			return
		}
	}
	c.crowded.CompareAndSwap(tag, 0)
	oldest := d.oldest()
	if oldest > tag || oldest == c.gaveUp.Load() {
		return
	}
	for start := time.Now(); time.Since(start) < crowdPatience; {
		time.Sleep(crowdStep)
		if d.released(tag) || d.release(tag) {
			return
		}
	}
	c.gaveUp.Store(oldest)
}

// mark gives the cells that have none a tag: the epoch after all of them were
// unlinked. The fence is what makes that so: see epoch.go. Runs that begin from now
// on are in a later epoch. It happens when half of the free cells are used up, so
// that some runs have ended when the others are.
func (c *cells) mark(p *cellPool) {
	p.markAt = p.tail + max(uint(c.batch), p.ready-p.head)/2
	if p.marked == p.tail {
		return
	}
	p.fence.Add(1)
	tag := c.domain.tag()
	c.domain.epoch.CompareAndSwap(tag, tag+1)
	if p.nmarks == maxMarks || p.nmarks != 0 && p.marks[p.nmarks-1].tag == tag {
		p.nmarks--
	}
	p.marks[p.nmarks] = tagMark{tag, p.tail}
	p.nmarks++
	p.marked = p.tail
}

// fillFree overwrites what a program would see that holds a free cell.
func (c *cells) fillFree(e uintptr) {
	if c.values.step != 0 {
		c.values.poison(*(*uint64)(at(uint64(e))))
		return
	}
	fill(at(uint64(e)), c.payload, poisonWord)
}

// fresh cuts a cell off the newest slab, or allocates a slab. Slabs hold no
// pointers and live as long as the map.
func (c *cells) fresh(p *cellPool) uintptr {
	if p.left == 0 {
		slab := c.slab()
		p.slabs = append(p.slabs, slab)
		p.unused = uintptr(unsafe.Pointer(&slab[0])) + c.origin
		p.left = c.chunk
		if c.values.step != 0 {
			c.values.carve(c, p.unused)
		}
	}
	e := p.unused
	p.unused += c.size
	p.left--
	return e
}

// slab allocates a slab.
func (c *cells) slab() []uint64 {
	if c.shared != nil {
		return c.shared.cut(c.slabWords())
	}
	return make([]uint64, c.slabWords())
}

// slabWords is the size of a slab in words of 8 bytes.
func (c *cells) slabWords() uintptr {
	n := c.size * uintptr(c.chunk)
	if c.values.step != 0 {
		n += c.values.bytes()
	}
	return n / 8
}

// memory is how many bytes from an address on belong to a slab of the pool, which
// is locked; 0 when the address is in none.
func (p *cellPool) memory(addr uint64) uint64 {
	for _, slab := range p.slabs {
		start, size := uint64(uintptr(unsafe.Pointer(&slab[0]))), uint64(len(slab))*8
		if addr-start < size {
			return size - (addr - start)
		}
	}
	return 0
}
