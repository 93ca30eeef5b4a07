package ir

// frame says what a function does with the addresses of its own stack.
type frame struct {
	// escapes: an address reached memory, a parameter, arithmetic or a callee
	// that may keep it, so an access through a pointer of unknown origin may
	// be to this frame.
	escapes bool
}

func newFrame(f *Func) *frame {
	r := &frame{}
	stack := func(v *Value) bool { return v.Op == OpStackAddr }
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			row := v.Op.Row()
			for i, a := range v.Args {
				switch {
				case !stack(a):
				case row.Addr && i == 0, row.Compare:
				case v.Op == OpCall && v.span(i) != nil:
				default:
					r.escapes = true
				}
			}
		}
		for _, e := range b.Succs {
			for _, a := range e.Args {
				if stack(a) {
					r.escapes = true
				}
			}
		}
		if b.Ctl != nil && stack(b.Ctl) {
			r.escapes = true
		}
	}
	return r
}

// span returns what a call does behind argument i, nil when that is not known.
func (v *Value) span(i int) *Span {
	for k := range v.Spans {
		if v.Spans[k].Arg == i {
			return &v.Spans[k]
		}
	}
	return nil
}

// place returns the offset from r10 that an access of the function's own stack
// begins at.
func (r *frame) place(v *Value) (int64, bool) {
	if !v.Op.Row().Addr || v.Args[0].Op != OpStackAddr {
		return 0, false
	}
	return v.Args[0].Imm + v.Imm, true
}

// mayWrite reports whether a token that is no plain store may change the slot.
func (r *frame) mayWrite(t *Value, s slot) bool {
	overlaps := func(off int64, size int) bool { return off < s.off+int64(s.size) && s.off < off+int64(size) }
	switch {
	case t.Op.Row().Class == ClassAtomic:
		off, ok := r.place(t)
		if !ok {
			return r.escapes
		}
		return overlaps(off, int(t.Op.Row().Width))
	case t.Op == OpCall:
		if r.escapes {
			return true
		}
		for i, a := range t.Args {
			if span := t.span(i); a.Op == OpStackAddr && span.Writes && overlaps(a.Imm, span.Size) {
				return true
			}
		}
		return false
	case t.Op == OpCallFunc:
		// The callee's own frame begins where r10 of the function is.
		return r.escapes || s.off+int64(s.size) > 0
	}
	return true
}

// mayRead reports whether v may read stack bytes that are not at a constant
// place of a load, and calls each with the bytes that are.
func (r *frame) reads(v *Value, each func(off int64, size int)) (all bool) {
	row := v.Op.Row()
	touches := stackToken(v) != nil
	switch {
	case row.Class == ClassLoad || row.Class == ClassAtomic:
		if !touches {
			return false
		}
		off, ok := r.place(v)
		if !ok {
			return r.escapes
		}
		each(off, int(row.Width))
	case v.Op == OpCall:
		if touches && r.escapes {
			return true
		}
		for i, a := range v.Args {
			if span := v.span(i); a.Op == OpStackAddr && span != nil && span.Reads {
				each(a.Imm, span.Size)
			}
		}
	case v.Op == OpCallFunc:
		return r.escapes
	}
	return false
}
