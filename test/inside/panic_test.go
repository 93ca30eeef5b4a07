package inside

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// TestPanicInHelper: a panic of Go code that a program has called passes
// through the program to the caller. Nothing is lost: the Frame, the pool's
// Frames, the slots, the lock of the trace and the epoch are as after any run.
func TestPanicInHelper(t *testing.T) {
	fail := false
	inst := load(t, func() {
		if fail {
			panic("from the writer")
		}
	})
	mem := memory(11)
	ways(t, inst, "speak")[0].must(t, nil, 0) // the pool has its slot
	all := spokenWays(t, inst)
	before := freeSlots(t, inst)
	for i, s := range spokenPrograms() {
		want := s.result(mem)
		for _, w := range all[i] {
			for range 3 * rtlib.PossibleCPU() {
				fail = true
				if got := recovered(func() { _, _ = w.run(mem) }); got != "from the writer" {
					t.Fatalf("%s: recovered %v, want the panic of the writer", w.name, got)
				}
				fail = false
				w.must(t, mem, want)
			}
		}
	}
	if runs, want := counted(t, inst, 0), uint64(9*rtlib.PossibleCPU()); runs != want {
		t.Errorf("%d runs counted after the call, want %d", runs, want)
	}
	if after := freeSlots(t, inst); after < before {
		t.Errorf("%d slots are free, %d were before", after, before)
	}
	reuse(t, inst)
}

// TestPanicInTailCall: the panic comes in a program that others have called in
// their place, after any number of such calls.
func TestPanicInTailCall(t *testing.T) {
	lines, last := 0, 0
	inst := load(t, func() {
		if lines++; lines == last {
			panic("from the writer")
		}
	})
	f, hop, mem := newFrame(t, inst), inst.Program("hop"), memory(12)
	for _, ctx := range hops() {
		_, n := hopResult(&ctx)
		for last = 1; last <= n; last++ {
			lines = 0
			if got := recovered(func() { _, _ = f.RunXDP(hop, &ctx) }); got != "from the writer" {
				t.Fatalf("hop to slot %d: recovered %v, want the panic of the writer", ctx.RxQueueIndex, got)
			}
			mustRun(t, f, inst.Program("chain"), mem, chainResult(mem))
		}
		last = 0
		runHops(t, f, hop, &lines)
	}
	reuse(t, inst)
}

// recovered runs f and returns what it panics with.
func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// freeSlots counts the Frames that can be made.
func freeSlots(t *testing.T, inst *rtlib.Instance) int {
	t.Helper()
	var frames []*rtlib.Frame
	for {
		f, err := rtlib.NewFrame(inst)
		if err != nil {
			break
		}
		frames = append(frames, f)
	}
	for _, f := range frames {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	return len(frames)
}

// reuse replaces a value many times and measures what that leaves on the heap:
// 100,000 values of 16 bytes and more when a run that is over holds the epoch
// back, a few when none does.
func reuse(t *testing.T, inst *rtlib.Instance) {
	t.Helper()
	before := heap()
	for i := range uint64(100_000) {
		putPair(t, inst, 1, pairValue+i)
	}
	putPair(t, inst, 1, pairValue)
	if after := heap(); after > before+1_000_000 {
		t.Errorf("values that were replaced keep %d bytes", after-before)
	}
}

// heap is the size of what is in use, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestPanicThenClose: a panic delays what waits for the run until the next run
// on the Frame or until the Frame is closed (rtlib/epoch.go), not longer.
func TestPanicThenClose(t *testing.T) {
	for _, next := range []string{"run", "close"} {
		inst := load(t, inject(func() { panic("from the writer") }))
		f, speak := newFrame(t, inst), inst.Program("speak")
		if recovered(func() { _, _ = f.RunRaw(speak, memory(1)) }) == nil {
			t.Error("no panic")
		}
		if next == "run" {
			mustRun(t, f, speak, nil, 0)
			reuse(t, inst)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		reuse(t, inst)
		if err := inst.Close(); err != nil {
			t.Errorf("close after a panic and a %s: %v", next, err)
		}
	}
}

// TestGoexitInHelper: a goroutine that ends in the middle of a program leaves
// everything in order, too. testing.T.FailNow in a callback is such an end.
func TestGoexitInHelper(t *testing.T) {
	exit := false
	inst := load(t, func() {
		if exit {
			runtime.Goexit()
		}
	})
	mem := memory(13)
	for _, s := range spokenPrograms() {
		want := s.result(mem)
		for _, w := range ways(t, inst, s.name) {
			for range 2 * rtlib.PossibleCPU() {
				exit = true
				inGoroutine(func() { _, _ = w.run(mem) })
				exit = false
				w.must(t, mem, want)
			}
		}
	}
	reuse(t, inst)
}

// TestPanicNames: the trace of a panic names the C function and its line.
func TestPanicNames(t *testing.T) {
	var trace string
	inst := load(t, func() {
		buf := make([]byte, 1<<16)
		trace = string(buf[:runtime.Stack(buf, false)])
	})
	f, mem := newFrame(t, inst), memory(1)
	mustRun(t, f, inst.Program("speak"), mem, speakResult(mem))
	requireNames(t, trace, "inside_speak", fmt.Sprintf("inside.bpf.c:%d", lineOf(t, "/* speaks */")))
	mustRun(t, f, inst.Program("chain"), mem, chainResult(mem))
	for n := 1; n <= 7; n++ {
		requireNames(t, trace, fmt.Sprintf("inside_chain_link%d(", n))
	}
	requireNames(t, trace, "inside_chain(", fmt.Sprintf("inside.bpf.c:%d", lineOf(t, "/* the end of the chain */")))
	mustRun(t, f, inst.Program("calls_back"), mem, callsBackResult(mem))
	requireNames(t, trace, "inside_calls_back(", fmt.Sprintf("inside.bpf.c:%d", lineOf(t, "/* an element speaks */")))
	if verdict, err := f.RunXDP(inst.Program("hop"), &hops()[1]); verdict != 7000 || err != nil {
		t.Errorf("hop: got %d, %v, want 7000", verdict, err)
	}
	requireNames(t, trace, "inside_hop(", "inside_hop_leap(", "inside_land(", fmt.Sprintf("inside.bpf.c:%d", lineOf(t, "bpf_tail_call(ctx")))
}

// TestRunInHelper: Go code that a program has called runs programs itself, on
// the pool's Frames, and so do those. (Each on an instance of its own: the
// lines of one trace come one at a time.)
func TestRunInHelper(t *testing.T) {
	mem, deepest := memory(15), 0
	var descend func(depth int)
	descend = func(depth int) {
		deepest = max(deepest, depth)
		if depth == 6 {
			runtime.GC()
			return
		}
		inst := load(t, func() { descend(depth + 1) })
		for name, want := range map[string]uint64{"speak": speakResult(mem), "descend": descendResult(mem)} {
			if got, err := rtlib.RunRaw(inst.Program(name), mem); got != want || err != nil {
				t.Errorf("%s at depth %d: got %#x, %v, want %#x", name, depth, got, err, want)
			}
		}
	}
	descend(0)
	if deepest != 6 {
		t.Errorf("depth %d, want 6", deepest)
	}
}
