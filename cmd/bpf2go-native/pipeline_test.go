package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestPipelineFlips changes a few bits of committed objects and runs every
// stage: the exit code is 0, 1 or 2, and nothing panics. Two thirds of the
// changes are in the code of the programs, where they get beyond the loader.
func TestPipelineFlips(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*.o", "clang13/*.o", "broken/*.o"} {
		found, err := filepath.Glob(filepath.Join("..", "..", "testdata", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	rounds := 8
	if testing.Short() {
		rounds = 3
	}
	dir := t.TempDir()
	object := filepath.Join(dir, "x.o")
	codes := make(map[int]int)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(3, uint64(len(data))))
		for n := range rounds {
			bad := bytes.Clone(data)
			// Code stands behind the header and the string table, in the
			// first part of the file.
			limit := len(bad)
			if n%3 > 0 {
				limit /= 8
			}
			for range 1 + r.IntN(3) {
				bad[64+r.IntN(limit-64)] ^= 1 << r.IntN(8)
			}
			if err := os.WriteFile(object, bad, 0o666); err != nil {
				t.Fatal(err)
			}
			codes[flipped(t, fmt.Sprintf("%s, change %d", file, n), object)]++
		}
	}
	t.Logf("exit codes: %v", codes)
	if codes[0] == 0 || codes[1] == 0 || codes[2] == 0 {
		t.Errorf("exit codes %v: the changes do not reach every stage", codes)
	}
}

// flipped runs the tool on an object, without writing, and returns the exit
// code.
func flipped(t *testing.T, what, object string) int {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: panic: %v", what, r)
			saved := filepath.Join(os.TempDir(), "bpf2go-native-panic.o")
			if data, err := os.ReadFile(object); err == nil && os.WriteFile(saved, data, 0o666) == nil {
				t.Logf("the object is %s", saved)
			}
		}
	}()
	var stdout, stderr bytes.Buffer
	code := run([]string{"-go-package", "p", "-dump", "asm", "x", object}, nil, &stdout, &stderr)
	if code > 2 {
		t.Errorf("%s: exit code %d: %s", what, code, stderr.Bytes())
	}
	return code
}
