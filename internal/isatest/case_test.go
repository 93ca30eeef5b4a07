package isatest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

const ownCase = `# comment
-- map counts array 4 8 2
-- map cells array 4 2 1
01 02
-- map progs prog_array 4 4 3
# empty but for one
2 = second
-- asm
lddw %r1, map counts
lddw %r2, value cells+1
lddw %r3, func f
call map_lookup_elem
call memset
call memset
call local f
.rep 3 ldacqh %r0, [%r1+2]
streldw [%r1], %r2
f:
may_goto f
callx %r3
gotol f
ldabsb 7
ldindw %r2, -1
exit
-- asm second
exit
-- data
00*3 ff
-- result
7 # seven
-- packet after
01*2
-- data
-- result
0x8000000000000000
-- map after counts
00 00 00 00 = 01 00*7
`

func TestParseCase(t *testing.T) {
	c, err := ParseCase("own", ownCase)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Object.Programs); n != 2 || c.Object.Programs[1].Name != "second" || c.Object.Programs[0].Hook.MinLen != 0 {
		t.Errorf("%d programs, %+v", n, c.Object.Programs[0].Hook)
	}
	if len(c.Runs) != 2 || !bytes.Equal(c.Runs[0].Data, []byte{0, 0, 0, 255}) || c.Runs[0].Result != 7 ||
		!bytes.Equal(c.Runs[0].After, []byte{1, 1}) || len(c.Runs[1].Data) != 0 || c.Runs[1].After != nil || c.Runs[1].Result != 1<<63 {
		t.Errorf("runs %+v", c.Runs)
	}
	if m := c.Object.Maps; len(m) != 3 || m[1].Data[1] != 2 || m[2].Slots[0].Program != "second" || m[2].Slots[0].Index != 2 {
		t.Errorf("maps %+v", m)
	}
	if len(c.Maps) != 1 || c.Maps[0].Name != "counts" || c.Maps[0].Entries[0][1][0] != 1 {
		t.Errorf("after %+v", c.Maps)
	}
	p := c.Object.Programs[0]
	if len(p.Funcs) != 2 || p.Funcs[1].Name != "f" || p.Funcs[1].Start != 14 || p.Funcs[0].End != 14 || len(p.Kfuncs) != 1 {
		t.Errorf("functions %+v, kernel functions %v", p.Funcs, p.Kfuncs)
	}
	want := []bpf.Op{
		bpf.OpLdImm, 0, bpf.OpLdImm, 0, bpf.OpLdImm, 0, bpf.OpCall, bpf.OpCall, bpf.OpCall, bpf.OpCall, bpf.OpLoadAcq, bpf.OpLoadAcq, bpf.OpLoadAcq,
		bpf.OpStoreRel, bpf.OpMayGoto, bpf.OpCallx, bpf.OpJa, bpf.OpLdAbs, bpf.OpLdInd, bpf.OpExit,
	}
	for pc, op := range want {
		if p.Insns[pc].Op != op {
			t.Errorf("instruction %d is %v, want %v", pc, p.Insns[pc].Op, op)
		}
	}
	if i := p.Insns[2]; i.Kind != bpf.KindMapValue || i.Imm != 1 || i.Off != 1 {
		t.Errorf("value of cells: %+v", i)
	}
	if i := p.Insns[4]; i.Kind != bpf.KindFunc || i.Imm != 9 || p.Insns[14].Off != -1 {
		t.Errorf("function f: %+v, %+v", i, p.Insns[14])
	}
}

func TestParseCaseErrors(t *testing.T) {
	const pass = "-- asm\nexit\n"
	for text, want := range map[string]string{
		"":                                     "no program",
		pass:                                   "neither a result nor an error",
		pass + "-- data\n00\n":                 "the last run has no result",
		pass + "-- result\n1 2\n":              "2 numbers, want one",
		pass + "-- frob\n":                     "section frob: unknown",
		pass + "-- packet after\n00\n":         "no run before it",
		"-- hook frob\n" + pass:                `no hook "frob"`,
		"-- map a frob 4 4 1\n":                `no map type "frob"`,
		"-- map a array 4 4\n":                 "want name, type",
		"-- map a array 4 4 1\n00\n":           "1 bytes are no value of an array with one entry of 4",
		"-- map a prog_array 4 4 1\nx = y\n":   "invalid syntax",
		pass + "-- data\n00*x\n-- result\n0\n": `"x" is no number of bytes`,
		"-- asm\nlddw %r1, map a\nexit\n":      `there is no map "a"`,
		"-- asm\n.rep x exit\n":                `"x" is no number of repetitions`,
		"-- asm\nja far\n.rep 32768 mov %r0, 0\nfar:\nexit": "32768 slots away",
		"-- raw\n0x00000000000000ff\n":                      "unknown operation",
	} {
		if _, err := ParseCase("x", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %s", text, err, want)
		}
	}
	if c, err := ParseCase("x", "-- raw\n0x00000000000000ff\n-- error\nunknown operation\n"); err != nil || c.Refused == nil || c.Object != nil {
		t.Errorf("refused bytes: %+v, %v", c, err)
	}
}
