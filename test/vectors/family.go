package vectors

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
)

// A program of a family is a list of snippets. Each sets r0 to r9 and a cell of
// memory from the head of the input, runs what is asked, and writes all of it
// to its record behind the head:
//
//	input  | r0 … r9 | cell, 3 words | record 0 | record 1 | …
//	record | r0 … r9 | cell, 3 words |
//
// So all registers live across what is asked, none has a value that a compiler
// knows, and a register or byte that changes and should not is seen. Where a
// register holds the address of the cell, its place in the record stays as it
// was.
const (
	cellWords  = 3
	cellAt     = 8 * int32(bpf.R10) // of the cell in head and record
	recordSize = cellAt + 8*cellWords

	baseSlot  = -8  // the stack's copy of the input's address
	spareSlot = -16 // of a register, while the record is written
	cellSlot  = -40 // a cell on the stack
)

// place is where the cell is, and what the base register points to: its middle
// word.
type place int

const (
	nowhere place = iota // no address is needed
	mapCell              // in the value of a map
	stackCell
	headCell   // in the head of the input
	recordCell // in the record
)

// machine is what a model changes.
type machine struct {
	regs [bpf.R10]uint64
	cell [8 * cellWords]byte
}

// snippet asks for one thing.
type snippet struct {
	place place
	base  bpf.Reg // has the address, unless place is nowhere
	insns []bpf.Instruction
	model func(m *machine)
	// lost: the instructions write a number over the address.
	lost bool
}

// held reports whether a register has the address when the record is written.
func (s *snippet) held(r bpf.Reg) bool { return s.place != nowhere && s.base == r && !s.lost }

// family is a program under construction.
type family struct {
	name     string
	snippets []snippet
}

func (f *family) add(s snippet) { f.snippets = append(f.snippets, s) }

func reg(op bpf.Op, dst, src bpf.Reg) bpf.Instruction {
	return bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: src}
}

func imm(op bpf.Op, dst bpf.Reg, n int64) bpf.Instruction {
	return bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: n}
}

func load(dst, base bpf.Reg, off int32) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpLoad, Width: 8, Dst: dst, Src: base, Off: off}
}

func store(base bpf.Reg, off int32, src bpf.Reg) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpStore, Width: 8, Dst: base, Src: src, Off: off}
}

// program makes the instructions of all snippets.
func (f *family) program() []bpf.Instruction {
	insns := []bpf.Instruction{store(bpf.R10, baseSlot, bpf.R1)}
	for k := range f.snippets {
		s := &f.snippets[k]
		record := recordSize * int32(1+k)
		insns = append(insns, s.enter(record)...)
		insns = append(insns, s.insns...)
		insns = append(insns, s.leave(record)...)
	}
	return append(insns, imm(bpf.OpMov, bpf.R0, 0), bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm})
}

// address sets a register to the first byte of the cell plus off.
func (s *snippet) address(r bpf.Reg, record, off int32) []bpf.Instruction {
	switch s.place {
	case mapCell:
		return []bpf.Instruction{{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMapValue, Dst: r, Src: bpf.RegImm, Off: off}, {}}
	case stackCell:
		return []bpf.Instruction{reg(bpf.OpMov, r, bpf.R10), imm(bpf.OpAdd, r, int64(cellSlot+off))}
	case recordCell:
		off += record
	}
	return []bpf.Instruction{load(r, bpf.R10, baseSlot), imm(bpf.OpAdd, r, int64(cellAt+off))}
}

// enter sets the cell, the registers and the base.
func (s *snippet) enter(record int32) []bpf.Instruction {
	insns := []bpf.Instruction{load(bpf.R9, bpf.R10, baseSlot)}
	if s.place == mapCell || s.place == stackCell {
		insns = append(insns, s.address(bpf.R7, record, 0)...)
		for w := int32(0); w < 8*cellWords; w += 8 {
			insns = append(insns, load(bpf.R8, bpf.R9, cellAt+w), store(bpf.R7, w, bpf.R8))
		}
	}
	for r := range bpf.R10 {
		insns = append(insns, load(r, bpf.R9, 8*int32(r))) // r9 is the last
	}
	if s.place != nowhere && s.base != bpf.R10 {
		insns = append(insns, s.address(s.base, record, 8)...)
	}
	return insns
}

// leave writes the record.
func (s *snippet) leave(record int32) []bpf.Instruction {
	var insns []bpf.Instruction
	x := s.base
	if !s.held(x) || x == bpf.R10 {
		x = bpf.R9
		insns = append(insns, store(bpf.R10, spareSlot, x))
	}
	insns = append(insns, load(x, bpf.R10, baseSlot))
	for r := range bpf.R10 {
		if r != x {
			insns = append(insns, store(x, record+8*int32(r), r))
		}
	}
	y, z := (x+1)%bpf.R10, (x+2)%bpf.R10
	if !s.held(x) {
		insns = append(insns, load(y, bpf.R10, spareSlot), store(x, record+8*int32(x), y))
	}
	if s.place == mapCell || s.place == stackCell {
		insns = append(insns, s.address(y, record, 0)...)
		for w := int32(0); w < 8*cellWords; w += 8 {
			insns = append(insns, load(z, y, w), store(x, record+cellAt+w, z))
		}
	}
	return insns
}

// input is the data of a run: a head, and records full of what must go or stay.
func (f *family) input(rng *rand.Rand) []byte {
	head := machine{}
	for r := range head.regs {
		head.regs[r] = operand(rng)
	}
	for w := range cellWords {
		word := operand(rng)
		if same := head.regs[rng.IntN(len(head.regs))]; rng.IntN(2) == 0 {
			word = head.regs[0] // so that cmpxchg exchanges
			if rng.IntN(4) == 0 {
				word = same
			}
		}
		binary.LittleEndian.PutUint64(head.cell[8*w:], word)
	}
	var data []byte
	for range 1 + len(f.snippets) {
		data = head.appendTo(data)
	}
	for k := int(recordSize); k < len(data); k += int(recordSize) {
		for r := range int(cellAt) {
			data[k+r] = 0xa5
		}
	}
	return data
}

func (m *machine) appendTo(b []byte) []byte {
	for _, v := range m.regs {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return append(b, m.cell[:]...)
}

// after is what the data of a run must become.
func (f *family) after(data []byte) []byte {
	want := append([]byte(nil), data...)
	for k := range f.snippets {
		s := &f.snippets[k]
		m := machine{}
		for r := range m.regs {
			m.regs[r] = binary.LittleEndian.Uint64(data[8*r:])
		}
		copy(m.cell[:], data[cellAt:])
		s.model(&m)
		record := want[int(recordSize)*(1+k):]
		for r := range bpf.R10 {
			if !s.held(r) {
				binary.LittleEndian.PutUint64(record[8*r:], m.regs[r])
			}
		}
		if s.place != nowhere && s.place != headCell {
			copy(record[cellAt:], m.cell[:])
		}
	}
	return want
}

// edges are operands where something changes.
var edges = [...]uint64{
	0, 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0x80000001,
	0xfffffffe, 0xffffffff, 0x100000000, 0x17fffffff, 0x180000000, 0x7fffffffffffffff, 0x8000000000000000,
	0x8000000080000000, 0xffffffff00000000, 0xffffffff7fffffff, 0xffffffff80000000, 0xfffffffffffffffe, 0xffffffffffffffff,
}

// operand is mostly one of edges.
func operand(rng *rand.Rand) uint64 {
	if rng.IntN(4) == 0 {
		return rng.Uint64() >> rng.UintN(64)
	}
	return edges[rng.IntN(len(edges))]
}

// runs is how many inputs a program of a family gets.
const runs = 40

// caseOf is the family as a case.
func (f *family) caseOf() *isatest.Case {
	insns := f.program()
	c := &isatest.Case{Name: f.name, Object: &frontend.Object{
		Name: f.name, License: "GPL",
		Maps: []*frontend.Map{{Name: "cells", Type: bpf.MapArray, KeySize: 4, ValueSize: 8 * cellWords, MaxEntries: 1, Data: make([]byte, 8*cellWords)}},
		Programs: []*frontend.Program{{
			Name: "main", Section: "raw", Hook: table.HookByName(bpf.Linux, "raw"), Insns: insns, ErrSlot: -1,
			Funcs: []frontend.Func{{Name: "main", End: len(insns)}}, Lines: make([]frontend.Line, len(insns)),
		}},
	}}
	rng := rand.New(rand.NewPCG(9669, uint64(len(insns))))
	for range runs {
		data := f.input(rng)
		c.Runs = append(c.Runs, isatest.Run{Data: data, After: f.after(data)})
	}
	isatest.SetMinLen(c)
	return c
}
