package ir

// narrow makes 64-bit operations 32-bit ones where nobody looks at the upper
// half of the result. Code for the older instruction set, which has no 32-bit
// arithmetic, becomes what newer code is from the start; rotations of 32 bits
// and extensions that change nothing show only then.
func narrow(f *Func) bool {
	n := &narrower{need: make([]bool, f.NumIDs)}
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			n.operands(v)
		}
		if b.Ctl != nil {
			n.whole(b.Ctl)
		}
	}
	n.spread()
	changed := false
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if !n.need[v.ID] && halves(v) {
				v.Op = narrowForm(v)
				v.Flags = 0
				changed = true
			}
		}
	}
	return changed
}

type narrower struct {
	need []bool // by Value.ID: somebody looks at the upper half
	work []*Value
}

func (n *narrower) whole(v *Value) {
	if !n.need[v.ID] {
		n.need[v.ID] = true
		n.work = append(n.work, v)
	}
}

// operands marks what v reads whatever its own result is used for.
func (n *narrower) operands(v *Value) {
	row := v.Op.Row()
	for i, a := range v.Args {
		switch {
		case halves(v), v.Op == OpSelect && i > 0:
			// Decided by the need for v, see spread.
		case v.Op == OpShl64 && i == 0 && shiftsOutHalf(v):
		case row.Class == ClassPure && row.Width > 0 && row.Width <= 4:
		case row.Addr && i > 0 && row.Width <= 4:
		default:
			n.whole(a)
		}
	}
}

// spread goes from values that are needed whole to those that they are made
// of.
func (n *narrower) spread() {
	for len(n.work) > 0 {
		v := n.work[len(n.work)-1]
		n.work = n.work[:len(n.work)-1]
		switch {
		case halves(v):
			n.whole(v.Args[0])
			if len(v.Args) > 1 {
				n.whole(v.Args[1])
			}
		case v.Op == OpSelect:
			n.whole(v.Args[1])
			n.whole(v.Args[2])
		case v.Op == OpParam:
			forEdges(v.Block, func(e *Edge) { n.whole(e.Args[v.Imm]) })
		}
	}
}

// halves reports whether the low half of v depends on the low halves of its
// operands only.
func halves(v *Value) bool {
	if v.Op == OpShl64 {
		c, ok := v.Args[1].IsConst()
		return ok && c < 32
	}
	return narrowOf[v.Op] != OpInvalid
}

// shiftsOutHalf says that a shift loses the upper half of its operand.
func shiftsOutHalf(v *Value) bool {
	c, ok := v.Args[1].IsConst()
	return ok && c >= 32 && c < 64
}

func narrowForm(v *Value) Op {
	if v.Op == OpShl64 {
		return OpShl32
	}
	return narrowOf[v.Op]
}
