package handwritten

import (
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/event"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf/ringbuf"
)

const seed = 1

func pair(t testing.TB, l traffic.Lists) (*Firewall, *oracle.Firewall) {
	t.Helper()
	f, err := New(l.Block, l.Allow, l.TCP, l.UDP)
	if err != nil {
		t.Fatal(err)
	}
	return f, oracle.New(l.Block, l.Allow, l.TCP, l.UDP)
}

// dropped reads what is in the ring behind what was read before.
func dropped(t testing.TB, reader *ringbuf.Reader, drops []oracle.Drop) []oracle.Drop {
	t.Helper()
	for reader.AvailableBytes() != 0 {
		err := reader.ReadLease(func(record ringbuf.Record) error {
			drop, err := event.Parse(record.RawSample)
			drops = append(drops, drop)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return drops
}

func openDrops(t testing.TB, f *Firewall) *ringbuf.Reader {
	t.Helper()
	reader, err := ringbuf.NewReader(f.Drops())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	return reader
}

func compare(t *testing.T, f *Firewall, o *oracle.Firewall, drops []oracle.Drop) {
	t.Helper()
	for i, got := range f.Counters() {
		want := uint64(0) // lost
		if i < len(o.Counters) {
			want = o.Counters[i]
		}
		if got != want {
			t.Errorf("counter %v: got %d, want %d", oracle.Rule(i), got, want)
		}
	}
	if !slices.Equal(drops, o.Drops) {
		t.Errorf("the %d drops in the ring are not the oracle's %d", len(drops), len(o.Drops))
	}
}

func TestEqualsOracle(t *testing.T) {
	m := traffic.Generate(seed, traffic.Packets)
	f, o := pair(t, m.Lists)
	reader, drops := openDrops(t, f), []oracle.Drop(nil)
	for i, p := range m.Packets {
		want, rule := o.Run(p)
		if got := f.Run(p); got != uint32(want) {
			t.Fatalf("packet %d: got verdict %d, want %d (%v)\n% x", i, got, want, rule, p)
		}
		if i%1000 == 0 {
			drops = dropped(t, reader, drops)
		}
	}
	compare(t, f, o, dropped(t, reader, drops))
}

// TestEqualsOracleAtEveryLength cuts packets everywhere, below 14 bytes as well,
// each in memory of exactly that size.
func TestEqualsOracleAtEveryLength(t *testing.T) {
	m := traffic.Generate(seed, 2000)
	f, o := pair(t, m.Lists)
	reader, drops := openDrops(t, f), []oracle.Drop(nil)
	for i, p := range m.Packets {
		for n := 0; n <= min(len(p), 150); n++ {
			cut := append(make([]byte, 0, n), p[:n]...)
			want, rule := o.Run(cut)
			if got := f.Run(cut); got != uint32(want) {
				t.Fatalf("packet %d cut to %d: got verdict %d, want %d (%v)\n% x", i, n, got, want, rule, cut)
			}
		}
		drops = dropped(t, reader, drops)
	}
	compare(t, f, o, drops)
}

func FuzzEqualsOracle(f *testing.F) {
	m := traffic.Generate(seed, 100)
	for _, p := range m.Packets {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		h, o := pair(t, traffic.Lists{Block: m.Lists.Block[:10], Allow: m.Lists.Allow[:10], TCP: m.Lists.TCP, UDP: m.Lists.UDP})
		want, rule := o.Run(p)
		if got := h.Run(p); got != uint32(want) {
			t.Fatalf("got verdict %d, want %d (%v)\n% x", got, want, rule, p)
		}
		compare(t, h, o, dropped(t, openDrops(t, h), nil))
	})
}

func BenchmarkRun(b *testing.B) {
	m := traffic.Generate(seed, 20_000)
	f, _ := pair(b, m.Lists)
	b.ResetTimer()
	for i := 0; i < b.N; {
		for _, p := range m.Packets {
			f.Run(p)
			i++
		}
	}
}
