package codegen

import (
	"fmt"
	"slices"
)

// GenerateCode prints only the files of Generate with the code that goarch
// builds: assembly and its declarations when the programs have code for it, Go
// bodies otherwise. It is for tests that link thousands of programs into one
// binary and tell rtlib of them themselves.
func GenerateCode(in Input, goarch string) ([]File, error) {
	if err := in.check(); err != nil {
		return nil, fmt.Errorf("codegen: %w", err)
	}
	g, err := newGenerator(&in)
	if err != nil {
		return nil, fmt.Errorf("codegen: %w", err)
	}
	stages := []func(*generator) ([]File, error){bodyFile}
	switch {
	case slices.Contains(g.native, goarch):
		stages = []func(*generator) ([]File, error){asmFiles, nativeFile}
	case !slices.Contains(g.bodies, goarch):
		return nil, fmt.Errorf("codegen: there is no code for GOARCH %s", goarch)
	}
	var files []File
	for _, stage := range stages {
		more, err := stage(g)
		if err != nil {
			return nil, fmt.Errorf("codegen: %w", err)
		}
		files = append(files, more...)
	}
	return files, nil
}

// Serves reports whether there is code for a GOARCH, Go bodies at least.
func Serves(goarch string) bool { return slices.Contains(bodyArchs[:], goarch) }

// EntryName is the Go name of a program's entry in the generated package, of
// the first program with that C name.
func EntryName(ident, program string) string { return lowerFirst(ident) + "_" + symbolPart(program) }
