package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// perCPUArray is the implementation of per-CPU arrays. Generated code computes the
// address of an element by itself: Values + slot*Step + index*stride
// (abi.MapSlot).
type perCPUArray struct {
	refuses
	values perCPU
}

func newPerCPUArray(m *Map) operations {
	a := &perCPUArray{refuses: refuses{m}}
	a.values.init(m, uintptr(m.max))
	m.stride = uint64(a.values.stride)
	words := make([]uint64, a.values.bytes()/8)
	start := unsafe.Pointer(&words[0])
	m.values = unsafe.Add(start, roundUp(uintptr(start), apart)-uintptr(start))
	return a
}

// elem is the value of CPU 0 at an index.
func (a *perCPUArray) elem(index uint64) uint64 { return uint64(uintptr(a.m.elem(index))) }

func (a *perCPUArray) lookup(fr *abi.Frame, key unsafe.Pointer) uint64 {
	return a.lookupAt(fr, key, fr.Slot)
}

func (a *perCPUArray) lookupAt(_ *abi.Frame, key unsafe.Pointer, cpu uint64) uint64 {
	index := a.m.index(key)
	if index >= a.m.max || cpu >= uint64(a.values.cpus) {
		return 0
	}
	return a.elem(index) + cpu*a.m.step
}

func (a *perCPUArray) update(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno {
	index := a.m.index(key)
	if errno := a.m.refuseIndex(index, flags); errno != 0 {
		return errno
	}
	copyIn(a.values.at(a.elem(index), fr.Slot), value, a.m.valueSize)
	return 0
}

func (a *perCPUArray) remove(_ *abi.Frame, key unsafe.Pointer) bpf.Errno { return a.erase(key) }

func (a *perCPUArray) each(fr *abi.Frame, w *walk) uint64 {
	index := w.indexKey(a.m.max)
	if index < 0 {
		return 0
	}
	return a.elem(uint64(index)) + fr.Slot*a.m.step
}

func (a *perCPUArray) read(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	index := a.m.index(key)
	switch {
	case flags != 0:
		return bpf.EINVAL
	case index >= a.m.max:
		return bpf.ENOENT
	}
	a.values.out(value, a.elem(index))
	return 0
}

func (a *perCPUArray) write(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags > bpf.UpdateExist {
		return bpf.EINVAL // of F_LOCK hosts are told first
	}
	index := a.m.index(key)
	if errno := a.m.refuseIndex(index, flags); errno != 0 {
		return errno
	}
	a.values.in(a.elem(index), value)
	return 0
}

// erase zeroes the values of all CPUs where the platform says so.
func (a *perCPUArray) erase(key unsafe.Pointer) bpf.Errno {
	index := a.m.index(key)
	if errno := a.m.refuseErase(index); errno != 0 {
		return errno
	}
	a.values.zero(a.elem(index))
	return 0
}

func (a *perCPUArray) next(key, out unsafe.Pointer) bpf.Errno { return a.m.indexNext(key, out) }

func (a *perCPUArray) memory(addr uint64) uint64 {
	for cpu := range uint64(a.values.cpus) {
		if n := within(addr, a.elem(0)+cpu*a.m.step, a.m.stride*a.m.max); n != 0 {
			return n
		}
	}
	return 0
}

func (a *perCPUArray) explain(op string, errno bpf.Errno, flags uint64) string {
	if s := a.m.explainIndex(op, errno, flags); s != "" {
		return s
	}
	return a.refuses.explain(op, errno, flags)
}
