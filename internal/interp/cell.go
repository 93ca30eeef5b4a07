package interp

import "github.com/bpf2go-native/bpf2go-native/bpf/table"

// cell is a dynptr or an iterator on a stack. Only helpers look into it.
type cell struct {
	dynptr *dynptr
	iter   *iterator
}

// dynptrSize is sizeof(struct bpf_dynptr) (linux/bpf.h).
const dynptrSize = 16

func (c *cell) size() int {
	if c.iter != nil {
		return table.IterOf(c.iter.kind).Size
	}
	return dynptrSize
}

func (c *cell) what() string {
	if c.iter != nil {
		return "iterator"
	}
	return "dynptr"
}

// ref is the reference that the cell holds, 0 for none.
func (c *cell) ref() uint32 {
	if c.iter != nil {
		return c.iter.view.Ref
	}
	return c.dynptr.root.Ref
}

// destroy ends what lives by the cell.
func (c *cell) destroy() {
	c.view().end("the " + c.what() + " that gave this memory is gone")
}

func (c *cell) view() *Region {
	if c.iter != nil {
		return c.iter.view
	}
	return c.dynptr.view
}

// put places a cell on a stack at the byte index k, over plain bytes.
func (r *Region) put(k int, c *cell) {
	r.touch(k, c.size())
	if r.cells == nil {
		r.cells = map[int]*cell{}
	}
	r.cells[k] = c
}

// take removes the cell at index k; its bytes are not initialised any more.
func (r *Region) take(k int, zero bool) {
	size := r.cells[k].size()
	delete(r.cells, k)
	for b := k; b < k+size; b++ {
		r.init[b] = zero
		r.bytes[b] = 0
	}
}

// iterator is an open-coded iterator (bpf_iter_num, bpf_iter_bits).
type iterator struct {
	kind table.IterKind
	// view is what the elements live by; it holds the reference.
	view *Region
	elem *Region // the element that next gave last
	// left are the elements to come: a range of numbers, or bits.
	next, end int64
	bits      []uint32
}
