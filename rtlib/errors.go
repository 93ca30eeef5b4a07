package rtlib

import (
	"errors"
	"fmt"
	"os"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// MapError is the error of an operation on a map. It wraps the host's
// syscall.Errno, so errors.Is(err, syscall.ENOENT) and errors.Is(err,
// os.ErrNotExist) hold for a missing key.
type MapError struct {
	Map    string    // name of the map
	Op     string    // "lookup", "update", "delete", "next key", "create"
	Detail string    // what was wrong, with sizes
	Errno  bpf.Errno // number as programs see it
}

// Error returns one line: map, operation, reason and errno.
func (e *MapError) Error() string {
	return fmt.Sprintf("map %q: %s: %s (%v)", e.Map, e.Op, e.Detail, e.Errno)
}

// Unwrap returns the host's syscall.Errno.
func (e *MapError) Unwrap() error { return hostErrno(e.Errno) }

// errClosed is wrapped by errors of what was closed before; it satisfies
// errors.Is(err, os.ErrClosed).
func errClosed(what, name string) error {
	return fmt.Errorf("%s %q is closed: %w", what, name, os.ErrClosed)
}

// ErrNoSlot is wrapped by NewFrame's error when every execution slot is
// leased.
var ErrNoSlot = errors.New("no free execution slot")
