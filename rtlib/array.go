package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Arrays: max_entries elements, each value_size rounded up to 8 bytes, in one
// piece of memory that never moves and is zero at the start. All of them
// always exist.

// initArray allocates the elements and stores the initial bytes of a data
// section in the first.
func (m *Map) initArray() {
	m.stride = uint64(round8(m.valueSize))
	words := make([]uint64, m.stride/8*m.max)
	m.values = unsafe.Pointer(&words[0])
	if m.spec.Data != "" {
		copyIn(m.values, unsafe.Pointer(unsafe.StringData(m.spec.Data)), uintptr(len(m.spec.Data)))
	}
}

// index reads an array's key: 4 bytes, or less where the platform allows it.
func (m *Map) index(key unsafe.Pointer) uint64 {
	if m.keySize == 4 {
		return uint64(load32(key))
	}
	return loadUpTo8(key, min(m.keySize, 4))
}

// elem returns the element at an index below max.
func (m *Map) elem(index uint64) unsafe.Pointer {
	return unsafe.Add(m.values, uintptr(index*m.stride))
}

// arrayUpdate overwrites an element.
func (m *Map) arrayUpdate(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	index := m.index(key)
	switch {
	case flags > bpf.UpdateExist:
		return bpf.EINVAL
	case index >= m.max:
		return m.rules.ArrayUpdateBounds
	case flags == bpf.UpdateNoExist:
		return m.rules.ArrayNoExist
	}
	copyIn(m.elem(index), value, m.valueSize)
	return 0
}

// arrayDelete zeroes an element where the platform says so.
func (m *Map) arrayDelete(key unsafe.Pointer) bpf.Errno {
	index := m.index(key)
	switch {
	case !m.rules.ArrayDeleteZeroes:
		return bpf.EINVAL
	case index >= m.max:
		return m.rules.ArrayDeleteBounds
	}
	fill(m.elem(index), m.valueSize, 0)
	return 0
}

// arrayNext is the index after key; nil asks for the first.
func (m *Map) arrayNext(key unsafe.Pointer) (uint64, bpf.Errno) {
	if key == nil {
		return 0, 0
	}
	index := m.index(key)
	if index >= m.max && m.rules.ArrayNextKeyRestarts {
		return 0, 0
	}
	if index+1 >= m.max {
		return 0, bpf.ENOENT
	}
	return index + 1, 0
}
