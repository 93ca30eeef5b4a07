package backend

// location is a register or a slot: registers have positive numbers, the slot
// of value v is -v, scratch slots are below scratchBase. 0 is none.
type location int64

const scratchBase location = -1 << 40

func slotOf(v Reg) location { return -location(v) }

// transfer is one move of a parallel move. The source is a constant when from
// is 0.
type transfer struct {
	to, from location
	imm      int64
}

// shuffler emits a parallel move.
type shuffler struct {
	a       *alloc
	b       *Block // whose end receives the code
	code    []Instr
	pending []transfer
}

// edges makes the code of all edges; when it is not final, only to see what
// has to be reloaded.
func (a *alloc) edges(final bool) {
	if final {
		for i := range a.vals {
			if x := &a.vals[i]; !x.inside {
				x.reloads = nil
			}
		}
	}
	for _, b := range a.f.Blocks {
		if len(b.Succs) == 1 && len(b.Succs[0].To.Preds) > 1 {
			a.edge(b, &b.Succs[0], final)
		}
	}
}

// edge makes the code at the end of b that brings values where the successor
// expects them.
func (a *alloc) edge(b *Block, e *Edge, final bool) {
	to := e.To
	regs := make(map[Reg]RegSet, len(a.end[b.ID]))
	for _, p := range a.end[b.ID] {
		regs[p.val] |= 1 << p.reg
	}
	s := &shuffler{a: a, b: b}
	for _, p := range a.start[to.ID] {
		v := argument(e, p.val)
		s.add(location(p.reg), v, regs[v])
	}
	for i, p := range to.Params {
		if v := e.Args[i]; a.val(p).memory && v != p {
			s.add(slotOf(p), v, regs[v])
		}
	}
	if len(s.pending) == 0 || !final {
		return
	}
	s.run()
	pc := b.last().PC
	for i := range s.code {
		s.code[i].PC = pc
	}
	code := a.code[b.ID]
	jump := code[len(code)-1]
	a.code[b.ID] = append(append(code[:len(code)-1], s.code...), jump)
}

// add wants v at a location; regs are the registers that hold it.
func (s *shuffler) add(to location, v Reg, regs RegSet) {
	x := s.a.val(v)
	switch {
	case to > 0 && regs.Has(Reg(to)):
	case x.remake != nil:
		s.pending = append(s.pending, transfer{to: to, imm: x.remake.Imm})
	case regs != 0:
		s.pending = append(s.pending, transfer{to: to, from: location(regs.Lowest())})
	default:
		s.a.reloaded(v, s.b)
		s.pending = append(s.pending, transfer{to: to, from: slotOf(v)})
	}
}

// run emits the moves: those whose destination nobody reads first, then it
// breaks cycles. Constants and reloads come last, because they read no
// register and so free none.
func (s *shuffler) run() {
	for len(s.pending) > 0 {
		best := -1
		for i, t := range s.pending {
			if s.read(t.to, i) {
				continue
			}
			if best < 0 || t.from > 0 && s.pending[best].from <= 0 {
				best = i
			}
		}
		if best < 0 {
			s.breakCycle()
			continue
		}
		s.move(s.pending[best])
		s.pending = append(s.pending[:best], s.pending[best+1:]...)
	}
}

// read reports whether a pending move but i reads l.
func (s *shuffler) read(l location, i int) bool {
	for j, t := range s.pending {
		if j != i && t.from == l {
			return true
		}
	}
	return false
}

func (s *shuffler) emit(in Instr) { s.code = append(s.code, in) }

func (s *shuffler) move(t transfer) {
	switch {
	case t.to > 0 && t.from > 0:
		s.emit(Instr{Op: OpMove, Dst: Reg(t.to), Args: [3]Reg{Reg(t.from)}})
	case t.to > 0 && t.from == 0:
		s.emit(Instr{Op: OpConst, Dst: Reg(t.to), Imm: t.imm})
	case t.to > 0:
		s.emit(Instr{Op: OpReload, Dst: Reg(t.to), Imm: slotID(t.from)})
	case t.from > 0:
		s.emit(Instr{Op: OpSpill, Args: [3]Reg{Reg(t.from)}, Imm: slotID(t.to)})
	case t.from == 0:
		s.emit(Instr{Op: OpSlotConst, Imm: t.imm, Mem: Addr{Disp: int32(slotID(t.to))}})
	default:
		s.emit(Instr{Op: OpSlotMove, Imm: slotID(t.to), Mem: Addr{Disp: int32(slotID(t.from))}})
	}
}

// slotID is how instructions name a slot until slots have numbers: the value
// whose slot it is, or -1-n for slot n.
func slotID(l location) int64 {
	if l <= scratchBase {
		return int64(l-scratchBase) - 1
	}
	return -int64(l)
}

// breakCycle makes progress where every destination is read by another move.
func (s *shuffler) breakCycle() {
	for i, t := range s.pending {
		if t.to > 0 && t.from > 0 {
			s.emit(Instr{Op: OpSwap, Args: [3]Reg{Reg(t.to), Reg(t.from)}})
			s.pending = append(s.pending[:i], s.pending[i+1:]...)
			for j := range s.pending {
				switch s.pending[j].from {
				case t.to:
					s.pending[j].from = t.from
				case t.from:
					s.pending[j].from = t.to
				}
			}
			s.dropDone()
			return
		}
	}
	// A cycle through a slot: save the first destination.
	t := s.pending[0]
	save := scratchBase - location(s.a.f.NewSlot())
	s.move(transfer{to: save, from: t.to})
	for j := range s.pending {
		if s.pending[j].from == t.to {
			s.pending[j].from = save
		}
	}
}

// dropDone removes moves of a location to itself.
func (s *shuffler) dropDone() {
	kept := s.pending[:0]
	for _, t := range s.pending {
		if t.to != t.from {
			kept = append(kept, t)
		}
	}
	s.pending = kept
}
