package value

import (
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// ops are the operations with two operands.
func ops() []bpf.Op {
	var l []bpf.Op
	for op := range rules {
		if rules[op].f != nil {
			l = append(l, bpf.Op(op))
		}
	}
	return l
}

// tnums are all tristate numbers of a width.
func tnums(w Width) []Tnum {
	var l []Tnum
	for m := range w.mask() + 1 {
		for v := range w.mask() + 1 {
			if v&m == 0 {
				l = append(l, Tnum{v, m})
			}
		}
	}
	return l
}

// ofRange is the scalar of a circular interval, reduced.
func (w Width) sample(r *rand.Rand) (Scalar, bool) {
	s := w.Any()
	m := w.mask()
	if r.IntN(2) == 0 {
		s.T = Tnum{r.Uint64() & m, r.Uint64() & r.Uint64() & m}
		s.T.Value &^= s.T.Mask
	}
	if r.IntN(2) == 0 {
		a, b := r.Uint64()&m, r.Uint64()&m
		s.R.Umin, s.R.Umax = min(a, b), max(a, b)
	}
	if r.IntN(2) == 0 {
		a, b := w.signed(r.Uint64()&m), w.signed(r.Uint64()&m)
		s.R.Smin, s.R.Smax = min(a, b), max(a, b)
	}
	h := w.half()
	if r.IntN(2) == 0 {
		a, b := r.Uint64()&h.mask(), r.Uint64()&h.mask()
		s.H.Umin, s.H.Umax = min(a, b), max(a, b)
	}
	if r.IntN(2) == 0 {
		a, b := h.signed(r.Uint64()&h.mask()), h.signed(r.Uint64()&h.mask())
		s.H.Smin, s.H.Smax = min(a, b), max(a, b)
	}
	ok := w.Reduce(&s)
	return s, ok
}

// members lists the numbers of a scalar at a small width.
func (w Width) members(s *Scalar) []uint64 {
	var l []uint64
	for v := range w.mask() + 1 {
		if w.Has(s, v) {
			l = append(l, v)
		}
	}
	return l
}

// TestReduceKeepsNumbers: reducing removes no number of the conjunction and
// says "empty" only of empty sets.
func TestReduceKeepsNumbers(t *testing.T) {
	const w = Width(6)
	r := rand.New(rand.NewPCG(1, 2))
	for range 200000 {
		s := w.Any()
		m, h := w.mask(), w.half()
		s.T = Tnum{r.Uint64() & m, r.Uint64() & m}
		s.T.Value &^= s.T.Mask
		a, b := r.Uint64()&m, r.Uint64()&m
		s.R.Umin, s.R.Umax = min(a, b), max(a, b)
		c, d := w.signed(r.Uint64()&m), w.signed(r.Uint64()&m)
		s.R.Smin, s.R.Smax = min(c, d), max(c, d)
		a, b = r.Uint64()&h.mask(), r.Uint64()&h.mask()
		s.H.Umin, s.H.Umax = min(a, b), max(a, b)
		c, d = h.signed(r.Uint64()&h.mask()), h.signed(r.Uint64()&h.mask())
		s.H.Smin, s.H.Smax = min(c, d), max(c, d)
		before := s
		ok := w.Reduce(&s)
		for _, v := range w.members(&before) {
			if !ok || !w.Has(&s, v) {
				t.Fatalf("reduce(%+v) = %+v, %v lost %d", before, s, ok, v)
			}
		}
	}
}

// TestBinary checks whole scalars, both halves, at 6 bits.
func TestBinary(t *testing.T) {
	const w = Width(6)
	r := rand.New(rand.NewPCG(3, 4))
	for range 4000 {
		a, ok1 := w.sample(r)
		b, ok2 := w.sample(r)
		if !ok1 || !ok2 {
			continue
		}
		xs, ys := w.members(&a), w.members(&b)
		for _, op := range ops() {
			wide := r.IntN(2) == 0
			if h := w.half(); !wide && h&(h-1) != 0 {
				switch op {
				case bpf.OpLsh, bpf.OpRsh, bpf.OpArsh:
					continue // masking a distance needs a power of two
				}
			} else if wide && w&(w-1) != 0 {
				switch op {
				case bpf.OpLsh, bpf.OpRsh, bpf.OpArsh:
					continue
				}
			}
			checkBinary(t, w, op, wide, a, b, xs, ys)
		}
	}
}

// TestShifts checks shifts at 8 bits, where widths are powers of two.
func TestShifts(t *testing.T) {
	const w = Width(8)
	r := rand.New(rand.NewPCG(5, 6))
	for range 3000 {
		a, ok1 := w.sample(r)
		b, ok2 := w.sample(r)
		if r.IntN(2) == 0 {
			b, ok2 = w.Between(r.Uint64()%4, 4+r.Uint64()%5), true
		}
		if !ok1 || !ok2 {
			continue
		}
		for _, op := range []bpf.Op{bpf.OpLsh, bpf.OpRsh, bpf.OpArsh} {
			checkBinary(t, w, op, r.IntN(2) == 0, a, b, w.members(&a), w.members(&b))
		}
	}
}

func checkBinary(t *testing.T, w Width, op bpf.Op, wide bool, a, b Scalar, xs, ys []uint64) {
	t.Helper()
	res := w.Binary(op, wide, a, b)
	for _, x := range xs {
		for _, y := range ys {
			v := w.half().Eval(op, x, y)
			if wide {
				v = w.Eval(op, x, y)
			}
			if !w.Has(&res, v) {
				t.Fatalf("op %d wide %v:\n a %+v\n b %+v\n gives %+v\n without %d op %d = %d", op, wide, a, b, res, x, y, v)
			}
		}
	}
}

func holds(w Width, c Cond, wide bool, x, y uint64) bool {
	if !wide {
		w = w.half()
	}
	x, y = x&w.mask(), y&w.mask()
	sx, sy := w.signed(x), w.signed(y)
	return [numConds]bool{
		Eq: x == y, Ne: x != y, Gt: x > y, Le: x <= y, Ge: x >= y, Lt: x < y,
		Sgt: sx > sy, Sle: sx <= sy, Sge: sx >= sy, Slt: sx < sy, Set: x&y != 0, NotSet: x&y == 0,
	}[c]
}

// TestAssume: no pair that satisfies the relation is lost.
func TestAssume(t *testing.T) {
	const w = Width(6)
	r := rand.New(rand.NewPCG(7, 8))
	for range 8000 {
		a, ok1 := w.sample(r)
		b, ok2 := w.sample(r)
		if r.IntN(3) == 0 {
			b, ok2 = w.Const(r.Uint64()), true
		}
		if !ok1 || !ok2 {
			continue
		}
		xs, ys := w.members(&a), w.members(&b)
		for c := range numConds {
			wide := r.IntN(2) == 0
			ra, rb := a, b
			ok := w.Assume(c, wide, &ra, &rb)
			for _, x := range xs {
				for _, y := range ys {
					if holds(w, c, wide, x, y) && (!ok || !w.Has(&ra, x) || !w.Has(&rb, y)) {
						t.Fatalf("cond %d wide %v\n a %+v\n b %+v\n lost %d, %d: %v\n %+v\n %+v", c, wide, a, b, x, y, ok, ra, rb)
					}
				}
			}
		}
	}
}

// TestLaws: join and meet against inclusion.
func TestLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 20000 {
		a, ok1 := W64.sample(r)
		b, ok2 := W64.sample(r)
		if !ok1 || !ok2 {
			continue
		}
		j := a.Join(&b)
		if !a.Within(&j) || !b.Within(&j) {
			t.Fatalf("join of %+v and %+v is %+v", a, b, j)
		}
		if m, ok := Meet(a, b); ok && (!m.Within(&a) || !m.Within(&b)) {
			t.Fatalf("meet of %+v and %+v is %+v", a, b, m)
		}
		if !a.Within(&a) {
			t.Fatalf("%+v is not within itself", a)
		}
	}
}

// TestWide checks operations on whole registers at random.
func TestWide(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	pick := func(s *Scalar) uint64 {
		for range 20 {
			v := s.T.Value | r.Uint64()&s.T.Mask
			if s.R.Umax != ^uint64(0) && r.IntN(2) == 0 {
				v = s.R.Umin + r.Uint64()%(s.R.Umax-s.R.Umin+1)
			}
			if s.Has(v) {
				return v
			}
		}
		return s.R.Umin
	}
	for range 50000 {
		a, ok1 := W64.sample(r)
		b, ok2 := W64.sample(r)
		if r.IntN(2) == 0 {
			b, ok2 = Between(r.Uint64N(70), 70+r.Uint64N(1<<r.UintN(40))), true
		}
		if !ok1 || !ok2 {
			continue
		}
		x, y := pick(&a), pick(&b)
		if !a.Has(x) || !b.Has(y) {
			continue
		}
		for _, op := range ops() {
			if s := Binary(op, true, a, b); !s.Has(W64.Eval(op, x, y)) {
				t.Fatalf("op %d: %+v %+v gives %+v without %#x op %#x", op, a, b, s, x, y)
			}
			if s := Binary(op, false, a, b); !s.Has(W64.half().Eval(op, x, y)) {
				t.Fatalf("op %d 32: %+v %+v gives %+v without %#x op %#x", op, a, b, s, x, y)
			}
		}
		for _, n := range []uint{1, 2, 4} {
			v := uint64(int64(x<<(64-8*n)) >> (64 - 8*n))
			if s := SignExtend(a, n, true); !s.Has(v) {
				t.Fatalf("sign extension of %d bytes of %+v gives %+v without %#x", n, a, s, v)
			}
			if s := SignExtend(a, n, false); n < 4 && !s.Has(v&0xffffffff) {
				t.Fatalf("32-bit sign extension of %d bytes of %+v gives %+v without %#x", n, a, s, v)
			}
			if s := Low(a, n); !s.Has(x & Width(8*n).mask()) {
				t.Fatalf("low %d bytes of %+v gives %+v", n, a, s)
			}
		}
	}
}

// TestHas: membership is what the three descriptions say.
func TestHas(t *testing.T) {
	w := whole()
	m, h := w.masks(), w.half().masks()
	_, all := w.scalars()
	for i := range all {
		s := &all[i]
		want, low := m.of(part{s.T, s.R}), h.of(part{s.T.cut(w.half()), s.H})
		for v := range w.mask() + 1 {
			if low&(1<<(v&w.half().mask())) == 0 {
				want &^= 1 << v
			}
		}
		if got := w.scalarSet(s); got != want {
			t.Fatalf("%+v has %b, want %b", *s, got, want)
		}
	}
	if s := Between(3, 7); s.Has(2) || !s.Has(3) || !s.Has(7) || s.Has(8) || s.Has(1<<32+5) {
		t.Error("wrong members of 3 to 7")
	}
	if u := Unknown(); !u.IsAny() || !u.Has(1<<63) {
		t.Error("unknown is not any number")
	}
	if u := Bits(64); !u.IsAny() {
		t.Errorf("64 bits are %+v", u)
	}
	if b := Bits(16); b != Between(0, 65535) || b.IsAny() {
		t.Errorf("16 bits are %+v", b)
	}
}
