package rtlib

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// TestTrieReaders: while writers insert, replace and delete, a lookup finds a
// prefix of its key, never a shorter one than the longest that is always there,
// and its value stays whole to the end of the run.
func TestTrieReaders(t *testing.T) {
	for _, data := range []int{4, 16, 9, 40} {
		t.Run(fmt.Sprint(data), func(t *testing.T) { testTrieReaders(t, data) })
	}
}

// A value is the key of its prefix, twice.
func prefixValue(key []byte) []byte { return append(bytes.Clone(key), key...) }

func testTrieReaders(t *testing.T, data int) {
	spec := trieSpec(uint32(data), uint32(2*(4+data)), 1000)
	spec.poison = true
	d := newDomain(4)
	m, err := newMap(d, bpf.RulesOf(bpf.Linux), spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 3, 6, 17} { // always there, and replaced at times
		if err := m.Update(trieKey(data, n, 0), prefixValue(trieKey(data, n, 0)), 0); err != nil {
			t.Fatal(err)
		}
	}
	stop := time.Now().Add(300 * time.Millisecond)
	var group sync.WaitGroup
	for seed := range uint64(2) {
		group.Go(func() { writeTrie(t, m, data, seed, stop) })
	}
	for seed := range uint64(2) {
		slot, err := d.lease()
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() { readTrie(t, m, data, &d.cells[slot], seed, stop) })
	}
	group.Wait()
}

// trieKey is a key of n bits that are 0 but for some that random has.
func trieKey(data, n int, random uint64) []byte {
	key := make([]byte, 4+data)
	binary.LittleEndian.PutUint32(key, uint32(n))
	for i := range min(n, 64) {
		// Most bits are 0, so that prefixes share what the constant ones have.
		if random>>i&random>>(i+7)&random>>(i+13)&1 != 0 {
			key[4+i/8] |= 0x80 >> (i % 8)
		}
	}
	if n > 64 {
		key[4+(n-1)/8] |= byte(random) & (0xff << (7 - (n-1)%8))
	}
	return key
}

func writeTrie(t *testing.T, m *Map, data int, seed uint64, stop time.Time) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for time.Now().Before(stop) {
		for range 100 {
			n := []int{0, 3, 6, 17, rng.IntN(8*data + 1), rng.IntN(8*data + 1)}[rng.IntN(6)]
			key := trieKey(data, n, rng.Uint64())
			constant := (n == 0 || n == 3 || n == 6 || n == 17) && bytes.Equal(key, trieKey(data, n, 0))
			if rng.IntN(2) == 0 || constant {
				if err := m.Update(key, prefixValue(key), 0); err != nil && (constant || !errors.Is(err, syscall.ENOSPC)) {
					t.Error(err)
				}
			} else {
				_ = m.Delete(key)
			}
		}
	}
}

func readTrie(t *testing.T, m *Map, data int, c *cell, seed uint64, stop time.Time) {
	rng := rand.New(rand.NewPCG(seed, 2))
	values := make([]uint64, 16)
	keys := make([]byte, len(values)*(4+data))
	for time.Now().Before(stop) {
		m.domain.enter(c)
		for i := range values {
			key := keys[i*(4+data) : (i+1)*(4+data)]
			copy(key, trieKey(data, 8*data, rng.Uint64()))
			values[i] = nativeTrieLookup(nil, uint64(uintptr(unsafe.Pointer(m))), uint64(uintptr(unsafe.Pointer(&key[0]))))
		}
		for i, v := range values {
			if err := checkTrieValue(keys[i*(4+data):(i+1)*(4+data)], v); err != nil {
				t.Error(err)
				leave(c)
				return
			}
		}
		leave(c)
	}
}

// checkTrieValue says what is wrong with the result of a lookup.
func checkTrieValue(key []byte, addr uint64) error {
	if addr == 0 {
		return fmt.Errorf("% x: not found, but there is a /0", key)
	}
	value := make([]byte, 2*len(key))
	copyOut(unsafe.Pointer(&value[0]), at(addr), uintptr(len(value)))
	found := modelPrefix{key: value[:len(key)]}
	least := 0
	for _, n := range []int{3, 6, 17} {
		if covers(key, trieKey(len(key)-4, n, 0), n) {
			least = n
		}
	}
	switch {
	case !bytes.Equal(value[:len(key)], value[len(key):]):
		return fmt.Errorf("% x: the value is torn or used again: % x", key, value)
	case found.len() > 8*(len(key)-4) || !covers(key, found.key, found.len()):
		return fmt.Errorf("% x: found % x, which is no prefix", key, found.key)
	case found.len() < least:
		return fmt.Errorf("% x: found % x, but there is a /%d", key, found.key, least)
	}
	return nil
}

// TestTrieAllocates nothing once it has its memory: lookups, replacing, deleting
// and inserting again, by programs and hosts.
func TestTrieAllocates(t *testing.T) {
	for _, data := range []int{4, 16, 24} {
		m := mustMap(t, trieSpec(uint32(data), 8, 500))
		rng := rand.New(rand.NewPCG(1, 1))
		var keys [][]byte
		for range 400 {
			keys = append(keys, trieKey(data, rng.IntN(8*data+1), rng.Uint64()))
		}
		value, got, next := make([]byte, 8), make([]byte, 8), make([]byte, 4+data)
		program := trieByProgram{m, make([]byte, 4+data)}
		round := func() {
			for i, key := range keys {
				if err := m.Update(key, value, 0); err != nil {
					t.Fatal(err)
				}
				program.lookup(key)
				_, _ = m.Lookup(keys[len(keys)-1-i], got), m.NextKey(key, next)
			}
			for i, key := range keys {
				if i%3 != 0 {
					_ = m.Delete(key)
				}
			}
		}
		for range 50 {
			round()
		}
		if n := testing.AllocsPerRun(20, round); n != 0 {
			t.Errorf("keys of %d bytes: %v allocations a round", data, n)
		}
	}
}

// TestTrieNodeClasses: each size of node fits in its class, and no smaller one.
func TestTrieNodeClasses(t *testing.T) {
	for n := 1; n <= 127; n++ {
		c := nodeClass(n)
		if c >= trieClasses || nodeBytes(c) < trieHead+8*uintptr(n) || c > 0 && nodeBytes(c-1) >= trieHead+8*uintptr(n) {
			t.Errorf("%d words: class %d of %d bytes", n, c, nodeBytes(c))
		}
	}
}

// TestTrieAncestors: each row has the prefixes of 0 to 5 bits.
func TestTrieAncestors(t *testing.T) {
	for field, got := range ancestors {
		want := uint64(0)
		for l := range trieStride {
			want |= 1 << (1<<l + field>>(trieStride-l))
		}
		if got != want {
			t.Errorf("%06b: got %#x, want %#x", field, got, want)
		}
	}
}

// TestTrieDefault: a prefix of no bits alone matches every key.
func TestTrieDefault(t *testing.T) {
	for _, data := range []int{1, 4, 16, 17} {
		m := mustMap(t, trieSpec(uint32(data), 8, 1))
		if err := m.Update(make([]byte, 4+data), []byte("whatever"), 0); err != nil {
			t.Fatal(err)
		}
		key := bytes.Repeat([]byte{0xff}, 4+data)
		binary.LittleEndian.PutUint32(key, uint32(8*data))
		program := trieByProgram{m, make([]byte, 4+data)}
		if got := program.lookup(key); string(got) != "whatever" {
			t.Errorf("keys of %d bytes: got %q", data, got)
		}
	}
}
