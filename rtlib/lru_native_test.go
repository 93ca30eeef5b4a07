package rtlib

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

type lruLookup = func(fr *abi.Frame, m, key uint64) uint64

// lruLookups are the entries for machine code and for Go bodies by the size of
// keys, 0 for any.
var lruLookups = map[bpf.MapType][2]map[uint32]lruLookup{
	bpf.MapLRUHash: {
		{0: nativeLRULookup, 4: nativeLRULookup4, 8: nativeLRULookup8, 16: nativeLRULookup16},
		{0: LRULookup, 4: LRULookup4, 8: LRULookup8, 16: LRULookup16},
	},
	bpf.MapLRUPercpu: {
		{0: nativeLRUPercpuLookup, 4: nativeLRUPercpuLookup4, 8: nativeLRUPercpuLookup8, 16: nativeLRUPercpuLookup16},
		{0: LRUPercpuLookup, 4: LRUPercpuLookup4, 8: LRUPercpuLookup8, 16: LRUPercpuLookup16},
	},
}

// TestLRUNative: every entry finds the value of its CPU, notes that the element was
// used, and does not find what is not there.
func TestLRUNative(t *testing.T) {
	for typ, engines := range lruLookups {
		for engine, lookups := range engines {
			for _, keySize := range []uint32{1, 3, 4, 7, 8, 9, 12, 16, 17, 20, 40, 64, 100} {
				for _, sized := range []uint32{0, keySize} {
					if lookup := lookups[sized]; lookup != nil {
						t.Run(fmt.Sprintf("%d-%d-%d-%d", typ, engine, keySize, sized), func(t *testing.T) {
							testLRULookup(t, typ, keySize, lookup)
						})
					}
				}
			}
		}
	}
}

func testLRULookup(t *testing.T, typ bpf.MapType, keySize uint32, lookup lruLookup) {
	const keys = 100
	m := mustMap(t, lruSpec(typ, keySize, 8, keys))
	l, fr := lruOf(m), &abi.Frame{Slot: 2}
	m.domain.high.Store(max(3, m.domain.high.Load()))
	key, value := fr.Stack[:keySize], fr.Stack[512:520]
	set := func(k byte) { key[0], key[len(key)-1] = k, k }
	for k := range byte(keys) {
		set(k)
		value[0] = k + 1
		if errno := m.ops.update(fr, unsafe.Pointer(&key[0]), unsafe.Pointer(&value[0]), 0); errno != 0 {
			t.Fatal(errno)
		}
	}
	mp, at := uint64(uintptr(unsafe.Pointer(m))), uint64(uintptr(unsafe.Pointer(&key[0])))
	for k := range byte(2 * keys) {
		set(k)
		addr := lookup(fr, mp, at)
		if (addr != 0) != (k < keys) {
			t.Fatalf("key %d: found %v", k, addr != 0)
		}
		if addr == 0 {
			continue
		}
		if got := *(*byte)(ptr(addr)); got != k+1 {
			t.Fatalf("key %d: value %d, want %d", k, got, k+1)
		}
		e := m.find(unsafe.Pointer(&key[0]))
		if list, _ := l.whereIs(e); list != inactive {
			t.Errorf("key %d: list %d", k, list)
		}
		if !l.forgetUse(e) {
			t.Errorf("key %d: not noted as used", k)
		}
	}
	checkLists(t, m)
}
