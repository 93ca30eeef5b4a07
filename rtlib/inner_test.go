package rtlib

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

func outerSpec(t bpf.MapType, keySize uint32, inner MapSpec) MapSpec {
	return MapSpec{Name: "outer", Type: t, KeySize: keySize, ValueSize: 4, MaxEntries: 4, Inner: &inner}
}

func le32(n uint32) []byte { return binary.LittleEndian.AppendUint32(nil, n) }

// TestInnerFlags: which updates each type and platform takes, as Linux 6.18
// answers.
func TestInnerFlags(t *testing.T) {
	for _, c := range []struct {
		platform bpf.Platform
		typ      bpf.MapType
		fresh    [4]error // update of a new key with flags 0 to 3
		again    [4]error // of the key that is there
		bound    error
		empty    error // delete of nothing
	}{
		{bpf.Linux, bpf.MapArrayOfMaps, [4]error{nil, syscall.EINVAL, syscall.EINVAL, syscall.EINVAL}, [4]error{nil, syscall.EINVAL, syscall.EINVAL, syscall.EINVAL}, syscall.E2BIG, syscall.ENOENT},
		{bpf.Windows, bpf.MapArrayOfMaps, [4]error{nil, syscall.EINVAL, nil, syscall.EINVAL}, [4]error{nil, syscall.EINVAL, nil, syscall.EINVAL}, syscall.EINVAL, nil},
		{bpf.Linux, bpf.MapHashOfMaps, [4]error{nil, nil, syscall.ENOENT, syscall.EINVAL}, [4]error{nil, syscall.EEXIST, nil, syscall.EINVAL}, syscall.E2BIG, syscall.ENOENT},
		{bpf.Windows, bpf.MapHashOfMaps, [4]error{nil, nil, syscall.ENOENT, syscall.EINVAL}, [4]error{nil, syscall.EEXIST, nil, syscall.EINVAL}, syscall.E2BIG, syscall.ENOENT},
	} {
		t.Run(fmt.Sprintf("%v %d", c.platform, c.typ), func(t *testing.T) {
			newMap := func(spec MapSpec) *Map {
				m, err := NewMapFor(c.platform, spec)
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			inner := newMap(arraySpec(8, 2))
			for flags := range uint64(4) {
				outer := newMap(outerSpec(c.typ, 4, arraySpec(8, 2)))
				if err := outer.UpdateMap(le32(1), inner, flags); !errors.Is(err, c.fresh[flags]) {
					t.Errorf("flags %d: %v, want %v", flags, err, c.fresh[flags])
				}
				if err := outer.UpdateMap(le32(1), inner, 0); err != nil {
					t.Fatal(err)
				}
				if err := outer.UpdateMap(le32(1), inner, flags); !errors.Is(err, c.again[flags]) {
					t.Errorf("flags %d again: %v, want %v", flags, err, c.again[flags])
				}
				if err := outer.Delete(le32(2)); !errors.Is(err, c.empty) {
					t.Errorf("delete of nothing: %v, want %v", err, c.empty)
				}
				for _, k := range []uint32{0, 2, 3} {
					if err := outer.UpdateMap(le32(k), inner, 0); err != nil {
						t.Fatal(err)
					}
				}
				if err := outer.UpdateMap(le32(9), inner, 0); !errors.Is(err, c.bound) {
					t.Errorf("a fifth of four: %v, want %v", err, c.bound)
				}
				if err := outer.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if n := inner.refs.Load(); n != 1 {
				t.Errorf("%d holders of the inner map at the end, want 1", n)
			}
		})
	}
}

// TestInnerTemplate: what an inner map must have of the template, as Linux 6.18
// and eBPF for Windows compare.
func TestInnerTemplate(t *testing.T) {
	inner := bpf.FlagInnerMap
	hash := func(key, value, entries, flags uint32) MapSpec {
		return MapSpec{Name: "i", Type: bpf.MapHash, KeySize: key, ValueSize: value, MaxEntries: entries, Flags: flags}
	}
	array := func(entries, flags uint32) MapSpec {
		return MapSpec{Name: "i", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: entries, Flags: flags}
	}
	for _, c := range []struct {
		template, spec MapSpec
		linux, windows string // in the error, "" for none
	}{
		{hash(4, 8, 8, 0), hash(4, 8, 8, 0), "", ""},
		{hash(4, 8, 8, 0), array(8, 0), "type 2, the template has 1", "type 2"},
		{hash(4, 8, 8, 0), hash(8, 8, 8, 0), "key size 8, the template has 4", "key size"},
		{hash(4, 8, 8, 0), hash(4, 16, 8, 0), "value size 16, the template has 8", "value size"},
		{hash(4, 8, 8, 0), hash(4, 8, 9, 0), "", "max_entries 9, the template has 8"},
		{hash(4, 8, 8, 0), hash(4, 8, 8, bpf.FlagNoPrealloc), "flags 0x1, the template has 0x0", ""},
		{hash(4, 8, 8, 0), hash(4, 8, 8, bpf.FlagRdonly), "", ""},
		{array(8, 0), array(9, 0), "max_entries 9, the template has 8; both need the flag INNER_MAP", "max_entries"},
		{array(8, inner), array(9, inner), "", "max_entries"},
		{array(8, inner), array(8, 0), "flags 0x0, the template has 0x1000", ""},
	} {
		for platform, want := range map[bpf.Platform]string{bpf.Linux: c.linux, bpf.Windows: c.windows} {
			for _, typ := range []bpf.MapType{bpf.MapArrayOfMaps, bpf.MapHashOfMaps} {
				outer, err := NewMapFor(platform, outerSpec(typ, 4, c.template))
				if err != nil {
					t.Fatal(err)
				}
				m, err := NewMapFor(platform, c.spec)
				if err != nil {
					t.Fatal(err)
				}
				switch err := outer.UpdateMap(le32(0), m, 0); {
				case want == "" && err != nil:
					t.Errorf("%v: %+v in %+v: %v", platform, c.spec, c.template, err)
				case want != "" && (!errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), want)):
					t.Errorf("%v: %+v in %+v: error %v, want EINVAL with %q", platform, c.spec, c.template, err, want)
				}
			}
		}
	}
}

// TestInnerRefused: maps of maps and uses of them that there cannot be.
func TestInnerRefused(t *testing.T) {
	outer := outerSpec(bpf.MapArrayOfMaps, 4, arraySpec(8, 1))
	for _, c := range []struct {
		spec MapSpec
		want string
	}{
		{MapSpec{Type: bpf.MapArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 1}, "it has no inner map"},
		{outerSpec(bpf.MapHashOfMaps, 4, outer), "they do not nest"},
		{outerSpec(bpf.MapHashOfMaps, 4, MapSpec{Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 1}), "inner maps of type 3"},
		{outerSpec(bpf.MapHashOfMaps, 4, MapSpec{Type: bpf.MapArray, KeySize: 4, MaxEntries: 1}), "inner map: the value size is 0"},
		{MapSpec{Type: bpf.MapArrayOfMaps, KeySize: 4, ValueSize: 8, MaxEntries: 1, Inner: outer.Inner}, "value size is 8"},
	} {
		if _, err := NewMap(c.spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.spec, err, c.want)
		}
	}
	m, plain := mustMap(t, outer), mustMap(t, hashSpec(4, 8, 1))
	windows, err := NewMapFor(bpf.Windows, arraySpec(8, 1))
	if err != nil {
		t.Fatal(err)
	}
	closed := mustMap(t, arraySpec(8, 1))
	_ = closed.Close()
	value := make([]byte, 4)
	for _, c := range []struct {
		got  error
		is   error
		want string
	}{
		{m.Lookup(le32(0), value), syscall.ENOTSUP, "use LookupMap"},
		{m.Update(le32(0), value, 0), syscall.ENOTSUP, "use UpdateMap"},
		{m.UpdateMap(le32(0), nil, 0), syscall.EINVAL, "is nil"},
		{m.UpdateMap(le32(0), windows, 0), syscall.EINVAL, "another platform"},
		{m.UpdateMap(le32(0), closed, 0), os.ErrClosed, "closed"},
		{m.UpdateMap(make([]byte, 5), plain, 0), syscall.EINVAL, "key of 5 bytes"},
		{plain.UpdateMap(le32(0), plain, 0), syscall.EINVAL, "its values are no maps"},
		{second(plain.LookupMap(le32(0))), syscall.EINVAL, "its values are no maps"},
		{second(m.LookupMap(le32(0))), syscall.ENOENT, "empty"},
		{second(m.LookupMap(le32(7))), syscall.ENOENT, "empty"},
	} {
		if !errors.Is(c.got, c.is) || !strings.Contains(c.got.Error(), c.want) {
			t.Errorf("error %v, want %v with %q", c.got, c.is, c.want)
		}
	}
}

// TestInnerHolds: the outer map keeps inner maps open until it lets go of them,
// and LookupMap gives a hold of its own.
func TestInnerHolds(t *testing.T) {
	for _, typ := range []bpf.MapType{bpf.MapArrayOfMaps, bpf.MapHashOfMaps} {
		d := newDomain(2)
		d.high.Store(2)
		newMap := func(spec MapSpec) *Map {
			m, err := newMap(d, bpf.RulesOf(bpf.Linux), spec)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		outer := newMap(outerSpec(typ, 4, arraySpec(8, 1)))
		var inner [3]*Map
		for i := range inner {
			inner[i] = newMap(arraySpec(8, 1))
			if err := outer.UpdateMap(le32(uint32(i)), inner[i], 0); err != nil {
				t.Fatal(err)
			}
			_ = inner[i].Close()
			_ = inner[i].Close() // does nothing
		}
		found, err := outer.LookupMap(le32(0))
		if err != nil || found != inner[0] {
			t.Fatalf("found %p, %v, want %p", found, err, inner[0])
		}
		// A run that began before keeps what was replaced and deleted.
		d.enter(&d.cells[1])
		if err := errors.Join(outer.UpdateMap(le32(0), inner[1], 0), outer.Delete(le32(2))); err != nil {
			t.Fatal(err)
		}
		if inner[2].closed.Load() {
			t.Errorf("type %d: an inner map was closed under a run", typ)
		}
		leave(&d.cells[1])
		if err := outer.UpdateMap(le32(3), inner[1], 0); err != nil { // looks at the limbo
			t.Fatal(err)
		}
		if !inner[2].closed.Load() || inner[0].closed.Load() {
			t.Errorf("type %d: after the run: deleted map closed %v, one with a hold closed %v", typ, inner[2].closed.Load(), inner[0].closed.Load())
		}
		found.Release()
		if !inner[0].closed.Load() {
			t.Errorf("type %d: open without holders", typ)
		}
		_ = outer.Close()
		if !inner[1].closed.Load() {
			t.Errorf("type %d: the outer map was closed and holds", typ)
		}
		if err := outer.UpdateMap(le32(0), newMap(arraySpec(8, 1)), 0); !errors.Is(err, os.ErrClosed) {
			t.Errorf("update after Close: %v", err)
		}
	}
}

// TestHashOfMapsModel compares keys of all sizes with a Go map, by host and by
// program.
func TestHashOfMapsModel(t *testing.T) {
	for _, size := range []uint32{1, 3, 4, 8, 12, 16, 40} {
		outer := mustMap(t, MapSpec{Name: "outer", Type: bpf.MapHashOfMaps, KeySize: size, ValueSize: 4, MaxEntries: 100, Inner: &MapSpec{Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}})
		var maps [3]*Map
		for i := range maps {
			maps[i] = mustMap(t, arraySpec(8, 1))
		}
		model := map[string]*Map{}
		key := make([]byte, max(size, 8))[:size]
		for step := range 2000 {
			key[0] = byte(step * 7 % 120)
			inner := maps[step%3]
			if step%5 == 0 {
				if err := outer.Delete(key); (err == nil) != (model[string(key)] != nil) {
					t.Fatalf("delete: %v", err)
				}
				delete(model, string(key))
			} else if err := outer.UpdateMap(key, inner, 0); err == nil {
				model[string(key)] = inner
			} else if len(model) < 100 || model[string(key)] != nil {
				t.Fatal(err)
			}
			lookups := []func(*abi.Frame, uint64, uint64) uint64{HashOfMapsLookup, MapLookupElem}
			switch size {
			case 4:
				lookups = append(lookups, HashOfMapsLookup4)
			case 8:
				lookups = append(lookups, HashOfMapsLookup8)
			case 16:
				lookups = append(lookups, HashOfMapsLookup16)
			}
			for i, lookup := range lookups {
				got := lookup(nil, uint64(uintptr(unsafe.Pointer(outer))), uint64(uintptr(unsafe.Pointer(&key[0]))))
				if got != uint64(uintptr(unsafe.Pointer(model[string(key)]))) {
					t.Fatalf("size %d, step %d, lookup %d: %#x, want %p", size, step, i, got, model[string(key)])
				}
			}
		}
		if outer.Len() != len(model) {
			t.Errorf("size %d: %d keys, want %d", size, outer.Len(), len(model))
		}
		seen := 0
		for k := []byte(nil); ; seen++ {
			next := make([]byte, size)
			if outer.NextKey(k, next) != nil {
				break
			}
			if found, err := outer.LookupMap(next); err != nil || found != model[string(next)] {
				t.Fatalf("size %d: key %x: %v", size, next, err)
			}
			k = next
		}
		if seen != len(model) {
			t.Errorf("size %d: walked over %d keys, want %d", size, seen, len(model))
		}
	}
}

// TestInnerReplaced replaces inner maps while programs run: a run finds one that
// is whole, and what it found stays as it is to its end. The first element of
// an inner map is the number that all others have.
func TestInnerReplaced(t *testing.T) {
	const words = 16
	runs := int64(20_000)
	if testing.Short() {
		runs = 2_000
	}
	for _, typ := range []bpf.MapType{bpf.MapArrayOfMaps, bpf.MapHashOfMaps} {
		var torn, none atomic.Int64
		template := MapSpec{Name: "i", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: words}
		program := func(fr *abi.Frame) uint64 {
			key := uint64(uintptr(unsafe.Pointer(&fr.Stack)))
			*(*uint32)(unsafe.Pointer(&fr.Stack)) = 0
			inner := MapLookupElem(fr, abi.Map(fr, 0), key)
			if inner == 0 {
				none.Add(1)
				return 0
			}
			first := uint64(0)
			for i := range uint32(words) {
				*(*uint32)(unsafe.Pointer(&fr.Stack)) = i
				v := HashLookup4(fr, inner, key)
				if v == 0 {
					torn.Add(1)
					return 0
				}
				if n := abi.Load64(v); i == 0 {
					first = n
				} else if n != first {
					torn.Add(1)
				}
			}
			return first
		}
		inst, err := NewInstance(&ObjectSpec{
			Name: "object", ABI: abi.Version,
			Maps:     []MapSpec{outerSpec(typ, 4, template)},
			Programs: []ProgramSpec{{Name: "p", Hook: "raw", Entry: program, Engine: "go", Maps: []int{0}, Reclaims: true}},
		}, &InstanceOptions{PoisonFreed: true})
		if err != nil {
			t.Fatal(err)
		}
		replace := func(n uint64) {
			inner := mustMap(t, template)
			for i := range uint32(words) {
				if err := inner.Update(le32(i), binary.LittleEndian.AppendUint64(nil, n), 0); err != nil {
					t.Fatal(err)
				}
			}
			if err := inst.Map("outer").UpdateMap(le32(0), inner, 0); err != nil {
				t.Fatal(err)
			}
			_ = inner.Close()
		}
		replace(1)
		var left atomic.Int64
		left.Store(runs)
		var wg sync.WaitGroup
		for range 4 {
			fr, err := NewFrame(inst)
			if err != nil {
				t.Fatal(err)
			}
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					if _, err := fr.RunRaw(inst.Program("p"), nil); err != nil {
						t.Error(err)
					}
				}
				_ = fr.Close()
			})
		}
		replaced := uint64(1)
		for left.Load() > 0 || replaced < 10 {
			replaced++
			replace(replaced)
			if replaced%64 == 0 {
				runtime.GC()
			}
		}
		wg.Wait()
		if torn.Load() != 0 || none.Load() != 0 {
			t.Errorf("type %d: of %d runs %d saw a mix and %d no map", typ, runs, torn.Load(), none.Load())
		}
		if err := inst.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestInitialMaps: the slots of a specification hold maps of the instance.
func TestInitialMaps(t *testing.T) {
	spec := &ObjectSpec{
		Name: "object", ABI: abi.Version,
		Maps: []MapSpec{outerSpec(bpf.MapHashOfMaps, 4, arraySpec(8, 1)), arraySpec(8, 1)},
	}
	spec.Maps[0].Slots = []SlotSpec{{Index: 3, Map: 1}}
	inst, err := NewInstance(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, err := inst.Map("outer").LookupMap(le32(3))
	if err != nil || found != inst.Map("a") {
		t.Fatalf("found %p, %v, want %p", found, err, inst.Map("a"))
	}
	found.Release()
	if err := inst.Close(); err != nil {
		t.Fatal(err)
	}
	if !found.closed.Load() {
		t.Error("the inner map is open after Instance.Close")
	}
	spec.Maps[1].ValueSize = 16
	if _, err := NewInstance(spec, nil); !errors.Is(err, syscall.EINVAL) || !strings.Contains(err.Error(), "value size 16") {
		t.Errorf("an initial map that does not fit: %v", err)
	}
}
