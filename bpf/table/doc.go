// Package table holds the rows that only the compiler needs: operations,
// helper prototypes, map types, hooks. Every stage reads these rows and none
// keeps a list of its own; whether something is supported is a field of its
// row, so errors, documentation and code cannot disagree. User binaries do
// not link this package.
package table

// Status says how far a row is implemented. Every stage that meets a row that
// is not Supported returns an error that wraps bpf.ErrUnsupported.
type Status uint8

// The states of a row.
const (
	Unsupported Status = iota // known by name and prototype, refused
	Supported                 // on every engine
)
