package verifier_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
)

// load reads an object of the repository.
func load(t testing.TB, name string) *frontend.Object {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(b, filepath.Base(name), elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// goodObjects are all objects of the repository that have to be accepted.
func goodObjects(t testing.TB) []string {
	var l []string
	for _, pattern := range []string{"../testdata/*.o", "../testdata/clang13/*.o", "../examples/*/*.o"} {
		m, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		l = append(l, m...)
	}
	if len(l) < 15 {
		t.Fatalf("only %d objects found", len(l))
	}
	return l
}
