package elf

import (
	"debug/elf"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"
)

// isData reports whether a section holds global variables.
func isData(s *elf.Section) bool {
	for _, name := range []string{".data", ".rodata", ".bss"} {
		if s.Name == name || strings.HasPrefix(s.Name, name+".") {
			return s.Type == elf.SHT_PROGBITS || s.Type == elf.SHT_NOBITS
		}
	}
	return false
}

// isDefinitions reports whether a section holds maps defined by BTF.
func isDefinitions(s *elf.Section) bool {
	return s.Name == btfMapSection || strings.HasPrefix(s.Name, btfMapSection+".")
}

// Sizes of the header of .BTF.ext in bytes: without CO-RE (clang before 9),
// and with the place of its relocations. The size stands at byte 4.
const (
	shortExt = 24
	longExt  = 32
)

// extended returns the file, with a longer header in .BTF.ext when that is of
// the first kind: package btf reads the second kind only. What the header says
// of offsets counts from its end.
func (im *image) extended() []byte {
	i := slices.IndexFunc(im.file.Sections, func(s *elf.Section) bool { return s.Name == ".BTF.ext" })
	if i < 0 {
		return im.data
	}
	old := im.bytes(im.file.Sections[i])
	if len(old) < shortExt || im.order.Uint32(old[4:]) != shortExt {
		return im.data
	}
	data := slices.Clone(im.data)
	at := uint64(len(data))
	data = append(data, old[:shortExt]...)
	data = append(data, make([]byte, longExt-shortExt)...)
	data = append(data, old[shortExt:]...)
	im.order.PutUint32(data[at+4:], longExt)
	header := im.order.Uint64(data[40:]) + uint64(i)*sectionSize
	im.order.PutUint64(data[header+24:], at)
	im.order.PutUint64(data[header+32:], uint64(len(data))-at)
	return data
}

// declared is a variable or function that BTF lists for a section.
type declared struct {
	name string
	v    *btf.Var  // nil for functions
	fn   *btf.Func // nil for variables
	off  uint64    // bytes from the start of the section, by its symbol
	size uint64    // bytes
	// placed says that the variable is defined here: it has a symbol in the
	// section.
	placed bool
}

// datasec returns what BTF says is in a section, nothing without BTF. The
// offsets in there are for linkers to fill in; symbols know them.
func (l *loader) datasec(name string) []declared {
	if all, known := l.datasecs[name]; known {
		return all
	}
	all := l.readDatasec(name)
	l.datasecs[name] = all
	return all
}

func (l *loader) readDatasec(name string) []declared {
	var ds *btf.Datasec
	if l.btf == nil || l.btf.TypeByName(name, &ds) != nil {
		return nil
	}
	offsets := make(map[string]uint64)
	for _, s := range l.syms {
		if sec := l.section(s.Section); sec != nil && sec.Name == name && variableSymbol(s) {
			offsets[s.Name] = s.Value
		}
	}
	var all []declared
	for _, info := range ds.Vars {
		d := declared{name: info.Type.TypeName(), size: uint64(info.Size)}
		d.off, d.placed = offsets[d.name]
		switch t := info.Type.(type) {
		case *btf.Var:
			d.v = t
		case *btf.Func:
			d.fn = t
		default:
			continue
		}
		all = append(all, d)
	}
	return all
}
