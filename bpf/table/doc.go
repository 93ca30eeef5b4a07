// Package table holds the rows that only the compiler needs: operations,
// helper and kernel function prototypes, map types, hooks, objects. Every stage
// reads these rows and none keeps a list of its own; whether something is
// supported is a field of its row, so errors, documentation and code cannot
// disagree. User binaries do not link this package.
package table

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Status says how far a row is implemented. The values are ordered: the
// verifier and the reference interpreter accept rows from Verified on, the
// stages that make code only Supported ones. Every stage that meets a row
// below its need returns an error that wraps bpf.ErrUnsupported.
type Status uint8

// The states of a row.
const (
	Unsupported Status = iota // known by name and prototype, refused
	Verified                  // programs with it can be verified, not compiled
	Supported                 // on every engine
)

// String returns "unsupported", "verified" or "supported".
func (s Status) String() string {
	names := [...]string{"unsupported", "verified", "supported"}
	if int(s) >= len(names) {
		return "?"
	}
	return names[s]
}

// Compiled returns nil for a row that is Supported and otherwise an error that
// wraps bpf.ErrUnsupported and names the thing: "helper fib_lookup is verified,
// but not compiled yet: not supported".
func (s Status) Compiled(thing string) error {
	switch s {
	case Supported:
		return nil
	case Verified:
		return fmt.Errorf("%s is verified, but not compiled yet: %w", thing, bpf.ErrUnsupported)
	}
	return fmt.Errorf("%s: %w", thing, bpf.ErrUnsupported)
}
