package codegen

import (
	"bytes"
	"flag"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// generate runs Generate and fails the test on an error.
func generate(t *testing.T, in Input) []File {
	t.Helper()
	files, err := Generate(in)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// golden compares files with testdata/dir.
func golden(t *testing.T, dir string, files []File) {
	t.Helper()
	for _, f := range files {
		path := filepath.Join("testdata", dir, f.Name+".golden")
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(f.Data)); diff != "" {
			t.Errorf("%s differs (-want +got), run with -update when that is right:\n%s", path, diff)
		}
	}
}

func TestGolden(t *testing.T) {
	in := lengthInput(t)
	golden(t, "length", generate(t, in))
	in.Annotate = AnnotateFull
	golden(t, "full", generate(t, in)[1:3])
	in.Annotate, in.Tags = AnnotateNone, "linux || darwin"
	golden(t, "none", generate(t, in)[1:3])
}

func TestFormatted(t *testing.T) {
	for _, f := range generate(t, lengthInput(t)) {
		if !strings.HasSuffix(f.Name, ".go") {
			continue
		}
		formatted, err := format.Source(f.Data)
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if !bytes.Equal(formatted, f.Data) {
			t.Errorf("%s is not as gofmt has it:\n%s", f.Name, cmp.Diff(string(formatted), string(f.Data)))
		}
	}
}
