package rtlib

import (
	"runtime"
	"sync"
	"time"
	"unsafe"
)

// The pooled calls (RunXDP, RunRaw) need a Frame for a moment. Each P of the
// Go scheduler has a place for one idle Frame. Taking it and putting it back
// happens while the goroutine is pinned to its P, so both need no atomic
// operation; the program itself runs unpinned, because helpers may block. When
// a goroutine is preempted inside a run, others on its P find the place empty
// and take a Frame from the shared list, lease another slot, or wait.

// pool keeps idle Frames.
type pool struct {
	cells []poolCell // by P
	mu    sync.Mutex
	idle  []*Frame // what found its P's place full
}

// poolCell is the place of one P, on its own cache lines.
type poolCell struct {
	frame *Frame
	_     [128 - unsafe.Sizeof(uintptr(0))]byte
}

// borrow returns a Frame that runs programs of inst.
func (d *domain) borrow(inst *Instance) *Frame {
	f := d.pool.take()
	if f == nil {
		f = d.borrowShared()
	}
	f.inst = inst
	f.abi.Inst.P = unsafe.Pointer(inst)
	f.abi.Slots.P = inst.slots
	return f
}

// handBack makes a Frame idle. It keeps nothing of the instance or the packet
// reachable.
func (d *domain) handBack(f *Frame) {
	f.inst = nil
	f.abi.Inst.P = nil
	f.abi.Slots.P = nil
	f.abi.Buf.P = nil
	f.abi.Running = 0
	if !d.pool.put(f) {
		d.pool.share(f)
	}
}

// borrowShared returns an idle Frame of the shared list, or one with a new
// lease, or waits for another goroutine to hand one back.
func (d *domain) borrowShared() *Frame {
	for wait := time.Microsecond; ; wait = min(2*wait, time.Millisecond) {
		if f := d.pool.shared(); f != nil {
			return f
		}
		if slot, err := d.lease(true); err == nil {
			return d.frame(slot)
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
