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
	return m.LookupFlags(key, value, 0)
}

// LookupFlags is Lookup with flags: 0, or bpf.UpdateLock to copy the value under
// its lock.
func (m *Map) LookupFlags(key, value []byte, flags uint64) error {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || uintptr(len(value)) != m.hostSize || m.hostWriteOnly {
		return m.refuseRead("lookup", key, len(value))
	}
	if errno := m.ops.read(hide(key), hide(value), flags); errno != 0 {
		return m.failed("lookup", errno, flags)
	}
	return nil
}

// LookupAndDelete copies the value of key to value and removes the key, as one
// step for others. In a type with a value for each CPU, what a program writes to
// its own value meanwhile can be lost, also with map_update_elem, which takes no
// lock there. flags are those of LookupFlags.
//
// Errors: as Lookup and Delete, ENOTSUP for types that cannot do it.
func (m *Map) LookupAndDelete(key, value []byte, flags uint64) error {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || uintptr(len(value)) != m.hostSize || m.hostWriteOnly {
		return m.refuseRead("lookup and delete", key, len(value))
	}
	if m.hostReadOnly.Load() {
		return m.refuseWrite("lookup and delete", key, len(value))
	}
	if errno := m.ops.take(hide(key), hide(value), flags); errno != 0 {
		return m.failed("lookup and delete", errno, flags)
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
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || uintptr(len(value)) != m.hostSize || m.hostReadOnly.Load() {
		return m.refuseWrite("update", key, len(value))
	}
	if errno := m.ops.write(hide(key), hide(value), flags); errno != 0 {
		return m.failed("update", errno, flags)
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
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || m.hostReadOnly.Load() {
		return m.refuseWrite("delete", key, noValue)
	}
	if errno := m.ops.erase(hide(key)); errno != 0 {
		return m.failed("delete", errno, 0)
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
	if errno := m.ops.next(hide(key), hide(next)); errno != 0 {
		return m.failed("next key", errno, 0)
	}
	return nil
}

// hide is the memory of a slice, hidden from escape analysis, which cannot see
// that no implementation of operations keeps an address: a caller's key and
// value can stay on its stack. The result is a pointer like any other, so it
// follows a stack that moves.
//
//go:nocheckptr
func hide(b []byte) unsafe.Pointer {
	return unsafe.Add(nil, uintptr(unsafe.Pointer(unsafe.SliceData(b))))
}

// failed is the error of an operation. Those that say that a key is not there,
// or is there, are made once: they allocate nothing.
func (m *Map) failed(op string, errno bpf.Errno, flags uint64) error {
	switch {
	case errno == bpf.ENOENT && op == "lookup":
		return m.misses.lookup
	case errno == bpf.ENOENT && op == "next key":
		return m.misses.next
	case errno == bpf.ENOENT && op == "delete":
		return m.misses.remove
	case errno == bpf.ENOENT && op == "update":
		return m.misses.missing
	case errno == bpf.EEXIST && op == "update":
		return m.misses.exists
	}
	return &MapError{m.name, op, m.ops.explain(op, errno, flags), errno}
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
	case value != noValue && value != int(m.hostSize):
		return &MapError{m.name, op, fmt.Sprintf("value of %d bytes, want %d", value, m.hostSize), bpf.EINVAL}
	}
	return nil
}

// refuseRead says why hosts cannot read so. It is called only when they cannot.
func (m *Map) refuseRead(op string, key []byte, value int) error {
	if err := m.refuse(op, key, value); err != nil {
		return err
	}
	return &MapError{m.name, op, "the map has the flag WRONLY", bpf.EPERM}
}

// refuseWrite says why hosts cannot write so. It is called only when they
// cannot.
func (m *Map) refuseWrite(op string, key []byte, value int) error {
	if err := m.refuse(op, key, value); err != nil {
		return err
	}
	return &MapError{m.name, op, m.whyReadOnly(), bpf.EPERM}
}
