package ir_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestGolden shows what each pass does to real programs: the IR as built, the
// lines that each pass takes away and adds, and the IR that the generators
// get.
func TestGolden(t *testing.T) {
	for _, file := range []string{"../testdata/checksum.o", "../testdata/firewall.o"} {
		name := strings.TrimSuffix(filepath.Base(file), ".o")
		t.Run(name, func(t *testing.T) {
			got := passes(t, file)
			golden := filepath.Join("testdata", name+".golden")
			if flag.Lookup("update").Value.String() == "true" {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s (go test ./ir -update, then read the difference):\n%s", golden, difference(string(want), got))
			}
		})
	}
}

func passes(t *testing.T, file string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(raw, file, elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	prog := obj.Programs[0]
	facts, err := verifier.Verify(obj, prog, verifier.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := ir.Build(obj, prog, facts)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	last := ""
	ir.Trace(p, func(f *ir.Func, pass string, changed bool) {
		text := f.String()
		switch {
		case pass == "build":
			fmt.Fprintf(&b, "== build\n%s", text)
		case changed:
			fmt.Fprintf(&b, "== %s\n%s", pass, difference(last, text))
		case text != last:
			t.Errorf("%s says that it changed nothing:\n%s", pass, difference(last, text))
		}
		if again, err := ir.ParseFunc(text); err != nil || again.String() != text {
			t.Errorf("behind %s: the text does not survive Parse: %v", pass, err)
		}
		last = text
	})
	fmt.Fprintf(&b, "== result\n%s", last)
	return b.String()
}

// difference lists the lines that are only in a and only in b, in order, by
// the longest common subsequence.
func difference(a, b string) string {
	x, y := strings.Split(strings.TrimRight(a, "\n"), "\n"), strings.Split(strings.TrimRight(b, "\n"), "\n")
	common := make([][]int, len(x)+1)
	for i := range common {
		common[i] = make([]int, len(y)+1)
	}
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if common[i][j] = max(common[i+1][j], common[i][j+1]); x[i] == y[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var out strings.Builder
	i, j := 0, 0
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			i, j = i+1, j+1
		case i < len(x) && (j == len(y) || common[i+1][j] >= common[i][j+1]):
			out.WriteString("-" + x[i] + "\n")
			i++
		default:
			out.WriteString("+" + y[j] + "\n")
			j++
		}
	}
	return out.String()
}
