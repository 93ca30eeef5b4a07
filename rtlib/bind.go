package rtlib

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// A run has to know the program and the Frame, that they fit and that neither
// is closed. Binding looks at all of it once: what is left for each run are the
// stores of the packet's bounds, a look at the error, and the call.
//
// The call stands in the generated package, because a static call of a function
// without body in its own package is a call of the machine code. Through a func
// value it is one of a wrapper that Go's compiler makes, which costs as much
// again. So generated code has a type for each program, with Bound as its
// underlying type, and rtlib has what its methods consist of:
//
//	Packet or Memory:  Set
//	Run:               Err, code(Frame)
//	  that reclaims:   Enter, code(Frame), Leave; Run of this file otherwise
//	  with more to do: Ready for Err, Begin for Enter
//
// Go's compiler puts Packet and Run into their callers, each as a method of its
// own, because together they exceed its limit for inlining, 80 nodes. A call
// takes 57 of them, and an inlined method more than a field: hence Frame.
//
//	Bound.status ─► Instance.status ─► nil, or the instance's error
//
// Instance.Close, which any goroutine can call, stores into Instance.status.
// Frame.Close, which the Frame's goroutine calls, lets every Bound of the Frame
// point to a status of its own. A run that Instance.Close overtakes when it has
// seen no error is safe: the Frame keeps the instance and its maps reachable,
// elements of arrays never move, and programs with other maps are in an epoch.

// Bound is a program on a Frame, made by Frame.BindXDP and Frame.BindRaw. It is
// for generated code, which gives it the methods Packet or Memory, and Run.
type Bound struct {
	// Frame is what the code runs on. It must not be changed.
	Frame   *abi.Frame
	status  *unsafe.Pointer // *error, changed by sync/atomic
	domain  *domain
	cell    *cell // of the Frame's slot
	minLen  uint64
	dynamic bool // every run takes the checks of Program.Run: no Enter
	owner   *Frame
	prog    *Program
}

// noError is what Bound.Err returns while nothing is closed. Never changed.
var noError error

// BindXDP prepares runs of a program with the hook xdp on the Frame. Methods of
// generated packages call it, and make the runs the fastest there are:
//
//	run, err := objs.BindFilter(frame) // once
//	verdict, err := run.Packet(data).Run()
//
// spec is that of the code which the method calls: another program's Frame would
// not do. It is nil for callers of Bound.Run, which looks the code up. A Frame
// can have many programs bound, and RunXDP can be used between their runs.
// Errors as RunXDP, and os.ErrInvalid when spec is not p's.
func (f *Frame) BindXDP(p *Program, spec *ProgramSpec) (*Bound, error) {
	return f.bindTo(p, spec, hookXDP)
}

// BindRaw is BindXDP for a program with the hook raw:
//
//	run, err := objs.BindSum(frame) // once
//	r0, err := run.Memory(mem).Run()
func (f *Frame) BindRaw(p *Program, spec *ProgramSpec) (*Bound, error) {
	return f.bindTo(p, spec, hookRaw)
}

// bindTo returns the Frame's Bound of a program that takes the context. There
// is at most one.
func (f *Frame) bindTo(p *Program, spec *ProgramSpec, kind hookKind) (*Bound, error) {
	if p == nil || f == nil || p.accepts[kind].Load() != f.inst && (p.kind != kind || p.accepts[hookMinLen].Load() != f.inst) {
		return nil, f.refuse(p, kind)
	}
	if spec != nil && spec != p.spec {
		return nil, fmt.Errorf("program %q of object %q is not program %q of the generated code; bind the one that it loads: %w",
			p.Name(), p.inst.Name(), spec.Name, os.ErrInvalid)
	}
	for _, b := range f.bound {
		if b.prog == p {
			return b, nil
		}
	}
	b := &Bound{Frame: &f.abi, status: &f.inst.status, domain: f.domain, cell: f.cell, minLen: p.minLen, dynamic: f.nested, owner: f, prog: p}
	f.bound = append(f.bound, b)
	return b, nil
}

// unbind lets no bound run reach its program.
func (f *Frame) unbind() {
	err := errClosed("frame of instance", f.inst.Name())
	status := unsafe.Pointer(&err)
	for _, b := range f.bound {
		b.status, b.dynamic = &status, true
	}
	f.bound = nil
}

// Set makes data, which has no metadata, the packet or memory of the next run
// on the Frame. The scalar fields of the context stay what the last RunXDP on
// the Frame made them, at first 0. RunXDP takes packets with metadata.
func (b *Bound) Set(data []byte) { setMemory(b.Frame, data, 0) }

// Err returns nil until the instance or the Frame is closed, then an error that
// wraps os.ErrClosed.
func (b *Bound) Err() error { return *(*error)(atomic.LoadPointer(b.status)) }

// Ready is Err for a program that may take tail calls or has a least length of
// its memory: it looks at the length that Set has stored, and lets the count
// begin at 0.
func (b *Bound) Ready() error {
	if n := b.Frame.DataEnd - b.Frame.Data; n < b.minLen {
		return b.short(n)
	}
	b.Frame.TailCalls, b.Frame.Unwind = 0, 0
	return b.Err()
}

// short is the error of memory that is too short, after that of Close.
func (b *Bound) short(n uint64) error {
	if err := b.Err(); err != nil {
		return err
	}
	return b.prog.errShort(n)
}

// Begin is Enter for a program that may take tail calls or has a least length
// of its memory, as Ready is Err.
func (b *Bound) Begin() bool {
	if b.Frame.DataEnd-b.Frame.Data < b.minLen {
		return false
	}
	b.Frame.TailCalls, b.Frame.Unwind = 0, 0
	return b.Enter()
}

// Enter begins a run of a program that reclaims: when it returns true, Leave
// follows the program. When it returns false, the run is one for Run.
//
// It has the order of Program.inEpoch: the epoch first, then the look whether
// Close was called.
func (b *Bound) Enter() bool {
	if b.dynamic || b.domain.fenced.Load() {
		return false
	}
	storeRelaxed(&b.cell.epoch, b.domain.epoch.Load())
	b.Frame.Running = 1
	if b.Err() == nil {
		return true
	}
	b.Leave()
	return false
}

// Leave ends a run that Enter began. There is no defer: epoch.go says what a
// panic leaves behind.
func (b *Bound) Leave() {
	b.Frame.Running = 0
	leave(b.cell)
}

// Run runs the program with all checks, through its func value, and returns r0.
// Generated code calls it when Enter does not apply; so can who chooses the
// program at run time. Errors as RunXDP.
func (b *Bound) Run() (uint64, error) { return b.prog.Run(b.owner) }
