package isatest

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

func TestAssemble(t *testing.T) {
	insns, err := Assemble(`
# comment
mov %r1, 0xffffffff     # unsigned
lddw %r2, 0x123456789
next:
jeq32 %r1, %r2, exit
ldxsh %r3, [%r10-8]
lock fetch add32 [%r10-4], %r3
stw [%r1+2], -1
movsx1664 %r4, %r3
swap32 %r4
call local func
call 5
call %r2
ja next
jlt %r1, 3, +1
exit
neg32 %r0
exit
func:
ja32 func
`)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	if err := bpf.Print(&got, insns, bpf.Listing{}); err != nil {
		t.Fatal(err)
	}
	const want = `       0:	r1 = -0x1
       1:	r2 = 0x123456789 ll
       3:	if w1 == w2 goto +0xa
       4:	r3 = *(s16 *)(r10 - 0x8)
       5:	w3 = atomic_fetch_add((u32 *)(r10 - 0x4), w3)
       6:	*(u32 *)(r1 + 0x2) = -0x1
       7:	r4 = (s16)r3
       8:	r4 = bswap32 r4
       9:	call 0x7
      10:	call 0x5
      11:	callx r2
      12:	goto -0xa
      13:	if r1 < 0x3 goto +0x1
      14:	exit
      15:	w0 = -w0
      16:	exit
      17:	gotol -0x1
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
	if _, err := bpf.Encode(insns, binary.LittleEndian); err != nil {
		t.Error(err)
	}
}

func TestAssembleErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"frob %r1", `line 1: "frob %r1": unknown mnemonic "frob"`},
		{"mov %r1", "1 operands, want 2"},
		{"mov %r11, 1", `"%r11" is no register`},
		{"mov %r1, 0x100000000", "does not fit 32 bits"},
		{"ldxw %r1, %r2", `"%r2" is no memory operand`},
		{"ldxw %r1, [%r2+40000]", "offset 40000 does not fit 16 bits"},
		{"ja nowhere", `no label "nowhere"`},
	} {
		if _, err := Assemble(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %s", c.text, err, c.want)
		}
	}
}

func TestParse(t *testing.T) {
	v, err := Parse("x", "# comment\n-- asm\nexit\n-- mem\n01 02 # two\nff\n-- result\n0x10\n-- no register offset\ncall instruction\n")
	if err != nil || v.Result != 16 || string(v.Memory) != "\x01\x02\xff" || len(v.Insns) != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	v, err = Parse("x", "-- raw\n0x00000000000000ff\n-- error\nbad opcode\n")
	if err != nil || v.Error != "bad opcode" || v.Refused == nil {
		t.Errorf("%+v, %v", v, err)
	}
	for text, want := range map[string]string{
		"-- asm\nexit\n-- frob\n":                         `unknown section "frob"`,
		"-- result\n0x1\n":                                "no program",
		"-- asm\nexit\n-- result\nmany\n":                 "invalid syntax",
		"-- raw\n0x00000000000000ff\n-- result\n0x0\n":    "unknown operation",
		"-- asm\nexit\n-- mem\nxyz\n-- result\n0x0\n":     "section mem",
		"-- asm\nexit\n-- raw\nsomething\n-- result\n0\n": "section raw",
	} {
		if _, err := Parse("x", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestVectors(t *testing.T) {
	for _, v := range Load(t) {
		if v.Refused != nil {
			continue
		}
		if _, err := bpf.Encode(v.Insns, binary.LittleEndian); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
	}
}

func TestNewObject(t *testing.T) {
	for text, want := range map[string]string{
		"mov %r0, 0\nexit": "func0 0-2",
		"call local b\ncall local a\nexit\na:\nexit\nb:\nmov %r0, 1\nexit": "func0 0-3, func1 3-4, func2 4-6",
		"call local main\nmain:\nexit":                                     "func0 0-1, func1 1-2",
	} {
		insns, err := Assemble(text)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		obj := NewObject("x", insns, 9)
		for _, f := range obj.Programs[0].Funcs {
			got = append(got, fmt.Sprintf("%s %d-%d", f.Name, f.Start, f.End))
		}
		if s := strings.Join(got, ", "); s != want || obj.Check() != nil || obj.Programs[0].Hook.MinLen != 9 {
			t.Errorf("%q: got %s, %v; want %s", text, s, obj.Check(), want)
		}
	}
	for _, to := range []int64{-2, 1, math.MinInt32, math.MaxInt32} {
		insns := []bpf.Instruction{{Op: bpf.OpCall, Kind: bpf.KindLocal, Imm: to}, {Op: bpf.OpExit}}
		if err := NewObject("x", insns, 0).Check(); err == nil || !strings.Contains(err.Error(), "outside of the program") {
			t.Errorf("call to %+d: got %v", to, err)
		}
	}
}
