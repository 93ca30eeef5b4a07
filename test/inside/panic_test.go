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
	want, all := speakResult(mem), ways(t, inst, "speak")
	all[0].must(t, nil, 0) // the pool has its slot
	before := freeSlots(t, inst)
	for range 3 * rtlib.PossibleCPU() {
		for _, w := range all {
			fail = true
			if got := recovered(func() { _, _ = w.run(mem) }); got != "from the writer" {
				t.Fatalf("%s: recovered %v, want the panic of the writer", w.name, got)
			}
			fail = false
			w.must(t, mem, want)
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
	want, all := speakResult(mem), ways(t, inst, "speak")
	for range 2 * rtlib.PossibleCPU() {
		for _, w := range all {
			exit = true
			inGoroutine(func() { _, _ = w.run(mem) })
			exit = false
			w.must(t, mem, want)
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
	requireNames(t, trace, "inside_speak", fmt.Sprintf("inside.bpf.c:%d", lineOf(t, "bpf_trace_printk(format, sizeof(format), len)")))
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
