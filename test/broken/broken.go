// Package broken tests what the tool says about the deliberately broken variants
// of an example: each is an object NAME.o whose program is refused, next to the
// message in NAME.txt.
package broken

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

// Check compares the messages about the variants in a folder with their files.
func Check(t *testing.T, folder string, names ...string) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(folder, name+".o"))
		if err != nil {
			t.Fatal(err)
		}
		obj, err := elf.Load(data, name+".o", elf.Options{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = verifier.Verify(obj, obj.Programs[0], verifier.Options{})
		var refused *verifier.Error
		if !errors.As(err, &refused) {
			t.Fatalf("%s: %v, want a refusal", name, err)
		}
		file, got := filepath.Join(folder, name+".txt"), fmt.Sprintf("%+v", refused)
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
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: -want +got\n%s", file, diff)
		}
	}
}
