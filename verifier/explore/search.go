package explore

import (
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/flow"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// Limits are counts, never times: a verdict does not depend on the machine.
type Limits struct {
	Insns int // instructions processed
	Nodes int // states stored
	Bytes int // memory of stored states, estimated
}

// Result is a certificate, or what stopped the search.
type Result struct {
	Certificate *check.Certificate
	Fault       *transfer.Fault
	// Path is how the refused instruction was reached, oldest first, the
	// refused instruction last; Cut says that its beginning is missing.
	Path []Step
	Cut  bool

	Processed int // instructions
	Nodes     int // states stored
	Bytes     int // peak of their memory, estimated
	Widened   int // states made of several
	Cycles    int // paths that stopped at a state that they came from
}

// Step is one executed instruction of a path.
type Step struct {
	PC    int
	Depth int
	Taken bool // the jump was taken
}

// storeAfter is how many instructions a path executes before another state
// is stored; more when many have been.
const storeAfter = 8

// node is a stored state.
type node struct {
	pc     int
	s      *state.State
	hash   uint64
	parent int32 // node whose path stored this one, -1 for the first
	run    int32 // run of the parent that ended here
	open   int32 // paths that have not ended
	bytes  int32
	stops  []int32
	runs   []run
	spans  []span
}

// run is a piece of path without a fork to another run.
type run struct {
	from, at int32 // forked from this run, at this record; from is -1 for the first
	end      int32 // node it ended at, -1 for the end of the program
	recs     []rec
}

// rec is one executed instruction.
type rec struct {
	pc     int32
	fork   int32 // 1 + the run that starts with the taken edge
	spans  int32 // first of its spans
	exact  uint16
	linked uint16
	depth  int8
	nspans uint8
	flags  uint8
}

const (
	tookJump = 1 << iota
	farLink
	entered    // a function of the program
	calledBack // the taken edge enters a function
)

// pending is a path that is still to be explored.
type pending struct {
	s         *state.State
	pc        int
	node, run int32
	steps     int
}

type search struct {
	env    *transfer.Env
	g      *flow.Graph
	limits Limits
	mode   Mode
	m      transfer.Machine
	in     state.Includer
	joiner joiner
	begun  []check.Root
	root   int  // of begun, that is being explored
	began  bool // it has a node
	passed bool // arrive has looked at the slot

	nodes   []node
	open    map[uint64][]int32 // open nodes by hash
	opens   [][]int32          // and by slot, oldest first
	index   []finished         // by slot
	stack   []pending
	node    int32 // being explored
	run     int32
	steps   int // since the node
	bytes   int
	peak    int
	scratch scratch
	res     Result
}

// Mode is how a program is explored.
type Mode struct {
	// Weaken generalises finished states.
	Weaken bool
	// Lossy joins states where there are many and widens every loop.
	Lossy bool
	// Delay is how often a loop that the run time bounds is unrolled before
	// it is widened; other loops of a lossy search are unrolled more often.
	Delay int
	// Metered: a path may stop at an equal state that it comes from.
	Metered bool
}

// Search is an exploration of a program that can be gone on with.
type Search struct{ x search }

// New prepares to explore a program.
func New(env *transfer.Env, g *flow.Graph, mode Mode) *Search {
	s := &Search{search{env: env, g: g, mode: mode, open: map[uint64][]int32{},
		opens: make([][]int32, len(env.Insns)), index: make([]finished, len(env.Insns))}}
	s.x.m.Env = env
	s.x.rely(transfer.Root{})
	return s
}

// Run explores a program.
func Run(env *transfer.Env, g *flow.Graph, limits Limits, mode Mode) *Result {
	return New(env, g, mode).Run(limits)
}

// Run explores until the program is proven or refused. After a limit was
// reached it goes on from there.
func (s *Search) Run(limits Limits) *Result {
	x := &s.x
	x.limits, x.res.Path, x.res.Cut, x.res.Fault = limits, nil, false, nil
	fault := x.roots()
	x.res.Nodes, x.res.Bytes = len(x.nodes), x.peak
	if fault != nil {
		x.res.Fault = fault
		x.path(fault)
	} else {
		x.res.Certificate = x.certificate()
	}
	res := x.res
	return &res
}

// certificate is what was found.
func (x *search) certificate() *check.Certificate {
	c := &check.Certificate{Points: x.g.Points, Entries: make([]check.Entry, len(x.nodes)), Roots: x.begun}
	for i := range x.nodes {
		n := &x.nodes[i]
		c.Entries[i] = check.Entry{PC: n.pc, State: n.s, Stops: n.stops}
	}
	// Callees come first: their bounds are part of their callers'.
	slices.SortStableFunc(c.Roots, func(a, b check.Root) int { return x.g.Depth[a.Func] - x.g.Depth[b.Func] })
	if x.res.Cycles > 0 {
		x.measure(c)
	}
	return c
}

// roots explores the program and then every function that a path relied on.
func (x *search) roots() *transfer.Fault {
	for ; x.root < len(x.begun); x.root++ {
		r := &x.begun[x.root]
		if !x.began {
			s, f := transfer.RootState(x.env, r.Root)
			if f != nil {
				x.m.S, x.m.PC = state.EntryOf(r.Func), x.env.Funcs[r.Func].Start
				return f
			}
			r.Entry = int32(len(x.nodes))
			x.m.S, x.m.PC = s.Clone(), x.env.Funcs[r.Func].Start
			x.store(s, -1)
			x.began = true
		}
		if f := x.explore(); f != nil {
			return f
		}
		x.began = false
	}
	return nil
}

// rely notes that a function has to be explored on its own.
func (x *search) rely(r transfer.Root) {
	for i := range x.begun {
		if x.begun[i].Root == r {
			return
		}
	}
	x.begun = append(x.begun, check.Root{Root: r})
}

// explore runs until every path has ended.
func (x *search) explore() *transfer.Fault {
	for {
		ended, f := x.arrive()
		if f != nil {
			return f
		}
		x.passed = true
		if !ended {
			if ended, f = x.step(); f != nil {
				return f
			}
		}
		x.passed = false
		if ended && !x.resume() {
			return nil
		}
	}
}

// arrive looks the state up where it may be pruned or stored.
func (x *search) arrive() (ended bool, f *transfer.Fault) {
	m := &x.m
	if x.steps == 0 || x.passed || m.PC >= len(x.g.Points) || m.PC < 0 || !x.g.Points[m.PC] {
		return false, nil
	}
	x.dropDead(m.S, m.PC)
	if k, ok := x.index[m.PC].find(x, m.S); ok {
		x.stop(k)
		return true, nil
	}
	if k, ok := x.around(); ok {
		x.res.Cycles++
		x.stop(k)
		return true, nil
	}
	h := m.S.Hash() ^ uint64(m.PC)*0x9e3779b97f4a7c15
	same := x.open[h] // a loop that never ends comes back soon
	for _, k := range same[max(0, len(same)-tries):] {
		if o := &x.nodes[k]; o.pc == m.PC && x.in.Equal(m.S, o.s) {
			if x.mode.Metered {
				x.res.Cycles++
				x.stop(k)
				return true, nil
			}
			return false, x.endless(k)
		}
	}
	if x.steps < storeAfter<<(len(x.nodes)>>17) && !x.isHead(m.PC) {
		n := &x.nodes[x.node]
		n.stops = append(n.stops, check.Through)
		return false, nil
	}
	if len(x.nodes) >= x.limits.Nodes || x.bytes >= x.limits.Bytes {
		return false, x.limit(reason.TooMuchMemory, fmt.Sprintf("%d states are stored", len(x.nodes)))
	}
	if w := x.wider(); w != nil {
		if k, ok := x.index[m.PC].find(x, w); ok {
			x.stop(k)
			return true, nil
		}
		x.res.Widened++
		m.S = w
	}
	k := int32(len(x.nodes))
	n := &x.nodes[x.node]
	n.stops = append(n.stops, k)
	n.runs[x.run].end = k
	x.store(m.S.Clone(), x.node)
	return false, nil
}

// stop ends the path at node k.
func (x *search) stop(k int32) {
	n := &x.nodes[x.node]
	n.stops = append(n.stops, k)
	x.endRun(k)
}

// store makes a node of the state at the machine's slot and goes on from it.
func (x *search) store(s *state.State, parent int32) {
	k := int32(len(x.nodes))
	h := s.Hash() ^ uint64(x.m.PC)*0x9e3779b97f4a7c15
	n := node{pc: x.m.PC, s: s, hash: h, parent: parent, run: x.run, open: 1, bytes: int32(s.Bytes())}
	n.runs = []run{{from: -1, end: -1, recs: make([]rec, 0, 2*storeAfter)}}
	x.nodes = append(x.nodes, n)
	x.open[h] = append(x.open[h], k)
	x.opens[n.pc] = append(x.opens[n.pc], k)
	x.bytes += int(n.bytes)
	x.peak = max(x.peak, x.bytes)
	x.node, x.run, x.steps = k, 0, 0
}

// step executes one instruction.
func (x *search) step() (ended bool, f *transfer.Fault) {
	m := &x.m
	if x.res.Processed >= x.limits.Insns {
		return false, x.limit(reason.TooManyInsns, fmt.Sprintf("%d instructions were processed", x.res.Processed))
	}
	x.res.Processed++
	x.steps++
	depth := int8(m.S.Depth())
	if f := m.Step(); f != nil {
		return false, f
	}
	n := &x.nodes[x.node]
	r := rec{pc: int32(m.PC), depth: depth, exact: m.Note.Exact, linked: m.Note.Linked}
	if m.Note.Far {
		r.flags |= farLink
	}
	if m.Next >= 0 && m.S.Depth() > int(depth) {
		r.flags |= entered
	}
	if m.Note.Root != nil {
		x.rely(*m.Note.Root)
	}
	if len(m.Note.Reads) > 0 || m.Note.Write.Lo != m.Note.Write.Hi {
		r.spans = int32(len(n.spans))
		n.spans = appendSpans(n.spans, &m.Note)
		r.nspans = uint8(len(n.spans) - int(r.spans))
	}
	if m.Taken != nil {
		if m.Taken.Depth() > int(depth) {
			r.flags |= calledBack
		}
		k := int32(len(n.runs))
		r.fork = k + 1
		n.runs = append(n.runs, run{from: x.run, at: int32(len(n.runs[x.run].recs)), end: -1, recs: make([]rec, 0, storeAfter)})
		n.open++
		x.stack = append(x.stack, pending{m.Taken, m.Target, x.node, k, x.steps})
	} else if m.Next != m.PC+1 && m.Next >= 0 {
		r.flags |= tookJump
	}
	cur := &n.runs[x.run]
	cur.recs = append(cur.recs, r)
	if m.Next < 0 {
		x.endRun(-1)
		return true, nil
	}
	m.PC = m.Next
	return false, nil
}

// endRun ends the current run at node k, or at the end of the program.
func (x *search) endRun(k int32) {
	x.nodes[x.node].runs[x.run].end = k
	for i := x.node; i >= 0; i = x.nodes[i].parent {
		n := &x.nodes[i]
		if n.open--; n.open > 0 {
			return
		}
		x.finish(i)
	}
}

// finish weakens a node and lets paths stop at it.
func (x *search) finish(i int32) {
	n := &x.nodes[i]
	list := x.open[n.hash]
	for j, k := range list {
		if k == i {
			list[j] = list[len(list)-1]
			list = list[:len(list)-1]
			break
		}
	}
	if len(list) == 0 {
		delete(x.open, n.hash)
	} else {
		x.open[n.hash] = list
	}
	o := x.opens[n.pc]
	x.opens[n.pc] = o[:len(o)-1] // the deepest of a path is finished first
	if x.mode.Weaken {
		x.generalise(n)
	}
	n.runs, n.spans = nil, nil
	x.index[n.pc].add(i, n.s, x.mode.Lossy)
}

// resume goes on with the path that was left last; false when there is none.
func (x *search) resume() bool {
	if len(x.stack) == 0 {
		return false
	}
	p := x.stack[len(x.stack)-1]
	x.stack = x.stack[:len(x.stack)-1]
	x.m.S, x.m.PC = p.s, p.pc
	x.node, x.run, x.steps = p.node, p.run, p.steps
	return true
}

// dropDead forgets registers that are not read before they are written.
func (x *search) dropDead(s *state.State, pc int) {
	live := x.g.Live[pc]
	for d := s.Depth(); d >= 0; d-- {
		s.Keep(d, live)
		if ret := s.Frame(d).Return; ret >= 0 && ret < len(x.g.Live) {
			live = x.g.Live[ret] &^ 1
		}
	}
}
