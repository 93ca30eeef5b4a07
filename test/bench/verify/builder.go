package main

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// builder makes a program instruction by instruction. Jumps name slots that
// are known later by label.
type builder struct {
	insns  []bpf.Instruction
	labels []int // slot of each label, -1 before it is placed
	fixes  map[int]int
	funcs  []frontend.Func
}

func newBuilder() *builder {
	return &builder{fixes: map[int]int{}, funcs: []frontend.Func{{Name: "main"}}}
}

func (b *builder) add(i bpf.Instruction) { b.insns = append(b.insns, i) }

// label makes a label; at places it here.
func (b *builder) label() int   { b.labels = append(b.labels, -1); return len(b.labels) - 1 }
func (b *builder) at(label int) { b.labels[label] = len(b.insns) }

// function starts a function that call calls by its label.
func (b *builder) function(name string, label int) {
	b.at(label)
	b.funcs = append(b.funcs, frontend.Func{Name: name, Start: len(b.insns)})
}

// set is dst = imm, op is dst op= imm, opReg is dst op= src; all of 64 bits.
func (b *builder) set(dst bpf.Reg, imm int64) { b.op(bpf.OpMov, dst, imm) }
func (b *builder) op(op bpf.Op, dst bpf.Reg, imm int64) {
	b.add(bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: imm})
}
func (b *builder) opReg(op bpf.Op, dst, src bpf.Reg) {
	b.add(bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: src})
}

// load and store move width bytes.
func (b *builder) load(width uint8, dst, src bpf.Reg, off int32) {
	b.add(bpf.Instruction{Op: bpf.OpLoad, Width: width, Dst: dst, Src: src, Off: off})
}
func (b *builder) store(width uint8, dst bpf.Reg, off int32, src bpf.Reg) {
	b.add(bpf.Instruction{Op: bpf.OpStore, Width: width, Dst: dst, Src: src, Off: off})
}

// jump compares with a number.
func (b *builder) jump(op bpf.Op, dst bpf.Reg, imm int64, label int) {
	b.fixes[len(b.insns)] = label
	b.add(bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: imm})
}

func (b *builder) call(label int) {
	b.fixes[len(b.insns)] = label
	b.add(bpf.Instruction{Op: bpf.OpCall, Src: bpf.RegImm, Kind: bpf.KindLocal})
}

func (b *builder) exit() { b.add(bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm}) }

// lookup makes r0 the first value of the only map, or ends the program.
func (b *builder) lookup() {
	b.add(bpf.Instruction{Op: bpf.OpStore, Width: 4, Dst: bpf.R10, Off: -4, Src: bpf.RegImm})
	b.opReg(bpf.OpMov, bpf.R2, bpf.R10)
	b.op(bpf.OpAdd, bpf.R2, -4)
	b.add(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMap, Dst: bpf.R1, Src: bpf.RegImm})
	b.add(bpf.Instruction{})
	b.add(bpf.Instruction{Op: bpf.OpCall, Src: bpf.RegImm, Kind: bpf.KindHelper, Imm: int64(table.HelperByName(bpf.Linux, "map_lookup_elem").ID)})
	found := b.label()
	b.jump(bpf.OpJne, bpf.R0, 0, found)
	b.exit()
	b.at(found)
}

// object makes an XDP program of the instructions, with one array map.
func (b *builder) object() *frontend.Object {
	for pc, label := range b.fixes {
		delta := b.labels[label] - pc - 1
		if in := &b.insns[pc]; in.Op == bpf.OpCall {
			in.Imm = int64(delta)
		} else {
			in.Off = int32(delta)
		}
	}
	for i := range b.funcs {
		b.funcs[i].End = len(b.insns)
		if i > 0 {
			b.funcs[i-1].End = b.funcs[i].Start
		}
	}
	p := &frontend.Program{Name: "main", Section: "xdp", Hook: table.HookByName(bpf.Linux, "xdp"), Insns: b.insns, Funcs: b.funcs}
	p.Lines = make([]frontend.Line, len(p.Insns))
	m := &frontend.Map{Name: "values", Type: bpf.MapArray, KeySize: 4, ValueSize: 64, MaxEntries: 4}
	return &frontend.Object{Name: "generated", License: "GPL", Programs: []*frontend.Program{p}, Maps: []*frontend.Map{m}}
}
