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

// extent returns the bytes [lo, hi) from r10 that an access may touch, and
// whether they are known.
func (r *frame) extent(v *Value) (lo, hi int64, ok bool) {
	if off, ok := r.place(v); ok {
		return off, off + int64(v.Op.Row().Width), true
	}
	if v.Reach != nil {
		return v.Reach.Lo, v.Reach.Hi, true
	}
	return 0, 0, false
}

// mayWrite reports whether a token may change the slot.
func (r *frame) mayWrite(t *Value, s slot) bool {
	overlaps := func(lo, hi int64) bool { return lo < s.off+int64(s.size) && s.off < hi }
	switch {
	case t.Op.Row().Addr:
		lo, hi, ok := r.extent(t)
		if !ok {
			return r.escapes
		}
		return overlaps(lo, hi)
	case t.Op == OpCall:
		if r.escapes {
			return true
		}
		for i, a := range t.Args {
			if span := t.span(i); a.Op == OpStackAddr && span.Writes && overlaps(a.Imm, a.Imm+int64(span.Size)) {
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

// reads calls each with the stack bytes that v may read; it reports whether
// these can be any.
func (r *frame) reads(v *Value, each func(off int64, size int)) (all bool) {
	row := v.Op.Row()
	touches := stackToken(v) != nil
	switch {
	case row.Class == ClassLoad || row.Class == ClassAtomic:
		if !touches {
			return false
		}
		lo, hi, ok := r.extent(v)
		if !ok {
			return r.escapes
		}
		each(lo, int(hi-lo))
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
