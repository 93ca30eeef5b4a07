package main

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/bench/gen/body"
	"github.com/bpf2go-native/bpf2go-native/test/bench/gen/native"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// The loops of this file call the empty program with one context again and
// again: nothing but the call. They are spelled out for each engine, because a
// call through a function value or an interface has a price of its own.

// call is a way to run the empty program n times.
type call func(g *generated, packet []byte, n int) (time.Duration, error)

// bareCalls are the rows about the bare call: by label, the ways of our columns.
func bareCalls() []struct {
	label string
	by    map[string]call
} {
	return []struct {
		label string
		by    map[string]call
	}{
		{"call, owned Frame", map[string]call{columnNative: boundNative, columnBody: boundBody}},
		{"call, Frame.RunXDP", map[string]call{columnNative: plain(columnNative), columnBody: plain(columnBody)}},
		{"call, pooled Frame", map[string]call{columnNative: pooled(columnNative), columnBody: pooled(columnBody)}},
	}
}

// bare returns the engines of a row about the bare call.
func (g *generated) bare(by map[string]call, packet []byte) ([]measure.Engine, error) {
	list, err := g.engines(program{object: callsObject, name: "empty"}, [][]byte{packet})
	for i := range list {
		if f := by[list[i].Name]; f != nil && list[i].Run != nil {
			list[i].Run = func(n int) (time.Duration, error) { return f(g, packet, n) }
		}
	}
	return list, err
}

func boundNative(_ *generated, packet []byte, n int) (d time.Duration, err error) {
	var objects native.CallsObjects
	if err := native.LoadCallsObjects(&objects, nil); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, objects.Close()) }()
	frame, err := objects.Empty.NewFrame()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, frame.Close()) }()
	run, err := objects.BindEmpty(frame)
	if err != nil {
		return 0, err
	}
	start := measure.Now()
	for range n {
		if _, err := run.Packet(packet).Run(); err != nil {
			return 0, err
		}
	}
	return measure.Now() - start, nil
}

func boundBody(_ *generated, packet []byte, n int) (d time.Duration, err error) {
	var objects body.CallsObjects
	if err := body.LoadCallsObjects(&objects, nil); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, objects.Close()) }()
	frame, err := objects.Empty.NewFrame()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, frame.Close()) }()
	run, err := objects.BindEmpty(frame)
	if err != nil {
		return 0, err
	}
	start := measure.Now()
	for range n {
		if _, err := run.Packet(packet).Run(); err != nil {
			return 0, err
		}
	}
	return measure.Now() - start, nil
}

func plain(column string) call {
	return func(g *generated, packet []byte, n int) (time.Duration, error) {
		l, err := g.load(column, program{object: callsObject})
		if err != nil {
			return 0, err
		}
		f, p, ctx := l.frame, l.instance.Program("empty"), &rtlib.XDP{Data: packet}
		start := measure.Now()
		for range n {
			if _, err := f.RunXDP(p, ctx); err != nil {
				return 0, err
			}
		}
		return measure.Now() - start, nil
	}
}

func pooled(column string) call {
	return func(g *generated, packet []byte, n int) (time.Duration, error) {
		l, err := g.load(column, program{object: callsObject})
		if err != nil {
			return 0, err
		}
		p, ctx := l.instance.Program("empty"), &rtlib.XDP{Data: packet}
		start := measure.Now()
		for range n {
			if _, err := rtlib.RunXDP(p, ctx); err != nil {
				return 0, err
			}
		}
		return measure.Now() - start, nil
	}
}

// allocations refuses a way to call that allocates for each call. Setting a loop up
// may allocate.
func allocations(f call, g *generated, packet []byte) error {
	const calls = 10_000
	var before, after runtime.MemStats
	if _, err := f(g, packet, 1); err != nil { // the first call may load
		return err
	}
	runtime.ReadMemStats(&before)
	if _, err := f(g, packet, calls); err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	if n := after.Mallocs - before.Mallocs; n >= calls/10 {
		return fmt.Errorf("%d calls allocate %d times; the goal is none", calls, n)
	}
	return nil
}
