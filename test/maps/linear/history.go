package linear

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// User does operations on the elements of something that is shared, for one
// goroutine. It gives the operation back with the outcome. CPU of the operation
// is -1 for a host's; else the user puts the number of its own there.
type User interface {
	Do(element int, o Op) (Op, error)
}

// Load is what goroutines do.
type Load struct {
	Elements int
	Ops      int // of each goroutine
	Seed     uint64
	// Kinds are drawn from; those of Host only are not done by programs.
	Kinds    []Kind
	HostOnly map[Kind]bool
	Flags    []uint64 // of writes
	Few      int      // written are values from 1 to Few; 0 for all different
}

// Record lets every user do its operations at the same time, and returns the
// calls of each element.
func Record(users []User, l Load) ([][]Call[Op], error) {
	start := time.Now()
	lists := make([][]timed, len(users))
	errs := make([]error, len(users))
	var ready, done sync.WaitGroup
	ready.Add(len(users))
	for k, u := range users {
		done.Add(1)
		go func() {
			defer done.Done()
			ready.Done()
			ready.Wait()
			lists[k], errs[k] = l.hammer(u, k, start)
		}()
	}
	done.Wait()
	elements := make([][]Call[Op], l.Elements)
	for k, list := range lists {
		if errs[k] != nil {
			return nil, fmt.Errorf("goroutine %d: %w", k, errs[k])
		}
		for _, c := range list {
			elements[c.element] = append(elements[c.element], c.Call)
		}
	}
	return elements, nil
}

// timed is a call with its element.
type timed struct {
	element int
	Call[Op]
}

// hammer is what one goroutine does.
func (l *Load) hammer(u User, by int, start time.Time) (calls []timed, err error) {
	r := rand.New(rand.NewPCG(l.Seed, uint64(by)))
	calls = make([]timed, 0, l.Ops)
	for n := range l.Ops {
		o := Op{Kind: l.Kinds[r.IntN(len(l.Kinds))], CPU: -1}
		if !l.HostOnly[o.Kind] && r.IntN(2) == 0 {
			o.CPU = 0
		}
		switch o.Kind {
		case Write:
			o.Flags = l.Flags[r.IntN(len(l.Flags))]
			if o.Value = uint64(by+1)<<32 | uint64(n); l.Few != 0 {
				o.Value = 1 + o.Value%uint64(l.Few)
			}
		case Push:
			o.Value = uint64(by<<5 | n&31)
		}
		element := r.IntN(l.Elements)
		begin := time.Since(start)
		o, err = u.Do(element, o)
		end := time.Since(start)
		if err != nil {
			return nil, fmt.Errorf("element %d: %v: %w", element, o, err)
		}
		calls = append(calls, timed{element, Call[Op]{Op: o, By: by, Start: int64(begin), End: int64(end)}})
	}
	return calls, nil
}

// Fill makes a value of n bytes of a number: every word of 8 bytes is it, the
// last one cut.
func Fill(v uint64, n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b[:n]
}

// Number is the number that a value was made of; an error when its parts are of
// several.
func Number(b []byte) (uint64, error) {
	var first [8]byte
	copy(first[:], b)
	v := binary.LittleEndian.Uint64(first[:])
	if want := Fill(v, len(b)); string(want) != string(b) {
		return v, fmt.Errorf("the value %x is of several updates", b)
	}
	return v, nil
}
