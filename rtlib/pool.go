package rtlib

import (
	"runtime"
	"sync"
	"time"
	"unsafe"
)

// The pooled calls (RunXDP, RunRaw) need a Frame for a moment. Each P of the
// Go scheduler has one. A goroutine takes its P's Frame while it is pinned to
// the P, so no two take it and nothing is atomic; it runs the program unpinned,
// because helpers may block; and it gives the Frame back with one store,
// wherever it runs then. When a goroutine loses its P inside a run, others on
// that P find the Frame busy and take one from the shared list, lease another
// slot, or wait.
//
// An idle Frame keeps the instance and the packet of its last run reachable:
// at most one of each for a P, closed or not, until the next run there.

// pool keeps the Frames of pooled calls.
type pool struct {
	cells []poolCell // by P
	mu    sync.Mutex
	idle  []*Frame // Frames that belong to no P
}

// poolCell is the Frame of one P, on its own cache lines.
type poolCell struct {
	busy  uint64 // not 0 while a goroutine has the Frame
	frame *Frame // nil until the first run
	_     [120 - unsafe.Sizeof(uintptr(0))]byte
}

// handBack makes a borrowed Frame idle.
func (f *Frame) handBack() {
	if f.home != nil && f.abi.Running == 0 {
		storeRelease(&f.home.busy, 0)
	} else {
		f.handBackSlow()
	}
}

// handBackSlow is handBack after a panic and of Frames of the shared list.
func (f *Frame) handBackSlow() {
	if f.abi.Running != 0 {
		f.leave()
	}
	if f.home != nil {
		storeRelease(&f.home.busy, 0)
		return
	}
	f.domain.pool.share(f)
}

// borrowFor returns a Frame that runs programs of inst, when the P has none that
// does so already: f is the P's, or nil when that is busy or there is none. It
// takes an idle Frame of the shared list, or one with a new lease, or waits for
// another goroutine to hand one back.
func (d *domain) borrowFor(inst *Instance, f *Frame) *Frame {
	if f == nil {
		f = d.borrowShared()
	}
	if f.inst != inst {
		f.bind(inst)
	}
	return f
}

// borrowShared returns a Frame of the shared list, a new one, or waits.
func (d *domain) borrowShared() *Frame {
	for wait := time.Microsecond; ; wait = min(2*wait, time.Millisecond) {
		if f := d.pool.shared(); f != nil {
			return f
		}
		if slot, ok := d.leaseFree(true); ok {
			f := d.frame(slot)
			d.pool.settle(f)
			return f
		}
		if wait < 16*time.Microsecond {
			runtime.Gosched()
		} else {
			time.Sleep(wait)
		}
		if f := d.pool.take(); f != nil {
			return f
		}
	}
}

// shared takes a Frame of the shared list, or returns nil.
func (p *pool) shared() *Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	f := p.idle[n-1]
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return f
}

// share puts a Frame on the shared list.
func (p *pool) share(f *Frame) {
	p.mu.Lock()
	p.idle = append(p.idle, f)
	p.mu.Unlock()
}
