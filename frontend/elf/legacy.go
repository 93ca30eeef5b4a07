package elf

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Definitions of maps before BTF are structs of 32-bit words. All begin with
//
//	type  key_size  value_size  max_entries  map_flags
//
// but Windows, which has no flags. What follows tells the loaders apart:
//
//	bytes     loader                     words
//	20        libbpf, bcc                -
//	28        kernel's samples           inner_map_idx  numa_node
//	28        iproute2 before 4.16       id  pinning
//	36, more  iproute2                   id  pinning  inner_id  inner_idx
//	32        eBPF for Windows           (no map_flags) inner_map_idx  pinning  id  inner_id
//	280, …    gobpf ("maps/NAME")        pinning  namespace[…]
//
// The two of 28 bytes need not be told apart: the first word is an index in
// maps of maps and an id in program arrays.

// legacyMap is what a definition says beyond a frontend.Map.
type legacyMap struct {
	index    int    // inner_map_idx, an index into Object.Maps; -1 when it has none
	id       uint32 // 0 for none
	innerID  uint32
	innerIdx uint32 // where this map stands in the map whose innerID is id
	placed   bool   // innerIdx is meant
}

// minDef is the size of the smallest definition in bytes, and maxWords that of
// the largest that has no strings, in words.
const (
	minDef   = 16
	maxWords = 16
)

// loadLegacy converts the maps of a section of definitions before BTF.
func (l *loader) loadLegacy(section int, s *elf.Section) {
	b := l.bytes(s)
	syms := l.legacySymbols(section, s)
	for i, sym := range syms {
		end := uint64(len(b))
		if i+1 < len(syms) {
			end = syms[i+1].Value
		}
		if sym.Size > 0 && sym.Value+sym.Size < end {
			end = sym.Value + sym.Size
		}
		m := &frontend.Map{Name: sym.Name}
		var more legacyMap
		if sym.Value > end || end-sym.Value < minDef {
			m.Err = fmt.Errorf("map %s: its definition in section %s has %d bytes, at least %d are needed", m.Name, s.Name, int64(end-sym.Value), minDef)
		} else {
			more = l.legacyDef(m, b[sym.Value:end])
			key, value := l.annotation(m.Name)
			if err := l.finishMap(m, key, value); err != nil {
				m.Err = fmt.Errorf("map %s: %w", m.Name, err)
			}
		}
		n := l.addMap(m, place{section, sym.Value})
		l.legacy[n] = more
	}
}

// legacySymbols are the symbols of a section of maps by offset. A section
// "maps/NAME" without symbols holds one map.
func (l *loader) legacySymbols(section int, s *elf.Section) []elf.Symbol {
	var syms []elf.Symbol
	for _, sym := range l.syms {
		if int(sym.Section) == section && variableSymbol(sym) && sym.Value < s.Size {
			syms = append(syms, sym)
		}
	}
	slices.SortStableFunc(syms, func(a, b elf.Symbol) int { return cmp.Compare(a.Value, b.Value) })
	syms = slices.CompactFunc(syms, func(a, b elf.Symbol) bool { return a.Value == b.Value })
	if name, one := strings.CutPrefix(s.Name, "maps/"); one && len(syms) == 0 {
		syms = append(syms, elf.Symbol{Name: name})
	}
	return syms
}

// legacyDef reads the words of a definition.
func (l *loader) legacyDef(m *frontend.Map, b []byte) legacyMap {
	words := make([]uint32, maxWords)
	n := min(len(b)/4, maxWords)
	for i := range n {
		words[i] = l.order.Uint32(b[4*i:])
	}
	m.Type, m.KeySize, m.ValueSize, m.MaxEntries = bpf.MapType(words[0]), words[1], words[2], words[3]
	if l.opt.Platform == bpf.Windows {
		m.Pinning = min(words[5], 1)
		return legacyMap{index: int(int32(words[4])), id: words[6], innerID: words[7]}
	}
	m.Flags = words[4]
	switch {
	case len(b) > 4*maxWords:
		m.Pinning = min(words[5], 1)
		return legacyMap{index: -1}
	case n >= 9:
		m.Pinning = min(words[6], 1)
		return legacyMap{index: -1, id: words[5], innerID: words[7], innerIdx: words[8], placed: words[8] != 1<<32-1}
	case n >= 6:
		return legacyMap{index: int(int32(words[5])), id: words[5]}
	}
	return legacyMap{index: -1}
}

// annotation finds the types of a legacy map's elements, which
// BPF_ANNOTATE_KV_PAIR puts into a struct of their own.
func (l *loader) annotation(name string) (key, value btf.Type) {
	var pair *btf.Struct
	if l.btf == nil || l.btf.TypeByName("____btf_map_"+name, &pair) != nil {
		return nil, nil
	}
	for _, m := range pair.Members {
		switch m.Name {
		case "key":
			key = m.Type
		case "value":
			value = m.Type
		}
	}
	return key, value
}

// linkLegacy gives maps of maps their templates, by id or by index, and the
// elements that iproute2 puts in.
func (l *loader) linkLegacy() {
	for i, m := range l.obj.Maps {
		more, ok := l.legacy[i]
		if !ok || m.Err != nil || m.Inner != nil || m.Type != bpf.MapArrayOfMaps && m.Type != bpf.MapHashOfMaps {
			continue
		}
		for k, inner := range l.obj.Maps {
			candidate, ok := l.legacy[k]
			byID := more.innerID != 0 && ok && candidate.id == more.innerID
			if k == i || inner.Err != nil || !byID && (more.innerID != 0 || k != more.index) {
				continue
			}
			if m.Inner == nil {
				template := *inner
				m.Inner = &template
			}
			if byID && candidate.placed {
				m.Slots = append(m.Slots, frontend.Slot{Index: int(candidate.innerIdx), Map: k})
			}
		}
	}
}
