package ir

import "github.com/bpf2go-native/bpf2go-native/bpf/table"

// slots turns stack slots into values: a load from a constant place of the
// function's own stack takes what the last store to it wrote. It follows the
// stack's tokens backwards over everything that does not touch the bytes;
// where tokens meet, the value becomes a parameter. Bytes that were never
// written count as 0: the verifier proved that they are not read or had them
// cleared (facts ZeroLo, ZeroHi).
func slots(f *Func) bool {
	s := &slotter{
		f: f, frame: newFrame(f), r: newRenames(f),
		memo: map[slotAt]*Value{}, fails: map[slotAt]bool{}, front: map[*Value][]*Value{},
	}
	changed := false
	for _, b := range reversePostorder(f) {
		for _, v := range b.Values {
			if own(v) {
				changed = true
			}
			if s.load(v) {
				changed = true
			}
		}
	}
	if !changed {
		return false
	}
	for _, b := range f.Blocks {
		s.settle(b)
	}
	s.r.apply(f)
	return true
}

// slot is size bytes at off from r10.
type slot struct {
	off  int64
	size int
}

// slotAt is a slot's content at the time of a token.
type slotAt struct {
	slot
	token *Value
}

type slotter struct {
	f     *Func
	frame *frame
	r     renames
	memo  map[slotAt]*Value
	fails map[slotAt]bool
	// front are the values that take bytes out of a store's, by the store or
	// load behind or in front of which they stand.
	front map[*Value][]*Value
}

// stackToken is the token of the stack that v names.
func stackToken(v *Value) *Value {
	for _, m := range v.Mem {
		if m.Region&table.RegionStack != 0 {
			return m
		}
	}
	return nil
}

// own makes a load at a constant place of the function's stack one of nothing
// else: elements of iterators are of the stack or of other memory until their
// address is known.
func own(v *Value) bool {
	row := v.Op.Row()
	if row.Class != ClassLoad || !row.Addr || v.Args[0].Op != OpStackAddr || v.Region&table.RegionStack == 0 || v.Region == table.RegionStack {
		return false
	}
	v.Mem, v.Region = []*Value{stackToken(v)}, table.RegionStack
	return true
}

func (s *slotter) load(v *Value) bool {
	row := v.Op.Row()
	if row.Class != ClassLoad || v.Op == OpCtxLoad || v.Region != table.RegionStack {
		return false
	}
	off, ok := s.frame.place(v)
	if !ok {
		return false
	}
	at := slotAt{slot{off, int(row.Width)}, stackToken(v)}
	if !s.available(at, map[slotAt]bool{}) {
		return false
	}
	x := s.content(at)
	if row.Signed {
		x = s.add(v, sexts[row.Width], x)
	}
	s.grow()
	s.r[v.ID] = x
	return true
}

func (s *slotter) grow() {
	for len(s.r) < s.f.NumIDs {
		s.r = append(s.r, nil)
	}
}

// writer goes back from a token to the one that decides what the slot holds:
// a store that covers it, a parameter or the entry. It is nil when the content
// cannot be told.
func (s *slotter) writer(at slotAt) *Value {
	for t := at.token; t != nil; t = stackToken(t) {
		row := t.Op.Row()
		switch {
		case t.Op == OpMem || t.Op == OpParam:
			return t
		case row.Class == ClassStore && t.Region == table.RegionStack:
			off, ok := s.frame.place(t)
			if ok && off <= at.off && at.off+int64(at.size) <= off+int64(row.Width) {
				return t
			}
			if s.frame.mayWrite(t, at.slot) {
				return nil
			}
		case s.frame.mayWrite(t, at.slot):
			return nil
		}
	}
	return nil
}

// available reports whether the content of a slot is known on every path. A
// loop that does not write the slot is followed once.
func (s *slotter) available(at slotAt, seen map[slotAt]bool) bool {
	if s.fails[at] {
		return false
	}
	t := s.writer(at)
	if t == nil {
		s.fails[at] = true
		return false
	}
	at.token = t
	if t.Op != OpParam || seen[at] || s.memo[at] != nil {
		return true
	}
	seen[at] = true
	ok := true
	forEdges(t.Block, func(e *Edge) {
		ok = ok && s.available(slotAt{at.slot, e.Args[t.Imm]}, seen)
	})
	if !ok {
		s.fails[at] = true
	}
	return ok
}

// content makes the value that a slot holds at the time of a token.
func (s *slotter) content(at slotAt) *Value {
	t := s.writer(at)
	at.token = t
	if x := s.memo[at]; x != nil {
		return x
	}
	switch t.Op {
	case OpMem:
		return s.f.Const(0)
	case OpParam:
		p := s.f.NewParam(t.Block, TypeInt, 0)
		s.memo[at] = p
		forEdges(t.Block, func(e *Edge) {
			x := s.content(slotAt{at.slot, e.Args[t.Imm]})
			for len(e.Args) <= int(p.Imm) {
				e.Args = append(e.Args, nil) // filled in by whoever made that parameter
			}
			e.Args[p.Imm] = x
		})
		return p
	}
	off, _ := s.frame.place(t)
	x := t.Args[len(t.Args)-1]
	if shift := uint64(at.off-off) * 8; shift > 0 {
		x = s.add(t, OpShr64, x, s.f.Const(shift))
	}
	if op := zexts[at.size]; op != OpInvalid {
		x = s.add(t, op, x)
	}
	s.memo[at] = x
	return x
}

// add makes a value that will stand behind v.
func (s *slotter) add(v *Value, op Op, args ...*Value) *Value {
	x := s.f.newValue(op, v.PC, args...)
	x.Block = v.Block
	s.front[v] = append(s.front[v], x)
	return x
}

// settle puts the values that add made into their block.
func (s *slotter) settle(b *Block) {
	if len(s.front) == 0 {
		return
	}
	var out []*Value
	for _, v := range b.Values {
		out = append(out, v)
		out = append(out, s.front[v]...)
	}
	b.Values = out
}
