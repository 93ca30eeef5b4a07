package handwritten

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
)

const seed = 1

func pair(t testing.TB, l traffic.Lists) (*Firewall, *oracle.Firewall) {
	t.Helper()
	f, err := New(l.SourcesV4, l.SourcesV6, l.TCP, l.UDP)
	if err != nil {
		t.Fatal(err)
	}
	return f, oracle.New(l.SourcesV4, l.SourcesV6, l.TCP, l.UDP)
}

func compareCounters(t *testing.T, f *Firewall, o *oracle.Firewall) {
	t.Helper()
	for i, got := range f.Counters() {
		if want := o.Counters[i]; got != want {
			t.Errorf("counter %v: got %d, want %d", oracle.Rule(i), got, want)
		}
	}
}

func TestEqualsOracle(t *testing.T) {
	m := traffic.Generate(seed, traffic.Packets)
	f, o := pair(t, m.Lists)
	for i, p := range m.Packets {
		want, rule := o.Run(p)
		if got := f.Run(p); got != uint32(want) {
			t.Fatalf("packet %d: got verdict %d, want %d (%v)\n% x", i, got, want, rule, p)
		}
	}
	compareCounters(t, f, o)
}

// TestEqualsOracleAtEveryLength cuts packets everywhere, below 14 bytes as well,
// each in memory of exactly that size.
func TestEqualsOracleAtEveryLength(t *testing.T) {
	m := traffic.Generate(seed, 2000)
	f, o := pair(t, m.Lists)
	for i, p := range m.Packets {
		for n := 0; n <= min(len(p), 150); n++ {
			cut := append(make([]byte, 0, n), p[:n]...)
			want, rule := o.Run(cut)
			if got := f.Run(cut); got != uint32(want) {
				t.Fatalf("packet %d cut to %d: got verdict %d, want %d (%v)\n% x", i, n, got, want, rule, cut)
			}
		}
	}
	compareCounters(t, f, o)
}

func FuzzEqualsOracle(f *testing.F) {
	m := traffic.Generate(seed, 100)
	for _, p := range m.Packets {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		h, o := pair(t, traffic.Lists{SourcesV4: m.Lists.SourcesV4[:10], TCP: m.Lists.TCP, UDP: m.Lists.UDP})
		want, rule := o.Run(p)
		if got := h.Run(p); got != uint32(want) {
			t.Fatalf("got verdict %d, want %d (%v)\n% x", got, want, rule, p)
		}
		compareCounters(t, h, o)
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
