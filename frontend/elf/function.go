package elf

import (
	"cmp"
	"debug/elf"
	"fmt"
	"slices"
)

// function is a piece of an executable section: what a symbol names, what a
// call leads to, or all of a section without symbols.
type function struct {
	name    string
	section *elf.Section
	index   int    // of the section
	off     uint64 // bytes from the start of the section
	size    uint64 // bytes
	local   bool   // static
	hidden  bool   // not visible outside of the object
	label   bool   // no symbol: calls lead here
	sized   bool   // the symbol has a size
}

// executable reports whether the section with this index holds instructions.
func (im *image) executable(i elf.SectionIndex) bool {
	s := im.section(i)
	return s != nil && s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_EXECINSTR != 0 && s.Size > 0
}

// place is a byte of a section.
type place struct {
	section int
	off     uint64
}

// findFunctions collects the functions. Symbols of type FUNC are functions,
// and so are those without type (clang before 7) that are not local, because
// local ones are labels of jumps. Of several symbols at one place a global one
// of type FUNC wins, then the last.
func (im *image) findFunctions() error {
	at := make(map[place]*function)
	rank := make(map[place]int)
	for _, s := range im.syms {
		typ, bind := elf.ST_TYPE(s.Info), elf.ST_BIND(s.Info)
		label := typ == elf.STT_NOTYPE && bind == elf.STB_LOCAL
		if s.Name == "" || !im.executable(s.Section) || label || typ != elf.STT_FUNC && typ != elf.STT_NOTYPE {
			continue
		}
		where, r := place{int(s.Section), s.Value}, 0
		if typ == elf.STT_FUNC {
			r = 2
		}
		if bind != elf.STB_LOCAL {
			r++
		}
		if at[where] != nil && rank[where] > r {
			continue
		}
		vis := elf.ST_VISIBILITY(s.Other)
		rank[where] = r
		at[where] = &function{
			name: s.Name, section: im.file.Sections[s.Section], index: int(s.Section), off: s.Value, size: s.Size, sized: s.Size > 0,
			local: bind == elf.STB_LOCAL, hidden: vis == elf.STV_HIDDEN || vis == elf.STV_INTERNAL,
		}
	}
	im.addNameless(at)
	im.addTargets(at)
	for _, f := range at {
		im.funcs = append(im.funcs, f)
	}
	slices.SortFunc(im.funcs, func(a, b *function) int {
		return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.off, b.off))
	})
	return im.checkFunctions()
}

// addNameless makes one function of each executable section in which no symbol
// names one.
func (im *image) addNameless(at map[place]*function) {
	named := make(map[int]bool)
	for where := range at {
		named[where.section] = true
	}
	for i, s := range im.file.Sections {
		if im.executable(elf.SectionIndex(i)) && !named[i] {
			at[place{i, 0}] = &function{name: s.Name, section: s, index: i}
		}
	}
}

// addTargets makes a function of every place that a call or a function pointer
// leads to, so that those without symbol are found, too.
func (im *image) addTargets(at map[place]*function) {
	for i, s := range im.file.Sections {
		if !im.executable(elf.SectionIndex(i)) {
			continue
		}
		b := im.bytes(s)
		for off := uint64(0); off+slotSize <= uint64(len(b)); off += slotSize {
			to, ok := im.target(i, b, off)
			if b[off] == opLdImm {
				off += slotSize
			}
			if !ok || to.off%slotSize != 0 || to.off >= im.file.Sections[to.section].Size || at[to] != nil {
				continue
			}
			at[to] = &function{
				name: fmt.Sprintf("%s+%#x", im.file.Sections[to.section].Name, to.off), section: im.file.Sections[to.section],
				index: to.section, off: to.off, local: true, label: true,
			}
		}
	}
}

// What the scan for call targets has to know of encodings (RFC 9669 §3): the
// opcodes of calls and wide loads, and the source registers of a call that
// stays in the program and of a function pointer.
const (
	slotSize  = 8
	opCall    = 0x85
	opLdImm   = 0x18
	callLocal = 1
	loadFunc  = 4
)

// target returns where the call or the function pointer at off leads to, for
// those that lead into an executable section. With a relocation the immediate
// counts from the symbol: slots less one for calls, bytes for pointers.
func (im *image) target(section int, b []byte, off uint64) (place, bool) {
	imm := int64(int32(im.order.Uint32(b[off+4:])))
	source := b[off+1] >> 4
	if im.bigEndian() {
		source = b[off+1] & 0xf
	}
	r, relocated := im.relocs[section][off]
	switch {
	case b[off] == opCall && relocated:
		imm = (imm + 1) * slotSize
	case b[off] == opCall && source == callLocal, b[off] == opLdImm && source == loadFunc && !relocated:
		return place{section, uint64(int64(off) + (imm+1)*slotSize)}, true
	case b[off] != opLdImm || !relocated:
		return place{}, false
	}
	if r.symbol < 0 || !im.executable(im.syms[r.symbol].Section) {
		return place{}, false
	}
	s := im.syms[r.symbol]
	return place{int(s.Section), uint64(int64(s.Value) + imm)}, true
}

// checkFunctions sets and checks the bounds of every function. One without a
// size (clang before 7) reaches to the next one.
func (im *image) checkFunctions() error {
	for i, f := range im.funcs {
		end, cut := f.section.Size, false
		if i+1 < len(im.funcs) && im.funcs[i+1].index == f.index {
			end, cut = im.funcs[i+1].off, im.funcs[i+1].label
		}
		if f.off > end {
			return fmt.Errorf("section %s: function %s starts at byte %d of %d", f.section.Name, f.name, f.off, f.section.Size)
		}
		if !f.sized || cut && f.off+f.size > end {
			f.size = end - f.off
		}
		if f.off+f.size < f.off || f.off+f.size > f.section.Size {
			return fmt.Errorf("section %s: function %s ends at byte %d of %d", f.section.Name, f.name, f.off+f.size, f.section.Size)
		}
	}
	return nil
}

// functionAt returns the function that starts at a place, or nil.
func (im *image) functionAt(where place) *function {
	i, found := slices.BinarySearchFunc(im.funcs, where, func(f *function, p place) int {
		return cmp.Or(cmp.Compare(f.index, p.section), cmp.Compare(f.off, p.off))
	})
	if !found {
		return nil
	}
	return im.funcs[i]
}

// entry reports whether f is a program of its own: a function in a section
// that is not .text, or, when .text was given a type or is the only section, a
// function there that no other function calls. Static functions are programs
// when they stand in the section of a program type and nothing calls them:
// otherwise they would be there for nothing.
func (l *loader) entry(f *function) bool {
	if f.label {
		return false
	}
	if f.section.Name != textSection {
		return !f.local || !l.called(f)
	}
	typed, _ := l.opt.progType(textSection)
	return !f.local && (typed != "" || l.textOnly()) && !l.called(f)
}

// textOnly reports whether no program stands outside of .text.
func (im *image) textOnly() bool {
	return !slices.ContainsFunc(im.funcs, func(f *function) bool { return f.section.Name != textSection })
}

// called reports whether another function refers to f.
func (im *image) called(f *function) bool {
	if im.callers == nil {
		im.findCallers()
	}
	at := place{f.index, f.off}
	for _, from := range im.callers[at] {
		if from.section != f.index || from.off < f.off || from.off >= f.off+f.size {
			return true
		}
	}
	return false
}

// findCallers lists the places of all calls and function pointers by where
// they lead to.
func (im *image) findCallers() {
	im.callers = make(map[place][]place)
	for i, s := range im.file.Sections {
		if !im.executable(elf.SectionIndex(i)) {
			continue
		}
		b := im.bytes(s)
		for off := uint64(0); off+slotSize <= uint64(len(b)); off += slotSize {
			if to, ok := im.target(i, b, off); ok {
				im.callers[to] = append(im.callers[to], place{i, off})
			}
			if b[off] == opLdImm {
				off += slotSize
			}
		}
	}
}
