package verifier_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestCorpus verifies every object in the directory $BPF_CORPUS_DIR, by default
// those of the repository, prints what is refused and follows the rest: a tool
// for people with a collection of objects.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("BPF_CORPUS_DIR")
	if dir == "" {
		dir = "../testdata"
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.o"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no objects in %s: %v", dir, err)
	}
	accepted, unsupported := 0, 0
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		obj, err := elf.Load(b, filepath.Base(name), elf.Options{})
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		for _, p := range obj.Programs {
			stats := verifier.Stats{}
			_, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats})
			switch {
			case errors.Is(err, bpf.ErrUnsupported):
				unsupported++
			case err != nil:
				t.Logf("%s: %+v\n%+v", name, stats, err)
			default:
				accepted++
				if stats.Unweakened {
					t.Errorf("%s: the weakened certificate was refused", name)
				}
				follow(t, obj, p, 5, input)
			}
		}
	}
	t.Logf("%d accepted, %d unsupported", accepted, unsupported)
}
