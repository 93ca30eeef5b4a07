package backend

// instr allocates one instruction.
func (a *alloc) instr(in *Instr, p *plan) {
	if in.Op == OpConst {
		return // made where it is used
	}
	a.form(in, p)
	row := &a.t.Ops[in.Op]
	out := *in
	out.Orig = in
	fixedDst := row.Dst
	if in.Op == OpEntry {
		fixedDst = Reg(in.Imm)
	}
	a.pinned = 0
	a.forbid = row.Clobbers | Regs(row.Arg[:]...)&^1
	if fixedDst != 0 {
		a.forbid |= 1 << fixedDst
	}
	a.fixedArgs(in, &out, row)
	a.freeArgs(in, &out, row)
	tied := Reg(0)
	if row.Tied {
		tied = a.tiedArg(in, &out, row, p)
	}
	if row.Temp {
		out.Temp = a.pick(a.t.Allocatable&^row.Clobbers&^a.forbid, 0, p.avoid)
		a.pinned |= 1 << out.Temp
	}
	a.clobber(in, row, tied)
	args := a.pinned
	a.advance(in)
	a.forbid |= args
	if !row.Early {
		a.pinned = 0
		if out.Temp != 0 {
			a.pinned = 1 << out.Temp
		}
	}
	if in.Dst != 0 {
		a.result(in, &out, row, p, tied, fixedDst)
	}
	if row.Call {
		a.releaseAll()
	}
	a.out = append(a.out, out)
}

// form exchanges operands or takes the three-operand form where a tie would
// need a copy.
func (a *alloc) form(in *Instr, p *plan) {
	row := &a.t.Ops[in.Op]
	if !row.Tied || in.Args[0] == 0 {
		return
	}
	if row.Commutes && in.Args[0] != in.Args[1] && row.Arg[0] == 0 {
		keep0, keep1 := a.keeps(in.Args[0]), a.keeps(in.Args[1])
		better := keep0 && !keep1
		if keep0 == keep1 && p.dst != 0 && a.returns(in.Args[1], p.dst) {
			better = true
		}
		if better {
			in.Args[0], in.Args[1] = in.Args[1], in.Args[0]
		}
	}
	if row.Alt != 0 && a.keeps(in.Args[0]) {
		in.Op = row.Alt
	}
}

// returns reports whether v is in r, or will be reloaded to it.
func (a *alloc) returns(v, r Reg) bool {
	x := a.val(v)
	return x.regs.Has(r) || x.regs == 0 && x.remake == nil && x.home == r
}

// keeps reports whether v is needed after the current instruction, or is a
// constant that is worth keeping as little as any.
func (a *alloc) keeps(v Reg) bool {
	u := a.val(v).next
	for u != 0 && a.uses[u].dist == a.idx {
		u = a.uses[u].next
	}
	return u != 0
}

// fixedArgs places the operands that must be in certain registers.
func (a *alloc) fixedArgs(in, out *Instr, row *OpInfo) {
	for i, r := range row.Arg {
		if r == 0 || in.Args[i] == 0 {
			continue
		}
		v := in.Args[i]
		if !a.val(v).regs.Has(r) {
			a.evict(r)
			a.load(v, r)
		}
		a.pinned |= 1 << r
		out.Args[i] = r
	}
}

// freeArgs places the other operands but the tied one.
func (a *alloc) freeArgs(in, out *Instr, row *OpInfo) {
	allowed := a.t.Allocatable &^ row.Clobbers
	if row.Early {
		allowed &^= 1 << row.Dst
	}
	place := func(v Reg) Reg {
		if !v.Virtual() {
			return v
		}
		x := a.val(v)
		here := x.regs & allowed
		if here == 0 {
			r := a.pick(allowed&^a.forbid, x.home, 0)
			a.load(v, r)
			here = 1 << r
		}
		r := here.Lowest()
		if again := here & a.pinned; again != 0 {
			r = again.Lowest()
		}
		a.pinned |= 1 << r
		return r
	}
	for i := range in.Args {
		if in.Args[i] != 0 && row.Arg[i] == 0 && !(row.Tied && i == 0) {
			out.Args[i] = place(in.Args[i])
		}
	}
	if in.Mem.Base != 0 {
		out.Mem.Base = place(in.Mem.Base)
	}
	if in.Mem.Index != 0 {
		out.Mem.Index = place(in.Mem.Index)
	}
}

// tiedArg places Args[0] in a register that the result may overwrite.
func (a *alloc) tiedArg(in, out *Instr, row *OpInfo, p *plan) Reg {
	v := in.Args[0]
	x := a.val(v)
	if r := row.Arg[0]; r != 0 {
		if a.keeps(v) && x.regs == 1<<r && x.remake == nil {
			a.preserve(v)
		}
		return r
	}
	allowed := a.t.Allocatable &^ row.Clobbers &^ a.forbid
	if row.Early {
		allowed &^= a.pinned
	}
	if x.regs == 0 && x.remake == nil && a.keeps(v) {
		r := a.pick(a.t.Allocatable&^row.Clobbers&^a.forbid, 0, p.avoid)
		a.load(v, r)
	}
	here := x.regs & allowed
	if here != 0 && (!a.keeps(v) || x.regs.Len() > 1 || x.remake != nil) {
		r := here.Lowest()
		if p.dst != 0 && here.Has(p.dst) {
			r = p.dst
		}
		a.pinned |= 1 << r
		out.Args[0] = r
		return r
	}
	a.pinned |= x.regs // the copy must not push its own source out
	r := a.pick(allowed, p.dst, p.avoid)
	a.fetch(v, r)
	a.pinned |= 1 << r
	out.Args[0] = r
	return r
}

// preserve copies v, whose only register is about to be overwritten, to a
// free one. Without a free one it will be reloaded.
func (a *alloc) preserve(v Reg) {
	free := a.t.Allocatable &^ a.busy &^ a.pinned &^ a.forbid
	if free != 0 {
		a.load(v, free.Lowest())
	}
}

// clobber empties the registers that the instruction destroys besides its
// result.
func (a *alloc) clobber(in *Instr, row *OpInfo, tied Reg) {
	for s := row.Clobbers & a.busy; s != 0; s &= s - 1 {
		r := s.Lowest()
		v := a.holds[r]
		if a.keeps(v) && a.val(v).regs == 1<<r && a.val(v).remake == nil {
			a.preserve(v)
		}
		a.drop(r)
	}
	if tied != 0 {
		a.drop(tied)
	}
}

// advance passes the uses of the current instruction and frees the registers
// of values that die here.
func (a *alloc) advance(in *Instr) {
	var buf [5]*Reg
	for _, r := range in.operands(&buf) {
		if !r.Virtual() {
			continue
		}
		x := a.val(*r)
		for x.next != 0 && a.uses[x.next].dist == a.idx {
			x.next = a.uses[x.next].next
		}
		if x.next == 0 {
			a.release(x.regs)
		}
	}
}

// result gives the instruction's value a register.
func (a *alloc) result(in, out *Instr, row *OpInfo, p *plan, tied, fixed Reg) {
	r := tied
	switch {
	case tied != 0:
	case fixed != 0:
		r = fixed
		a.evict(r)
	default:
		want := p.dst
		if in.Op == OpMove && want == 0 {
			want = out.Args[0]
		}
		r = a.pick(a.t.Allocatable&^row.Clobbers, want, p.avoid)
	}
	a.drop(r)
	out.Dst = r
	if a.val(in.Dst).next != 0 {
		a.assign(r, in.Dst)
	}
}
