package ebpf

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// MapSpec describes a map. Of a map of an object, MaxEntries and Contents may
// be changed before it is loaded; programs are compiled for the rest. The
// InnerMap of an object is what NewMap makes maps from that fit.
type MapSpec struct {
	Name       string
	Type       MapType
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes; 0 in a map of maps
	MaxEntries uint32
	Flags      uint32 // BPF_F_*
	Pinning    PinType
	NumaNode   uint32 // has no effect
	// Contents are stored when the map is created. In a collection, the value of
	// a program array or a map of maps is a *Program or *Map, or the name of one
	// of the collection.
	Contents []MapKV
	// InnerMap is the template of a map of maps: what its inner maps are like.
	InnerMap *MapSpec
	// MapExtra is the number of hash functions of a Bloom filter, 0 for 5.
	MapExtra uint64

	lock uint32 // rtlib.MapSpec.Lock: the C type says it
	// platform is that of the object, whose rules the map has.
	platform bpf.Platform
}

// MapKV is a key and its value, as Map.Put takes them.
type MapKV struct {
	Key, Value any
}

// specOf is the specification of a map of an object.
func specOf(m *rtlib.MapSpec, platform bpf.Platform) *MapSpec {
	if m == nil {
		return nil
	}
	return &MapSpec{
		Name: m.Name, Type: m.Type, KeySize: m.KeySize, ValueSize: m.ValueSize, MaxEntries: m.MaxEntries, Flags: m.Flags,
		Pinning: PinType(m.Pinning), InnerMap: specOf(m.Inner, platform), MapExtra: m.Extra, lock: m.Lock, platform: platform,
	}
}

// runtime is what rtlib makes the map from. As in the original, sizes that are
// always the same may be 0, and a perf event array has at most a ring for each
// CPU.
func (ms *MapSpec) runtime() *rtlib.MapSpec {
	if ms == nil {
		return nil
	}
	spec := &rtlib.MapSpec{
		Name: ms.Name, Type: ms.Type, KeySize: ms.KeySize, ValueSize: ms.ValueSize, MaxEntries: ms.MaxEntries, Flags: ms.Flags,
		Inner: ms.InnerMap.runtime(), Extra: ms.MapExtra, Lock: ms.lock,
	}
	switch {
	case holdsMaps(ms.Type) && spec.ValueSize == 0:
		spec.ValueSize = 4
	case ms.Type == PerfEventArray && !bpf.RulesOf(ms.platform).PerfArrayBytes:
		if spec.KeySize == 0 {
			spec.KeySize = 4
		}
		if spec.ValueSize == 0 {
			spec.ValueSize = 4
		}
		if cpus := uint32(rtlib.PossibleCPU()); spec.MaxEntries == 0 || spec.MaxEntries > cpus {
			spec.MaxEntries = cpus
		}
	}
	return spec
}

// String is a one-line description.
func (ms *MapSpec) String() string {
	return fmt.Sprintf("%s(keySize=%d, valueSize=%d, maxEntries=%d, flags=%d)", ms.Name, ms.KeySize, ms.ValueSize, ms.MaxEntries, ms.Flags)
}

// Copy returns a copy that shares the values of Contents.
func (ms *MapSpec) Copy() *MapSpec {
	if ms == nil {
		return nil
	}
	c := *ms
	c.Contents, c.InnerMap = slices.Clone(ms.Contents), ms.InnerMap.Copy()
	return &c
}

// Compatible returns an error that wraps ErrMapIncompatible and names all that
// differs when m is not such a map.
func (ms *MapSpec) Compatible(m *Map) error {
	if m == nil {
		return fmt.Errorf("map %q: nil: %w", ms.Name, ErrMapIncompatible)
	}
	return ms.differs(m.rt.Spec())
}

// differs compares all fields that matter with a map's.
func (ms *MapSpec) differs(have rtlib.MapSpec) error {
	want := ms.runtime()
	var list []string
	for _, c := range []struct {
		what      string
		got, want uint32
	}{
		{"type", uint32(have.Type), uint32(want.Type)}, {"key size", have.KeySize, want.KeySize}, {"value size", have.ValueSize, want.ValueSize},
		{"max_entries", have.MaxEntries, want.MaxEntries}, {"flags", have.Flags, want.Flags},
	} {
		if c.got != c.want {
			list = append(list, fmt.Sprintf("%s is %d, want %d", c.what, c.got, c.want))
		}
	}
	if have.Lock != want.Lock {
		list = append(list, "values have their struct bpf_spin_lock elsewhere")
	}
	switch {
	case (have.Inner == nil) != (want.Inner == nil):
		list = append(list, "one has an inner map and the other has none")
	case have.Inner != nil:
		if detail := rtlib.InnerDiffers(want.Inner, have.Inner, bpf.Linux); detail != "" {
			list = append(list, detail)
		}
	}
	if list == nil {
		return nil
	}
	return fmt.Errorf("map %q: %s: %w", ms.Name, strings.Join(list, ", "), ErrMapIncompatible)
}
