// Package calls has programs about everything that leaves the straight way:
// calls with all registers alive, function pointers, callbacks, may_goto, tail
// calls. What they do is compared with the interpreter's behaviour: by
// ir/ireval behind every pass, here on the compiled engines.
package calls

import (
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
)

// Case is a program, the first one of its object.
type Case struct {
	Name   string
	Object *frontend.Object
	// Want, when not nil, is r0 for the first inputs: it takes too long to run
	// the program on anything but compiled engines.
	Want []uint64
}

// MinLen is the length of the shortest input in bytes.
const MinLen = 16

// Inputs are what the programs run on, in order.
func Inputs() [][]byte {
	var all [][]byte
	for k := range 7 {
		b := make([]byte, MinLen+k)
		for i := range b {
			b[i] = byte(k * (i + 1) * (i + k))
		}
		b[0] = byte(k)
		all = append(all, b)
	}
	return all
}

// Cases assembles the cases. Raw programs have MinLen bytes at r1; xdp programs
// that much packet; slot k of progs is their program k.
func Cases() ([]Case, error) {
	var all []Case
	for _, s := range sources {
		c, err := s.assemble()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		all = append(all, c)
	}
	for _, l := range long {
		c, err := l.assemble()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.name, err)
		}
		c.Want = l.want
		all = append(all, c)
	}
	return all, nil
}

// source is the text of a case. A line "-- name" begins another program.
type source struct {
	name, hook, text string
}

func (s source) assemble() (Case, error) {
	c := Case{Name: s.name, Object: &frontend.Object{Name: "calls", License: "GPL", Maps: maps()}}
	hook := *table.HookByName(bpf.Linux, s.hook)
	if hook.Memory {
		hook.MinLen = MinLen
	}
	for k, text := range strings.Split("main\n"+s.text, "-- ") {
		name, text, _ := strings.Cut(text, "\n")
		p, err := isatest.AssembleProgram(text, c.Object.Maps)
		if err != nil {
			return c, err
		}
		p.Name, p.Section, p.Hook, p.ErrSlot = strings.TrimSpace(name), s.hook, &hook, -1
		c.Object.Programs = append(c.Object.Programs, p)
		if k > 0 {
			progs := c.Object.Maps[len(c.Object.Maps)-1]
			progs.Slots = append(progs.Slots, frontend.Slot{Index: k, Map: -1, Program: p.Name})
		}
	}
	if s.hook != "xdp" {
		c.Object.Maps = c.Object.Maps[:len(c.Object.Maps)-1]
	}
	return c, nil
}

// maps are those that programs can name. Slot k of progs is program k, from 1.
func maps() []*frontend.Map {
	return []*frontend.Map{
		{Name: "array", Type: bpf.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 5},
		{Name: "hash", Type: bpf.MapHash, KeySize: 8, ValueSize: 8, MaxEntries: 6},
		{Name: "progs", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 6},
	}
}
