package elf

import (
	"debug/elf"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// entry reports whether f is a program of its own: a global function in a
// section that is not .text, or, when .text was given a type, a global
// function there that no other function calls.
func (im *image) entry(f *function, opt Options) bool {
	if f.section.Name != textSection {
		return !f.local
	}
	return opt.ProgTypes[textSection] != "" && !f.local && !im.called(f)
}

// called reports whether another function refers to f.
func (im *image) called(f *function) bool {
	for _, r := range im.relocations(func(s *elf.Section) bool { return s.Flags&elf.SHF_EXECINSTR != 0 }) {
		if r.symbol == f.symbol && !f.contains(r) {
			return true
		}
	}
	return false
}

// contains reports whether the relocation stands in f.
func (f *function) contains(r relocation) bool {
	return r.section == f.index && r.off >= f.off && r.off < f.off+f.size
}

// checkPrograms checks that there is a program and that the hook of every
// program is known.
func (im *image) checkPrograms(opt Options) error {
	for name := range opt.ProgTypes {
		if !slices.ContainsFunc(im.funcs, func(f function) bool { return f.section.Name == name }) {
			return fmt.Errorf("prog-type names section %q, in which there is no function%s", name, im.sectionHint())
		}
	}
	found := false
	for i := range im.funcs {
		f := &im.funcs[i]
		if !im.entry(f, opt) {
			continue
		}
		found = true
		if _, err := hookOf(f.section.Name, opt); err != nil {
			return err
		}
	}
	if found {
		return nil
	}
	if slices.ContainsFunc(im.funcs, func(f function) bool { return f.section.Name == textSection && !f.local }) {
		return fmt.Errorf("no program: all functions are in section %s; name their type with --prog-type %s=TYPE, or put SEC(\"…\") before the program", textSection, textSection)
	}
	return errors.New("no program: put SEC(\"xdp\") or the section of another program type before a function that is not static")
}

// sectionHint lists the sections with functions, for messages.
func (im *image) sectionHint() string {
	var names []string
	for _, f := range im.funcs {
		if !slices.Contains(names, f.section.Name) {
			names = append(names, f.section.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; the object has " + strings.Join(names, ", ")
}

// hookOf is the hook of the programs in a section.
func hookOf(section string, opt Options) (*table.Hook, error) {
	if name, ok := opt.ProgTypes[section]; ok {
		if h := table.HookByName(opt.Platform, name); h != nil {
			return h, nil
		}
		return nil, fmt.Errorf("section %s: no program type is named %q; supported are %s", section, name, hookNames(opt))
	}
	if h := table.HookBySection(opt.Platform, section); h != nil {
		return h, nil
	}
	return nil, fmt.Errorf("section %s: the program type of this section name is not known; pass --prog-type %s=TYPE with one of %s",
		section, section, hookNames(opt))
}

// hookNames lists the program types that can be asked for.
func hookNames(opt Options) string {
	var names []string
	for _, h := range table.Hooks(opt.Platform) {
		if h.Status >= table.Verified {
			names = append(names, h.Name)
		}
	}
	return strings.Join(names, ", ")
}

// checkBTF checks that maps defined by BTF have some. The message names the
// first instruction that refers to such a map.
func (im *image) checkBTF() error {
	maps, btf := im.file.Section(btfMapSection), im.file.Section(btfSection)
	if maps == nil || maps.Size == 0 || btf != nil && btf.Size > 0 {
		return nil
	}
	const advice = "the object has no BTF, which defines its maps: compile with -g and keep section " + btfSection + " when stripping"
	code := func(s *elf.Section) bool { return s.Flags&elf.SHF_EXECINSTR != 0 }
	for _, r := range im.relocations(code) {
		sym := im.syms[r.symbol]
		if int(sym.Section) >= len(im.file.Sections) || im.file.Sections[sym.Section] != maps {
			continue
		}
		for i := range im.funcs {
			if f := &im.funcs[i]; f.contains(r) {
				return fmt.Errorf("section %s: program %s: instruction %d: map %s: %s", f.section.Name, f.name, (r.off-f.off)/8, sym.Name, advice)
			}
		}
	}
	return fmt.Errorf("section %s: %s", btfMapSection, advice)
}

// relocation is an entry of a SHT_REL section.
type relocation struct {
	section int    // index of the section that it changes
	off     uint64 // bytes from the start of that section
	symbol  int    // index into image.syms
}

// relocations returns those of the sections that want accepts, in the order
// of the file. Entries that name no symbol are left out.
func (im *image) relocations(want func(*elf.Section) bool) []relocation {
	var all []relocation
	for _, s := range im.file.Sections {
		if s.Type != elf.SHT_REL || int(s.Info) >= len(im.file.Sections) || !want(im.file.Sections[s.Info]) {
			continue
		}
		b := im.data[s.Offset : s.Offset+s.FileSize]
		for ; len(b) >= 16; b = b[16:] {
			// The symbol table of debug/elf leaves out the null symbol.
			sym := int(im.order.Uint64(b[8:])>>32) - 1
			if sym < 0 || sym >= len(im.syms) {
				continue
			}
			all = append(all, relocation{int(s.Info), im.order.Uint64(b), sym})
		}
	}
	return all
}

// symbolAt names the symbol that instruction slot of f refers to, "" for none.
func (im *image) symbolAt(f *function, slot int) string {
	only := func(s *elf.Section) bool { return s == f.section }
	for _, r := range im.relocations(only) {
		if r.off == f.off+uint64(slot)*8 {
			return im.syms[r.symbol].Name
		}
	}
	return ""
}

// explain says of an error of cilium/ebpf's loader whether the file is
// malformed or asks for more than there is.
func (im *image) explain(err error) error {
	if errors.Is(err, ebpf.ErrNotSupported) {
		return fmt.Errorf("%w: %w", bpf.ErrUnsupported, err)
	}
	return fmt.Errorf("malformed object: %w", err)
}
