package enginetest

import (
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Vector is one run of testdata/vectors: the host's C compiler gave Want, all
// 64 bits of the result, for Input.
type Vector struct {
	Line  int
	Input []byte
	Want  uint64
}

// Vectors reads a file of vectors. The runs are one sequence: a program may
// keep state.
func Vectors(tb testing.TB, file string) []Vector {
	tb.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	var all []Vector
	for line := range strings.Lines(string(text)) {
		v, err := parseVector(line)
		if err != nil {
			tb.Fatalf("%s:%d: %v", file, len(all)+1, err)
		}
		v.Line = len(all) + 1
		all = append(all, v)
	}
	if len(all) == 0 {
		tb.Fatalf("%s is empty", file)
	}
	return all
}

func parseVector(line string) (v Vector, err error) {
	input, result, ok := strings.Cut(strings.TrimSpace(line), " ")
	if !ok {
		return v, fmt.Errorf("%q has no result", line)
	}
	if input != "-" {
		if v.Input, err = hex.DecodeString(input); err != nil {
			return v, err
		}
	}
	v.Want, err = strconv.ParseUint(result, 16, 64)
	return v, err
}
