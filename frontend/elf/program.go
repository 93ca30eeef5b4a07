package elf

import (
	"fmt"
	"path"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// loadPrograms converts every program, by section index and offset.
func (l *loader) loadPrograms() error {
	for i := range l.funcs {
		f := &l.funcs[i]
		if !l.entry(f, l.opt) {
			continue
		}
		spec := l.spec.Programs[f.name]
		if spec == nil {
			return fmt.Errorf("section %s: program %s: malformed object: the function is lost in linking", f.section.Name, f.name)
		}
		p, err := l.program(f, spec)
		if err != nil {
			return fmt.Errorf("section %s: program %s: %w", f.section.Name, f.name, err)
		}
		l.obj.Programs = append(l.obj.Programs, p)
	}
	return nil
}

// program converts one program in two walks over its linked instructions: the
// first decodes the bytes of each function and notes where it starts, the
// second resolves what instructions refer to.
func (l *loader) program(f *function, spec *ebpf.ProgramSpec) (*frontend.Program, error) {
	hook, err := hookOf(f.section.Name, l.opt)
	if err != nil {
		return nil, err
	}
	p := &frontend.Program{Name: f.name, Section: f.section.Name, Hook: hook}
	if err := l.place(p, spec.Instructions); err != nil {
		return nil, err
	}
	if err := l.resolve(p, spec.Instructions); err != nil {
		return nil, err
	}
	if err := checkCalls(p); err != nil {
		return nil, err
	}
	p.Lines = lines(p, spec.Instructions)
	return p, nil
}

// place decodes the functions of the program, one behind the other in the
// order that linking gave them.
func (l *loader) place(p *frontend.Program, insns asm.Instructions) error {
	for i := range insns {
		name := insns[i].Symbol()
		if name == "" {
			if i == 0 {
				return fmt.Errorf("malformed object: the first instruction has no symbol")
			}
			continue
		}
		f := l.lookup(name)
		if f == nil {
			return fmt.Errorf("malformed object: function %s is in no section", name)
		}
		code, err := bpf.Decode(l.code(f), l.order)
		if err != nil {
			return fmt.Errorf("function %s: %w", name, err)
		}
		start := len(p.Insns)
		p.Insns = append(p.Insns, code...)
		p.Funcs = append(p.Funcs, frontend.Func{
			Name: name, Start: start, End: len(p.Insns),
			Global: !f.local && !f.hidden && globalByBTF(&insns[i]),
			Proto:  l.proto(btf.FuncMetadata(&insns[i]), p.Hook),
		})
	}
	return nil
}

// globalByBTF reports whether BTF calls the function that starts here global.
// Without BTF there is no contract to verify a function by.
func globalByBTF(ins *asm.Instruction) bool {
	fn := btf.FuncMetadata(ins)
	return fn != nil && fn.Linkage == btf.GlobalFunc
}

// resolve turns references to symbols into indices of maps and distances to
// functions.
func (l *loader) resolve(p *frontend.Program, insns asm.Instructions) error {
	slot := 0
	for i := range insns {
		ins := &insns[i]
		if slot >= len(p.Insns) {
			return fmt.Errorf("malformed object: linking made %d instructions of %d slots", len(insns), len(p.Insns))
		}
		if err := l.reference(p, slot, ins); err != nil {
			return fmt.Errorf("instruction %d: %w", slot, err)
		}
		slot += int(ins.Width())
	}
	if slot != len(p.Insns) {
		return fmt.Errorf("malformed object: linking made %d slots of %d", slot, len(p.Insns))
	}
	return nil
}

// reference resolves the instruction at slot, which linking saw as ins.
func (l *loader) reference(p *frontend.Program, slot int, ins *asm.Instruction) error {
	name := ins.Reference()
	to := &p.Insns[slot]
	switch {
	case ins.IsLoadFromMap() && name != "":
		m, ok := l.maps[name]
		if !ok {
			return fmt.Errorf("map %s is defined nowhere", name)
		}
		return l.mapReference(to, m, ins)
	case ins.IsLoadFromMap() && to.Kind == bpf.KindConst:
		// cilium/ebpf marks these and keeps the name to itself.
		return fmt.Errorf("the kernel configuration variable %s is %w: make it a global variable", l.origin(p, slot), bpf.ErrUnsupported)
	case ins.IsKfuncCall():
		to.Kind, to.Imm = bpf.KindKfunc, int64(len(p.Kfuncs))
		p.Kfuncs = append(p.Kfuncs, name)
		return nil
	case ins.IsFunctionReference() && memoryFunctions[name]:
		to.Kind, to.Imm = bpf.KindKfunc, int64(len(p.Kfuncs))
		p.Kfuncs = append(p.Kfuncs, name)
		return nil
	case ins.IsFunctionReference() && name != "":
		fn := findFunc(p, name)
		if fn == nil {
			return undefined(name)
		}
		to.Kind, to.Imm = bpf.KindLocal, int64(fn.Start-slot-1)
		if ins.IsLoadOfFunctionPointer() {
			to.Kind = bpf.KindFunc
		}
		return nil
	case name != "" && l.kernelSymbol(name):
		to.Kind, to.Imm = bpf.KindBTFID, int64(len(p.Ksyms))
		p.Ksyms = append(p.Ksyms, frontend.Ksym{Name: name})
		return nil
	case name != "":
		return undefined(name)
	}
	return nil
}

// kernelSymbol reports whether the name was declared extern with __ksym.
func (l *loader) kernelSymbol(name string) bool {
	var ds *btf.Datasec
	if l.spec.Types == nil || l.spec.Types.TypeByName(".ksyms", &ds) != nil {
		return false
	}
	for _, v := range ds.Vars {
		if v.Type.TypeName() == name {
			return true
		}
	}
	return false
}

// mapReference makes the load at to one of map m, or of an address in its
// only value when m is a data section.
func (l *loader) mapReference(to *bpf.Instruction, m int, ins *asm.Instruction) error {
	to.Kind, to.Imm = bpf.KindMap, int64(m)
	if ins.Src != asm.PseudoMapValue {
		return nil
	}
	// The offset is in the upper half (linux/bpf.h, BPF_PSEUDO_MAP_VALUE).
	off, size := uint32(uint64(ins.Constant)>>32), l.obj.Maps[m].ValueSize
	if off > size {
		return fmt.Errorf("malformed object: byte %d of section %s, which has %d", off, l.obj.Maps[m].Name, size)
	}
	to.Kind, to.Off = bpf.KindMapValue, int32(off)
	return nil
}

// memoryFunctions are the functions that clang calls of its own accord.
var memoryFunctions = map[string]bool{"memcpy": true, "memset": true, "memmove": true, "memcmp": true}

// undefined is the error for a symbol that is declared and not defined.
func undefined(name string) error {
	return fmt.Errorf("symbol %s is declared and nowhere defined: define it in this file, or link the objects with bpftool gen object", name)
}

// origin names the symbol that the instruction at slot refers to in the file.
func (l *loader) origin(p *frontend.Program, slot int) string {
	for _, fn := range p.Funcs {
		if slot >= fn.Start && slot < fn.End {
			return l.symbolAt(l.lookup(fn.Name), slot-fn.Start)
		}
	}
	return ""
}

func findFunc(p *frontend.Program, name string) *frontend.Func {
	for i := range p.Funcs {
		if p.Funcs[i].Name == name {
			return &p.Funcs[i]
		}
	}
	return nil
}

// checkCalls checks that local calls and function pointers lead to the start
// of a function.
func checkCalls(p *frontend.Program) error {
	starts := make(map[int]bool, len(p.Funcs))
	for _, f := range p.Funcs {
		starts[f.Start] = true
	}
	for slot, ins := range p.Insns {
		local := ins.Op == bpf.OpCall && ins.Kind == bpf.KindLocal || ins.Op == bpf.OpLdImm && ins.Kind == bpf.KindFunc
		if local && !starts[slot+1+int(ins.Imm)] {
			return fmt.Errorf("instruction %d: malformed object: the call leads to slot %d, where no function starts", slot, slot+1+int(ins.Imm))
		}
	}
	return nil
}

// lines gives every slot the last line recorded at or before it in its
// function, the rule by which the kernel looks lines up.
func lines(p *frontend.Program, insns asm.Instructions) []frontend.Line {
	all := make([]frontend.Line, len(p.Insns))
	var last frontend.Line
	slot := 0
	for i := range insns {
		ins := &insns[i]
		if ins.Symbol() != "" {
			last = frontend.Line{}
		}
		if li, ok := ins.Source().(*btf.Line); ok {
			last = frontend.Line{Pos: position(li), Text: strings.TrimSpace(li.Line())}
		}
		for range ins.Width() {
			all[slot] = last
			slot++
		}
	}
	return all
}

// position is the place as the compiler recorded it, but for "./" and the
// like in the path.
func position(li *btf.Line) bpf.Pos {
	file := li.FileName()
	if file != "" {
		file = path.Clean(file)
	}
	return bpf.Pos{File: file, Line: int(li.LineNumber()), Col: int(li.LineColumn())}
}
