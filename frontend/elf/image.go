package elf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
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
	data   []byte
	file   *elf.File
	order  binary.ByteOrder
	syms   []elf.Symbol
	relocs map[int]map[uint64]relocation // by index of the section that they change, by offset
	funcs  []*function                   // by section index and offset

	callers map[place][]place // see findCallers
}

// open checks the file and finds its functions.
func open(data []byte) (*image, error) {
	if err := checkHeader(data); err != nil {
		return nil, err
	}
	im := &image{data: data}
	if err := im.parse(); err != nil {
		return nil, err
	}
	if err := im.checkSections(); err != nil {
		return nil, err
	}
	im.findRelocations()
	return im, im.findFunctions()
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

// section returns the section with this index, nil for the indices that have a
// meaning of their own (SHN_UNDEF, SHN_ABS, SHN_COMMON).
func (im *image) section(i elf.SectionIndex) *elf.Section {
	if i == elf.SHN_UNDEF || int(i) >= len(im.file.Sections) {
		return nil
	}
	return im.file.Sections[i]
}

// bytes returns what a section has in the file, nothing for .bss.
func (im *image) bytes(s *elf.Section) []byte {
	if s.Type == elf.SHT_NOBITS || s.Type == elf.SHT_NULL {
		return nil
	}
	return im.data[s.Offset : s.Offset+s.FileSize]
}

// license returns the string in the license section, "" without one.
func (im *image) license() string {
	s := im.file.Section("license")
	if s == nil || s.Type != elf.SHT_PROGBITS {
		return ""
	}
	b := im.bytes(s)
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return string(b)
}
