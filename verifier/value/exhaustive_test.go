package value

import (
	"flag"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The tests of this file and of rules_test.go run the rules of the verifier
// at small widths, where every operand can be tried. A part describes a number
// at one width; the low half of a Scalar is a part of the half width. All
// rules are functions of parts: Binary and Assume apply them to the whole and
// to the halves and reduce the conjunction. So a rule that is right for all
// parts of two widths, and a reduction that is right for all scalars, make
// Binary and Assume right; that they are put together rightly is checked with
// whole scalars.
//
// What is not checked so is that a rule which is right at 2 to 5 bits is right
// at 64: the code is the same, and TestWide draws at random.

var (
	exhaustive = flag.Bool("exhaustive", false, "all pairs of whole scalars of 4 bits, rules at 5 and 6: minutes (make soundness)")
	update     = flag.Bool("update", false, "write the golden figures")
)

// set is a set of numbers of at most 6 bits: bit v stands for v.
type set uint64

// each calls f for the numbers of a set.
func (s set) each(f func(v uint64)) {
	for ; s != 0; s &= s - 1 {
		f(uint64(bits.TrailingZeros64(uint64(s))))
	}
}

func (s set) len() int { return bits.OnesCount64(uint64(s)) }

// masks holds the sets of all components of a width, by value.
type masks struct {
	w     Width
	t     [64][64]set // by value and mask
	u, s  [64][64]set // by the bounds, signed ones from the least number
	least map[set]part
}

func (w Width) masks() *masks {
	m := &masks{w: w, least: map[set]part{}}
	for _, t := range tnums(w) {
		for v := range w.mask() + 1 {
			if v&^t.Mask == t.Value {
				m.t[t.Value][t.Mask] |= 1 << v
			}
		}
	}
	least := w.minSigned()
	for lo := range w.mask() + 1 {
		for hi := lo; hi <= w.mask(); hi++ {
			for v := lo; v <= hi; v++ {
				m.u[lo][hi] |= 1 << v
				m.s[lo][hi] |= 1 << w.unsigned(least+int64(v))
			}
		}
	}
	return m
}

// of lists the numbers of a part.
func (m *masks) of(p part) set {
	least := m.w.minSigned()
	if p.R.empty() {
		return 0
	}
	return m.t[p.T.Value][p.T.Mask] & m.u[p.R.Umin][p.R.Umax] & m.s[p.R.Smin-least][p.R.Smax-least]
}

// best is w.best, remembered.
func (m *masks) best(s set) part {
	p, ok := m.least[s]
	if !ok {
		p = m.w.best(s)
		m.least[s] = p
	}
	return p
}

// best is the least description of a set that is not empty.
func (w Width) best(s set) part {
	v := uint64(bits.TrailingZeros64(uint64(s)))
	p := part{Tnum{v, 0}, w.exactly(v)}
	s.each(func(v uint64) { p = part{p.T.join(Tnum{v, 0}), p.R.join(w.exactly(v))} })
	return p
}

// generators are the tristate numbers and the intervals of a width.
func (w Width) generators() (l []part) {
	for _, t := range tnums(w) {
		l = append(l, part{t, w.full()})
	}
	for lo := range w.mask() + 1 {
		for hi := lo; hi <= w.mask(); hi++ {
			l = append(l, part{w.anyTnum(), w.setU(lo, hi)})
			l = append(l, part{w.anyTnum(), w.setS(w.minSigned()+int64(lo), w.minSigned()+int64(hi))})
		}
	}
	return l
}

// space is every part of a width: all tristate numbers with all unsigned and
// all signed intervals, reduced; of 5 and 6 bits, each of these by itself.
type space struct {
	w     Width
	parts []part
	sets  []set // of parts
}

func newSpace(w Width) *space {
	sp, m := &space{w: w}, w.masks()
	index := map[part]bool{}
	add := func(p part) {
		ok := w.tighten(&p.T, &p.R)
		if ok && !index[p] {
			index[p] = true
			sp.parts, sp.sets = append(sp.parts, p), append(sp.sets, m.of(p))
		}
	}
	gens := w.generators()
	for _, g := range gens {
		add(g)
	}
	for i := 0; i < len(sp.parts) && w <= 4; i++ { // closed under intersection
		for _, g := range gens {
			if t, ok := sp.parts[i].T.meet(g.T); ok {
				add(part{t, sp.parts[i].R.meet(g.R)})
			}
		}
	}
	return sp
}

// scalars are the reduced scalars of a width: the least set with the
// generators of the whole and of the half that intersection keeps closed.
func (w Width) scalars() (gens, all []Scalar) {
	h := w.half()
	seen := map[Scalar]bool{}
	add := func(s Scalar) {
		if w.Reduce(&s) && !seen[s] {
			seen[s] = true
			all = append(all, s)
		}
	}
	for _, g := range w.generators() {
		add(Scalar{g.T, g.R, h.full()})
	}
	for _, g := range h.generators() {
		s := w.Any()
		s.T = Tnum{g.T.Value, w.mask()&^h.mask() | g.T.Mask}
		s.H = g.R
		add(s)
	}
	gens = append(gens, all...)
	for i := 0; i < len(all); i++ {
		for _, g := range gens {
			if m, ok := w.meet(all[i], g); ok {
				add(m)
			}
		}
	}
	return gens, all
}

// scalarSet lists the numbers of a scalar.
func (w Width) scalarSet(s *Scalar) (l set) {
	for v := range w.mask() + 1 {
		if w.Has(s, v) {
			l |= 1 << v
		}
	}
	return l
}

// figures are lines on how precise rules are. They are golden: a rule that
// becomes less precise is seen.
type figures struct{ strings.Builder }

// count is how results compare with the least possible ones.
type count struct{ results, best, numbers, least int }

func (c *count) add(got, least set, best bool) {
	c.results++
	c.numbers += got.len()
	c.least += least.len()
	if best {
		c.best++
	}
}

func (f *figures) line(name string, c count) {
	fmt.Fprintf(f, "%-16s %9d results, %9d best (%5.1f%%), %9d numbers for %9d (%.3f)\n", name, c.results,
		c.best, 100*float64(c.best)/float64(max(c.results, 1)), c.numbers, c.least, float64(c.numbers)/float64(max(c.least, 1)))
}

// compare checks the figures against testdata.
func (f *figures) compare(t *testing.T, name string) {
	t.Helper()
	t.Logf("\n%s", f)
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(f.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != f.String() {
		t.Errorf("figures of precision changed (-update writes them); want\n%s\ngot\n%s", want, f)
	}
}
