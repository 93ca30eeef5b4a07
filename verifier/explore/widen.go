package explore

import (
	"math"
	"math/bits"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// limits are the bounds that a growing number is given, sorted: a number that
// still grows jumps to the next, or, with skip, over some of them.
type limits struct {
	signed   []int64
	unsigned []uint64
	skip     int
}

// typeLimits are bounds of every loop.
// The neighbours of the largest leave room for one step without wrapping.
var typeLimits = [...]int64{math.MinInt64, math.MinInt64 + 1, math.MinInt32, math.MinInt32 + 1, -1, 0, 1, math.MaxUint8, math.MaxUint16,
	math.MaxInt32 - 1, math.MaxInt32, math.MaxUint32 - 1, math.MaxUint32, math.MaxInt64 - 1, math.MaxInt64}

// limitsOf gathers the bounds for a state that comes back to a loop: what the
// loop compares with, the sizes of what its pointers lead to, and the bounds
// of numbers that did not change since the state before.
func limitsOf(env *transfer.Env, compared []int64, old, cur *state.State, skip int) *limits {
	t := &limits{skip: skip}
	t.signed = append(t.signed, typeLimits[:]...)
	t.signed = append(t.signed, compared...)
	near := func(n int64) {
		if n > math.MinInt64 && n < math.MaxInt64 {
			t.signed = append(t.signed, n-1, n, n+1)
		}
	}
	add := func(o, c *state.Value) {
		switch c.Kind {
		case state.Scalar:
			if o.Kind != state.Scalar {
				break
			}
			if o.S.R.Smin == c.S.R.Smin {
				near(c.S.R.Smin)
			}
			if o.S.R.Smax == c.S.R.Smax {
				near(c.S.R.Smax)
			}
		case state.PtrMapValue:
			near(int64(env.Maps[c.Map].ValueSize))
		case state.PtrMem:
			near(int64(c.Size))
		case state.PtrStack:
			t.signed = append(t.signed, -state.StackSize)
		}
	}
	for d := range cur.Depth() + 1 {
		o, c := old.Frame(d), cur.Frame(d)
		for r := range c.Regs {
			add(&o.Regs[r], &c.Regs[r])
		}
		for i, k := range c.Stack.Cells {
			if k != nil && k.Size != 0 && i < len(o.Stack.Cells) && o.Stack.Cells[i] != nil && o.Stack.Cells[i].Size == k.Size {
				add(&o.Stack.Cells[i].Val, &k.Val)
			}
		}
	}
	slices.Sort(t.signed)
	t.signed = slices.Compact(t.signed)
	for _, n := range t.signed {
		t.unsigned = append(t.unsigned, uint64(n))
	}
	slices.Sort(t.unsigned)
	return t
}

// widen moves the bounds of s that o does not have to a limit.
func (l *limits) widen(s, o *value.Scalar) {
	l.grow(&s.R, &o.R, value.W64)
	l.grow(&s.H, &o.H, value.W64/2)
	if grown := s.T.Mask &^ o.T.Mask; grown != 0 {
		// Bits above the lowest that changes are unknown: strides stay.
		s.T.Mask |= ^uint64(0) << bits.TrailingZeros64(grown)
		s.T.Value &^= s.T.Mask
	}
}

// grow moves the bounds of r that are not those of o.
func (l *limits) grow(r, o *value.Range, w value.Width) {
	full := w.Any().R
	if r.Umax > o.Umax {
		r.Umax = min(up(l.unsigned, r.Umax, l.skip, full.Umax), full.Umax)
	}
	if r.Umin < o.Umin {
		r.Umin = down(l.unsigned, r.Umin, l.skip, 0)
	}
	if r.Smax > o.Smax {
		r.Smax = min(up(l.signed, r.Smax, l.skip, full.Smax), full.Smax)
	}
	if r.Smin < o.Smin {
		r.Smin = max(down(l.signed, r.Smin, l.skip, full.Smin), full.Smin)
	}
}

// up is the first limit that is not less than n, or one behind it.
func up[T int64 | uint64](l []T, n T, skip int, last T) T {
	i, _ := slices.BinarySearch(l, n)
	if i += skip; i < len(l) {
		return l[i]
	}
	return last
}

// down is the last limit that is not greater than n, or one before it.
func down[T int64 | uint64](l []T, n T, skip int, last T) T {
	i, found := slices.BinarySearch(l, n)
	if !found {
		i--
	}
	if i -= skip; i >= 0 {
		return l[i]
	}
	return last
}
