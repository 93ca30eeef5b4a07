package rtlib

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// domain is what all instances of a process share, as all programs of a
// machine share its CPUs: the execution slots and the epoch that protects map
// values. Maps can be used by several instances, so neither can belong to one
// of them.
type domain struct {
	epoch   atomic.Uint64 // E of the scheme in epoch.go
	fenced  atomic.Bool   // entry needs a full fence
	_       [111]byte     // what runs read, apart from what maps write
	safe    atomic.Uint64 // tags below may be used again
	upgrade sync.Once
	cells   []cell // one for each slot
	// high is 1 + the highest slot that was ever leased: the cells from there on
	// are 0, and so is what only programs in them write.
	high atomic.Int64

	mu   sync.Mutex
	free []int // slots that are not leased
	// pooled is the number of slots that Frames of the pool have.
	pooled int

	pool pool
}

// minSlots lets small machines have a few Frames for each CPU.
const minSlots = 32

// process returns the process's domain, made by the first caller. It is the
// one piece of state that the package has.
var process = sync.OnceValue(func() *domain {
	return newDomain(max(minSlots, 4*max(runtime.NumCPU(), runtime.GOMAXPROCS(0))))
})

// newDomain makes a domain with n slots.
func newDomain(n int) *domain {
	d := &domain{cells: make([]cell, n), free: make([]int, n)}
	for i := range d.free {
		d.free[i] = n - 1 - i // slot 0 is leased first
	}
	d.epoch.Store(1)
	d.safe.Store(1)
	d.fenced.Store(true)
	d.pool.cells = make([]poolCell, n)
	return d
}

// PossibleCPU is the number of execution slots of the process: CPU numbers
// that programs see are below it, and per-CPU values have so many elements. It
// is fixed at the first use: four for each CPU, at least 32, because a Frame
// keeps its slot while it is idle.
func PossibleCPU() int { return len(process().cells) }

// lease takes a slot for a Frame that the caller owns. One slot is kept for
// pooled calls: they wait for each other, and would wait for ever if there were
// none. Idle Frames of the pool give their slots up.
func (d *domain) lease() (int, error) {
	if slot, ok := d.leaseFree(false); ok {
		return slot, nil
	}
	if f := d.pool.shared(); f != nil {
		d.mu.Lock()
		last := d.pooled == 1
		if !last {
			d.pooled--
		}
		d.mu.Unlock()
		if !last {
			return int(f.abi.Slot), nil
		}
		d.pool.share(f)
	}
	return 0, fmt.Errorf("%w: all %d are in use; close a Frame, or use the pooled calls, which share slots", ErrNoSlot, len(d.cells))
}

// leaseFree takes a slot that nobody has.
func (d *domain) leaseFree(pooled bool) (int, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.free)
	if n == 0 || n == 1 && !pooled && d.pooled == 0 {
		return 0, false
	}
	slot := d.free[n-1]
	d.free = d.free[:n-1]
	if int64(slot) >= d.high.Load() {
		d.high.Store(int64(slot) + 1)
	}
	if pooled {
		d.pooled++
	}
	return slot, true
}

// giveBack ends a lease.
func (d *domain) giveBack(slot int) {
	leave(&d.cells[slot])
	d.mu.Lock()
	d.free = append(d.free, slot)
	d.mu.Unlock()
}
