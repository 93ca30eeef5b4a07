package ebpf

import (
	"errors"
	"fmt"
	"io"
)

// Memory is the memory of an array: its elements, each value rounded up to 8
// bytes. Programs work on it at the same time.
type Memory struct {
	b        []byte
	readOnly bool
}

// Memory returns the memory of an array with the flag BPF_F_MMAPABLE. It is
// read-only when the map is frozen or has a flag that says so; else the map cannot
// be frozen any more. It can be used after the map is closed.
//
// The error wraps ErrNotSupported for other maps.
func (m *Map) Memory() (*Memory, error) {
	if err := m.open("memory"); err != nil {
		return nil, err
	}
	b, readOnly, err := m.rt.Memory()
	if err != nil {
		return nil, m.fail(err)
	}
	return &Memory{b, readOnly}, nil
}

// Size is the size in bytes.
func (mm *Memory) Size() uint32 { return uint32(len(mm.b)) }

// ReadOnly reports whether WriteAt is refused.
func (mm *Memory) ReadOnly() bool { return mm.readOnly }

// ReadAt copies bytes out, as io.ReaderAt.
func (mm *Memory) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(mm.b)) {
		return 0, fmt.Errorf("read at %d of %d bytes: %w", off, len(mm.b), errOutside)
	}
	n := copy(p, mm.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt copies bytes in, as io.WriterAt. The error wraps ErrReadOnly for memory
// that is.
func (mm *Memory) WriteAt(p []byte, off int64) (int, error) {
	switch {
	case mm.readOnly:
		return 0, fmt.Errorf("write to memory of a map: %w", ErrReadOnly)
	case off < 0 || off >= int64(len(mm.b)):
		return 0, fmt.Errorf("write at %d of %d bytes: %w", off, len(mm.b), errOutside)
	}
	n := copy(mm.b[off:], p)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// errOutside is wrapped by errors of offsets.
var errOutside = errors.New("offset is outside of the memory")

// Freeze makes the map read-only for hosts, for ever. Errors as rtlib.Map.Freeze.
func (m *Map) Freeze() error {
	if err := m.open("freeze"); err != nil {
		return err
	}
	return m.fail(m.rt.Freeze())
}
