package rtlib

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// noAllocs fails when f allocates.
func noAllocs(t *testing.T, what string, f func()) {
	t.Helper()
	f() // makes what is kept
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Errorf("%s: %v allocations", what, n)
	}
}

// TestTypedLRU: HashMap is for LRU maps, too.
func TestTypedLRU(t *testing.T) {
	h, err := NewHashMap[uint32, uint64](mustMap(t, MapSpec{Name: "m", Type: bpf.MapLRUHash, KeySize: 4, ValueSize: 8, MaxEntries: 8}))
	if err != nil {
		t.Fatal(err)
	}
	for i := range uint32(20) {
		if err := h.Put(i, uint64(i)); err != nil {
			t.Fatal(err)
		}
	}
	if v, ok := h.Get(19); !ok || v != 19 {
		t.Errorf("got %d, %v", v, ok)
	}
	n := 0
	for k, v := range h.All() {
		if uint64(k) != v {
			t.Errorf("key %d has %d", k, v)
		}
		n++
	}
	if n == 0 || n > 8 || n != h.Map().Len() {
		t.Errorf("%d keys, %d by Len", n, h.Map().Len())
	}
	noAllocs(t, "LRU", func() { _, _ = h.Get(19); _ = h.Put(19, 1); _ = h.Put(18, 1); _ = h.Delete(18) })
}

// TestTypedPercpu: sizes with and without padding.
func TestTypedPercpu(t *testing.T) {
	testTypedPercpu[uint64](t, func(i int) uint64 { return uint64(i) })
	testTypedPercpu[[3]uint32](t, func(i int) [3]uint32 { return [3]uint32{uint32(i), 1, uint32(i)} })
}

func testTypedPercpu[V comparable](t *testing.T, value func(int) V) {
	var v V
	size := uint32(len(bytesOf(&v)))
	cpus := PossibleCPU()
	in, out := make([]V, cpus), make([]V, cpus)
	for i := range in {
		in[i] = value(i)
	}
	for _, typ := range []bpf.MapType{bpf.MapPercpuHash, bpf.MapLRUPercpu} {
		h, err := NewPercpuHashMap[uint32, V](mustMap(t, MapSpec{Name: "m", Type: typ, KeySize: 4, ValueSize: size, MaxEntries: 8}))
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Put(5, in); err != nil || !h.Get(5, out) || !slices.Equal(in, out) {
			t.Errorf("type %d: %v, %v", typ, out, err)
		}
		if h.Get(6, out) || h.Get(5, out[1:]) {
			t.Error("a missing key or a short slice was read")
		}
		if err := h.Put(5, in[1:]); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("a short slice: %v", err)
		}
		n := 0
		for k, values := range h.All() {
			if n++; k != 5 || !slices.Equal(values, in) {
				t.Errorf("type %d: key %d has %v", typ, k, values)
			}
		}
		if n != 1 {
			t.Errorf("type %d: %d keys", typ, n)
		}
		noAllocs(t, fmt.Sprintf("per-CPU hash of %d bytes", size), func() { _ = h.Get(5, out); _ = h.Put(5, in); _ = h.Put(6, in); _ = h.Delete(6) })
		if err := h.Delete(5); err != nil || h.Get(5, out) {
			t.Errorf("delete: %v", err)
		}
	}
	a, err := NewPercpuArray[V](mustMap(t, MapSpec{Name: "m", Type: bpf.MapPercpuArray, KeySize: 4, ValueSize: size, MaxEntries: 3}))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Set(2, in); err != nil || !a.Get(2, out) || !slices.Equal(in, out) || a.Len() != 3 {
		t.Errorf("array: %v, %v", out, err)
	}
	if a.Get(3, out) || a.Get(-1, out) {
		t.Error("an element outside of the array")
	}
	for _, i := range []int{3, -1} {
		if err := a.Set(i, in); !errors.Is(err, syscall.E2BIG) {
			t.Errorf("index %d: %v", i, err)
		}
	}
	noAllocs(t, fmt.Sprintf("per-CPU array of %d bytes", size), func() { _ = a.Get(1, out); _ = a.Set(1, in) })
}

// TestTypedTrie: keys are prefixes.
func TestTypedTrie(t *testing.T) {
	type prefix struct {
		Bits uint32
		Addr [4]byte
	}
	m, err := NewTrie[prefix, uint64](mustMap(t, MapSpec{Name: "m", Type: bpf.MapLPMTrie, KeySize: 8, ValueSize: 8, MaxEntries: 8, Flags: bpf.FlagNoPrealloc}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[prefix]uint64{{8, [4]byte{10}}: 8, {16, [4]byte{10, 1}}: 16, {0, [4]byte{}}: 1}
	for k, v := range want {
		if err := m.Put(k, v); err != nil {
			t.Fatal(err)
		}
	}
	for addr, v := range map[[4]byte]uint64{{10, 1, 2, 3}: 16, {10, 2}: 8, {11}: 1} {
		if got, ok := m.Get(prefix{32, addr}); !ok || got != v {
			t.Errorf("%v: %d, %v, want %d", addr, got, ok, v)
		}
	}
	if got := maps.Collect(m.All()); !maps.Equal(got, want) {
		t.Errorf("All: %v, want %v", got, want)
	}
	noAllocs(t, "trie", func() { _, _ = m.Get(prefix{32, [4]byte{10}}); _ = m.Put(prefix{8, [4]byte{10}}, 8) })
	if err := m.Delete(prefix{0, [4]byte{}}); err != nil {
		t.Error(err)
	}
	if _, ok := m.Get(prefix{32, [4]byte{11}}); ok {
		t.Error("found after Delete")
	}
}

// TestTypedQueue: queues, stacks and Bloom filters.
func TestTypedQueue(t *testing.T) {
	for typ, want := range map[bpf.MapType][]uint32{bpf.MapQueue: {1, 2}, bpf.MapStack: {2, 1}} {
		q, err := NewQueue[uint32](mustMap(t, MapSpec{Name: "m", Type: typ, ValueSize: 4, MaxEntries: 2}))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(q.Push(1), q.Push(2)); err != nil || q.Len() != 2 {
			t.Fatal(err, q.Len())
		}
		if err := q.Push(3); !errors.Is(err, syscall.E2BIG) {
			t.Errorf("full: %v", err)
		}
		for _, w := range want {
			peeked, _ := q.Peek()
			if got, ok := q.Pop(); !ok || got != w || peeked != w {
				t.Errorf("type %d: popped %d, peeked %d, want %d", typ, got, peeked, w)
			}
		}
		if _, ok := q.Pop(); ok {
			t.Error("popped from nothing")
		}
		noAllocs(t, "queue", func() { _ = q.Push(1); _, _ = q.Peek(); _, _ = q.Pop() })
		_ = q.Map().Close()
		if err := q.Push(1); !errors.Is(err, os.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	b, err := NewBloomFilter[uint64](mustMap(t, MapSpec{Name: "m", Type: bpf.MapBloomFilter, ValueSize: 8, MaxEntries: 100}))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add(7); err != nil || !b.Has(7) || b.Has(8) {
		t.Errorf("filter: %v, %v, %v", err, b.Has(7), b.Has(8))
	}
	noAllocs(t, "filter", func() { _ = b.Add(7); _ = b.Has(8) })
}

// TestTypedKinds: types that do not fit.
func TestTypedKinds(t *testing.T) {
	hash := mustMap(t, hashSpec(8, 16, 10))
	for i, err := range []error{
		second(NewTrie[uint64, [2]uint64](hash)), second(NewQueue[[2]uint64](hash)), second(NewBloomFilter[[2]uint64](hash)),
		second(NewPercpuHashMap[uint64, [2]uint64](hash)), second(NewPercpuArray[[2]uint64](hash)), second(NewQueue[uint32](nil)),
		second(NewQueue[uint32](mustMap(t, MapSpec{Type: bpf.MapQueue, ValueSize: 8, MaxEntries: 1}))),
		second(NewPercpuHashMap[uint64, uint64](mustMap(t, MapSpec{Type: bpf.MapPercpuHash, KeySize: 4, ValueSize: 8, MaxEntries: 1}))),
	} {
		if !errors.Is(err, os.ErrInvalid) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// BenchmarkTyped is a map of 4,096 elements with keys of 4 and values of 8 bytes from
// Go: rtlib, and what Go programs do.
func BenchmarkTyped(b *testing.B) {
	const n = 4096
	h, err := NewHashMap[uint32, uint64](mustMap(b, hashSpec(4, 8, n)))
	if err != nil {
		b.Fatal(err)
	}
	var mu sync.RWMutex
	plain := map[uint32]uint64{}
	var syncMap sync.Map
	for i := range uint32(n) {
		_ = h.Put(i, uint64(i))
		plain[i] = uint64(i)
		syncMap.Store(i, uint64(i))
	}
	for _, c := range []struct {
		name     string
		get, put func(k uint32)
	}{
		{"HashMap", func(k uint32) { _, _ = h.Get(k) }, func(k uint32) { _ = h.Put(k, 1) }},
		{"map+RWMutex", func(k uint32) { mu.RLock(); _ = plain[k]; mu.RUnlock() }, func(k uint32) { mu.Lock(); plain[k] = 1; mu.Unlock() }},
		{"sync.Map", func(k uint32) { _, _ = syncMap.Load(k) }, func(k uint32) { syncMap.Store(k, uint64(1)) }},
	} {
		for what, f := range map[string]func(uint32){"get": c.get, "put": c.put} {
			b.Run(c.name+"/"+what, func(b *testing.B) {
				b.ReportAllocs()
				k := uint32(0)
				for b.Loop() {
					k = k*1664525 + 1013904223
					f(k >> 20)
				}
			})
			b.Run(c.name+"/"+what+"/parallel", func(b *testing.B) {
				b.RunParallel(func(pb *testing.PB) {
					k := uint32(0)
					for pb.Next() {
						k = k*1664525 + 1013904223
						f(k >> 20)
					}
				})
			})
		}
	}
}
