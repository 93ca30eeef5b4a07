package interp

import "github.com/bpf2go-native/bpf2go-native/bpf/table"

// stackAt is the stack of a pointer argument to size bytes that lie at a
// multiple of 8, and the index of the first.
func (c *helperCall) stackAt(k, size int) (*Region, int, error) {
	v := c.args[k]
	if v.Kind != KindStack || v.Region.Gone() != "" {
		return nil, 0, c.bad(k, "not in the stack")
	}
	at := v.Bits - v.Region.Base
	if at%8 != 0 || at > stackSize || at+uint64(size) > stackSize {
		return nil, 0, c.bad(k, "not aligned to 8 or not inside of the stack")
	}
	return v.Region, int(at), nil
}

// free checks that size bytes of stack hold no dynptr and no iterator.
func (c *helperCall) free(k, size int) error {
	stack, at, err := c.stackAt(k, size)
	if err != nil {
		return err
	}
	for b := at; b < at+size; b += 8 {
		if what, _ := stack.Opaque(b); what != "" {
			return c.bad(k, "where "+article(what)+" is already")
		}
	}
	return nil
}

// dynptrOut is stack for a dynptr, also where one is that holds nothing.
func (c *helperCall) dynptrOut(k int) error {
	stack, at, err := c.stackAt(k, dynptrSize)
	if err != nil {
		return err
	}
	for b := at; b < at+dynptrSize; b += 8 {
		if what, ref := stack.Opaque(b); ref != 0 {
			return c.bad(k, "where "+article(what)+" is that has to be given back")
		}
	}
	return nil
}

// dynptrArgument is a dynptr on the stack, or one that a callback was given.
func (c *helperCall) dynptrArgument(k int) error {
	v := c.args[k]
	if v.Kind == KindDynptr && v.Off() == 0 && v.Region.Gone() == "" {
		c.dynptr[k] = v.Region.dynptr
		return nil
	}
	stack, at, err := c.stackAt(k, dynptrSize)
	if err != nil {
		return err
	}
	found := stack.cells[at]
	if found == nil || found.dynptr == nil {
		return c.bad(k, "where no dynptr starts")
	}
	c.dynptr[k] = found.dynptr
	return nil
}

func (c *helperCall) dynptrRingbuf(k int) error {
	if err := c.dynptrArgument(k); err != nil {
		return err
	}
	if d := c.dynptr[k]; d.kind != table.DynptrRingbuf || d.root.Ref == 0 {
		return c.bad(k, "not a dynptr of ringbuf_reserve_dynptr")
	}
	return nil
}

func (c *helperCall) iterNew(k int) error { return c.free(k, table.IterOf(c.h.Iter).Size) }

func (c *helperCall) iterArgument(k int) error {
	stack, at, err := c.stackAt(k, table.IterOf(c.h.Iter).Size)
	if err != nil {
		return err
	}
	found := stack.cells[at]
	if found == nil || found.iter == nil || found.iter.kind != c.h.Iter {
		return c.bad(k, "where no such iterator starts")
	}
	c.iter = found.iter
	return nil
}
