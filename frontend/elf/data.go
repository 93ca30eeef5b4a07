package elf

import (
	"cmp"
	"debug/elf"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// loadSection converts a data section to a map with one element. Sections that
// nothing refers to and that have no symbols are left out: compilers leave
// strings there.
func (l *loader) loadSection(i int, s *elf.Section) {
	named := slices.ContainsFunc(l.syms, func(sym elf.Symbol) bool { return int(sym.Section) == i && variableSymbol(sym) })
	if !named && !l.referenced(i) {
		return
	}
	m := &frontend.Map{Name: s.Name, Type: bpf.MapArray, KeySize: 4, ValueSize: uint32(s.Size), MaxEntries: 1}
	m.Data = make([]byte, s.Size)
	copy(m.Data, l.bytes(s))
	if m.Frozen = strings.HasPrefix(s.Name, ".rodata"); m.Frozen {
		m.Flags = bpf.FlagRdonlyProg
	}
	for _, d := range l.datasec(s.Name) {
		if d.v != nil && d.placed {
			m.Special = append(m.Special, specials(d.v.Type, int(d.off))...)
		}
	}
	if s.Size == 0 {
		m.Err = fmt.Errorf("section %s: malformed object: the section is empty", s.Name)
	}
	l.addMap(m, place{i, 0})
}

// variableSymbol reports whether a symbol can name a variable.
func variableSymbol(s elf.Symbol) bool {
	typ := elf.ST_TYPE(s.Info)
	return s.Name != "" && (typ == elf.STT_OBJECT || typ == elf.STT_NOTYPE)
}

// loadGlobals converts global variables, by map and offset. Static ones and
// those that are hidden belong to the program alone.
func (l *loader) loadGlobals() error {
	for _, s := range l.syms {
		sec := l.section(s.Section)
		bind, vis := elf.ST_BIND(s.Info), elf.ST_VISIBILITY(s.Other)
		if sec == nil || !isData(sec) || !variableSymbol(s) || bind != elf.STB_GLOBAL && bind != elf.STB_WEAK ||
			vis == elf.STV_HIDDEN || vis == elf.STV_INTERNAL || strings.HasPrefix(s.Name, ".") {
			continue
		}
		n, ok := l.maps[place{int(s.Section), 0}]
		if !ok || s.Value+s.Size < s.Value || s.Value+s.Size > sec.Size || s.Value > math.MaxInt32 {
			return fmt.Errorf("section %s: variable %s: malformed object: it ends at byte %d of %d", sec.Name, s.Name, s.Value+s.Size, sec.Size)
		}
		g := &frontend.Global{Name: s.Name, Map: n, Off: int(s.Value), Size: int(s.Size), Const: l.obj.Maps[n].Frozen}
		if err := l.globalType(g, sec.Name); err != nil {
			return fmt.Errorf("section %s: variable %s: %w", sec.Name, s.Name, err)
		}
		if g.Size > 0 { // clang before 7 names no sizes
			l.obj.Globals = append(l.obj.Globals, g)
		}
	}
	slices.SortFunc(l.obj.Globals, func(a, b *frontend.Global) int {
		return cmp.Or(cmp.Compare(a.Map, b.Map), cmp.Compare(a.Off, b.Off), cmp.Compare(a.Name, b.Name))
	})
	return nil
}

// globalType sets the type of g from the list of variables of its section.
func (l *loader) globalType(g *frontend.Global, section string) error {
	for _, d := range l.datasec(section) {
		if d.v == nil || d.name != g.Name {
			continue
		}
		t, err := l.types.convert(d.v.Type)
		if err != nil {
			return err
		}
		if t.Size == g.Size { // it is larger with a flexible array
			g.Type = t
		}
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
	if l.btf == nil {
		return nil, fmt.Errorf("the object has no BTF: compile with -g")
	}
	all, err := l.btf.AnyTypesByName(name)
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
