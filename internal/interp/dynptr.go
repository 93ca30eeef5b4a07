package interp

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// dynptr is what a struct bpf_dynptr leads to.
type dynptr struct {
	kind      table.DynptrKind
	mem       *Region // nil for the packet
	off, size int     // of the part of mem, or of the packet
	readOnly  bool
	null      bool // making it was refused: it leads to nothing
	// root is what the dynptr and its clones live by; it holds the reference
	// of a reservation. view is what the slices of this one live by.
	root, view *Region
}

// newDynptr makes a dynptr to all of a region, of the packet when mem is nil.
func newDynptr(kind table.DynptrKind, mem *Region, size int) *dynptr {
	root := &Region{Kind: KindDynptr, parent: mem}
	return &dynptr{kind: kind, mem: mem, size: size, root: root, view: &Region{Kind: KindDynptr, parent: root}}
}

// nullDynptr is a dynptr that leads to nothing.
func nullDynptr(kind table.DynptrKind) *dynptr {
	d := newDynptr(kind, nil, 0)
	d.null = true
	return d
}

// make places a dynptr where argument k points to.
func (c *helperCall) make(k int, d *dynptr) {
	v := c.args[k]
	v.Region.put(int(v.Bits-v.Region.Base), &cell{dynptr: d})
}

// maxDynptr is the largest size of a dynptr (linux/bpf.h, DYNPTR_MAX_SIZE).
const maxDynptr = 1<<24 - 1

func (c *helperCall) dynptrFromMem() (Value, error) {
	size, flags := c.args[1].Bits, c.args[2].Bits
	if kind := c.args[0].Kind; kind != KindMapValue {
		return Value{}, c.bad(0, "not a map value")
	}
	switch {
	case size > maxDynptr:
		c.make(3, nullDynptr(table.DynptrLocal))
		return c.status(bpf.E2BIG), nil
	case flags != 0:
		c.make(3, nullDynptr(table.DynptrLocal))
		return c.status(bpf.EINVAL), nil
	}
	d := newDynptr(table.DynptrLocal, c.args[0].Region, int(size))
	d.off = int(c.args[0].Off())
	c.make(3, d)
	return number(0), nil
}

// reserveDynptr makes a dynptr that has to be submitted or discarded, also
// when there is no room for it.
func (c *helperCall) reserveDynptr() (Value, error) {
	d, result := nullDynptr(table.DynptrRingbuf), c.status(bpf.EINVAL)
	switch size := uint64(uint32(c.args[1].Bits)); {
	case c.args[2].Bits != 0:
	case size > maxDynptr:
		result = c.status(bpf.E2BIG)
	default:
		if record := c.newRecord("", size); record != nil {
			d, result = newDynptr(table.DynptrRingbuf, record, int(size)), number(0)
		}
	}
	c.run.acquire("ring buffer record", d.root)
	c.make(3, d)
	return result, nil
}

// endDynptr gives a reservation back; the dynptr and its clones are gone.
func (c *helperCall) endDynptr(send bool) (Value, error) {
	d := c.dynptr[0]
	if !d.null {
		d.mem.m.commit(d.mem, !send)
	}
	if send && !d.null {
		c.run.event(d.mem.m, d.mem.bytes)
	}
	for _, f := range c.run.depth {
		for at, cell := range f.Stack.cells {
			if cell.dynptr != nil && cell.dynptr.root == d.root {
				f.Stack.take(at, c.run.m.opt.ZeroStack)
			}
		}
	}
	return Value{}, nil
}

func (c *helperCall) dynptrFromPacket() (Value, error) {
	if c.args[1].Bits != 0 {
		c.make(2, nullDynptr(c.h.Dynptr))
		return c.status(bpf.EINVAL), nil
	}
	d := newDynptr(c.h.Dynptr, nil, len(c.run.whole()))
	d.readOnly = !c.run.hook.PacketWrite
	c.make(2, d)
	return number(0), nil
}

// window is a copy of the bytes that size bytes at off are, false when they
// are not all there.
func (c *helperCall) window(d *dynptr, off, size uint64) ([]byte, bool) {
	if d.null || off > uint64(d.size) || uint64(d.size)-off < size {
		return nil, false
	}
	all := c.run.whole()
	if d.mem != nil {
		all = d.mem.bytes
	}
	from := d.off + int(off)
	if from+int(size) > len(all) {
		return nil, false // the packet is shorter now
	}
	return slices.Clone(all[from : from+int(size)]), true
}

func (c *helperCall) dynptrRead() (Value, error) {
	d, flags := c.dynptr[2], c.args[4].Bits
	if d.null || flags != 0 {
		return c.status(bpf.EINVAL), nil
	}
	b, ok := c.window(d, uint64(uint32(c.args[3].Bits)), uint64(len(c.mem[0])))
	if !ok {
		return c.status(bpf.E2BIG), nil
	}
	copy(c.mem[0], b)
	return number(0), nil
}

// dynptrWrite to a packet may move it.
func (c *helperCall) dynptrWrite() (Value, error) {
	d, off, flags := c.dynptr[0], uint64(uint32(c.args[1].Bits)), c.args[4].Bits
	packet := d.kind == table.DynptrSkb || d.kind == table.DynptrXdp
	if packet {
		defer c.run.moved(c.h.Name)
	}
	if d.null || d.readOnly || packet && flags != 0 {
		return c.status(bpf.EINVAL), nil
	}
	if _, ok := c.window(d, off, uint64(len(c.mem[2]))); !ok {
		return c.status(bpf.E2BIG), nil
	}
	if flags != 0 {
		return c.status(bpf.EINVAL), nil
	}
	if packet {
		c.run.writeWhole(d.off+int(off), c.mem[2])
	} else {
		copy(d.mem.bytes[d.off+int(off):], c.mem[2])
	}
	return number(0), nil
}

// dynptrData is a slice of memory that is not the packet and may be written.
func (c *helperCall) dynptrData() (Value, error) {
	d := c.dynptr[0]
	if d.readOnly || d.mem == nil {
		return number(0), nil
	}
	return c.slice(d, uint64(uint32(c.args[1].Bits)), int(c.args[2].Bits), false), nil
}

// slice is a pointer to a part of a dynptr's memory, or 0.
func (c *helperCall) slice(d *dynptr, off uint64, size int, readOnly bool) Value {
	if _, ok := c.window(d, off, uint64(size)); !ok {
		return number(0)
	}
	from, mem, parent := d.off+int(off), d.mem, d.view
	if mem == nil {
		// Dead with the packet as it is now, and with the dynptr.
		mem = c.run.data
		if from+size > len(mem.bytes) {
			return number(0)
		}
		parent = &Region{Kind: KindDynptr, parent: mem}
		d.also(parent)
	}
	r := &Region{Kind: KindMem, Base: mem.Base + uint64(from), bytes: mem.bytes[from : from+size : from+size], readOnly: readOnly, parent: parent}
	return r.pointer(0)
}

// also makes a region that ends with the dynptr, too.
func (d *dynptr) also(r *Region) { d.view.children = append(d.view.children, r) }

// dynptrSlice is a slice, or a copy of it in the buffer when the packet has
// the bytes where programs do not reach them.
func (c *helperCall) dynptrSlice() (Value, error) {
	d, off, size := c.dynptr[0], uint64(uint32(c.args[1].Bits)), int(c.args[3].Bits)
	write := c.h.Writes != 0
	if write && d.readOnly {
		return number(0), nil
	}
	if v := c.slice(d, off, size, !write); !v.null() {
		return v, nil
	}
	b, ok := c.window(d, off, uint64(size))
	if !ok || c.mem[2] == nil {
		return number(0), nil
	}
	buffer := c.args[2].Region
	buffer.touch(int(c.args[2].Bits-buffer.Base), size)
	copy(c.mem[2], b)
	r := &Region{Kind: KindMem, Base: c.args[2].Bits, bytes: c.mem[2], readOnly: !write, parent: buffer}
	return r.pointer(0), nil
}

// dynptrAdjust makes a dynptr narrower: start and end are from its start.
func (c *helperCall) dynptrAdjust() (Value, error) {
	d, start, end := c.dynptr[0], uint32(c.args[1].Bits), uint32(c.args[2].Bits)
	switch {
	case d.null || start > end:
		return c.status(bpf.EINVAL), nil
	case end > uint32(d.size):
		return c.status(bpf.ERANGE), nil
	}
	d.off, d.size = d.off+int(start), int(end-start)
	return number(0), nil
}

// dynptrLen is a u32.
func (c *helperCall) dynptrLen() (Value, error) {
	if c.dynptr[0].null {
		return number(uint64(uint32(c.status(bpf.EINVAL).Bits))), nil
	}
	return number(uint64(c.dynptr[0].size)), nil
}

// dynptrClone is another dynptr to the same memory. What is reserved is given
// back once, by either of them.
func (c *helperCall) dynptrClone() (Value, error) {
	clone := *c.dynptr[0]
	clone.view = &Region{Kind: KindDynptr, parent: clone.root}
	c.make(1, &clone)
	if clone.null {
		return c.status(bpf.EINVAL), nil
	}
	return number(0), nil
}
