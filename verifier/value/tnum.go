package value

import "math/bits"

// Width is a number of bits, 64 in the verifier and small in tests.
type Width uint

// W64 is the width of a register; its half is the width of a 32-bit operation.
const W64 Width = 64

func (w Width) half() Width             { return w / 2 }
func (w Width) mask() uint64            { return ^uint64(0) >> (64 - w) }
func (w Width) signed(u uint64) int64   { return int64(u<<(64-w)) >> (64 - w) }
func (w Width) maxSigned() int64        { return int64(w.mask() >> 1) }
func (w Width) minSigned() int64        { return -w.maxSigned() - 1 }
func (w Width) unsigned(s int64) uint64 { return uint64(s) & w.mask() }

// Tnum is a number of which some bits are known. A bit set in Mask is
// unknown, and then it is clear in Value.
type Tnum struct{ Value, Mask uint64 }

// Has reports whether v is one of the numbers that t stands for.
func (t Tnum) Has(v uint64) bool { return v&^t.Mask == t.Value }

// Within reports whether every number of t is one of u.
func (t Tnum) Within(u Tnum) bool {
	return t.Mask&^u.Mask == 0 && t.Value&^u.Mask == u.Value
}

func (t Tnum) cut(w Width) Tnum { return Tnum{t.Value & w.mask(), t.Mask & w.mask()} }

func (w Width) anyTnum() Tnum { return Tnum{0, w.mask()} }

// rangeTnum covers the numbers min to max: the common leading bits are known.
func (w Width) rangeTnum(min, max uint64) Tnum {
	n := bits.Len64(min ^ max)
	low := ^uint64(0)
	if n < 64 {
		low = 1<<n - 1
	}
	return Tnum{min &^ low, low & w.mask()}
}

// next returns the least number of t that is not below v, and false when
// there is none.
func (t Tnum) next(v uint64) (uint64, bool) {
	wrong := (v ^ t.Value) &^ t.Mask
	if wrong == 0 {
		return v, true
	}
	top := uint64(1) << (bits.Len64(wrong) - 1)
	if v&top == 0 { // it has to be set: the bits below it start again
		return v&^(2*top-1) | t.Value&(2*top-1), true
	}
	// It has to be clear: carry to the next bit that may be set.
	free := t.Mask &^ v &^ (top - 1)
	bit := free & -free
	return v&^(bit-1) | bit | t.Value&(bit-1), free != 0
}

// prev returns the greatest number of t that is not above v: next of the
// complements.
func (t Tnum) prev(v uint64) (uint64, bool) {
	n, ok := Tnum{^(t.Value | t.Mask), t.Mask}.next(^v)
	return ^n, ok
}

// interval is the numbers lo to hi, if there are some.
type interval struct {
	lo, hi uint64
	some   bool
}

// between is the least interval of the numbers of t from lo to hi.
func (t Tnum) between(lo, hi uint64) interval {
	lo, ok := t.next(lo)
	hi, ok2 := t.prev(hi)
	return interval{lo, hi, ok && ok2 && lo <= hi}
}

// meet returns the numbers that are in both, and false when there are none.
func (t Tnum) meet(u Tnum) (Tnum, bool) {
	if (t.Value^u.Value)&^(t.Mask|u.Mask) != 0 {
		return t, false
	}
	m := t.Mask & u.Mask
	return Tnum{(t.Value | u.Value) &^ m, m}, true
}

// join covers the numbers of both.
func (t Tnum) join(u Tnum) Tnum {
	m := t.Mask | u.Mask | (t.Value ^ u.Value)
	return Tnum{t.Value &^ m, m}
}

// add: a carry can differ between two sums only where the smallest and the
// largest sum differ.
func (t Tnum) add(u Tnum) Tnum {
	low := t.Value + u.Value
	high := low + t.Mask + u.Mask
	m := low ^ high | t.Mask | u.Mask
	return Tnum{low &^ m, m}
}

// sub: the same argument for borrows.
func (t Tnum) sub(u Tnum) Tnum {
	d := t.Value - u.Value
	high, low := d+t.Mask, d-u.Mask
	m := high ^ low | t.Mask | u.Mask
	return Tnum{d &^ m, m}
}

func (t Tnum) and(u Tnum) Tnum {
	one := t.Value & u.Value
	may := (t.Value | t.Mask) & (u.Value | u.Mask)
	return Tnum{one, may &^ one}
}

func (t Tnum) or(u Tnum) Tnum {
	one := t.Value | u.Value
	return Tnum{one, (t.Mask | u.Mask) &^ one}
}

func (t Tnum) xor(u Tnum) Tnum {
	m := t.Mask | u.Mask
	return Tnum{(t.Value ^ u.Value) &^ m, m}
}

// mul sums the partial products; where a bit of t is unknown, with or without
// one.
func (t Tnum) mul(u Tnum) Tnum {
	if u.Mask == 0 {
		t, u = u, t
	}
	sum := Tnum{}
	for ; t.Value|t.Mask != 0; t.Value, t.Mask = t.Value>>1, t.Mask>>1 {
		switch {
		case t.Value&1 != 0:
			sum = sum.add(u)
		case t.Mask&1 != 0:
			sum = sum.join(sum.add(u))
		}
		u.Value, u.Mask = u.Value<<1, u.Mask<<1
	}
	return sum
}

func (t Tnum) lsh(n uint64) Tnum { return Tnum{t.Value << n, t.Mask << n} }
func (t Tnum) rsh(n uint64) Tnum { return Tnum{t.Value >> n, t.Mask >> n} }

// arsh repeats the sign, known or not.
func (t Tnum) arsh(w Width, n uint64) Tnum {
	return Tnum{w.unsigned(w.signed(t.Value) >> n), w.unsigned(w.signed(t.Mask) >> n)}
}

// reverse swaps the bytes of a number of n bytes.
func (t Tnum) reverse(n uint) Tnum {
	s := 64 - 8*n
	return Tnum{bits.ReverseBytes64(t.Value) >> s, bits.ReverseBytes64(t.Mask) >> s}.cut(Width(8 * n))
}
