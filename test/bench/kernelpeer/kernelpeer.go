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

// turns is the number of inputs that one call of a timer takes, in turn: each
// test run with repetitions waits some 16 ms for the kernel to patch its
// dispatcher.
const turns = 4

// Timer returns a timer of the program over the inputs. It takes the next few of
// them, repeats each so that all together run for about slice whatever number of
// calls it is asked for, and extrapolates. Time is what the kernel reports: whole
// nanoseconds a run, without the time in which the thread did not run.
func (o *Object) Timer(name string, inputs [][]byte, slice time.Duration) (measure.Timer, error) {
	p, err := o.program(name, inputs)
	if err != nil {
		return nil, err
	}
	const probe = 100
	_, once, err := p.Benchmark(inputs[0], probe, nil)
	if err != nil {
		return nil, err
	}
	times := max(2, int(slice/turns/max(once, 1)))
	next := 0
	return func(n int) (time.Duration, error) {
		var sum time.Duration
		for range turns {
			_, d, err := p.Benchmark(inputs[next], times, nil)
			if err != nil {
				return 0, err
			}
			sum += d
			next = (next + 1) % len(inputs)
		}
		return time.Duration(float64(sum) / turns * float64(n)), nil
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
