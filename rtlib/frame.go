package rtlib

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Frame is the memory and the execution slot of one invocation at a time. One
// goroutine uses it at a time, and a program's helpers must not run programs on
// the Frame that they were called on; they use Nested.
//
// A run on an own Frame allocates nothing; bound runs (BindXDP, BindRaw) cost
// about 1 ns more than a call of the machine code. A Frame is about
// 4.5 kB and keeps its slot until Close.
type Frame struct {
	abi     abi.Frame // first: generated code has its address
	inst    *Instance // nil when closed or idle in the pool
	domain  *domain
	cell    *cell // of the slot
	err     error // of a run that found the instance closed
	bound   []*Bound
	cleanup runtime.Cleanup
	home    *poolCell // of a pooled Frame: the P's place that has it
	random  uint64    // state of GetPrandomU32
	bits    []*bitWords
	held    []hold // what the run has to give back, see hold.go
	nested  bool

	// Of a chain of tail calls, see TailCall.
	own     uintptr  // the *Program that runs next, of the instance that runs; 0 for none
	next    *Program // another one that runs next, nil for none
	away    bool     // under followAway
	entered bool     // followAway leaves the epoch
}

// NewFrame leases an execution slot for runs of inst's programs. It returns an
// error that wraps ErrNoSlot when all are leased, and one that wraps
// os.ErrClosed when inst is closed.
func NewFrame(inst *Instance) (*Frame, error) {
	if inst == nil || inst.closed.Load() {
		return nil, inst.errClosed()
	}
	slot, err := inst.domain.lease()
	if err != nil {
		return nil, fmt.Errorf("instance %q: new frame: %w", inst.Name(), err)
	}
	f := inst.domain.frame(slot)
	f.bind(inst)
	// A Frame that is dropped without Close does not lose its slot.
	f.cleanup = runtime.AddCleanup(f, inst.domain.giveBack, slot)
	return f, nil
}

// frame makes a Frame that owns the slot.
func (d *domain) frame(slot int) *Frame {
	f := &Frame{domain: d, cell: &d.cells[slot], random: rand.Uint64()}
	f.abi.Slot = uint64(slot)
	f.abi.Private.P = unsafe.Pointer(f)
	return f
}

// bind makes f run programs of inst.
func (f *Frame) bind(inst *Instance) {
	f.inst, f.err = inst, nil
	f.abi.Inst.P = unsafe.Pointer(inst)
	f.abi.Slots.P = inst.slots
}

// Close gives the slot back. It must not be called while a program runs on f.
// A second call does nothing.
func (f *Frame) Close() error {
	if f == nil || f.inst == nil {
		return nil
	}
	f.unbind()
	if f.nested && f.abi.Running != 0 {
		f.leave() // a panic left it
	}
	f.inst = nil
	f.abi.Inst.P = nil
	f.abi.Slots.P = nil
	f.abi.Buf.P = nil
	if !f.nested {
		f.cleanup.Stop()
		f.domain.giveBack(int(f.abi.Slot))
	}
	return nil
}

// Nested returns a Frame for a helper that runs a program of inst while the
// program that called it waits. It shares the slot and the epoch of fr, the
// helper's Frame, so both see one CPU number. Close it before the helper
// returns.
func Nested(fr *abi.Frame, inst *Instance) (*Frame, error) {
	if inst == nil || inst.closed.Load() {
		return nil, inst.errClosed()
	}
	outer := (*Frame)(fr.Private.P)
	if outer == nil || outer.domain != inst.domain {
		return nil, fmt.Errorf("nested run of instance %q: the frame was not made by NewFrame: %w", inst.Name(), os.ErrInvalid)
	}
	f := outer.domain.frame(int(fr.Slot))
	f.nested = true
	f.bind(inst)
	return f, nil
}

// ABI returns the record that generated code works on. Stubs of own hooks set
// its context fields before Program.Run.
func (f *Frame) ABI() *abi.Frame { return &f.abi }

// Slot is the CPU number that programs see on this Frame, from 0 to
// PossibleCPU()-1.
func (f *Frame) Slot() int { return int(f.abi.Slot) }

// setMemory makes mem, of which the first meta bytes are metadata, the packet
// or memory of the next run. The caller checked meta ≤ len(mem).
//
// Buf is what keeps mem reachable: the addresses are integers to the garbage
// collector, which does not move objects. DataEnd can be the address behind
// the object, which would not be a legal pointer. The addresses of nil are 0:
// nothing is between them, and proofs fold comparisons of a packet with null.
func setMemory(fr *abi.Frame, mem []byte, meta int) {
	start := unsafe.Pointer(unsafe.SliceData(mem))
	fr.Buf.P = start
	addr := uint64(uintptr(start))
	fr.DataMeta = addr
	fr.Data = addr + uint64(meta)
	fr.DataEnd = addr + uint64(len(mem))
}
