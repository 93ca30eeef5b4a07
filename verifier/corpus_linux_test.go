package verifier_test

import (
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestRepositoryKernel: the kernel's verdict on every program of the
// repository that it can load is the one that testdata/corpus.txt says. With
// -update it writes the file: our verdicts and the kernel's, to be reviewed.
func TestRepositoryKernel(t *testing.T) {
	requireKernel(t)
	var lines []string
	want := map[string]corpusEntry{}
	if !*update {
		want = corpus(t)
	}
	asked := 0
	for _, name := range ourObjects(t) {
		verdicts, logs := kernelVerdicts(t, filepath.Join("..", name))
		obj := load(t, filepath.Join("..", name))
		for _, p := range obj.Programs {
			key := name + " " + p.Name
			got := verdicts[p.Name]
			if got == "" {
				got = "-"
			} else {
				asked++
			}
			if *update {
				ours := "accept"
				if _, err := verifier.Verify(obj, p, verifier.Options{}); err != nil {
					ours = string(refusal(t, err).Code)
				}
				lines = append(lines, corpusEntry{name, p.Name, ours, got}.String())
				continue
			}
			if w := want[key]; w.kernel != "-" && got != w.kernel {
				t.Errorf("%s: the kernel says %s, want %s\n%s", key, got, w.kernel, logs[p.Name])
			}
		}
	}
	t.Logf("the kernel was asked about %d programs", asked)
	if *update {
		sort.Strings(lines)
		text := "# object, program, our verdict (accept or the reason), the kernel's (- where it cannot be asked)\n" + strings.Join(lines, "\n") + "\n"
		if err := os.WriteFile("testdata/corpus.txt", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// kernelVerdicts loads each program of an object; those of types that the
// kernel does not have, or does not know by this section, have none.
func kernelVerdicts(t *testing.T, file string) (verdicts, logs map[string]string) {
	t.Helper()
	verdicts, logs = map[string]string{}, map[string]string{}
	spec, err := ebpf.LoadCollectionSpec(file)
	if err != nil {
		t.Logf("%s: %v", file, err)
		return nil, nil
	}
	for name := range spec.Programs {
		if spec.Programs[name].Type == ebpf.UnspecifiedProgram {
			continue
		}
		one := spec.Copy()
		for other := range one.Programs {
			if other != name && !referenced(one, other) {
				delete(one.Programs, other)
			}
		}
		for _, m := range one.Maps {
			m.Pinning = ebpf.PinNone
		}
		c, err := ebpf.NewCollection(one)
		var refused *ebpf.VerifierError
		switch {
		case err == nil:
			c.Close()
			verdicts[name] = "accept"
		case errors.As(err, &refused):
			verdicts[name], logs[name] = "reject", err.Error()
		default:
			t.Logf("%s: %s: %v", file, name, err)
		}
	}
	return verdicts, logs
}

// referenced reports whether a program array is made with the program.
func referenced(spec *ebpf.CollectionSpec, program string) bool {
	for _, m := range spec.Maps {
		for _, kv := range m.Contents {
			if kv.Value == program {
				return true
			}
		}
	}
	return false
}
