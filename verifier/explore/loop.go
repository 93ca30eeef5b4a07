package explore

import "github.com/bpf2go-native/bpf2go-native/verifier/state"

const (
	// unroll is how often a loop is entered on a path of a lossy search
	// before its states are widened.
	unroll = 16
	// crowd is how many finished nodes of one shape a slot has before a lossy
	// search joins the next one with the nearest, and widens from 4 crowds.
	crowd = 64
	// recent is how many nodes are looked at to find the nearest, and how
	// many open ones to find one that a loop may stop at.
	recent = 16
	// patience is how often a loop is widened limit by limit; then it skips
	// more of them each time.
	patience = 12
	// mostTurns is how many turns make a difference.
	mostTurns = 2 * (unroll + patience + 16)
)

// isHead reports whether a node is stored whenever a path comes to the slot.
func (x *search) isHead(pc int) bool {
	return x.g.Bounded[pc] || x.mode.Lossy && x.g.Loops[pc] != nil
}

// around returns an open node that includes the state, when the path from there
// is one turn of a loop that ends: of one that the run time bounds, or, in a
// lossy search, of any loop; then it is up to the measures.
func (x *search) around() (int32, bool) {
	l := x.opens[x.m.PC]
	any := x.mode.Lossy && x.isHead(x.m.PC)
	if !any && !x.g.HasBounded {
		return 0, false
	}
	for i := len(l) - 1; i >= 0 && i >= len(l)-recent; i-- {
		if s := x.nodes[l[i]].s; (any || advanced(s, x.m.S)) && x.in.Included(x.m.S, s) {
			return l[i], true
		}
	}
	return 0, false
}

// advanced reports whether something that the run time bounds went on since
// the state old of the path.
func advanced(old, cur *state.State) bool {
	for _, r := range cur.Refs() {
		if o := old.Ref(r.ID); o != nil && r.Kind == state.RefIter && o.Steps != r.Steps {
			return true
		}
	}
	for d := range min(old.Depth(), cur.Depth()) + 1 {
		o, c := old.Frame(d), cur.Frame(d)
		if o.Token != c.Token {
			return false // another activation, and all above it
		}
		if o.Gotos != c.Gotos || c.Busy != 0 && o.Busy == c.Busy && o.Turns != c.Turns {
			return true
		}
	}
	return false
}

// wider returns a state to go on with that includes the path's, or nil.
func (x *search) wider() *state.State {
	m := &x.m
	if x.isHead(m.PC) {
		return x.turn()
	}
	if !x.mode.Lossy {
		return nil
	}
	l := x.index[m.PC].shapes[shape(m.S)]
	if len(l) < crowd {
		return nil
	}
	nearest, least := int32(-1), 0
	for i := len(l) - 1; i >= 0 && i >= len(l)-recent; i-- {
		if d := distance(x.nodes[l[i]].s, m.S); nearest < 0 || d < least {
			nearest, least = l[i], d
		}
	}
	old, limits := x.nodes[nearest].s, (*limits)(nil)
	if len(l) >= 4*crowd {
		limits = limitsOf(x.env, nil, old, m.S, len(l)/(4*crowd)-1)
	}
	return x.joiner.join(old, m.S, limits)
}

// turn widens the state at a head by that of the turn before, from a number
// of turns on.
func (x *search) turn() *state.State {
	m := &x.m
	loop := x.g.Loops[m.PC]
	since := int32(-1) // the loops around are as they were
	if loop != nil {
		for _, pc := range loop.Around {
			if l := x.opens[pc]; len(l) > 0 {
				since = max(since, l[len(l)-1])
			}
		}
	}
	l := x.opens[m.PC]
	turns := 0
	for i := len(l) - 1; i >= 0 && l[i] > since && turns < mostTurns; i-- {
		if !x.mode.Lossy && !advanced(x.nodes[l[i]].s, m.S) {
			break
		}
		turns++
	}
	delay := x.mode.Delay
	if !x.g.Bounded[m.PC] {
		delay = max(delay, unroll)
	}
	if turns < delay {
		return nil
	}
	skip := 0
	if more := turns - delay - patience; more > 0 {
		skip = 1 << min(more, 16)
	}
	old := x.nodes[l[len(l)-1]].s
	return x.joiner.join(old, m.S, limitsOf(x.env, x.g.LimitsAt(m.PC), old, m.S, skip))
}
