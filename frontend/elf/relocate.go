package elf

import (
	"debug/elf"
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// relocate resolves the reference of the instruction at slot, which is in f.
func (k *linker) relocate(f *function, slot int, r relocation) error {
	ins := &k.p.Insns[slot]
	if r.symbol < 0 {
		return fmt.Errorf("malformed object: its relocation names no symbol")
	}
	s := k.syms[r.symbol]
	if ins.Op != bpf.OpCall && ins.Op != bpf.OpLdImm {
		return fmt.Errorf("it refers to %s, and neither calls nor loads an address", k.nameOf(s))
	}
	if to, ok := k.target(f.index, k.bytes(f.section), f.off+uint64(slot-k.start[f])*slotSize); ok {
		return k.refer(slot, to)
	}
	switch {
	case s.Section == elf.SHN_UNDEF && ins.Op == bpf.OpCall:
		return k.externCall(ins, s)
	case s.Section == elf.SHN_UNDEF:
		return k.externAddress(ins, s)
	case s.Section == elf.SHN_ABS && ins.Op == bpf.OpLdImm:
		ins.Kind, ins.Imm = bpf.KindConst, ins.Imm+int64(s.Value)
		return nil
	case s.Section == elf.SHN_COMMON:
		return fmt.Errorf("variable %s is in no section: compile with -fno-common, or give it an initial value", s.Name)
	case ins.Op == bpf.OpLdImm && k.section(s.Section) != nil:
		return k.mapAddress(ins, s)
	}
	return fmt.Errorf("symbol %s is no function", k.nameOf(s))
}

// mapAddress makes the load one of a map, or of an address in the only value
// of a data section.
func (k *linker) mapAddress(ins *bpf.Instruction, s elf.Symbol) error {
	sec := k.section(s.Section)
	off := uint64(int64(s.Value) + int64(int32(ins.Imm)))
	if !isData(sec) {
		// Symbols of sections stand for what the immediate says.
		n, ok := k.maps[place{int(s.Section), s.Value}]
		if elf.ST_TYPE(s.Info) == elf.STT_SECTION {
			n, ok = k.maps[place{int(s.Section), off}]
		}
		if strings.HasPrefix(sec.Name, ".addr_space.") {
			return fmt.Errorf("%s lies in an arena, and arenas are %w", k.nameOf(s), bpf.ErrUnsupported)
		}
		if !ok {
			return fmt.Errorf("%s in section %s is neither a map nor a global variable", k.nameOf(s), sec.Name)
		}
		if err := k.obj.Maps[n].Err; err != nil {
			return err
		}
		ins.Kind, ins.Imm, ins.Off = bpf.KindMap, int64(n), 0
		return nil
	}
	n, ok := k.maps[place{int(s.Section), 0}]
	if !ok {
		return fmt.Errorf("malformed object: section %s holds no data", sec.Name)
	}
	m := k.obj.Maps[n]
	if m.Err != nil {
		return m.Err
	}
	if off > uint64(m.ValueSize) {
		return fmt.Errorf("malformed object: byte %d of section %s, which has %d", int64(off), m.Name, m.ValueSize)
	}
	ins.Kind, ins.Imm, ins.Off = bpf.KindMapValue, int64(n), int32(off)
	return nil
}

// memoryFunctions are the functions that clang calls of its own accord.
var memoryFunctions = map[string]bool{"memcpy": true, "memset": true, "memmove": true, "memcmp": true}

// externCall makes the instruction a call of a function outside of the object.
func (k *linker) externCall(ins *bpf.Instruction, s elf.Symbol) error {
	if elf.ST_BIND(s.Info) != elf.STB_WEAK && !k.kfuncs[s.Name] && !k.known(s.Name) {
		return undefined(s.Name)
	}
	ins.Kind, ins.Imm, ins.Off = bpf.KindKfunc, int64(k.kfunc(s.Name)), 0
	return nil
}

// kfunc returns the index of an extern function of the program.
func (k *linker) kfunc(name string) int {
	for i, known := range k.p.Kfuncs {
		if known == name {
			return i
		}
	}
	k.p.Kfuncs = append(k.p.Kfuncs, name)
	return len(k.p.Kfuncs) - 1
}

// known reports whether an extern function has a meaning without a kernel.
func (k *linker) known(name string) bool {
	return memoryFunctions[name] || table.KfuncByName(name) != nil
}

// externAddress makes the instruction a load of the address of something
// outside of the object; that of something weak that does not exist is 0.
func (k *linker) externAddress(ins *bpf.Instruction, s elf.Symbol) error {
	weak := elf.ST_BIND(s.Info) == elf.STB_WEAK
	if v, ok := k.config[s.Name]; ok {
		if v.err != nil {
			return v.err
		}
		ins.Kind, ins.Imm, ins.Off = bpf.KindMapValue, int64(v.in), int32(v.off)
		return nil
	}
	if weak && !k.known(s.Name) {
		ins.Kind, ins.Imm, ins.Off = bpf.KindConst, 0, 0
		return nil
	}
	variable, isVariable := k.ksyms[s.Name]
	if !isVariable && !k.kfuncs[s.Name] && !k.known(s.Name) {
		return undefined(s.Name)
	}
	sym := frontend.Ksym{Name: s.Name, Func: !isVariable}
	if isVariable {
		if t, err := k.types.convert(variable.Type); err == nil && t.Kind != frontend.KindVoid {
			sym.Type = t
		}
	}
	ins.Kind, ins.Imm, ins.Off = bpf.KindBTFID, int64(len(k.p.Ksyms)), 0
	k.p.Ksyms = append(k.p.Ksyms, sym)
	return nil
}

// undefined is the error for a symbol that is declared and not defined.
func undefined(name string) error {
	return fmt.Errorf("symbol %s is declared and nowhere defined: define it in this file, or link the objects with bpftool gen object", name)
}
