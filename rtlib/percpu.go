package rtlib

import "unsafe"

// Values for each CPU.
//
// The address of an element, or of an index of an array, leads to the value of
// CPU 0, and the value of CPU c is c*step bytes further. In a slab of elements, as
// in an array, the values of one CPU lie together, and step is a multiple of
// apart: no two CPUs write to the same cache line.
//
//	slab:  │ elements: key, next word, address of the value of CPU 0 │ values of CPU 0 │ values of CPU 1 │ …
type perCPU struct {
	cpus   int
	stride uintptr // bytes of a value, a multiple of 8
	step   uint64  // bytes from the values of a CPU to those of the next
}

// apart is the distance in bytes at which CPUs do not disturb each other: two
// cache lines, because processors fetch them in pairs.
const apart = 128

// initPerCPU makes the cells' payload the address of values for each CPU.
func (m *Map) initPerCPU(c *cells, before uintptr, pools uint64) {
	m.initCells(c, before, 8, pools)
	stride := round8(m.valueSize)
	whole := c.size + stride*uintptr(len(m.domain.cells))
	c.chunk = int(max(8, min(uintptr(c.chunk), 1<<18/whole)))
	c.values = perCPU{len(m.domain.cells), stride, uint64(roundUp(stride*uintptr(c.chunk), apart))}
	m.step = c.values.step
}

// roundUp rounds up to a multiple of a power of two.
func roundUp(n, to uintptr) uintptr { return (n + to - 1) &^ (to - 1) }

// bytes is the size of the values of a slab, with what aligns them.
func (v *perCPU) bytes() uintptr { return uintptr(v.cpus)*uintptr(v.step) + apart }

// carve stores the addresses of values in the cells of a new slab, of which first
// is the first.
func (v *perCPU) carve(c *cells, first uintptr) {
	value := roundUp(first-c.origin+c.size*uintptr(c.chunk), apart)
	for range c.chunk {
		*(*uint64)(at(uint64(first))) = uint64(value)
		first += c.size
		value += v.stride
	}
}

// poison fills the values of a free element.
func (v *perCPU) poison(e uintptr) {
	for cpu := range v.cpus {
		fill(v.at(uint64(e), cpu), v.stride, poisonWord)
	}
}

// at is the value of a CPU of an element.
//
//go:nocheckptr
//go:norace
func (v *perCPU) at(e uint64, cpu int) unsafe.Pointer {
	return at(*(*uint64)(at(e)) + uint64(cpu)*v.step)
}
