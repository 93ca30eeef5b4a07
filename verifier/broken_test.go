package verifier_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestBroken compares the messages of refused objects with goldens.
func TestBroken(t *testing.T) {
	names, err := filepath.Glob("../testdata/broken/*.o")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d objects, %v", len(names), err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(filepath.Base(name), ".o")
		t.Run(base, func(t *testing.T) {
			obj := load(t, name)
			_, err := verifier.Verify(obj, obj.Programs[0], verifier.Options{})
			var e *verifier.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a refusal", err)
			}
			whole := fmt.Sprintf("%+v", e)
			golden(t, base+".txt", fmt.Sprintf("%v\n\n%s", e, whole))
			head, rest, _ := strings.Cut(whole, "\n")
			if n := strings.Count(whole, "\n"); n > 12 || strings.Contains(head, "instruction ") && e.Code != "V030" || !strings.Contains(rest, "Need:") {
				t.Errorf("%d lines, at most 12 are for a reader; the first one does not count instructions; what is needed is said:\n%s", n, whole)
			}
		})
	}
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: -want +got\n%s", file, d)
	}
}
