package inside

import (
	"bytes"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCPUProfile: samples of the profiler in machine code have the program's
// name and lines of the C source.
func TestCPUProfile(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skipf("machine code exists for amd64 and arm64, this is %s", runtime.GOARCH)
	}
	inst := load(t, nil)
	spin, f, mem := inst.Program("spin"), newFrame(t, inst), memory(23)
	want := spinResult(mem, 200_000)
	first := lineOf(t, "u64 spin(const")
	for range 10 {
		var buf bytes.Buffer
		if err := pprof.StartCPUProfile(&buf); err != nil {
			t.Fatal(err)
		}
		// The profiler takes 100 samples a second.
		for begin := time.Now(); time.Since(begin) < 400*time.Millisecond; {
			mustRun(t, f, spin, mem, want)
		}
		pprof.StopCPUProfile()
		var inLoop, all uint64
		for _, s := range parseProfile(t, buf.Bytes()) {
			if strings.HasSuffix(s.function, "inside.inside_spin") && strings.HasSuffix(s.file, "inside.bpf.c") && s.line >= first && s.line < first+10 {
				inLoop += s.count
			}
			all += s.count
		}
		t.Logf("%d of %d samples are in the loop of spin", inLoop, all)
		if inLoop > 0 {
			return
		}
	}
	t.Error("no sample of ten profiles is in the loop of spin")
}

// TestTracer runs programs while the execution tracer is on, which walks stacks
// by frame pointers: in helpers that wait, in stacks that grow, and when a
// collection stops programs.
func TestTracer(t *testing.T) {
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		t.Fatal(err)
	}
	turn := make(chan int, 1)
	inst := load(t, func() {
		turn <- 1 // waits until the other goroutine is through
		runtime.Gosched()
		descendStack(100, runtime.Gosched)
		<-turn
	})
	mem := memory(25)
	var wg sync.WaitGroup
	for _, name := range []string{"speak", "descend", "spin_long"} {
		want := map[string]uint64{"speak": speakResult(mem), "descend": descendResult(mem), "spin_long": spinResult(mem, 400_000)}[name]
		for range 2 {
			f := newFrame(t, inst)
			wg.Go(func() {
				for range 50 {
					mustRun(t, f, inst.Program(name), mem, want)
				}
			})
		}
	}
	for range 10 {
		runtime.GC()
	}
	wg.Wait()
	trace.Stop()
	// The names of the functions of all stacks are in the trace as they are.
	for _, name := range []string{"inside_speak", "inside_descend", "inside.bpf.c"} {
		if (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") && !bytes.Contains(buf.Bytes(), []byte(name)) {
			t.Errorf("%q is not in a trace of %d bytes", name, buf.Len())
		}
	}
}
