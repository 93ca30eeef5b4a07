package elf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// maxSection bounds a section that takes no room in the file, so that a
// few bytes of input cannot ask for gigabytes: 64 MiB.
const maxSection = 64 << 20

// Names of sections with a meaning of their own.
const (
	textSection    = ".text"
	btfMapSection  = ".maps"
	btfSection     = ".BTF"
	windowsSection = ".ebpf_for_windows"
)

// image is a checked ELF file: every section lies in the file and every
// function in its section.
type image struct {
	data  []byte // the file, or a copy with the repairs of patch.go
	file  *elf.File
	order binary.ByteOrder
	syms  []elf.Symbol
	funcs []function // by section index and offset
	alias string     // the name that .text has for cilium/ebpf, see exportText
}

// function is a function symbol.
type function struct {
	name    string
	section *elf.Section
	index   int    // of the section
	off     uint64 // bytes from the start of the section
	size    uint64 // bytes
	symbol  int    // index into image.syms
	local   bool   // static
	hidden  bool   // not visible outside of the object
}

// open checks the file and finds its functions.
func open(data []byte, opt Options) (*image, error) {
	if err := checkHeader(data); err != nil {
		return nil, err
	}
	im := &image{data: data, alias: textSection}
	if err := im.parse(); err != nil {
		return nil, err
	}
	if err := im.checkSections(); err != nil {
		return nil, err
	}
	if opt.Platform == bpf.Windows || im.file.Section(windowsSection) != nil {
		return nil, fmt.Errorf("eBPF for Windows (section %s) is %w: compile the program for Linux", windowsSection, bpf.ErrUnsupported)
	}
	if err := im.findFunctions(); err != nil {
		return nil, err
	}
	if err := im.checkPrograms(opt); err != nil {
		return nil, err
	}
	if err := im.checkBTF(); err != nil {
		return nil, err
	}
	return im, im.repair(opt)
}

// parse fills file, order and syms. debug/elf is known to panic on some
// malformed files, which is an error of the file here.
func (im *image) parse() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("malformed ELF file: %v", r)
		}
	}()
	im.file, err = elf.NewFile(bytes.NewReader(im.data))
	if err != nil {
		return fmt.Errorf("malformed ELF file: %w", err)
	}
	im.order = im.file.ByteOrder
	im.syms, err = im.file.Symbols()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return fmt.Errorf("section .symtab is malformed: %w", err)
	}
	return nil
}

func (im *image) bigEndian() bool { return im.file.Data == elf.ELFDATA2MSB }

// checkHeader reads the ELF header by itself, since its errors are the ones
// that users meet: the wrong file, or half of one.
func checkHeader(b []byte) error {
	if len(b) < 4 || string(b[:4]) != elf.ELFMAG {
		return errors.New("not an ELF file: pass a C file, or an object made by clang -g -O2 -target bpf -c")
	}
	if len(b) > elf.EI_DATA && elf.Class(b[elf.EI_CLASS]) == elf.ELFCLASS32 {
		return errors.New("32-bit ELF file: eBPF objects have 64 bits; compile with clang -target bpf")
	}
	if len(b) < headerSize {
		return fmt.Errorf("truncated: the ELF header has %d bytes, the file has %d", headerSize, len(b))
	}
	var order binary.ByteOrder
	switch elf.Data(b[elf.EI_DATA]) {
	case elf.ELFDATA2LSB:
		order = binary.LittleEndian
	case elf.ELFDATA2MSB:
		order = binary.BigEndian
	default:
		return fmt.Errorf("malformed ELF header: byte order %d", b[elf.EI_DATA])
	}
	if m := elf.Machine(order.Uint16(b[18:])); m != elf.EM_BPF && m != elf.EM_NONE {
		return fmt.Errorf("wrong machine: the object is for %s, not EM_BPF; compile with clang -target bpf", m)
	}
	if t := elf.Type(order.Uint16(b[16:])); t != elf.ET_REL {
		return fmt.Errorf("ELF file of type %s, not ET_REL: pass the object that clang -c writes", t)
	}
	return checkTable(b, order)
}

// Sizes of ELF64 structures in bytes.
const (
	headerSize  = 64
	sectionSize = 64
	symbolSize  = 24
)

// checkTable checks that the section header table lies in the file.
func checkTable(b []byte, order binary.ByteOrder) error {
	off, size, num := order.Uint64(b[40:]), order.Uint16(b[58:]), order.Uint16(b[60:])
	if off == 0 || num == 0 {
		return errors.New("no sections: the object is stripped or truncated")
	}
	if size != sectionSize {
		return fmt.Errorf("malformed ELF header: section headers of %d bytes instead of %d", size, sectionSize)
	}
	if end := off + uint64(num)*sectionSize; end < off || end > uint64(len(b)) {
		return fmt.Errorf("truncated: the section headers end at byte %d, the file has %d", end, len(b))
	}
	return nil
}

// checkSections checks that each section lies in the file.
func (im *image) checkSections() error {
	for _, s := range im.file.Sections {
		switch {
		case s.Type == elf.SHT_NULL:
		case s.Flags&elf.SHF_COMPRESSED != 0 && !strings.HasPrefix(s.Name, ".debug"):
			return fmt.Errorf("section %s is compressed: compile without -gz", s.Name)
		case s.Type == elf.SHT_NOBITS:
			if s.Size > maxSection {
				return fmt.Errorf("section %s has %d bytes, more than %d", s.Name, s.Size, maxSection)
			}
		case s.Offset+s.FileSize < s.Offset || s.Offset+s.FileSize > uint64(len(im.data)):
			return fmt.Errorf("truncated: section %s ends at byte %d, the file has %d", s.Name, s.Offset+s.FileSize, len(im.data))
		}
	}
	return nil
}

// executable reports whether the section with this index holds instructions.
func (im *image) executable(i elf.SectionIndex) bool {
	if int(i) >= len(im.file.Sections) {
		return false
	}
	s := im.file.Sections[i]
	return s.Type == elf.SHT_PROGBITS && s.Flags&elf.SHF_EXECINSTR != 0 && s.Size > 0
}

// findFunctions collects the function symbols by the rule of cilium/ebpf:
// FUNC symbols, and NOTYPE ones (clang before 8) that are not local labels;
// of several at one place the last.
func (im *image) findFunctions() error {
	type place struct {
		section elf.SectionIndex
		off     uint64
	}
	at := make(map[place]function)
	for i, s := range im.syms {
		typ, bind := elf.ST_TYPE(s.Info), elf.ST_BIND(s.Info)
		label := typ == elf.STT_NOTYPE && bind == elf.STB_LOCAL
		if s.Name == "" || !im.executable(s.Section) || label || typ != elf.STT_FUNC && typ != elf.STT_NOTYPE {
			continue
		}
		vis := elf.ST_VISIBILITY(s.Other)
		at[place{s.Section, s.Value}] = function{
			name: s.Name, section: im.file.Sections[s.Section], index: int(s.Section),
			off: s.Value, size: s.Size, symbol: i,
			local:  bind == elf.STB_LOCAL,
			hidden: vis == elf.STV_HIDDEN || vis == elf.STV_INTERNAL,
		}
	}
	for _, f := range at {
		im.funcs = append(im.funcs, f)
	}
	slices.SortFunc(im.funcs, func(a, b function) int {
		if a.index != b.index {
			return a.index - b.index
		}
		if a.off < b.off {
			return -1
		}
		return 1
	})
	return im.checkFunctions()
}

// checkFunctions checks the bounds of every function. A size of 0 (clang
// before 7) reaches to the next function.
func (im *image) checkFunctions() error {
	seen := make(map[string]string)
	for i := range im.funcs {
		f := &im.funcs[i]
		end := f.section.Size
		if i+1 < len(im.funcs) && im.funcs[i+1].index == f.index {
			end = im.funcs[i+1].off
		}
		if f.size == 0 && f.off < end {
			f.size = end - f.off
		}
		switch {
		case f.off+f.size < f.off || f.off+f.size > f.section.Size:
			return fmt.Errorf("section %s: function %s ends at byte %d of %d", f.section.Name, f.name, f.off+f.size, f.section.Size)
		case f.size == 0 || f.size%8 != 0 || f.off%8 != 0:
			return fmt.Errorf("section %s: function %s is not made of whole instructions: offset %d, size %d bytes", f.section.Name, f.name, f.off, f.size)
		case seen[f.name] != "":
			return fmt.Errorf("section %s: function %s is in section %s, too", f.section.Name, f.name, seen[f.name])
		}
		seen[f.name] = f.section.Name
	}
	return nil
}

// lookup returns the function with the name, or nil.
func (im *image) lookup(name string) *function {
	for i := range im.funcs {
		if im.funcs[i].name == name {
			return &im.funcs[i]
		}
	}
	return nil
}

// code returns the instructions of f as they stand in the file.
func (im *image) code(f *function) []byte {
	start := f.section.Offset + f.off
	return im.data[start : start+f.size]
}

// license returns the string in the license section, "" without one.
func (im *image) license() string {
	s := im.file.Section("license")
	if s == nil || s.Type != elf.SHT_PROGBITS {
		return ""
	}
	b := im.data[s.Offset : s.Offset+s.FileSize]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
