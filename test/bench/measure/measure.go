// Package measure times several engines that do the same work and compares
// them.
//
// Machines are shared and noisy, so a figure is never one number from one run.
// Engines of a row take turns in rounds of equal length; a result is the median
// of an engine's rounds, and a ratio is the median of the ratios within a round,
// where both sides saw the same weather. The order of the turns rotates.
package measure

import (
	"fmt"
	"time"
)

// A Timer calls the measured code n times and returns the time of all calls.
type Timer func(n int) (time.Duration, error)

// Engine is one way to do the work of a row.
type Engine struct {
	Name string
	// Run is measured. Its cost is divided by the operations of the row.
	Run Timer
	// Base, when not nil, is the same without the operation. It is measured
	// next to Run in each round and subtracted.
	Base Timer
	// Calls, when not 0, is how often Run and Base are called in a turn; else
	// it is calibrated.
	Calls int
	// Check, when not nil, returns a digest of the results over all inputs.
	// Engines of one row have to agree.
	Check func() (uint32, error)
	// Missing says why the engine cannot run here; then Run is nil.
	Missing string
}

// Options say how long to measure.
type Options struct {
	Rounds int           // rounds of each engine, odd
	Slice  time.Duration // length of one engine's turn in a round
}

// Series holds the rounds of one engine: nanoseconds per operation, the base
// subtracted. Gross is the median with the base included.
type Series struct {
	Net   []float64
	Gross float64
}

// turn is an engine with calibrated numbers of calls.
type turn struct {
	engine    *Engine
	run, base int
}

// Interleave checks that the engines agree, then measures those that are not
// missing and returns their series by name. ops is the number of operations of
// one call.
func Interleave(engines []Engine, ops int, o Options) (map[string]Series, error) {
	if err := agree(engines); err != nil {
		return nil, err
	}
	var turns []turn
	for i := range engines {
		e := &engines[i]
		if e.Run == nil {
			continue
		}
		t, err := newTurn(e, o.Slice)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name, err)
		}
		turns = append(turns, t)
	}
	net := make(map[string][]float64, len(turns))
	gross := make(map[string][]float64, len(turns))
	for round := range o.Rounds {
		for i := range turns {
			t := &turns[(i+round)%len(turns)]
			run, base, err := t.sample()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.engine.Name, err)
			}
			name := t.engine.Name
			net[name] = append(net[name], (run-base)/float64(ops))
			gross[name] = append(gross[name], run/float64(ops))
		}
	}
	all := make(map[string]Series, len(turns))
	for name := range net {
		all[name] = Series{Net: net[name], Gross: Median(gross[name])}
	}
	return all, nil
}

// agree compares the digests of the engines.
func agree(engines []Engine) error {
	first, want := "", uint32(0)
	for _, e := range engines {
		if e.Run == nil || e.Check == nil {
			continue
		}
		got, err := e.Check()
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", e.Name, err)
		case first == "":
			first, want = e.Name, got
		case got != want:
			return fmt.Errorf("results differ: %s gives %#x, %s gives %#x", first, want, e.Name, got)
		}
	}
	return nil
}

func newTurn(e *Engine, slice time.Duration) (t turn, err error) {
	t = turn{engine: e, run: e.Calls, base: e.Calls}
	if e.Calls > 0 {
		return t, nil
	}
	if t.run, err = calibrate(e.Run, slice); err == nil && e.Base != nil {
		t.base, err = calibrate(e.Base, slice)
	}
	return t, err
}

// calibrate returns how many calls take about slice.
func calibrate(run Timer, slice time.Duration) (int, error) {
	for n := 1; ; n *= 4 {
		d, err := run(n)
		if err != nil {
			return 0, err
		}
		// A quarter of the slice is long enough to extrapolate from.
		if d >= slice/4 || n >= 1<<40 {
			return max(1, int(float64(n)*float64(slice)/float64(max(d, 1)))), nil
		}
	}
}

// sample takes one turn: nanoseconds per call of the work and of the base.
func (t *turn) sample() (run, base float64, err error) {
	if t.engine.Base != nil {
		if base, err = perCall(t.engine.Base, t.base); err != nil {
			return 0, 0, err
		}
	}
	run, err = perCall(t.engine.Run, t.run)
	return run, base, err
}

func perCall(run Timer, n int) (float64, error) {
	d, err := run(n)
	return float64(d.Nanoseconds()) / float64(n), err
}
