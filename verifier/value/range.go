package value

import "math/bits"

// Range bounds a number as unsigned and as signed; all bounds are included.
type Range struct {
	Umin, Umax uint64
	Smin, Smax int64
}

func (w Width) full() Range {
	return Range{0, w.mask(), w.minSigned(), w.maxSigned()}
}

func (w Width) exactly(v uint64) Range {
	s := w.signed(v)
	return Range{v, v, s, s}
}

func (r Range) empty() bool { return r.Umin > r.Umax || r.Smin > r.Smax }

func (r Range) isConst() bool { return r.Umin == r.Umax }

func (r Range) meet(o Range) Range {
	return Range{max(r.Umin, o.Umin), min(r.Umax, o.Umax), max(r.Smin, o.Smin), min(r.Smax, o.Smax)}
}

func (r Range) join(o Range) Range {
	return Range{min(r.Umin, o.Umin), max(r.Umax, o.Umax), min(r.Smin, o.Smin), max(r.Smax, o.Smax)}
}

func (r Range) within(o Range) bool {
	return r.Umin >= o.Umin && r.Umax <= o.Umax && r.Smin >= o.Smin && r.Smax <= o.Smax
}

// setU and setS give full bounds but the ones named.
func (w Width) setU(lo, hi uint64) Range { r := w.full(); r.Umin, r.Umax = lo, hi; return r }
func (w Width) setS(lo, hi int64) Range  { r := w.full(); r.Smin, r.Smax = lo, hi; return r }

// addU returns the sum modulo 2^w and how often it wrapped.
func (w Width) addU(x, y uint64) (uint64, int) {
	sum, carry := bits.Add64(x, y, 0)
	if carry != 0 || sum > w.mask() {
		return sum & w.mask(), 1
	}
	return sum, 0
}

func (w Width) subU(x, y uint64) (uint64, int) {
	if x < y {
		return (x - y) & w.mask(), -1
	}
	return x - y, 0
}

// addS returns the sum modulo 2^w and in which direction it wrapped.
func (w Width) addS(x, y int64) (int64, int) {
	sum := x + y
	switch {
	case x > 0 && y > 0 && (sum < 0 || sum > w.maxSigned()):
		return w.signed(uint64(sum)), 1
	case x < 0 && y < 0 && (sum >= 0 || sum < w.minSigned()):
		return w.signed(uint64(sum)), -1
	}
	return sum, 0
}

func (w Width) subS(x, y int64) (int64, int) {
	d := x - y
	switch {
	case x >= 0 && y < 0 && (d < 0 || d > w.maxSigned()):
		return w.signed(uint64(d)), 1
	case x < 0 && y > 0 && (d >= 0 || d < w.minSigned()):
		return w.signed(uint64(d)), -1
	}
	return d, 0
}

// addRange keeps bounds when both ends wrap equally often: then all sums
// between them do.
func (w Width) addRange(a, b Range) Range {
	r := w.full()
	ulo, c0 := w.addU(a.Umin, b.Umin)
	uhi, c1 := w.addU(a.Umax, b.Umax)
	if c0 == c1 {
		r.Umin, r.Umax = ulo, uhi
	}
	slo, d0 := w.addS(a.Smin, b.Smin)
	shi, d1 := w.addS(a.Smax, b.Smax)
	if d0 == d1 {
		r.Smin, r.Smax = slo, shi
	}
	return r
}

func (w Width) subRange(a, b Range) Range {
	r := w.full()
	ulo, c0 := w.subU(a.Umin, b.Umax)
	uhi, c1 := w.subU(a.Umax, b.Umin)
	if c0 == c1 {
		r.Umin, r.Umax = ulo, uhi
	}
	slo, d0 := w.subS(a.Smin, b.Smax)
	shi, d1 := w.subS(a.Smax, b.Smin)
	if d0 == d1 {
		r.Smin, r.Smax = slo, shi
	}
	return r
}

// mulRange: products of numbers in order are in order while none wraps; of
// signed numbers the extremes are at corners.
func (w Width) mulRange(a, b Range) Range {
	r := w.full()
	if hi, lo := bits.Mul64(a.Umax, b.Umax); hi == 0 && lo <= w.mask() {
		r.Umin, r.Umax = a.Umin*b.Umin, lo
	}
	p, ok0 := w.mulS(a.Smin, b.Smin)
	q, ok1 := w.mulS(a.Smin, b.Smax)
	x, ok2 := w.mulS(a.Smax, b.Smin)
	y, ok3 := w.mulS(a.Smax, b.Smax)
	if ok0 && ok1 && ok2 && ok3 {
		r.Smin, r.Smax = min(p, q, x, y), max(p, q, x, y)
	}
	return r
}

// mulS returns a product and whether it did not wrap.
func (w Width) mulS(x, y int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude(x), magnitude(y))
	limit := w.mask() >> 1
	if (x < 0) != (y < 0) {
		limit++
	}
	return x * y, hi == 0 && lo <= limit
}

// magnitude is the distance of x from 0.
func magnitude(x int64) uint64 {
	if x < 0 {
		return -uint64(x)
	}
	return uint64(x)
}

// divRange: division by zero gives 0 (RFC 9669 §4.1).
func (w Width) divRange(a, b Range) Range {
	if b.Umin == 0 {
		return w.setU(0, a.Umax)
	}
	return w.setU(a.Umin/b.Umax, a.Umax/b.Umin)
}

// modRange: modulo zero gives the dividend (RFC 9669 §4.1).
func (w Width) modRange(a, b Range) Range {
	switch {
	case b.Umin == 0:
		return w.setU(0, a.Umax)
	case a.Umax < b.Umin:
		return w.setU(a.Umin, a.Umax)
	case b.isConst() && a.Umin/b.Umin == a.Umax/b.Umin: // all lose as much
		return w.setU(a.Umin%b.Umin, a.Umax%b.Umin)
	}
	return w.setU(0, min(a.Umax, b.Umax-1))
}

// sdivRange: the quotient is never farther from zero than the dividend, but
// for the least number divided by -1, which is itself again.
func (w Width) sdivRange(a, b Range) Range {
	if b.Smin > 0 {
		return w.setS(min(a.Smin/b.Smin, a.Smin/b.Smax), max(a.Smax/b.Smin, a.Smax/b.Smax))
	}
	if a.Smin == w.minSigned() {
		return w.full()
	}
	m := max(a.Smax, -a.Smin)
	return w.setS(-m, m)
}

// smodRange: the remainder has the dividend's sign and is no farther from
// zero; modulo zero gives the dividend.
func (w Width) smodRange(a, b Range) Range {
	lo, hi := min(a.Smin, 0), max(a.Smax, 0)
	if b.Smin > 0 {
		lo, hi = max(lo, 1-b.Smax), min(hi, b.Smax-1)
	}
	return w.setS(lo, hi)
}

// lshRange takes the bounds of the distance, already below the width.
func (w Width) lshRange(a Range, lo, hi uint64) Range {
	r := w.full()
	if a.Umax <= w.mask()>>hi {
		r.Umin, r.Umax = a.Umin<<lo, a.Umax<<hi
	}
	if lo == hi && w.maxSigned()>>hi >= a.Smax && w.minSigned()>>hi <= a.Smin {
		r.Smin, r.Smax = a.Smin<<hi, a.Smax<<hi
	}
	return r
}

func (w Width) arshRange(a Range, lo, hi uint64) Range {
	return w.setS(min(a.Smin>>lo, a.Smin>>hi), max(a.Smax>>lo, a.Smax>>hi))
}
