package ir

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestPasses runs the pass that a file in testdata/passes is named after on
// the function in front of the line "---" and compares with what is behind it.
func TestPasses(t *testing.T) {
	files, err := filepath.Glob("testdata/passes/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	run := map[string]func(*Func) bool{}
	for _, p := range Passes() {
		run[p.Name] = p.Run
	}
	tested := map[string]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		pass, _, _ := strings.Cut(name, "_")
		tested[pass] = true
		t.Run(name, func(t *testing.T) { testPass(t, file, run[pass]) })
	}
	for name := range run {
		if !tested[name] {
			t.Errorf("pass %s has no test in testdata/passes", name)
		}
	}
}

func testPass(t *testing.T, file string, pass func(*Func) bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, want, _ := strings.Cut(string(text), "---\n")
	p, err := Parse(before)
	if err != nil {
		t.Fatal(err)
	}
	f := p.Funcs[0]
	if err := Check(f); err != nil {
		t.Fatalf("before: %v", err)
	}
	// Passes stand behind one that brings the constants together.
	w := &folder{f: f, r: newRenames(f)}
	w.gather()
	w.r.apply(f)
	if !pass(f) {
		t.Error("the pass says that it changed nothing")
	}
	if err := Check(f); err != nil {
		t.Errorf("behind: %v\n%s", err, f)
	}
	// Leftovers are the business of the pass "dead".
	sweep(f)
	got := f.String()
	if *update {
		if err := os.WriteFile(file, []byte(before+"---\n"+got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
