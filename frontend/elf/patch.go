package elf

import (
	"bytes"
	"debug/elf"
	"slices"
)

// exportText is the name that section .text gets, in memory, when it was
// given a program type: cilium/ebpf takes everything in .text for functions
// that others call and hides it. It has the length of .text, so that the name
// in BTF can be replaced in place.
const exportText = "@text"

// repair copies the file and makes two changes that cilium/ebpf needs: it
// writes sizes into function symbols that have none (clang before 7), and it
// renames .text when the programs are in there.
func (im *image) repair(opt Options) error {
	sizeless := slices.ContainsFunc(im.funcs, func(f function) bool { return im.syms[f.symbol].Size == 0 })
	export := opt.ProgTypes[textSection] != ""
	if !sizeless && !export {
		return nil
	}
	im.data = bytes.Clone(im.data)
	if sizeless {
		im.writeSizes()
	}
	if export {
		im.renameText()
	}
	return nil
}

// writeSizes stores the size of every function in its symbol.
func (im *image) writeSizes() {
	table := im.file.SectionByType(elf.SHT_SYMTAB)
	for _, f := range im.funcs {
		// debug/elf leaves out the null symbol at the start of the table.
		entry := table.Offset + uint64(f.symbol+1)*symbolSize
		im.order.PutUint64(im.data[entry+16:], f.size)
	}
}

// renameText gives .text another name: the table of section names is copied
// to the end of the file with the new name behind it, and the header of .text
// points there. The sections of line information are found by name, so the
// string in BTF changes, too.
func (im *image) renameText() {
	head := im.order.Uint64(im.data[40:]) // offset of the section headers
	names := uint64(im.order.Uint16(im.data[62:]))
	entry := head + names*sectionSize
	strs := im.file.Sections[names]

	moved := uint64(len(im.data))
	im.data = append(im.data, im.data[strs.Offset:strs.Offset+strs.FileSize]...)
	im.data = append(im.data, "\x00"+exportText+"\x00"...)
	im.order.PutUint64(im.data[entry+24:], moved)
	im.order.PutUint64(im.data[entry+32:], uint64(len(im.data))-moved)

	for i, s := range im.file.Sections {
		switch s.Name {
		case textSection:
			header := head + uint64(i)*sectionSize
			im.order.PutUint32(im.data[header:], uint32(strs.FileSize)+1)
		case btfSection, ".BTF.ext":
			// .BTF.ext has numbers only; .BTF ends with its strings.
			b := im.data[s.Offset : s.Offset+s.FileSize]
			if at := bytes.LastIndex(b, []byte("\x00"+textSection+"\x00")); at >= 0 {
				copy(b[at+1:], exportText)
			}
		}
	}
	im.alias = exportText
}
