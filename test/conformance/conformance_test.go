package conformance

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// engines are all that vectors run on: two of the bodies are for architectures
// that have no machine code, one of them with 32 bits.
func engines() map[string]harness.Engine {
	return map[string]harness.Engine{
		"interp": harness.Interp(), "amd64": harness.Native("amd64"), "amd64.v3": harness.Native("amd64.v3"), "arm64": harness.Native("arm64"),
		"go": harness.Host(), "go riscv64": harness.Body("riscv64"), "go arm": harness.Body("arm"),
	}
}

// TestOwn runs the vectors of testdata.
func TestOwn(t *testing.T) {
	vectors, err := Read("testdata")
	if err != nil {
		t.Fatal(err)
	}
	check(t, vectors)
}

// TestSuite runs the vectors of the public suite.
func TestSuite(t *testing.T) {
	dir := os.Getenv("BPF_CONFORMANCE_DIR")
	if dir == "" {
		t.Skip("BPF_CONFORMANCE_DIR is not set: the vectors of bpf_conformance are not run")
	}
	vectors, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	check(t, vectors)
}

func check(t *testing.T, vectors []Vector) {
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			if why := engine.Missing(); why != "" {
				enginetest.Missing(t, why)
			}
			failures, err := Check(t.Context(), engine, vectors)
			if err != nil {
				t.Error(err)
			}
			for i := range failures {
				t.Error(&failures[i])
			}
			t.Logf("%d of %d vectors", len(vectors)-len(failures), len(vectors))
		})
	}
}

// TestFailures: Check finds what is wrong, whatever it is.
func TestFailures(t *testing.T) {
	one := []byte{0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0}
	for _, c := range []struct {
		v    Vector
		want string // "" when it passes
	}{
		{Vector{Program{"one", one, nil}, 1, ""}, ""},
		{Vector{Program{"two", one, nil}, 2, ""}, "two: got 0x1, want 0x2"},
		{Vector{Program{"accepted", one, nil}, 0, "reason"}, "accepted: got 0x1, want a refusal (reason)"},
		{Vector{Program{"refused", one[:8], nil}, 0, "reason"}, ""},
		{Vector{Program{"refused", one[:8], nil}, 1, ""}, "refused: got "},
		{Vector{Program{"cut", one[:7], nil}, 1, ""}, "cut: got decode: "},
		{Vector{Program{"empty", nil, nil}, 0, ""}, "empty: got the program is empty, want 0x0"},
	} {
		failures, err := Check(t.Context(), harness.Interp(), []Vector{c.v})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(failures) > 0 {
			got = failures[0].Error()
		}
		if (c.want == "") != (got == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.v.Name, got, c.want)
		}
	}
}

// TestSummary is the line of make conformance.
func TestSummary(t *testing.T) {
	enginetest.Need(t, "go")
	enginetest.Need(t, "qemu-aarch64")
	for _, c := range []struct {
		dir, want string
		ok        bool
	}{
		{"testdata", "conformance: interp 9/9, amd64 9/9, arm64 9/9, go 9/9\n", true},
		{"testdata/wrong", "conformance: interp 0/1, amd64 0/1, arm64 0/1, go 0/1\n", false},
		{"", "", false},
	} {
		cmd := exec.Command("go", "run", "./summary")
		cmd.Env = append(os.Environ(), "BPF_CONFORMANCE_DIR="+c.dir)
		var details strings.Builder
		cmd.Stderr = &details
		out, err := cmd.Output()
		if string(out) != c.want || (err == nil) != c.ok {
			t.Errorf("%q: got %q, %v, want %q\n%s", c.dir, out, err, c.want, details.String())
		}
	}
}
