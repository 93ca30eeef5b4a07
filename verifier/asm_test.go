package verifier_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// testMaps are the maps that test programs name.
var testMaps = []*frontend.Map{
	{Name: "hash", Type: bpf.MapHash, KeySize: 8, ValueSize: 16, MaxEntries: 4},
	{Name: "array", Type: bpf.MapArray, KeySize: 4, ValueSize: 48, MaxEntries: 4},
	{Name: "rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 1, Frozen: true, Flags: bpf.FlagRdonlyProg,
		Data: []byte{7, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
	{Name: "data", Type: bpf.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 1, Data: make([]byte, 16)},
}

var sizes = map[string]uint8{"u8": 1, "u16": 2, "u32": 4, "u64": 8, "s8": 1, "s16": 2, "s32": 4}

var aluOps = map[string]bpf.Op{
	"+=": bpf.OpAdd, "-=": bpf.OpSub, "*=": bpf.OpMul, "/=": bpf.OpDiv, "%=": bpf.OpMod, "|=": bpf.OpOr, "&=": bpf.OpAnd,
	"^=": bpf.OpXor, "<<=": bpf.OpLsh, ">>=": bpf.OpRsh, "s>>=": bpf.OpArsh, "s/=": bpf.OpSdiv, "s%=": bpf.OpSmod, "=": bpf.OpMov,
}

var jumpOps = map[string]bpf.Op{
	"==": bpf.OpJeq, "!=": bpf.OpJne, ">": bpf.OpJgt, ">=": bpf.OpJge, "<": bpf.OpJlt, "<=": bpf.OpJle,
	"s>": bpf.OpJsgt, "s>=": bpf.OpJsge, "s<": bpf.OpJslt, "s<=": bpf.OpJsle, "&": bpf.OpJset,
}

var atomicOps = map[string]bpf.Op{
	"+=": bpf.OpAtomAdd, "|=": bpf.OpAtomOr, "&=": bpf.OpAtomAnd, "^=": bpf.OpAtomXor,
	"f+=": bpf.OpFetchAdd, "f|=": bpf.OpFetchOr, "xchg": bpf.OpXchg, "cmpxchg": bpf.OpCmpxchg,
}

var (
	reLabel  = regexp.MustCompile(`^(\w+):$`)
	reFunc   = regexp.MustCompile(`^func (\w+)$`)
	reJump   = regexp.MustCompile(`^if ([rw]\d+) (\S+) (\S+) goto (\w+)$`)
	reMay    = regexp.MustCompile(`^may_goto (\w+)$`)
	reGoto   = regexp.MustCompile(`^goto (\w+)$`)
	reLoad   = regexp.MustCompile(`^r(\d+) = \*\((\w+) \*\)\(r(\d+) ([+-]) (\w+)\)$`)
	reStore  = regexp.MustCompile(`^\*\((\w+) \*\)\(r(\d+) ([+-]) (\w+)\) = (\S+)$`)
	reAtomic = regexp.MustCompile(`^lock \*\((\w+) \*\)\(r(\d+) ([+-]) (\w+)\) (\S+) r(\d+)$`)
	reMap    = regexp.MustCompile(`^r(\d+) = (map|value) (\w+)(?: \+ (\w+))?$`)
	reWide   = regexp.MustCompile(`^r(\d+) = (\w+) ll$`)
	reNeg    = regexp.MustCompile(`^([rw])(\d+) = -[rw]\d+$`)
	reSext   = regexp.MustCompile(`^([rw])(\d+) = \((s8|s16|s32)\)[rw](\d+)$`)
	reSwap   = regexp.MustCompile(`^r(\d+) = (be|le|bswap)(16|32|64) r\d+$`)
	reALU    = regexp.MustCompile(`^([rw])(\d+) (\S+) (\S+)$`)
	reCall   = regexp.MustCompile(`^call (\w+)$`)
	reInd    = regexp.MustCompile(`^r0 = ld_ind (u8|u16|u32) r(\d+) (-?\w+)$`)
	reAbs    = regexp.MustCompile(`^r0 = ld_abs (u8|u16|u32) (-?\w+)$`)
	reCallx  = regexp.MustCompile(`^callx r(\d+)$`)
	reFuncOf = regexp.MustCompile(`^r(\d+) = func (\w+)$`)
)

// assembler turns the text of a test program, one instruction a line as
// llvm-objdump prints them (with labels, names of maps and helpers), into a
// program. "func name" starts a function.
type assembler struct {
	insns  []bpf.Instruction
	labels map[string]int
	fixes  map[int]string
	funcs  []frontend.Func
	maps   []*frontend.Map
	kfuncs []string
}

func number(t testing.TB, s string) int64 {
	t.Helper()
	if v, err := strconv.ParseInt(s, 0, 64); err == nil {
		return v
	}
	v, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		t.Fatalf("number %q", s)
	}
	return int64(v)
}

func (a *assembler) operand(t testing.TB, i *bpf.Instruction, s string) {
	t.Helper()
	if n, err := strconv.Atoi(strings.TrimLeft(s, "rw")); err == nil && (s[0] == 'r' || s[0] == 'w') {
		i.Src = bpf.Reg(n)
		return
	}
	i.Src, i.Imm = bpf.RegImm, number(t, s)
}

func reg(s string) bpf.Reg { n, _ := strconv.Atoi(s); return bpf.Reg(n) }

func off(t testing.TB, sign, s string) int32 {
	n := number(t, s)
	if sign == "-" {
		n = -n
	}
	return int32(n)
}

func width(s string) uint8 {
	if s == "w" {
		return 4
	}
	return 8
}

func (a *assembler) add(i bpf.Instruction) { a.insns = append(a.insns, i) }

func (a *assembler) line(t testing.TB, s string) {
	t.Helper()
	switch m := []string(nil); {
	case match(reLabel, s, &m):
		a.labels[m[1]] = len(a.insns)
	case match(reFunc, s, &m):
		a.labels[m[1]] = len(a.insns)
		a.funcs = append(a.funcs, frontend.Func{Name: m[1], Start: len(a.insns)})
	case match(reCallx, s, &m):
		a.add(bpf.Instruction{Op: bpf.OpCallx, Dst: reg(m[1]), Src: bpf.RegImm})
	case s == "exit":
		a.add(bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm})
	case match(reJump, s, &m):
		i := bpf.Instruction{Op: jumpOps[m[2]], Width: width(m[1][:1]), Dst: reg(m[1][1:])}
		a.operand(t, &i, m[3])
		a.fixes[len(a.insns)] = m[4]
		a.add(i)
	case match(reMay, s, &m):
		a.fixes[len(a.insns)] = m[1]
		a.add(bpf.Instruction{Op: bpf.OpMayGoto, Src: bpf.RegImm})
	case match(reGoto, s, &m):
		a.fixes[len(a.insns)] = m[1]
		a.add(bpf.Instruction{Op: bpf.OpJa, Width: 8, Src: bpf.RegImm})
	case match(reLoad, s, &m):
		i := bpf.Instruction{Op: bpf.OpLoad, Width: sizes[m[2]], Dst: reg(m[1]), Src: reg(m[3]), Off: off(t, m[4], m[5])}
		if m[2][0] == 's' {
			i.Op = bpf.OpLoadsx
		}
		a.add(i)
	case match(reStore, s, &m):
		i := bpf.Instruction{Op: bpf.OpStore, Width: sizes[m[1]], Dst: reg(m[2]), Off: off(t, m[3], m[4])}
		a.operand(t, &i, m[5])
		a.add(i)
	case match(reAtomic, s, &m):
		a.add(bpf.Instruction{Op: atomicOps[m[5]], Width: sizes[m[1]], Dst: reg(m[2]), Off: off(t, m[3], m[4]), Src: reg(m[6])})
	case match(reCall, s, &m):
		i := bpf.Instruction{Op: bpf.OpCall, Src: bpf.RegImm, Kind: bpf.KindHelper}
		if h := table.HelperByName(bpf.Linux, m[1]); h != nil {
			i.Imm = int64(h.ID)
		} else if n, err := strconv.Atoi(m[1]); err == nil {
			i.Imm = int64(n)
		} else if table.KfuncByName(m[1]) != nil {
			i.Kind = bpf.KindKfunc
			if k := slices.Index(a.kfuncs, m[1]); k >= 0 {
				i.Imm = int64(k)
			} else {
				i.Imm = int64(len(a.kfuncs))
				a.kfuncs = append(a.kfuncs, m[1])
			}
		} else {
			i.Kind = bpf.KindLocal
			a.fixes[len(a.insns)] = m[1]
		}
		a.add(i)
	default:
		a.arithmetic(t, s)
	}
}

func (a *assembler) arithmetic(t testing.TB, s string) {
	t.Helper()
	switch m := []string(nil); {
	case match(reAbs, s, &m):
		a.add(bpf.Instruction{Op: bpf.OpLdAbs, Width: sizes[m[1]], Src: bpf.RegImm, Imm: number(t, m[2])})
	case match(reInd, s, &m):
		a.add(bpf.Instruction{Op: bpf.OpLdInd, Width: sizes[m[1]], Src: reg(m[2]), Imm: number(t, m[3])})
	case match(reFuncOf, s, &m):
		a.fixes[len(a.insns)] = m[2]
		a.add(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindFunc, Dst: reg(m[1]), Src: bpf.RegImm})
		a.add(bpf.Instruction{})
	case match(reMap, s, &m):
		i := bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMap, Dst: reg(m[1]), Src: bpf.RegImm, Imm: -1}
		if m[2] == "value" {
			i.Kind = bpf.KindMapValue
		}
		for k, d := range a.maps {
			if d.Name == m[3] {
				i.Imm = int64(k)
			}
		}
		if m[4] != "" {
			i.Off = int32(number(t, m[4]))
		}
		a.add(i)
		a.add(bpf.Instruction{})
	case match(reWide, s, &m):
		a.add(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Dst: reg(m[1]), Src: bpf.RegImm, Imm: number(t, m[2])})
		a.add(bpf.Instruction{})
	case match(reNeg, s, &m):
		a.add(bpf.Instruction{Op: bpf.OpNeg, Width: width(m[1]), Dst: reg(m[2]), Src: bpf.RegImm})
	case match(reSext, s, &m):
		a.add(bpf.Instruction{Op: bpf.OpMovsx, Width: width(m[1]), From: sizes[m[3]], Dst: reg(m[2]), Src: reg(m[4])})
	case match(reSwap, s, &m):
		op := map[string]bpf.Op{"be": bpf.OpToBE, "le": bpf.OpToLE, "bswap": bpf.OpBswap}[m[2]]
		a.add(bpf.Instruction{Op: op, Width: uint8(number(t, m[3]) / 8), Dst: reg(m[1]), Src: bpf.RegImm})
	case match(reALU, s, &m):
		i := bpf.Instruction{Op: aluOps[m[3]], Width: width(m[1]), Dst: reg(m[2])}
		if i.Op == bpf.OpInvalid {
			t.Fatalf("operation in %q", s)
		}
		a.operand(t, &i, m[4])
		a.add(i)
	default:
		t.Fatalf("cannot assemble %q", s)
	}
}

func match(re *regexp.Regexp, s string, m *[]string) bool {
	*m = re.FindStringSubmatch(s)
	return *m != nil
}

// assemble makes a program of the hook of that name that uses testMaps.
func assemble(t testing.TB, hook, text string) (*frontend.Object, *frontend.Program) {
	t.Helper()
	return assembleWith(t, hook, text, testMaps)
}

// assembleWith makes a program that names the given maps.
func assembleWith(t testing.TB, hook, text string, maps []*frontend.Map) (*frontend.Object, *frontend.Program) {
	t.Helper()
	a := assembler{labels: map[string]int{}, fixes: map[int]string{}, funcs: []frontend.Func{{Name: "main"}}, maps: maps}
	for _, s := range strings.Split(text, "\n") {
		s, _, _ = strings.Cut(s, "//")
		if s = strings.Join(strings.Fields(s), " "); s != "" {
			a.line(t, s)
		}
	}
	for pc, label := range a.fixes {
		to, ok := a.labels[label]
		if !ok {
			t.Fatalf("no label %q", label)
		}
		if a.insns[pc].Op == bpf.OpCall || a.insns[pc].Op == bpf.OpLdImm {
			a.insns[pc].Imm = int64(to - pc - 1)
		} else {
			a.insns[pc].Off = int32(to - pc - 1)
		}
	}
	for i := range a.funcs {
		a.funcs[i].End = len(a.insns)
		if i > 0 {
			a.funcs[i-1].End = a.funcs[i].Start
		}
	}
	p := &frontend.Program{Name: "main", Section: hook, Hook: table.HookByName(bpf.Linux, hook), Insns: a.insns, Funcs: a.funcs, Kfuncs: a.kfuncs}
	if p.Hook == nil {
		t.Fatalf("no hook %q", hook)
	}
	p.Lines = make([]frontend.Line, len(p.Insns))
	obj := &frontend.Object{Name: "test.o", License: "GPL", Programs: []*frontend.Program{p}, Maps: maps}
	return obj, p
}

// print lists a program with slots, for failure messages.
func listing(p *frontend.Program) string {
	var b strings.Builder
	for pc, in := range p.Insns {
		if in.Op != bpf.OpInvalid {
			fmt.Fprintf(&b, "%4d: %s\n", pc, in)
		}
	}
	return b.String()
}
