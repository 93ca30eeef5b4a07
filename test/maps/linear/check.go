package linear

import (
	"fmt"
	"slices"
	"strings"
)

// Call is an operation with its outcome, and when it began and ended, by one
// clock.
type Call[O any] struct {
	Op         O
	By         int // goroutine
	Start, End int64
}

// event is the beginning or the end of a call, in a list by time.
type event struct {
	call       int
	end        bool
	prev, next *event
	match      *event // of a beginning: its end
}

// line makes the list: at one moment, beginnings come before ends, so calls
// that touch overlap.
func line[O any](calls []Call[O]) *event {
	var events []*event
	for i := range calls {
		end := &event{call: i, end: true}
		events = append(events, &event{call: i, match: end}, end)
	}
	at := func(e *event) int64 {
		if e.end {
			return calls[e.call].End
		}
		return calls[e.call].Start
	}
	slices.SortStableFunc(events, func(a, b *event) int {
		switch ta, tb := at(a), at(b); {
		case ta != tb:
			return int(min(1, max(-1, ta-tb)))
		case a.end != b.end && b.end:
			return -1
		case a.end != b.end:
			return 1
		}
		return 0
	})
	head := &event{call: -1}
	last := head
	for _, e := range events {
		last.next, e.prev = e, last
		last = e
	}
	return head
}

// lift takes a call out of the list.
func (e *event) lift() {
	for _, x := range []*event{e, e.match} {
		x.prev.next = x.next
		if x.next != nil {
			x.next.prev = x.prev
		}
	}
}

// unlift puts it back; calls are put back in the opposite order.
func (e *event) unlift() {
	for _, x := range []*event{e.match, e} {
		x.prev.next = x
		if x.next != nil {
			x.next.prev = x
		}
	}
}

// set is a set of calls that can be a key.
type set []byte

func (s set) flip(i int) { s[i/8] ^= 1 << (i % 8) }

// placed is a call in the order that is tried, and the state before it.
type placed[S any] struct {
	e      *event
	before S
}

// Check reports whether the calls can be ordered. step gives the state after an
// operation, and whether its outcome is right in a state. The error shows the
// calls that the longest order leaves over first.
func Check[S comparable, O any](initial S, step func(S, O) (S, bool), calls []Call[O]) error {
	type tried struct {
		calls string
		state S
	}
	head, state, in := line(calls), initial, make(set, (len(calls)+7)/8)
	seen := map[tried]bool{}
	var stack []placed[S]
	var best int
	var left []int
	for e := head.next; e != nil; {
		if !e.end {
			if after, ok := step(state, calls[e.call].Op); ok {
				in.flip(e.call)
				if key := (tried{string(in), after}); !seen[key] {
					seen[key] = true
					stack = append(stack, placed[S]{e, state})
					state = after
					e.lift()
					e = head.next
					continue
				}
				in.flip(e.call)
			}
			e = e.next
			continue
		}
		// A call has ended that is not placed, and none before its end fits.
		if len(stack) >= best {
			best, left = len(stack), remaining(head)
		}
		if len(stack) == 0 {
			return explain(calls, best, left)
		}
		last := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		in.flip(last.e.call)
		state = last.before
		last.e.unlift()
		e = last.e.next
	}
	return nil
}

// remaining are the calls that could have come next.
func remaining(head *event) (calls []int) {
	for e := head.next; e != nil && !e.end; e = e.next {
		calls = append(calls, e.call)
	}
	return calls
}

// explain shows where the search failed.
func explain[O any](calls []Call[O], best int, left []int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "no order explains %d calls; the longest has %d, then one of these has to come:", len(calls), best)
	from := int64(1<<63 - 1)
	for _, i := range left {
		fmt.Fprintf(&b, "\n  goroutine %d [%d, %d] %v", calls[i].By, calls[i].Start, calls[i].End, calls[i].Op)
		from = min(from, calls[i].Start)
	}
	fmt.Fprintf(&b, "\nbefore them:")
	sorted := slices.Clone(calls)
	slices.SortFunc(sorted, func(a, b Call[O]) int { return int(min(1, max(-1, a.End-b.End))) })
	end := 0
	for end < len(sorted) && sorted[end].End < from {
		end++
	}
	for _, c := range sorted[max(0, end-8):end] {
		fmt.Fprintf(&b, "\n  goroutine %d [%d, %d] %v", c.By, c.Start, c.End, c.Op)
	}
	return fmt.Errorf("%s", b.String())
}
