package check

import (
	"fmt"
	"math"

	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// Entry is a member of a certificate: whenever execution is at PC, one of the
// entries of PC includes the state.
type Entry struct {
	PC    int
	State *state.State
	// Stops has one element each time that a path from this entry comes to a
	// slot of Certificate.Points, in depth-first order, the path that falls
	// through first: the index of the entry that includes the state there,
	// or Through.
	Stops []int32
}

// Through in Entry.Stops lets the path go on.
const Through = -1

// Certificate claims that a program is safe.
type Certificate struct {
	Entries  []Entry
	Points   []bool    // by slot
	Measures []Measure // of the cycles that the stops make
	Roots    []Root    // callees before their callers, the program last
}

// Root is a function that is entered on its own, by the run time or by its
// contract, and the entry that it is entered in.
type Root struct {
	transfer.Root
	Entry int32
}

// Refusal says why a certificate was not confirmed.
type Refusal struct {
	Entry int
	PC    int
	Why   string
	Fault *transfer.Fault // nil unless an instruction was refused
}

func (r *Refusal) Error() string {
	if r.Fault != nil {
		return fmt.Sprintf("entry %d: %v", r.Entry, r.Fault)
	}
	return fmt.Sprintf("entry %d, slot %d: %s", r.Entry, r.PC, r.Why)
}

// branch is a path that is still to be walked.
type branch struct {
	pc    int
	steps uint64
	s     *state.State
}

// checker walks the entries of one certificate.
type checker struct {
	cert    *Certificate
	m       transfer.Machine
	seen    *Seen
	in      state.Includer
	budget  uint64
	index   int      // entry being walked
	stops   []int32  // of its Stops what is left
	longest []uint64 // by entry: instructions from it to the end
	pending []branch
	bounds  map[transfer.Root]uint64 // of the roots that were confirmed
	relies  []transfer.Root          // that steps rely on and no path enters

	// Of the component being walked: its number by entry, the paths within
	// it, and the longest path out of it.
	component []int32
	number    int32
	edges     []edge
	leave     uint64
}

// Run confirms a certificate. It executes at most budget instructions.
func Run(env *transfer.Env, cert *Certificate, budget uint64) (*Seen, error) {
	c := &checker{cert: cert, budget: budget, seen: newSeen(env), longest: make([]uint64, len(cert.Entries)), component: make([]int32, len(cert.Entries))}
	c.m.Env, c.bounds = env, make(map[transfer.Root]uint64)
	if err := c.form(env); err != nil {
		return nil, err
	}
	t := newStrong(len(cert.Entries), func(v int32) []int32 { return cert.Entries[v].Stops })
	for i := range cert.Roots {
		r := &cert.Roots[i]
		if err := c.begins(env, r); err != nil {
			return nil, err
		}
		if err := t.visit(r.Entry, c.walkComponent); err != nil {
			return nil, err
		}
		c.bounds[r.Root] = c.longest[r.Entry]
		c.seen.MaxInsns = max(c.seen.MaxInsns, c.longest[r.Entry])
	}
	for _, r := range append(c.relies, transfer.Root{}) {
		if _, ok := c.bounds[r]; !ok {
			return nil, &Refusal{Why: "a function that is relied on has no entry"}
		}
	}
	c.seen.Executed = int(budget - c.budget)
	return c.seen, nil
}

// form refuses certificates that do not make sense.
func (c *checker) form(env *transfer.Env) error {
	if len(c.cert.Points) != len(env.Insns) {
		return &Refusal{Why: "the points are not those of the program"}
	}
	for i := range c.cert.Entries {
		e := &c.cert.Entries[i]
		if !e.State.WellFormed() || !names(env, e.State) {
			return &Refusal{Entry: i, PC: e.PC, Why: "the state is not well formed"}
		}
		for _, to := range e.Stops {
			if to < Through || int(to) >= len(c.cert.Entries) {
				return &Refusal{Entry: i, PC: e.PC, Why: "a path stops at no entry"}
			}
		}
	}
	return nil
}

// begins refuses an entry that does not include the states of a root.
func (c *checker) begins(env *transfer.Env, r *Root) error {
	if r.Entry < 0 || int(r.Entry) >= len(c.cert.Entries) || r.Func < 0 || r.Func >= len(env.Funcs) {
		return &Refusal{Why: "a root has no entry"}
	}
	e := &c.cert.Entries[r.Entry]
	s, f := transfer.RootState(env, r.Root)
	if f != nil {
		return &Refusal{int(r.Entry), e.PC, "", f}
	}
	if e.PC != env.Funcs[r.Func].Start || !c.in.Included(s, e.State) {
		return &Refusal{int(r.Entry), e.PC, "the entry of a root does not include its start", nil}
	}
	return nil
}

// walkComponent walks the entries of a component, whose successors have been
// walked, and bounds what is executed from them.
func (c *checker) walkComponent(entries []int32) error {
	c.number++
	for _, i := range entries {
		c.component[i] = c.number
	}
	c.edges, c.leave = c.edges[:0], 0
	for _, i := range entries {
		if err := c.entry(int(i)); err != nil {
			return err
		}
	}
	bound := c.leave
	if len(c.edges) > 0 {
		n, ok := c.inside(c.edges)
		switch {
		case ok:
		case c.m.Env.Metered:
			n, c.seen.Endless = math.MaxUint64, true
		default:
			return &Refusal{Entry: int(entries[0]), PC: c.cert.Entries[entries[0]].PC, Why: unbounded}
		}
		bound = sum(bound, n)
	}
	for _, i := range entries {
		c.longest[i] = bound
	}
	return nil
}

// unbounded is why a cycle of entries is refused.
const unbounded = "the entries lead back to themselves and no measure bounds how often"

// entry walks every path from entry i, whose successors have been walked.
func (c *checker) entry(i int) error {
	e := &c.cert.Entries[i]
	c.index, c.stops = i, e.Stops
	c.pending = append(c.pending[:0], branch{pc: e.PC, s: e.State.Clone()})
	for len(c.pending) > 0 {
		b := c.pending[len(c.pending)-1]
		c.pending = c.pending[:len(c.pending)-1]
		if err := c.walk(b); err != nil {
			return err
		}
	}
	if len(c.stops) != 0 {
		return &Refusal{i, e.PC, "more stops than paths", nil}
	}
	return nil
}

// walk executes one path; paths that leave it are left in pending.
func (c *checker) walk(b branch) error {
	m := &c.m
	m.S, m.PC = b.s, b.pc
	for steps := b.steps; ; {
		if steps > 0 && m.PC >= 0 && m.PC < len(c.cert.Points) && c.cert.Points[m.PC] {
			if len(c.stops) == 0 {
				return &Refusal{c.index, m.PC, "more paths than stops", nil}
			}
			stop := int(c.stops[0])
			c.stops = c.stops[1:]
			if stop != Through {
				to := &c.cert.Entries[stop] // Run has checked the index
				if to.PC != m.PC || !c.in.Included(m.S, to.State) {
					return &Refusal{c.index, m.PC, "a path is not included where it stops", nil}
				}
				c.stopped(steps, int32(stop))
				return nil
			}
		}
		if c.budget == 0 {
			return &Refusal{c.index, m.PC, "the certificate needs more instructions than it claims", nil}
		}
		c.budget--
		steps++
		c.seen.before(m)
		depth, fn := m.S.Depth(), m.S.Frame(m.S.Depth()).Func
		if f := m.Step(); f != nil {
			return &Refusal{c.index, m.PC, "", f}
		}
		c.seen.after(m, depth, fn)
		if m.Note.Root != nil {
			n, err := c.root(m.Note.Root)
			if err != nil {
				return err
			}
			steps = sum(steps, n)
		}
		if m.Taken != nil {
			c.pending = append(c.pending, branch{m.Target, steps, m.Taken})
		}
		if m.Next < 0 {
			c.leave = max(c.leave, steps)
			return nil
		}
		m.PC = m.Next
	}
}

// root is called where a step relies on one, and bounds what the call of a
// global function adds to the path: its root was confirmed before.
func (c *checker) root(r *transfer.Root) (uint64, error) {
	if r.Kind != transfer.RootGlobal {
		c.relies = append(c.relies, *r)
		return 0, nil
	}
	n, ok := c.bounds[*r]
	if !ok {
		return 0, &Refusal{c.index, c.m.PC, "a global function is called that was not confirmed before", nil}
	}
	return n, nil
}

// stopped records a path to another entry.
func (c *checker) stopped(steps uint64, to int32) {
	if c.component[to] != c.number {
		c.leave = max(c.leave, sum(steps, c.longest[to]))
		return
	}
	from := int32(c.index)
	c.edges = append(c.edges, edge{from, to, steps, c.marks(from, to, c.m.S)})
}
