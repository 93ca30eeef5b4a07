package arm64_test

import (
	"encoding/binary"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
)

// TestEncodings writes every instruction that the suite makes, as the listing
// has it, in LLVM's syntax, and compares LLVM's encoding with ours.
func TestEncodings(t *testing.T) {
	tool := targettest.Need(t, "llvm-mc-19")
	words := suiteWords(t)
	lines := slices.Sorted(maps.Keys(words))
	cmd := exec.Command(tool, "--triple=aarch64", "--mattr=-all", "--show-encoding")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("llvm-mc: %v\n%.2000s", err, out)
	}
	found := regexp.MustCompile(`encoding: \[(.*)\]`).FindAllStringSubmatch(string(out), -1)
	if len(found) != len(lines) {
		t.Fatalf("LLVM encodes %d instructions of %d", len(found), len(lines))
	}
	for i, line := range lines {
		var b []byte
		for s := range strings.SplitSeq(found[i][1], ",") {
			x, err := strconv.ParseUint(s, 0, 8)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			b = append(b, byte(x))
		}
		if got, want := words[line], binary.LittleEndian.Uint32(b); got != want {
			t.Errorf("%s: %#08x, LLVM has %#08x", line, got, want)
		}
	}
}

// suiteWords returns the encoding of each instruction in the suite's listings,
// by its text for LLVM.
func suiteWords(t *testing.T) map[string]uint32 {
	words := make(map[string]uint32)
	target := arm64.Target()
	used := make([]bool, len(target.Ops))
	target.Assemble = func(f *backend.Func, code []backend.Line) (*backend.Encoded, error) {
		for _, c := range code {
			used[c.Inst.Op] = true
		}
		return arm64.Target().Assemble(f, code)
	}
	for _, c := range targettest.Suite(50) {
		code := targettest.Compile(t, target, c.Text)
		for _, f := range code.Funcs {
			for _, in := range f.Insts {
				b := f.Bytes[in.Off : in.Off+in.Len]
				if strings.HasPrefix(in.Text, "CALL") {
					continue
				}
				if k, ok := strings.CutPrefix(in.Text, "MOVD $"); ok {
					testConstant(t, k, b)
					continue
				}
				line := toLLVM(in)
				w := binary.LittleEndian.Uint32(b)
				if old, ok := words[line]; ok && old != w || len(b) != 4 {
					t.Errorf("%s: % x and %#08x", line, b, old)
				}
				words[line] = w
			}
		}
	}
	if len(words) < 1000 {
		t.Errorf("the suite has only %d different instructions", len(words))
	}
	for op, row := range target.Ops {
		made := op >= int(backend.FirstTargetOp) || op == int(backend.OpSwap) || op == int(backend.OpSlotMove)
		if made && !used[op] {
			t.Errorf("nothing in the suite makes operation %d %s", op, row.Name)
		}
	}
	return words
}

// testConstant executes what makes a number: MOVZ or MOVN, then MOVK; a lone
// ORR is left to other tests.
func testConstant(t *testing.T, text string, code []byte) {
	number, _, _ := strings.Cut(text, ",")
	want, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	x := uint64(0)
	for i := 0; i < len(code); i += 4 {
		w := binary.LittleEndian.Uint32(code[i:])
		shift := w >> 21 & 3 * 16
		part := uint64(w>>5&0xffff) << shift
		switch w >> 23 {
		case 0xd2800000 >> 23:
			x = part
		case 0x92800000 >> 23:
			x = ^part
		case 0xf2800000 >> 23:
			x = x&^(0xffff<<shift) | part
		default:
			if w>>23 == 0xb2000000>>23 && w>>5&31 == 31 && len(code) == 4 {
				return
			}
			t.Errorf("$%s: instruction %#08x", text, w)
			return
		}
	}
	if int64(x) != want {
		t.Errorf("$%s: % x makes %d", text, code, int64(x))
	}
}

// llvmNames are LLVM's names that differ by more than case and a W.
var llvmNames = map[string]string{
	"MOVBU": "ldrb", "MOVHU": "ldrh", "MOVWU": "ldr", "MOVD": "ldr", "MOVB": "ldrsb", "MOVH": "ldrsh", "MOVW": "ldrsw",
	"UXTB": "and", "UXTH": "and",
}

var storeNames = map[string]string{"MOVB": "strb", "MOVH": "strh", "MOVW": "str", "MOVD": "str"}

var conditions = map[string]bool{
	"EQ": true, "NE": true, "LO": true, "HS": true, "LS": true, "HI": true, "LT": true, "GE": true, "LE": true, "GT": true,
}

// toLLVM writes an instruction of a listing in LLVM's syntax.
func toLLVM(in backend.Inst) string {
	name, rest, _ := strings.Cut(in.Text, " ")
	if c, ok := strings.CutPrefix(name, "B"); ok && (c == "" || conditions[c]) {
		if c != "" {
			c = "." + strings.ToLower(c)
		}
		return fmt.Sprintf("b%s #%d", c, target(rest)-in.Off)
	}
	ops := split(rest)
	base, narrow := strings.CutSuffix(name, "W")
	last := len(ops) - 1
	switch {
	case base == "CBZ" || base == "CBNZ":
		if r, to, ok := strings.Cut(rest, " "); ok {
			return fmt.Sprintf("%s %s, #%d", strings.ToLower(base), register(r, narrow), target(to)-in.Off)
		}
	case base == "TBZ" || base == "TBNZ":
		r, to, _ := strings.Cut(ops[1], " ")
		bit := target(ops[0][1:])
		return fmt.Sprintf("%s %s, #%d, #%d", strings.ToLower(base), register(r, bit < 32), bit, target(to)-in.Off)
	case base == "STP":
		return "stp xzr, xzr, " + memory(ops[last])
	case base == "DMB":
		return "dmb ish"
	case base == "MOVN":
		return moveNot(ops)
	case base == "CSET":
		return "cset " + register(ops[1], narrow) + ", " + strings.ToLower(ops[0])
	case base == "CSEL":
		return "csel " + join(narrow, ops[3], ops[1], ops[2]) + ", " + strings.ToLower(ops[0])
	case base == "MADD" || base == "MSUB":
		return strings.ToLower(base) + " " + join(narrow, ops[3], ops[2], ops[0], ops[1])
	case strings.HasPrefix(base, "UBF") || strings.HasPrefix(base, "SBF"):
		return strings.ToLower(base) + " " + join(narrow, ops[3], ops[1], ops[0], ops[2])
	case base == "CMP" || base == "CMN" || base == "TST":
		return strings.ToLower(base) + " " + join(narrow, ops[1], ops[0])
	case strings.HasSuffix(ops[last], ")") || strings.HasPrefix(ops[0], "(") || strings.Contains(rest, "("):
		return access(name, ops)
	case name == "MOVD" || name == "MOVWU":
		return "mov " + join(name == "MOVWU", ops[1], ops[0])
	case name == "UXTB" || name == "UXTH":
		return "ubfx " + join(false, ops[1], ops[0]) + map[string]string{"UXTB": ", #0, #8", "UXTH": ", #0, #16"}[name]
	case strings.HasPrefix(name, "SXT"):
		return strings.ToLower(name) + " " + register(ops[1], false) + ", " + register(ops[0], true)
	}
	slices.Reverse(ops)
	return strings.ToLower(base) + " " + join(narrow, ops...)
}

// access writes loads, stores and exclusive accesses.
func access(name string, ops []string) string {
	base, narrow := strings.CutSuffix(name, "W")
	last := len(ops) - 1
	switch {
	case strings.HasPrefix(name, "STLXR"):
		return strings.ToLower(base) + " w17, " + register(ops[0], narrow) + ", " + memory(ops[1])
	case strings.HasPrefix(name, "LDA"):
		small := narrow || strings.HasSuffix(name, "B") || strings.HasSuffix(name, "H")
		return strings.ToLower(base) + " " + register(ops[1], small) + ", " + memory(ops[0])
	case strings.HasPrefix(name, "STL"):
		small := narrow || strings.HasSuffix(name, "B") || strings.HasSuffix(name, "H")
		return strings.ToLower(base) + " " + register(ops[0], small) + ", " + memory(ops[1])
	case strings.Contains(ops[last], "("):
		return storeNames[name] + " " + register(ops[0], name != "MOVD") + ", " + memory(ops[last])
	}
	return llvmNames[name] + " " + register(ops[last], strings.HasSuffix(name, "U")) + ", " + memory(ops[0])
}

func moveNot(ops []string) string {
	x, shift := target(ops[0][1:]), 0
	if x > 0xffff {
		x, shift = x>>16, 16
	}
	return fmt.Sprintf("movn %s, #%d, lsl #%d", register(ops[1], true), x, shift)
}

func target(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// split separates operands; those in parentheses stay together.
func split(s string) []string {
	var list []string
	depth, start := 0, 0
	for i, c := range s {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			list = append(list, s[start:i])
			start = i + 2
		}
	}
	return append(list, s[start:])
}

// join writes register, shifted, extended and immediate operands.
func join(narrow bool, ops ...string) string {
	out := make([]string, len(ops))
	for i, o := range ops {
		out[i] = operand(o, narrow)
	}
	return strings.Join(out, ", ")
}

var shifts = map[string]string{"<<": "lsl", ">>": "lsr", "->": "asr", "@>": "ror"}

func operand(o string, narrow bool) string {
	if k, ok := strings.CutPrefix(o, "$"); ok {
		if k == "0" && !narrow {
			return "xzr"
		}
		if k == "0" {
			return "wzr"
		}
		return "#" + k
	}
	if r, ext, ok := strings.Cut(o, "."); ok {
		ext, n, _ := strings.Cut(ext, "<<")
		s := register(r, ext != "UXTX" && ext != "SXTX") + ", " + strings.ToLower(ext)
		if n != "" {
			s += " #" + n
		}
		return s
	}
	for sign, name := range shifts {
		if r, n, ok := strings.Cut(o, sign); ok {
			return register(r, narrow) + ", " + name + " #" + n
		}
	}
	return register(o, narrow)
}

func register(r string, narrow bool) string {
	prefix := "x"
	if narrow {
		prefix = "w"
	}
	switch r {
	case "RSP":
		return "sp"
	case "ZR":
		return prefix + "zr"
	}
	return prefix + strings.TrimPrefix(r, "R")
}

var memForm = regexp.MustCompile(`^(-?\d+)?\((\w+)\)(?:\((.*)\))?$`)

func memory(o string) string {
	m := memForm.FindStringSubmatch(o)
	switch {
	case m == nil:
		panic("operand " + o)
	case m[3] != "":
		return "[" + register(m[2], false) + ", " + operand(m[3], false) + "]"
	case m[1] != "":
		return "[" + register(m[2], false) + ", #" + m[1] + "]"
	}
	return "[" + register(m[2], false) + "]"
}
