package state

import "github.com/bpf2go-native/bpf2go-native/bpf"

// WellFormed reports whether s is a state as Step makes them: classes and
// lookups are numbered below the next number, so that none is given twice;
// addresses are of frames that are active; the halves of spills are together.
// The checker asks it of every state that a certificate brings.
func (s *State) WellFormed() bool {
	for i, r := range s.refs {
		if r.ID == 0 || r.ID > s.lastID || r.On > s.lastID || s.refIndex(r.ID) != i {
			return false
		}
	}
	for i := range s.depth + 1 {
		f := s.frames[i]
		if f.Busy > s.lastID || f.Token > s.lastID {
			return false
		}
		for r := range f.Regs {
			if f.Regs[r].Kind >= SlotIter || !s.wellFormed(&f.Regs[r], i) {
				return false
			}
		}
		if r10 := &f.Regs[bpf.R10]; r10.Kind != PtrStack || int(r10.Frame) != i || r10.Off != 0 {
			return false
		}
		if len(f.Stack.Cells) > NumCells {
			return false
		}
		for j, c := range f.Stack.Cells {
			if c != nil && !s.cellFormed(&f.Stack, i, j, c) {
				return false
			}
		}
	}
	return true
}

func (s *State) wellFormed(v *Value, frame int) bool {
	if v.ID > s.lastID || v.Ref > s.lastID || v.Room < 0 || v.Hold > s.lastID {
		return false
	}
	if v.Kind == PtrStack && (int(v.Frame) > frame || v.Frame < 0) {
		return false
	}
	if v.Kind == PtrMem && v.Map != 0 && (v.Map < 0 || v.Map > StackSize || v.Size < 0 || v.Size > v.Map || v.Frame < 0 || int(v.Frame) > s.depth) {
		return false
	}
	if !v.Null {
		return true
	}
	switch v.Kind {
	case PtrMapValue, PtrMem, PtrObj, ConstMap:
		return v.Ref != 0
	}
	return false
}

func (s *State) cellFormed(k *Stack, frame, j int, c *Cell) bool {
	switch {
	case c.Size != 0 && c.Val.Kind >= SlotIter && (c.Size != 8 || !k.Objects):
		return false
	case c.Second:
		low := k.at(j + 1)
		return low != nil && low.Size == 8
	case c.Size == 8:
		return j > 0 && k.at(j-1) != nil && k.at(j-1).Second && s.wellFormed(&c.Val, frame)
	case c.Size == 0:
		return true
	}
	return c.Size <= CellSize && c.Val.Kind == Scalar && s.wellFormed(&c.Val, frame)
}
