package main

import (
	"encoding/binary"
	"runtime"
	"sync"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/ratelimit/oracle"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// TestEngines compares every verdict and all counts of every engine with the
// oracle. During the flood that includes that sources which send on are not
// forgotten: they would pass.
func TestEngines(t *testing.T) {
	n := packets
	if testing.Short() {
		n = 20_000
	}
	in := load(seed, n)
	for what, n := range in.counts {
		if n == 0 {
			t.Errorf("the traffic has no packet of outcome %v", oracle.Outcome(what))
		}
	}
	for _, newEngine := range makers {
		e, err := newEngine()
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := e.check(in)
		if err != nil {
			t.Fatalf("%s: %v", e.name, err)
		}
		if wrong != 0 {
			t.Errorf("%s: %d of %d verdicts and counts differ from the oracle", e.name, wrong, len(in.verdicts)+len(in.counts))
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestAtOnce: goroutines that serve one source while time stands still let as many
// packets pass as there are tokens.
func TestAtOnce(t *testing.T) {
	now := uint64(1e9)
	var objs limiterObjects
	if err := loadLimiterObjects(&objs, &ebpf.CollectionOptions{Clock: func() uint64 { return now }}); err != nil {
		t.Fatal(err)
	}
	defer objs.Close()
	for round := range 50 {
		packet := make([]byte, 60)
		packet[12], packet[13], packet[14] = 0x08, 0x00, 0x45
		binary.BigEndian.PutUint32(packet[26:], uint32(round))
		var passed [4]int
		var wg sync.WaitGroup
		for g := range passed {
			wg.Go(func() {
				for range 20 {
					v, err := objs.RunRatelimit(&rtlib.XDP{Data: packet})
					if err != nil {
						t.Error(err)
					}
					if v == xdpPass {
						passed[g]++
					}
				}
			})
		}
		wg.Wait()
		if sum := passed[0] + passed[1] + passed[2] + passed[3]; sum != burst {
			t.Fatalf("round %d: %d packets passed, there are %d tokens", round, sum, burst)
		}
	}
}

// TestConstants: what the Go code takes the program's constants to be.
func TestConstants(t *testing.T) {
	var objs limiterObjects
	if err := loadLimiterObjects(&objs, nil); err != nil {
		t.Fatal(err)
	}
	defer objs.Close()
	var c, b uint64
	if err := objs.CostNs.Get(&c); err != nil || c != cost {
		t.Errorf("cost_ns %d, %v, want %d", c, err, cost)
	}
	if err := objs.Burst.Get(&b); err != nil || b != burst {
		t.Errorf("burst %d, %v, want %d", b, err, burst)
	}
	if n := objs.Buckets.MaxEntries(); n != entries {
		t.Errorf("%d buckets, want %d", n, entries)
	}
}

// TestNativeEntry proves that the native engine runs the generated TEXT.
func TestNativeEntry(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skipf("machine code exists for amd64 and arm64, this is %s", runtime.GOARCH)
	}
	var native limiterObjects
	if err := loadLimiterObjects(&native, nil); err != nil {
		t.Fatal(err)
	}
	defer native.Close()
	p := native.Ratelimit.Runtime()
	if p.Engine() != "native" {
		t.Fatalf("engine %q, want native", p.Engine())
	}
	enginetest.RequireText(t, p.Entry(), "ratelimit.bpf.c", ".limiter_ratelimit")
}

// TestNoInterpreter shows that the interpreter is not in this test binary, so
// it cannot stand in for the engines.
func TestNoInterpreter(t *testing.T) {
	enginetest.RequireUnlinked(t, "/internal/interp")
}

// TestAllocs: neither known sources nor new ones cost an allocation, once the map
// is full and its memory in use.
func TestAllocs(t *testing.T) {
	e, err := newNative()
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	list, i := traffic(seed, 100_000), 0
	next := func() {
		if _, err := e.run(list[i].data, list[i].at); err != nil {
			t.Fatal(err)
		}
		i++
	}
	for range 90_000 {
		next()
	}
	if n := testing.AllocsPerRun(5000, next); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// TestARM64 runs the machine code of the other architecture under QEMU, on the
// first packets only.
func TestARM64(t *testing.T) {
	if runtime.GOARCH == "arm64" {
		t.Skip("this is arm64: the other tests have run its machine code")
	}
	enginetest.GoTestOn(t, "arm64", "-short", "-run", "^(TestEngines|TestAtOnce|TestNativeEntry)$", ".")
}
