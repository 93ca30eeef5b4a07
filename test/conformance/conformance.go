// Package conformance runs programs in the form of the public bpf_conformance
// suite: the bytes of a program, the memory that r1 points to (r2 is its
// length), and what r0 must be at exit. Run is the one function behind the
// tests, `make conformance` (summary) and the plugin for the suite's own
// runner. A program goes the whole way of an object's: decoded, verified,
// compiled, linked and loaded by rtlib; the interpreter is an engine like the
// others.
//
// Vectors with an error must be refused, when they are decoded or verified.
package conformance

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// Program is what the suite gives a run time.
type Program struct {
	Name   string
	Code   []byte // little-endian instructions
	Memory []byte
}

// Outcome is what became of a program: R0, or why there is none. Refused says
// that it did not run.
type Outcome struct {
	R0      uint64
	Err     error
	Refused bool
}

// Run runs programs on an engine. The error is about the engine: a tool is
// missing, a run died. Then programs without an outcome have that error.
func Run(ctx context.Context, e harness.Engine, programs []Program) ([]Outcome, error) {
	outcomes := make([]Outcome, len(programs))
	var cases []harness.Case
	var index []int // of the case's program
	for i, p := range programs {
		c, err := p.prepare()
		if err != nil {
			outcomes[i] = Outcome{Err: err, Refused: true}
			continue
		}
		cases, index = append(cases, c), append(index, i)
	}
	if len(cases) == 0 {
		return outcomes, nil
	}
	results, err := options().Run(ctx, e, cases)
	for k, i := range index {
		switch {
		case k >= len(results) || results[k].Refused == nil && len(results[k].Outputs) == 0:
			outcomes[i].Err = err
			if err == nil {
				outcomes[i].Err = errors.New("the engine gave no result")
			}
		case results[k].Refused != nil:
			outcomes[i] = Outcome{Err: results[k].Refused, Refused: true}
		case results[k].Outputs[0].Err != "":
			outcomes[i].Err = errors.New(results[k].Outputs[0].Err)
		default:
			outcomes[i].R0 = results[k].Outputs[0].R0
		}
	}
	return outcomes, err
}

// options has the suite's only helper.
func options() harness.Options {
	return harness.Options{
		Helpers: map[int32]func([5]uint64) uint64{isatest.UnwindHelper: isatest.Unwind},
		Files:   map[string]string{"unwind.go": isatest.UnwindSource},
	}
}

// prepare decodes and verifies. The engines that compile do the latter once
// more: what is refused is so on every engine.
func (p *Program) prepare() (harness.Case, error) {
	c := harness.Case{Name: p.Name, Inputs: []harness.Input{{Data: p.Memory}}}
	if len(p.Code) == 0 {
		return c, errors.New("the program is empty")
	}
	insns, err := bpf.Decode(p.Code, binary.LittleEndian)
	if err != nil {
		return c, fmt.Errorf("decode: %w", err)
	}
	c.Object = isatest.NewObject(p.Name, insns, len(p.Memory))
	if err := c.Object.Check(); err != nil {
		return c, err
	}
	_, err = verifier.Verify(c.Object, c.Object.Programs[0], verifier.Options{})
	return c, err
}

// Vector is a vector of a file as a Program and what it must give.
type Vector struct {
	Program
	Result uint64
	Error  string // not empty: must be refused
}

// Read reads the vectors of a folder, by name.
func Read(dir string) ([]Vector, error) {
	files, err := isatest.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var vectors []Vector
	for _, f := range files {
		code, err := f.Code()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		vectors = append(vectors, Vector{Program{f.Name, code, f.Memory}, f.Result, f.Error})
	}
	return vectors, nil
}

// Failure is a vector that did not do what it must.
type Failure struct {
	Vector *Vector
	Got    Outcome
}

// Error names the vector, what came and what had to come.
func (f *Failure) Error() string {
	switch {
	case f.Vector.Error != "" && f.Got.Err == nil:
		return fmt.Sprintf("%s: got %#x, want a refusal (%s)", f.Vector.Name, f.Got.R0, f.Vector.Error)
	case f.Vector.Error != "":
		return fmt.Sprintf("%s: got %v, want a refusal (%s)", f.Vector.Name, f.Got.Err, f.Vector.Error)
	case f.Got.Err != nil:
		return fmt.Sprintf("%s: got %v, want %#x", f.Vector.Name, f.Got.Err, f.Vector.Result)
	}
	return fmt.Sprintf("%s: got %#x, want %#x", f.Vector.Name, f.Got.R0, f.Vector.Result)
}

// Check runs vectors on an engine. It returns those that failed, all of them
// when the engine could not run; the error says why.
func Check(ctx context.Context, e harness.Engine, vectors []Vector) ([]Failure, error) {
	programs := make([]Program, len(vectors))
	for i := range vectors {
		programs[i] = vectors[i].Program
	}
	outcomes, err := Run(ctx, e, programs)
	var failures []Failure
	for i, got := range outcomes {
		v := &vectors[i]
		passed := got.Err == nil && got.R0 == v.Result
		if v.Error != "" {
			passed = got.Refused && got.Err.Error() != ""
		}
		if !passed {
			failures = append(failures, Failure{v, got})
		}
	}
	return slices.Clip(failures), err
}
