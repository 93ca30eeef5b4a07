package linear

import (
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// at makes a call.
func at(by int, start, end int64, o Op) Call[Op] {
	return Call[Op]{Op: o, By: by, Start: start, End: end}
}

func write(v uint64) Op { return Op{Kind: Write, Value: v, CPU: -1} }
func read(v uint64) Op  { return Op{Kind: Read, Value: v, CPU: -1} }
func fails(o Op, e bpf.Errno) Op {
	o.Errno = e
	return o
}
func flagged(o Op, flags uint64) Op {
	o.Flags = flags
	return o
}

// TestKeyed: histories of an element that are known to be right or wrong.
func TestKeyed(t *testing.T) {
	take := func(v uint64) Op { return Op{Kind: Take, Value: v, CPU: -1} }
	remove := Op{Kind: Remove, CPU: -1}
	none := fails(read(0), bpf.ENOENT)
	for name, c := range map[string]struct {
		calls []Call[Op]
		right bool
	}{
		"empty":                      {nil, true},
		"in a row":                   {[]Call[Op]{at(0, 0, 1, none), at(0, 2, 3, write(7)), at(0, 4, 5, read(7)), at(0, 6, 7, remove), at(0, 8, 9, none)}, true},
		"a value never written":      {[]Call[Op]{at(0, 0, 1, write(7)), at(1, 2, 3, read(8))}, false},
		"reads during a write":       {[]Call[Op]{at(0, 0, 1, write(7)), at(0, 2, 9, write(8)), at(1, 3, 4, read(7)), at(1, 5, 6, read(8))}, true},
		"back to the old value":      {[]Call[Op]{at(0, 0, 1, write(7)), at(0, 2, 9, write(8)), at(1, 3, 4, read(8)), at(1, 5, 6, read(7))}, false},
		"stale after the write":      {[]Call[Op]{at(0, 0, 1, write(7)), at(0, 2, 3, write(8)), at(1, 4, 5, read(7))}, false},
		"touching calls overlap":     {[]Call[Op]{at(0, 0, 1, write(7)), at(0, 1, 3, write(8)), at(1, 3, 5, read(7)), at(1, 5, 6, read(8))}, true},
		"a lost write":               {[]Call[Op]{at(0, 0, 5, write(7)), at(1, 1, 4, write(8)), at(0, 6, 7, none)}, false},
		"gone while it is replaced":  {[]Call[Op]{at(0, 0, 1, write(7)), at(0, 2, 9, write(8)), at(1, 3, 4, none)}, false},
		"taken twice":                {[]Call[Op]{at(0, 0, 1, write(7)), at(0, 2, 9, take(7)), at(1, 3, 8, take(7))}, false},
		"taken once":                 {[]Call[Op]{at(0, 0, 1, write(7)), at(0, 2, 9, take(7)), at(1, 3, 8, fails(take(0), bpf.ENOENT))}, true},
		"removed twice":              {[]Call[Op]{at(0, 0, 1, write(7)), at(0, 2, 9, remove), at(1, 3, 8, remove)}, false},
		"two NOEXIST succeed":        {[]Call[Op]{at(0, 0, 5, flagged(write(7), 1)), at(1, 1, 4, flagged(write(8), 1))}, false},
		"one NOEXIST succeeds":       {[]Call[Op]{at(0, 0, 5, flagged(write(7), 1)), at(1, 1, 4, fails(flagged(write(8), 1), bpf.EEXIST)), at(1, 6, 7, read(7))}, true},
		"EXIST on nothing":           {[]Call[Op]{at(0, 0, 1, flagged(write(7), 2))}, false},
		"EXIST before the insertion": {[]Call[Op]{at(0, 0, 5, write(7)), at(1, 1, 2, fails(flagged(write(8), 2), bpf.ENOENT)), at(1, 6, 7, read(7))}, true},
		"order of three":             {[]Call[Op]{at(0, 0, 9, write(1)), at(1, 0, 9, write(2)), at(2, 0, 9, remove), at(3, 1, 2, read(2)), at(3, 3, 4, read(1)), at(3, 5, 6, none)}, true},
	} {
		t.Run(name, func(t *testing.T) { expect(t, Check(Element{}, Keyed, c.calls), c.right) })
	}
}

func expect(t *testing.T, err error, right bool) {
	t.Helper()
	if (err == nil) != right {
		t.Errorf("got %v, want right: %v", err, right)
	}
	if err != nil && !strings.Contains(err.Error(), "no order explains") {
		t.Errorf("unclear error: %v", err)
	}
}

// TestQueue: the same for queues and stacks.
func TestQueue(t *testing.T) {
	push := func(v uint64) Op { return Op{Kind: Push, Value: v} }
	pop := func(v uint64) Op { return Op{Kind: Pop, Value: v} }
	peek := func(v uint64) Op { return Op{Kind: Peek, Value: v} }
	empty, full := fails(pop(0), bpf.ENOENT), fails(push(9), bpf.E2BIG)
	for name, c := range map[string]struct {
		calls        []Call[Op]
		queue, stack bool
	}{
		"in order":        {[]Call[Op]{at(0, 0, 1, push(1)), at(0, 2, 3, push(2)), at(0, 4, 5, pop(1)), at(0, 6, 7, pop(2)), at(0, 8, 9, empty)}, true, false},
		"in reverse":      {[]Call[Op]{at(0, 0, 1, push(1)), at(0, 2, 3, push(2)), at(0, 4, 5, peek(2)), at(0, 6, 7, pop(2)), at(0, 8, 9, pop(1))}, false, true},
		"together":        {[]Call[Op]{at(0, 0, 3, push(1)), at(1, 0, 3, push(2)), at(0, 4, 5, pop(2)), at(1, 6, 7, pop(1))}, true, true},
		"popped twice":    {[]Call[Op]{at(0, 0, 1, push(1)), at(0, 2, 9, pop(1)), at(1, 2, 9, pop(1))}, false, false},
		"lost":            {[]Call[Op]{at(0, 0, 1, push(1)), at(0, 2, 3, empty)}, false, false},
		"full":            {[]Call[Op]{at(0, 0, 1, push(1)), at(0, 2, 3, push(2)), at(0, 4, 5, full)}, true, true},
		"full too early":  {[]Call[Op]{at(0, 0, 1, push(1)), at(0, 2, 3, full)}, false, false},
		"more than max":   {[]Call[Op]{at(0, 0, 1, push(1)), at(0, 2, 3, push(2)), at(0, 4, 5, push(3))}, false, false},
		"out of thin air": {[]Call[Op]{at(0, 0, 1, pop(3))}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, Check("", Queue(2, false), c.calls), c.queue)
			expect(t, Check("", Queue(2, true), c.calls), c.stack)
		})
	}
}

// TestPerCPU: a host's write is all CPUs', a program's its own.
func TestPerCPU(t *testing.T) {
	on := func(o Op, cpu int) Op {
		o.CPU = cpu
		return o
	}
	all := func(values ...uint64) Op {
		o := read(0)
		copy(o.Values[:], values)
		return o
	}
	both := func(calls ...Call[Op]) error {
		return errors.Join(Check(Element{}, PerCPU(0), calls), Check(Element{}, PerCPU(1), calls))
	}
	history := []Call[Op]{
		at(0, 0, 1, on(write(5), 1)), at(0, 2, 3, on(read(0), 0)), at(0, 4, 5, on(read(5), 1)), at(0, 6, 7, all(0, 5)),
		at(0, 8, 9, write(2)), at(0, 10, 11, all(2, 2)), at(0, 12, 13, on(write(7), 0)), at(0, 14, 15, all(7, 2)),
	}
	expect(t, both(history...), true)
	expect(t, both(append(history, at(1, 12, 99, all(2, 2)))...), true)
	expect(t, both(append(history, at(1, 16, 17, all(2, 2)))...), false)
	history[1] = at(0, 2, 3, on(read(5), 0))
	expect(t, both(history...), false)
	expect(t, both(history[0], at(1, 2, 3, on(Op{Kind: Remove}, 0)), at(0, 4, 5, on(read(5), 1))), false)
}

// broken is a map of one element in which a write is a removal and an insertion.
type broken struct {
	mu sync.Mutex
	e  Element
}

func (b *broken) change(e Element) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.e = e
}

// TestPlanted: a map that is wrong for a moment is found when it is used by two
// goroutines.
func TestPlanted(t *testing.T) {
	b, start := &broken{e: Element{true, 1}}, time.Now()
	now := func() int64 { return int64(time.Since(start)) }
	calls := []Call[Op]{at(0, now(), now(), write(1))}
	var wg sync.WaitGroup
	halfway, seen := make(chan bool), make(chan bool)
	wg.Add(1)
	go func() {
		defer wg.Done()
		b.change(Element{})
		halfway <- true
		<-seen
		b.change(Element{true, 2})
	}()
	begin := now()
	<-halfway
	from := now()
	b.mu.Lock()
	e := b.e
	b.mu.Unlock()
	o := read(e.Value)
	if !e.There {
		o.Errno = bpf.ENOENT
	}
	calls = append(calls, at(1, from, now(), o))
	seen <- true
	wg.Wait()
	calls = append(calls, at(2, begin, now(), write(2)))
	expect(t, Check(Element{}, Keyed, calls), false)
	runtime.KeepAlive(b)
}
