package explore

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/flow"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// span is bytes of a frame's stack that an instruction read or overwrote.
type span struct {
	lo, hi int16
	frame  int8
	write  bool
	exact  bool
}

func appendSpans(l []span, n *transfer.Note) []span {
	if w := n.Write; w.Lo != w.Hi {
		l = append(l, span{int16(w.Lo), int16(w.Hi), int8(w.Frame), true, false})
	}
	for _, r := range n.Reads {
		l = append(l, span{int16(r.Lo), int16(r.Hi), int8(r.Frame), false, r.Exact})
	}
	return l
}

// cells is a set of stack cells.
type cells [state.NumCells / 64]uint64

func (c *cells) add(i int)      { c[i/64] |= 1 << (i % 64) }
func (c *cells) remove(i int)   { c[i/64] &^= 1 << (i % 64) }
func (c *cells) has(i int) bool { return c[i/64]&(1<<(i%64)) != 0 }

// frameNeed is what later instructions need of a frame: any says that the
// value is read, exact that its number matters. exact is a part of any.
type frameNeed struct {
	any, exact           uint16
	cellsAny, cellsExact cells
}

// need is what later instructions need of a state.
type need [state.MaxFrames]frameNeed

func (n *need) join(o *need) {
	for i := range n {
		f, g := &n[i], &o[i]
		f.any |= g.any
		f.exact |= g.exact
		for j := range f.cellsAny {
			f.cellsAny[j] |= g.cellsAny[j]
			f.cellsExact[j] |= g.cellsExact[j]
		}
	}
}

// scratch is memory of generalise.
type scratch struct{ runs []need }

// generalise weakens the state of a finished node to what its paths need.
func (x *search) generalise(n *node) {
	for len(x.scratch.runs) < len(n.runs) {
		x.scratch.runs = append(x.scratch.runs, need{})
	}
	needs := x.scratch.runs
	for r := len(n.runs) - 1; r >= 0; r-- {
		run, cur := &n.runs[r], &needs[r]
		*cur = need{}
		if run.end >= 0 {
			ofState(cur, x.nodes[run.end].s)
		}
		for i := len(run.recs) - 1; i >= 0; i-- {
			rec := &run.recs[i]
			if rec.fork == 0 {
				x.back(n, rec, cur)
				continue
			}
			taken := &needs[rec.fork-1]
			if rec.flags&calledBack == 0 {
				cur.join(taken)
				x.back(n, rec, cur)
				continue
			}
			// The callback finds the caller as it is; its arguments are
			// made of the call's.
			x.back(n, rec, cur)
			taken[rec.depth+1] = frameNeed{}
			cur.join(taken)
		}
	}
	s := n.s.Clone()
	for d := s.Depth(); d >= 0; d-- {
		weaken(s, d, &needs[0][d])
	}
	n.s = s
}

// ofState is what a stored state needs of one that is to be included in it.
func ofState(n *need, s *state.State) {
	for d := range s.Depth() + 1 {
		f, fr := &n[d], s.Frame(d)
		for r := range fr.Regs[:bpf.R10] {
			v := &fr.Regs[r]
			switch {
			case v.Kind == state.Uninit:
			case isAny(v):
				f.any |= 1 << r
			default:
				f.any |= 1 << r
				f.exact |= 1 << r
			}
		}
		for i, c := range fr.Stack.Cells {
			if c == nil {
				continue
			}
			f.cellsAny.add(i)
			if c.Second || c.Size != 0 && !isAny(&c.Val) || hasZero(c) {
				f.cellsExact.add(i)
			}
		}
	}
}

func isAny(v *state.Value) bool {
	return v.Kind == state.Scalar && v.ID == 0 && v.Room == 0 && v.S.IsAny()
}

func hasZero(c *state.Cell) bool {
	for _, b := range c.Bytes {
		if b == state.Zero {
			return true
		}
	}
	return false
}

// weaken drops what is not needed of a frame and forgets numbers of which
// any would do. Pointers stay.
func weaken(s *state.State, d int, n *frameNeed) {
	f := s.Frame(d)
	for r := range f.Regs[:bpf.R10] {
		v := &f.Regs[r]
		switch bit := uint16(1) << r; {
		case v.Kind == state.Uninit:
		case n.any&bit == 0:
			f = s.Own(d)
			f.Regs[r] = state.Value{}
		case n.exact&bit == 0 && v.Kind == state.Scalar && !isAny(v):
			f = s.Own(d)
			f.Regs[r] = state.Unknown()
		}
	}
	for i := len(f.Stack.Cells) - 1; i >= 0; i-- {
		c := f.Stack.Cells[i]
		if c == nil || c.Second {
			continue // with the low half
		}
		any, exact := n.cellsAny.has(i), n.cellsExact.has(i)
		if c.Size == 8 && i > 0 {
			any = any || n.cellsAny.has(i-1)
			exact = exact || n.cellsExact.has(i-1)
		}
		switch {
		case !any && c.Size == 8:
			f = s.Own(d)
			f.Stack.Drop(i)
			f.Stack.Drop(i - 1)
		case !any:
			f = s.Own(d)
			f.Stack.Drop(i)
		case !exact && (c.Size == 0 || c.Val.Kind == state.Scalar):
			f = s.Own(d)
			f.Stack.Forget(i)
		}
	}
}

// level of a register: read at all, and exactly.
func (f *frameNeed) reg(r bpf.Reg) (any, exact bool) {
	if r >= bpf.R10 {
		return false, false
	}
	return f.any&(1<<r) != 0, f.exact&(1<<r) != 0
}

func (f *frameNeed) kill(mask uint16) { f.any &^= mask; f.exact &^= mask }

func (f *frameNeed) use(r bpf.Reg, exact bool) {
	if r >= bpf.R10 {
		return
	}
	f.any |= 1 << r
	if exact {
		f.exact |= 1 << r
	}
}

const scratchRegs = 1<<bpf.R6 - 1

// back changes cur from what is needed behind an instruction to what is
// needed before it.
func (x *search) back(n *node, r *rec, cur *need) {
	in := &x.env.Insns[r.pc]
	f := &cur[r.depth]
	spans := n.spans[r.spans : int(r.spans)+int(r.nspans)]
	switch table.OpOf(in.Op).Class {
	case table.ClassALU:
		backALU(in, f)
	case table.ClassLdImm:
		f.kill(1 << in.Dst)
	case table.ClassJump:
		if in.Op != bpf.OpJa && in.Op != bpf.OpMayGoto {
			backJump(in, r, cur)
		}
	case table.ClassLoad:
		_, exact := f.reg(in.Dst)
		f.kill(1 << in.Dst)
		f.use(in.Src, true)
		readCells(cur, spans, exact)
	case table.ClassStore:
		exact := overwrite(cur, spans)
		f.use(in.Src, exact)
		f.use(in.Dst, true)
	case table.ClassAtomic:
		switch in.Op {
		case bpf.OpCmpxchg:
			f.kill(1 << bpf.R0)
			f.use(bpf.R0, false)
		case bpf.OpFetchAdd, bpf.OpFetchOr, bpf.OpFetchAnd, bpf.OpFetchXor, bpf.OpXchg:
			f.kill(1 << in.Src)
		}
		f.use(in.Src, false)
		f.use(in.Dst, true)
		readCells(cur, spans, false)
	case table.ClassCall:
		x.backCall(in, r, cur, spans)
	case table.ClassPacket:
		if r.depth > 0 {
			cur[r.depth-1].kill(1 << bpf.R0) // written where the function ends
		}
		f.kill(scratchRegs)
		f.use(bpf.R6, true)
		f.use(in.Src, false)
	case table.ClassExit:
		if r.depth == 0 {
			f.use(bpf.R0, false)
			break
		}
		any, exact := cur[r.depth-1].reg(bpf.R0)
		cur[r.depth-1].kill(1 << bpf.R0)
		*f = frameNeed{}
		if any {
			f.use(bpf.R0, exact)
		}
	}
	f.any |= r.exact
	f.exact |= r.exact
}

func backALU(in *bpf.Instruction, f *frameNeed) {
	_, exact := f.reg(in.Dst)
	switch in.Op {
	case bpf.OpMov, bpf.OpMovsx:
		f.kill(1 << in.Dst)
		f.use(in.Src, exact)
	case bpf.OpNeg, bpf.OpToLE, bpf.OpToBE, bpf.OpBswap:
		f.use(in.Dst, exact)
	default:
		f.use(in.Dst, exact)
		f.use(in.Src, exact)
	}
}

// backJump: a refined number rests on both operands, and members of a class
// that was refined rest on each other.
func backJump(in *bpf.Instruction, r *rec, cur *need) {
	f := &cur[r.depth]
	operands := uint16(1) << in.Dst
	if in.Src < bpf.R10 {
		operands |= 1 << in.Src
	}
	all := operands | r.linked
	exact := f.exact&all != 0 || r.flags&farLink != 0
	f.use(in.Dst, exact)
	f.use(in.Src, exact)
	if exact {
		f.any |= r.linked
		f.exact |= r.linked
	}
}

// readCells needs the cells of the spans that were read.
func readCells(cur *need, spans []span, exact bool) {
	for _, p := range spans {
		if p.write {
			continue
		}
		f := &cur[p.frame]
		for i := state.CellOf(int64(p.hi) - 1); i <= state.CellOf(int64(p.lo)); i++ {
			f.cellsAny.add(i)
			if exact || p.exact {
				f.cellsExact.add(i)
			}
		}
	}
}

// overwrite removes the cells that were surely overwritten and reports
// whether one of them was needed exactly.
func overwrite(cur *need, spans []span) bool {
	exact := false
	for _, p := range spans {
		if !p.write {
			continue
		}
		f := &cur[p.frame]
		for i := state.CellOf(int64(p.hi) - 1); i <= state.CellOf(int64(p.lo)); i++ {
			exact = exact || f.cellsExact.has(i)
			lo := -state.CellSize * (i + 1)
			if int(p.lo) <= lo && lo+state.CellSize <= int(p.hi) {
				f.cellsAny.remove(i)
				f.cellsExact.remove(i)
			}
		}
	}
	return exact
}

// backCall: of a function that is entered, the arguments are what it needs
// where it starts.
func (x *search) backCall(in *bpf.Instruction, r *rec, cur *need, spans []span) {
	f := &cur[r.depth]
	if r.flags&entered != 0 {
		callee := &cur[r.depth+1]
		const arguments = scratchRegs &^ 1
		f.kill(scratchRegs)
		f.any |= callee.any & arguments
		f.exact |= callee.exact & arguments
		*callee = frameNeed{}
		if in.Op == bpf.OpCallx {
			f.use(in.Dst, true)
		}
		return
	}
	f.kill(scratchRegs)
	overwrite(cur, spans)
	readCells(cur, spans, false)
	h := flow.RowOf(x.env, in)
	if h == nil { // a global function
		f.any |= x.g.Args(x.env, int(r.pc))
		f.exact |= x.g.Args(x.env, int(r.pc))
		return
	}
	for i, kind := range h.Args {
		switch kind {
		case table.ArgOpt:
			f.use(bpf.R1+bpf.Reg(i), false)
		default:
			f.use(bpf.R1+bpf.Reg(i), kind != table.ArgAny)
		}
	}
}
