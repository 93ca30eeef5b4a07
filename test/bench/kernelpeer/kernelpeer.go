// Package kernelpeer runs XDP programs in the running Linux kernel and times
// them: BPF_PROG_TEST_RUN with a repeat count, on code of the kernel's JIT
// compiler. It needs root and refuses a kernel that would interpret.
//
// The kernel repeats one input at a time, so its branch predictors and caches
// see an easier sequence than those of the other engines, which take the inputs
// in turn. Its time is in whole nanoseconds.
package kernelpeer

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// jitEnable holds 0 when the kernel interprets.
const jitEnable = "/proc/sys/net/core/bpf_jit_enable"

// minInput is the shortest packet that the kernel takes for XDP, bytes.
const minInput = 14

// Available says why the kernel cannot be measured, nil when it can.
func Available() error {
	if runtime.GOOS != "linux" {
		return errors.New("no Linux kernel on " + runtime.GOOS)
	}
	if os.Geteuid() != 0 {
		return errors.New("needs root")
	}
	switch text, err := os.ReadFile(jitEnable); {
	case err != nil:
		return err
	case strings.TrimSpace(string(text)) == "0":
		return errors.New(jitEnable + " is 0: programs are interpreted")
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		return fmt.Errorf("bpf(2) is refused: %w", err)
	}
	return m.Close()
}

// Object is an object loaded into the kernel.
type Object struct {
	coll *ebpf.Collection
}

// Open loads the object. Available must have returned nil.
func Open(file string) (*Object, error) {
	coll, err := ebpf.LoadCollection(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &Object{coll: coll}, nil
}

// Close unloads the programs and maps.
func (o *Object) Close() { o.coll.Close() }

// Map returns a map of the object, nil when there is none of that name.
func (o *Object) Map(name string) *ebpf.Map { return o.coll.Maps[name] }

// program finds a program and checks the inputs.
func (o *Object) program(name string, inputs [][]byte) (*ebpf.Program, error) {
	p := o.coll.Programs[name]
	if p == nil {
		return nil, fmt.Errorf("no program %q in the object", name)
	}
	for _, in := range inputs {
		if len(in) < minInput {
			return nil, fmt.Errorf("input of %d bytes; the kernel takes no packet below %d", len(in), minInput)
		}
	}
	return p, nil
}

// Jump stores a program of another object in a slot of a program array.
func (o *Object) Jump(array string, index uint32, other *Object, name string) error {
	m, p := o.coll.Maps[array], other.coll.Programs[name]
	if m == nil || p == nil {
		return fmt.Errorf("no program array %q or no program %q", array, name)
	}
	return m.Put(index, p)
}

// Repeat says how a timer asks for repetitions. Each test run with repetitions
// waits some 16 ms for the kernel to patch its dispatcher.
type Repeat struct {
	Slice time.Duration // what one call of the timer runs
	Turns int           // inputs that it takes, in turn
	Most  int           // most repetitions of an input, 0 for any number
	// After, when not nil, is called after each input; its time does not count.
	After func() error
}

// Timer returns a timer of the program over the inputs. It takes the next few of
// them, repeats each so that all together run for about a slice whatever number
// of calls it is asked for, and extrapolates. Time is what the kernel reports:
// whole nanoseconds a run, without the time in which the thread did not run.
func (o *Object) Timer(name string, inputs [][]byte, r Repeat) (measure.Timer, error) {
	p, err := o.program(name, inputs)
	if err != nil {
		return nil, err
	}
	run := func(in []byte, times int) (time.Duration, error) {
		_, d, err := p.Benchmark(in, times, nil)
		if err == nil && r.After != nil {
			err = r.After()
		}
		return d, err
	}
	const probe = 100
	once, err := run(inputs[0], probe)
	if err != nil {
		return nil, err
	}
	times := max(2, int(r.Slice/time.Duration(r.Turns)/max(once, 1)))
	if r.Most > 0 {
		times = min(times, r.Most)
	}
	next := 0
	return func(n int) (time.Duration, error) {
		var sum time.Duration
		for range r.Turns {
			d, err := run(inputs[next], times)
			if err != nil {
				return 0, err
			}
			sum += d
			next = (next + 1) % len(inputs)
		}
		return time.Duration(float64(sum) / float64(r.Turns) * float64(n)), nil
	}, nil
}

// Check returns a function that runs the program once on each input and returns
// the sum of the results.
func (o *Object) Check(name string, inputs [][]byte) func() (uint32, error) {
	return func() (uint32, error) {
		p, err := o.program(name, inputs)
		if err != nil {
			return 0, err
		}
		sum := uint32(0)
		for _, in := range inputs {
			r, err := p.Run(&ebpf.RunOptions{Data: in})
			if err != nil {
				return 0, err
			}
			sum += r
		}
		return sum, nil
	}
}
