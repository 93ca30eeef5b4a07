package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// The functions of string.h become loads and stores when their size is a small
// constant. All loads come before the first store, so the pieces may overlap;
// each byte is read once. Plain accesses need no alignment on any target.

const (
	inlineCopy    = 64 // bytes of memset, memcpy and memmove
	inlineCompare = 32 // bytes of memcmp
)

// piece is a part of a small memory.
type piece struct {
	off   int64
	width int
}

// pieces splits n bytes into few loads or stores.
func pieces(n uint64) []piece {
	var l []piece
	off := int64(0)
	for _, width := range []int{8, 4, 2, 1} {
		for ; n >= uint64(width); n -= uint64(width) {
			l = append(l, piece{off, width})
			off += int64(width)
		}
	}
	return l
}

// target is the memory behind an argument.
type target struct {
	base   *Value
	region table.Region
}

// memoryOf is the memory behind argument i.
func (t *translator) memoryOf(e *body, c *verifier.CallFact, i int) target {
	return target{t.register(e, bpf.R1+bpf.Reg(i), c.Args[i]), t.elements(t.regionOf(c.Args[i]))}
}

// small returns the constant size in r3 when it is at most limit, and there is
// memory that is accessed by address.
func small(c *verifier.CallFact, limit uint64, at ...target) (uint64, bool) {
	n, ok := c.Args[2].Const()
	for _, m := range at {
		ok = ok && (m.region != 0 && m.region&table.RegionCtx == 0 || n == 0)
	}
	return n, ok && n <= limit
}

// part accesses one piece of m, behind what has been tested so far.
func (t *translator) part(op Op, m target, off int64, more ...*Value) *Value {
	v := t.access(op, m.region, off, append([]*Value{m.base}, more...)...)
	if m.region != table.RegionStack {
		v.Guard = t.f.guard(t.b)
	}
	return v
}

func (t *translator) parts(m target, n uint64) []*Value {
	var l []*Value
	for _, p := range pieces(n) {
		l = append(l, t.part(loads[p.width], m, p.off))
	}
	return l
}

// fill is memset.
func (t *translator) fill(e *body, c *verifier.CallFact) bool {
	dst := t.memoryOf(e, c, 0)
	n, ok := small(c, inlineCopy, dst)
	if !ok {
		return false
	}
	const ones = 0x0101010101010101
	x := t.emit(OpMul64, 0, t.emit(OpZext8, 0, t.register(e, bpf.R2, c.Args[1])), t.f.Const(ones))
	for _, p := range pieces(n) {
		t.part(stores[p.width], dst, p.off, x)
	}
	t.set(e, bpf.R0, dst.base)
	return true
}

// copy is memcpy and memmove.
func (t *translator) copy(e *body, c *verifier.CallFact) bool {
	dst, src := t.memoryOf(e, c, 0), t.memoryOf(e, c, 1)
	n, ok := small(c, inlineCopy, dst, src)
	if !ok {
		return false
	}
	xs := t.parts(src, n)
	for i, p := range pieces(n) {
		t.part(stores[p.width], dst, p.off, xs[i])
	}
	t.set(e, bpf.R0, dst.base)
	return true
}

// compare is memcmp: the first pair of pieces that differ decides, by their
// big-endian numbers.
func (t *translator) compare(e *body, c *verifier.CallFact) bool {
	a, b := t.memoryOf(e, c, 0), t.memoryOf(e, c, 1)
	n, ok := small(c, inlineCompare, a, b)
	if !ok {
		return false
	}
	xs, ys, l := t.parts(a, n), t.parts(b, n), pieces(n)
	r := t.f.Const(0)
	for i := len(l) - 1; i >= 0; i-- {
		x, y := xs[i], ys[i]
		if swap := bswaps[l[i].width]; swap != OpInvalid {
			x, y = t.emit(swap, 0, x), t.emit(swap, 0, y)
		}
		sign := t.emit(OpSub32, 0, t.emit(OpUlt64, 0, y, x), t.emit(OpUlt64, 0, x, y))
		if i == len(l)-1 {
			r = sign
			continue
		}
		r = t.emit(OpSelect, 0, t.emit(OpEq64, 0, x, y), r, sign)
	}
	t.set(e, bpf.R0, r)
	return true
}
