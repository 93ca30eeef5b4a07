package rtlib

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// mustMap creates a map.
func mustMap(t testing.TB, spec MapSpec) *Map {
	t.Helper()
	m, err := NewMap(spec)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func hashSpec(keySize, valueSize, entries uint32) MapSpec {
	return MapSpec{Name: "m", Type: bpf.MapHash, KeySize: keySize, ValueSize: valueSize, MaxEntries: entries}
}

func arraySpec(valueSize, entries uint32) MapSpec {
	return MapSpec{Name: "a", Type: bpf.MapArray, KeySize: 4, ValueSize: valueSize, MaxEntries: entries}
}

// TestHashModel compares random operations with a Go map.
func TestHashModel(t *testing.T) {
	for _, c := range []struct {
		keySize, valueSize, entries uint32
		keys                        int // different ones that are used
	}{
		{1, 1, 200, 256}, {2, 3, 50, 100}, {3, 8, 10, 20}, {4, 4, 300, 400}, {4, 1, 1, 3}, {5, 9, 64, 64}, {8, 8, 1000, 1500},
		{12, 16, 100, 150}, {16, 24, 500, 700}, {17, 7, 100, 120}, {24, 40, 100, 120}, {40, 100, 30, 64}, {511, 13, 30, 40},
	} {
		t.Run(fmt.Sprintf("%d-%d-%d", c.keySize, c.valueSize, c.entries), func(t *testing.T) {
			m := mustMap(t, hashSpec(c.keySize, c.valueSize, c.entries))
			m.hash.cells.poison = true
			testModel(t, m, c.keys)
		})
	}
}

func testModel(t *testing.T, m *Map, keys int) {
	rng := rand.New(rand.NewPCG(uint64(m.keySize), uint64(m.valueSize)))
	model := map[string]string{}
	key, value, got := make([]byte, m.keySize), make([]byte, m.valueSize), make([]byte, m.valueSize)
	for step := range 20_000 {
		n := rng.IntN(keys)
		clear(key)
		key[0] = byte(n)
		if len(key) > 1 {
			key[len(key)-1] = byte(n >> 8)
		}
		want, exists := model[string(key)]
		switch op := rng.IntN(10); {
		case op < 5:
			for i := range value {
				value[i] = byte(rng.Uint32())
			}
			flags := rng.Uint64N(4)
			err := m.Update(key, value, flags)
			wantErr := error(nil)
			switch {
			case flags == 3:
				wantErr = syscall.EINVAL
			case flags == bpf.UpdateNoExist && exists:
				wantErr = syscall.EEXIST
			case flags == bpf.UpdateExist && !exists:
				wantErr = syscall.ENOENT
			case !exists && len(model) == int(m.max):
				wantErr = syscall.E2BIG
			default:
				model[string(key)] = string(value)
			}
			if !errors.Is(err, wantErr) {
				t.Fatalf("step %d: update %x, flags %d: got %v, want %v", step, key, flags, err, wantErr)
			}
		case op < 7:
			err := m.Delete(key)
			if exists != (err == nil) || err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatalf("step %d: delete %x: got %v, exists %v", step, key, err, exists)
			}
			delete(model, string(key))
		default:
			err := m.Lookup(key, got)
			if exists != (err == nil) || exists && string(got) != want {
				t.Fatalf("step %d: lookup %x: got %x, %v, want %x, %v", step, key, got, err, want, exists)
			}
		}
		if m.Len() != len(model) {
			t.Fatalf("step %d: %d keys, want %d", step, m.Len(), len(model))
		}
	}
	if seen := allKeys(t, m); len(seen) != len(model) {
		t.Errorf("iteration gave %d keys, want %d", len(seen), len(model))
	} else {
		for k := range model {
			if !seen[k] {
				t.Errorf("iteration left out %x", k)
			}
		}
	}
}

// allKeys iterates over a map with one buffer as key and next key.
func allKeys(t *testing.T, m *Map) map[string]bool {
	t.Helper()
	seen := map[string]bool{}
	key := make([]byte, m.keySize)
	err := m.NextKey(nil, key)
	for ; err == nil; err = m.NextKey(key, key) {
		if seen[string(key)] {
			t.Fatalf("key %x twice", key)
		}
		seen[string(key)] = true
	}
	if !errors.Is(err, syscall.ENOENT) {
		t.Fatalf("end of the iteration: %v, want ENOENT", err)
	}
	return seen
}

// TestNextKeyWhileDeleting deletes each key after asking for the next one.
func TestNextKeyWhileDeleting(t *testing.T) {
	m := mustMap(t, hashSpec(4, 4, 1000))
	key, value := make([]byte, 4), make([]byte, 4)
	for i := range 1000 {
		binary.LittleEndian.PutUint32(key, uint32(i))
		if err := m.Update(key, value, bpf.UpdateAny); err != nil {
			t.Fatal(err)
		}
	}
	next, n := make([]byte, 4), 0
	err := m.NextKey(nil, key)
	for ; err == nil; n++ {
		err = m.NextKey(key, next)
		if err := m.Delete(key); err != nil {
			t.Fatal(err)
		}
		copy(key, next)
	}
	if n != 1000 || m.Len() != 0 {
		t.Errorf("visited %d keys, %d left, want 1000 and 0", n, m.Len())
	}
	// A key that is not there starts again at the first.
	_ = m.Update([]byte{1, 2, 3, 4}, value, bpf.UpdateAny)
	if err := m.NextKey([]byte{9, 9, 9, 9}, next); err != nil || !bytes.Equal(next, []byte{1, 2, 3, 4}) {
		t.Errorf("after an unknown key: %x, %v, want the first key", next, err)
	}
}

// TestCollisions: keys that collide without a seed do not collide with one.
func TestCollisions(t *testing.T) {
	spec := hashSpec(8, 8, 100_000)
	spec.Flags = bpf.FlagZeroSeed
	zero := mustMap(t, spec)
	var keys []uint64
	for k := uint64(0); len(keys) < 3000; k++ {
		if zero.hash8(k)>>bucketShift&0xffff == 7 {
			keys = append(keys, k)
		}
	}
	longest := func(m *Map) int {
		buckets := map[uint64]int{}
		n := 0
		for _, k := range keys {
			b := m.bucketOf(m.hash8(k))
			buckets[b]++
			n = max(n, buckets[b])
		}
		return n
	}
	if n := longest(zero); n < 500 {
		t.Errorf("zero seed: the longest chain has %d, the keys were chosen to have more", n)
	}
	spec.Flags = 0
	for range 5 {
		if n := longest(mustMap(t, spec)); n > 6 {
			t.Errorf("random seed: the longest chain has %d elements", n)
		}
	}
	if a, b := mustMap(t, spec), mustMap(t, spec); a.seed0 == b.seed0 || a.seed1 == b.seed1 {
		t.Error("two maps have the same seed")
	}
}

// TestSpread: regular keys fill buckets like random ones.
func TestSpread(t *testing.T) {
	for _, keySize := range []uint32{4, 8, 16, 24} {
		for _, shift := range []int{0, 3, 8, 16, 24, 32, 56} {
			m := mustMap(t, hashSpec(keySize, 8, 1<<12))
			key := make([]byte, max(keySize, 8))
			used := map[uint64]bool{}
			n := 0
			for i := range 1 << 12 {
				v := uint64(i) << shift
				if keySize == 4 && v>>32 != 0 || v>>shift != uint64(i) {
					break
				}
				binary.LittleEndian.PutUint64(key, v)
				used[m.bucketOf(m.hashKey(unsafe.Pointer(&key[0])))] = true
				n++
			}
			// n keys in 2^13 buckets: at most half full, 0.78 n are used.
			if n > 100 && len(used) < n*6/10 {
				t.Errorf("keys of %d bytes, steps of 2^%d: %d keys in %d buckets", keySize, shift, n, len(used))
			}
		}
	}
}

func TestArrayRules(t *testing.T) {
	value := []byte{1, 2, 3, 4}
	for _, c := range []struct {
		platform                       bpf.Platform
		bounds, noExist, remove, after error
	}{
		{bpf.Linux, syscall.E2BIG, syscall.EEXIST, syscall.EINVAL, nil},
		{bpf.Windows, syscall.EINVAL, syscall.EINVAL, nil, syscall.ENOENT},
	} {
		m, err := NewMapFor(c.platform, arraySpec(4, 10))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 4)
		key := func(i byte) []byte { return []byte{i, 0, 0, 0} }
		for _, s := range []struct {
			name string
			err  error
			want error
		}{
			{"update", m.Update(key(9), value, 0), nil},
			{"update exist", m.Update(key(9), value, bpf.UpdateExist), nil},
			{"update bounds", m.Update(key(10), value, 0), c.bounds},
			{"update no exist", m.Update(key(1), value, bpf.UpdateNoExist), c.noExist},
			{"update flags", m.Update(key(1), value, 4), syscall.EINVAL},
			{"lookup", m.Lookup(key(9), got), nil},
			{"lookup bounds", m.Lookup(key(10), make([]byte, 4)), syscall.ENOENT},
			{"delete", m.Delete(key(9)), c.remove},
			{"delete bounds", m.Delete(key(10)), syscall.EINVAL},
			{"next", m.NextKey(key(8), make([]byte, 4)), nil},
			{"next at end", m.NextKey(key(9), make([]byte, 4)), syscall.ENOENT},
			{"next beyond", m.NextKey(key(10), make([]byte, 4)), c.after},
		} {
			if !errors.Is(s.err, s.want) {
				t.Errorf("%v: %s: got %v, want %v", c.platform, s.name, s.err, s.want)
			}
		}
		if !bytes.Equal(got, value) {
			t.Errorf("%v: value %x, want %x", c.platform, got, value)
		}
		if seen := allKeys(t, m); len(seen) != 10 {
			t.Errorf("%v: %d keys, want 10", c.platform, len(seen))
		}
	}
}

func TestMapErrors(t *testing.T) {
	m := mustMap(t, hashSpec(4, 8, 1))
	key, value := make([]byte, 4), make([]byte, 8)
	readOnly, writeOnly := hashSpec(4, 8, 1), hashSpec(4, 8, 1)
	readOnly.Flags, writeOnly.Flags = bpf.FlagRdonly, bpf.FlagWronly
	closed := mustMap(t, hashSpec(4, 8, 1))
	_ = closed.Close()
	_ = closed.Close()
	var none *Map
	for _, c := range []struct {
		err  error
		want error
		text string
	}{
		{m.Lookup(key[:3], value), syscall.EINVAL, `map "m": lookup: key of 3 bytes, want 4 (EINVAL)`},
		{m.Lookup(key, value[:7]), syscall.EINVAL, `map "m": lookup: value of 7 bytes, want 8 (EINVAL)`},
		{m.Lookup(key, nil), syscall.EINVAL, `map "m": lookup: value of 0 bytes, want 8 (EINVAL)`},
		{m.Lookup(nil, value), syscall.EINVAL, `map "m": lookup: key of 0 bytes, want 4 (EINVAL)`},
		{m.Update(key, make([]byte, 9), 0), syscall.EINVAL, `map "m": update: value of 9 bytes, want 8 (EINVAL)`},
		{m.Delete(make([]byte, 5)), syscall.EINVAL, `map "m": delete: key of 5 bytes, want 4 (EINVAL)`},
		{m.NextKey([]byte{}, key), syscall.EINVAL, `map "m": next key: key of 0 bytes, want 4 (EINVAL)`},
		{m.NextKey(nil, key[:1]), syscall.EINVAL, `map "m": next key: key of 1 bytes, want 4 (EINVAL)`},
		{m.Lookup(key, value), os.ErrNotExist, `map "m": lookup: no such key (ENOENT)`},
		{m.Update(key, value, 3), syscall.EINVAL, `map "m": update: flags 3; 0 (any), 1 (no exist) and 2 (exist) are possible (EINVAL)`},
		{m.Update(key, value, 0), nil, ""},
		{m.Update([]byte{1, 1, 1, 1}, value, 0), syscall.E2BIG, `map "m": update: the map is full, max_entries is 1 (E2BIG)`},
		{mustMap(t, readOnly).Update(key, value, 0), os.ErrPermission, `map "m": update: the map has the flag RDONLY (EPERM)`},
		{mustMap(t, readOnly).Delete(key), os.ErrPermission, `map "m": delete: the map has the flag RDONLY (EPERM)`},
		{mustMap(t, writeOnly).Lookup(key, value), os.ErrPermission, `map "m": lookup: the map has the flag WRONLY (EPERM)`},
		{mustMap(t, writeOnly).NextKey(nil, key), os.ErrPermission, `map "m": next key: the map has the flag WRONLY (EPERM)`},
		{closed.Lookup(key, value), os.ErrClosed, `map "m" is closed: file already closed`},
		{closed.Update(key, value, 0), os.ErrClosed, `map "m" is closed: file already closed`},
		{closed.Delete(key), os.ErrClosed, `map "m" is closed: file already closed`},
		{closed.NextKey(nil, key), os.ErrClosed, `map "m" is closed: file already closed`},
		{none.Lookup(key, value), syscall.EINVAL, `map "": lookup: the map is nil; does the object have it (EINVAL)`},
	} {
		if !errors.Is(c.err, c.want) || c.err != nil && c.err.Error() != c.text {
			t.Errorf("got %v, want %v: %s", c.err, c.want, c.text)
		}
	}
}

func TestNewMapErrors(t *testing.T) {
	with := func(change func(*MapSpec)) MapSpec {
		s := hashSpec(4, 8, 10)
		change(&s)
		return s
	}
	for _, c := range []struct {
		spec MapSpec
		want error
	}{
		{with(func(s *MapSpec) { s.KeySize = 0 }), syscall.EINVAL},
		{with(func(s *MapSpec) { s.ValueSize = 0 }), syscall.EINVAL},
		{with(func(s *MapSpec) { s.MaxEntries = 0 }), syscall.EINVAL},
		{with(func(s *MapSpec) { s.KeySize = 513 }), syscall.E2BIG},
		{with(func(s *MapSpec) { s.Flags = bpf.FlagMmapable }), syscall.EINVAL},
		{with(func(s *MapSpec) { s.Flags = bpf.FlagRdonly | bpf.FlagWronly }), syscall.EINVAL},
		{with(func(s *MapSpec) { s.Type = bpf.MapArray; s.KeySize = 8 }), syscall.EINVAL},
		{with(func(s *MapSpec) { s.Type = bpf.MapArray; s.Flags = bpf.FlagNoPrealloc }), syscall.EINVAL},
		{with(func(s *MapSpec) { s.ValueSize, s.MaxEntries = 1<<32-1, 1<<32-1 }), syscall.ENOMEM},
		{with(func(s *MapSpec) { s.Type = bpf.MapArray; s.ValueSize, s.MaxEntries = 1<<32-1, 1<<31 }), syscall.ENOMEM},
		{with(func(s *MapSpec) { s.Type = bpf.MapSockmap }), bpf.ErrUnsupported},
	} {
		if _, err := NewMap(c.spec); !errors.Is(err, c.want) {
			t.Errorf("%+v: got %v, want %v", c.spec, err, c.want)
		}
	}
}

func TestTyped(t *testing.T) {
	type key struct {
		Addr [4]byte
		Port uint16
		_    uint16
	}
	type value struct{ Packets, Bytes uint64 }
	h, err := NewHashMap[key, value](mustMap(t, hashSpec(8, 16, 10)))
	if err != nil {
		t.Fatal(err)
	}
	k := key{Addr: [4]byte{10, 0, 0, 1}, Port: 80}
	if err := h.Put(k, value{1, 2}); err != nil {
		t.Fatal(err)
	}
	if v, ok := h.Get(k); !ok || v != (value{1, 2}) {
		t.Errorf("got %v, %v", v, ok)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = h.Get(k) }); n != 0 {
		t.Errorf("Get: %v allocations", n)
	}
	if err := h.Update(k, value{}, bpf.UpdateNoExist); !errors.Is(err, syscall.EEXIST) {
		t.Errorf("NOEXIST: %v", err)
	}
	_ = h.Put(key{Port: 1}, value{3, 4})
	var ports []uint16
	for k := range h.All() {
		ports = append(ports, k.Port)
		if err := h.Delete(k); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(ports)
	if !slices.Equal(ports, []uint16{1, 80}) || h.Map().Len() != 0 {
		t.Errorf("All: %v, %d left", ports, h.Map().Len())
	}
	a, err := NewArray[uint32](mustMap(t, arraySpec(4, 3)))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Set(2, 7); err != nil {
		t.Error(err)
	}
	if v, ok := a.Get(2); v != 7 || !ok {
		t.Errorf("got %d, %v, want 7", v, ok)
	}
	if _, ok := a.Get(3); ok || a.Len() != 3 {
		t.Error("index 3 of 3 exists")
	}
	if err := a.Set(-1, 7); !errors.Is(err, syscall.E2BIG) {
		t.Errorf("index -1: %v", err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = a.Set(1, 1); _, _ = a.Get(1) }); n != 0 {
		t.Errorf("Array: %v allocations", n)
	}
}

func TestTypedErrors(t *testing.T) {
	m := mustMap(t, hashSpec(8, 16, 10))
	for _, err := range []error{
		second(NewHashMap[uint32, [16]byte](m)),
		second(NewHashMap[uint64, uint64](m)),
		second(NewHashMap[struct {
			A uint32
			B uint16
		}, [16]byte](m)),
		second(NewHashMap[uint64, string](m)),
		second(NewHashMap[*int, [16]byte](m)),
		second(NewHashMap[uint64, [16]byte](nil)),
		second(NewHashMap[uint64, [16]byte](mustMap(t, arraySpec(16, 1)))),
		second(NewArray[[16]byte](m)),
	} {
		if !errors.Is(err, os.ErrInvalid) {
			t.Errorf("got %v, want an error", err)
		} else {
			t.Log(err)
		}
	}
}

// second is the error of a call with two results.
func second[T any](_ T, err error) error { return err }
