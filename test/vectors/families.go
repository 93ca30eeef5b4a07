package vectors

import (
	"encoding/binary"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
)

// pairs are registers in two roles, each in both and with r0, and the same in
// both. All of them are 100 pairs.
func pairs(all bool) [][2]bpf.Reg {
	var list [][2]bpf.Reg
	for a := range bpf.R10 {
		for b := range bpf.R10 {
			if all || a == b || (a+1)%bpf.R10 == b || a == 0 && b%3 == 0 || b == 0 && a%3 == 0 {
				list = append(list, [2]bpf.Reg{a, b})
			}
		}
	}
	return list
}

// immediates are those at the edges of what an instruction holds.
var immediates = [...]int64{0, 1, 2, 3, 7, 31, 32, 63, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 1<<31 - 1, -1 << 31, -1<<31 + 1, -65536, -32769, -32768, -128, -2, -1}

// maker makes the programs of one operation and width.
type maker func(row table.Op, width uint8, all bool) []*family

// makers is indexed by class. Calls, exit, wide loads and packet loads need
// more than registers: they are in files.
var makers = [table.NumClasses]maker{
	table.ClassALU: arithmeticOf, table.ClassJump: jumpsOf, table.ClassLoad: loadsOf, table.ClassStore: storesOf, table.ClassAtomic: atomicsOf,
}

// Extent is how much of the families there is.
type Extent int

// Roles has each register in each role, alone and in the pairs that compilers
// get wrong. Pairs has all pairs of registers and more constants. Sample is a
// quarter of Roles: Go bodies have no registers of their own.
const (
	Roles Extent = iota
	Pairs
	Sample
)

// Families makes a case for every operation and width that works on registers
// and memory.
func Families(extent Extent) []*isatest.Case {
	var cases []*isatest.Case
	for op := range bpf.NumOps {
		row := table.OpOf(bpf.Op(op))
		programs := makers[row.Class]
		if programs == nil {
			continue
		}
		for width := uint8(1); width <= 8; width *= 2 {
			if !row.Widths.Has(width) {
				continue
			}
			for _, f := range programs(row, width, extent == Pairs) {
				if extent == Sample {
					f.thin()
				}
				cases = append(cases, f.caseOf())
			}
		}
	}
	return cases
}

// thin keeps every fourth snippet, which is each kind of those in constantsOf.
func (f *family) thin() {
	var kept []snippet
	for k := int(f.snippets[0].insns[0].Op) % 4; k < len(f.snippets); k += 4 {
		kept = append(kept, f.snippets[k])
	}
	f.snippets = kept
}

func named(kind string, op bpf.Op, width uint8) *family {
	return &family{name: fmt.Sprintf("%v%d-%s", op, 8*width, kind)}
}

// arithmeticOf: dst and src in all roles, immediates at the edges.
func arithmeticOf(row table.Op, width uint8, all bool) []*family {
	switch {
	case row.Op == bpf.OpMovsx:
		return movsxOf(row, width)
	case !row.Reg && !row.Imm:
		return unaryOf(row, width)
	}
	registers := named("reg", row.Op, width)
	for _, p := range pairs(all) {
		i := bpf.Instruction{Op: row.Op, Width: width, Dst: p[0], Src: p[1]}
		registers.add(snippet{insns: []bpf.Instruction{i}, model: func(m *machine) {
			m.regs[i.Dst] = arithmetic(i.Op, width, m.regs[i.Dst], m.regs[i.Src])
		}})
	}
	numbers := named("imm", row.Op, width)
	for k, n := range immediates {
		i := bpf.Instruction{Op: row.Op, Width: width, Dst: bpf.Reg(k) % bpf.R10, Src: bpf.RegImm, Imm: n}
		numbers.add(snippet{insns: []bpf.Instruction{i}, model: func(m *machine) {
			m.regs[i.Dst] = arithmetic(i.Op, width, m.regs[i.Dst], uint64(i.Imm))
		}})
	}
	return []*family{registers, numbers, constantsOf(row, width, all)}
}

func movsxOf(row table.Op, width uint8) []*family {
	var list []*family
	for from := uint8(1); from < width; from *= 2 {
		f := named(fmt.Sprintf("from%d", 8*from), row.Op, width)
		for _, p := range pairs(false) {
			i := bpf.Instruction{Op: row.Op, Width: width, From: from, Dst: p[0], Src: p[1]}
			f.add(snippet{insns: []bpf.Instruction{i}, model: func(m *machine) {
				m.regs[i.Dst] = extended(from, width, m.regs[i.Src])
			}})
		}
		list = append(list, f)
	}
	return list
}

// unaryOf: neg and the swaps.
func unaryOf(row table.Op, width uint8) []*family {
	f := named("reg", row.Op, width)
	for r := range bpf.R10 {
		i := bpf.Instruction{Op: row.Op, Width: width, Dst: r, Src: bpf.RegImm}
		f.add(snippet{insns: []bpf.Instruction{i}, model: func(m *machine) {
			if i.Op == bpf.OpNeg {
				m.regs[r] = arithmetic(i.Op, width, m.regs[r], 0)
			} else {
				m.regs[r] = swapped(i.Op, width, m.regs[r])
			}
		}})
	}
	return []*family{f}
}

// jumpsOf: a jump over two instructions that change a third register.
func jumpsOf(row table.Op, width uint8, all bool) []*family {
	if !row.Reg {
		return nil // ja and may_goto are in files
	}
	registers, numbers := named("reg", row.Op, width), named("imm", row.Op, width)
	for _, p := range pairs(false) {
		registers.add(jumpOver(bpf.Instruction{Op: row.Op, Width: width, Dst: p[0], Src: p[1], Off: 2}))
	}
	for k, n := range immediates {
		numbers.add(jumpOver(bpf.Instruction{Op: row.Op, Width: width, Dst: bpf.Reg(k) % bpf.R10, Src: bpf.RegImm, Imm: n, Off: 2}))
	}
	return []*family{registers, numbers, constantsOf(row, width, all)}
}

func jumpOver(i bpf.Instruction) snippet {
	marked := (i.Dst + 2) % bpf.R10
	return snippet{
		insns: []bpf.Instruction{i, imm(bpf.OpMov, marked, 77), reg(bpf.OpAdd, i.Dst, marked)},
		model: func(m *machine) {
			y := uint64(i.Imm)
			if i.Src != bpf.RegImm {
				y = m.regs[i.Src]
			}
			if !holds(i.Op, i.Width, m.regs[i.Dst], y) {
				m.regs[marked] = 77
				m.regs[i.Dst] += 77
			}
		},
	}
}

// word reads width bytes of the cell at off from its middle word, put writes
// them.
func (m *machine) word(off int32, width uint8) uint64 {
	var b [8]byte
	copy(b[:width], m.cell[8+off:])
	return binary.LittleEndian.Uint64(b[:])
}

func (m *machine) put(off int32, width uint8, v uint64) {
	copy(m.cell[8+off:][:width], binary.LittleEndian.AppendUint64(nil, v))
}

// offset is where the k-th access of width bytes goes: within the cell, where
// align says on a multiple of the width.
func offset(k int, width uint8, align bool) int32 {
	if align {
		return int32(k%3)*8 - 8 + int32(k/3%(8/int(width)))*int32(width)
	}
	return int32(k%(24-int(width)+1)) - 8
}

// loadsOf: dst and base, r10 too, in all roles. Load-acquire is aligned and not of the
// input, plain loads need neither.
func loadsOf(row table.Op, width uint8, _ bool) []*family {
	f := named("reg", row.Op, width)
	acquire := row.Op == bpf.OpLoadAcq
	places := []place{headCell, stackCell, mapCell}
	if acquire {
		places = places[1:]
	}
	list := pairs(false)
	for r := range bpf.R10 {
		list = append(list, [2]bpf.Reg{r, bpf.R10})
	}
	for k, p := range list {
		i := bpf.Instruction{Op: row.Op, Width: width, Dst: p[0], Src: p[1], Off: offset(k, width, acquire)}
		at, off := places[k%len(places)], i.Off
		if i.Src == bpf.R10 {
			at, i.Off = stackCell, i.Off+cellSlot+8
		}
		f.add(snippet{place: at, base: i.Src, lost: i.Dst == i.Src, insns: []bpf.Instruction{i}, model: func(m *machine) {
			m.regs[i.Dst] = m.word(off, width)
			if i.Op == bpf.OpLoadsx {
				m.regs[i.Dst] = extended(width, 8, m.regs[i.Dst])
			}
		}})
	}
	return []*family{f}
}

// storesOf: base and src in all roles but the same, which would store an
// address.
func storesOf(row table.Op, width uint8, _ bool) []*family {
	f := named("reg", row.Op, width)
	release := row.Op == bpf.OpStoreRel
	places := []place{recordCell, stackCell, mapCell}
	if release {
		places = places[1:]
	}
	for k, p := range pairs(false) {
		if p[0] == p[1] {
			continue
		}
		at := places[k%len(places)]
		i := bpf.Instruction{Op: row.Op, Width: width, Dst: p[0], Src: p[1], Off: offset(k, width, release)}
		f.add(storeTo(at, i))
	}
	if !row.Imm {
		return []*family{f}
	}
	numbers := named("imm", row.Op, width)
	for k, n := range immediates {
		i := bpf.Instruction{Op: row.Op, Width: width, Dst: bpf.Reg(k) % bpf.R10, Src: bpf.RegImm, Imm: n, Off: offset(k, width, false)}
		numbers.add(storeTo(places[k%len(places)], i))
	}
	return []*family{f, numbers}
}

func storeTo(at place, i bpf.Instruction) snippet {
	return snippet{place: at, base: i.Dst, insns: []bpf.Instruction{i}, model: func(m *machine) {
		v := uint64(i.Imm)
		if i.Src != bpf.RegImm {
			v = m.regs[i.Src]
		}
		m.put(i.Off, i.Width, v)
	}}
}

// atomicsOf: base, r10 too, and src in all roles.
func atomicsOf(row table.Op, width uint8, all bool) []*family {
	f := named("reg", row.Op, width)
	list := pairs(all)
	for r := range bpf.R10 {
		list = append(list, [2]bpf.Reg{bpf.R10, r})
	}
	for k, p := range list {
		if p[0] == p[1] {
			continue
		}
		at := mapCell
		i := bpf.Instruction{Op: row.Op, Width: width, Dst: p[0], Src: p[1], Off: offset(k, width, true)}
		off := i.Off
		if p[0] == bpf.R10 {
			i.Off += cellSlot + 8
		}
		if p[0] == bpf.R10 || k%4 == 3 {
			at = stackCell
		}
		f.add(snippet{place: at, base: i.Dst, lost: i.Op == bpf.OpCmpxchg && i.Dst == bpf.R0, insns: []bpf.Instruction{i}, model: func(m *machine) {
			old := m.word(off, width)
			if i.Op == bpf.OpCmpxchg && i.Dst == bpf.R0 {
				m.regs[0] = old // an address is not what is there
				return
			}
			m.put(off, width, atomic(i.Op, width, old, m.regs[i.Src], m.regs[0]))
			switch i.Op {
			case bpf.OpFetchAdd, bpf.OpFetchOr, bpf.OpFetchAnd, bpf.OpFetchXor, bpf.OpXchg:
				m.regs[i.Src] = old
			case bpf.OpCmpxchg:
				m.regs[0] = old
			}
		}})
	}
	return []*family{f}
}
