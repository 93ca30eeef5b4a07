package bpf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

var orders = []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}

func TestEveryOpHasRows(t *testing.T) {
	for op := OpInvalid + 1; int(op) < NumOps; op++ {
		row := opcodes[op]
		if row.name == "" || row.sign == "" || row.form == formatNone {
			t.Errorf("op %d: row of opcodes is incomplete: %+v", op, row)
		}
		if len(formsOf(op)) == 0 {
			t.Errorf("%v: no forms to test", op)
		}
	}
	for f := formatNone + 1; int(f) < numFormats; f++ {
		if encoders[f] == nil || printers[f] == nil {
			t.Errorf("format %d: encoder or printer is nil", f)
		}
	}
	for class, decode := range decoders {
		if decode == nil {
			t.Errorf("class %d: decoder is nil", class)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	want := forms()
	for _, order := range orders {
		raw, err := Encode(want, order)
		if err != nil {
			t.Fatalf("%v: %v", order, err)
		}
		got, err := Decode(raw, order)
		if err != nil {
			t.Fatalf("%v: %v", order, err)
		}
		for pc := range want {
			if got[pc] != want[pc] {
				t.Errorf("%v: %v: got %+v, want %+v", order, want[pc].Op, got[pc], want[pc])
			}
		}
	}
}

func TestByteOrder(t *testing.T) {
	insns := []Instruction{{Op: OpLoad, Width: 8, Dst: R1, Src: R2, Off: 0x1234}}
	for _, c := range []struct {
		order binary.ByteOrder
		want  string
	}{
		{binary.LittleEndian, "79 21 34 12 00 00 00 00"},
		{binary.BigEndian, "79 12 12 34 00 00 00 00"},
	} {
		raw, err := Encode(insns, c.order)
		if got := fmt.Sprintf("% x", raw); err != nil || got != c.want {
			t.Errorf("%v: got %s, %v, want %s", c.order, got, err, c.want)
		}
	}
}

// accepts is the content of testdata/isa.txt: for an opcode, whether a field
// may have a value.
type accepts map[uint8][4]func(int64) bool

func readAccepts(t *testing.T) accepts {
	text, err := os.ReadFile("testdata/isa.txt")
	if err != nil {
		t.Fatal(err)
	}
	rows := accepts{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Fields(line)
		var legal [4]func(int64) bool
		for k := range legal {
			legal[k] = legalValues(t, columns[k+1])
		}
		for _, code := range strings.Split(columns[0], ",") {
			n, err := strconv.ParseUint(code, 16, 8)
			if err != nil || rows[uint8(n)][0] != nil {
				t.Fatalf("opcode %s: %v or twice", code, err)
			}
			rows[uint8(n)] = legal
		}
	}
	return rows
}

func legalValues(t *testing.T, column string) func(int64) bool {
	if column == "any" {
		return func(int64) bool { return true }
	}
	if column == "reg" {
		column = "0-10"
	}
	if lo, hi, found := strings.Cut(column, "-"); found {
		first, err1 := strconv.ParseInt(lo, 0, 64)
		last, err2 := strconv.ParseInt(hi, 0, 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("bad range %q", column)
		}
		return func(v int64) bool { return first <= v && v <= last }
	}
	set := map[int64]bool{}
	for _, s := range strings.Split(column, ",") {
		n, err := strconv.ParseInt(s, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		set[n] = true
	}
	return func(v int64) bool { return set[v] }
}

// TestAcceptsTheISA compares Decode with testdata/isa.txt for every opcode and
// every combination of interesting field values.
func TestAcceptsTheISA(t *testing.T) {
	rows := readAccepts(t)
	regs := []int64{0, 1, 2, 3, 6, 7, 10, 11, 15}
	offs := []int64{0, 1, 2, 7, 8, 16, 32, 64, -1, -32768, 32767}
	imms := []int64{0, 1, 2, 8, 16, 32, 64, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe0, 0xe1, 0xf0, 0xf1, 0x100, 0x101, 0x110, 0x111, -1, -1 << 31}
	for code := range 256 {
		legal, known := rows[uint8(code)]
		for _, dst := range regs {
			for _, src := range regs {
				for _, off := range offs {
					for _, imm := range imms {
						want := known && legal[0](dst) && legal[1](src) && legal[2](off) && legal[3](imm)
						w := word{uint8(code), uint8(dst), uint8(src), int16(off), int32(imm)}
						if _, bad := decodeWord(w); (bad == nil) != want {
							t.Fatalf("opcode %#02x dst %d src %d offset %d immediate %#x: got %+v, want accepted %v", code, dst, src, off, imm, bad, want)
						}
					}
				}
			}
		}
	}
}

func TestDecodeErrors(t *testing.T) {
	const exit = " 95 00 00 00 00 00 00 00"
	for _, c := range []struct{ name, raw, want string }{
		{"length", "95 00 00", "program is 3 bytes long: not a multiple of 8"},
		{"opcode", "95 00 00 00 00 00 00 00 ff 00 00 00 00 00 00 00", "instruction 1: opcode 0xff: unknown operation"},
		{"dst", "b7 0b 00 00 00 00 00 00", "instruction 0: dst 11: there are only r0 to r10"},
		{"src", "bf f1 00 00 00 00 00 00", "instruction 0: src 15: there are only r0 to r10"},
		{"reserved src", "b7 11 00 00 00 00 00 00", "instruction 0: src 1: reserved in opcode 0xb7, must be 0"},
		{"reserved imm", "bf 21 00 00 04 00 00 00", "instruction 0: immediate 4: reserved in opcode 0xbf, must be 0"},
		{"division", "37 01 02 00 01 00 00 00", "instruction 0: offset 2: 0 is unsigned and 1 is signed division"},
		{"sign extension", "bc 21 20 00 00 00 00 00", "instruction 0: offset 32: no number of bits to sign-extend to 32"},
		{"atomic", "db 21 00 00 02 00 00 00", "instruction 0: immediate 2: unknown atomic operation"},
		{"narrow atomic", "cb 21 00 00 00 00 00 00", "instruction 0: opcode 0xcb: read-modify-write operations are of 4 or 8 bytes"},
		{"old callx", "8d 00 00 00 02 00 00 00", "instruction 0: immediate 2: reserved in opcode 0x8d, must be 0"},
		{"cut wide load", "18 01 00 00 00 00 00 00", "instruction 0: opcode 0x18: the program ends before the second slot of the wide load"},
		{"second opcode", "18 01 00 00 00 00 00 00" + exit, "instruction 1: opcode 0x95: the second slot of a wide load has opcode 0x00"},
		{"second immediate", "18 11 00 00 00 00 00 00 00 00 00 00 01 00 00 00", "instruction 1: immediate 1: reserved in opcode 0x00, must be 0"},
		{"stray second slot", "00 00 00 00 00 00 00 00" + exit, "instruction 0: opcode 0x00: unknown operation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Decode(fromHex(t, c.raw), binary.LittleEndian)
			if err == nil || err.Error() != c.want {
				t.Errorf("%s: got %v, want %s", c.raw, err, c.want)
			}
		})
	}
}

func TestEncodeErrors(t *testing.T) {
	for _, c := range []struct {
		insn Instruction
		want string
	}{
		{Instruction{}, "instruction 0: op 0: not an operation"},
		{Instruction{Op: Op(NumOps)}, "not an operation"},
		{Instruction{Op: OpMov, Width: 8, Src: RegImm, Imm: 1 << 31}, "immediate 2147483648: does not fit a signed 32-bit number"},
		{Instruction{Op: OpLoad, Width: 8, Off: 1 << 15}, "offset 32768: does not fit 16 bits"},
		{Instruction{Op: OpMov, Width: 2, Src: RegImm}, "width 2: not legal in mov; expected 4"},
		{Instruction{Op: OpMovsx, Width: 4, From: 4, Src: R1}, "offset 32: no number of bits"},
		{Instruction{Op: OpMovsx, Width: 8, From: 1, Src: RegImm}, "offset 8: reserved"},
		{Instruction{Op: OpLoad, Width: 8, Src: RegImm}, "src 255: not legal in load; expected r0"},
		{Instruction{Op: OpAdd, Width: 8, Src: R1, Imm: 3}, "immediate 3: not legal in add; expected 0"},
		{Instruction{Op: OpExit, Off: 3}, "offset 3: not legal in exit; expected 0"},
		{Instruction{Op: OpJa, Width: 8, Off: 1 << 20}, "offset 1048576: does not fit 16 bits"},
		{Instruction{Op: OpCall, Kind: KindMap}, "kind 5: not legal in call; expected helper"},
		{Instruction{Op: OpLdImm, Width: 8}, "a wide load needs an empty second slot"},
		{Instruction{Op: OpStore, Width: 8, Dst: 11}, "dst 11: there are only r0 to r10"},
		{Instruction{Op: OpXchg, Width: 2, Src: R1}, "read-modify-write operations are of 4 or 8 bytes"},
	} {
		_, err := Encode([]Instruction{c.insn}, binary.LittleEndian)
		var typed *InsnError
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &typed) {
			t.Errorf("%+v: got %v, want %s", c.insn, err, c.want)
		}
	}
}

func fromHex(t *testing.T, s string) []byte {
	var raw []byte
	for _, f := range strings.Fields(s) {
		n, err := strconv.ParseUint(f, 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, byte(n))
	}
	return raw
}

func FuzzDecode(f *testing.F) {
	raw, err := Encode(forms(), binary.LittleEndian)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	for pc := 0; pc+16 <= len(raw); pc += SlotSize {
		f.Add(raw[pc : pc+16])
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, order := range orders {
			insns, err := Decode(raw, order)
			if err != nil {
				continue
			}
			again, err := Encode(insns, order)
			if err != nil || !bytes.Equal(again, raw) {
				t.Fatalf("%v: % x decodes to %v and encodes to % x, %v", order, raw, insns, again, err)
			}
			var out bytes.Buffer
			if err := Print(&out, insns, Listing{Bytes: true}); err != nil {
				t.Fatal(err)
			}
		}
	})
}
