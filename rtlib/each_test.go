package rtlib

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// eachFrame makes a Frame in an epoch of an instance with a map.
func eachFrame(t testing.TB, d *domain, spec MapSpec, seed bool) (*Frame, *Map) {
	t.Helper()
	if !seed {
		spec.Flags |= bpf.FlagZeroSeed
	}
	inst, err := newInstance(d, &ObjectSpec{Name: "object", ABI: abi.Version, Maps: []MapSpec{spec}}, &InstanceOptions{PoisonFreed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inst.Close() })
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	d.enter(f.cell)
	t.Cleanup(func() { leave(f.cell) })
	return f, inst.Map(spec.Name)
}

// each walks over map 0 and calls visit with each element; false ends the walk.
func each(f *Frame, visit func(key, value unsafe.Pointer) bool) {
	state := &f.abi.Each[3]
	state.Pos = 0
	for {
		v := ForEachNext(&f.abi, abi.Map(&f.abi, 0), uint64(uintptr(unsafe.Pointer(state))))
		if v == 0 || !visit(ptr(state.Key), ptr(v)) {
			return
		}
	}
}

func TestEachArray(t *testing.T) {
	f, m := eachFrame(t, newDomain(3), arraySpec(8, 5), true)
	for i := range byte(5) {
		if err := m.Update(key4(i), []byte{10 + i, 0, 0, 0, 0, 0, 0, 0}, 0); err != nil {
			t.Fatal(err)
		}
	}
	n := uint64(0)
	each(f, func(key, value unsafe.Pointer) bool {
		if k, v := load32(key), load64(value); uint64(k) != n || v != 10+n {
			t.Errorf("element %d: key %d, value %d", n, k, v)
		}
		n++
		return true
	})
	if n != 5 {
		t.Errorf("%d elements, want 5", n)
	}
}

// TestEachModel: callbacks that delete, replace and insert, against what a Go
// map says. Few buckets make long chains.
func TestEachModel(t *testing.T) {
	for _, c := range []struct {
		keySize uint32
		entries uint32
		keys    int // in the map at the start
	}{{4, 1, 1}, {4, 4, 4}, {8, 32, 30}, {3, 200, 150}, {20, 64, 64}} {
		t.Run(fmt.Sprintf("%d-%d", c.keySize, c.entries), func(t *testing.T) {
			d := newDomain(3)
			f, m := eachFrame(t, d, hashSpec(c.keySize, 8, c.entries), true)
			if c.entries > 4 { // chains of all keys of four buckets
				m.mask, m.hash.perStripe, m.hash.shift = 3, 4, 2
			}
			rng := rand.New(rand.NewPCG(uint64(c.keySize), uint64(c.entries)))
			for round := range 1000 {
				eachRound(t, f, m, rng, c.keys)
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
				leave(f.cell) // a run ends, memory may be used again
				d.advance()
				d.enter(f.cell)
			}
		})
	}
}

// changing is a map that a walk's callback changes, and what it is compared with.
type changing struct {
	m      *Map
	rng    *rand.Rand
	model  map[int]uint64 // what is in the map
	always map[int]bool   // keys that are in it from the first call to the last
}

func (c *changing) key(k int) []byte {
	b := make([]byte, c.m.keySize)
	b[0], b[len(b)-1] = byte(k), byte(k)
	return b
}

func (c *changing) put(k int) {
	v := c.rng.Uint64()
	if c.m.Update(c.key(k), binary.LittleEndian.AppendUint64(nil, v), 0) == nil {
		c.model[k] = v
	}
}

func (c *changing) remove(k int) {
	if c.m.Delete(c.key(k)) == nil {
		delete(c.model, k)
		delete(c.always, k)
	}
}

// change does something to the map while the walk is at key k.
func (c *changing) change(k, keys int) {
	switch other := c.rng.IntN(keys + keys/2 + 1); c.rng.IntN(5) {
	case 0:
		c.remove(k)
	case 1:
		c.remove(other)
	case 2:
		c.put(other)
	case 3:
		c.put(k)
	case 4: // deleted and stored again
		c.remove(other)
		c.put(other)
	}
}

// eachRound is one walk over a map that its callback changes.
func eachRound(t *testing.T, f *Frame, m *Map, rng *rand.Rand, keys int) {
	c := &changing{m: m, rng: rng, model: map[int]uint64{}, always: map[int]bool{}}
	for k := range 256 {
		c.remove(k)
	}
	for k := range keys {
		c.put(k)
	}
	for k := range c.model {
		c.always[k] = true
	}
	seen := map[int]bool{}
	each(f, func(kp, vp unsafe.Pointer) bool {
		k := int(*(*byte)(kp))
		if v, there := c.model[k]; !there || v != load64(vp) {
			t.Errorf("key %d with %#x; the map has %#x, %v", k, load64(vp), v, there)
		}
		if seen[k] {
			t.Errorf("key %d comes twice", k)
		}
		seen[k] = true
		for range rng.IntN(4) {
			c.change(k, keys)
		}
		return !t.Failed()
	})
	for k := range c.always {
		if !seen[k] {
			t.Errorf("key %d was in the map all the time and did not come", k)
		}
	}
}

// TestEachAtOnce: walks while others insert, replace and delete. Keys below 16
// stay; every value is of its key.
func TestEachAtOnce(t *testing.T) {
	d := newDomain(8)
	f, m := eachFrame(t, d, hashSpec(4, 32, 64), true)
	store := func(k uint32, n uint64) error {
		v := make([]byte, 32)
		for i := 0; i < 32; i += 8 {
			binary.LittleEndian.PutUint64(v[i:], uint64(k)<<32|n&0xffffffff)
		}
		return m.Update(binary.LittleEndian.AppendUint32(nil, k), v, 0)
	}
	for k := range uint32(16) {
		if err := store(k, 0); err != nil {
			t.Fatal(err)
		}
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	for g := range uint32(2) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			rng := rand.New(rand.NewPCG(uint64(g), 1))
			for n := uint64(0); !stop.Load(); n++ {
				if k := rng.Uint32N(64); k >= 16 && n%2 == 0 {
					_ = m.Delete(binary.LittleEndian.AppendUint32(nil, k))
				} else {
					_ = store(k, n)
				}
			}
		}()
	}
	for range 2000 {
		seen := map[uint32]int{}
		each(f, func(key, value unsafe.Pointer) bool {
			k := load32(key)
			if seen[k]++; seen[k] > 1 || !holds((*[4]uint64)(value), k) {
				t.Errorf("key %d, for the %d. time: value %#x", k, seen[k], *(*[4]uint64)(value))
			}
			return !t.Failed()
		})
		for k := range uint32(16) {
			if seen[k] != 1 {
				t.Errorf("key %d came %d times", k, seen[k])
			}
		}
		if t.Failed() {
			break
		}
		leave(f.cell)
		d.enter(f.cell)
	}
	stop.Store(true)
	wg.Wait()
}

func TestEachAllocatesNothing(t *testing.T) {
	f, m := eachFrame(t, newDomain(3), hashSpec(4, 8, 100), false)
	for k := range byte(100) {
		if err := m.Update(key4(k), make([]byte, 8), 0); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	if a := testing.AllocsPerRun(10, func() { n = 0; each(f, func(_, _ unsafe.Pointer) bool { n++; return true }) }); a != 0 || n != 100 {
		t.Errorf("%v allocations for %d elements", a, n)
	}
}
