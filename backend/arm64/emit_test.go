package arm64

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
)

// TestIllegal: golang-asm only prints what it cannot encode, panics, or takes
// more instructions and a register; the emitter makes each an error that names
// the instruction.
func TestIllegal(t *testing.T) {
	f := &backend.Func{Target: Target()}
	for _, c := range []struct {
		name string
		in   instr
	}{
		{"register", instr{Op: opADD, Dst: 40, Args: [3]reg{40, R1}}},
		{"immediate", instr{Op: opADDI, Dst: R1, Args: [3]reg{R1}, Imm: 0x123456}},
		{"mask", instr{Op: opANDI, Dst: R1, Args: [3]reg{R1}, Imm: 0x123456}},
		{"displacement", instr{Op: opLoadD, Dst: R1, Mem: addr{Base: R1, Disp: 257}}},
		{"far", instr{Op: opLoadD, Dst: R1, Mem: addr{Base: R1, Disp: 1 << 20}}},
		{"scale", instr{Op: opLoadD, Dst: R1, Mem: addr{Base: R1, Index: R2, Scale: 4}}},
		{"bit", instr{Op: opTBZ, Args: [3]reg{R1}, Imm: 64}},
		{"shift", instr{Op: opADDS + 1, Dst: R1, Args: [3]reg{R1, R2}, Imm: shifted(shiftLSL, 40)}},
	} {
		enc, err := assemble(f, []backend.Line{{Inst: &c.in, Target: -1}})
		if err == nil || !strings.Contains(err.Error(), "golang-asm") {
			t.Errorf("%s: %v %v, want an error of golang-asm", c.name, enc, err)
		}
	}
}

// TestForms: every row's form is one that the emitter knows.
func TestForms(t *testing.T) {
	for op, row := range ops() {
		if row.Form == formNone || row.Form > formDown {
			t.Errorf("operation %d %s has form %d", op, row.Name, row.Form)
		}
	}
}

// TestFarBranches: branches that do not reach become one over a branch that
// does, and the offsets behind them stay right.
func TestFarBranches(t *testing.T) {
	f := &backend.Func{Target: Target()}
	tbz := instr{Op: opTBZ, Cond: backend.CondNE, Args: [3]reg{R1}, Imm: 3}
	cbz := instr{Op: opCBZ, Cond: backend.CondEQ, Args: [3]reg{R1}}
	move := instr{Op: backend.OpMove, Dst: R1, Args: [3]reg{R2}}
	code := []backend.Line{{Inst: &tbz, Jump: true, Target: -1}, {Inst: &cbz, Jump: true, Target: -1}}
	for range 9000 {
		code = append(code, backend.Line{Inst: &move})
	}
	enc, err := assemble(f, code)
	if err != nil {
		t.Fatal(err)
	}
	if len(enc.Bytes) != 12+4+4*9000 || enc.Insts[0].Len != 12 || enc.Insts[1].Len != 4 || enc.Insts[1].Off != 12 {
		t.Errorf("%d bytes, %+v", len(enc.Bytes), enc.Insts[:2])
	}
	if want := fmt.Sprintf("TBNZ $3, R1 %d", len(enc.Bytes)); enc.Insts[0].Text != want {
		t.Errorf("%q, want %q", enc.Insts[0].Text, want)
	}
}

// TestFarSlots: spill slots that no displacement reaches.
func TestFarSlots(t *testing.T) {
	f := &backend.Func{Target: Target(), Slots: 10000}
	for _, c := range []struct {
		in   instr
		want string
	}{
		{instr{Op: backend.OpSpill, Args: [3]reg{R1}, Imm: 4094}, "MOVD R1, 32760(RSP)"},
		{instr{Op: backend.OpSpill, Args: [3]reg{R1}, Imm: 4095}, "MOVD $32768, R27; ADD R27.UXTX, RSP, R27; MOVD R1, (R27)"},
		{instr{Op: backend.OpReload, Dst: R1, Imm: 9999}, "MOVD $80000, R27; ADD R27.UXTX, RSP, R27; MOVD (R27), R1"},
	} {
		enc, err := assemble(f, []backend.Line{{Inst: &c.in}})
		if err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(enc.Insts))
		for i, in := range enc.Insts {
			texts[i] = in.Text
		}
		if got := strings.Join(texts, "; "); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// TestBitmask counts the immediates of the logical instructions: 5334 of 64
// bits (Arm ARM, DecodeBitMasks), each made from its definition.
func TestBitmask(t *testing.T) {
	seen := make(map[uint64]bool)
	for size := uint(2); size <= 64; size *= 2 {
		for ones := uint(1); ones < size; ones++ {
			for rotate := range size {
				element := uint64(1)<<ones - 1
				mask := ^uint64(0) >> (64 - size)
				element = (element<<rotate | element>>(size-rotate)) & mask
				x := uint64(0)
				for at := uint(0); at < 64; at += size {
					x |= element << at
				}
				if !bitmask(x) {
					t.Errorf("%#x is no immediate", x)
				}
				seen[x] = true
				if y := x ^ 1<<(rotate*7%64) ^ 1<<(ones*5%64); bitmask(y) && !possible(y) {
					t.Errorf("%#x is an immediate", y)
				}
			}
		}
	}
	if len(seen) != 5334 {
		t.Errorf("%d immediates, want 5334", len(seen))
	}
}

// TestMasks encodes every immediate of the logical instructions, of 32 bits
// and of 64, and decodes it as the Arm ARM says (DecodeBitMasks).
func TestMasks(t *testing.T) {
	for _, wide := range []bool{false, true} {
		size, want := uint(32), 1302
		if wide {
			size, want = 64, 5334
		}
		var code []backend.Line
		for x := range masks(size) {
			for _, in := range []instr{
				{Op: narrow(opANDI, wide), Dst: R1, Args: [3]reg{R2}, Imm: int64(x)},
				{Op: narrow(opTSTI, wide), Args: [3]reg{R2}, Imm: int64(x)},
			} {
				code = append(code, backend.Line{Inst: &in, Target: -1})
			}
		}
		enc, err := assemble(&backend.Func{Target: Target()}, code)
		if err != nil || len(code) != 2*want || len(enc.Bytes) != 4*len(code) {
			t.Fatalf("%d bits: %d instructions of %d immediates, want %d of each: %v", size, len(code), size, want, err)
		}
		for i, line := range code {
			word := binary.LittleEndian.Uint32(enc.Bytes[4*i:])
			if got := decodeMask(word, size); got != uint64(line.Inst.Imm) {
				t.Errorf("%s: %#08x has the immediate %#x", enc.Insts[i].Text, word, got)
			}
		}
	}
}

// masks makes every run of ones, rotated in an element and repeated over size
// bits.
func masks(size uint) map[uint64]bool {
	list := make(map[uint64]bool)
	for element := uint(2); element <= size; element *= 2 {
		for ones := uint(1); ones < element; ones++ {
			for rotate := range element {
				x := uint64(0)
				for i := range size {
					if (i+element-rotate)%element < ones {
						x |= 1 << i
					}
				}
				list[x] = true
			}
		}
	}
	return list
}

// decodeMask is the immediate of a logical instruction: N, immr and imms in
// bits 22, 21 to 16 and 15 to 10.
func decodeMask(word uint32, size uint) uint64 {
	n, immr, imms := uint(word>>22&1), uint(word>>16&63), uint(word>>10&63)
	element := uint(1) << (bits.Len(n<<6|^imms&63) - 1)
	x := uint64(0)
	for i := range size {
		if (i+immr)%element <= imms%element {
			x |= 1 << i
		}
	}
	return x
}

// possible reports whether x has at most two changes of bits in the shortest
// element that it repeats.
func possible(x uint64) bool {
	for size := uint(2); size <= 64; size *= 2 {
		if x != x>>size|x<<(64-size) {
			continue
		}
		changes := 0
		for i := range size {
			if x>>i&1 != x>>((i+1)%size)&1 {
				changes++
			}
		}
		return changes == 2
	}
	return false
}
