package amd64_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden compares the listing of each testdata/*.ir with its golden file.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.ir")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ir.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		p.Hook = targettest.Hook()
		code, err := backend.CompileVerified(amd64.Target(), p)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		golden := strings.TrimSuffix(file, ".ir") + ".golden"
		got := targettest.Listing(code)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s\n(-update writes it)", file, got, want)
		}
	}
}

// TestConcurrent: compilations at the same time give the same code.
func TestConcurrent(t *testing.T) {
	c := targettest.Random(7)
	compile := func() (string, error) {
		p, err := ir.Parse(c.Text)
		if err != nil {
			return "", err
		}
		code, err := backend.Compile(amd64.Target(), p)
		if err != nil {
			return "", err
		}
		return targettest.Listing(code), nil
	}
	const n = 8
	var texts [n]string
	var errs [n]error
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { texts[i], errs[i] = compile() })
	}
	wg.Wait()
	for i := range n {
		if errs[i] != nil || texts[i] != texts[0] || texts[i] == "" {
			t.Errorf("compilation %d: %v, differs: %v", i, errs[i], texts[i] != texts[0])
		}
	}
}

func TestErrors(t *testing.T) {
	p, err := ir.Parse("func f entry {\nb0:\n\tv1 = ctxload 99 ctx\n\tret v1\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	p.Hook = targettest.Hook()
	_, err = backend.Compile(amd64.Target(), p)
	if want := "backend: amd64: function f: value v1 ctxload: names a context field that the hook does not have"; err == nil || err.Error() != want {
		t.Errorf("Compile = %v, want %s", err, want)
	}
}
