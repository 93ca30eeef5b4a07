package targettest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// Golden compares what functions in the textual form of the IR become with
// golden listings. Each function is a file of sources, a pattern; its listing
// is the file of the same name below golden, which update writes.
func Golden(t *testing.T, target *backend.Target, sources, golden string, update bool) {
	t.Helper()
	files, err := filepath.Glob(sources)
	if err != nil || len(files) == 0 {
		t.Fatalf("no functions: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code, err := compile(target, string(text))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		got := Listing(code)
		listing := filepath.Join(golden, strings.TrimSuffix(filepath.Base(file), ".ir")+".golden")
		if update {
			if err := os.WriteFile(listing, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(listing)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s\nwant\n%s\n(-update writes it)", file, got, want)
		}
	}
}

// Compile compiles a program in textual form, whose hook is Hook. An error ends
// the test. Run also proves the allocation.
func Compile(tb testing.TB, target *backend.Target, text string) *backend.Code {
	tb.Helper()
	p, err := ir.Parse(text)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	p.Hook = Hook()
	code, err := backend.Compile(target, p)
	if err != nil {
		tb.Fatalf("%v\n%s", err, text)
	}
	return code
}

// compile compiles a program in textual form and proves its allocation.
func compile(target *backend.Target, text string) (*backend.Code, error) {
	p, err := ir.Parse(text)
	if err != nil {
		return nil, err
	}
	p.Hook = Hook()
	return backend.CompileVerified(target, p)
}

// Concurrent: compilations at the same time give the same code.
func Concurrent(t *testing.T, target *backend.Target) {
	t.Helper()
	text := Random(7).Text
	const n = 8
	var listings [n]string
	var errs [n]error
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			var code *backend.Code
			if code, errs[i] = compile(target, text); errs[i] == nil {
				listings[i] = Listing(code)
			}
		})
	}
	wg.Wait()
	for i := range n {
		if errs[i] != nil || listings[i] != listings[0] || listings[i] == "" {
			t.Errorf("compilation %d: %v, differs: %v", i, errs[i], listings[i] != listings[0])
		}
	}
}

// Errors: what the IR must not have is an error that names the place.
func Errors(t *testing.T, target *backend.Target) {
	t.Helper()
	_, err := compile(target, "func f entry {\nb0:\n\tv1 = ctxload 99 ctx\n\tret v1\n}\n")
	want := fmt.Sprintf("backend: %s: function f: value v1 ctxload: names a context field that the hook does not have", target.Name)
	if err == nil || err.Error() != want {
		t.Errorf("Compile = %v, want %s", err, want)
	}
}
