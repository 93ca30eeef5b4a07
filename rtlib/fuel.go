package rtlib

import (
	"errors"
	"fmt"
	_ "unsafe" // for linkname

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// ErrFuel is wrapped by the error of a run that was ended because its budget of
// instructions (-fuel) was used up. What the run has written to maps and to the
// packet stays.
var ErrFuel = errors.New("budget of instructions used up")

// OutOfFuel notes that the run has used up the budget of its program, which is
// the one with that index in the instance that runs. The code returns from all
// functions of the program: below 0, Frame.Fuel tells callers.
//
//go:linkname OutOfFuel bpf2go/rtlib/v1.OutOfFuel
//go:nocheckptr
func OutOfFuel(fr *abi.Frame, program uint64) uint64 {
	f, inst := (*Frame)(fr.Private.P), (*Instance)(fr.Inst.P)
	fr.Fuel = -1
	if program < uint64(len(inst.programs)) {
		p := &inst.programs[program]
		f.err = fmt.Errorf("program %q: the run was ended before it executed more than %d instructions (-fuel): %w", p.Name(), p.spec.Fuel, ErrFuel)
	} else {
		f.err = fmt.Errorf("instance %q: the run was ended: %w", inst.Name(), ErrFuel)
	}
	f.abandon()
	return 0
}

// abandon gives back what a program holds that does not run to its end. This is
// the place for everything that proofs rely on programs to give back; the epoch
// is that of the run, which leaves it as ever.
func (f *Frame) abandon() {
	for _, w := range f.bits { // of iterators, see bits.go
		w.owner = 0
	}
	f.letGo()
}

// ended returns why the run that returned did not reach its end, once; nil
// when it did.
func (f *Frame) ended() error {
	err := f.err
	if err != nil {
		f.err = nil
	}
	return err
}

// Ended returns an error that wraps ErrFuel when the run before was ended by a
// budget, of its program or of one that it has tail-called; else nil.
func (b *Bound) Ended() error { return b.owner.ended() }
