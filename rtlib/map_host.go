package rtlib

import (
	"fmt"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Lookup copies the value of key to value. Both have the map's sizes. The copy
// is made by words of 8 bytes; a longer value can be half of a concurrent
// update in place by a program.
//
// Errors: ENOENT when there is no such key or index, EINVAL for wrong lengths,
// EPERM for a map that hosts may not read, ENOTSUP for a program array, which
// LookupProgram reads; os.ErrClosed.
func (m *Map) Lookup(key, value []byte) error {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || uintptr(len(value)) != m.valueSize || m.hostWriteOnly || m.kind == kindProgs {
		return m.refuseRead("lookup", key, len(value))
	}
	if !m.read(unsafe.Pointer(unsafe.SliceData(key)), unsafe.Pointer(unsafe.SliceData(value))) {
		return m.misses.lookup
	}
	return nil
}

// Update stores value under key. flags is bpf.UpdateAny, UpdateNoExist or
// UpdateExist. A hash map's value is replaced by a new copy: a running program
// that holds the old one keeps it to the end of its run.
//
// Errors: EEXIST and ENOENT as the flags ask, E2BIG when a hash map is full
// or an index is not below max_entries (EINVAL with Windows' rules), EINVAL
// for other flags or wrong lengths, EPERM for frozen maps and those that hosts
// may not write, ENOTSUP for a program array, which UpdateProgram writes;
// os.ErrClosed.
func (m *Map) Update(key, value []byte, flags uint64) error {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || uintptr(len(value)) != m.valueSize || m.hostReadOnly || m.kind == kindProgs {
		return m.refuseWrite("update", key, len(value))
	}
	if errno := m.write(unsafe.Pointer(unsafe.SliceData(key)), unsafe.Pointer(unsafe.SliceData(value)), flags); errno != 0 {
		return m.updateError(errno, flags)
	}
	return nil
}

// Delete removes key. Programs that hold its value keep it to the end of their
// run.
//
// Errors: ENOENT when there is no such key, or when the slot of a program array
// is empty already (with Windows' rules that is no error), EINVAL for arrays
// (with Windows' rules the element becomes zero) and for a wrong length, EPERM
// as Update; os.ErrClosed.
func (m *Map) Delete(key []byte) error {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || m.hostReadOnly {
		return m.refuseWrite("delete", key, noValue)
	}
	if errno := m.remove(unsafe.Pointer(unsafe.SliceData(key))); errno != 0 {
		return m.removeError(errno)
	}
	return nil
}

// NextKey copies the key that follows key to next, which may be the same
// slice; a nil key asks for the first. The order is unspecified and differs
// from map to map. When key is not in a hash map, the iteration starts again
// at the first: delete keys after the next one was asked for.
//
// Errors: ENOENT after the last key, EINVAL for wrong lengths, EPERM for a map
// that hosts may not read; os.ErrClosed.
func (m *Map) NextKey(key, next []byte) error {
	if m == nil || m.closed.Load() || uintptr(len(next)) != m.keySize || m.hostWriteOnly {
		return m.refuseRead("next key", next, noValue)
	}
	if key != nil && uintptr(len(key)) != m.keySize {
		return m.refuseRead("next key", key, noValue)
	}
	if !m.next(unsafe.Pointer(unsafe.SliceData(key)), unsafe.Pointer(unsafe.SliceData(next))) {
		return m.misses.next
	}
	return nil
}

// read copies a value out; false when there is no such key.
func (m *Map) read(key, value unsafe.Pointer) bool {
	if m.kind == kindHash {
		return m.hashRead(key, value)
	}
	index := m.index(key)
	if index >= m.max {
		return false
	}
	copyOut(value, m.elem(index), m.valueSize)
	return true
}

// write stores a value.
func (m *Map) write(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if m.kind == kindHash {
		return m.hashUpdate(key, value, flags)
	}
	return m.arrayUpdate(key, value, flags)
}

// remove deletes a key.
func (m *Map) remove(key unsafe.Pointer) bpf.Errno {
	switch m.kind {
	case kindHash:
		return m.hashDelete(key)
	case kindProgs:
		return m.progsDelete(key)
	}
	return m.arrayDelete(key)
}

// next copies the key after key out; false when there is none.
func (m *Map) next(key, out unsafe.Pointer) bool {
	if m.kind == kindHash {
		return m.hashNext(key, out)
	}
	index, errno := m.arrayNext(key)
	if errno != 0 {
		return false
	}
	for i := range min(m.keySize, 8) {
		*(*byte)(unsafe.Add(out, i)) = byte(index >> (8 * i))
	}
	return true
}

// updateError is the error for a result of write.
func (m *Map) updateError(errno bpf.Errno, flags uint64) error {
	var detail string
	switch {
	case flags > bpf.UpdateExist:
		detail = fmt.Sprintf("flags %d; 0 (any), 1 (no exist) and 2 (exist) are possible", flags)
	case m.kind == kindHash && errno == bpf.EEXIST:
		return m.misses.exists
	case m.kind == kindHash && errno == bpf.ENOENT:
		return m.misses.missing
	case m.kind == kindHash:
		detail = fmt.Sprintf("the map is full, max_entries is %d", m.max)
	case flags == bpf.UpdateNoExist:
		detail = fmt.Sprintf("the flag is NOEXIST, and every element of an array exists below max_entries %d", m.max)
	default:
		detail = fmt.Sprintf("the index is not below max_entries %d", m.max)
	}
	return &MapError{m.name, "update", detail, errno}
}

// removeError is the error for a result of remove.
func (m *Map) removeError(errno bpf.Errno) error {
	switch {
	case m.kind == kindHash:
		return m.misses.remove
	case m.kind == kindProgs && errno == bpf.ENOENT:
		return &MapError{m.name, "delete", "the slot is empty", errno}
	case m.kind == kindProgs:
		return &MapError{m.name, "delete", fmt.Sprintf("the index is not below max_entries %d", m.max), errno}
	case m.rules.ArrayDeleteZeroes:
		return &MapError{m.name, "delete", fmt.Sprintf("the index is not below max_entries %d", m.max), errno}
	}
	return &MapError{m.name, "delete", "elements of arrays cannot be deleted", errno}
}

// noValue is the length of a value in calls that have none.
const noValue = -1

// refuse says what is wrong with the map or the lengths.
func (m *Map) refuse(op string, key []byte, value int) error {
	switch {
	case m == nil:
		return &MapError{"", op, "the map is nil; does the object have it", bpf.EINVAL}
	case m.closed.Load():
		return errClosed("map", m.name)
	case uintptr(len(key)) != m.keySize:
		return &MapError{m.name, op, fmt.Sprintf("key of %d bytes, want %d", len(key), m.keySize), bpf.EINVAL}
	case value != noValue && value != int(m.valueSize):
		return &MapError{m.name, op, fmt.Sprintf("value of %d bytes, want %d", value, m.valueSize), bpf.EINVAL}
	}
	return nil
}

// refuseRead says why hosts cannot read so. It is called only when they cannot.
func (m *Map) refuseRead(op string, key []byte, value int) error {
	if err := m.refuse(op, key, value); err != nil {
		return err
	}
	if m.kind == kindProgs && !m.hostWriteOnly {
		return &MapError{m.name, op, "values of program arrays are programs: use LookupProgram", bpf.ENOTSUP}
	}
	return &MapError{m.name, op, "the map has the flag WRONLY", bpf.EPERM}
}

// refuseWrite says why hosts cannot write so. It is called only when they
// cannot.
func (m *Map) refuseWrite(op string, key []byte, value int) error {
	if err := m.refuse(op, key, value); err != nil {
		return err
	}
	switch {
	case m.frozen:
		return &MapError{m.name, op, "the map is frozen", bpf.EPERM}
	case m.kind == kindProgs && !m.hostReadOnly:
		return &MapError{m.name, op, "values of program arrays are programs: use UpdateProgram", bpf.ENOTSUP}
	}
	return &MapError{m.name, op, "the map has the flag RDONLY", bpf.EPERM}
}
