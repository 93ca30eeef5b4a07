package backend

// The allocator walks the blocks once, in reverse postorder, and keeps what
// each register holds. It follows the allocator of Go's compiler
// (cmd/compile/internal/ssa/regalloc.go) in the large:
//
//   - A value that an instruction needs is loaded into a register then, from
//     its slot or by making its constant again. When no register is free, the
//     value whose next use is farthest loses its own.
//   - Losing a register costs nothing at that point. Whether a value has a
//     slot is known at the end: it has one when something reloads it. It is
//     stored once, because it is SSA: behind its definition, or at the start
//     of a later block that dominates every reload and is not in a deeper
//     loop. So a call on a cold path makes stores on that path only.
//   - A block begins with the registers of one predecessor that is done. The
//     other predecessors' edges move values to these places; a block
//     parameter is a place like any other, a register or its slot.
//   - Preferences (plan) flow backwards through a block: registers that later
//     instructions insist on, places that successors expect.
//
// Invariants: value.regs and alloc.holds describe each other; a register in
// pinned is an operand of the current instruction and is not given away.

// value is the allocator's record of a virtual register.
type value struct {
	regs    RegSet // registers that hold it now
	last    int32  // position of its last use in this block
	next    int32  // its next use in this block: index into uses, 0 for none
	want    Reg    // register that a later instruction prefers, while planning
	home    Reg    // where it was first: a reload prefers that
	hint    Reg    // parameters: where the first argument was
	def     *Block
	param   bool
	memory  bool   // parameter that arrives in its slot
	remake  *Instr // the OpConst that makes it
	slot    int    // -1 when it has none
	reloads []*Block
	inside  bool // a reload is inside of a block, not on an edge only
}

// use is a position in the current block where a value is read; list by next.
type use struct{ dist, next int32 }

// place is a register and the value in it.
type place struct {
	reg Reg
	val Reg
}

type alloc struct {
	f     *Func
	t     *Target
	live  [][]liveReg
	vals  []value
	uses  []use
	plans []plan

	blk    *Block
	idx    int32
	out    []Instr
	holds  [FirstVirtual]Reg
	busy   RegSet // registers that hold a value
	pinned RegSet // operands of the current instruction
	forbid RegSet // no value is moved there to save it now

	start, end [][]place // by block id
	code       [][]Instr // allocated code by block id
	loopCalls  []bool    // by id of a loop's header: it calls on its hot path
	loopLeaves []bool    // by id of a loop's header: it calls anywhere
	takes      []RegSet  // by block id: registers that instructions insist on
	loopTakes  []RegSet  // by id of a loop's header: the same for the loop
}

// allocate gives every virtual register of f places; f.Blocks hold allocated
// code afterwards. It returns the code before allocation by block.
func allocate(f *Func) [][]Instr {
	n := len(f.Blocks)
	a := &alloc{
		f: f, t: f.Target, live: liveness(f),
		vals:  make([]value, f.NextReg-FirstVirtual),
		start: make([][]place, n), end: make([][]place, n), code: make([][]Instr, n),
		loopCalls: make([]bool, n), loopLeaves: make([]bool, n), takes: make([]RegSet, n), loopTakes: make([]RegSet, n),
	}
	a.definitions()
	for _, b := range f.Blocks {
		a.block(b)
	}
	a.edges(false) // find out what they reload
	a.placeSpills()
	a.prune()
	a.edges(true)
	a.dropSpills()
	a.assignSlots()
	virtual := make([][]Instr, n)
	for i, b := range f.Blocks {
		virtual[i], b.Insts = b.Insts, a.code[i]
		for _, p := range a.start[i] {
			b.live |= 1 << p.reg
		}
	}
	return virtual
}

func (a *alloc) val(r Reg) *value { return &a.vals[r-FirstVirtual] }

// definitions notes where values come from and which loops call.
func (a *alloc) definitions() {
	for i := range a.vals {
		a.vals[i].slot = -1
	}
	for _, b := range a.f.Blocks {
		for _, p := range b.Params {
			v := a.val(p)
			v.def, v.param = b, true
		}
		takes := RegSet(0)
		for i := range b.Insts {
			in := &b.Insts[i]
			row := &a.t.Ops[in.Op]
			takes |= row.Clobbers | Regs(row.Arg[:]...) | 1<<row.Dst
			if in.Dst == 0 {
				continue
			}
			v := a.val(in.Dst)
			v.def = b
			if in.Op == OpConst {
				v.remake = in
			}
		}
		a.takes[b.ID] = takes &^ 1
		for h := b.head; h != nil; h = outer(h) {
			a.loopLeaves[h.ID] = a.loopLeaves[h.ID] || b.calls
			if !b.Cold {
				a.loopCalls[h.ID] = a.loopCalls[h.ID] || b.calls
				a.loopTakes[h.ID] |= takes &^ 1
			}
		}
	}
}

// outer returns the header of the loop around the loop of header h.
func outer(h *Block) *Block {
	for b := h; b.idom != b; {
		b = b.idom
		if b.Depth < h.Depth {
			return b.head
		}
	}
	return nil
}

func (a *alloc) block(b *Block) {
	a.blk, a.idx, a.out = b, 0, make([]Instr, 0, len(b.Insts)+len(b.Insts)/4)
	a.buildUses()
	a.plan()
	a.startState()
	if b.head == b && len(b.Succs) == 2 {
		a.plan() // the block may be its own successor, whose places are known now
	}
	for i := range b.Insts {
		a.idx = int32(i)
		a.instr(&b.Insts[i], &a.plans[i])
	}
	for s := a.busy; s != 0; s &= s - 1 {
		r := s.Lowest()
		a.end[b.ID] = append(a.end[b.ID], place{r, a.holds[r]})
	}
	a.hintParams()
	a.code[b.ID] = a.out
	a.releaseAll()
	for _, x := range a.live[b.ID] {
		a.val(x.reg).next = 0
	}
	for _, e := range b.Succs {
		for _, r := range e.Args {
			a.val(r).next = 0
		}
	}
}

// hintParams tells the parameters of blocks to come where an argument is.
func (a *alloc) hintParams() {
	for _, e := range a.blk.Succs {
		for i, arg := range e.Args {
			p := a.val(e.To.Params[i])
			if p.hint == 0 {
				p.hint = a.val(arg).regs.Lowest()
			}
		}
	}
}

// assign records that r holds v.
func (a *alloc) assign(r, v Reg) {
	a.holds[r] = v
	a.busy |= 1 << r
	x := a.val(v)
	x.regs |= 1 << r
	if x.home == 0 {
		x.home = r
	}
}

// drop forgets what r holds.
func (a *alloc) drop(r Reg) {
	if a.busy.Has(r) {
		a.val(a.holds[r]).regs &^= 1 << r
		a.busy &^= 1 << r
		a.holds[r] = 0
	}
}

func (a *alloc) release(set RegSet) {
	for ; set != 0; set &= set - 1 {
		a.drop(set.Lowest())
	}
}

func (a *alloc) releaseAll() { a.release(a.busy) }

// emit appends an instruction that the allocator needs.
func (a *alloc) emit(in Instr) {
	in.PC = a.blk.Insts[a.idx].PC
	a.out = append(a.out, in)
}

// load brings v into r, which holds nothing, and records it.
func (a *alloc) load(v, r Reg) {
	a.fetch(v, r)
	a.assign(r, v)
}

// fetch emits what brings v into r.
func (a *alloc) fetch(v, r Reg) {
	x := a.val(v)
	switch {
	case x.remake != nil:
		a.emit(Instr{Op: OpConst, Dst: r, Imm: x.remake.Imm})
	case x.regs != 0:
		a.emit(Instr{Op: OpMove, Dst: r, Args: [3]Reg{x.regs.Lowest()}})
	default:
		a.emit(Instr{Op: OpReload, Dst: r, Imm: int64(v)})
		a.reloaded(v, a.blk)
		x.inside = true
	}
}

func (a *alloc) reloaded(v Reg, b *Block) {
	x := a.val(v)
	if n := len(x.reloads); n == 0 || x.reloads[n-1] != b {
		x.reloads = append(x.reloads, b)
	}
}

// evict empties r. A value that is nowhere else moves to a free register when
// there is one.
func (a *alloc) evict(r Reg) {
	if !a.busy.Has(r) {
		return
	}
	v := a.holds[r]
	x := a.val(v)
	if x.regs == 1<<r && x.remake == nil && x.next != 0 {
		if free := a.t.Allocatable &^ a.busy &^ a.pinned &^ a.forbid; free != 0 {
			to := free.Lowest()
			a.load(v, to)
		}
	}
	a.drop(r)
}

// pick returns an empty register of allowed for a value, want when possible.
// Registers in avoid are wanted by others.
func (a *alloc) pick(allowed RegSet, want Reg, avoid RegSet) Reg {
	allowed &^= a.pinned
	free := allowed &^ a.busy
	switch {
	case want != 0 && free.Has(want):
		return want
	case free&^avoid != 0:
		return (free &^ avoid).Lowest()
	case free != 0:
		return free.Lowest()
	}
	r := a.victim(allowed)
	a.evict(r)
	return r
}

// victim chooses the register whose value is needed last. One that is also
// elsewhere or is a constant is cheaper to lose.
func (a *alloc) victim(allowed RegSet) Reg {
	var best Reg
	bestDist := int32(-1)
	for s := allowed; s != 0; s &= s - 1 {
		r := s.Lowest()
		x := a.val(a.holds[r])
		dist := int32(1 << 28)
		switch {
		case x.regs.Len() > 1:
		case x.next != 0:
			dist = 2 * a.uses[x.next].dist
			if x.remake != nil {
				dist++
			}
		}
		if dist > bestDist {
			best, bestDist = r, dist
		}
	}
	if best == 0 {
		panic("backend: no register left for " + a.t.Ops[a.blk.Insts[a.idx].Op].Name)
	}
	return best
}
