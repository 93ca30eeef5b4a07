package wait

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// extra is how much longer a collection may take beside a program than beside a
// loop in Go. On a machine that does other things as well, one beside the Go
// loop takes much longer than 0.5 ms, and the limit is as much higher.
const extra = time.Millisecond

// trials is how many collections are measured beside each program.
const trials = 50

// TestWait: the median of the collections beside each program is in the limit.
// What other processes do can only add to a wait, so a program that is in the
// limit once is.
func TestWait(t *testing.T) {
	loop := runnerInGo()
	all := append(runnersOf(t, "native", &nativeObject), runnersOf(t, "body", &bodyObject)...)
	all = append(all, boundRunners(t)...)
	for round := 1; ; round++ {
		times := beside(append([]runner{loop}, all...), trials)
		inGo := median(times[0])
		t.Logf("%-24s %s", loop.name, figures(times[0]))
		slow := all[:0:0]
		for i, r := range all {
			ts := times[1+i]
			t.Logf("%-24s %s, %v more", r.name, figures(ts), (median(ts) - inGo).Round(time.Microsecond))
			if median(ts) > inGo+limit(inGo) {
				slow = append(slow, r)
			}
		}
		if len(slow) == 0 {
			return
		}
		if round == 5 {
			for _, r := range slow {
				t.Errorf("%s: collections beside it wait too long", r.name)
			}
			return
		}
		t.Logf("again: %d are not in the limit of %v", len(slow), limit(inGo))
		all = slow
	}
}

// limit is extra, and more where a collection beside the loop in Go takes long.
func limit(inGo time.Duration) time.Duration { return max(extra, inGo) }

// TestBlind: the measurement sees a loop of machine code that does not look.
func TestBlind(t *testing.T) {
	if !machine {
		t.Skipf("machine code exists for amd64 and arm64, this is %s", runtime.GOARCH)
	}
	inGo := runnerInGo()
	once := over("blind loop", func() { blindly(20_000_000) })
	times := beside([]runner{inGo, once}, 5)
	t.Logf("%-24s %s", inGo.name, figures(times[0]))
	t.Logf("%-24s %s", once.name, figures(times[1]))
	if median(times[1]) <= median(times[0])+limit(median(times[0])) {
		t.Error("a loop that does not look is in the limit: TestWait shows nothing")
	}
}

// TestWaitARM64 is TestWait on the other architecture, under QEMU.
func TestWaitARM64(t *testing.T) {
	if testing.Short() || runtime.GOARCH == "arm64" {
		t.Skip("the other architecture, in the long run")
	}
	enginetest.GoTestOn(t, "arm64", "-v", "-run=^(TestWait|TestBlind)$", ".")
}

// blindly enters machine code from a function that looks, as Frame.RunRaw does.
//
//go:noinline
func blindly(n uint64) uint64 { return blind(n, 1) }

// runner is a goroutine that does something over and over until it is told to
// stop, and looks at nothing else.
type runner struct {
	name string
	loop func(stop *atomic.Bool)
}

// over is a runner whose loop calls run.
func over(name string, run func()) runner {
	return runner{name, func(stop *atomic.Bool) {
		for !stop.Load() {
			run()
		}
	}}
}

// runnerInGo is the loop of million in Go.
func runnerInGo() runner {
	x := uint64(1)
	return over("loop in Go", func() {
		for range 1_000_000 {
			x = x*6364136223846793005 + 1
		}
	})
}

// beside returns how long collections take beside each runner, sorted. The
// runners take turns, so that what else the machine does falls upon all.
func beside(runners []runner, trials int) [][]time.Duration {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	times := make([][]time.Duration, len(runners))
	for n := range trials {
		if n%perTurn != 0 {
			continue
		}
		for i, r := range runners {
			times[i] = append(times[i], collect(r, min(perTurn, trials-n))...)
		}
	}
	for _, ts := range times {
		slices.Sort(ts)
	}
	return times
}

// perTurn is how many collections are measured in a turn.
const perTurn = 5

// collect measures collections beside a runner. The first one does not count:
// the goroutine may not run yet.
func collect(r runner, n int) []time.Duration {
	var stop atomic.Bool
	started, stopped := make(chan bool), make(chan bool)
	go func() {
		close(started)
		r.loop(&stop)
		close(stopped)
	}()
	<-started
	runtime.GC()
	times := make([]time.Duration, n)
	for i := range times {
		begin := time.Now()
		runtime.GC()
		times[i] = time.Since(begin)
	}
	stop.Store(true)
	<-stopped
	return times
}

func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }
