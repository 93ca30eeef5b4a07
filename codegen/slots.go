package codegen

import (
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// slots are the initial elements of a program array or a map of maps. An array that no instance
// could be made with is an error: rtlib refuses it only when the package is
// loaded.
func (in *Input) slots(index int) (slots []rtlib.SlotSpec, err error) {
	m := in.Object.Maps[index]
	if m.Inner != nil {
		return in.innerSlots(m)
	}
	if m.Type != bpf.MapProgArray {
		return nil, nil
	}
	if m.KeySize != 4 || m.ValueSize != 4 {
		return nil, fmt.Errorf("keys and values of program arrays have 4 bytes, not %d and %d", m.KeySize, m.ValueSize)
	}
	var first *frontend.Program // that calls through the array or is in it
	join := func(p *frontend.Program) error {
		if first == nil {
			first = p
		}
		return fits(first, p)
	}
	for _, p := range in.Programs {
		if slices.Contains(mapsOf(p.Source, len(in.Object.Maps)), index) {
			if err := join(p.Source); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range m.Slots {
		if m.MaxEntries != 0 && int64(s.Index) >= int64(m.MaxEntries) {
			return nil, fmt.Errorf("slot %d gets program %s; max_entries is %d, make it larger", s.Index, s.Program, m.MaxEntries)
		}
		for i, p := range in.Programs {
			if p.Source.Name != s.Program {
				continue
			}
			if err := join(p.Source); err != nil {
				return nil, err
			}
			slots = append(slots, rtlib.SlotSpec{Index: uint32(s.Index), Program: i})
		}
	}
	return slots, nil
}

// fits says whether two programs can share an array, as callers or callees: a
// callee reads the context that its caller got.
func fits(first, p *frontend.Program) error {
	a, b := first.Hook, p.Hook
	switch {
	case a.Name != b.Name:
		return fmt.Errorf("program %s of type %s and program %s of type %s cannot share an array; make one for each type", first.Name, a.Name, p.Name, b.Name)
	case a.MinLen != b.MinLen:
		return fmt.Errorf("program %s has at least %d bytes of memory and program %s at least %d: they cannot share an array; give them sections with one length", first.Name, a.MinLen, p.Name, b.MinLen)
	}
	return nil
}
