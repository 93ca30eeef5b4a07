package verifier_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/verifier"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
)

// objectPatterns are where objects stand in the repository.
var objectPatterns = []string{"testdata/*.o", "testdata/*/*.o", "testdata/*/*/*.o", "examples/*/*.o", "examples/*/testdata/*.o", "test/*/*.o", "test/bench/programs/*.o"}

// corpusEntry is what is expected of a program: a line of testdata/corpus.txt.
type corpusEntry struct {
	object, program string
	verdict         string // accept, or a reason's code
	kernel          string // accept, reject, or - where this kernel cannot be asked
}

func (c corpusEntry) String() string {
	return fmt.Sprintf("%s %s %s %s", c.object, c.program, c.verdict, c.kernel)
}

// corpus reads the expected verdicts, by object and program.
func corpus(t *testing.T) map[string]corpusEntry {
	t.Helper()
	b, err := os.ReadFile("testdata/corpus.txt")
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]corpusEntry{}
	for _, line := range strings.Split(string(b), "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) != 4 {
			t.Fatalf("corpus.txt: %q", line)
		}
		m[f[0]+" "+f[1]] = corpusEntry{f[0], f[1], f[2], f[3]}
	}
	return m
}

// ourObjects are all objects of the repository, relative to its root.
func ourObjects(t *testing.T) []string {
	t.Helper()
	var l []string
	for _, p := range objectPatterns {
		m, err := filepath.Glob(filepath.Join("..", p))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range m {
			l = append(l, strings.TrimPrefix(filepath.ToSlash(name), "../"))
		}
	}
	return l
}

// TestRepository: every program of every object of the repository has the
// verdict that testdata/corpus.txt says, and accepted ones have facts.
func TestRepository(t *testing.T) {
	want := corpus(t)
	accepted := 0
	for _, name := range ourObjects(t) {
		obj := load(t, filepath.Join("..", name))
		for _, p := range obj.Programs {
			key := name + " " + p.Name
			entry, known := want[key]
			delete(want, key)
			var stats verifier.Stats
			facts, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats})
			got := "accept"
			if err != nil {
				got = string(refusal(t, err).Code)
			} else {
				accepted++
				checkFacts(t, key, p, facts, &stats)
			}
			if !known {
				t.Errorf("%s: not in corpus.txt; verdict %s", key, got)
			} else if got != entry.verdict {
				t.Errorf("%s: got %s, want %s\n%+v", key, got, entry.verdict, err)
			}
		}
	}
	for key := range want {
		t.Errorf("%s: in corpus.txt, but there is no such program", key)
	}
	t.Logf("%d programs accepted", accepted)
}

// refusal is the verifier's error in err.
func refusal(t testing.TB, err error) *verifier.Error {
	t.Helper()
	var e *verifier.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *verifier.Error", err)
	}
	if e.Code == reason.Internal {
		t.Errorf("a defect of ours: %+v", err)
	}
	return e
}

// checkFacts asks for what holds of facts of any accepted program.
func checkFacts(t *testing.T, key string, p *frontend.Program, f *verifier.Facts, s *verifier.Stats) {
	t.Helper()
	switch {
	case f.MaxInsns == 0:
		t.Errorf("%s: no bound on the instructions", key)
	case len(f.Insns) != len(p.Insns) || len(f.Funcs) != len(p.Funcs):
		t.Errorf("%s: facts of %d slots and %d functions, want %d and %d", key, len(f.Insns), len(f.Funcs), len(p.Insns), len(p.Funcs))
	case !f.Insns[0].Reachable:
		t.Errorf("%s: the entry is not reachable", key)
	case f.Hash != verifier.HashProgram(p):
		t.Errorf("%s: facts of another program", key)
	case s.Unweakened:
		t.Errorf("%s: the checker refused the weakened certificate", key)
	case s.Insns != len(p.Insns) || s.Processed == 0 || s.Checked == 0 || s.States == 0 || s.Bytes == 0:
		t.Errorf("%s: statistics are %+v", key, *s)
	}
	for _, fn := range f.Funcs {
		if fn.Stack < 0 || fn.Stack > 512 || fn.ZeroLo > fn.ZeroHi || fn.ZeroHi > 0 {
			t.Errorf("%s: stack of %s is %+v", key, fn.Name, fn)
		}
	}
	for pc, i := range f.Insns {
		in := p.Insns[pc]
		if !i.Reachable {
			continue
		}
		if (in.Op == bpf.OpLoad || in.Op == bpf.OpStore) && (i.Access.Size != int(in.Width) || i.Access.OffMin > i.Access.OffMax) {
			t.Errorf("%s: slot %d: access is %+v", key, pc, i.Access)
		}
	}
}

// TestCollection verifies every object in the directory $BPF_CORPUS_DIR and
// prints what is refused: a tool for people with a collection of objects.
// Without one it takes testdata, whose verdicts TestRepository knows.
func TestCollection(t *testing.T) {
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
		obj, err := elf.Load(b, filepath.Base(name), elf.Options{Assume: true})
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		for _, p := range obj.Programs {
			if p.Err != nil {
				t.Logf("%s: %v", name, p.Err)
				continue
			}
			stats := verifier.Stats{}
			_, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats})
			switch {
			case errors.Is(err, bpf.ErrUnsupported):
				unsupported++
			case err != nil:
				t.Logf("%s: %+v\n%+v", name, stats, err)
			default:
				accepted++
			}
		}
	}
	t.Logf("%d accepted, %d unsupported", accepted, unsupported)
}
