package inside

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// large is the size of memory that a collection gives back at once: there are
// two of it in a span.
const large = 4096

// largeMemory begins with memory(seed).
func largeMemory(seed byte) []byte { return append(make([]byte, 0, large), memory(seed)...) }

// garbage fills memory of the sizes of packets and Frames with ones, so that
// what was freed too early is seen.
func garbage() {
	for _, size := range []int{128, large, 5120} {
		for range 64 {
			b := make([]byte, size)
			for i := range b {
				b[i] = 0xff
			}
			runtime.KeepAlive(b)
		}
	}
}

// TestCollectorKeepsPacket: in the middle of a run the Frame alone keeps the
// memory that the program reads afterwards.
func TestCollectorKeepsPacket(t *testing.T) {
	inst := load(t, func() {
		runtime.GC()
		runtime.GC()
		garbage()
	})
	for _, w := range ways(t, inst, "speak") {
		for seed := range byte(20) {
			// Nobody refers to the memory but the call.
			w.must(t, largeMemory(seed), speakResult(memory(seed)))
		}
	}
}

// TestCollectorKeepsInstance: a Frame in a run keeps instance and maps, when
// nothing else refers to them.
func TestCollectorKeepsInstance(t *testing.T) {
	mem := memory(9)
	want := speakResult(mem)
	for range 5 {
		inst, err := rtlib.NewInstance(&insideObject, &rtlib.InstanceOptions{Trace: inject(func() {
			runtime.GC()
			runtime.GC()
			garbage()
		})})
		if err != nil {
			t.Fatal(err)
		}
		putPair(t, inst, 1, pairValue)
		f, err := rtlib.NewFrame(inst)
		if err != nil {
			t.Fatal(err)
		}
		speak := inst.Program("speak")
		inst = nil // no other reference
		if got, err := f.RunRaw(speak, mem); got != want || err != nil {
			t.Errorf("got %#x, %v, want %#x", got, err, want)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestCollectorBesideRuns collects in a loop while goroutines run programs, on
// memory that is made for each run.
func TestCollectorBesideRuns(t *testing.T) {
	inst := load(t, runtime.Gosched)
	var stop atomic.Bool
	var runs atomic.Uint64
	var wg sync.WaitGroup
	for _, s := range append(spokenPrograms(), spoken{"churn", func([]byte) uint64 { return 1 }}) {
		for _, w := range ways(t, inst, s.name) {
			wg.Go(func() {
				for seed := byte(0); !stop.Load(); seed++ {
					mem := memory(seed)
					want := s.result(mem)
					got, err := w.run(mem)
					// Several goroutines may have one key in the map:
					// then another has deleted it first.
					other := s.name == "churn" && (got == 2 || got == 5 || got == 6)
					if err != nil || got != want && !other {
						t.Errorf("%s: got %#x, %v, want %#x", s.name, got, err, want)
						return
					}
					runs.Add(1)
				}
			})
		}
	}
	for begin := time.Now(); time.Since(begin) < beside; {
		runtime.GC()
		garbage()
	}
	stop.Store(true)
	wg.Wait()
	t.Logf("%d runs", runs.Load())
	if runs.Load() == 0 {
		t.Error("nothing ran beside the collector")
	}
}

// beside is how long tests of things that happen side by side go on.
const beside = 300 * time.Millisecond
