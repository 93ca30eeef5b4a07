package interp_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
)

const testdata = "../../testdata"

func load(t *testing.T, file string) *frontend.Object {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(raw, file, elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

// TestObjects runs every compiled form of the programs of testdata on their
// vectors, which the host's C compiler made from the same source.
func TestObjects(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testdata, "vectors", "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d vector files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		for _, form := range []string{name + ".o", name + "_xdp.o", "clang13/" + name + ".o", "clang13/" + name + "_xdp.o"} {
			t.Run(form, func(t *testing.T) {
				obj := load(t, filepath.Join(testdata, form))
				m, err := interp.New(obj, interp.Options{})
				if err != nil {
					t.Fatal(err)
				}
				runVectors(t, m, obj.Programs[0], file)
			})
		}
	}
}

// runVectors runs a program on each line of a file, in order: programs keep
// state. XDP programs give 32 bits.
func runVectors(t *testing.T, m *interp.Machine, prog *frontend.Program, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	for line := range strings.Lines(string(text)) {
		var input, result string
		if _, err := fmt.Sscan(line, &input, &result); err != nil || strings.HasPrefix(line, "#") {
			continue
		}
		data, err := hex.DecodeString(strings.Trim(input, "-"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.ParseUint(result, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		got, err := m.Run(prog, interp.Input{Data: data})
		if !prog.Hook.Memory {
			got.R0, want = uint64(uint32(got.R0)), uint64(uint32(want))
		}
		if err != nil || got.R0 != want {
			t.Fatalf("input %s: got %#x, %v, want %#x", input, got.R0, err, want)
		}
		lines++
	}
	if lines == 0 {
		t.Fatalf("%s has no vectors", file)
	}
}

// TestBrokenObjects: each broken program of testdata faults on some input.
func TestBrokenObjects(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"null_check", "a number, 0x0; it does not point to memory"},
		{"bounds", "of packet"},
		{"bounds_raw", "of packet"},
		{"uninitialised", "is not initialised"},
		{"unbounded", "more than"},
		{"helper_unknown", "linux has no helper 9999"},
		{"helper_type", "xdp programs cannot call helper skb_load_bytes"},
	} {
		obj := load(t, filepath.Join(testdata, "broken", c.name+".o"))
		m, err := interp.New(obj, interp.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var fault *interp.Fault
		found := ""
		for size := range 64 {
			_, err := m.Run(obj.Programs[0], interp.Input{Data: make([]byte, size), MaxInsns: 10_000})
			if errors.As(err, &fault) {
				found += err.Error() + "\n"
			}
		}
		if !strings.Contains(found, c.want) {
			t.Errorf("%s: faults %q, want one with %q", c.name, found, c.want)
		}
	}
}
