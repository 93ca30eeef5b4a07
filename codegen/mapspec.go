package codegen

import (
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// CheckMap says what is wrong with the definition of a map or of its template,
// so that nobody compiles programs for a map that can never be made; nil when it
// can be. max_entries may be missing: who loads the object can set it.
func CheckMap(m *frontend.Map, platform bpf.Platform) error {
	row := table.MapTypeOf(m.Type)
	if row == nil {
		return fmt.Errorf("map %s of type %d: %w", m.Name, m.Type, bpf.ErrUnsupported)
	}
	rules := bpf.RulesOf(platform)
	key, value, entries := row.Loaded(rules, m.KeySize, m.ValueSize, m.MaxEntries)
	if !row.NoEntries && entries == 0 {
		_, _, entries = row.Loaded(rules, key, value, 1)
	}
	if err := row.Check(rules, key, value, entries, m.Flags); err != nil {
		return fmt.Errorf("map %s: %w", m.Name, err)
	}
	switch {
	case m.Type == bpf.MapBloomFilter && m.Extra > maxBloomHashes:
		return fmt.Errorf("map %s: map type %s: map_extra is %d; it is the number of hash functions, up to %d", m.Name, row.Name, m.Extra, maxBloomHashes)
	case hasLock(m) && slices.Contains(lockless[:], m.Type):
		return fmt.Errorf("map %s: map type %s: values cannot hold a struct bpf_spin_lock: use a hash or an array", m.Name, row.Name)
	case row.Lookup != table.LookupInner:
		return nil
	case m.Inner == nil:
		return fmt.Errorf("map %s: it has no inner map: write __array(values, struct {…}) into the definition", m.Name)
	}
	if inner := table.MapTypeOf(m.Inner.Type); inner != nil && inner.Lookup == table.LookupInner {
		return fmt.Errorf("map %s: its inner map is a map of maps; they do not nest", m.Name)
	}
	return CheckMap(m.Inner, platform)
}

// maxBloomHashes is the most that map_extra of a Bloom filter may say.
const maxBloomHashes = 15

// lockless are the types whose values a host writes as a whole, with what would be
// the lock: programs that wait for it would never end. Linux makes no such map
// (EOPNOTSUPP).
var lockless = [...]bpf.MapType{bpf.MapPercpuHash, bpf.MapPercpuArray, bpf.MapLRUHash, bpf.MapLRUPercpu, bpf.MapLPMTrie}

// hasLock reports whether values hold a struct bpf_spin_lock.
func hasLock(m *frontend.Map) bool {
	return slices.ContainsFunc(m.Special, func(s frontend.Special) bool { return s.Kind == frontend.SpecialSpinLock })
}

// CheckMaps is CheckMap for the maps that a program refers to.
func CheckMaps(obj *frontend.Object, p *frontend.Program) error {
	for _, index := range mapsOf(p, len(obj.Maps)) {
		if err := CheckMap(obj.Maps[index], obj.Platform); err != nil {
			return err
		}
	}
	return nil
}

// mapSpec is what a map or a template is made from.
func mapSpec(m *frontend.Map, platform bpf.Platform) rtlib.MapSpec {
	spec := rtlib.MapSpec{
		Name: m.Name, Type: m.Type, Flags: m.Flags, Pinning: m.Pinning, Section: isSection(m), Frozen: m.Frozen, Extra: m.Extra,
	}
	spec.KeySize, spec.ValueSize, spec.MaxEntries = m.KeySize, m.ValueSize, m.MaxEntries
	if row := table.MapTypeOf(m.Type); row != nil {
		spec.KeySize, spec.ValueSize, spec.MaxEntries = row.Loaded(bpf.RulesOf(platform), m.KeySize, m.ValueSize, m.MaxEntries)
	}
	if slices.ContainsFunc(m.Data, func(b byte) bool { return b != 0 }) {
		spec.Data = string(m.Data)
	}
	for _, s := range m.Special {
		if s.Kind == frontend.SpecialSpinLock {
			spec.Lock = uint32(s.Off) + 1
		}
	}
	if m.Inner != nil {
		inner := mapSpec(m.Inner, platform)
		spec.Inner = &inner
	}
	return spec
}

// innerSlots are the initial maps of a map of maps. What no instance could be
// made with is an error.
func (in *Input) innerSlots(m *frontend.Map) (slots []rtlib.SlotSpec, err error) {
	for _, s := range m.Slots {
		switch {
		case m.KeySize != 4:
			return nil, fmt.Errorf("it has initial values and keys of %d bytes; give it keys of 4 bytes, which are the indices", m.KeySize)
		case m.Type == bpf.MapArrayOfMaps && m.MaxEntries != 0 && int64(s.Index) >= int64(m.MaxEntries):
			return nil, fmt.Errorf("slot %d has a map; max_entries is %d, make it larger", s.Index, m.MaxEntries)
		case uint(s.Map) >= uint(len(in.Object.Maps)):
			return nil, fmt.Errorf("slot %d has map %d, the object has %d", s.Index, s.Map, len(in.Object.Maps))
		}
		inner, template := mapSpec(in.Object.Maps[s.Map], in.Object.Platform), mapSpec(m.Inner, in.Object.Platform)
		if detail := rtlib.InnerDiffers(&template, &inner, in.Object.Platform); detail != "" {
			return nil, fmt.Errorf("slot %d has map %s: %s", s.Index, inner.Name, detail)
		}
		slots = append(slots, rtlib.SlotSpec{Index: uint32(s.Index), Map: s.Map})
	}
	return slots, nil
}
