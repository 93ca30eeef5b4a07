// Package vectors has this project's own vectors of the instruction set: what
// the public suite does not ask. Cases reads the files *.data beside it, in the
// format of isatest.ParseCase; Families makes programs that ask one operation
// for every register in every role, with all others live, on operands at the
// edges. Both give cases that every engine runs: the interpreter, the
// evaluator of the IR, machine code and Go bodies.
//
// What a run must give is written in the file by hand, or computed by a model
// (model.go) on numbers without a width, which shares nothing with an engine.
package vectors

import (
	"embed"
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
)

//go:embed *.data
var files embed.FS

// Cases reads the files, by name.
func Cases() ([]*isatest.Case, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var cases []*isatest.Case
	for _, e := range entries {
		text, err := files.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		c, err := isatest.ParseCase(strings.TrimSuffix(e.Name(), ".data"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}
