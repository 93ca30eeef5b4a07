package handwritten

import (
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
)

const seed = 1

func pair(l traffic.Lists) (*Firewall, *oracle.Firewall) {
	return New(l.SourcesV4, l.SourcesV6, l.TCP, l.UDP, 0x5eed), oracle.New(l.SourcesV4, l.SourcesV6, l.TCP, l.UDP)
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
	f, o := pair(m.Lists)
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
	f, o := pair(m.Lists)
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
		h, o := pair(traffic.Lists{SourcesV4: m.Lists.SourcesV4[:10], TCP: m.Lists.TCP, UDP: m.Lists.UDP})
		want, rule := o.Run(p)
		if got := h.Run(p); got != uint32(want) {
			t.Fatalf("got verdict %d, want %d (%v)\n% x", got, want, rule, p)
		}
		compareCounters(t, h, o)
	})
}

func TestTables(t *testing.T) {
	r := rand.New(rand.NewPCG(seed, 3))
	for _, n := range []int{0, 1, 2, 3, 1000} {
		l := traffic.Generate(uint64(n), 0).Lists
		v4, v6 := l.SourcesV4[:n], l.SourcesV6[:n]
		t4, t6 := NewTableV4(v4, r.Uint64()), NewTableV6(v6, r.Uint64())
		in4, in6 := map[uint32]bool{}, map[[2]uint64]bool{}
		for _, a := range v4 {
			k := uint32(a[0]) | uint32(a[1])<<8 | uint32(a[2])<<16 | uint32(a[3])<<24
			in4[k] = true
		}
		for k := range in4 {
			for _, key := range []uint32{k, k ^ 1, k ^ 1<<31, 0} {
				if got := t4.Lookup(key) != 0; got != in4[key] {
					t.Fatalf("n=%d: lookup of %#x: got %v, want %v", n, key, got, in4[key])
				}
			}
		}
		for range 10000 {
			key := r.Uint32()
			if got := t4.Lookup(key) != 0; got != in4[key] {
				t.Fatalf("n=%d: lookup of %#x: got %v, want %v", n, key, got, in4[key])
			}
		}
		for _, a := range v6 {
			var k [2]uint64
			for i := range 8 {
				k[0] |= uint64(a[i]) << (8 * i)
				k[1] |= uint64(a[8+i]) << (8 * i)
			}
			in6[k] = true
			if t6.Lookup(k[0], k[1]) == 0 {
				t.Fatalf("n=%d: lookup of %#x: absent", n, k)
			}
		}
		for k := range in6 {
			for _, key := range [][2]uint64{{k[0] ^ 1, k[1]}, {k[0], k[1] ^ 1<<63}, {k[1], k[0]}, {}} {
				if got := t6.Lookup(key[0], key[1]) != 0; got != in6[key] {
					t.Fatalf("n=%d: lookup of %#x: got %v, want %v", n, key, got, in6[key])
				}
			}
		}
	}
}

func BenchmarkRun(b *testing.B) {
	m := traffic.Generate(seed, 20_000)
	f, _ := pair(m.Lists)
	b.ResetTimer()
	for i := 0; i < b.N; {
		for _, p := range m.Packets {
			f.Run(p)
			i++
		}
	}
}
