package elf

import (
	"debug/elf"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// pass adds a program of one section.
func (b *builder) pass(section string) int {
	n := b.section(section, true, slots(movInsn, exitInsn))
	b.global("prog_"+section, n, 0)
	return n
}

// TestSymbolsWithoutType: functions reach to the next one, labels of jumps are
// no functions, and calls find functions that have no symbol.
func TestSymbolsWithoutType(t *testing.T) {
	b := newBuilder()
	code := b.section("socket", true, slots(
		callInsn|2<<32, // 0: to 3, which has no symbol
		movInsn, exitInsn,
		movInsn, exitInsn, // 3
		callInsn|extern, exitInsn, // 5
	))
	text := b.section(".text", true, slots(movInsn, exitInsn))
	maps := b.section("maps", false, words(2, 4, 8, 1, 0))
	b.global("first", code, 0)
	b.symbol("LBB0_1", elf.STB_LOCAL, elf.STT_NOTYPE, code, 8)
	b.global("second", code, 40)
	helper := b.symbol("helper", elf.STB_GLOBAL, elf.STT_FUNC, text, 0)
	b.global("table", maps, 0)
	b.refer(code, 40, helper)
	o := load(t, b.bytes(), Options{})
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range o.Programs {
		line := p.Name + ":"
		for _, f := range p.Funcs {
			line += " " + f.Name
		}
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"first: first socket+0x18", "second: second helper"}, got); diff != "" {
		t.Errorf("functions (want -, got +):\n%s", diff)
	}
	for _, p := range o.Programs {
		if p.Insns[0].Target(0) < 0 || p.Insns[0].Kind != bpf.KindLocal || int(p.Insns[0].Imm)+1 != p.Funcs[1].Start {
			t.Errorf("%s calls slot %d, want %d", p.Name, p.Insns[0].Imm+1, p.Funcs[1].Start)
		}
	}
	if m := o.Maps[0]; m.Name != "table" || m.Type != bpf.MapArray || m.KeySize != 4 || m.ValueSize != 8 || m.MaxEntries != 1 {
		t.Errorf("map %+v", m)
	}
}

// TestNameless: a section without symbols is one function.
func TestNameless(t *testing.T) {
	b := newBuilder()
	b.section("xdp", true, slots(movInsn, exitInsn))
	o := load(t, b.bytes(), Options{})
	if p := o.Programs[0]; p.Name != "xdp" || len(p.Insns) != 2 || p.Err != nil {
		t.Errorf("program %s: %d slots, %v", p.Name, len(p.Insns), p.Err)
	}
}

// TestLegacyLayouts reads each layout of definitions before BTF.
func TestLegacyLayouts(t *testing.T) {
	for _, c := range []struct {
		name, section string
		platform      bpf.Platform
		defs          [][]uint32
		want          []frontend.Map
	}{
		{"libbpf", "maps", bpf.Linux, [][]uint32{{1, 4, 8, 16, 1}, {2, 4, 4, 2, 0}}, []frontend.Map{
			{Name: "m0", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 16, Flags: 1},
			{Name: "m1", Type: bpf.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 2},
		}},
		{"without flags", "maps", bpf.Linux, [][]uint32{{1, 4, 8, 16}}, []frontend.Map{
			{Name: "m0", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 16}}},
		{"samples", "maps", bpf.Linux, [][]uint32{{2, 4, 4, 2, 0, 0, 0}, {12, 4, 4, 3, 0, 0, 0}}, []frontend.Map{
			{Name: "m0", Type: bpf.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 2},
			{Name: "m1", Type: bpf.MapArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 3,
				Inner: &frontend.Map{Name: "m0", Type: bpf.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 2}},
		}},
		{"iproute2", "maps", bpf.Linux, [][]uint32{
			{2, 4, 4, 2, 0, 7, 0, 0, 1}, {13, 4, 4, 3, 0, 8, 2, 7, 0}, {3, 4, 4, 9, 0, 2, 0, 0, 0},
		}, []frontend.Map{
			{Name: "m0", Type: bpf.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 2},
			{Name: "m1", Type: bpf.MapHashOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 3, Pinning: 1,
				Inner: &frontend.Map{Name: "m0", Type: bpf.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 2},
				Slots: []frontend.Slot{{Index: 1, Map: 0}}},
			{Name: "m2", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 9,
				Slots: []frontend.Slot{{Index: 7, Map: -1, Program: "prog_2/7"}, {Index: 16, Map: -1, Program: "prog_2/0x10"}}},
		}},
		{"gobpf", "maps/m0", bpf.Linux, [][]uint32{append([]uint32{1, 4, 8, 16, 0, 2}, make([]uint32, 64)...)}, []frontend.Map{
			{Name: "m0", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 16, Pinning: 1}}},
		{"windows", "maps", bpf.Windows, [][]uint32{{1, 4, 8, 16, 0, 1, 0, 0}, {7, 4, 4, 3, 0, 0, 0, 0}}, []frontend.Map{
			{Name: "m0", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 16, Pinning: 1},
			{Name: "m1", Type: bpf.MapArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 3,
				Inner: &frontend.Map{Name: "m0", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 16, Pinning: 1}},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBuilder()
			for _, s := range []string{"xdp", "2/7", "2/0x10"} {
				b.pass(s)
			}
			var all []uint32
			for _, def := range c.defs {
				all = append(all, def...)
			}
			section := b.section(c.section, false, words(all...))
			off := uint64(0)
			for i, def := range c.defs {
				b.global("m"+string(rune('0'+i)), section, off)
				off += uint64(4 * len(def))
			}
			o := load(t, b.bytes(), Options{Platform: c.platform})
			var got []frontend.Map
			for _, m := range o.Maps {
				got = append(got, *m)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("maps (want -, got +):\n%s", diff)
			}
		})
	}
}

// TestLegacyErrors: a map that makes no sense spoils the programs that use it
// and no others.
func TestLegacyErrors(t *testing.T) {
	b := newBuilder()
	b.pass("xdp")
	code := b.section("socket", true, slots(loadInsn, 0, movInsn, exitInsn))
	b.global("uses", code, 0)
	maps := b.section("maps/short", false, words(1, 4))
	b.refer(code, 0, b.global("short", maps, 0))
	o := load(t, b.bytes(), Options{})
	if p := o.Programs[0]; p.Err != nil {
		t.Errorf("%s: %v", p.Name, p.Err)
	}
	p := o.Programs[1]
	if p.Err == nil || p.ErrSlot != 0 {
		t.Fatalf("%s: slot %d, %v", p.Name, p.ErrSlot, p.Err)
	}
	checkMessage(t, p.Err, []string{"instruction 0: map short: its definition in section maps/short has 8 bytes, at least 16"})
}

// TestReferences: what an instruction refers to and cannot is an error that
// names it.
func TestReferences(t *testing.T) {
	for _, c := range []struct {
		name  string
		insn  uint64
		build func(b *builder, code int) int
		want  string
	}{
		{"undefined", callInsn | extern, func(b *builder, _ int) int { return b.global("gone", 0, 0) }, "instruction 0: symbol gone is declared and nowhere defined"},
		{"undefined address", loadInsn, func(b *builder, _ int) int { return b.global("gone", 0, 0) }, "symbol gone is declared"},
		{"common", loadInsn, func(b *builder, _ int) int { return b.global("shared", int(elf.SHN_COMMON), 8) }, "variable shared is in no section: compile with -fno-common"},
		{"strange section", loadInsn, func(b *builder, _ int) int {
			return b.global("thing", b.section("license", false, words(0)), 0)
		}, "thing in section license is neither a map nor a global variable"},
		{"arithmetic", movInsn, func(b *builder, code int) int { return b.global("f", code, 0) }, "refers to f, and neither calls nor loads"},
		{"call of data", callInsn | extern, func(b *builder, _ int) int {
			return b.global("v", b.section(".data", false, words(1)), 0)
		}, "symbol v is no function"},
		{"behind data", loadInsn | 9<<32, func(b *builder, _ int) int {
			return b.global("v", b.section(".data", false, words(1)), 0)
		}, "malformed object: byte 9 of section .data, which has 4"},
		{"call into the middle", callInsn | 99<<32, nil, "it leads to byte 800 of section 1, where no function starts"},
		{"number of a kfunc", 0x2085 | 5<<32, nil, "has the number of a kernel's symbol"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBuilder()
			code := b.section("xdp", true, slots(c.insn, 0, movInsn, exitInsn))
			if c.insn&0xff != 0x18 {
				b.sections[code].data = slots(c.insn, movInsn, exitInsn)
			}
			b.global("prog", code, 0)
			if c.build != nil {
				b.refer(code, 0, c.build(b, code))
			}
			o := load(t, b.bytes(), Options{})
			if err := o.Programs[0].Err; err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// legacyObject is an object in the style of iproute2, to begin fuzzing with.
func legacyObject() []byte {
	b := newBuilder()
	b.pass("2/7")
	code := b.section("classifier", true, slots(loadInsn, 0, callInsn|1<<32, movInsn, exitInsn, movInsn, exitInsn))
	b.global("start", code, 0)
	maps := b.section("maps", false, words(3, 4, 4, 9, 0, 2, 0, 0, 0))
	b.refer(code, 0, b.global("tails", maps, 0))
	return b.bytes()
}
