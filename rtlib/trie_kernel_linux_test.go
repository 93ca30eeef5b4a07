package rtlib

import (
	"bytes"
	"errors"
	"os"
	"syscall"
	"testing"

	kernel "github.com/cilium/ebpf"
	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

// kernelTrie makes a trie in the kernel.
func kernelTrie(data, valueSize, entries uint32) (*kernel.Map, error) {
	return kernel.NewMap(&kernel.MapSpec{Type: kernel.LPMTrie, KeySize: 4 + data, ValueSize: valueSize, MaxEntries: entries, Flags: 1})
}

func requireKernelTrie(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		enginetest.Missing(t, "needs root to make maps in the kernel")
	}
	m, err := kernelTrie(4, 4, 1)
	if err != nil {
		enginetest.Missing(t, "needs bpf(2) with LPM tries: "+err.Error())
		return
	}
	m.Close()
}

// TestTrieKernel compares sequences of operations with the kernel: results,
// values, and the order of keys.
func TestTrieKernel(t *testing.T) {
	requireKernelTrie(t)
	for range 3 { // of 100
		rapid.Check(t, testTrieKernel)
	}
}

func testTrieKernel(t *rapid.T) {
	sizes := []int{1, 4, 7, 8, 12, 16, 17, 256}
	data, entries := sizes[pick(t, len(sizes), "data")], 1+pick(t, 40, "max_entries")
	ours, err := NewMap(trieSpec(uint32(data), 5, uint32(entries)))
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := kernelTrie(uint32(data), 5, uint32(entries))
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	keys := drawKeys(t, data)
	for step := range 1 + pick(t, 120, "operations") {
		key := keys[pick(t, len(keys), "key")]
		a, b := bytes.Repeat([]byte{byte(step)}, 5), bytes.Repeat([]byte{byte(step)}, 5)
		op := pick(t, 12, "operation")
		var got, want error
		switch {
		case op < 5:
			flags := []uint64{0, 0, 0, 1, 2, 3, 4}[pick(t, 7, "flags")]
			got, want = ours.Update(key, a, flags), theirs.Update(key, b, kernel.MapUpdateFlags(flags))
		case op < 7:
			got, want = ours.Delete(key), theirs.Delete(key)
		case op < 9:
			got, want = ours.Lookup(key, a), theirs.Lookup(key, b)
		case op < 11:
			if op == 9 {
				key = nil
			}
			a, b = make([]byte, 4+data), make([]byte, 4+data)
			got, want = ours.NextKey(key, a), nextKey(theirs, key, b)
		default:
			got = ours.LookupAndDelete(key, a, 0)
			want = theirs.LookupAndDelete(key, b)
			if errors.Is(want, kernel.ErrNotSupported) {
				want = syscall.ENOTSUP
			}
		}
		if !sameErrno(got, want) || !bytes.Equal(a, b) {
			t.Fatalf("operation %d with key % x: got %v % x, the kernel has %v % x", op, key, got, a, want, b)
		}
	}
}

// nextKey is the kernel's next key; a nil key asks for the first.
func nextKey(m *kernel.Map, key, next []byte) error {
	if key == nil {
		return m.NextKey(nil, next)
	}
	return m.NextKey(key, next)
}

// sameErrno reports whether two errors wrap the same error number.
func sameErrno(a, b error) bool {
	var x, y syscall.Errno
	return (a == nil) == (b == nil) && errors.As(a, &x) == errors.As(b, &y) && x == y
}

// TestTrieCreateKernel compares which maps can be made.
func TestTrieCreateKernel(t *testing.T) {
	requireKernelTrie(t)
	for _, c := range []struct{ key, value, entries, flags uint32 }{
		{8, 4, 2, 1}, {8, 4, 2, 0}, {4, 4, 2, 1}, {3, 4, 2, 1}, {5, 4, 2, 1}, {260, 4, 2, 1}, {261, 4, 2, 1}, {8, 0, 2, 1}, {8, 4, 0, 1},
		{8, 4, 2, 1 | 4}, {8, 4, 2, 1 | 8}, {8, 4, 2, 1 | 16}, {8, 4, 2, 1 | 8 | 16}, {8, 4, 2, 1 | 64}, {8, 4, 2, 1 | 128}, {8, 4, 2, 1 | 128 | 256}, {8, 4, 2, 1 | 1024},
	} {
		ours := trieSpec(c.key-4, c.value, c.entries)
		ours.Flags = c.flags
		_, got := NewMap(ours)
		m, want := kernel.NewMap(&kernel.MapSpec{Type: kernel.LPMTrie, KeySize: c.key, ValueSize: c.value, MaxEntries: c.entries, Flags: c.flags})
		if want == nil {
			m.Close()
		}
		var errno syscall.Errno
		if (got == nil) != (want == nil) || errors.As(want, &errno) && !errors.Is(got, errno) {
			t.Errorf("%+v: got %v, the kernel has %v", c, got, want)
		}
	}
}
