package value

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// TestTighten: for every tristate number, unsigned and signed interval of 4
// bits the result is the least description of the numbers of all three.
func TestTighten(t *testing.T) {
	for w := Width(1); w <= min(widest(), 4); w++ {
		m, gens := w.masks(), w.generators()
		for _, tn := range tnums(w) {
			for _, u := range gens {
				for _, s := range gens {
					if u.R.Smin != w.minSigned() || u.R.Smax != w.maxSigned() || s.R.Umin != 0 || s.R.Umax != w.mask() {
						continue // u is an unsigned interval, s a signed one
					}
					p := part{tn, u.R.meet(s.R)}
					want, got := m.of(p), p
					ok := w.tighten(&got.T, &got.R)
					if ok != (want != 0) || ok && got != w.best(want) {
						t.Fatalf("width %d: %+v gives %+v, %v; the numbers are %b", w, p, got, ok, want)
					}
				}
			}
		}
	}
}

// widest is the width up to which rules are tried.
func widest() Width {
	switch {
	case *exhaustive:
		return 6
	case testing.Short():
		return 3
	}
	return 4
}

// pairs calls f for every pair of parts.
func (sp *space) pairs(f func(i, j int)) {
	for i := range sp.parts {
		for j := range sp.parts {
			f(i, j)
		}
	}
}

// images is, by number x and part, the set of x op y for the part's y.
func (sp *space) images(op bpf.Op) [][]set {
	l := make([][]set, sp.w.mask()+1)
	for x := range l {
		l[x] = make([]set, len(sp.parts))
		for i, s := range sp.sets {
			s.each(func(y uint64) { l[x][i] |= 1 << sp.w.Eval(op, uint64(x), y) })
		}
	}
	return l
}

// TestRules: for every operation and every two parts, each result of two
// numbers is in the result of the rule.
func TestRules(t *testing.T) {
	var f figures
	for w := Width(1); w <= widest(); w++ {
		sp, m := newSpace(w), w.masks()
		for _, op := range ops() {
			var c count
			img := sp.images(op)
			sp.pairs(func(i, j int) {
				a, b, want := sp.parts[i], sp.parts[j], set(0)
				sp.sets[i].each(func(x uint64) { want |= img[x][j] })
				p := rules[op].f(w, a, b)
				p.T = p.T.cut(w)
				ok := w.tighten(&p.T, &p.R)
				got := m.of(p)
				if !ok || want&^got != 0 {
					t.Fatalf("width %d, op %v: %+v, %+v gives %+v: %b without %b", w, op, a, b, p, got, want&^got)
				}
				best := m.best(want)
				c.add(got, m.of(best), p == best)
			})
			f.line(fmt.Sprintf("%d bits %v", w, op), c)
		}
	}
	f.compareIfWhole(t, "rules")
}

// compareIfWhole compares with the golden of the mode of the run.
func (f *figures) compareIfWhole(t *testing.T, name string) {
	t.Helper()
	switch {
	case *exhaustive:
		name += "-exhaustive"
	case testing.Short():
		name += "-short"
	}
	f.compare(t, name+".golden")
}

// TestAssumeRules: for every relation and every two parts, no number is lost
// that satisfies it with one of the other part.
func TestAssumeRules(t *testing.T) {
	var f figures
	for w := Width(1); w <= widest(); w++ {
		sp, m := newSpace(w), w.masks()
		for c := range numConds {
			var n count
			var with, from [64]set // numbers that hold with x on the left, right
			for x := range w.mask() + 1 {
				for y := range w.mask() + 1 {
					if holds(2*w, c, false, x, y) {
						with[x] |= 1 << y
						from[y] |= 1 << x
					}
				}
			}
			sp.pairs(func(i, j int) {
				as, bs := sp.sets[i], sp.sets[j]
				keepA, keepB := set(0), set(0)
				as.each(func(x uint64) { keepB |= with[x] & bs })
				bs.each(func(y uint64) { keepA |= from[y] & as })
				a, b := sp.widened(i), sp.widened(j)
				ok := assume[c](w, &a, &b, &a.H, &b.H)
				pa, pb := part{a.T.cut(w), a.H}, part{b.T.cut(w), b.H}
				ok = ok && w.tighten(&pa.T, &pa.R) && w.tighten(&pb.T, &pb.R)
				if !ok {
					if keepA != 0 {
						t.Fatalf("width %d, cond %d: %+v, %+v is impossible, but %b", w, c, sp.parts[i], sp.parts[j], keepA)
					}
					n.add(0, 0, true)
					return
				}
				gotA, gotB := m.of(pa), m.of(pb)
				if keepA&^gotA|keepB&^gotB != 0 {
					t.Fatalf("width %d, cond %d: %+v, %+v gives %+v, %+v without %b, %b",
						w, c, sp.parts[i], sp.parts[j], pa, pb, keepA&^gotA, keepB&^gotB)
				}
				if keepA == 0 {
					n.add(gotA, 0, false)
					return
				}
				best := m.best(keepA)
				n.add(gotA, m.of(best), pa == best && pb == m.best(keepB))
			})
			f.line(fmt.Sprintf("%d bits cond %d", w, c), n)
		}
	}
	f.compareIfWhole(t, "assume")
}

// widened is the scalar of twice the width whose low half is part i.
func (sp *space) widened(i int) Scalar {
	s, p := (2 * sp.w).Any(), sp.parts[i]
	s.T = Tnum{p.T.Value, s.T.Mask&^sp.w.mask() | p.T.Mask}
	s.H = p.R
	return s
}

// TestReduce: every part of 4 bits with every part of its low 2 bits. No
// number is lost.
func TestReduce(t *testing.T) {
	var f figures
	for _, w := range []Width{2, 3, 4} {
		var n count
		sp, half := newSpace(w), newSpace(w.half())
		for _, p := range sp.parts {
			for _, l := range half.parts {
				s := Scalar{p.T, p.R, l.R}
				low := l.T
				low.Mask |= w.mask() &^ w.half().mask()
				var ok bool
				if s.T, ok = s.T.meet(low); !ok {
					continue
				}
				want, r := w.scalarSet(&s), s
				if ok = w.Reduce(&r); !ok {
					if want != 0 {
						t.Fatalf("reduce(%+v) is empty without %b", s, want)
					}
					n.add(0, 0, true)
					continue
				}
				got := w.scalarSet(&r)
				if got != want {
					t.Fatalf("reduce(%+v) = %+v: %b, want %b", s, r, got, want)
				}
				again := r
				w.Reduce(&again)
				if again != r {
					t.Fatalf("reduce(%+v) = %+v and then %+v", s, r, again)
				}
				if want == 0 {
					n.add(0, 0, false)
					continue
				}
				best := w.bestScalar(want)
				n.add(w.scalarSet(&r), want, best == r)
			}
		}
		f.line(fmt.Sprintf("%d bits", w), n)
	}
	f.compare(t, "reduce.golden")
}

// bestScalar is the least scalar with the numbers of a set.
func (w Width) bestScalar(s set) Scalar {
	var low set
	s.each(func(v uint64) { low |= 1 << (v & w.half().mask()) })
	p := w.best(s)
	return Scalar{p.T, p.R, w.half().best(low).R}
}

// whole is the width of whole scalars that are tried.
func whole() Width {
	if testing.Short() {
		return 3
	}
	return 4
}

// scalarPairs calls f for pairs of whole scalars: all of them, or
// every pair of generators and some of the others.
func scalarPairs(w Width, f func(a, b *Scalar)) {
	gens, all := w.scalars()
	n := 60000
	if *exhaustive {
		gens = all
	}
	if testing.Short() {
		n = 3000
	}
	for i := range gens {
		for j := range gens {
			f(&gens[i], &gens[j])
		}
	}
	r := rand.New(rand.NewPCG(13, 14))
	for range n {
		f(&all[r.IntN(len(all))], &all[r.IntN(len(all))])
	}
}

// TestScalars: whole scalars, operations on all bits and on the low half.
func TestScalars(t *testing.T) {
	w := whole()
	var f figures
	var wide, half [bpf.NumOps]count
	sets := map[*Scalar]set{}
	of := func(s *Scalar) set {
		l, ok := sets[s]
		if !ok {
			l = w.scalarSet(s)
			sets[s] = l
		}
		return l
	}
	scalarPairs(w, func(a, b *Scalar) {
		as, bs := of(a), of(b)
		for _, op := range ops() {
			var full, low set
			as.each(func(x uint64) {
				bs.each(func(y uint64) {
					full |= 1 << w.Eval(op, x, y)
					low |= 1 << w.half().Eval(op, x, y)
				})
			})
			check := func(c *count, wide bool, want set) {
				got := w.Binary(op, wide, *a, *b)
				l := w.scalarSet(&got)
				if want&^l != 0 {
					t.Fatalf("op %v wide %v:\n%+v\n%+v\ngives %+v without %b", op, wide, *a, *b, got, want&^l)
				}
				if want != 0 {
					c.add(l, want, got == w.bestScalar(want))
				}
			}
			check(&wide[op], true, full)
			check(&half[op], false, low)
		}
	})
	for _, op := range ops() {
		f.line(fmt.Sprintf("wide %v", op), wide[op])
		f.line(fmt.Sprintf("half %v", op), half[op])
	}
	if *exhaustive { // the counts are of all pairs: they have no golden
		t.Logf("\n%s", &f)
		return
	}
	f.compareIfWhole(t, "scalars")
}

// TestScalarLaws: relations, meet, join and inclusion of whole scalars, and
// the operations with one operand.
func TestScalarLaws(t *testing.T) {
	w := whole()
	_, all := w.scalars()
	for i := range all {
		checkUnary(t, w, &all[i])
	}
	scalarPairs(w, func(a, b *Scalar) {
		as, bs := w.scalarSet(a), w.scalarSet(b)
		if a.Within(b) && as&^bs != 0 {
			t.Fatalf("%+v is not within %+v", *a, *b)
		}
		if a.Within(b) && b.Within(a) != (*a == *b) {
			t.Fatalf("%+v and %+v are within each other", *a, *b)
		}
		j := a.Join(b)
		if (as|bs)&^w.scalarSet(&j) != 0 || !a.Within(&j) || !b.Within(&j) {
			t.Fatalf("join of %+v and %+v is %+v", *a, *b, j)
		}
		m, ok := w.meet(*a, *b)
		if !ok && as&bs != 0 || ok && w.scalarSet(&m) != as&bs || ok && !m.Within(a) {
			t.Fatalf("meet of %+v and %+v is %+v, %v", *a, *b, m, ok)
		}
		for c := range numConds {
			for _, wide := range []bool{false, true} {
				checkAssume(t, w, c, wide, a, b, as, bs)
			}
		}
	})
}

func checkAssume(t *testing.T, w Width, c Cond, wide bool, a, b *Scalar, as, bs set) {
	t.Helper()
	ra, rb := *a, *b
	ok := w.Assume(c, wide, &ra, &rb)
	la, lb := w.scalarSet(&ra), w.scalarSet(&rb)
	as.each(func(x uint64) {
		bs.each(func(y uint64) {
			if holds(w, c, wide, x, y) && (!ok || la&(1<<x) == 0 || lb&(1<<y) == 0) {
				t.Fatalf("cond %d wide %v\n%+v\n%+v\nlost %d, %d: %v\n%+v\n%+v", c, wide, *a, *b, x, y, ok, ra, rb)
			}
		})
	})
	if ok && (la&^as != 0 || lb&^bs != 0) {
		t.Fatalf("cond %d wide %v\n%+v\n%+v\ngained numbers", c, wide, *a, *b)
	}
}

func checkUnary(t *testing.T, w Width, a *Scalar) {
	t.Helper()
	h := w.half()
	for n := Width(1); n <= w; n++ {
		low := w.lowBits(*a, n)
		w.scalarSet(a).each(func(x uint64) {
			if !w.Has(&low, x&n.mask()) {
				t.Fatalf("low %d bits of %+v give %+v without those of %d", n, *a, low, x)
			}
		})
		long := w.signExtend(*a, n, true)
		w.scalarSet(a).each(func(x uint64) {
			if v := w.unsigned(n.signed(x & n.mask())); !w.Has(&long, v) {
				t.Fatalf("sign of %d bits of %+v gives %+v without %d", n, *a, long, v)
			}
		})
		if n >= h {
			continue
		}
		short := w.signExtend(*a, n, false)
		w.scalarSet(a).each(func(x uint64) {
			if v := h.unsigned(n.signed(x & n.mask())); !w.Has(&short, v) {
				t.Fatalf("half sign of %d bits of %+v gives %+v without %d", n, *a, short, v)
			}
		})
	}
}
