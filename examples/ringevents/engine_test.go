package main

import (
	"runtime"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// TestEngines compares the events and counts of every engine with the oracle.
func TestEngines(t *testing.T) {
	n := uint64(packets)
	if testing.Short() {
		n = 5_000
	}
	results, err := runAll(n)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.judge.Wrong != 0 {
			t.Errorf("%s: %d events and counts differ from the oracle; the first: %s", r.name, r.judge.Wrong, r.judge.Detail)
		}
		if r.judge.Received == 0 {
			t.Errorf("%s: no events", r.name)
		}
	}
}

// TestNativeEntry proves that the native engine runs the generated TEXT.
func TestNativeEntry(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skipf("machine code exists for amd64 and arm64, this is %s", runtime.GOARCH)
	}
	var native ringObjects
	if err := loadRingObjects(&native, nil); err != nil {
		t.Fatal(err)
	}
	defer native.Close()
	p := native.Ringevents.Runtime()
	if p.Engine() != "native" {
		t.Fatalf("engine %q, want native", p.Engine())
	}
	enginetest.RequireText(t, p.Entry(), "ringevents.bpf.c", ".ring_ringevents")
}

// TestNoInterpreter shows that the interpreter is not in this test binary, so
// it cannot stand in for the engines.
func TestNoInterpreter(t *testing.T) {
	enginetest.RequireUnlinked(t, "/internal/interp")
}

// TestAllocs: a run that tells about its packet allocates nothing.
func TestAllocs(t *testing.T) {
	o, err := loadNative()
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	run, err := o.newRun()
	if err != nil {
		t.Fatal(err)
	}
	s, i := newSender(seed, 0), uint64(0)
	if n := testing.AllocsPerRun(1000, func() {
		if err := run(s.packet(i)); err != nil {
			t.Fatal(err)
		}
		i++
	}); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

// TestARM64 runs the machine code of the other architecture under QEMU, on the
// first packets only.
func TestARM64(t *testing.T) {
	if runtime.GOARCH == "arm64" {
		t.Skip("this is arm64: the other tests have run its machine code")
	}
	enginetest.GoTestOn(t, "arm64", "-short", "-run", "^(TestEngines|TestNativeEntry)$", ".")
}
