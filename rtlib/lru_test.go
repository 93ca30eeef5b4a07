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

func lruSpec(typ bpf.MapType, keySize, valueSize, entries uint32) MapSpec {
	return MapSpec{Name: "l", Type: typ, KeySize: keySize, ValueSize: valueSize, MaxEntries: entries}
}

// lists of LRU types with the size of a host's value.
var lruTypes = []bpf.MapType{bpf.MapLRUHash, bpf.MapLRUPercpu}

// lruOf is the implementation behind a map.
func lruOf(m *Map) *lru {
	if p, perCPU := m.ops.(lruPerCPU); perCPU {
		return p.lru
	}
	return m.ops.(*lru)
}

// checkLists compares the lists with the buckets, while nobody uses the map.
func checkLists(t *testing.T, m *Map) {
	t.Helper()
	l := lruOf(m)
	inBuckets := map[uint64]int{} // the stripe of an element
	for b, w := range m.hash.words {
		for ; w != 0; w = *next(w & wordAddr) {
			inBuckets[w&wordAddr] = b / int(m.hash.perStripe)
		}
	}
	listed := 0
	for i := range l.stripes {
		for list := range l.stripes[i].lists {
			o := &l.stripes[i].lists[list]
			n := uint32(0)
			for k := o.head; k != o.tail; k++ {
				mark := o.ring[k&uint32(len(o.ring)-1)]
				if mark == 0 {
					continue
				}
				n++
				e := *l.linkOf(uint64(i), list, mark, k) & wordAddr
				if stripe, linked := inBuckets[e]; !linked || stripe != i {
					t.Fatalf("list %d of stripe %d has an element of stripe %d, linked %v", list, i, stripe, linked)
				}
				if gotList, place := l.whereIs(e); gotList != list || place != k {
					t.Fatalf("an element of list %d, place %d says list %d, place %d", list, k, gotList, place)
				}
			}
			if n != o.n {
				t.Fatalf("list %d of stripe %d has %d elements and counts %d", list, i, n, o.n)
			}
			listed += int(n)
		}
	}
	if listed != len(inBuckets) || listed != m.Len() || listed > int(m.max) {
		t.Fatalf("%d elements in lists, %d in buckets, %d counted, at most %d", listed, len(inBuckets), m.Len(), m.max)
	}
}

// TestLRUModel: as long as nothing is evicted an LRU map is a hash map, and at all
// times what is there is what was stored last.
func TestLRUModel(t *testing.T) {
	for _, typ := range lruTypes {
		for _, c := range []struct {
			keySize, valueSize, entries uint32
			keys                        int
		}{{4, 4, 1, 3}, {4, 8, 2, 5}, {4, 8, 3, 7}, {8, 8, 100, 300}, {16, 3, 64, 60}, {5, 24, 1000, 3000}, {40, 16, 30, 64}} {
			t.Run(fmt.Sprintf("type %d, %d-%d-%d", typ, c.keySize, c.valueSize, c.entries), func(t *testing.T) {
				spec := lruSpec(typ, c.keySize, c.valueSize, c.entries)
				spec.poison = true
				lruModel(t, mustMap(t, spec), c.keys)
			})
		}
	}
}

func lruModel(t *testing.T, m *Map, keys int) {
	rng := rand.New(rand.NewPCG(m.max, uint64(m.keySize)))
	model := map[int]byte{} // what was stored last; it may have been evicted
	key, value, zero := make([]byte, m.keySize), make([]byte, m.hostSize), make([]byte, m.hostSize)
	fr := new(abi.Frame)
	for step := range 30_000 {
		k := rng.IntN(keys)
		binary.LittleEndian.PutUint32(key, uint32(k))
		_, stored := model[k]
		before := m.Len()
		switch rng.IntN(8) {
		case 0, 1, 2:
			flags := rng.Uint64N(3)
			there := m.Lookup(key, zero) == nil
			copy(value, []byte{byte(step)})
			got := m.Update(key, value, flags)
			want := bpf.Errno(0)
			if there && flags == bpf.UpdateNoExist {
				want = bpf.EEXIST
			}
			if !there && flags == bpf.UpdateExist {
				want = bpf.ENOENT
			}
			if errnoOf(got) != want {
				t.Fatalf("step %d: update with flags %d: got %v, want %v", step, flags, got, want)
			}
			if want == 0 {
				model[k] = byte(step)
			}
			if now := m.Len(); want == 0 && !there && now != min(before+1, int(m.max)) || (want != 0 || there) && now != before {
				t.Fatalf("step %d: %d keys before the update and %d after", step, before, now)
			}
		case 3:
			err := m.Delete(key)
			if err == nil && !stored {
				t.Fatalf("step %d: deleted what was not stored", step)
			}
			delete(model, k)
		case 4:
			err := m.LookupAndDelete(key, value, 0)
			if err == nil && (!stored || value[0] != model[k]) {
				t.Fatalf("step %d: took %d, want %d", step, value[0], model[k])
			}
			delete(model, k)
		default:
			if e := m.ops.lookup(fr, unsafe.Pointer(&key[0])); e != 0 && (!stored || *(*byte)(at(e)) != model[k]) {
				t.Fatalf("step %d: found %d, want %d, stored %v", step, *(*byte)(at(e)), model[k], stored)
			}
		}
		if step%5000 == 0 {
			checkLists(t, m)
		}
	}
	checkLists(t, m)
}

// TestLRUFull: as many keys as max_entries fit, whatever their hashes.
func TestLRUFull(t *testing.T) {
	for _, entries := range []uint32{1, 2, 3, 5, 64, 1000, 4096} {
		m := mustMap(t, lruSpec(bpf.MapLRUHash, 4, 8, entries))
		var value [8]byte
		for k := range 3 * entries {
			key := binary.LittleEndian.AppendUint32(nil, k)
			if err := m.Update(key, value[:], 0); err != nil {
				t.Fatal(err)
			}
			if want := int(min(k+1, entries)); m.Len() != want {
				t.Fatalf("%d entries: %d keys after %d, want %d", entries, m.Len(), k+1, want)
			}
			if err := m.Lookup(key, value[:]); err != nil {
				t.Fatalf("%d entries: the new key is not there: %v", entries, err)
			}
		}
		checkLists(t, m)
	}
}

// TestLRUOrder: what programs look up stays when others come; what hosts look up
// does not.
func TestLRUOrder(t *testing.T) {
	for _, typ := range lruTypes {
		for _, program := range []bool{true, false} {
			const entries = 1024
			m := mustMap(t, lruSpec(typ, 4, 8, entries))
			value := make([]byte, m.hostSize)
			key := make([]byte, 4)
			kept := 0
			for k := range uint32(4 * entries) {
				binary.LittleEndian.PutUint32(key, k)
				if err := m.Update(key, value, 0); err != nil {
					t.Fatal(err)
				}
				for hot := range min(k, 100) {
					if k%64 != 0 {
						break
					}
					binary.LittleEndian.PutUint32(key, hot)
					if program {
						m.ops.lookup(new(abi.Frame), unsafe.Pointer(&key[0]))
					} else {
						_ = m.Lookup(key, value)
					}
				}
			}
			for hot := range uint32(100) {
				binary.LittleEndian.PutUint32(key, hot)
				if m.Lookup(key, value) == nil {
					kept++
				}
			}
			if program && kept < 95 || !program && kept > 5 {
				t.Errorf("type %d: %d of 100 hot keys stay; looked up by a program: %v", typ, kept, program)
			}
		}
	}
}

// TestLRUOtherStripe: a stripe without keys takes room from the others.
func TestLRUOtherStripe(t *testing.T) {
	m := mustMap(t, lruSpec(bpf.MapLRUHash, 4, 8, 256))
	if len(m.hash.stripes) < 2 {
		t.Fatalf("%d stripes", len(m.hash.stripes))
	}
	var value uint64
	of := func(stripe uint64, n int) (keys []uint32) {
		for k := uint32(0); len(keys) < n; k++ {
			if m.bucketOf(m.hash8(uint64(k)))/m.hash.perStripe == stripe {
				keys = append(keys, k)
			}
		}
		return keys
	}
	for _, k := range of(0, 300) {
		if errno := m.ops.update(nil, unsafe.Pointer(&k), unsafe.Pointer(&value), 0); errno != 0 {
			t.Fatal(errno)
		}
	}
	for _, k := range of(1, 10) {
		if errno := m.ops.update(nil, unsafe.Pointer(&k), unsafe.Pointer(&value), 0); errno != 0 {
			t.Fatal(errno)
		}
		if m.ops.lookup(nil, unsafe.Pointer(&k)) == 0 {
			t.Errorf("key %d is not there", k)
		}
		if m.Len() != 256 {
			t.Errorf("%d keys, want 256", m.Len())
		}
	}
	checkLists(t, m)
}

// TestLRUAtOnce: programs that look up and update, hosts that delete and read,
// all on a map that is too small. Values are keys; poison shows what is used
// again too early.
func TestLRUAtOnce(t *testing.T) {
	for _, typ := range lruTypes {
		for _, entries := range []uint32{1, 3, 200} {
			t.Run(fmt.Sprintf("type %d, %d entries", typ, entries), func(t *testing.T) {
				lruAtOnce(t, typ, entries)
			})
		}
	}
}

func lruAtOnce(t *testing.T, typ bpf.MapType, entries uint32) {
	spec := lruSpec(typ, 4, 16, entries)
	spec.poison = true
	inst, err := NewInstance(&ObjectSpec{Name: "object", ABI: abi.Version, Maps: []MapSpec{spec}, Programs: []ProgramSpec{
		{Name: "p", Hook: "raw", Entry: lruProgram, Engine: "go", Maps: []int{0}, Reclaims: true},
	}}, &InstanceOptions{PoisonFreed: true})
	if err != nil {
		t.Fatal(err)
	}
	defer inst.Close()
	m, keys := inst.Map("l"), int(entries)+entriesMore
	var wg, programs sync.WaitGroup
	var over atomic.Bool
	for w := range 3 {
		programs.Add(1)
		wg.Go(func() {
			defer programs.Done()
			f := mustFrame(t, inst)
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			mem := make([]byte, 16)
			for range 3000 {
				binary.LittleEndian.PutUint32(mem, uint32(rng.IntN(keys)))
				if r0, err := f.RunRaw(inst.Program("p"), mem); err != nil || r0 != 0 {
					t.Errorf("program: r0 %d, %v", r0, err)
					return
				}
			}
		})
	}
	go func() { programs.Wait(); over.Store(true) }()
	wg.Go(func() {
		rng := rand.New(rand.NewPCG(9, 1))
		key, value := make([]byte, 4), make([]byte, m.hostSize)
		for !over.Load() {
			binary.LittleEndian.PutUint32(key, uint32(rng.IntN(keys)))
			if n := m.Len(); n > int(entries) {
				t.Errorf("%d keys, at most %d", n, entries)
			}
			switch rng.IntN(3) {
			case 0:
				_ = m.Delete(key)
			case 1:
				if m.Lookup(key, value) == nil && typ == bpf.MapLRUHash && [4]byte(value) != [4]byte(key) {
					t.Errorf("key % x has the value % x", key, value)
				}
			case 2:
				_ = m.NextKey(key, key)
			}
		}
	})
	wg.Wait()
	checkLists(t, m)
}

const entriesMore = 40

// lruProgram stores the key in the memory as a value of itself, or finds it.
func lruProgram(fr *abi.Frame) uint64 {
	m, mem := abi.Map(fr, 0), fr.Data
	key := uint64(load32(ptr(mem)))
	store64(ptr(mem+8), key)
	e := MapLookupElem(fr, m, mem)
	if e == 0 {
		if r0 := MapUpdateElem(fr, m, mem, mem, 0); r0 != 0 {
			return 1
		}
		if e = MapLookupElem(fr, m, mem); e == 0 {
			return 0 // evicted again
		}
	}
	for range 3 {
		if w := abi.Load64(e); uint32(w) != uint32(key) && w != 0 {
			return 2
		}
	}
	return 0
}

func TestLRUAllocatesNothing(t *testing.T) {
	for _, typ := range lruTypes {
		m := mustMap(t, lruSpec(typ, 8, 8, 512))
		waitBarrier(process(), false)
		fr, key, value := new(abi.Frame), uint64(0), uint64(0)
		churn := func() {
			for range 1000 {
				key += 0x9e3779b9
				_ = m.ops.update(fr, unsafe.Pointer(&key), unsafe.Pointer(&value), 0)
				m.ops.lookup(fr, unsafe.Pointer(&key))
				if key%16 == 0 {
					_ = m.ops.remove(fr, unsafe.Pointer(&key))
				}
			}
		}
		for range 100 {
			churn()
		}
		if n := testing.AllocsPerRun(100, churn); n > 0 {
			t.Errorf("type %d: %v allocations in 1000 steps", typ, n)
		}
	}
}
