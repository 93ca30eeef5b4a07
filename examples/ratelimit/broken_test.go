package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestBroken: two mistakes that are easily made, and what the
// tool says about them.
func TestBroken(t *testing.T) {
	for _, name := range []string{"inserted", "bounds"} {
		b, err := os.ReadFile(filepath.Join("broken", name+".o"))
		if err != nil {
			t.Fatal(err)
		}
		obj, err := elf.Load(b, name+".o", elf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = verifier.Verify(obj, obj.Programs[0], verifier.Options{})
		var e *verifier.Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: %v, want a refusal", name, err)
		}
		file, got := filepath.Join("broken", name+".txt"), fmt.Sprintf("%+v", e)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(string(want), got); d != "" {
			t.Errorf("%s: -want +got\n%s", file, d)
		}
	}
}
