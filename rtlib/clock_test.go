package rtlib

import (
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// TestClock: an instance's clock is what all of a program's clocks read.
func TestClock(t *testing.T) {
	now := uint64(5_000_000_123)
	inst, err := NewInstance(&ObjectSpec{Name: "object", ABI: abi.Version}, &InstanceOptions{Clock: func() uint64 { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer inst.Close()
	f := mustFrame(t, inst)
	for _, c := range []struct {
		name string
		read func(*abi.Frame) uint64
		unit uint64 // nanoseconds
	}{
		{"ktime_get_ns", KtimeGetNs, 1},
		{"ktime_get_boot_ns", KtimeGetBootNs, 1},
		{"ktime_get_coarse_ns", KtimeGetCoarseNs, 1},
		{"ktime_get_tai_ns", KtimeGetTaiNs, 1},
		{"jiffies64", Jiffies64, 4_000_000},
		{"ktime_get_ms", KtimeGetMs, 1_000_000},
		{"ktime_get_boot_ms", KtimeGetBootMs, 1_000_000},
	} {
		if got := c.read(&f.abi); got != now/c.unit {
			t.Errorf("%s: got %d, want %d", c.name, got, now/c.unit)
		}
	}
}

// TestSystemClocks: without one they advance, and each has its start.
func TestSystemClocks(t *testing.T) {
	f := helperFrame(t, bpf.Linux, nil)
	for _, read := range []func(*abi.Frame) uint64{KtimeGetNs, KtimeGetBootNs, KtimeGetCoarseNs, KtimeGetTaiNs} {
		a, start := read(&f.abi), time.Now()
		for time.Since(start) < time.Millisecond {
		}
		if b := read(&f.abi); b < a+1e6 || b > a+1e10 {
			t.Errorf("a clock says %d, a millisecond later %d", a, b)
		}
	}
	if mono, boot := KtimeGetNs(&f.abi), KtimeGetBootNs(&f.abi); boot < mono {
		t.Errorf("boot time %d before monotonic time %d", boot, mono)
	}
	if tai, utc := KtimeGetTaiNs(&f.abi), uint64(time.Now().UnixNano()); tai+1e9 < utc || tai > utc+60e9 {
		t.Errorf("TAI %d, UTC %d", tai, utc)
	}
	n := testing.AllocsPerRun(100, func() { KtimeGetBootNs(&f.abi); KtimeGetTaiNs(&f.abi) })
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
