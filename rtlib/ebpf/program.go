package ebpf

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// Program is a handle of a loaded program. Its methods can be called by many
// goroutines at once.
type Program struct {
	rt     *rtlib.Program
	inst   *rtlib.Instance
	owner  *owner
	closed atomic.Bool
}

// newProgram makes a handle.
func newProgram(p *rtlib.Program, inst *rtlib.Instance, o *owner) *Program {
	o.refs.Add(1)
	return &Program{rt: p, inst: inst, owner: o}
}

// Runtime returns the program that rtlib runs. The functions and Frames of
// rtlib run it without the conversions of Run, also when this handle is closed,
// until the collection is. (It has no check for nil, so that the calls in
// generated files are small enough to be inlined: 3 ns of each run.)
func (p *Program) Runtime() *rtlib.Program { return p.rt }

// NewFrame returns a Frame on which the programs of this collection can be run
// without allocation. Errors as rtlib.NewFrame.
func (p *Program) NewFrame() (*rtlib.Frame, error) {
	if err := p.open("new frame"); err != nil {
		return nil, err
	}
	return rtlib.NewFrame(p.inst)
}

// Type is the program's type, UnspecifiedProgram for hooks that Linux does not
// have.
func (p *Program) Type() ProgramType { return programType(p.rt.Hook()) }

// String is the program's type and name.
func (p *Program) String() string { return fmt.Sprintf("%s(%q)", p.Type(), p.rt.Name()) }

// Clone returns another handle of the same program, which is closed by itself.
func (p *Program) Clone() (*Program, error) {
	if err := p.open("clone"); err != nil {
		return nil, err
	}
	return newProgram(p.rt, p.inst, p.owner), nil
}

// Close closes the handle. A second call does nothing, and so does one on a
// nil Program.
func (p *Program) Close() error {
	if p == nil || p.closed.Swap(true) {
		return nil
	}
	return p.owner.release()
}

// open refuses nil and closed handles.
func (p *Program) open(op string) error {
	if p == nil {
		return fmt.Errorf("%s: the program is nil; load it with LoadAndAssign: %w", op, os.ErrInvalid)
	}
	if p.closed.Load() {
		return fmt.Errorf("program %q: %s: %w", p.rt.Name(), op, os.ErrClosed)
	}
	return nil
}

// RunOptions are the input and output of Program.Run.
type RunOptions struct {
	// Data is the packet, or the memory of a raw program. It is copied: the
	// program's changes are seen in DataOut only. Unlike in the kernel it may
	// be shorter than an Ethernet header.
	Data []byte
	// DataOut gets the data as it is after the run and is cut to its length.
	// When it is too short, Run returns an error that wraps syscall.ENOSPC.
	DataOut []byte
	// Context is a struct xdp_md (24 bytes) for XDP programs: data is the
	// length of the metadata at the start of Data, data_end the length of
	// Data, data_meta 0.
	Context any
	// ContextOut gets the context after the run.
	ContextOut any
	// Repeat is how often the program runs on the same data; 0 is once.
	Repeat uint32
	// Reset is called before the first run, for testing.B.ResetTimer.
	Reset func()
}

// Run runs the program once or Repeat times in this goroutine and returns the
// low 32 bits of the last r0; nil is no options. Programs of hooks without a general context
// (neither xdp nor raw) are an error that wraps ErrNotSupported: their
// generated method runs them.
func (p *Program) Run(opts *RunOptions) (uint32, error) {
	ret, _, err := p.run(opts)
	return ret, err
}

// testPad is how much longer than its input the output of Test can be: what
// xdp_adjust_head can add.
const testPad = 256 + 2

// Test runs the program once on a copy of in and returns r0 and the data
// after the run.
func (p *Program) Test(in []byte) (uint32, []byte, error) {
	opts := RunOptions{Data: in, DataOut: make([]byte, len(in)+testPad)}
	ret, _, err := p.run(&opts)
	if err != nil {
		return 0, nil, err
	}
	return ret, opts.DataOut, nil
}

// Benchmark runs the program repeat times on the same data and returns the
// last r0 and the time of one run. reset, which may be nil, is called before
// the first run.
func (p *Program) Benchmark(in []byte, repeat int, reset func()) (uint32, time.Duration, error) {
	if repeat <= 0 || int64(repeat) > int64(^uint32(0)) {
		return 0, 0, fmt.Errorf("benchmark: repeat %d: %w", repeat, os.ErrInvalid)
	}
	ret, total, err := p.run(&RunOptions{Data: in, Repeat: uint32(repeat), Reset: reset})
	return ret, total / time.Duration(repeat), err
}

// runner runs a program on a Frame or, without one, on the pool's.
type runner func(frame *rtlib.Frame) (uint64, error)

// run does the work of Run and returns the time of all runs.
func (p *Program) run(opts *RunOptions) (uint32, time.Duration, error) {
	if err := p.open("run"); err != nil {
		return 0, 0, err
	}
	if opts == nil {
		opts = &RunOptions{}
	}
	data := append([]byte(nil), opts.Data...)
	var once runner
	var ctx *rtlib.XDP
	switch p.rt.Hook() {
	case "xdp":
		var err error
		if ctx, err = readContext(data, opts.Context); err != nil {
			return 0, 0, fmt.Errorf("program %q: context: %w", p.rt.Name(), err)
		}
		once = func(f *rtlib.Frame) (uint64, error) {
			if f == nil {
				ret, err := rtlib.RunXDP(p.rt, ctx)
				return uint64(ret), err
			}
			ret, err := f.RunXDP(p.rt, ctx)
			return uint64(ret), err
		}
	case "raw":
		if opts.Context != nil {
			return 0, 0, fmt.Errorf("program %q: a raw program has no context: %w", p.rt.Name(), os.ErrInvalid)
		}
		once = func(f *rtlib.Frame) (uint64, error) {
			if f == nil {
				return rtlib.RunRaw(p.rt, data)
			}
			return f.RunRaw(p.rt, data)
		}
	default:
		return 0, 0, fmt.Errorf("program %q: Run for hook %q; call its generated method: %w", p.rt.Name(), p.rt.Hook(), ErrNotSupported)
	}
	ret, took, err := p.repeat(once, max(opts.Repeat, 1), opts.Reset)
	if err != nil {
		return 0, 0, err
	}
	if ctx != nil {
		data = ctx.Data
		if err := writeContext(opts.ContextOut, ctx); err != nil {
			return 0, 0, fmt.Errorf("program %q: context: %w", p.rt.Name(), err)
		}
	}
	if opts.DataOut != nil {
		if len(opts.DataOut) < len(data) {
			return 0, 0, fmt.Errorf("program %q: DataOut has %d bytes, the data has %d: %w", p.rt.Name(), len(opts.DataOut), len(data), errNoSpace)
		}
		opts.DataOut = opts.DataOut[:copy(opts.DataOut, data)]
	}
	return uint32(ret), took, nil
}

// repeat runs the program n times. Many runs get a Frame of their own, or the
// pool's when no execution slot is free.
func (p *Program) repeat(once runner, n uint32, reset func()) (ret uint64, took time.Duration, err error) {
	var frame *rtlib.Frame
	if n > 1 {
		frame, err = rtlib.NewFrame(p.inst)
		if err != nil && !errors.Is(err, rtlib.ErrNoSlot) {
			return 0, 0, err
		}
		defer frame.Close() //nolint:errcheck // Frame.Close has no failure
	}
	if reset != nil {
		reset()
	}
	start := time.Now()
	for range n {
		if ret, err = once(frame); err != nil {
			return 0, 0, err
		}
	}
	return ret, time.Since(start), nil
}
