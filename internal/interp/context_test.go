package interp

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

func TestXDPContext(t *testing.T) {
	in := Input{Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Meta: []byte{9, 10, 11, 12}, Ctx: []uint64{77, 3, 1 << 40}}
	for _, c := range []struct {
		name, text string
		want       uint64
		fault      string
	}{
		{"length", "ldxw %r2, [%r1+4]\nldxw %r0, [%r1]\nsub %r2, %r0\nmov %r0, %r2\nexit", 8, ""},
		{"metadata length", "ldxw %r2, [%r1+8]\nldxw %r0, [%r1]\nsub %r0, %r2\nexit", 4, ""},
		{"packet byte", "ldxw %r2, [%r1]\nldxb %r0, [%r2+7]\nexit", 8, ""},
		{"metadata byte", "ldxw %r2, [%r1+8]\nldxb %r0, [%r2+3]\nexit", 12, ""},
		{"end is above", "ldxw %r2, [%r1]\nldxw %r3, [%r1+4]\nmov %r0, 0\nadd %r2, 8\njne %r2, %r3, +1\nmov %r0, 1\nexit", 1, ""},
		{"scalar", "ldxw %r0, [%r1+12]\nexit", 77, ""},
		{"scalar of 32 bits", "ldxw %r0, [%r1+20]\nexit", 0, ""},
		{"context with offset", "add %r1, 16\nldxw %r0, [%r1]\nexit", 3, ""},
		{"behind the packet", "ldxw %r2, [%r1]\nldxw %r0, [%r2+5]\nexit", 0, "4 bytes at offset 5 of 8 bytes of packet"},
		{"metadata through data", "ldxw %r2, [%r1]\nldxb %r0, [%r2-1]\nexit", 0, "1 bytes at offset -1 of 8 bytes of packet"},
		{"packet through data_meta", "ldxw %r2, [%r1+8]\nldxb %r0, [%r2+4]\nexit", 0, "1 bytes at offset 4 of 4 bytes of metadata"},
		{"data_end", "ldxw %r2, [%r1+4]\nldxb %r0, [%r2-1]\nexit", 0, "does not point to memory"},
		{"narrow", "ldxh %r0, [%r1+12]\nexit", 0, "2 bytes at offset 12 of the context of xdp are no field"},
		{"wide", "ldxdw %r0, [%r1+12]\nexit", 0, "8 bytes at offset 12 of the context of xdp are no field"},
		{"outside", "ldxw %r0, [%r1+24]\nexit", 0, "4 bytes at offset 24 of 24 bytes of context"},
		{"before", "ldxw %r0, [%r1-4]\nexit", 0, "4 bytes at offset -4 of 24 bytes of context"},
		{"store", "mov %r0, 0\nstxw [%r1+12], %r0\nexit", 0, "context field ingress_ifindex cannot be written"},
		{"atomic", "mov %r0, 0\nlock add32 [%r1+12], %r0\nexit", 0, "the context is no memory"},
		{"sign of a pointer", "ldxsw %r0, [%r1]\nexit", 0, "context field data is a pointer and has no sign"},
		{"sign", "ldxsw %r0, [%r1+12]\nexit", 77, ""},
		{"any result", "mov %r0, -1\nexit", ^uint64(0), ""},
	} {
		got, err := runText(t, "xdp", c.text, in)
		switch {
		case c.fault != "":
			wantFault(t, c.name, err, c.fault)
		case err != nil || got != c.want:
			t.Errorf("%s: got %#x, %v, want %#x", c.name, got, err, c.want)
		}
	}
}

// TestFieldAccess is narrow and written fields, which xdp does not have.
func TestFieldAccess(t *testing.T) {
	hook := &table.Hook{Name: "own", Size: 8, Fields: []table.Field{
		{Name: "a", Off: 0, Size: 4, Narrow: true, Write: true, WriteNarrow: true, Slot: 0},
		{Name: "b", Off: 4, Size: 4, Slot: 1},
	}, RetMin: 0, RetMax: 3}
	for _, c := range []struct {
		text  string
		big   bool
		want  uint64
		ctx   uint64
		fault string
	}{
		{"ldxb %r0, [%r1+3]\nrsh %r0, 6\nexit", false, 2, 0x80604021, ""},
		{"ldxb %r0, [%r1+3]\nexit", true, 0x21, 0x80604021, "r0 is 33; own programs return 0 to 3"},
		{"ldxsb %r0, [%r1+3]\nneg %r0\nrsh %r0, 6\nexit", false, 2, 0x80604021, ""},
		{"sth [%r1+2], 0x1234\nmov %r0, 0\nexit", false, 0, 0x12344021, ""},
		{"sth [%r1+2], 0x1234\nmov %r0, 0\nexit", true, 0, 0x80601234, ""},
		{"ldxh %r0, [%r1+1]\nexit", false, 0, 0x80604021, "2 bytes at offset 1 of the context of own are no field"},
		{"stw [%r1+4], 1\nexit", false, 0, 0x80604021, "context field b cannot be written"},
	} {
		obj := object(t, "raw", c.text)
		obj.Programs[0].Hook, obj.BigEndian = hook, c.big
		in := Input{Ctx: []uint64{0x80604021}}
		got, err := start(t, obj, Options{}).Run(obj.Programs[0], in)
		switch {
		case c.fault != "":
			wantFault(t, c.text, err, c.fault)
		case err != nil || got.R0 != c.want:
			t.Errorf("%s: got %#x, %v, want %#x", c.text, got.R0, err, c.want)
		}
		if in.Ctx[0] != c.ctx {
			t.Errorf("%s: field is %#x afterwards, want %#x", c.text, in.Ctx[0], c.ctx)
		}
	}
}

func TestPacketLoads(t *testing.T) {
	data := []byte{0x11, 0x22, 0x33, 0x44, 0x55}
	abs := func(width uint8, imm int64) bpf.Instruction {
		return bpf.Instruction{Op: bpf.OpLdAbs, Width: width, Src: bpf.RegImm, Imm: imm}
	}
	ind := func(width uint8, imm int64) bpf.Instruction {
		return bpf.Instruction{Op: bpf.OpLdInd, Width: width, Src: bpf.R7, Imm: imm}
	}
	for _, c := range []struct {
		insn bpf.Instruction
		r7   int64
		want uint64
	}{
		{abs(1, 4), 0, 0x55 + 1}, {abs(2, 1), 0, 0x2233 + 1}, {abs(4, 1), 0, 0x22334455 + 1},
		{abs(4, 2), 0, 0}, {abs(1, 5), 0, 0}, {abs(1, -1), 0, 0},
		{ind(2, 2), 1, 0x4455 + 1}, {ind(2, 2), -1, 0x2233 + 1}, {ind(2, 2), 1 << 32, 0x3344 + 1}, {ind(1, 0), -1, 0},
	} {
		obj := object(t, "xdp", "mov %r6, %r1\nmov %r7, 0\nja +0\nadd %r0, 1\nexit")
		obj.Programs[0].Insns[1].Imm = c.r7
		obj.Programs[0].Insns[2] = c.insn
		got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{Data: data})
		if err != nil || got.R0 != c.want {
			t.Errorf("%v, r7 = %d: got %#x, %v, want %#x", c.insn, c.r7, got.R0, err, c.want)
		}
	}
	obj := object(t, "xdp", "mov %r6, 0\nja +0\nexit")
	obj.Programs[0].Insns[1] = abs(1, 0)
	_, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{Data: data})
	wantFault(t, "r6", err, "r6 is a number, 0x0; packet loads need what r1 was at entry")
}

func TestMemoryIsWrittenInPlace(t *testing.T) {
	data := []byte{1, 2, 3, 4}
	got, err := runText(t, "raw", "sth [%r1+2], 0x1234\nldxw %r0, [%r1]\nexit", Input{Data: data})
	if err != nil || got != 0x12340201 || data[3] != 0x12 {
		t.Errorf("got %#x, %v, memory % x", got, err, data)
	}
}

func TestBigEndian(t *testing.T) {
	obj := object(t, "raw", "ldxh %r0, [%r1]\nbe16 %r0\nldxh %r2, [%r1]\nle16 %r2\nlsh %r2, 16\nor %r0, %r2\nexit")
	obj.BigEndian = true
	got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{Data: []byte{0x12, 0x34}})
	if err != nil || got.R0 != 0x34121234 {
		t.Errorf("got %#x, %v", got.R0, err)
	}
}
