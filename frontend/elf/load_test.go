package elf

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const objects = "../../testdata"

// committed returns the paths of all objects below testdata.
func committed(t testing.TB) []string {
	t.Helper()
	var files []string
	for _, dir := range []string{".", "clang13", "broken"} {
		found, err := filepath.Glob(filepath.Join(objects, dir, "*.o"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 20 {
		t.Fatalf("%d objects below %s, want at least 20", len(files), objects)
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func dump(t testing.TB, o *frontend.Object) string {
	t.Helper()
	var b bytes.Buffer
	if err := frontend.Dump(&b, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// goldenName names the listing of an object, "" for those that are broken for
// the verifier: to the loader they are like others. Objects of two compilers
// have the same name in two folders.
func goldenName(t *testing.T, file string) string {
	t.Helper()
	rel, err := filepath.Rel(objects, file)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.ReplaceAll(filepath.ToSlash(strings.TrimSuffix(rel, ".o")), "/", "_")
	if strings.HasPrefix(name, "broken_") {
		return ""
	}
	return name
}

// TestGolden compares the listing of the committed objects.
func TestGolden(t *testing.T) {
	for _, file := range committed(t) {
		name := goldenName(t, file)
		if name == "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			data := read(t, file)
			o, err := Load(data, file, Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := dump(t, o)
			golden(t, name, got)
			again, err := Load(data, file, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(o, again); diff != "" {
				t.Errorf("loading twice gives two objects: %s", diff)
			}
		})
	}
}

// golden compares got with testdata/name.golden, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(read(t, path)), got); diff != "" {
		t.Errorf("%s (want -, got +; run with -update after review):\n%s", path, diff)
	}
}

// TestGoldenFiles checks that no golden outlives its object.
func TestGoldenFiles(t *testing.T) {
	want := make(map[string]bool)
	for _, file := range committed(t) {
		want[goldenName(t, file)+".golden"] = true
	}
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !want[filepath.Base(file)] {
			t.Errorf("%s belongs to no object below %s", file, objects)
		}
	}
}
