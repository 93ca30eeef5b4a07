package rtlib

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

func bloomSpec(valueSize, entries uint32, hashes uint64) MapSpec {
	return MapSpec{Name: "b", Type: bpf.MapBloomFilter, ValueSize: valueSize, MaxEntries: entries, Extra: hashes}
}

// TestBloomBits: the sizes are those of the kernel's formula.
func TestBloomBits(t *testing.T) {
	for _, c := range []struct{ entries, hashes, want uint64 }{
		{1, 1, 64}, {1, 5, 64}, {9, 5, 64}, {10, 5, 128}, {100, 5, 1024}, {1000, 5, 8192}, {1000, 3, 8192}, {1000, 15, 1 << 15},
		{10_000, 5, 1 << 17}, {1 << 28, 5, 1 << 31}, {1 << 30, 5, 1 << 32}, {1<<32 - 1, 15, 1 << 32},
	} {
		if got := bloomBits(c.entries, c.hashes); got != c.want {
			t.Errorf("%d entries, %d functions: %d bits, want %d", c.entries, c.hashes, got, c.want)
		}
	}
}

// TestBloom: what was pushed is found, and of the rest about as much as theory
// says.
func TestBloom(t *testing.T) {
	for _, c := range []struct {
		valueSize uint32
		hashes    uint64
		flags     uint32
	}{{4, 0, 0}, {4, 0, bpf.FlagZeroSeed}, {8, 3, 0}, {5, 1, 0}, {20, 7, 0}, {64, 15, bpf.FlagZeroSeed}} {
		const entries, tests = 5000, 200_000
		spec := bloomSpec(c.valueSize, entries, c.hashes)
		spec.Flags = c.flags
		m := mustMap(t, spec)
		b := m.ops.(*bloom)
		value := make([]byte, c.valueSize)
		p := unsafe.Pointer(&value[0])
		for i := range uint32(entries) {
			binary.LittleEndian.PutUint32(value, i)
			if errno := m.ops.push(nil, p, 0); errno != 0 {
				t.Fatalf("push: %v", errno)
			}
		}
		found := 0
		for i := range uint32(entries + tests) {
			binary.LittleEndian.PutUint32(value, i)
			errno := m.ops.peek(nil, p)
			if i < entries && errno != 0 {
				t.Fatalf("%+v: value %d is not found: %v", c, i, errno)
			}
			if i >= entries && errno == 0 {
				found++
			}
		}
		k, bits := float64(b.hashes), float64(b.mask+1)
		theory := math.Pow(1-math.Exp(-k*entries/bits), k)
		rate := float64(found) / tests
		t.Logf("%+v: %.5f found by mistake, %.5f in theory", c, rate, theory)
		if rate > 1.2*theory+0.0002 || rate < 0.8*theory-0.0002 {
			t.Errorf("%+v: %.5f found by mistake, %.5f in theory", c, rate, theory)
		}
	}
}

// TestBloomSeed: filters do not make the same mistakes unless they are told to.
func TestBloomSeed(t *testing.T) {
	for _, flags := range []uint32{0, bpf.FlagZeroSeed} {
		spec := bloomSpec(8, 100, 0)
		spec.Flags = flags
		a, b := mustMap(t, spec), mustMap(t, spec)
		value := uint64(42)
		ha, _ := a.ops.(*bloom).hash(unsafe.Pointer(&value))
		hb, _ := b.ops.(*bloom).hash(unsafe.Pointer(&value))
		if (ha == hb) != (flags != 0) {
			t.Errorf("flags %#x: hashes %#x and %#x", flags, ha, hb)
		}
	}
}

// TestBloomRules: what Linux 6.18 gave.
func TestBloomRules(t *testing.T) {
	m := mustMap(t, bloomSpec(4, 3, 3))
	value := make([]byte, 4)
	for _, c := range []struct {
		what string
		got  bpf.Errno
		want bpf.Errno
	}{
		{"lookup", errnoOf(m.Lookup(nil, value)), bpf.ENOENT},
		{"lookup and delete", errnoOf(m.LookupAndDelete(nil, value, 0)), bpf.ENOTSUP},
		{"delete", errnoOf(m.Delete(nil)), bpf.ENOTSUP},
		{"next key", errnoOf(m.NextKey(nil, nil)), bpf.ENOTSUP},
		{"push with EXIST", errnoOf(m.Update(nil, value, 2)), bpf.EINVAL},
		{"pop", m.ops.pop(nil, unsafe.Pointer(&value[0])), bpf.ENOTSUP},
		{"push", errnoOf(m.Update(nil, value, 0)), 0},
		{"lookup", errnoOf(m.Lookup(nil, value)), 0},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
	for _, spec := range []MapSpec{bloomSpec(4, 3, 16), bloomSpec(0, 3, 0), bloomSpec(4, 0, 0), {Type: bpf.MapBloomFilter, KeySize: 4, ValueSize: 4, MaxEntries: 1}, {Type: bpf.MapQueue, ValueSize: 4, MaxEntries: 1, Extra: 1}} {
		if _, err := NewMap(spec); errnoOf(err) != bpf.EINVAL {
			t.Errorf("%+v: got %v, want EINVAL", spec, err)
		}
	}
}

// TestBloomAtOnce: a value that was pushed is found at once by the others.
func TestBloomAtOnce(t *testing.T) {
	m := mustMap(t, bloomSpec(8, 4000, 0))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 0))
			for range 1000 {
				value := rng.Uint64()
				_ = m.ops.push(nil, unsafe.Pointer(&value), 0)
				if errno := m.ops.peek(nil, unsafe.Pointer(&value)); errno != 0 {
					t.Errorf("value %#x is not found", value)
				}
			}
		})
	}
	wg.Wait()
}
