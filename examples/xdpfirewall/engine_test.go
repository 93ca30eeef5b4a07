package main

import (
	"runtime"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// TestEngines compares every verdict and every counter of every engine with
// the oracle.
func TestEngines(t *testing.T) {
	packets := traffic.Packets
	if testing.Short() {
		packets = 5_000
	}
	in, err := load(seed, packets)
	if err != nil {
		t.Fatal(err)
	}
	engines, err := newEngines(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range engines {
		t.Run(e.name, func(t *testing.T) {
			got, err := check(e, in)
			if err != nil {
				t.Fatal(err)
			}
			if got.wrong != 0 || got.received+got.lost != len(in.drops) {
				t.Errorf("%d of %d verdicts, counters and events differ from the oracle: %d drops, %d read and %d lost",
					got.wrong, len(in.verdicts)+len(in.counters)+len(in.drops), len(in.drops), got.received, got.lost)
			}
		})
	}
}

// TestNativeEntry proves that the native engine runs the generated TEXT.
func TestNativeEntry(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skipf("machine code exists for amd64 and arm64, this is %s", runtime.GOARCH)
	}
	var native firewallObjects
	if err := loadFirewallObjects(&native, nil); err != nil {
		t.Fatal(err)
	}
	defer native.Close()
	p := native.Xdpfirewall.Runtime()
	if p.Engine() != "native" {
		t.Fatalf("engine %q, want native", p.Engine())
	}
	enginetest.RequireText(t, p.Entry(), "xdpfirewall.bpf.c", ".firewall_xdpfirewall")
}

// TestNoInterpreter shows that the interpreter is not in this test binary, so
// it cannot stand in for the engines.
func TestNoInterpreter(t *testing.T) {
	enginetest.RequireUnlinked(t, "/internal/interp")
}

// TestARM64 runs the machine code of the other architecture under QEMU, on the
// first packets only.
func TestARM64(t *testing.T) {
	if runtime.GOARCH == "arm64" {
		t.Skip("this is arm64: the other tests have run its machine code")
	}
	enginetest.GoTestOn(t, "arm64", "-short", "-run", "^(TestEngines|TestNativeEntry)$", ".")
}
