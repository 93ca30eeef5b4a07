package main

import (
	"errors"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/event"
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
	Program  *ebpf.Program `ebpf:"xdpfirewall"`
	V4       *ebpf.Map     `ebpf:"networks_v4"`
	V6       *ebpf.Map     `ebpf:"networks_v6"`
	Ports    *ebpf.Map     `ebpf:"blocked_ports"`
	Counters *ebpf.Map     `ebpf:"counters"`
	Drops    *ebpf.Map     `ebpf:"drops"`
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
		for _, m := range []*ebpf.Map{k.V4, k.V6, k.Ports, k.Counters, k.Drops} {
			m.Close()
		}
	})
	return k
}

func (k *kernelFirewall) fill(t *testing.T, l traffic.Lists) {
	t.Helper()
	for value, list := range [][]netip.Prefix{l.Allow, l.Block} {
		for _, network := range list {
			to := k.V6
			if network.Addr().Is4() {
				to = k.V4
			}
			put(t, to, prefixKey(network), uint32(value))
		}
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

// read reads the drops that are in the kernel's ring.
func (k *kernelFirewall) read(t *testing.T, reader *ringbuf.Reader, drops []oracle.Drop) []oracle.Drop {
	t.Helper()
	reader.SetDeadline(time.Unix(1, 0)) // what is there
	for {
		record, err := reader.Read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return drops
		}
		if err != nil {
			t.Fatal(err)
		}
		drop, err := event.Parse(record.RawSample)
		if err != nil {
			t.Fatal(err)
		}
		drops = append(drops, drop)
	}
}

// compare compares counters and drops with the oracle's. The ring was read often
// enough to lose nothing.
func (k *kernelFirewall) compare(t *testing.T, o *oracle.Firewall, drops []oracle.Drop) {
	t.Helper()
	for rule, want := range append(o.Counters[:], 0) {
		var values []uint64
		if err := k.Counters.Lookup(uint32(rule), &values); err != nil {
			t.Fatal(err)
		}
		got := uint64(0)
		for _, value := range values {
			got += value
		}
		if got != want {
			t.Errorf("counter %v: got %d, want %d", oracle.Rule(rule), got, want)
		}
	}
	if !slices.Equal(drops, o.Drops) {
		t.Errorf("the %d drops in the ring are not the oracle's %d", len(drops), len(o.Drops))
	}
}

// TestKernelEqualsOracle runs the committed objects in the kernel and compares
// every verdict, every event, and at the end every counter, with the oracle.
func TestKernelEqualsOracle(t *testing.T) {
	requireKernel(t)
	m := traffic.Generate(1, traffic.Packets)
	for _, object := range []string{"xdpfirewall.o", "testdata/clang13.o"} {
		t.Run(object, func(t *testing.T) {
			k := loadKernelFirewall(t, object)
			k.fill(t, m.Lists)
			o := oracle.New(m.Lists.Block, m.Lists.Allow, m.Lists.TCP, m.Lists.UDP)
			reader, err := ringbuf.NewReader(k.Drops)
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			var drops []oracle.Drop
			for i, p := range m.Packets {
				want, rule := o.Run(p)
				got, err := k.Program.Run(&ebpf.RunOptions{Data: p})
				if err != nil {
					t.Fatalf("packet %d of %d bytes: %v", i, len(p), err)
				}
				if got != uint32(want) {
					t.Fatalf("packet %d: got verdict %d, want %d (%v)\n% x", i, got, want, rule, p)
				}
				if i%1000 == 0 {
					drops = k.read(t, reader, drops)
				}
			}
			k.compare(t, o, k.read(t, reader, drops))
		})
	}
}
