package rtlib

import (
	"sync/atomic"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// What a run holds: things that others wait for until the program gives them
// back. The verifier has proven that every path of the program does. A run that
// does not come to an end of its program, because a helper panics, a goroutine
// exits or a budget is used up, would keep them: a ring buffer whose oldest
// record stays busy is a ring buffer that nobody can read. So helpers note what
// they hand out, and abandon gives it back.
//
// Programs that can hold something (ProgramSpec.Holds) run under a deferred
// call, which adds about 2 ns; others have nothing to note. A record is
// discarded, a lock is unlocked, a drain ends; the elements that the run has
// written so far stay as they are.

// hold is one thing.
type hold struct {
	kind holdKind
	addr uint64 // of the record's bytes, or of the lock
	// ring is the address of the ring of the record or the drain. The map keeps
	// the ring reachable, and the Frame the map, as long as the run lasts.
	ring uint64
}

// at is the ring.
//
//go:nocheckptr
func (h *hold) at() *ring { return (*ring)(ptr(h.ring)) }

// holdKind says what to do with a thing that is abandoned.
type holdKind uint8

const (
	holdNone   holdKind = iota
	holdRecord          // of a ring buffer, also behind a dynptr: discard it
	holdLock            // a struct bpf_spin_lock: unlock it
	holdDrain           // of a user ring buffer: let others drain
	numHoldKinds
)

// abandoned are what abandon does, by kind.
var abandoned = [numHoldKinds]func(*hold){
	holdNone:   func(*hold) {},
	holdRecord: func(h *hold) { h.at().commit(h.addr, true, 0) },
	holdLock:   func(h *hold) { atomic.StoreUint32(lockAt(h.addr), 0) },
	holdDrain:  func(h *hold) { atomic.StoreUint32(&h.at().busy, 0) },
}

// lockAt is a struct bpf_spin_lock in a value.
//
//go:nocheckptr
func lockAt(addr uint64) *uint32 { return (*uint32)(ptr(addr)) }

// holding returns code with the deferred call.
//
//go:noinline
func (p *Program) holding(code entry) entry {
	return func(fr *abi.Frame) uint64 {
		f := (*Frame)(fr.Private.P)
		defer f.letGo()
		return code(fr)
	}
}

// letGo ends a run: it holds nothing unless it did not come to its end.
func (f *Frame) letGo() {
	if len(f.held) != 0 {
		f.letGoAll()
	}
}

// letGoAll gives back what the run holds, the last thing first.
func (f *Frame) letGoAll() {
	for i := len(f.held) - 1; i >= 0; i-- {
		h := f.held[i]
		f.held = f.held[:i]
		abandoned[h.kind](&h)
	}
}

// holdRecord notes a record that was reserved.
func (f *Frame) holdRecord(r *ring, addr uint64) {
	f.held = append(f.held, hold{holdRecord, addr, uint64(uintptr(unsafe.Pointer(r)))})
}

// dropRecord forgets a record and returns its ring; nil when the run does not
// hold it.
func (f *Frame) dropRecord(addr uint64) *ring {
	for i := len(f.held) - 1; i >= 0; i-- {
		if h := &f.held[i]; h.addr == addr && h.kind == holdRecord {
			r := h.at()
			f.drop(i)
			return r
		}
	}
	return nil
}

// dropLock forgets a lock.
func (f *Frame) dropLock(addr uint64) {
	for i := len(f.held) - 1; i >= 0; i-- {
		if f.held[i].addr == addr && f.held[i].kind == holdLock {
			f.drop(i)
			return
		}
	}
}

// dropDrain forgets a drain.
func (f *Frame) dropDrain(r *ring) {
	addr := uint64(uintptr(unsafe.Pointer(r)))
	for i := len(f.held) - 1; i >= 0; i-- {
		if f.held[i].ring == addr && f.held[i].kind == holdDrain {
			f.drop(i)
			return
		}
	}
}

// drop forgets thing i.
func (f *Frame) drop(i int) {
	last := len(f.held) - 1
	if i != last {
		f.held[i] = f.held[last]
	}
	f.held = f.held[:last]
}
