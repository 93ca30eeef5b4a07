package bpf

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

// llvmKnows reports whether LLVM 19 prints the operation.
func llvmKnows(i Instruction) bool { return i.Op != OpLoadAcq && i.Op != OpStoreRel }

// printed is every form that LLVM 19 knows.
func printed() []Instruction {
	var all []Instruction
	for _, i := range forms() {
		if llvmKnows(i) {
			all = append(all, i)
		}
	}
	return all
}

// TestPrintGolden checks String against testdata/print.golden, which is the
// output of llvm-objdump.
func TestPrintGolden(t *testing.T) {
	var out bytes.Buffer
	if err := Print(&out, printed(), Listing{Bytes: true}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/print.golden")
	if err != nil {
		t.Fatal(err)
	}
	compareLines(t, out.String(), string(want))
}

func compareLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) {
		t.Errorf("got %d lines, want %d", len(g), len(w))
	}
	for k := range min(len(g), len(w)) {
		if g[k] != w[k] {
			t.Errorf("line %d:\ngot  %s\nwant %s", k+1, g[k], w[k])
		}
	}
}

// TestGoldenIsLLVM compares testdata/print.golden with llvm-objdump itself;
// with -update it writes the file.
func TestGoldenIsLLVM(t *testing.T) {
	for _, tool := range []string{"llvm-mc-19", "llvm-objdump-19"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatalf("%s is missing", tool)
			}
			t.Skipf("%s is missing: the golden file is not compared with LLVM", tool)
		}
	}
	insns := printed()
	plain, v3 := objdump(t, insns), objdump(t, insns, "--mcpu=v3")
	var out strings.Builder
	line := 0
	for pc := 0; pc < len(insns); pc += slots(insns[pc]) {
		if opcodes[insns[pc].Op].form == formatAtomic && insns[pc].Width == 4 {
			fmt.Fprintln(&out, v3[line])
		} else {
			fmt.Fprintln(&out, plain[line])
		}
		line++
	}
	const file = "testdata/print.golden"
	if *update {
		if err := os.WriteFile(file, []byte(out.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	compareLines(t, out.String(), string(want))
}

// objdump returns the lines that llvm-objdump prints for a program, symbols
// of jump targets removed.
func objdump(t *testing.T, insns []Instruction, flags ...string) []string {
	t.Helper()
	raw, err := Encode(insns, binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	text := ".text\n.globl f\n.type f,@function\nf:\n"
	for _, b := range raw {
		text += fmt.Sprintf(".byte %d\n", b)
	}
	dir := t.TempDir()
	src, obj := filepath.Join(dir, "f.s"), filepath.Join(dir, "f.o")
	if err := os.WriteFile(src, []byte(text+".size f, .-f\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("llvm-mc-19", "-triple=bpfel", "-filetype=obj", src, "-o", obj).CombinedOutput(); err != nil {
		t.Fatalf("llvm-mc-19: %v\n%s", err, out)
	}
	out, err := exec.Command("llvm-objdump-19", append([]string{"-d", obj}, flags...)...).Output()
	if err != nil {
		t.Fatalf("llvm-objdump-19: %v", err)
	}
	_, body, _ := strings.Cut(string(out), "<f>:\n")
	symbol := regexp.MustCompile(` <f(\+0x[0-9a-f]+)?>$`)
	var lines []string
	for line := range strings.Lines(body) {
		lines = append(lines, symbol.ReplaceAllString(strings.TrimSuffix(line, "\n"), ""))
	}
	return lines
}

func TestPrintNewer(t *testing.T) {
	for _, c := range []struct {
		insn Instruction
		want string
	}{
		{Instruction{Op: OpLoadAcq, Width: 8, Dst: R0, Src: R1}, "r0 = load_acquire((u64 *)(r1 + 0x0))"},
		{Instruction{Op: OpLoadAcq, Width: 1, Dst: R0, Src: R1, Off: -1}, "w0 = load_acquire((u8 *)(r1 - 0x1))"},
		{Instruction{Op: OpStoreRel, Width: 2, Dst: R1, Src: R2}, "store_release((u16 *)(r1 + 0x0), w2)"},
		{Instruction{}, ""},
		{Instruction{Op: 200}, "op(200)"},
	} {
		if got := c.insn.String(); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.insn, got, c.want)
		}
	}
}

func ExamplePrint() {
	raw := []byte{
		0x55, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x18, 0x00, 0x00, 0x00, 0x78, 0x56, 0x34, 0x12, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
		0x95, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	}
	insns, err := Decode(raw, binary.LittleEndian)
	if err != nil {
		panic(err)
	}
	err = Print(os.Stdout, insns, Listing{Label: func(target int) string { return fmt.Sprintf("L%d", target) }})
	if err != nil {
		panic(err)
	}
	// Output:
	//        0:	if r1 != 0x0 goto +0x2 <L3>
	//        1:	r0 = 0x112345678 ll
	//        3:	exit
}
