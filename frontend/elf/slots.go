package elf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// loadSlots collects the initial elements of maps: those of the member values
// of definitions in BTF, and the programs whose section is named after their
// place in a program array of iproute2.
func (l *loader) loadSlots() error {
	for i, s := range l.file.Sections {
		if !isDefinitions(s) {
			continue
		}
		for _, d := range l.datasec(s.Name) {
			n, ok := l.maps[place{i, d.off}]
			if !ok || !d.placed || d.v == nil || l.obj.Maps[n].Err != nil {
				continue
			}
			m := l.obj.Maps[n]
			if err := l.values(m, i, d); err != nil {
				m.Err = fmt.Errorf("map %s: %w", m.Name, err)
			}
		}
	}
	for _, p := range l.obj.Programs {
		l.tailSlot(p)
	}
	return nil
}

// values reads the elements of one map: each is a relocation of a pointer.
func (l *loader) values(m *frontend.Map, section int, d declared) error {
	def, ok := btf.UnderlyingType(d.v.Type).(*btf.Struct)
	if !ok {
		return nil
	}
	for _, member := range def.Members {
		if member.Name != "values" {
			continue
		}
		start, end := d.off+uint64(member.Offset/8), min(d.off+d.size, l.file.Sections[section].Size)
		for off := start; off+8 <= end; off += 8 {
			r, ok := l.relocs[section][off]
			if !ok || r.symbol < 0 {
				continue
			}
			slot, err := l.element(m, r)
			if err != nil {
				return fmt.Errorf("values[%d]: %w", (off-start)/8, err)
			}
			slot.Index = int((off - start) / 8)
			m.Slots = append(m.Slots, slot)
		}
	}
	return nil
}

// element is what a relocation puts into a map.
func (l *loader) element(m *frontend.Map, r relocation) (frontend.Slot, error) {
	s := l.syms[r.symbol]
	at := place{int(s.Section), s.Value}
	if f := l.functionAt(at); f != nil && m.Type == bpf.MapProgArray {
		for _, p := range l.obj.Programs {
			if p.Name == f.name {
				return frontend.Slot{Map: -1, Program: f.name}, nil
			}
		}
		return frontend.Slot{}, fmt.Errorf("function %s is no program of this object: give it a SEC(\"…\")", f.name)
	}
	if n, ok := l.maps[at]; ok && m.Inner != nil {
		if err := l.obj.Maps[n].Err; err != nil {
			return frontend.Slot{}, err
		}
		return frontend.Slot{Map: n}, nil
	}
	return frontend.Slot{}, fmt.Errorf("%s is neither a map nor a program that can stand there", l.nameOf(s))
}

// tailPlace reads the name of a section of iproute2's tail calls, "ID/INDEX":
// numbers as C writes them.
func tailPlace(section string) (id, index uint32, ok bool) {
	a, b, found := strings.Cut(section, "/")
	if !found {
		return 0, 0, false
	}
	i, err := strconv.ParseUint(a, 0, 32)
	if err != nil {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(b, 0, 32)
	if err != nil {
		return 0, 0, false
	}
	return uint32(i), uint32(n), true
}

// tailSlot puts a program in the array that its section names.
func (l *loader) tailSlot(p *frontend.Program) {
	id, index, ok := tailPlace(p.Section)
	if !ok || id == 0 {
		return
	}
	for i, m := range l.obj.Maps {
		if more, legacy := l.legacy[i]; legacy && more.id == id && m.Type == bpf.MapProgArray && m.Err == nil {
			m.Slots = append(m.Slots, frontend.Slot{Index: int(index), Map: -1, Program: p.Name})
			return
		}
	}
}
