package elf

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// loadMaps converts map definitions and data sections, by section index and
// offset.
func (l *loader) loadMaps() error {
	for i, s := range l.file.Sections {
		var err error
		switch {
		case isDefinitions(s) && s.Size > 0:
			err = l.loadDefinitions(i, s)
		case (s.Name == "maps" || strings.HasPrefix(s.Name, "maps/")) && s.Type == elf.SHT_PROGBITS:
			l.loadLegacy(i, s)
		case isData(s):
			l.loadSection(i, s)
		}
		if err != nil {
			return fmt.Errorf("section %s: %w", s.Name, err)
		}
	}
	l.linkLegacy()
	return nil
}

// addMap appends a map that stands at a place of the file.
func (l *loader) addMap(m *frontend.Map, where place) int {
	n := len(l.obj.Maps)
	l.maps[where] = n
	l.obj.Maps = append(l.obj.Maps, m)
	return n
}

// loadDefinitions converts the variables of section .maps, whose types say
// what the maps are.
func (l *loader) loadDefinitions(section int, s *elf.Section) error {
	vars := l.datasec(s.Name)
	if vars == nil {
		return fmt.Errorf("the BTF of the object does not describe the maps: compile with -g")
	}
	data := l.bytes(s)
	slices.SortStableFunc(vars, func(a, b declared) int { return cmp.Compare(a.off, b.off) })
	for _, d := range vars {
		if d.v == nil || !d.placed {
			continue
		}
		more := legacyMap{index: -1}
		m, err := l.definition(d.name, d.v.Type, data[min(d.off, uint64(len(data))):], &more)
		if err != nil {
			m = &frontend.Map{Name: d.name, Err: fmt.Errorf("map %s: %w", d.name, err)}
		}
		if n := l.addMap(m, place{section, d.off}); more.id != 0 || more.innerID != 0 || more.index >= 0 {
			l.legacy[n] = more
		}
	}
	return nil
}

// definition converts the type of a map variable, whose initial value is at the
// start of data. The template of a map of maps has neither a value nor room
// for ids: data and more are nil.
func (l *loader) definition(name string, t btf.Type, data []byte, more *legacyMap) (*frontend.Map, error) {
	def, ok := btf.UnderlyingType(t).(*btf.Struct)
	for ok && len(def.Members) == 1 && def.Members[0].Name == "__0" {
		// Rust wraps what may change.
		def, ok = btf.UnderlyingType(def.Members[0].Type).(*btf.Struct)
	}
	if !ok {
		return nil, fmt.Errorf("it is no struct, which a map of section %s has to be", btfMapSection)
	}
	d := mapDef{loader: l, m: &frontend.Map{Name: name}, data: data, more: more}
	for _, member := range def.Members {
		if err := d.member(member); err != nil {
			return nil, fmt.Errorf("%s: %w", member.Name, err)
		}
	}
	if d.m.ValueSize == 0 && d.values {
		d.m.ValueSize = 4
	}
	return d.m, l.finishMap(d.m, d.key, d.value)
}

// mapDef is a definition on its way to a Map.
type mapDef struct {
	*loader
	m          *frontend.Map
	key, value btf.Type
	values     bool
	data       []byte
	more       *legacyMap // nil in a template
}

// member reads one member, by its name as libbpf does.
func (d *mapDef) member(member btf.Member) (err error) {
	number := func(to *uint32) error {
		n, err := d.number(member)
		*to = uint32(n)
		return err
	}
	var ignored uint32
	switch member.Name {
	case "type":
		err = number((*uint32)(&d.m.Type))
	case "map_flags":
		err = number(&d.m.Flags)
	case "max_entries":
		err = number(&d.m.MaxEntries)
	case "key_size":
		err = number(&d.m.KeySize)
	case "value_size":
		err = number(&d.m.ValueSize)
	case "pinning":
		err = number(&d.m.Pinning)
	case "numa_node":
		err = number(&ignored)
	case "map_extra":
		d.m.Extra, err = d.number(member)
	case "key":
		d.key, d.m.KeySize, err = macroType(member.Type, d.m.KeySize)
	case "value":
		d.value, d.m.ValueSize, err = macroType(member.Type, d.m.ValueSize)
	case "values":
		err = d.elements(member.Type)
	case "id", "inner_id", "inner_idx", "inner_map_idx":
		// Old definitions of eBPF for Windows; the values member says it now.
		return d.link(member)
	default:
		err = fmt.Errorf("there is no such member in a map definition: see bpf_helpers.h")
	}
	return err
}

// link reads a member that ties a map of maps to its template.
func (d *mapDef) link(member btf.Member) error {
	n, err := d.number(member)
	if err != nil || d.more == nil {
		return err
	}
	switch member.Name {
	case "id":
		d.more.id = uint32(n)
	case "inner_id":
		d.more.innerID = uint32(n)
	case "inner_idx":
		d.more.innerIdx, d.more.placed = uint32(n), true
	case "inner_map_idx":
		d.more.index = int(int32(n))
	}
	return nil
}

// elements reads the member values: the template of the inner maps, or that
// the map holds programs.
func (d *mapDef) elements(t btf.Type) error {
	d.values = true
	array, ok := t.(*btf.Array)
	if !ok {
		return fmt.Errorf("it is no array: use __array(values, …)")
	}
	pointer, ok := btf.UnderlyingType(array.Type).(*btf.Pointer)
	if !ok {
		return fmt.Errorf("it is no array of pointers: use __array(values, …)")
	}
	switch target := btf.UnderlyingType(pointer.Target).(type) {
	case *btf.Struct:
		if d.more == nil {
			return fmt.Errorf("maps of maps of maps are %w", bpf.ErrUnsupported)
		}
		inner, err := d.definition(d.m.Name+".inner", target, nil, nil)
		if err != nil {
			return fmt.Errorf("inner map: %w", err)
		}
		d.m.Inner = inner
	case *btf.FuncProto:
	default:
		return fmt.Errorf("neither maps nor functions")
	}
	return nil
}

// number is the number that a member gives: by its type, or by the initial
// value of an integer (libbpf of early 2019).
func (d *mapDef) number(member btf.Member) (uint64, error) {
	if i, ok := btf.UnderlyingType(member.Type).(*btf.Int); ok && i.Size == 4 && member.BitfieldSize == 0 {
		off := uint64(member.Offset / 8)
		if off+4 > uint64(len(d.data)) {
			return 0, fmt.Errorf("malformed object: its value lies outside of the section")
		}
		return uint64(d.order.Uint32(d.data[off:])), nil
	}
	return macroNumber(member.Type)
}

// macroNumber is the number of __uint and __ulong: the length of the array
// that the member points at, or the value of an enum.
func macroNumber(t btf.Type) (uint64, error) {
	switch under := btf.UnderlyingType(t).(type) {
	case *btf.Pointer:
		if array, ok := btf.UnderlyingType(under.Target).(*btf.Array); ok {
			return uint64(array.Nelems), nil
		}
	case *btf.Enum:
		if len(under.Values) > 0 {
			return under.Values[0].Value, nil
		}
	}
	return 0, fmt.Errorf("no number: use __uint")
}

// macroType is the type of __type and its size in bytes. A size given apart
// must agree.
func macroType(t btf.Type, given uint32) (btf.Type, uint32, error) {
	pointer, ok := btf.UnderlyingType(t).(*btf.Pointer)
	if !ok {
		return nil, 0, fmt.Errorf("no type: use __type")
	}
	size, err := btf.Sizeof(pointer.Target)
	if err != nil {
		return nil, 0, err
	}
	if given != 0 && given != uint32(size) {
		return nil, 0, fmt.Errorf("the size is given as %d bytes, the type has %d", given, size)
	}
	return pointer.Target, uint32(size), nil
}

// finishMap gives the map its types, translates its number and checks it.
func (l *loader) finishMap(m *frontend.Map, key, value btf.Type) (err error) {
	if m.Type == 0 {
		return fmt.Errorf("its type is 0: write __uint(type, BPF_MAP_TYPE_…) into the definition")
	}
	row := table.MapTypeByNumber(l.opt.Platform, uint32(m.Type))
	if row == nil {
		return fmt.Errorf("map type %d is not known: %w", uint32(m.Type), bpf.ErrUnsupported)
	}
	m.Type = row.Type
	if m.Key, err = l.types.convert(key); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	if m.Value, err = l.types.convert(value); err != nil {
		return fmt.Errorf("value: %w", err)
	}
	m.Special = specials(value, 0)
	return nil
}
