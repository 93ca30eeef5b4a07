package amd64_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// baseline lists the instructions that code for every processor may have. All
// are in the level x86-64-v1 (System V psABI): MOVUPS and XORPS are SSE, MOVQ
// of an XMM register is SSE2.
var baseline = strings.Fields("ADD AND BSWAP CDQ CMOVA CMOVAE CMOVB CMOVBE CMOVE CMOVG CMOVGE CMOVL CMOVLE CMOVNE CMP CMPXCHG CQO DIV IDIV IMUL" +
	" JA JAE JB JBE JE JG JGE JL JLE JMP JNE LEA MOV MOVQ MOVSX MOVSXD MOVUPS MOVZX MUL NEG NOP OR ROL SAR" +
	" SETA SETAE SETB SETBE SETE SETG SETGE SETL SETLE SETNE SHL SHR SUB TEST XADD XCHG XOR XORPS")

// levelV3 lists what the level v3 may have besides.
var levelV3 = strings.Fields("ANDN BLSI BLSMSK BLSR MOVBE MULX RORX SARX SHLX SHRX")

// instructions decodes code and counts the names of its instructions.
func instructions(t *testing.T, names map[string]int, code *backend.Code) {
	t.Helper()
	for _, f := range code.Funcs {
		for off := 0; off < len(f.Bytes); {
			in, err := x86asm.Decode(f.Bytes[off:], 64)
			if err != nil {
				t.Fatalf("%s: at %#x: % x: %v", f.Name, off, f.Bytes[off:min(off+15, len(f.Bytes))], err)
			}
			names[in.Op.String()]++
			off += in.Len
		}
	}
}

// TestBaseline: what is made for every processor has no instruction beyond the
// baseline, and for v3 none beyond that level. The programs are those of the
// suite and all objects of the repository, by every clang.
func TestBaseline(t *testing.T) {
	programs := suitePrograms(t)
	programs = append(programs, objectPrograms(t)...)
	for _, c := range []struct {
		target    *backend.Target
		may, must []string
	}{{amd64.Target(), baseline, baseline}, {amd64.TargetV3(), slices.Concat(baseline, levelV3), levelV3}} {
		names := make(map[string]int)
		for _, p := range programs {
			code, err := backend.Compile(c.target, p)
			if err != nil {
				t.Fatal(err)
			}
			instructions(t, names, code)
		}
		for name, n := range names {
			if !slices.Contains(c.may, name) {
				t.Errorf("%s: %d instructions %s are above the level", c.target.Tag(), n, name)
			}
		}
		for _, name := range c.must {
			if names[name] == 0 {
				t.Errorf("%s: no program has %s", c.target.Tag(), name)
			}
		}
	}
}

// TestBaselineRuns executes code on an emulated processor of the baseline,
// where others are illegal instructions.
func TestBaselineRuns(t *testing.T) {
	targettest.RunOldest(t, amd64.Target(), slices.Concat(targettest.IdiomCases(), targettest.RandomCases(500, 100)))
}

// suitePrograms are those of the suite.
func suitePrograms(t *testing.T) []*ir.Program {
	t.Helper()
	var list []*ir.Program
	for _, c := range targettest.Suite(200) {
		p, err := ir.Parse(c.Text)
		if err != nil {
			t.Fatal(err)
		}
		p.Hook = targettest.Hook()
		list = append(list, p)
	}
	return list
}

// objectPrograms are those of the objects below testdata and the examples that
// the verifier accepts and the compiler can compile.
func objectPrograms(t *testing.T) []*ir.Program {
	t.Helper()
	var list []*ir.Program
	for _, pattern := range []string{"testdata/*.o", "testdata/clang13/*.o", "examples/*/*.o", "test/bench/programs/*.o"} {
		files, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			list = append(list, programsOf(t, file)...)
		}
	}
	if len(list) < 30 {
		t.Errorf("only %d programs of objects", len(list))
	}
	return list
}

func programsOf(t *testing.T, file string) []*ir.Program {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(data, file, elf.Options{})
	if err != nil {
		return nil // meant to be refused
	}
	var list []*ir.Program
	for _, p := range obj.Programs {
		facts, err := verifier.Verify(obj, p, verifier.Options{})
		if err != nil {
			continue
		}
		prog, err := ir.Build(obj, p, facts)
		if err != nil {
			continue
		}
		ir.Optimize(prog)
		list = append(list, prog)
	}
	return list
}
