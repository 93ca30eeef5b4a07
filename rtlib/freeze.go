package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Freeze makes the map read-only for hosts, for ever. Programs write as before.
// An update that is under way on another goroutine may still happen.
//
// Errors: EPERM when hosts may not write already; EBUSY when Memory has given out
// memory to write to; ENOTSUP for values with a lock; os.ErrClosed.
func (m *Map) Freeze() error {
	const op = "freeze"
	switch {
	case m == nil || m.closed.Load():
		return m.refuse(op, nil, noValue)
	case m.spec.Lock != 0:
		return &MapError{m.name, op, "values have a struct bpf_spin_lock", bpf.ENOTSUP}
	}
	m.freezing.Lock()
	defer m.freezing.Unlock()
	switch {
	case m.hostReadOnly.Load():
		return &MapError{m.name, op, m.whyReadOnly(), bpf.EPERM}
	case m.mapped:
		return &MapError{m.name, op, "Memory has given out its memory to write to", bpf.EBUSY}
	}
	m.hostReadOnly.Store(true)
	return nil
}

// whyReadOnly says why hosts may not write.
func (m *Map) whyReadOnly() string {
	if m.spec.Flags&bpf.FlagRdonly != 0 {
		return "the map has the flag RDONLY"
	}
	return "the map is frozen"
}

// Memory returns the memory of an array with the flag MMAPABLE: its elements, each
// value rounded up to 8 bytes. Programs and other hosts work on it at the same
// time: single words are never torn, longer values can be. The memory is valid as
// long as the slice is referred to, also after Close.
//
// readOnly reports that the bytes must not be written: the map is frozen or has
// the flag RDONLY or RDONLY_PROG, as for a mapping in the kernel.
//
// Errors: ENOTSUP for other maps, EPERM for a map that hosts may not read;
// os.ErrClosed.
func (m *Map) Memory() (b []byte, readOnly bool, err error) {
	const op = "memory"
	switch {
	case m == nil || m.closed.Load():
		return nil, false, m.refuse(op, nil, noValue)
	case m.spec.Type != bpf.MapArray || m.spec.Flags&bpf.FlagMmapable == 0:
		return nil, false, &MapError{m.name, op, "the map is no array with the flag MMAPABLE", bpf.ENOTSUP}
	case m.hostWriteOnly:
		return nil, false, &MapError{m.name, op, "the map has the flag WRONLY", bpf.EPERM}
	}
	m.freezing.Lock()
	defer m.freezing.Unlock()
	readOnly = m.hostReadOnly.Load() || m.spec.Flags&bpf.FlagRdonlyProg != 0
	m.mapped = m.mapped || !readOnly
	return unsafe.Slice((*byte)(m.values), int(m.stride*m.max)), readOnly, nil
}
