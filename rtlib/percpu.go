package rtlib

import (
	"sync/atomic"
	"unsafe"
)

// Values for each CPU, that is for each execution slot of the process.
//
// The address of an element, or of an index of an array, leads to the value of
// CPU 0, and the value of CPU c is c*step bytes further. In a slab of elements, as
// in an array, the values of one CPU lie together, and step is a multiple of
// apart: no two CPUs write to the same cache line.
//
//	slab:  │ elements: key, next word, address of the value of CPU 0 │ values of CPU 0 │ values of CPU 1 │ …
//
// A program writes its own CPU's value only, in place; a new key has zeros for all
// others. Hosts read and write the values of all CPUs, each in a place rounded up
// to 8 bytes.
type perCPU struct {
	domain *domain
	cpus   int
	size   uintptr // bytes of a value
	stride uintptr // size rounded up to 8
	step   uint64  // bytes from the values of a CPU to those of the next
	// all: a host, or poison, wrote values of all CPUs. Else those of slots that
	// were never leased are zero.
	all atomic.Bool
}

const (
	// apart is the distance in bytes at which CPUs do not disturb each other: two
	// cache lines, because processors fetch them in pairs.
	apart = 128
	// perCPUArea is the size in bytes that the values of a CPU in a slab have, if
	// the map is large enough: a page of memory that no program of that CPU writes
	// costs nothing.
	perCPUArea = 4096
)

// init is for values of a map of which count lie together.
func (v *perCPU) init(m *Map, count uintptr) {
	v.domain, v.cpus, v.size, v.stride = m.domain, len(m.domain.cells), m.valueSize, round8(m.valueSize)
	v.step = uint64(roundUp(v.stride*count, apart))
	m.step = v.step
}

// initPerCPU makes the payload of the map's cells the address of values for each
// CPU.
func (m *Map) initPerCPU(c *cells, pools uint64) {
	each := uintptr(max(1, m.max/pools))
	c.chunk = int(max(8, min(each, perCPUArea/round8(m.valueSize))))
	c.values.init(m, uintptr(c.chunk))
}

// roundUp rounds up to a multiple of a power of two.
func roundUp(n, to uintptr) uintptr { return (n + to - 1) &^ (to - 1) }

// bytes is the size of the values of a slab, with what aligns them.
func (v *perCPU) bytes() uintptr { return uintptr(v.cpus)*uintptr(v.step) + apart }

// carve stores the addresses of values in the cells of a new slab, of which first
// is the first.
//
//go:nocheckptr
func (v *perCPU) carve(c *cells, first uintptr) {
	value := roundUp(first-c.origin+c.size*uintptr(c.chunk), apart)
	for range c.chunk {
		*(*uint64)(at(uint64(first))) = uint64(value)
		first += c.size
		value += v.stride
	}
}

// poison fills the values of a free element.
func (v *perCPU) poison(value uint64) {
	v.all.Store(true)
	for cpu := range v.cpus {
		fill(v.at(value, uint64(cpu)), v.stride, poisonWord)
	}
}

// at is the value of a CPU, where CPU 0 has its value at an address.
func (v *perCPU) at(value, cpu uint64) unsafe.Pointer { return at(value + cpu*v.step) }

// zero makes the values of all CPUs zero.
func (v *perCPU) zero(value uint64) {
	cpus := v.cpus
	if !v.all.Load() {
		cpus = int(v.domain.high.Load())
	}
	for cpu := range cpus {
		fill(v.at(value, uint64(cpu)), v.stride, 0)
	}
}

// in copies a host's values of all CPUs.
func (v *perCPU) in(value uint64, src unsafe.Pointer) {
	v.all.Store(true)
	for cpu := range v.cpus {
		copyIn(v.at(value, uint64(cpu)), unsafe.Add(src, uintptr(cpu)*v.stride), v.size)
	}
}

// out copies the values of all CPUs to a host.
func (v *perCPU) out(dst unsafe.Pointer, value uint64) {
	for cpu := range v.cpus {
		copyOut(unsafe.Add(dst, uintptr(cpu)*v.stride), v.at(value, uint64(cpu)), v.stride)
	}
}
