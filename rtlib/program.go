package rtlib

import (
	"fmt"
	"os"
	"sync/atomic"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// entry is the code of a program.
type entry func(*abi.Frame) uint64

// Program is a program of an Instance.
type Program struct {
	entry    entry // of generated code
	reclaims bool  // takes part in the epoch scheme
	holds    bool  // its runs let go of what they hold, see hold.go
	run      entry // body, inside an epoch when the program reclaims
	body     entry // entry, with a count of tail calls that begins at 0
	minLen   uint64
	target   *target // what slots of program arrays refer to
	// accepts has the instance at the hook kind whose context the program
	// takes and at hookOther. It has noInstance elsewhere, and everywhere once
	// the instance is closed: one comparison with Frame.inst is the whole
	// check of a call. A program with a least length of its memory has it at
	// hookMinLen only, where the length is looked at.
	accepts [hookMinLen + 1]atomic.Pointer[Instance]
	kind    hookKind
	inst    *Instance
	spec    *ProgramSpec
}

// noInstance is what no Frame is of.
var noInstance = new(Instance)

// hookKind says which calls a program's context fits.
type hookKind uint8

const (
	hookOther hookKind = iota // Run only
	hookXDP
	hookRaw
	numHookKinds
	// hookMinLen is the place in Program.accepts of programs with a least
	// length of their memory.
	hookMinLen = numHookKinds
)

// hookNames are the names of ProgramSpec.Hook.
var hookNames = [numHookKinds]string{hookOther: "other", hookXDP: "xdp", hookRaw: "raw"}

// kindOf finds the kind of a hook.
func kindOf(hook string) hookKind {
	for k, name := range hookNames {
		if name == hook {
			return hookKind(k)
		}
	}
	return hookOther
}

// Name is the name of the program's function in C.
func (p *Program) Name() string { return p.spec.Name }

// Section is the ELF section that the program came from.
func (p *Program) Section() string { return p.spec.Section }

// Hook is the name of the program's hook, "xdp".
func (p *Program) Hook() string { return p.spec.Hook }

// Engine is "native" for machine code and "go" for a Go body.
func (p *Program) Engine() string { return p.spec.Engine }

// Hash is canon.Hash (bpf/canon) of the program's instructions.
func (p *Program) Hash() [32]byte { return p.spec.Hash }

// Instructions is the number of eBPF instructions.
func (p *Program) Instructions() int { return p.spec.Insns }

// Entry returns the code that Run calls.
func (p *Program) Entry() func(*abi.Frame) uint64 { return p.entry }

// Maps returns the maps that the program refers to.
func (p *Program) Maps() []*Map {
	maps := make([]*Map, len(p.spec.Maps))
	for i, index := range p.spec.Maps {
		maps[i] = p.inst.maps[index]
	}
	return maps
}

// Run runs the program on the context that f holds: the one of the last call
// on f, or what a stub has put into f.ABI(). It returns r0.
func (p *Program) Run(f *Frame) (uint64, error) {
	if p == nil || f == nil || p.accepts[hookOther].Load() != f.inst {
		return f.runChecked(p, hookOther)
	}
	r0 := p.run(&f.abi)
	return r0, f.ended()
}

// runChecked runs a program with a least length on the memory that the Frame
// has, or says why f cannot run p with a context of the kind.
func (f *Frame) runChecked(p *Program, kind hookKind) (uint64, error) {
	if p == nil || f == nil || p.accepts[hookMinLen].Load() != f.inst {
		return 0, f.refuse(p, kind)
	}
	if n := f.abi.DataEnd - f.abi.Data; n < p.minLen {
		return 0, p.errShort(n)
	}
	r0 := p.run(&f.abi)
	return r0, f.ended()
}

// errShort is the error of memory that is shorter than the code takes it to be.
func (p *Program) errShort(n uint64) error {
	return fmt.Errorf("program %q: memory of %d bytes, section %s was made for at least %d: %w", p.Name(), n, p.Section(), p.minLen, os.ErrInvalid)
}

// fromGo returns the code of a program that may take tail calls: the words of
// the Frame that count them begin at 0, whatever a panic has left there.
//
//go:noinline
func (p *Program) fromGo() entry {
	code := p.entry
	return func(fr *abi.Frame) uint64 {
		fr.TailCalls, fr.Unwind = 0, 0
		return code(fr)
	}
}

// inEpoch returns the code of a program that can hold values of maps whose
// memory is used again. There is no defer, which would cost as much as the
// call: epoch.go says what a panic leaves behind.
//
// In a function that is inlined, Go 1.26 inlines nothing into the function
// literal, which takes 5 ns of each run.
//
//go:noinline
func (p *Program) inEpoch() entry {
	code, inst, d := p.body, p.inst, p.inst.domain
	return func(fr *abi.Frame) uint64 {
		f := (*Frame)(fr.Private.P)
		if f.inside() {
			return code(fr)
		}
		d.enter(f.cell)
		fr.Running = 1
		// Close sets closed before it looks at the cells, so either it waits
		// for this run or the run sees it here.
		if inst.closed.Load() {
			f.leave()
			f.err = inst.errClosed()
			return 0
		}
		r0 := code(fr)
		f.leave()
		return r0
	}
}

// inside reports whether the run is inside one that has published its epoch.
// On a Frame that is not nested, an epoch is what a panic left.
func (f *Frame) inside() bool { return f.nested && f.cell.epoch != 0 }

// leave ends a run that has published its epoch.
func (f *Frame) leave() {
	f.abi.Running = 0
	leave(f.cell)
}

// refuse says why f cannot run p with a context of the kind; nil when it can.
func (f *Frame) refuse(p *Program, kind hookKind) error {
	switch {
	case p == nil:
		return fmt.Errorf("run: the program is nil; does the object have it: %w", os.ErrInvalid)
	case p.inst.closed.Load():
		return p.inst.errClosed()
	case f == nil:
		return fmt.Errorf("program %q: the frame is nil; make one with NewFrame: %w", p.Name(), os.ErrInvalid)
	case f.inst == nil:
		return errClosed("frame to run program", p.Name())
	case p.inst != f.inst:
		return fmt.Errorf("program %q is of another load of object %q than the frame; make a frame for its instance: %w",
			p.Name(), p.inst.Name(), os.ErrInvalid)
	case kind != hookOther && kind != p.kind:
		return fmt.Errorf("program %q has hook %q; it cannot run with a context of %q: %w", p.Name(), p.spec.Hook, hookNames[kind], os.ErrInvalid)
	}
	return nil
}
