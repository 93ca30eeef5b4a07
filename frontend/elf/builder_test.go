package elf

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
)

// builder makes the objects that no compiler of today makes: symbols without
// type and size, sections of maps. Section 0 is the null section.
type builder struct {
	sections []part
	symbols  []elf.Sym64
	names    bytes.Buffer // .strtab, which has the names of sections, too
}

// part is a section with its relocations.
type part struct {
	name   string
	code   bool
	data   []byte
	relocs []elf.Rel64
}

func newBuilder() *builder {
	b := &builder{sections: []part{{}}, symbols: []elf.Sym64{{}}}
	b.names.WriteByte(0)
	return b
}

// section adds a section and returns its index.
func (b *builder) section(name string, code bool, data []byte) int {
	b.sections = append(b.sections, part{name: name, code: code, data: data})
	return len(b.sections) - 1
}

func (b *builder) name(s string) uint32 {
	n := b.names.Len()
	b.names.WriteString(s + "\x00")
	return uint32(n)
}

// symbol adds a symbol without size and returns its index.
func (b *builder) symbol(name string, bind elf.SymBind, typ elf.SymType, section int, value uint64) int {
	b.symbols = append(b.symbols, elf.Sym64{
		Name: b.name(name), Info: elf.ST_INFO(bind, typ), Shndx: uint16(section), Value: value,
	})
	return len(b.symbols) - 1
}

// global adds a global symbol without type and size, as clang before 7 did.
func (b *builder) global(name string, section int, value uint64) int {
	return b.symbol(name, elf.STB_GLOBAL, elf.STT_NOTYPE, section, value)
}

// refer adds a relocation of byte off of a section to a symbol.
func (b *builder) refer(section int, off uint64, symbol int) {
	s := &b.sections[section]
	s.relocs = append(s.relocs, elf.Rel64{Off: off, Info: uint64(symbol)<<32 | 1})
}

// bytes writes the file: header, contents, section headers.
func (b *builder) bytes() []byte {
	var body bytes.Buffer
	body.Write(make([]byte, headerSize))
	headers := []elf.Section64{{}}
	place := func(h elf.Section64, name string, data any) {
		h.Name = b.name(name)
		h.Off = uint64(body.Len())
		_ = binary.Write(&body, binary.LittleEndian, data)
		h.Size = uint64(body.Len()) - h.Off
		headers = append(headers, h)
	}
	for _, s := range b.sections[1:] {
		flags := elf.SHF_ALLOC
		if s.code {
			flags |= elf.SHF_EXECINSTR
		}
		place(elf.Section64{Type: uint32(elf.SHT_PROGBITS), Flags: uint64(flags)}, s.name, s.data)
	}
	symtab, strtab := len(b.sections), len(b.sections)+1
	place(elf.Section64{Type: uint32(elf.SHT_SYMTAB), Link: uint32(strtab), Entsize: symbolSize}, ".symtab", b.symbols)
	// Names of sections that follow have to be in the table already.
	relnames := make([]uint32, len(b.sections))
	for i, s := range b.sections {
		relnames[i] = b.name(".rel" + s.name)
	}
	place(elf.Section64{Type: uint32(elf.SHT_STRTAB)}, ".strtab", b.names.Bytes())
	headers[strtab].Name = 0
	for i, s := range b.sections {
		if len(s.relocs) > 0 {
			place(elf.Section64{Type: uint32(elf.SHT_REL), Link: uint32(symtab), Info: uint32(i), Entsize: 16}, "", s.relocs)
			headers[len(headers)-1].Name = relnames[i]
		}
	}
	head := elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1}, Type: uint16(elf.ET_REL),
		Machine: uint16(elf.EM_BPF), Version: 1, Ehsize: headerSize, Shoff: uint64(body.Len()),
		Shentsize: sectionSize, Shnum: uint16(len(headers)), Shstrndx: uint16(strtab),
	}
	_ = binary.Write(&body, binary.LittleEndian, headers)
	out := body.Bytes()
	var h bytes.Buffer
	_ = binary.Write(&h, binary.LittleEndian, head)
	copy(out, h.Bytes())
	return out
}

// words is a section of 32-bit words.
func words(w ...uint32) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, w)
	return b.Bytes()
}

// Instructions, one slot each.
func slots(insns ...uint64) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, insns)
	return b.Bytes()
}

const (
	exitInsn = 0x95
	movInsn  = 0xb7          // r0 = 0
	loadInsn = 0x0118        // r1 = symbol ll; a second slot follows
	callInsn = 0x1085        // call of a function of the program
	loopImm  = 0xffffffff    // -1: the symbol itself
	extern   = loopImm << 32 // in a call of a symbol
)
