package main

import (
	"encoding/binary"
	"os"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
)

// requireKernel skips the test where no program can be loaded.
func requireKernel(t *testing.T) {
	t.Helper()
	reason := ""
	switch {
	case runtime.GOOS != "linux":
		reason = "needs Linux to load programs, this is " + runtime.GOOS
	case os.Geteuid() != 0:
		reason = "needs root to load programs"
	default:
		m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
		if err == nil {
			m.Close()
			return
		}
		reason = "needs bpf(2), which this system refuses: " + err.Error()
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// kernelFirewall is the object in the kernel.
type kernelFirewall struct {
	Program   *ebpf.Program `ebpf:"xdpfirewall"`
	BlockedV4 *ebpf.Map     `ebpf:"blocked_v4"`
	BlockedV6 *ebpf.Map     `ebpf:"blocked_v6"`
	Ports     *ebpf.Map     `ebpf:"blocked_ports"`
	Counters  *ebpf.Map     `ebpf:"counters"`
}

func loadKernelFirewall(t *testing.T, object string) *kernelFirewall {
	t.Helper()
	spec, err := ebpf.LoadCollectionSpec(object)
	if err != nil {
		t.Fatal(err)
	}
	k := new(kernelFirewall)
	if err := spec.LoadAndAssign(k, nil); err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() {
		k.Program.Close()
		for _, m := range []*ebpf.Map{k.BlockedV4, k.BlockedV6, k.Ports, k.Counters} {
			m.Close()
		}
	})
	return k
}

func (k *kernelFirewall) fill(t *testing.T, l traffic.Lists) {
	t.Helper()
	for _, a := range l.SourcesV4 {
		put(t, k.BlockedV4, a, uint32(1))
	}
	for _, a := range l.SourcesV6 {
		put(t, k.BlockedV6, a, uint32(1))
	}
	flags := map[uint16]uint8{}
	for _, p := range l.TCP {
		flags[p] |= 1
	}
	for _, p := range l.UDP {
		flags[p] |= 2
	}
	for port, flag := range flags {
		put(t, k.Ports, uint32(port), flag)
	}
}

func put(t *testing.T, m *ebpf.Map, key, value any) {
	t.Helper()
	if err := m.Put(key, value); err != nil {
		t.Fatalf("%v[%v] = %v: %v", m, key, value, err)
	}
}

// TestKernelEqualsOracle runs the committed objects in the kernel and compares
// every verdict, and at the end every counter, with the oracle.
func TestKernelEqualsOracle(t *testing.T) {
	requireKernel(t)
	m := traffic.Generate(1, traffic.Packets)
	for _, object := range []string{"xdpfirewall.o", "../../testdata/clang13/xdpfirewall.o"} {
		t.Run(object, func(t *testing.T) {
			k := loadKernelFirewall(t, object)
			k.fill(t, m.Lists)
			o := oracle.New(m.Lists.SourcesV4, m.Lists.SourcesV6, m.Lists.TCP, m.Lists.UDP)
			for i, p := range m.Packets {
				want, rule := o.Run(p)
				got, err := k.Program.Run(&ebpf.RunOptions{Data: p})
				if err != nil {
					t.Fatalf("packet %d of %d bytes: %v", i, len(p), err)
				}
				if got != uint32(want) {
					t.Fatalf("packet %d: got verdict %d, want %d (%v)\n% x", i, got, want, rule, p)
				}
			}
			for rule, want := range o.Counters {
				value, err := k.Counters.LookupBytes(uint32(rule))
				if err != nil {
					t.Fatal(err)
				}
				if got := binary.NativeEndian.Uint64(value); got != want {
					t.Errorf("counter %v: got %d, want %d", oracle.Rule(rule), got, want)
				}
			}
		})
	}
}
