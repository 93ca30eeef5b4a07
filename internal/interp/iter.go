package interp

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// makeIter places an iterator where argument 0 points to. It has to be
// destroyed even when making it was refused and it gives nothing.
func (c *helperCall) makeIter(it *iterator) {
	it.kind, it.view = c.h.Iter, &Region{Kind: KindMem}
	c.run.acquire("iterator", it.view)
	v := c.args[0]
	v.Region.put(int(v.Bits-v.Region.Base), &cell{iter: it})
}

// iterNumNew makes an iterator of the numbers from start up to, but not, end:
// 32-bit numbers with sign.
func (c *helperCall) iterNumNew() (Value, error) {
	start, end := int64(int32(c.args[1].Bits)), int64(int32(c.args[2].Bits))
	it, failed := &iterator{}, bpf.Errno(0)
	switch {
	case start > end:
		failed = bpf.EINVAL
	case end-start > maxLoops:
		failed = bpf.E2BIG
	default:
		it.next, it.end = start, end
	}
	c.makeIter(it)
	return c.status(failed), nil
}

// iterBitsNew makes an iterator of the bits that are set in 64-bit words of
// the host's memory: in words of its own when the address is one, else in
// random ones.
func (c *helperCall) iterBitsNew() (Value, error) {
	const maxWords = 511 // linux/bpf.h, the limit of bpf_iter_bits_new
	it, words := &iterator{}, uint32(c.args[2].Bits)
	var failed bpf.Errno
	switch {
	case words == 0:
		failed = bpf.EINVAL
	case words > maxWords:
		failed = bpf.E2BIG
	}
	for k := range words {
		if failed != 0 {
			break
		}
		word := c.run.m.oracle.Uint64() & c.run.m.oracle.Uint64()
		if from := c.args[1].Region; from != nil {
			at, reason := from.find(c.args[1].Bits+8*uint64(k), 8, false)
			if reason == "" && from.uninitialised(at, 8) < 0 {
				word = c.run.m.order.Uint64(from.bytes[at:])
			}
		}
		for ; word != 0; word &= word - 1 {
			it.bits = append(it.bits, 64*k+uint32(bits.TrailingZeros64(word)))
		}
	}
	c.makeIter(it)
	return c.status(failed), nil
}

// iterNext gives a pointer to the next element, which can only be read, or 0.
// All elements of an iterator have one place.
func (c *helperCall) iterNext() (Value, error) {
	it := c.iter
	var elem uint32
	switch {
	case it.next < it.end:
		elem = uint32(it.next)
		it.next++
	case len(it.bits) > 0:
		elem, it.bits = it.bits[0], it.bits[1:]
	default:
		it.bits, it.next = nil, it.end
		return number(0), nil
	}
	if it.elem == nil {
		size := table.IterOf(it.kind).Elem
		it.elem = &Region{Kind: KindMem, Base: c.run.m.space.take(size), bytes: make([]byte, size), readOnly: true, parent: it.view}
	}
	c.run.m.order.PutUint32(it.elem.bytes, elem)
	return it.elem.pointer(0), nil
}

// iterDestroy frees the stack; the reference ends with the call.
func (c *helperCall) iterDestroy() (Value, error) {
	v := c.args[0]
	v.Region.take(int(v.Bits-v.Region.Base), c.run.m.opt.ZeroStack)
	return Value{}, nil
}
