package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bpf2go-native/bpf2go-native/examples/tenants/oracle"
)

// outcome is what came of frames that were decided while policies changed.
type outcome struct {
	frames   int64
	replaced int64 // policies
	mixed    int64 // frames that saw two policies, or none where there is one
	stale    int64 // that saw one which was not the tenant's at any moment of the run
	wrong    int64 // with another verdict than that of the policy which they saw
	counted  int64 // by how much the counters differ from what the oracle counts
	ns       float64
}

// bad is the number of errors.
func (o *outcome) bad() int64 { return o.mixed + o.stale + o.wrong + o.counted }

// clock knows which versions the policies of a tenant can have: begun is written
// before a policy is installed, done afterwards. A run that reads done before and
// begun behind it has seen a version between them.
type clock struct{ begun, done atomic.Uint32 }

// start installs the first policy of all tenants.
func start(e *engine, w *world, clocks []clock) error {
	for t := range clocks {
		if err := e.install(uint32(t), w.policies[t][1]); err != nil {
			return err
		}
		clocks[t].begun.Store(1)
		clocks[t].done.Store(1)
	}
	return nil
}

// stress decides the frames on n goroutines while another one replaces the
// policies of all tenants, version by version. The goroutines take the frames so
// many rounds, and on until every tenant had its policy replaced.
func stress(e *engine, w *world, n, rounds int) (*outcome, error) {
	clocks := make([]clock, tenantCount)
	if err := start(e, w, clocks); err != nil {
		return nil, err
	}
	before, err := e.counters()
	if err != nil {
		return nil, err
	}
	out := &outcome{}
	var tally [4]atomic.Int64
	var workers sync.WaitGroup
	errs := make([]error, n)
	begin := time.Now()
	for g := range n {
		workers.Go(func() { errs[g] = decide(e, w, clocks, rounds, out, &tally) })
	}
	stop := make(chan struct{})
	replaced := make(chan error)
	go func() {
		err := replace(e, w, clocks, stop, &out.replaced)
		if err != nil {
			atomic.StoreInt64(&out.replaced, tenantCount) // nobody waits for more
		}
		replaced <- err
	}()
	workers.Wait()
	for i := range tally {
		out.frames += tally[i].Load()
	}
	out.ns = float64(time.Since(begin).Nanoseconds()) / float64(out.frames)
	close(stop)
	if err := errors.Join(append(errs, <-replaced)...); err != nil {
		return nil, err
	}
	after, err := e.counters()
	if err != nil {
		return nil, err
	}
	for i := range after {
		out.counted += max(int64(after[i]-before[i])-tally[i].Load(), tally[i].Load()-int64(after[i]-before[i]))
	}
	return out, nil
}

// replace installs the next version of one tenant after the other. After the last
// version there are no more.
func replace(e *engine, w *world, clocks []clock, stop chan struct{}, replaced *int64) error {
	for v := 2; v < len(w.policies[0]); v++ {
		for t := range clocks {
			select {
			case <-stop:
				return nil
			default:
			}
			clocks[t].begun.Store(uint32(v))
			if err := e.install(uint32(t), w.policies[t][v]); err != nil {
				return fmt.Errorf("policy %d of tenant %d: %w", v, t, err)
			}
			clocks[t].done.Store(uint32(v))
			atomic.AddInt64(replaced, 1)
		}
	}
	return nil
}

// The counters of the program, by enum count in C.
const (
	countPassed = iota
	countDropped
	countNoPolicy
	countNotMine
)

// decide runs all frames on one goroutine and compares with the oracle.
func decide(e *engine, w *world, clocks []clock, rounds int, out *outcome, tally *[4]atomic.Int64) error {
	r, end, err := e.newRun()
	if err != nil {
		return err
	}
	var counts [4]int64
	buffer := make([]byte, frameSize)
	for round := 0; round < rounds || atomic.LoadInt64(&out.replaced) < tenantCount; round++ {
		for _, original := range w.frames {
			frame := buffer[:copy(buffer, original)]
			packet, mine := oracle.Parse(frame)
			known := mine && packet.Tenant < tenantCount
			var oldest, newest uint32
			if known {
				oldest = clocks[packet.Tenant].done.Load()
			}
			got, err := r(frame)
			if err != nil {
				return err
			}
			if known {
				newest = clocks[packet.Tenant].begun.Load()
			}
			counts[compare(w, out, frame, original, oracle.Verdict(got), packet, mine, oldest, newest)]++
		}
	}
	for i, n := range counts {
		tally[i].Add(n)
	}
	return end()
}

// compare judges a frame whose policy had a version from oldest to newest, both 0
// when its tenant has none. It returns what has to be counted.
func compare(w *world, out *outcome, frame, original []byte, got oracle.Verdict, p oracle.Packet, mine bool, oldest, newest uint32) int {
	if !mine || newest == 0 {
		if got != oracle.Drop || !slices.Equal(frame, original) {
			atomic.AddInt64(&out.wrong, 1)
		}
		if mine {
			return countNoPolicy
		}
		return countNotMine
	}
	stamp := oracle.Stamp(frame)
	version := uint32(stamp[2])
	if version < oldest || version > newest {
		if version == 0 || int(version) >= len(w.policies[0]) || slices.Equal(frame, original) {
			atomic.AddInt64(&out.mixed, 1)
		} else {
			atomic.AddInt64(&out.stale, 1)
		}
		return countDropped
	}
	want, whole := w.policies[p.Tenant][version].Decide(p)
	if stamp != whole {
		atomic.AddInt64(&out.mixed, 1)
	}
	if got != want {
		atomic.AddInt64(&out.wrong, 1)
	}
	if want == oracle.Drop {
		return countDropped
	}
	return countPassed
}

// quiet is the time of a frame in ns on one goroutine while nothing changes, the
// median of some rounds.
func quiet(e *engine, w *world) (float64, error) {
	const rounds = 7
	r, end, err := e.newRun()
	if err != nil {
		return 0, err
	}
	frames := make([][]byte, len(w.frames))
	for i := range frames {
		frames[i] = slices.Clone(w.frames[i])
	}
	var ns []float64
	for range rounds {
		start := time.Now()
		for _, f := range frames {
			if _, err := r(f); err != nil {
				return 0, err
			}
		}
		ns = append(ns, float64(time.Since(start).Nanoseconds())/float64(len(frames)))
	}
	return median(ns), end()
}
