package codegen

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

func mapOf(t bpf.MapType, key, value, entries uint32) *frontend.Map {
	return &frontend.Map{Name: "m", Type: t, KeySize: key, ValueSize: value, MaxEntries: entries}
}

// TestCheckMap has definitions that no loader could make a map of.
func TestCheckMap(t *testing.T) {
	outer := func(inner *frontend.Map) *frontend.Map {
		m := mapOf(bpf.MapHashOfMaps, 4, 0, 8)
		m.Inner = inner
		return m
	}
	flagged := mapOf(bpf.MapLPMTrie, 8, 8, 8)
	locked := func(typ bpf.MapType) *frontend.Map {
		m := mapOf(typ, 8, 8, 8)
		if typ == bpf.MapArray || typ == bpf.MapPercpuArray {
			m.KeySize = 4
		}
		if typ == bpf.MapLPMTrie {
			m.Flags = bpf.FlagNoPrealloc
		}
		m.Special = []frontend.Special{{Kind: frontend.SpecialSpinLock, Name: "bpf_spin_lock", Size: 4}}
		return m
	}
	bloom := mapOf(bpf.MapBloomFilter, 0, 8, 8)
	bloom.Extra = 16
	for _, c := range []struct {
		m    *frontend.Map
		want string // in the error, "" for none
	}{
		{mapOf(bpf.MapHash, 4, 8, 8), ""},
		{mapOf(bpf.MapHash, 4, 8, 0), ""}, // set before the load
		{mapOf(bpf.MapRingbuf, 0, 0, 5000), ""},
		{mapOf(bpf.MapPerfEvent, 0, 0, 0), ""},
		{outer(mapOf(bpf.MapArray, 4, 8, 1)), ""},
		{mapOf(bpf.MapHash, 0, 8, 8), "map m: map type hash: key_size is 0"},
		{mapOf(bpf.MapHash, 4, 0, 8), "value_size is 0"},
		{mapOf(bpf.MapArray, 8, 8, 8), "key_size is 8, must be 4"},
		{mapOf(bpf.MapQueue, 4, 8, 8), "has no keys: key_size is 4"},
		{mapOf(bpf.MapRingbuf, 0, 8, 4096), "has no values: value_size is 8"},
		{mapOf(bpf.MapArrayOfMaps, 4, 8, 8), "value_size is 8, must be 4"},
		{outer(nil), "it has no inner map"},
		{outer(outer(mapOf(bpf.MapArray, 4, 8, 1))), "they do not nest"},
		{outer(mapOf(bpf.MapArray, 2, 8, 1)), "key_size is 2, must be 4"},
		{flagged, "map_flags lacks 0x1"},
		{bloom, "map_extra is 16"},
		{locked(bpf.MapHash), ""},
		{locked(bpf.MapArray), ""},
		{locked(bpf.MapPercpuHash), "map m: map type percpu_hash: values cannot hold a struct bpf_spin_lock"},
		{locked(bpf.MapPercpuArray), "cannot hold"},
		{locked(bpf.MapLRUHash), "cannot hold"},
		{locked(bpf.MapLRUPercpu), "cannot hold"},
		{locked(bpf.MapLPMTrie), "cannot hold"},
		{outer(locked(bpf.MapLRUHash)), "cannot hold"},
	} {
		switch err := CheckMap(c.m, bpf.Linux); {
		case c.want == "" && err != nil, c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: %v, want %q", c.m, err, c.want)
		}
	}
	if err := CheckMap(mapOf(bpf.MapType(999), 4, 4, 1), bpf.Linux); !errors.Is(err, bpf.ErrUnsupported) {
		t.Errorf("an unknown type: %v", err)
	}
}

// TestMapSpec: what definitions leave out is filled in, templates and initial
// maps are carried over.
func TestMapSpec(t *testing.T) {
	inner := mapOf(bpf.MapArray, 4, 8, 2)
	inner.Name, inner.Special = "m.inner", []frontend.Special{{Kind: frontend.SpecialSpinLock, Off: 4, Size: 4}}
	initial := *inner
	initial.Name = "initial"
	outer := mapOf(bpf.MapHashOfMaps, 4, 0, 8)
	outer.Inner, outer.Slots = inner, []frontend.Slot{{Index: 3, Map: 1}}
	bloom := mapOf(bpf.MapBloomFilter, 0, 8, 100)
	bloom.Extra = 3
	in := &Input{Object: &frontend.Object{Maps: []*frontend.Map{outer, &initial, mapOf(bpf.MapRingbuf, 0, 0, 5000), bloom}}}
	spec, err := in.objectSpec()
	if err != nil {
		t.Fatal(err)
	}
	want := []rtlib.MapSpec{
		{Name: "m", Type: bpf.MapHashOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 8, Slots: []rtlib.SlotSpec{{Index: 3, Map: 1}},
			Inner: &rtlib.MapSpec{Name: "m.inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 2, Lock: 5}},
		{Name: "initial", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 2, Lock: 5},
		{Name: "m", Type: bpf.MapRingbuf, MaxEntries: 8192},
		{Name: "m", Type: bpf.MapBloomFilter, ValueSize: 8, MaxEntries: 100, Extra: 3},
	}
	if diff := cmp.Diff(want, spec.Maps, cmp.Exporter(func(reflect.Type) bool { return true })); diff != "" {
		t.Error(diff)
	}
	initial.ValueSize = 16
	if _, err := in.objectSpec(); err == nil || !strings.Contains(err.Error(), "map m: slot 3 has map initial: the inner map has value size 16, the template has 8") {
		t.Errorf("an initial map that does not fit: %v", err)
	}
	outer.Type, outer.Slots[0].Index = bpf.MapArrayOfMaps, 8
	if _, err := in.objectSpec(); err == nil || !strings.Contains(err.Error(), "max_entries is 8") {
		t.Errorf("an initial map behind the end: %v", err)
	}
}
