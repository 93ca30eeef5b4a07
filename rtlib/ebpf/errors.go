package ebpf

import (
	"errors"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// Errors to test for with errors.Is.
var (
	// ErrKeyNotExist: a map has no such key, or no key after it.
	ErrKeyNotExist = errors.New("key does not exist")
	// ErrKeyExist: UpdateNoExist found the key.
	ErrKeyExist = errors.New("key already exists")
	// ErrIterationAborted: a map was changed so much while it was iterated
	// that the iteration would not end.
	ErrIterationAborted = errors.New("iteration aborted")
	// ErrMapIncompatible: a map does not have the type and sizes of a spec.
	ErrMapIncompatible = errors.New("map is incompatible with the spec")
	// ErrNotSupported: valid, but not available in this process.
	ErrNotSupported = bpf.ErrUnsupported
	// ErrReadOnly: a constant, a frozen map or one with the flag RDONLY cannot
	// be written.
	ErrReadOnly = errors.New("resource is read-only")
)

// sentinelError is an error of rtlib that is one of the above as well.
type sentinelError struct {
	sentinel, err error
}

// Error is the text of rtlib's error, which says where and what.
func (e *sentinelError) Error() string { return e.err.Error() }

// Is and Unwrap make errors.Is find both, without an allocation.
func (e *sentinelError) Is(target error) bool { return target == e.sentinel }

func (e *sentinelError) Unwrap() error { return e.err }

// mapError gives an error of a map operation its sentinel.
func mapError(err error) error {
	var e *rtlib.MapError
	if !errors.As(err, &e) {
		return err
	}
	switch e.Errno {
	case bpf.ENOENT:
		return &sentinelError{ErrKeyNotExist, err}
	case bpf.EEXIST:
		return &sentinelError{ErrKeyExist, err}
	case bpf.ENOTSUP:
		return &sentinelError{ErrNotSupported, err}
	case bpf.EPERM:
		if e.Op != "lookup" && e.Op != "next key" && e.Op != "batch lookup" {
			return &sentinelError{ErrReadOnly, err}
		}
	}
	return err
}
