package bpf

import (
	"errors"
	"fmt"
)

// ErrUnsupported is wrapped by every error about a feature that is valid eBPF
// but that this version does not compile; the error names the feature.
var ErrUnsupported = errors.New("not supported")

// Pos is a place in a source file. Line and Col count from 1; 0 is unknown.
type Pos struct {
	File string
	Line int
	Col  int
}

// String formats the position as file:line:col, leaving out what is unknown.
func (p Pos) String() string {
	switch {
	case p.File == "":
		return "-"
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
