package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/bench/kernelpeer"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// Columns of the rows with two threads. What is measured is the CPU time of one
// thread while another one does the same on the same map, and its time alone. The
// loop is part of it: differences of times with other threads' noise in them would
// be worth nothing for lookups that take a third of a nanosecond.
const (
	both  = "2 threads"
	alone = "1 thread"
)

// threads are pairs of rows: our machine code, which has the goal, and the
// kernel for comparison.
func (s *suite) threads() ([]measure.Row, error) {
	read := measure.Goal{Max: 1.1, Against: []string{alone}, Label: alone}
	mixed := measure.Goal{Max: 1.5, Against: []string{alone}, Label: alone}
	var rows []measure.Row
	for _, o := range []operation{
		on("array lookup", arrayObject, "array_lookup", "array_base", read),
		on("hash lookup, 4 B", hashObject, "hash4_lookup", "hash4_base", read),
		on("hash lookup, 16 B", hashObject, "hash16_lookup", "hash16_base", read),
		on("hash 95/5, 4 B", hashObject, "hash4_mix", "hash4_base", mixed),
		on("LRU lookup", lruObject, "lru_lookup", "lru_base", read),
		on("per-CPU array lookup", percpuObject, "percpu_array_lookup", "percpu_array_base", read),
		on("per-CPU array count", percpuObject, "percpu_count", "percpu_array_base", read),
		on("per-CPU hash lookup", percpuObject, "percpu_hash_lookup", "percpu_hash_base", read),
		on("per-CPU hash update", percpuObject, "percpu_hash_update", "percpu_hash_base", read),
		on("LPM, 10^4 prefixes", lpmObject, "lpm_lookup", "lpm_base", read),
		on("array in array of maps", innerObject, "inner_array_lookup", "inner_array_base", read),
		on("hash in hash of maps", innerObject, "inner_hash_lookup", "inner_hash_base", read),
	} {
		ours, theirs := o.label+", native", o.label+", kernel"
		if s.wanted(ours) {
			r, err := s.nativeThreads(o)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", ours, err)
			}
			r.Name, r.Goals = ours, o.goals
			rows = append(rows, r)
		}
		if s.wanted(theirs) {
			r, err := s.kernelThreads(o.prog)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", theirs, err)
			}
			r.Name = theirs
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// pair is a row of the two columns.
func pair(one, two measure.Timer, calls int) measure.Row {
	return measure.Row{Ops: opsPerRun, Engines: []measure.Engine{
		{Name: both, Run: two, Calls: calls}, {Name: alone, Run: one, Calls: calls},
	}}
}

// missingPair is a row of the two columns that cannot be measured.
func missingPair(why string) measure.Row {
	return measure.Row{Ops: opsPerRun, Engines: []measure.Engine{{Name: both, Missing: why}, {Name: alone, Missing: why}}}
}

// nativeThreads has a Frame for each thread.
func (s *suite) nativeThreads(o operation) (measure.Row, error) {
	first, err := s.ours.engine(columnNative, o.prog, seeds())
	if err != nil || first.Run == nil {
		return missingPair(first.Missing), err
	}
	if runtime.GOMAXPROCS(0) < 2 {
		return missingPair("one processor"), nil
	}
	l, err := s.ours.load(columnNative, o.prog)
	if err != nil {
		return measure.Row{}, err
	}
	frame, err := s.ours.second(l.instance)
	if err != nil {
		return measure.Row{}, err
	}
	run, err := l.timer(frame, o.prog.name, seeds())
	return pair(first.Run, beside(first.Run, run), 0), err
}

// second returns another Frame of the instance.
func (g *generated) second(inst *rtlib.Instance) (*rtlib.Frame, error) {
	if f := g.seconds[inst]; f != nil {
		return f, nil
	}
	f, err := rtlib.NewFrame(inst)
	if err == nil {
		g.seconds[inst] = f
	}
	return f, err
}

// few calls of a program take much less time than a turn.
const few = 20

// least is the share of its time in which the first thread should have had
// company; the machine may have other things to do.
const least = 0.8

// beside times a program while another thread runs the second timer all the
// time. When the threads were not at work together, it tries again.
func beside(first, second measure.Timer) measure.Timer {
	return func(n int) (d time.Duration, err error) {
		for range 5 {
			var share float64
			if d, share, err = company(first, second, n); err != nil || share >= least {
				break
			}
		}
		return d, err
	}
}

// company is one attempt of beside; share is the CPU time of the second thread
// divided by that of the first.
func company(first, second measure.Timer, n int) (d time.Duration, share float64, err error) {
	var ready, stop atomic.Bool
	type sum struct {
		d   time.Duration
		err error
	}
	done := make(chan sum)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var all sum
		for warm := true; !stop.Load() && all.err == nil; warm = false {
			var d time.Duration
			if d, all.err = second(few); !warm {
				all.d += d
			}
			ready.Store(true)
		}
		done <- all
	}()
	for !ready.Load() {
		runtime.Gosched()
	}
	d, err = first(n)
	stop.Store(true)
	other := <-done
	if err == nil {
		err = other.err
	}
	return d, float64(other.d) / float64(max(d, 1)), err
}

// kernelThreads has two threads in test runs.
func (s *suite) kernelThreads(prog program) (measure.Row, error) {
	if why := s.peers.missing[kernel]; why != "" {
		return missingPair(why), nil
	}
	o, err := s.peers.kernelObject(prog)
	if err != nil {
		return measure.Row{}, err
	}
	// The other thread has to be at work in the whole test run of the first,
	// which waits for the dispatcher before it begins.
	one := kernelpeer.Repeat{Slice: s.peers.slice, Turns: 1}
	long := kernelpeer.Repeat{Slice: 3*s.peers.slice + 60*time.Millisecond, Turns: 1}
	first, err := o.Timer(prog.name, seeds(), one)
	if err != nil {
		return measure.Row{}, err
	}
	second, err := o.Timer(prog.name, seeds(), long)
	// The timers have numbers of their own.
	return pair(first, during(first, second), 1000), err
}

// during times a test run within a longer one.
func during(first, second measure.Timer) measure.Timer {
	return func(n int) (time.Duration, error) {
		done := make(chan error)
		go func() {
			_, err := second(1)
			done <- err
		}()
		// The longer one waits for the dispatcher, too.
		time.Sleep(25 * time.Millisecond)
		d, err := first(n)
		if other := <-done; err == nil {
			err = other
		}
		return d, err
	}
}
