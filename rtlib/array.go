package rtlib

import (
	"fmt"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Arrays: max_entries elements, each value_size rounded up to 8 bytes, in one
// piece of memory that never moves and is zero at the start. All of them
// always exist.

// array is the implementation of arrays. Its state is in Map, where machine code
// finds it.
type array struct{ refuses }

// newArray allocates the elements and stores the initial bytes of a data
// section in the first.
func newArray(m *Map) operations {
	m.stride = uint64(round8(m.valueSize))
	words := make([]uint64, m.stride/8*m.max)
	m.values = unsafe.Pointer(&words[0])
	m.head = abi.MapHead{Values: uint64(uintptr(m.values)), Max: m.max}
	if m.spec.Data != "" {
		copyIn(m.values, unsafe.Pointer(unsafe.StringData(m.spec.Data)), uintptr(len(m.spec.Data)))
	}
	return array{refuses{m}}
}

func (a array) lookup(_ *abi.Frame, key unsafe.Pointer) uint64 {
	index := a.m.index(key)
	if index >= a.m.max {
		return 0
	}
	return uint64(uintptr(a.m.elem(index)))
}

func (a array) update(_ *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return a.m.arrayUpdate(key, value, flags)
}

func (a array) remove(_ *abi.Frame, key unsafe.Pointer) bpf.Errno { return a.m.arrayDelete(key) }

func (a array) each(_ *abi.Frame, w *walk) uint64 {
	index := w.indexKey(a.m.max)
	if index < 0 {
		return 0
	}
	return uint64(uintptr(a.m.elem(uint64(index))))
}

func (a array) read(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	index := a.m.index(key)
	switch {
	case flags&^bpf.UpdateLock != 0 || a.m.noLock(flags):
		return bpf.EINVAL
	case index >= a.m.max:
		return bpf.ENOENT
	}
	a.m.getValue(value, a.m.elem(index), flags)
	return 0
}

func (a array) write(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if a.m.noLock(flags) {
		return bpf.EINVAL // the system call looks at this first
	}
	return a.m.arrayUpdate(key, value, flags)
}

func (a array) erase(key unsafe.Pointer) bpf.Errno { return a.m.arrayDelete(key) }

func (a array) next(key, out unsafe.Pointer) bpf.Errno { return a.m.indexNext(key, out) }

func (a array) memory(addr uint64) uint64 {
	return within(addr, uint64(uintptr(a.m.values)), a.m.stride*a.m.max)
}

func (a array) explain(op string, errno bpf.Errno, flags uint64) string {
	if s := a.m.explainIndex(op, errno, flags); s != "" {
		return s
	}
	return a.refuses.explain(op, errno, flags)
}

// explainIndex is explain of all types whose keys are indices.
func (m *Map) explainIndex(op string, errno bpf.Errno, flags uint64) string {
	if m.spec.Lock != 0 {
		flags &^= bpf.UpdateLock
	}
	switch {
	case errno == bpf.ENOTSUP:
	case op == "update" && flags == bpf.UpdateNoExist:
		return fmt.Sprintf("the flag is NOEXIST, and every element of an array exists below max_entries %d", m.max)
	case op == "update" && flags <= bpf.UpdateExist, op == "delete" && m.rules.ArrayDeleteZeroes:
		return fmt.Sprintf("the index is not below max_entries %d", m.max)
	case op == "delete":
		return "elements of arrays cannot be deleted"
	}
	return ""
}

// within returns how many bytes of [start, start+size) are at addr and behind,
// 0 when addr is not inside.
func within(addr, start, size uint64) uint64 {
	if addr-start < size {
		return size - (addr - start)
	}
	return 0
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

// arrayUpdate overwrites an element. A flag F_LOCK without a lock is found last,
// as Linux finds it.
func (m *Map) arrayUpdate(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	index := m.index(key)
	if errno := m.refuseIndex(index, flags); errno != 0 {
		return errno
	}
	m.setValue(m.elem(index), value, flags)
	return 0
}

// refuseIndex is the error of an update at an index.
func (m *Map) refuseIndex(index, flags uint64) bpf.Errno {
	switch {
	case flags&^bpf.UpdateLock > bpf.UpdateExist:
		return bpf.EINVAL
	case index >= m.max:
		return m.rules.ArrayUpdateBounds
	case flags&bpf.UpdateNoExist != 0:
		return m.rules.ArrayNoExist
	case m.noLock(flags):
		return bpf.EINVAL
	}
	return 0
}

// arrayDelete zeroes an element where the platform says so.
func (m *Map) arrayDelete(key unsafe.Pointer) bpf.Errno {
	index := m.index(key)
	if errno := m.refuseErase(index); errno != 0 {
		return errno
	}
	fill(m.elem(index), m.valueSize, 0)
	return 0
}

// refuseErase is the error of a deletion at an index.
func (m *Map) refuseErase(index uint64) bpf.Errno {
	switch {
	case !m.rules.ArrayDeleteZeroes:
		return bpf.EINVAL
	case index >= m.max:
		return m.rules.ArrayDeleteBounds
	}
	return 0
}

// indexNext stores the index after key, of all types whose keys are indices; nil
// asks for the first.
func (m *Map) indexNext(key, out unsafe.Pointer) bpf.Errno {
	index := uint64(0)
	if key != nil {
		index = m.index(key)
		switch {
		case index >= m.max && m.rules.ArrayNextKeyRestarts:
			index = 0
		case index+1 >= m.max:
			return bpf.ENOENT
		default:
			index++
		}
	}
	for i := range min(m.keySize, 8) {
		*(*byte)(unsafe.Add(out, i)) = byte(index >> (8 * i))
	}
	return 0
}
