package elf

import "debug/elf"

// relocation is an entry of a SHT_REL section.
type relocation struct {
	symbol int // index into image.syms; -1 when the entry names none
}

// findRelocations reads every table of relocations.
func (im *image) findRelocations() {
	im.relocs = make(map[int]map[uint64]relocation)
	for _, s := range im.file.Sections {
		if s.Type != elf.SHT_REL || s.Info == 0 || int(s.Info) >= len(im.file.Sections) {
			continue
		}
		of := im.relocs[int(s.Info)]
		if of == nil {
			of = make(map[uint64]relocation)
			im.relocs[int(s.Info)] = of
		}
		for b := im.bytes(s); len(b) >= 16; b = b[16:] {
			// The symbol table of debug/elf leaves out the null symbol.
			sym := int(im.order.Uint64(b[8:])>>32) - 1
			if sym >= len(im.syms) {
				sym = -1
			}
			of[im.order.Uint64(b)] = relocation{sym}
		}
	}
}

// referenced reports whether an instruction refers to the section.
func (im *image) referenced(section int) bool {
	for from, all := range im.relocs {
		if !im.executable(elf.SectionIndex(from)) {
			continue
		}
		for _, r := range all {
			if r.symbol >= 0 && int(im.syms[r.symbol].Section) == section {
				return true
			}
		}
	}
	return false
}

// nameOf is what messages call a symbol: symbols of sections have no name of
// their own.
func (im *image) nameOf(s elf.Symbol) string {
	if sec := im.section(s.Section); s.Name == "" && sec != nil {
		return sec.Name
	}
	return s.Name
}
