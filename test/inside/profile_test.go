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

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// TestCPUProfile: samples of the profiler in machine code have the program's
// name and lines of the C source.
func TestCPUProfile(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skipf("machine code exists for amd64 and arm64, this is %s", runtime.GOARCH)
	}
	inst := load(t, nil)
	mem := memory(1 + 8) // chain begins at its first function, twice
	profileOf(t, inst, "spin", mem, spinResult(mem, 200_000), "inside_spin", lineOf(t, "u64 spin(const"))
	// The macro LINK is one line of C for the compiler.
	profileOf(t, inst, "chain", mem, chainResult(mem), "inside_chain_link", lineOf(t, "LINK(6, link7)"))
}

// profileOf runs a program until samples are in functions with a prefix, at most
// nine lines behind the first.
func profileOf(t *testing.T, inst *rtlib.Instance, name string, mem []byte, want uint64, function string, first int) {
	t.Helper()
	p, f := inst.Program(name), newFrame(t, inst)
	for range 10 {
		var buf bytes.Buffer
		if err := pprof.StartCPUProfile(&buf); err != nil {
			t.Fatal(err)
		}
		// The profiler takes 100 samples a second.
		for begin := time.Now(); time.Since(begin) < 400*time.Millisecond; {
			mustRun(t, f, p, mem, want)
		}
		pprof.StopCPUProfile()
		var inLoop, all uint64
		for _, s := range parseProfile(t, buf.Bytes()) {
			if strings.Contains(s.function, "inside."+function) && strings.HasSuffix(s.file, "inside.bpf.c") && s.line >= first && s.line < first+10 {
				inLoop += s.count
			}
			all += s.count
		}
		t.Logf("%d of %d samples are in %s", inLoop, all, name)
		if inLoop > 0 {
			return
		}
	}
	t.Errorf("no sample of ten profiles is in %s", name)
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
	all := append(spokenPrograms(), spoken{"spin_long", func(mem []byte) uint64 { return spinResult(mem, 400_000) }})
	for _, s := range all {
		want := s.result(mem)
		for range 2 {
			f := newFrame(t, inst)
			wg.Go(func() {
				for range 50 {
					mustRun(t, f, inst.Program(s.name), mem, want)
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
	for _, name := range []string{"inside_speak", "inside_descend", "inside_chain_link7", "inside_calls_back", "inside.bpf.c"} {
		if (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") && !bytes.Contains(buf.Bytes(), []byte(name)) {
			t.Errorf("%q is not in a trace of %d bytes", name, buf.Len())
		}
	}
}
