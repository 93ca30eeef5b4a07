package ebpf

import (
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

func mustNew(t *testing.T, spec *MapSpec) *Map {
	t.Helper()
	m, err := NewMap(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// TestPerCPU: values of per-CPU maps are slices of any element that fits, of the
// length PossibleCPU.
func TestPerCPU(t *testing.T) {
	cpus := MustPossibleCPU()
	for _, typ := range []MapType{PerCPUHash, PerCPUArray, LRUCPUHash} {
		m := mustNew(t, &MapSpec{Name: "m", Type: typ, KeySize: 4, ValueSize: 8, MaxEntries: 4})
		in := make([]uint64, cpus)
		for i := range in {
			in[i] = uint64(i + 1)
		}
		if err := m.Put(uint32(1), in); err != nil {
			t.Fatal(err)
		}
		out := make([]uint64, cpus)
		var made []uint64
		var pointers []*uint64
		var raw [][]byte
		for _, to := range []any{out, &made, &pointers, &raw} {
			if err := m.Lookup(uint32(1), to); err != nil {
				t.Fatalf("%T: %v", to, err)
			}
		}
		if !slices.Equal(in, out) || !slices.Equal(in, made) || *pointers[cpus-1] != in[cpus-1] || raw[2][0] != 3 || len(raw) != cpus {
			t.Errorf("type %d: got %v, %v, %v, %v", typ, out, made, pointers, raw)
		}
		// A short slice: the other CPUs get zeroes.
		if err := m.Put(uint32(1), [][]byte{{9, 0, 0, 0, 0, 0, 0, 0}}); err != nil {
			t.Fatal(err)
		}
		if err := m.Lookup(uint32(1), out); err != nil || out[0] != 9 || out[1] != 0 {
			t.Errorf("type %d: after a short slice %v, %v", typ, out, err)
		}
		for what, err := range map[string]error{
			"long":    m.Put(uint32(1), make([]uint64, cpus+1)),
			"short":   m.Lookup(uint32(1), make([]uint64, cpus-1)),
			"number":  m.Put(uint32(1), uint64(1)),
			"pointer": m.Lookup(uint32(1), new(uint64)),
			"element": m.Put(uint32(1), make([]uint32, cpus)),
			"nil":     m.Lookup(uint32(1), nil),
		} {
			if err == nil || !strings.Contains(err.Error(), "value of all CPUs") {
				t.Errorf("type %d: %s: %v", typ, what, err)
			}
		}
		var key uint32
		n := 0
		for it := m.Iterate(); it.Next(&key, &made); n++ {
		}
		if want := map[bool]int{true: 4, false: 1}[typ == PerCPUArray]; n != want {
			t.Errorf("type %d: %d elements, want %d", typ, n, want)
		}
	}
}

// TestPerCPUPadding: values whose size is no multiple of 8 have padding that the
// caller does not see.
func TestPerCPUPadding(t *testing.T) {
	m := mustNew(t, &MapSpec{Name: "m", Type: PerCPUArray, KeySize: 4, ValueSize: 12, MaxEntries: 1})
	type value struct{ A, B, C uint32 }
	in := make([]value, MustPossibleCPU())
	for i := range in {
		in[i] = value{uint32(i), 2, 3}
	}
	var out []value
	if err := errors.Join(m.Put(uint32(0), in), m.Lookup(uint32(0), &out)); err != nil || !slices.Equal(in, out) {
		t.Errorf("%v, %v", out, err)
	}
	if b, err := m.LookupBytes(uint32(0)); err != nil || len(b) != 16*len(in) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

// TestKeyless: queues, stacks and Bloom filters have nil keys.
func TestKeyless(t *testing.T) {
	for typ, want := range map[MapType][]uint32{Queue: {1, 2}, Stack: {2, 1}} {
		m := mustNew(t, &MapSpec{Name: "m", Type: typ, ValueSize: 4, MaxEntries: 2})
		if err := errors.Join(m.Put(nil, uint32(1)), m.Put(nil, uint32(2))); err != nil {
			t.Fatal(err)
		}
		is(t, m.Put(nil, uint32(3)), syscall.E2BIG)
		var got []uint32
		for range 2 {
			var peeked, popped uint32
			if err := errors.Join(m.Lookup(nil, &peeked), m.LookupAndDelete(nil, &popped)); err != nil || peeked != popped {
				t.Fatalf("peeked %d, popped %d, %v", peeked, popped, err)
			}
			got = append(got, popped)
		}
		if !slices.Equal(got, want) {
			t.Errorf("type %d: %v, want %v", typ, got, want)
		}
		is(t, m.LookupAndDelete(nil, new(uint32)), ErrKeyNotExist)
		if err := m.Put(uint32(1), uint32(1)); err == nil || !strings.Contains(err.Error(), "key") {
			t.Errorf("a key: %v", err)
		}
	}
	m := mustNew(t, &MapSpec{Name: "m", Type: BloomFilter, ValueSize: 4, MaxEntries: 100, MapExtra: 3})
	if err := errors.Join(m.Put(nil, uint32(7)), m.Lookup(nil, uint32(7))); err != nil {
		t.Error(err)
	}
	is(t, m.Lookup(nil, uint32(8)), ErrKeyNotExist)
}

// TestTrie: keys of LPM tries as users write them.
func TestTrie(t *testing.T) {
	type key struct {
		Bits uint32
		Addr [4]byte
	}
	m := mustNew(t, &MapSpec{Name: "m", Type: LPMTrie, KeySize: 8, ValueSize: 4, MaxEntries: 4, Flags: bpf.FlagNoPrealloc})
	if err := errors.Join(m.Put(key{8, netip.MustParseAddr("10.0.0.0").As4()}, uint32(8)), m.Put(key{16, netip.MustParseAddr("10.1.0.0").As4()}, uint32(16))); err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]uint32{"10.1.2.3": 16, "10.2.2.3": 8} {
		var got uint32
		if err := m.Lookup(key{32, netip.MustParseAddr(addr).As4()}, &got); err != nil || got != want {
			t.Errorf("%s: %d, %v, want %d", addr, got, err, want)
		}
	}
	is(t, m.Lookup(key{32, [4]byte{11}}, new(uint32)), ErrKeyNotExist)
	is(t, m.LookupAndDelete(key{8, [4]byte{10}}, new(uint32)), ErrNotSupported)
}

// TestInnerMaps: maps as values, and who keeps them open.
func TestInnerMaps(t *testing.T) {
	template := &MapSpec{Name: "i", Type: Hash, KeySize: 4, ValueSize: 4, MaxEntries: 2}
	for _, typ := range []MapType{HashOfMaps, ArrayOfMaps} {
		outer := mustNew(t, &MapSpec{Name: "outer", Type: typ, KeySize: 4, MaxEntries: 3, InnerMap: template})
		inner := mustNew(t, template)
		if err := errors.Join(inner.Put(uint32(1), uint32(11)), outer.Put(uint32(2), inner), inner.Close()); err != nil {
			t.Fatal(err)
		}
		var found *Map
		if err := outer.Lookup(uint32(2), &found); err != nil {
			t.Fatal(err)
		}
		var value uint32
		if err := found.Lookup(uint32(1), &value); err != nil || value != 11 {
			t.Errorf("type %d: %d, %v", typ, value, err)
		}
		first := found
		if err := outer.Lookup(uint32(2), &found); err != nil { // closes the first handle
			t.Fatal(err)
		}
		is(t, first.Lookup(uint32(1), &value), os.ErrClosed)
		var key uint32
		n := 0
		for it := outer.Iterate(); it.Next(&key, &found); n++ {
			if key != 2 || found.MaxEntries() != 2 {
				t.Errorf("type %d: key %d, %v", typ, key, found)
			}
		}
		if n != 1 {
			t.Errorf("type %d: %d inner maps", typ, n)
		}
		is(t, outer.Lookup(uint32(0), &found), ErrKeyNotExist)
		is(t, outer.Lookup(uint32(2), &value), os.ErrInvalid)
		is(t, outer.Put(uint32(2), value), os.ErrInvalid)
		is(t, outer.Put(uint32(2), inner), os.ErrClosed)
		other := *template
		other.ValueSize = 8
		is(t, outer.Put(uint32(2), mustNew(t, &other)), syscall.EINVAL)
		if err := errors.Join(outer.Close(), found.Lookup(uint32(1), &value), found.Close()); err != nil {
			t.Errorf("a handle after the outer map: %v", err)
		}
	}
	if _, err := NewMap(&MapSpec{Type: HashOfMaps, KeySize: 4, MaxEntries: 1}); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("no template: %v", err)
	}
	spec := &MapSpec{Type: HashOfMaps, KeySize: 4, MaxEntries: 1, InnerMap: template}
	c := spec.Copy()
	c.InnerMap.ValueSize = 8
	if spec.InnerMap.ValueSize != 4 {
		t.Error("Copy shares the inner map")
	}
	is(t, c.Compatible(mustNew(t, spec)), ErrMapIncompatible)
}

// TestBatches: slices of any element that fits; the numbers are rtlib's.
func TestBatches(t *testing.T) {
	m := mustNew(t, &MapSpec{Name: "m", Type: Hash, KeySize: 4, ValueSize: 8, MaxEntries: 100})
	keys, values := make([]uint32, 50), make([]uint64, 50)
	for i := range keys {
		keys[i], values[i] = uint32(i), uint64(i*i)
	}
	if n, err := m.BatchUpdate(keys, values, nil); n != 50 || err != nil {
		t.Fatal(n, err)
	}
	got := map[uint32]uint64{}
	var cursor MapBatchCursor
	for err := error(nil); err == nil; {
		k, v, n := make([]uint32, 16), make([][]byte, 16), 0
		n, err = m.BatchLookup(&cursor, k, v, nil)
		for i := range n {
			got[k[i]] = binary.NativeEndian.Uint64(v[i])
		}
		if err != nil {
			is(t, err, ErrKeyNotExist)
		}
	}
	if len(got) != 50 || got[7] != 49 {
		t.Errorf("%d elements, 7 has %d", len(got), got[7])
	}
	if n, err := m.BatchDelete([]uint32{1, 2, 99}, nil); n != 2 || !errors.Is(err, ErrKeyNotExist) {
		t.Error(n, err)
	}
	k, v := make([]uint32, 64), make([]uint64, 64)
	n, err := m.BatchLookupAndDelete(new(MapBatchCursor), k, v, &BatchOptions{})
	if n != 48 || !errors.Is(err, ErrKeyNotExist) {
		t.Error(n, err)
	}
	for what, err := range map[string]error{
		"lengths": second(m.BatchUpdate(keys, values[:3], nil)), "no slice": second(m.BatchUpdate(uint32(1), values, nil)),
		"flags": second(m.BatchUpdate(keys, values, &BatchOptions{Flags: 1})), "element": second(m.BatchUpdate(values, values, nil)),
		"cursor": second(m.BatchLookup(nil, keys, values, nil)),
	} {
		if err == nil || errors.Is(err, ErrKeyNotExist) {
			t.Errorf("%s: %v", what, err)
		}
	}
	queue := mustNew(t, &MapSpec{Name: "q", Type: Queue, ValueSize: 4, MaxEntries: 2})
	is(t, second(queue.BatchLookup(new(MapBatchCursor), []struct{}{}, []uint32{}, nil)), ErrNotSupported)
	// Per CPU: the values of each key behind one another.
	cpus := MustPossibleCPU()
	p := mustNew(t, &MapSpec{Name: "p", Type: PerCPUHash, KeySize: 4, ValueSize: 4, MaxEntries: 8})
	all := make([]uint32, 2*cpus)
	for i := range all {
		all[i] = uint32(i)
	}
	if n, err := p.BatchUpdate([]uint32{1, 2}, all, nil); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	var one []uint32
	if err := p.Lookup(uint32(2), &one); err != nil || !slices.Equal(one, all[cpus:]) {
		t.Errorf("%v, %v", one, err)
	}
	back := make([]uint32, 8*cpus)
	if n, err := p.BatchLookup(new(MapBatchCursor), make([]uint32, 8), back, nil); n != 2 || !errors.Is(err, ErrKeyNotExist) || back[0]%uint32(cpus) != 0 {
		t.Errorf("%d, %v, %v", n, err, back)
	}
}

func second[T any](_ T, err error) error { return err }

// TestFreezeAndMemory: what is read-only says so.
func TestFreezeAndMemory(t *testing.T) {
	m := mustNew(t, &MapSpec{Name: "m", Type: Array, KeySize: 4, ValueSize: 8, MaxEntries: 2, Flags: bpf.FlagMmapable})
	mm, err := m.Memory()
	if err != nil || mm.Size() != 16 || mm.ReadOnly() {
		t.Fatal(mm, err)
	}
	if n, err := mm.WriteAt([]byte{5}, 8); n != 1 || err != nil {
		t.Error(n, err)
	}
	var v uint64
	if err := m.Lookup(uint32(1), &v); err != nil || v != 5 {
		t.Error(v, err)
	}
	b := make([]byte, 9)
	if n, err := mm.ReadAt(b, 8); n != 8 || !errors.Is(err, io.EOF) || b[0] != 5 {
		t.Error(n, err)
	}
	is(t, m.Freeze(), syscall.EBUSY)
	m = mustNew(t, &MapSpec{Name: "m", Type: Array, KeySize: 4, ValueSize: 8, MaxEntries: 2, Flags: bpf.FlagMmapable})
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	is(t, m.Put(uint32(0), uint64(1)), ErrReadOnly)
	is(t, m.Put(uint32(0), uint64(1)), syscall.EPERM)
	if mm, err = m.Memory(); err != nil || !mm.ReadOnly() {
		t.Fatal(mm, err)
	}
	is(t, second(mm.WriteAt([]byte{5}, 8)), ErrReadOnly)
	is(t, second(mustNew(t, &MapSpec{Name: "m", Type: Hash, KeySize: 4, ValueSize: 8, MaxEntries: 2}).Memory()), ErrNotSupported)
}

// nested is an object with a map of maps that has an initial map, and a program
// that uses all of it.
func nested() *rtlib.ObjectSpec {
	inner := rtlib.MapSpec{Name: "inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}
	return &rtlib.ObjectSpec{
		Name: "nested.o", ABI: abi.Version,
		Maps: []rtlib.MapSpec{
			{Name: "outer", Type: bpf.MapArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 2, Inner: &inner, Slots: []rtlib.SlotSpec{{Index: 1, Map: 1}}},
			inner,
		},
		Programs: []rtlib.ProgramSpec{{Name: "p", Section: "raw", Hook: "raw", Entry: func(fr *abi.Frame) uint64 { return rtlib.KtimeGetNs(fr) }, Engine: "go", Maps: []int{0}, Reclaims: true}},
	}
}

// TestNestedCollection: initial maps are Contents by name; what a program needs
// cannot be taken out of a spec; the clock is the caller's.
func TestNestedCollection(t *testing.T) {
	specOf := func() *CollectionSpec {
		cs, err := NewCollectionSpec(nested())
		if err != nil {
			t.Fatal(err)
		}
		return cs
	}
	cs := specOf()
	if c := cs.Maps["outer"].Contents; len(c) != 1 || c[0] != (MapKV{uint32(1), "inner"}) {
		t.Errorf("contents %v", c)
	}
	coll, err := NewCollectionWithOptions(cs, CollectionOptions{Clock: func() uint64 { return 1234 }})
	if err != nil {
		t.Fatal(err)
	}
	defer coll.Close()
	var found *Map
	if err := coll.Maps["outer"].Lookup(uint32(1), &found); err != nil || found.Runtime() != coll.Maps["inner"].Runtime() {
		t.Errorf("initial map %v, %v", found, err)
	}
	_ = found.Close()
	fr, err := coll.Programs["p"].NewFrame()
	if err != nil {
		t.Fatal(err)
	}
	defer fr.Close()
	if r0, err := fr.RunRaw(coll.Programs["p"].Runtime(), nil); r0 != 1234 || err != nil {
		t.Errorf("clock gave %d, %v", r0, err)
	}
	// A map of the template's kind replaces the initial one.
	other := mustNew(t, cs.Maps["outer"].InnerMap)
	if err := coll.Maps["outer"].Put(uint32(1), other); err != nil {
		t.Error(err)
	}

	cs = specOf()
	delete(cs.Maps, "outer")
	if _, err := NewCollection(cs); err == nil || !strings.Contains(err.Error(), `program "p": missing map "outer"`) {
		t.Errorf("a map that a program uses was taken out: %v", err)
	}
	delete(cs.Programs, "p")
	if coll, err := NewCollection(cs); err != nil || coll.Maps["outer"] != nil {
		t.Errorf("map and program were taken out: %v", err)
	} else {
		coll.Close()
	}
	cs = specOf()
	delete(cs.Maps, "inner")
	if _, err := NewCollection(cs); err == nil || !strings.Contains(err.Error(), `the collection has no map "inner"`) {
		t.Errorf("an initial map was taken out: %v", err)
	}
	cs = specOf()
	cs.Maps["outer"].InnerMap.ValueSize = 16
	if _, err := NewCollection(cs); !errors.Is(err, ErrMapIncompatible) {
		t.Errorf("another template: %v", err)
	}
}

// TestTypedKinds: typed maps do what the untyped ones do, without allocations.
func TestTypedKinds(t *testing.T) {
	cpus := MustPossibleCPU()
	in, out := make([]uint64, cpus), make([]uint64, cpus)
	for i := range in {
		in[i] = uint64(i)
	}
	h := PerCPUMapOf[uint32, uint64](mustNew(t, &MapSpec{Name: "m", Type: PerCPUHash, KeySize: 4, ValueSize: 8, MaxEntries: 4}))
	if err := errors.Join(h.Put(1, in), h.Lookup(1, out)); err != nil || !slices.Equal(in, out) {
		t.Errorf("%v, %v", out, err)
	}
	for k, v := range h.All() {
		if k != 1 || !slices.Equal(v, in) {
			t.Errorf("%d: %v", k, v)
		}
	}
	is(t, h.Lookup(2, out), ErrKeyNotExist)
	is(t, h.Lookup(1, out[1:]), os.ErrInvalid)
	is(t, h.Update(1, in, UpdateNoExist), ErrKeyExist)
	padded := PerCPUArrayMapOf[[3]uint32](mustNew(t, &MapSpec{Name: "m", Type: PerCPUArray, KeySize: 4, ValueSize: 12, MaxEntries: 4}))
	wide := make([][3]uint32, cpus)
	wide[cpus-1] = [3]uint32{1, 2, 3}
	got := make([][3]uint32, cpus)
	if err := errors.Join(padded.Put(3, wide), padded.Lookup(3, got)); err != nil || !slices.Equal(wide, got) {
		t.Errorf("%v, %v", got, err)
	}
	q := QueueMapOf[uint32](mustNew(t, &MapSpec{Name: "m", Type: Queue, ValueSize: 4, MaxEntries: 1}))
	if err := q.Push(5); err != nil {
		t.Error(err)
	}
	is(t, q.Push(6), syscall.E2BIG)
	peeked, err1 := q.Peek()
	popped, err2 := q.Pop()
	if peeked != 5 || popped != 5 || err1 != nil || err2 != nil {
		t.Error(peeked, popped, err1, err2)
	}
	is(t, second(q.Pop()), ErrKeyNotExist)
	f := FilterMapOf[uint64](mustNew(t, &MapSpec{Name: "m", Type: BloomFilter, ValueSize: 8, MaxEntries: 100}))
	is(t, f.Add(3), nil)
	for value, want := range map[uint64]bool{3: true, 4: false} {
		if has, err := f.Has(value); has != want || err != nil {
			t.Error(value, has, err)
		}
	}
	is(t, second(FilterMapOf[uint64](q.m).Has(1)), ErrMapIncompatible)
	trie := HashMapOf[[2]uint32, uint32](mustNew(t, &MapSpec{Name: "m", Type: LPMTrie, KeySize: 8, ValueSize: 4, MaxEntries: 4, Flags: bpf.FlagNoPrealloc}))
	if err := trie.Put([2]uint32{0, 0}, 9); err != nil {
		t.Error(err)
	}
	if v, err := trie.Lookup([2]uint32{32, 1}); v != 9 || err != nil {
		t.Error(v, err)
	}
	for what, f := range map[string]func(){
		"per-CPU": func() { _ = h.Put(1, in); _ = h.Lookup(1, out) }, "padded": func() { _ = padded.Put(1, wide); _ = padded.Lookup(1, got) },
		"queue": func() { _ = q.Push(1); _, _ = q.Pop() }, "filter": func() { _ = f.Add(3); _, _ = f.Has(4) }, "trie": func() { _, _ = trie.Lookup([2]uint32{32, 1}) },
	} {
		f()
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", what, n)
		}
	}
	hash := mustNew(t, &MapSpec{Name: "m", Type: Hash, KeySize: 4, ValueSize: 8, MaxEntries: 4})
	is(t, PerCPUMapOf[uint32, uint64](hash).Put(1, in), ErrMapIncompatible)
	is(t, QueueMapOf[uint64](hash).Push(1), ErrMapIncompatible)
	is(t, PerCPUMapOf[uint64, uint64](mustNew(t, &MapSpec{Name: "m", Type: PerCPUHash, KeySize: 4, ValueSize: 8, MaxEntries: 4})).Delete(1), ErrMapIncompatible)
}
