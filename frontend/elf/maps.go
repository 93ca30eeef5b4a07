package elf

import (
	"bytes"
	"cmp"
	"debug/elf"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// loadMaps converts map definitions and data sections, by section index and
// offset.
func (l *loader) loadMaps() error {
	names := make([]string, 0, len(l.spec.Maps))
	for name := range l.spec.Maps {
		names = append(names, name)
	}
	places := l.mapPlaces()
	slices.SortFunc(names, func(a, b string) int {
		pa, pb := places[a], places[b]
		return cmp.Or(cmp.Compare(pa.section, pb.section), cmp.Compare(pa.off, pb.off), cmp.Compare(a, b))
	})
	for _, name := range names {
		m, err := l.mapOf(name, l.spec.Maps[name])
		if err != nil {
			return fmt.Errorf("map %s: %w", name, err)
		}
		l.maps[name] = len(l.obj.Maps)
		l.obj.Maps = append(l.obj.Maps, m)
	}
	return nil
}

// mapPlace is where a map stands in the file.
type mapPlace struct {
	section int
	off     uint64
}

// mapPlaces finds every symbol in a section of maps, and every data section
// by its own name.
func (l *loader) mapPlaces() map[string]mapPlace {
	places := make(map[string]mapPlace)
	for i, s := range l.file.Sections {
		places[s.Name] = mapPlace{i, 0}
	}
	for _, s := range l.syms {
		i := int(s.Section)
		if i >= len(l.file.Sections) || elf.ST_TYPE(s.Info) == elf.STT_SECTION {
			continue
		}
		if name := l.file.Sections[i].Name; name == btfMapSection || strings.HasPrefix(name, "maps") {
			places[s.Name] = mapPlace{i, s.Value}
		}
	}
	return places
}

// mapOf converts one map.
func (l *loader) mapOf(name string, spec *ebpf.MapSpec) (*frontend.Map, error) {
	m := &frontend.Map{
		Name:       name,
		Type:       bpf.MapType(spec.Type),
		KeySize:    spec.KeySize,
		ValueSize:  spec.ValueSize,
		MaxEntries: spec.MaxEntries,
		Flags:      spec.Flags,
		Pinning:    uint32(spec.Pinning),
	}
	if err := checkMap(spec); err != nil {
		return nil, err
	}
	if err := l.mapData(name, spec, m); err != nil {
		return nil, err
	}
	var err error
	if m.Key, err = l.types.convert(spec.Key); err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	if m.Data == nil {
		// The value of a data section is the list of its variables, which
		// are Globals.
		if m.Value, err = l.types.convert(spec.Value); err != nil {
			return nil, fmt.Errorf("value: %w", err)
		}
	} else {
		m.Key = nil
	}
	m.Special = specials(spec.Value)
	if spec.InnerMap != nil {
		if m.Inner, err = l.mapOf(name+".inner", spec.InnerMap); err != nil {
			return nil, fmt.Errorf("inner map: %w", err)
		}
	}
	return m, nil
}

// checkMap refuses definitions that Map cannot express.
func checkMap(spec *ebpf.MapSpec) error {
	switch {
	case spec.Type == ebpf.UnspecifiedMap:
		return fmt.Errorf("its type is 0: write __uint(type, BPF_MAP_TYPE_…) into the definition")
	case table.MapTypeOf(bpf.MapType(spec.Type)) == nil:
		return fmt.Errorf("map type %d is not known", uint32(spec.Type))
	case spec.Pinning != ebpf.PinNone && spec.Pinning != ebpf.PinByName:
		return fmt.Errorf("pinning %d is not known: use LIBBPF_PIN_BY_NAME", uint32(spec.Pinning))
	case spec.MapExtra != 0:
		return fmt.Errorf("map_extra is %w", bpf.ErrUnsupported)
	case spec.Extra != nil && spec.Extra.Len() > 0 && !zero(spec.Extra):
		return fmt.Errorf("the definition has %d bytes more than type, key_size, value_size, max_entries and map_flags, which is %w: define the map in section %s",
			spec.Extra.Len(), bpf.ErrUnsupported, btfMapSection)
	}
	return nil
}

// zero reports whether everything left in r is zero, and leaves it there.
func zero(r *bytes.Reader) bool {
	b := make([]byte, r.Len())
	if _, err := r.ReadAt(b, r.Size()-int64(len(b))); err != nil {
		return false
	}
	return !slices.ContainsFunc(b, func(c byte) bool { return c != 0 })
}

// mapData sets what data sections have: their bytes.
func (l *loader) mapData(name string, spec *ebpf.MapSpec, m *frontend.Map) error {
	if len(spec.Contents) == 0 {
		return nil
	}
	data, ok := spec.Contents[0].Value.([]byte)
	if !ok || !strings.HasPrefix(name, ".") {
		return fmt.Errorf("initial values (__array(values, …)) are %w: fill the map from Go", bpf.ErrUnsupported)
	}
	m.Data = slices.Clone(data)
	m.Frozen = strings.HasPrefix(name, ".rodata")
	if m.ValueSize == 0 {
		return fmt.Errorf("malformed object: the section is empty")
	}
	return nil
}

// loadGlobals converts global variables, by map and offset.
func (l *loader) loadGlobals() error {
	for _, v := range l.spec.Variables {
		m, ok := l.maps[v.SectionName]
		if !ok || v.Offset > math.MaxInt32 {
			return fmt.Errorf("section %s: variable %s: malformed object: the section holds no data", v.SectionName, v.Name)
		}
		g := &frontend.Global{
			Name: v.Name, Map: m, Off: int(v.Offset), Size: int(v.Size()),
			Const: l.obj.Maps[m].Frozen,
		}
		if err := l.globalType(g, l.spec.Maps[v.SectionName]); err != nil {
			return fmt.Errorf("section %s: variable %s: %w", v.SectionName, v.Name, err)
		}
		l.obj.Globals = append(l.obj.Globals, g)
	}
	slices.SortFunc(l.obj.Globals, func(a, b *frontend.Global) int {
		return cmp.Or(cmp.Compare(a.Map, b.Map), cmp.Compare(a.Off, b.Off), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

// globalType sets the type of g from the list of variables of its section.
// The type in cilium/ebpf's VariableSpec is a copy, and copies would make
// two types of one.
func (l *loader) globalType(g *frontend.Global, section *ebpf.MapSpec) error {
	ds, ok := section.Value.(*btf.Datasec)
	if !ok {
		return nil
	}
	for _, info := range ds.Vars {
		v, ok := info.Type.(*btf.Var)
		if !ok || v.Name != g.Name {
			continue
		}
		t, err := l.types.convert(v.Type)
		if err != nil {
			return err
		}
		if t.Size != g.Size {
			return fmt.Errorf("malformed object: it has %d bytes, its type has %d", g.Size, t.Size)
		}
		g.Type = t
	}
	return nil
}

// loadTypes lists the named types to declare: those of map keys and values
// and of globals in the order of the object, then those asked for by name. A
// type follows the types of its members.
func (l *loader) loadTypes() error {
	list := typeList{seen: make(map[*frontend.Type]bool)}
	if !l.opt.NoGlobalTypes {
		for _, m := range l.obj.Maps {
			for ; m != nil; m = m.Inner {
				list.add(m.Key)
				list.add(m.Value)
			}
		}
		for _, g := range l.obj.Globals {
			list.add(g.Type)
		}
	}
	for _, name := range l.opt.Types {
		t, err := l.namedType(name)
		if err != nil {
			return fmt.Errorf("type %q: %w", name, err)
		}
		list.add(t)
		if !slices.Contains(list.types, t) {
			list.types = append(list.types, t)
		}
	}
	l.obj.Types = list.types
	return nil
}

// namedType looks a type up in BTF by its tag or typedef name.
func (l *loader) namedType(name string) (*frontend.Type, error) {
	if l.spec.Types == nil {
		return nil, fmt.Errorf("the object has no BTF: compile with -g")
	}
	all, err := l.spec.Types.AnyTypesByName(name)
	if err != nil {
		return nil, fmt.Errorf("the object has no such type: use it in the program, or keep it with a pointer variable of that type")
	}
	for _, t := range all {
		if _, fn := t.(*btf.Func); fn {
			continue
		}
		return l.types.convert(t)
	}
	return nil, fmt.Errorf("the object has a function, not a type, of that name")
}
