package rtlib

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// native are the entries of a type, Lookup by key size.
type native struct {
	lookup   func(fr *abi.Frame, m, key uint64) uint64
	lookupOf map[uint32]func(fr *abi.Frame, m, key uint64) uint64
	update   func(fr *abi.Frame, m, key, value, flags uint64) uint64
}

var natives = map[bpf.MapType]native{
	bpf.MapHash: {nativeHashLookup, map[uint32]func(fr *abi.Frame, m, key uint64) uint64{
		4: nativeHashLookup4, 8: nativeHashLookup8, 16: nativeHashLookup16}, nativeHashUpdate},
	bpf.MapPercpuHash: {nativePercpuHashLookup, map[uint32]func(fr *abi.Frame, m, key uint64) uint64{
		4: nativePercpuHashLookup4, 8: nativePercpuHashLookup8, 16: nativePercpuHashLookup16}, nativePercpuHashUpdate},
}

// TestHashNative: what machine code calls agrees with Go's functions, for keys of
// all sizes that differ in any byte.
func TestHashNative(t *testing.T) {
	for typ, n := range natives {
		for _, keySize := range []uint32{1, 2, 3, 4, 5, 8, 9, 12, 16, 17, 20, 24, 28, 32, 36, 40, 44, 48, 52, 56, 60, 64, 68, 76, 100, 128, 512} {
			for _, valueSize := range []uint32{1, 4, 8, 12, 40} {
				t.Run(fmt.Sprintf("%d-%d-%d", typ, keySize, valueSize), func(t *testing.T) {
					m, err := newMap(newDomain(3), bpf.RulesOf(bpf.Linux), MapSpec{Name: "m", Type: typ, KeySize: keySize, ValueSize: valueSize, MaxEntries: 60, poison: true})
					if err != nil {
						t.Fatal(err)
					}
					testNative(t, m, n)
				})
			}
		}
	}
}

func testNative(t *testing.T, m *Map, n native) {
	fr := &abi.Frame{Slot: 2}
	m.domain.high.Store(3)
	rng := rand.New(rand.NewPCG(uint64(m.keySize), uint64(m.valueSize)))
	key, value := fr.Stack[:m.keySize], fr.Stack[1024:1024+m.valueSize]
	mapAt, keyAt, valueAt := uint64(uintptr(unsafe.Pointer(m))), uint64(uintptr(unsafe.Pointer(&key[0]))), uint64(uintptr(unsafe.Pointer(&value[0])))
	model := map[string]string{}
	for step := range 2000 {
		if step%100 == 0 {
			leave(&m.domain.cells[2])
			m.domain.enter(&m.domain.cells[2])
		}
		clear(key)
		key[rng.IntN(len(key))] = byte(rng.IntN(3))
		old, exists := model[string(key)]
		for name, lookup := range map[string]func(*abi.Frame, uint64, uint64) uint64{"any": n.lookup, "sized": n.lookupOf[m.spec.KeySize], "Go": goLookup} {
			if lookup == nil {
				continue
			}
			switch at := lookup(fr, mapAt, keyAt); {
			case (at != 0) != exists:
				t.Fatalf("step %d: %s: lookup of %x gives %#x, it exists: %v", step, name, key, at, exists)
			case exists && string(unsafe.Slice((*byte)(ptr(at)), m.valueSize)) != old:
				t.Fatalf("step %d: %s: lookup of %x: %x, want %x", step, name, key, unsafe.Slice((*byte)(ptr(at)), m.valueSize), old)
			}
		}
		for i := range value {
			value[i] = byte(rng.Uint32())
		}
		flags := uint64(rng.IntN(5))
		want := uint64(0)
		switch {
		case flags > 2:
			want = m.result(bpf.EINVAL)
		case exists && flags == bpf.UpdateNoExist:
			want = m.result(bpf.EEXIST)
		case !exists && flags == bpf.UpdateExist:
			want = m.result(bpf.ENOENT)
		case !exists && len(model) == 60:
			want = m.result(bpf.E2BIG)
		default:
			model[string(key)] = string(value)
		}
		if got := n.update(fr, mapAt, keyAt, valueAt, flags); got != want {
			t.Fatalf("step %d: update with flags %d gives %d, want %d", step, flags, int64(got), int64(want))
		}
		if rng.IntN(4) == 0 {
			delete(model, string(key))
			_ = m.ops.remove(fr, ptr(keyAt))
		}
	}
	checkCells(t, m)
}

// TestAssemblyConstants: what the assembly takes for granted.
func TestAssemblyConstants(t *testing.T) {
	if frameSlot != unsafe.Offsetof(abi.Frame{}.Slot) {
		t.Errorf("the slot is at %d, frameSlot is %d", unsafe.Offsetof(abi.Frame{}.Slot), frameSlot)
	}
	if size := unsafe.Sizeof(stripe{}); size != stripeSize || stripeSize>>stripeShift != 1 {
		t.Errorf("a stripe has %d bytes, stripeSize is %d", size, stripeSize)
	}
	if end := unsafe.Offsetof(cellPool{}.markAt) + unsafe.Sizeof(cellPool{}.markAt); end > 64 {
		t.Errorf("what an update needs of a stripe is %d bytes, more than a cache line", end)
	}
}

// goLookup is the way of programs without a known type.
func goLookup(fr *abi.Frame, m, key uint64) uint64 { return MapLookupElem(fr, m, key) }

// TestHashNativeTogether: updates by machine code and by Go, at once, lose no
// element and never show half a value.
func TestHashNativeTogether(t *testing.T) {
	const keys, rounds = 8, 20_000
	m, err := newMap(newDomain(8), bpf.RulesOf(bpf.Linux), MapSpec{Name: "m", Type: bpf.MapHash, KeySize: 4, ValueSize: 32, MaxEntries: keys, poison: true})
	if err != nil {
		t.Fatal(err)
	}
	m.domain.high.Store(4)
	var all sync.WaitGroup
	for slot := range uint64(4) {
		all.Go(func() {
			fr := &abi.Frame{Slot: slot}
			key, value := fr.Stack[:4], fr.Stack[512:544]
			mapAt, keyAt, valueAt := uint64(uintptr(unsafe.Pointer(m))), uint64(uintptr(unsafe.Pointer(&key[0]))), uint64(uintptr(unsafe.Pointer(&value[0])))
			for n := range uint64(rounds) {
				k := uint32(n*0x9e3779b1>>7) % keys
				m.domain.enter(&m.domain.cells[slot])
				binary.LittleEndian.PutUint32(key, k)
				for i := range 4 {
					binary.LittleEndian.PutUint64(value[8*i:], uint64(k)<<32|n)
				}
				if slot == 0 {
					HashUpdate(fr, mapAt, keyAt, valueAt, 0)
				} else {
					nativeHashUpdate(fr, mapAt, keyAt, valueAt, 0)
				}
				if at := nativeHashLookup4(fr, mapAt, keyAt); at == 0 || !holds((*[4]uint64)(ptr(at)), k) {
					t.Errorf("key %d: value at %#x", k, at)
				}
				leave(&m.domain.cells[slot])
				if t.Failed() {
					return
				}
				if n%64 == 0 {
					runtime.Gosched()
				}
			}
		})
	}
	all.Wait()
	if m.Len() != keys {
		t.Errorf("%d keys, want %d", m.Len(), keys)
	}
	checkCells(t, m)
}

// checkCells counts the elements of a hash map that is at rest: each cell is in
// one place.
func checkCells(t *testing.T, m *Map) {
	t.Helper()
	seen := map[uint64]bool{}
	add := func(e uint64) {
		if seen[e] {
			t.Errorf("the cell at %#x is in two places", e)
		}
		seen[e] = true
	}
	for _, w := range m.hash.words {
		for ; w != 0; w = *next(w & wordAddr) {
			add(w & wordAddr)
		}
	}
	cells := 0
	for i := range m.hash.stripes {
		p := &m.hash.stripes[i].cellPool
		for n := p.head; n != p.tail; n++ {
			add(uint64(p.ring[n&uint(len(p.ring)-1)]))
		}
		cells += len(p.slabs)*m.hash.cells.chunk - p.left
	}
	if len(seen) != cells {
		t.Errorf("%d cells in chains and rings, %d were made", len(seen), cells)
	}
}
