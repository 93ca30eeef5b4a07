package rtlib

// When may the memory of a map value be used again?
//
// A program holds plain addresses of map values in machine registers, and
// another goroutine may delete the value meanwhile. The value has to stay
// valid memory of that map until the invocation ends, and an invocation must
// not pay an atomic read-modify-write for it. The scheme is epoch-based
// reclamation (K. Fraser, "Practical lock-freedom", 2004, §5.2.3) with an
// asymmetric barrier in place of the fence at entry (D. Vyukov's asymmetric
// RCU; liburcu's sys_membarrier flavour).
//
// State. A global epoch E ≥ 1, and for each execution slot a cell: 0 while
// nothing runs there, else a value that E had at entry. One goroutine at a
// time stores to a cell.
//
//	enter:   c.epoch = E          plain store
//	leave:   c.epoch = 0          release store: after every access of the run
//	retire:  unlink the element (release store); it goes to a queue
//	mark:    full fence; tag = E, the tag of all elements of the queue that have
//	         none yet
//	advance: E++; barrier; least = smallest cell that is not 0;
//	         every element with tag < min(least, the E after the increment)
//	         may be used again. The result is kept in safe.
//
// The barrier makes every thread of the process execute a full fence between
// two of its instructions, and it does not return before they all did.
//
// Claim: when advance releases an element, no run holds its address and none
// can obtain it. Take any run R, and let B be the barrier of that advance.
//
//  1. R's store at entry stands before the fence of B on R's thread. Then the
//     store is visible to the scan after B. Either R has left, and since leave
//     is a release store all its accesses are done; or the scan sees R's cell
//     with the epoch c that R read. If c ≤ tag, the element is not released.
//     If c > tag, R read E after it was raised above tag, hence after mark
//     read tag, hence after the unlinking was visible to all (see below). R's
//     lookups come after R's read of E, so they do not find the element.
//  2. R's store at entry stands after the fence of B. Then R's lookups do, too,
//     and the unlinking is visible to them: it precedes the mark, which
//     precedes the advance that releases the element.
//
// The unlinking is visible to all before mark reads E:
//
//   - Unlinking and mark happen under one lock, and mark may be another
//     goroutine's, later. What the lock's earlier holders stored is visible to
//     the goroutine that marks, and what is visible to it and was stored by itself
//     stands before the fence.
//   - amd64: a store is visible to all other processors at once when it leaves its
//     own's buffer (Intel SDM vol. 3, §9.2.3.5 to 9.2.3.7). Those of earlier
//     holders left theirs before the store that gave the lock back did; those of
//     the goroutine itself leave it at the fence, an instruction with LOCK.
//   - Elsewhere, and under the race detector, link words, E and the lock are
//     accessed by package sync/atomic, whose operations all have one order that
//     agrees with the program's and the lock's ("The Go Memory Model", Atomic
//     Values). On arm64 they are STLR, LDAR and CASAL or LDAXR with STLXR, which
//     have it without any fence.
//
// One fence for a queue of elements replaces one for each that is unlinked: a
// later tag is never wrong, it only keeps the element longer.
//
// A migrating goroutine changes threads only through the scheduler, whose
// locks are fences, so "R's thread" may change between entry and lookup.
//
// Without an asymmetric barrier (domain.fenced) enter is a sequentially
// consistent swap. Lookups read links by atomic loads, so of "enter, lookup"
// and "unlink, scan" at least one sees the other (Dekker), which is the same
// case distinction.
//
// Nested runs (Nested) use the slot of the outer run and leave its cell as it
// is.
//
// A panic in a helper, and runtime.Goexit, leave the cell set: a deferred leave
// would cost as much as the call. This delays: an old epoch in a cell keeps
// elements from being released, never the opposite. It does so until
//
//   - the next run on the Frame enters. It may overwrite the cell, because the
//     run that panicked has no accesses left: a Frame is used by one goroutine
//     at a time, and helpers run programs on Nested only. A nested run never
//     overwrites a cell that is set;
//   - the Frame is closed, or collected: giveBack clears the cell. Closing a
//     nested Frame clears it if the nested run had set it (abi.Frame.Running);
//   - for a Frame of the pool, handBack, which is deferred for the Frame's sake.
//
// Instance.Close waits for the cells, so its patience has an end (closeWait).
//
// Host calls take no slot. They read optimistically and check that no
// element of the stripe was handed out again meanwhile (hash_host.go).

import (
	"runtime"
	"sync/atomic"
	"time"
)

// cell is the epoch of one execution slot, alone on its cache lines: two
// lines, because processors fetch them in pairs.
type cell struct {
	epoch uint64
	_     [120]byte
}

// enter publishes that a run begins on the slot.
func (d *domain) enter(c *cell) {
	e := d.epoch.Load()
	if d.fenced.Load() {
		atomic.SwapUint64(&c.epoch, e)
		return
	}
	storeRelaxed(&c.epoch, e)
}

// leave publishes that the run has ended.
func leave(c *cell) { storeRelease(&c.epoch, 0) }

// tag is the epoch that an element gets that was just unlinked.
func (d *domain) tag() uint64 { return d.epoch.Load() }

// released reports whether elements with the tag may be used again, as far as
// earlier calls of advance know.
func (d *domain) released(tag uint64) bool { return tag < d.safe.Load() }

// advance finds out which elements may be used again: those with a tag below
// the result. It costs a barrier, some microseconds.
func (d *domain) advance() uint64 {
	limit := d.epoch.Add(1)
	if !d.fenced.Load() {
		d.barrier()
	}
	for i := range d.high.Load() {
		if e := atomic.LoadUint64(&d.cells[i].epoch); e != 0 && e < limit {
			limit = e
		}
	}
	for {
		old := d.safe.Load()
		if old >= limit || d.safe.CompareAndSwap(old, limit) {
			return max(old, limit)
		}
	}
}

// release tries to get elements with the tag released and reports whether they
// are. It makes no barrier when a run shows without one that they are not: then
// it only sees to it that later runs have a later epoch.
func (d *domain) release(tag uint64) bool {
	if d.oldest() <= tag {
		d.epoch.CompareAndSwap(tag, tag+1)
		return false
	}
	return d.advance() > tag
}

// oldest is the smallest epoch of the runs that show without a barrier, the largest
// number when there are none.
func (d *domain) oldest() uint64 {
	least := ^uint64(0)
	for i := range d.high.Load() {
		if e := atomic.LoadUint64(&d.cells[i].epoch); e != 0 {
			least = min(least, e)
		}
	}
	return least
}

// synchronize waits until every run that began before the call has ended, at
// most so long. It reports whether they have.
func (d *domain) synchronize(patience time.Duration) bool {
	tag, start := d.tag(), time.Now()
	for wait := time.Microsecond; d.advance() <= tag; wait = min(2*wait, time.Millisecond) {
		if wait < 16*time.Microsecond {
			runtime.Gosched()
			continue
		}
		if time.Since(start) > patience {
			return false
		}
		time.Sleep(wait)
	}
	return true
}

// useBarrier replaces the fence at entry by the asymmetric barrier where the
// system has one. Getting permission costs milliseconds in a process with
// many threads, so it happens beside the first user's work.
//
// The order is safe: a run that enters without a fence read fenced as false,
// which was stored after barrier began to work; an advance that read fenced
// as true precedes that store, so such a run entered after its unlinking.
func (d *domain) useBarrier() {
	d.upgrade.Do(func() {
		go func() {
			if registerBarrier() {
				d.fenced.Store(false)
			}
		}()
	})
}
