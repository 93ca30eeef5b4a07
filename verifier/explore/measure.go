package explore

import (
	"maps"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// maxMeasures is how many numbers are offered as measures.
const maxMeasures = 256

// measure adds to a certificate what may bound its cycles.
func (x *search) measure(c *check.Certificate) {
	next := func(v int32) []int32 { return c.Entries[v].Stops }
	check.Components(len(c.Entries), c.Roots, next, func(l []int32) {
		if len(l) == 1 && !slices.Contains(c.Entries[l[0]].Stops, l[0]) {
			return
		}
		l = slices.Clone(l)
		slices.Sort(l)
		if x.g.HasBounded {
			counts(c, l)
		}
		w := &walker{x: x, c: c, in: map[int32]bool{}, moves: map[spot][]move{}, done: map[spot]bool{}, steps: x.res.Processed}
		w.numbers(l)
	})
}

// counts offers what the run time bounds.
func counts(c *check.Certificate, entries []int32) {
	offer := func(kind check.Kind, at func(*state.State) (state.Place, bool)) bool {
		m := check.Measure{Kind: kind, At: map[int32]state.Place{}}
		for _, i := range entries {
			if p, ok := at(c.Entries[i].State); ok {
				m.At[i] = p
			}
		}
		if len(m.At) > 0 {
			c.Measures = append(c.Measures, m)
		}
		return len(m.At) > 0
	}
	refs := 0
	for _, i := range entries {
		refs = max(refs, len(c.Entries[i].State.Refs()))
	}
	for k := range refs {
		offer(check.Steps, func(s *state.State) (state.Place, bool) {
			l := s.Refs()
			return state.Place{Cell: k}, k < len(l) && l[k].Kind == state.RefIter
		})
	}
	for d := range state.MaxFrames {
		offer(check.Turns, func(s *state.State) (state.Place, bool) {
			return state.Place{Frame: d}, d <= s.Depth() && s.Frame(d).Busy != 0
		})
		if !offer(check.Gotos, func(s *state.State) (state.Place, bool) { return state.Place{Frame: d}, d <= s.Depth() }) {
			break
		}
	}
}

// spot is a number of an entry.
type spot struct {
	entry int32
	at    state.Place
}

// move says that a path from an entry takes a number to another spot.
type move struct {
	to spot
	by uint64
}

// walker follows the numbers of a component along its paths.
type walker struct {
	x     *search
	c     *check.Certificate
	in    map[int32]bool // the entries of the component
	moves map[spot][]move
	done  map[spot]bool
	m     transfer.Machine
	steps int // that may still be executed: weakened states may take more
}

// numbers offers every number that keeps its class and moves.
func (w *walker) numbers(entries []int32) {
	for _, i := range entries {
		w.in[i] = true
	}
	w.m.Env = w.x.env
	for _, i := range entries {
		w.entry(i)
	}
	for _, i := range entries {
		each(w.c.Entries[i].State, func(p state.Place, _ *state.Value) {
			if s := (spot{i, p}); !w.done[s] && len(w.c.Measures) < maxMeasures {
				w.follow(s)
			}
		})
	}
}

// each calls f for the numbers of a state that have a class.
func each(s *state.State, f func(state.Place, *state.Value)) {
	number := func(v *state.Value) bool {
		if v.Kind != state.Scalar || v.ID == 0 {
			return false
		}
		_, fixed := v.S.IsConst()
		return !fixed
	}
	for d := range s.Depth() + 1 {
		fr := s.Frame(d)
		for r := range fr.Regs {
			if number(&fr.Regs[r]) {
				f(state.Place{Frame: d, Reg: bpf.Reg(r), Cell: -1}, &fr.Regs[r])
			}
		}
		for i, c := range fr.Stack.Cells {
			if c != nil && c.Size != 0 && number(&c.Val) {
				f(state.Place{Frame: d, Cell: i}, &c.Val)
			}
		}
	}
}

// entry walks the paths of an entry as the checker does and records where its
// numbers are at its stops.
func (w *walker) entry(i int32) {
	e := &w.c.Entries[i]
	type branch struct {
		s  *state.State
		pc int
	}
	pending, stops, first := []branch{{e.State.Clone(), e.PC}}, e.Stops, true
	for len(pending) > 0 {
		b := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for w.m.S, w.m.PC = b.s, b.pc; ; first = false {
			if !first && w.c.Points[w.m.PC] && len(stops) > 0 {
				to := stops[0]
				stops = stops[1:]
				if to != check.Through {
					if w.in[to] {
						w.record(i, to)
					}
					break
				}
			}
			if w.steps--; w.steps < 0 || w.m.Step() != nil {
				return // the checker refuses it
			}
			w.x.res.Processed++
			if w.m.Taken != nil {
				pending = append(pending, branch{w.m.Taken, w.m.Target})
			}
			if w.m.Next < 0 {
				break
			}
			w.m.PC = w.m.Next
		}
		first = false
	}
}

// record notes which numbers of entry from are where in entry to.
func (w *walker) record(from, to int32) {
	start, stop := w.c.Entries[from].State, w.c.Entries[to].State
	each(stop, func(q state.Place, _ *state.Value) {
		y := valueAt(w.m.S, q)
		if y == nil || y.Kind != state.Scalar || y.ID == 0 {
			return
		}
		each(start, func(p state.Place, x *state.Value) {
			if x.ID == y.ID {
				s := spot{from, p}
				w.moves[s] = append(w.moves[s], move{spot{to, q}, y.Delta - x.Delta})
			}
		})
	})
}

// valueAt is the value at a place, nil when there is none.
func valueAt(s *state.State, p state.Place) *state.Value {
	f := s.Frame(p.Frame)
	if p.Cell < 0 {
		return &f.Regs[p.Reg]
	}
	if p.Cell >= len(f.Stack.Cells) || f.Stack.Cells[p.Cell] == nil || f.Stack.Cells[p.Cell].Size == 0 {
		return nil
	}
	return &f.Stack.Cells[p.Cell].Val
}

// follow offers the number at a spot with all that it moves to, one place at
// each entry, the same one where that is possible.
func (w *walker) follow(s spot) {
	at, moved := map[int32]state.Place{s.entry: s.at}, false
	for work := []spot{s}; len(work) > 0; {
		u := work[0]
		work = work[1:]
		w.done[u] = true
		for _, mv := range w.moves[u] {
			p, known := at[mv.to.entry]
			if !known {
				p = w.choose(u, mv.to)
				at[mv.to.entry] = p
				work = append(work, spot{mv.to.entry, p})
			}
			moved = moved || p == mv.to.at && mv.by != 0
		}
	}
	if moved {
		w.offer(at)
	}
}

// offer adds a measure, to one that names none of its entries if there is
// one: the checker asks of each component for itself.
func (w *walker) offer(at map[int32]state.Place) {
	for k := range w.c.Measures {
		if m := &w.c.Measures[k]; m.Kind == check.Number && !meet(m.At, at) {
			maps.Copy(m.At, at)
			return
		}
	}
	w.c.Measures = append(w.c.Measures, check.Measure{Kind: check.Number, At: at})
}

func meet(a, b map[int32]state.Place) bool {
	for i := range b {
		if _, ok := a[i]; ok {
			return true
		}
	}
	return false
}

// choose is where the number of u is in the entry of to.
func (w *walker) choose(u, to spot) state.Place {
	for _, mv := range w.moves[u] {
		if mv.to.entry == to.entry && mv.to.at == u.at {
			return u.at
		}
	}
	return to.at
}
