package rtlib

import (
	"runtime"
	"sync/atomic"
	"time"
)

// latch is a lock for some tens of nanoseconds, on which a program's helper may
// wait: no call of other packages, of hosts or of programs happens under it. It
// costs one atomic read-modify-write; sync.Mutex takes two, and its waiters are
// queued, which pays only for longer sections.
type latch struct{ word uint32 }

// lock takes the latch. Everything that earlier holders did happens before.
func (l *latch) lock() {
	if !atomic.CompareAndSwapUint32(&l.word, 0, 1) {
		l.wait()
	}
}

// unlock gives the latch back.
func (l *latch) unlock() { storeRelease32(&l.word, 0) }

// wait is lock when another goroutine has the latch. Mostly it runs, and leaves
// soon; if the system took its processor away it has to be given ours.
//
//go:noinline
func (l *latch) wait() {
	const (
		spins  = 100  // loads, about 50 ns
		yields = 1000 // of the goroutine's turn
	)
	for n := 0; ; n++ {
		switch {
		case atomic.LoadUint32(&l.word) == 0:
			if atomic.CompareAndSwapUint32(&l.word, 0, 1) {
				return
			}
		case n < spins:
		case n < yields:
			runtime.Gosched()
		default:
			time.Sleep(20 * time.Microsecond)
		}
	}
}
