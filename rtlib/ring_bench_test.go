package rtlib

import (
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// BenchmarkRing: the helpers as machine code calls them, with a ring that is
// emptied every 256 records.
func BenchmarkRing(b *testing.B) {
	m, _, f := newTestRing(b, bpf.Linux, 1<<16)
	r := m.ops.(*ring)
	data := make([]byte, 16)
	addr := addrOf(&data[0])
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"output", func() { RingbufOutput(&f.abi, addrOf(m), addr, 16, 0) }},
		{"reserve+submit", func() { RingbufSubmit(&f.abi, RingbufReserve(&f.abi, addrOf(m), 16, 0), 0) }},
		{"query", func() { RingbufQuery(&f.abi, addrOf(m), 0) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				c.run()
				if n%256 == 0 {
					storeRelease(&r.cons, r.prod)
				}
			}
		})
	}
	b.Run("read", func(b *testing.B) {
		rd := &RingReader{r: r, m: m, bell: bell{signal: r.signal}}
		b.ReportAllocs()
		b.StopTimer()
		for n := 0; n < b.N; n++ {
			if r.avail() == 0 {
				b.StopTimer()
				for RingbufOutput(&f.abi, addrOf(m), addr, 16, 0) == 0 { //nolint:revive // fills the ring
				}
				b.StartTimer()
			}
			if err := rd.Read(func([]byte, int) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPerf is BenchmarkRing for perf event arrays.
func BenchmarkPerf(b *testing.B) {
	m := newTestPerf(b, bpf.Linux, 0)
	rd := newTestPerfReader(b, m, PerfOptions{Bytes: 1 << 16})
	f := testFrame(b)
	r := rd.rings[f.Slot()]
	data := make([]byte, 16)
	rd.SetDeadline(time.Unix(1, 0))
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		PerfEventOutput(&f.abi, 0, addrOf(m), currentCPU, addrOf(&data[0]), 16)
		if n%256 == 0 {
			r.consume(r.head)
		}
	}
}
