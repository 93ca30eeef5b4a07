package oracle

import (
	"net/netip"
	"testing"
)

func packet(version byte, source netip.Addr) []byte {
	p := make([]byte, 60)
	if version == 4 {
		p[12], p[13], p[14] = 0x08, 0x00, 0x45
		copy(p[26:], source.AsSlice())
		return p
	}
	p[12], p[13], p[14] = 0x86, 0xdd, 0x60
	a := source.As16()
	copy(p[22:], a[:])
	return p
}

// TestBucket follows one source by hand: two tokens, one comes back every 10 ns.
func TestBucket(t *testing.T) {
	l := New(10, 2)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")
	for i, step := range []struct {
		packet []byte
		now    uint64
		want   Outcome
	}{
		{packet(4, a), 100, First}, {packet(4, a), 100, Passed}, {packet(4, a), 100, Limited}, {packet(4, a), 109, Limited},
		{packet(6, b), 109, First}, // a bucket of its own
		{packet(4, a), 110, Passed}, {packet(4, a), 119, Limited}, {packet(4, a), 120, Passed},
		{packet(4, a), 1000, Passed}, {packet(4, a), 1000, Passed}, {packet(4, a), 1000, Limited}, // not more than two
		{packet(6, a), 1000, Limited}, // the same address, mapped
		{packet(4, a)[:33], 1000, Short}, {packet(6, b)[:53], 1000, Short}, {packet(6, b)[:13], 1000, Short}, {make([]byte, 60), 1000, Other},
	} {
		if got := l.Packet(step.packet, step.now); got != step.want {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	if want := [Outcomes]uint64{1, 3, 2, 5, 5}; l.Counts != want {
		t.Errorf("counts %v, want %v", l.Counts, want)
	}
}
