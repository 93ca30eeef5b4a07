package check

import (
	"math"
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// Kind is what a Measure counts.
type Kind uint8

// The kinds of measures; doc.go says why each is bounded.
const (
	// Steps of an iterator: Place.Cell is its position in State.Refs.
	Steps Kind = iota
	// Turns of a helper that runs callbacks of frame Place.Frame.
	Turns
	// Gotos: may_goto instructions of frame Place.Frame that went on.
	Gotos
	// Number is a register or a spilled number that moves one way only.
	Number
)

// Measure is a hint: something that every cycle of some entries advances.
type Measure struct {
	Kind Kind
	At   map[int32]state.Place // by entry: where it is
}

// maxTurns bounds the steps of an iterator, the may_gotos of an activation and
// the callbacks of one bpf_loop (BPF_MAX_LOOPS of the kernel).
const maxTurns = 1 << 23

// maxCallbacks bounds the callbacks of one call of another helper: one for each
// sample or element of a map.
const maxCallbacks = 1 << 32

// maxCount bounds the turns of a loop that nothing but its counter bounds: one
// of minutes is as good as endless to the caller of a program.
const maxCount = 1 << 28

// edge is a path from an entry to another one of its component.
type edge struct {
	from, to int32
	steps    uint64
	marks    []mark
}

// mark says how a measure fared on an edge.
type mark struct {
	measure int32
	moved   bool    // Steps, Turns, Gotos: the count differs
	by      int64   // Number: the difference
	plain   [2]bool // Number: the unsigned, the signed number did not wrap
}

// marks compares the measures that name both ends of an edge; what is not
// the same thing any more gets no mark.
func (c *checker) marks(from, to int32, stop *state.State) []mark {
	var l []mark
	start := c.cert.Entries[from].State
	for k := range c.cert.Measures {
		m := &c.cert.Measures[k]
		p, ok1 := m.At[from]
		q, ok2 := m.At[to]
		if !ok1 || !ok2 {
			continue
		}
		mk, ok := mark{measure: int32(k)}, false
		switch m.Kind {
		case Steps:
			mk.moved, ok = steps(start, p, stop, q)
		case Turns, Gotos:
			mk.moved, ok = activation(m.Kind, start, p, stop, q)
		case Number:
			mk.by, mk.plain, ok = number(start, p, stop, q)
		}
		if ok {
			l = append(l, mk)
		}
	}
	return l
}

func steps(start *state.State, p state.Place, stop *state.State, q state.Place) (moved, ok bool) {
	a, b := start.Refs(), stop.Refs()
	if p.Cell < 0 || p.Cell >= len(a) || q.Cell < 0 || q.Cell >= len(b) {
		return false, false
	}
	x, y := &a[p.Cell], &b[q.Cell]
	return x.Steps != y.Steps, x.Kind == state.RefIter && x.ID == y.ID
}

func activation(k Kind, start *state.State, p state.Place, stop *state.State, q state.Place) (moved, ok bool) {
	if p.Frame != q.Frame || p.Frame < 0 || p.Frame > start.Depth() || p.Frame > stop.Depth() {
		return false, false
	}
	x, y := start.Frame(p.Frame), stop.Frame(p.Frame)
	if k == Turns {
		return x.Turns != y.Turns, x.Busy != 0 && x.Busy == y.Busy
	}
	return x.Gotos != y.Gotos, x.Token == y.Token
}

// number compares two numbers of one class: the later is the earlier plus by,
// modulo 2^64. It did not wrap when it is on the side of by that a sum
// without wrapping has to be on.
func number(start *state.State, p state.Place, stop *state.State, q state.Place) (by int64, plain [2]bool, ok bool) {
	x, y := at(start, p), at(stop, q)
	if x == nil || y == nil || x.ID == 0 || x.ID != y.ID {
		return 0, plain, false
	}
	by = int64(y.Delta - x.Delta)
	if r := &y.S.R; by >= 0 {
		plain = [2]bool{r.Umin >= uint64(by), r.Smin >= math.MinInt64+by}
	} else {
		plain = [2]bool{r.Umax <= math.MaxUint64-uint64(-by), by > math.MinInt64 && r.Smax <= math.MaxInt64+by}
	}
	return by, plain, true
}

// at is the number at a place, nil when there is none.
func at(s *state.State, p state.Place) *state.Value {
	if p.Frame < 0 || p.Frame > s.Depth() {
		return nil
	}
	f := s.Frame(p.Frame)
	var v *state.Value
	switch {
	case p.Cell < 0 && int(p.Reg) < len(f.Regs):
		v = &f.Regs[p.Reg]
	case p.Cell >= 0 && p.Cell < len(f.Stack.Cells):
		if c := f.Stack.Cells[p.Cell]; c != nil && c.Size != 0 {
			v = &c.Val
		}
	}
	if v == nil || v.Kind != state.Scalar {
		return nil
	}
	return v
}

// inside bounds the instructions that an execution runs on the edges of one
// strongly connected component before it leaves it for good; false when no
// measure bounds them.
func (c *checker) inside(edges []edge) (uint64, bool) {
	for k := range c.cert.Measures {
		for way := range ways {
			turns, ok := c.turns(int32(k), way, edges)
			if !ok {
				continue
			}
			most, rest := uint64(0), []edge(nil)
			for i := range edges {
				if e := &edges[i]; e.mark(int32(k)).advances() {
					most = max(most, e.steps)
				} else {
					rest = append(rest, *e)
				}
			}
			between, ok := c.path(rest)
			return sum(product(turns, most), product(sum(turns, 1), between)), ok
		}
	}
	return 0, false
}

// ways: up and down, unsigned and signed.
const ways = 4

// turns bounds how often an execution takes edges on which a measure
// advances; false when it is not alive or moves the other way on some edge,
// or advances on none.
func (c *checker) turns(k int32, way int, edges []edge) (uint64, bool) {
	m := &c.cert.Measures[k]
	if m.Kind != Number && way > 0 {
		return 0, false
	}
	down, signed := way&1, way>>1
	advances, least := false, uint64(math.MaxUint64)
	lo, hi := uint64(math.MaxUint64), uint64(0)
	for i := range edges {
		e := &edges[i]
		mk := e.mark(k)
		if mk == nil {
			return 0, false
		}
		advances = advances || mk.advances()
		if m.Kind != Number {
			continue
		}
		if !mk.plain[signed] || mk.by < 0 && down == 0 || mk.by > 0 && down == 1 {
			return 0, false
		}
		if mk.by != 0 {
			least = min(least, uint64(max(mk.by, -mk.by)))
		}
		r := &at(c.cert.Entries[e.from].State, m.At[e.from]).S.R // every node has an edge
		if signed == 0 {
			lo, hi = min(lo, r.Umin), max(hi, r.Umax)
		} else { // in the order of signed numbers
			const shift = 1 << 63
			lo, hi = min(lo, uint64(r.Smin)+shift), max(hi, uint64(r.Smax)+shift)
		}
	}
	switch {
	case !advances:
		return 0, false
	case m.Kind == Number:
		n := (hi - lo) / least
		return n, n <= maxCount
	case m.Kind == Turns:
		return c.callbacks(m, edges), true
	}
	return maxTurns, true
}

// callbacks bounds the callbacks of one call of a helper by the states between
// them. bpf_loop runs as many as r1 of its caller's frame says, which stays as
// it is until the call is over.
func (c *checker) callbacks(m *Measure, edges []edge) uint64 {
	most := uint64(0)
	for i := range edges {
		e := &c.cert.Entries[edges[i].from]
		s, frame := e.State, m.At[edges[i].from].Frame
		kind := table.CallbackNone
		if frame < s.Depth() {
			kind = table.CallbackKind(s.Frame(frame + 1).Callback)
		} else if in := &c.m.Env.Insns[e.PC]; in.Op == bpf.OpCall { // of the call itself
			if h := c.m.Env.Callee(in); h != nil {
				kind = h.Callback
			}
		}
		nr := &s.Frame(frame).Regs[bpf.R1]
		switch {
		case kind != table.CallbackLoop:
			return maxCallbacks
		case nr.Kind != state.Scalar:
			most = maxTurns
		default: // a larger number is an error
			most = max(most, min(nr.S.H.Umax, maxTurns))
		}
	}
	return most
}

func (e *edge) mark(k int32) *mark {
	for i := range e.marks {
		if e.marks[i].measure == k {
			return &e.marks[i]
		}
	}
	return nil
}

func (m *mark) advances() bool { return m.moved || m.by != 0 }

// path bounds the instructions on the edges of any walk, when each of its
// strongly connected components is bounded.
func (c *checker) path(edges []edge) (uint64, bool) {
	number := map[int32]int32{}
	for i := range edges {
		for _, v := range [2]int32{edges[i].from, edges[i].to} {
			if _, ok := number[v]; !ok {
				number[v] = int32(len(number))
			}
		}
	}
	next, from := make([][]int32, len(number)), make([][]edge, len(number))
	for i := range edges {
		v := number[edges[i].from]
		next[v] = append(next[v], number[edges[i].to])
		from[v] = append(from[v], edges[i])
	}
	longest, of := make([]uint64, len(number)), make([]int32, len(number))
	bound, count := uint64(0), int32(0)
	t := newStrong(len(number), func(v int32) []int32 { return next[v] })
	emit := func(component []int32) error {
		count++
		for _, v := range component {
			of[v] = count
		}
		var inner []edge
		leave := uint64(0)
		for _, v := range component {
			for _, e := range from[v] {
				if w := number[e.to]; of[w] == count {
					inner = append(inner, e)
				} else {
					leave = max(leave, sum(e.steps, longest[w]))
				}
			}
		}
		if len(inner) > 0 {
			n, ok := c.inside(inner)
			if !ok {
				return &Refusal{Entry: int(from[component[0]][0].from), Why: unbounded}
			}
			leave = sum(leave, n)
		}
		for _, v := range component {
			longest[v] = leave
		}
		bound = max(bound, leave)
		return nil
	}
	for v := range next {
		if t.visit(int32(v), emit) != nil {
			return 0, false
		}
	}
	return bound, true
}

// sum and product stop at the largest number.
func sum(a, b uint64) uint64 {
	s, carry := bits.Add64(a, b, 0)
	if carry != 0 {
		return math.MaxUint64
	}
	return s
}

func product(a, b uint64) uint64 {
	if hi, lo := bits.Mul64(a, b); hi == 0 {
		return lo
	}
	return math.MaxUint64
}
