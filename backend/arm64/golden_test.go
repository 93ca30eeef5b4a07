package arm64_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden compares listings with testdata/*.golden. The functions are those
// of amd64's goldens.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("../amd64/testdata/*.ir")
	if err != nil || len(files) == 0 {
		t.Fatalf("no functions: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := targettest.Listing(compile(t, arm64.Target(), string(text)))
		golden := filepath.Join("testdata", strings.TrimSuffix(filepath.Base(file), ".ir")+".golden")
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
	listing := func() (string, error) {
		p, err := ir.Parse(c.Text)
		if err != nil {
			return "", err
		}
		code, err := backend.Compile(arm64.Target(), p)
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
		wg.Go(func() { texts[i], errs[i] = listing() })
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
	_, err = backend.Compile(arm64.Target(), p)
	if want := "backend: arm64: function f: value v1 ctxload: names a context field that the hook does not have"; err == nil || err.Error() != want {
		t.Errorf("Compile = %v, want %s", err, want)
	}
}
