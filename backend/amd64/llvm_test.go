package amd64_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
)

// TestEncodings has LLVM disassemble every instruction that the suite makes
// and compares it, operand by operand, with the listing.
func TestEncodings(t *testing.T) {
	tool := targettest.Need(t, "llvm-mc-19")
	each(t, func(t *testing.T, target *backend.Target) { checkEncodings(t, tool, target) })
}

func checkEncodings(t *testing.T, tool string, target *backend.Target) {
	seen := suiteInsts(t, target)
	if target.Level == "v3" {
		for _, row := range target.Ops[len(amd64.Target().Ops):] {
			if !hasName(seen, row.Name) {
				t.Errorf("the suite has no %s", row.Name)
			}
		}
	}
	texts := make([]string, 0, len(seen))
	for text := range seen {
		texts = append(texts, text)
	}
	slices.Sort(texts)
	var in strings.Builder
	for _, text := range texts {
		for _, b := range seen[text] {
			fmt.Fprintf(&in, "%#02x ", b)
		}
		in.WriteString("\n")
	}
	cmd := exec.Command(tool, "--disassemble", "--triple=x86_64", "--output-asm-variant=0")
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("llvm-mc: %v\n%s", err, out)
	}
	var lines []string
	for line := range strings.SplitSeq(string(out), "\n") {
		if line = strings.TrimSpace(line); line != "" && line != ".text" {
			lines = append(lines, line)
		}
	}
	if len(lines) != len(texts) {
		t.Fatalf("LLVM reads %d instructions, want %d", len(lines), len(texts))
	}
	for i, text := range texts {
		if got := fromATT(lines[i]); got != canonical(text) {
			t.Errorf("%s: % x is %q (%s) for LLVM, want %q", text, seen[text], got, lines[i], canonical(text))
		}
	}
}

// suiteInsts returns one encoding of each text in the suite's listings. Jumps
// and places of calls depend on where they stand, fillings have many sizes;
// they are left out.
func suiteInsts(t *testing.T, target *backend.Target) map[string][]byte {
	seen := make(map[string][]byte)
	for _, c := range targettest.Suite(50) {
		code := targettest.Compile(t, target, c.Text)
		for _, f := range code.Funcs {
			for _, in := range f.Insts {
				if in.Text[0] != 'J' && !strings.HasPrefix(in.Text, "CALL") && in.Text != "LOCK" && in.Text != "NOP" {
					seen[in.Text] = f.Bytes[in.Off : in.Off+in.Len]
				}
			}
		}
	}
	if len(seen) < 1000 {
		t.Errorf("the suite has only %d different instructions", len(seen))
	}
	return seen
}

func hasName(seen map[string][]byte, name string) bool {
	for text := range seen {
		if strings.HasPrefix(text, name+" ") {
			return true
		}
	}
	return false
}

// canonical writes a listing's text with operands as fromATT does.
func canonical(text string) string {
	name, rest, _ := strings.Cut(text, " ")
	if rest == "" {
		return name
	}
	ops := strings.Split(rest, ", ")
	for i, o := range ops {
		ops[i] = cutImmediate(name, o)
	}
	return name + " " + strings.Join(symmetric(name, ops), ",")
}

// symmetric sorts operands whose order means nothing.
func symmetric(name string, ops []string) []string {
	registers := len(ops) == 2 && !strings.ContainsAny(ops[0]+ops[1], "($")
	if registers && (strings.HasPrefix(name, "XCHG") || strings.HasPrefix(name, "TEST")) {
		slices.Sort(ops)
	}
	return ops
}

// cutImmediate writes an immediate with as many bits as the instruction has,
// unsigned: LLVM does it for some.
func cutImmediate(name, o string) string {
	k, ok := strings.CutPrefix(o, "$")
	bits := map[byte]int{'B': 8, 'W': 16, 'L': 32}[name[len(name)-1]]
	x, err := strconv.ParseInt(k, 10, 64)
	if !ok || bits == 0 || err != nil {
		return o
	}
	return fmt.Sprintf("$%d", uint64(x)&(1<<bits-1))
}

// attNames are LLVM's names that differ by more than their case.
var attNames = map[string]string{
	"movzbl": "MOVBLZX", "movzwl": "MOVWLZX", "movsbq": "MOVBQSX", "movswq": "MOVWQSX", "movslq": "MOVLQSX",
	"movabsq": "MOVQ", "cqto": "CQO", "cltd": "CDQ", "movbew": "MOVBEWW", "movbel": "MOVBELL", "movbeq": "MOVBEQQ",
}

// attConditions are LLVM's names of conditions.
var attConditions = map[string]string{
	"e": "EQ", "ne": "NE", "b": "CS", "ae": "CC", "be": "LS", "a": "HI", "l": "LT", "ge": "GE", "le": "LE", "g": "GT",
}

var (
	attMem = regexp.MustCompile(`^(-?(?:0x)?[0-9a-f]*)\((%\w+)?(?:,(%\w+)(?:,(\d))?)?\)$`)
)

// fromATT turns LLVM's text into that of Go's assembler.
func fromATT(line string) string {
	line, _, _ = strings.Cut(line, "#")
	name, rest, _ := strings.Cut(strings.TrimSpace(line), "\t")
	ops := splitOperands(rest)
	for i, o := range ops {
		ops[i] = operandFromATT(o)
	}
	goName, ok := attNames[name]
	for _, prefix := range []string{"set", "cmov"} {
		if c, found := strings.CutPrefix(name, prefix); found {
			width := ""
			if prefix == "cmov" {
				c, width = c[:len(c)-1], strings.ToUpper(c[len(c)-1:])
			}
			goName, ok = strings.ToUpper(prefix)+width+attConditions[c], true
		}
	}
	if !ok {
		goName = strings.ToUpper(name)
	}
	switch {
	case strings.HasPrefix(goName, "CMP") && !strings.HasPrefix(goName, "CMPX"):
		slices.Reverse(ops)
	case strings.HasPrefix(goName, "IMUL") && len(ops) == 3:
		goName = "IMUL3" + goName[4:]
	case len(ops) == 1 && slices.Contains([]string{"ROL", "SAR", "SHL", "SHR"}, goName[:3]):
		ops = []string{"$1", ops[0]}
	}
	for i, o := range ops {
		ops[i] = cutImmediate(goName, o)
	}
	return strings.TrimSpace(goName + " " + strings.Join(symmetric(goName, ops), ","))
}

func splitOperands(s string) []string {
	var list []string
	depth, start := 0, 0
	for i, c := range s {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			list = append(list, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	if s = strings.TrimSpace(s[start:]); s != "" {
		list = append(list, s)
	}
	return list
}

func operandFromATT(o string) string {
	if k, ok := strings.CutPrefix(o, "$"); ok {
		return "$" + number(k)
	}
	m := attMem.FindStringSubmatch(o)
	if m == nil {
		return regFromATT(o)
	}
	s := ""
	if m[1] != "" && number(m[1]) != "0" {
		s = number(m[1])
	}
	if m[2] != "" {
		s += "(" + regFromATT(m[2]) + ")"
	}
	if m[3] != "" {
		scale := m[4]
		if scale == "" {
			scale = "1"
		}
		s += "(" + regFromATT(m[3]) + "*" + scale + ")"
	}
	return s
}

func number(s string) string {
	neg := strings.HasPrefix(s, "-")
	u, err := strconv.ParseUint(strings.TrimPrefix(s, "-"), 0, 64)
	if err != nil {
		return s
	}
	x := int64(u)
	if neg {
		x = -x
	}
	return strconv.FormatInt(x, 10)
}

func regFromATT(s string) string {
	name := strings.TrimPrefix(s, "%")
	if strings.HasPrefix(name, "xmm") {
		return "X" + name[3:]
	}
	if len(name) > 1 && name[0] == 'r' && name[1] >= '0' && name[1] <= '9' {
		return "R" + strings.TrimRight(name[1:], "dwb")
	}
	for _, r := range []string{"ax", "cx", "dx", "bx", "si", "di", "sp"} {
		if name == r || name == "r"+r || name == "e"+r || name == r[:1]+"l" && r[1] == 'x' || name == r+"l" {
			return strings.ToUpper(r)
		}
	}
	return s
}
