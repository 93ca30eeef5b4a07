package value

// Scalar is what is known of a register that holds a number. The zero Scalar
// is the number 0.
type Scalar struct {
	T Tnum  // all bits
	R Range // all bits
	H Range // the low half
}

// Const is the Scalar of one number.
func Const(v uint64) Scalar { return W64.Const(v) }

// Unknown is the Scalar of every number.
func Unknown() Scalar { return W64.Any() }

// Between is the Scalar of the numbers lo to hi, unsigned.
func Between(lo, hi uint64) Scalar { return W64.Between(lo, hi) }

// Bits is the Scalar of the numbers of n bits, 1 to 64.
func Bits(n uint) Scalar { return W64.Between(0, Width(n).mask()) }

// OfTnum is the Scalar of the numbers of t.
func OfTnum(t Tnum) Scalar {
	s := W64.Any()
	s.T = t
	W64.Reduce(&s)
	return s
}

// Const is the Scalar of one number at a width.
func (w Width) Const(v uint64) Scalar {
	v &= w.mask()
	return Scalar{Tnum{v, 0}, w.exactly(v), w.half().exactly(v & w.half().mask())}
}

// Any is the Scalar of every number at a width.
func (w Width) Any() Scalar {
	return Scalar{w.anyTnum(), w.full(), w.half().full()}
}

// Between is the Scalar of the numbers lo to hi, unsigned, at a width.
func (w Width) Between(lo, hi uint64) Scalar {
	s := w.Any()
	s.R.Umin, s.R.Umax = lo, hi
	w.Reduce(&s)
	return s
}

// IsConst returns the only number of s and whether it has only one.
func (s *Scalar) IsConst() (uint64, bool) { return s.R.Umin, s.R.Umin == s.R.Umax }

// Has reports whether v is one of the numbers of s at 64 bits.
func (s *Scalar) Has(v uint64) bool { return W64.Has(s, v) }

// Has reports whether v is one of the numbers of s.
func (w Width) Has(s *Scalar, v uint64) bool {
	h := w.half()
	l := v & h.mask()
	return s.T.Has(v) && v >= s.R.Umin && v <= s.R.Umax && w.signed(v) >= s.R.Smin && w.signed(v) <= s.R.Smax &&
		l >= s.H.Umin && l <= s.H.Umax && h.signed(l) >= s.H.Smin && h.signed(l) <= s.H.Smax
}

// Within reports whether every number that satisfies s satisfies o: each
// description of s is within that of o.
func (s *Scalar) Within(o *Scalar) bool {
	return s.R.within(o.R) && s.H.within(o.H) && s.T.Within(o.T)
}

// IsAny reports whether nothing is known of s.
func (s *Scalar) IsAny() bool { return *s == anyScalar }

var anyScalar = W64.Any()

// Join covers the numbers of both.
func (s *Scalar) Join(o *Scalar) Scalar {
	return Scalar{s.T.join(o.T), s.R.join(o.R), s.H.join(o.H)}
}

// Meet returns the numbers of both and false when there are none.
func Meet(a, b Scalar) (Scalar, bool) { return W64.meet(a, b) }

func (w Width) meet(a, b Scalar) (Scalar, bool) {
	t, ok := a.T.meet(b.T)
	if !ok {
		return a, false
	}
	s := Scalar{t, a.R.meet(b.R), a.H.meet(b.H)}
	ok = w.Reduce(&s)
	return s, ok
}

// Reduce tightens every description by the others until nothing changes. It
// returns false when it finds that no number is left.
func (w Width) Reduce(s *Scalar) bool {
	h := w.half()
	for range 8 { // each round is sound by itself; three are the most seen
		old := *s
		if !w.tighten(&s.T, &s.R) {
			return false
		}
		w.down(s)
		low := s.T.cut(h)
		if !h.tighten(&low, &s.H) {
			return false
		}
		s.T = Tnum{s.T.Value&^h.mask() | low.Value, s.T.Mask&^h.mask() | low.Mask}
		if s.R.Umax <= h.mask() { // the low half is all there is
			s.R = Range{s.H.Umin, s.H.Umax, int64(s.H.Umin), int64(s.H.Umax)}
			return true
		}
		if !w.up(s) || s.R.empty() {
			return false
		}
		if *s == old {
			break
		}
	}
	return true
}

// tighten makes known bits and bounds the least that describe the numbers of
// both, and returns false when there are none. What is not negative and what
// is negative are two intervals in both orders, at most: the ends of each move
// to numbers with the known bits, and then the bits that all numbers between
// two such ends share are those that the ends have in common at the top.
func (w Width) tighten(t *Tnum, r *Range) bool {
	var plain, minus interval
	if r.Smax >= 0 {
		plain = t.between(max(r.Umin, uint64(max(r.Smin, 0))), min(r.Umax, uint64(r.Smax)))
	}
	if r.Smin < 0 {
		minus = t.between(max(r.Umin, w.unsigned(r.Smin)), min(r.Umax, w.unsigned(min(r.Smax, -1))))
	}
	var known Tnum
	switch {
	case plain.some && minus.some:
		*r = Range{plain.lo, minus.hi, w.signed(minus.lo), w.signed(plain.hi)}
		known = w.rangeTnum(plain.lo, plain.hi).join(w.rangeTnum(minus.lo, minus.hi))
	case plain.some:
		*r = Range{plain.lo, plain.hi, int64(plain.lo), int64(plain.hi)}
		known = w.rangeTnum(plain.lo, plain.hi)
	case minus.some:
		*r = Range{minus.lo, minus.hi, w.signed(minus.lo), w.signed(minus.hi)}
		known = w.rangeTnum(minus.lo, minus.hi)
	default:
		return false
	}
	*t, _ = t.meet(known) // the ends are in both
	return true
}

// down bounds the low half by an arc of all bits that is shorter than 2^h:
// its low halves are an arc, too.
func (w Width) down(s *Scalar) {
	h := w.half()
	if s.R.Umax-s.R.Umin <= h.mask() {
		h.arc(&s.H, s.R.Umin, s.R.Umax)
	}
	if uint64(s.R.Smax)-uint64(s.R.Smin) <= h.mask() {
		h.arc(&s.H, uint64(s.R.Smin), uint64(s.R.Smax))
	}
}

// arc bounds r by the arc from lo up to hi, less than one turn.
func (w Width) arc(r *Range, lo, hi uint64) {
	lo, hi = lo&w.mask(), hi&w.mask()
	if lo <= hi {
		r.Umin, r.Umax = max(r.Umin, lo), min(r.Umax, hi)
	}
	if slo, shi := w.signed(lo), w.signed(hi); slo <= shi {
		r.Smin, r.Smax = max(r.Smin, slo), min(r.Smax, shi)
	}
}

// up moves every bound of all bits to the next number whose low half is
// allowed; false when there is none.
func (w Width) up(s *Scalar) bool {
	h := w.half()
	var ok [4]bool
	s.R.Umin, ok[0] = h.above(s.R.Umin, s.H, w.mask())
	s.R.Umax, ok[1] = h.below(s.R.Umax, s.H, 0)
	lo, okl := h.above(uint64(s.R.Smin), s.H, uint64(w.maxSigned()))
	hi, okh := h.below(uint64(s.R.Smax), s.H, uint64(w.minSigned()))
	s.R.Smin, s.R.Smax, ok[2], ok[3] = int64(lo), int64(hi), okl, okh
	if s.R.Smin >= h.minSigned() && s.R.Smax <= h.maxSigned() {
		s.R.Smin, s.R.Smax = max(s.R.Smin, s.H.Smin), min(s.R.Smax, s.H.Smax)
	}
	return ok == [4]bool{true, true, true, true}
}

// above returns the least number >= v whose low half lies in r, and false
// when the upper half would have to pass that of last.
func (h Width) above(v uint64, r Range, last uint64) (uint64, bool) {
	upper, low := v&^h.mask(), v&h.mask()
	switch {
	case low < r.Umin:
		return upper | r.Umin, true
	case low > r.Umax:
		return upper + h.mask() + 1 | r.Umin, upper != last&^h.mask()
	}
	return v, true
}

// below returns the greatest number <= v whose low half lies in r.
func (h Width) below(v uint64, r Range, last uint64) (uint64, bool) {
	upper, low := v&^h.mask(), v&h.mask()
	switch {
	case low > r.Umax:
		return upper | r.Umax, true
	case low < r.Umin:
		return upper - h.mask() - 1 | r.Umax, upper != last&^h.mask()
	}
	return v, true
}
