package rtlib

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// TestNoRoom: a map that the system has no memory for is an error of who asks for
// it. Go would end the process.
func TestNoRoom(t *testing.T) {
	const gib = 1 << 30
	limitTo(t, gib)
	for _, spec := range []MapSpec{
		{Type: bpf.MapArray, KeySize: 4, ValueSize: 4096, MaxEntries: 2 * gib / 4096},
		{Type: bpf.MapPercpuArray, KeySize: 4, ValueSize: 4096, MaxEntries: 2 * gib / 4096},
		{Type: bpf.MapHash, KeySize: 4, ValueSize: 4, MaxEntries: gib},
		{Type: bpf.MapPercpuHash, KeySize: 4, ValueSize: 1, MaxEntries: gib / 4},
		{Type: bpf.MapLRUHash, KeySize: 4, ValueSize: 4, MaxEntries: gib},
		{Type: bpf.MapQueue, ValueSize: 8, MaxEntries: gib / 4},
		{Type: bpf.MapStackTrace, KeySize: 4, ValueSize: 127 * 8, MaxEntries: gib / 512},
		{Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: gib / 8},
		{Type: bpf.MapRingbuf, MaxEntries: gib},
	} {
		spec.Name = fmt.Sprintf("type %d", spec.Type)
		m, err := NewMap(spec)
		if !errors.Is(err, syscall.ENOMEM) {
			t.Errorf("%s: error %v, want ENOMEM", spec.Name, err)
		}
		_ = m.Close()
	}
	m, err := NewMap(MapSpec{Name: "fits", Type: bpf.MapArray, KeySize: 4, ValueSize: 4096, MaxEntries: 2 * probeBytes / 4096})
	if err != nil {
		t.Errorf("a map for which there is room: %v", err)
	}
	_ = m.Close()
}

// limitTo allows the process so many more bytes of address space during a test.
func limitTo(t *testing.T, more uint64) {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("the size of this process cannot be read: ", err)
	}
	var pages uint64
	if _, err := fmt.Sscan(string(text), &pages); err != nil {
		t.Fatal(err)
	}
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &old); err != nil {
		t.Fatal(err)
	}
	limit := old
	limit.Cur = pages*uint64(os.Getpagesize()) + more
	if limit.Cur > old.Cur {
		t.Skip("this process has a smaller limit of address space already")
	}
	if err := unix.Setrlimit(unix.RLIMIT_AS, &limit); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Setrlimit(unix.RLIMIT_AS, &old); err != nil {
			t.Error(err)
		}
	})
}
