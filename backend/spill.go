package backend

import (
	"slices"
	"sort"
)

// placeSpills inserts the one store of each value that is reloaded.
func (a *alloc) placeSpills() {
	children := make([][]*Block, len(a.f.Blocks))
	for _, b := range a.f.Blocks[1:] {
		children[b.idom.ID] = append(children[b.idom.ID], b)
	}
	after := make(map[Reg]bool)                 // stored behind the definition
	atStart := make([][]place, len(a.f.Blocks)) // stored at the start of a block
	for i := range a.vals {
		x := &a.vals[i]
		v := FirstVirtual + Reg(i)
		if len(x.reloads) == 0 || x.memory || x.remake != nil {
			continue
		}
		b, r := a.spillBlock(v, children)
		if list := a.coldStores(v, b); list != nil {
			for _, c := range list {
				atStart[c.ID] = append(atStart[c.ID], place{a.startPlace(c, v), v})
			}
			continue
		}
		if b != nil {
			atStart[b.ID] = append(atStart[b.ID], place{r, v})
		} else {
			after[v] = true
		}
	}
	for _, b := range a.f.Blocks {
		a.insertSpills(b, after, atStart[b.ID])
	}
}

// coldStores returns the blocks to store v in when all its reloads are on cold
// paths: each reload is dominated by a cold block that v reaches in a
// register. It returns nil when one store at single (nil is the definition)
// does as well.
func (a *alloc) coldStores(v Reg, single *Block) []*Block {
	if single == nil {
		single = a.val(v).def
	}
	if single.Cold {
		return nil
	}
	var list []*Block
	for _, r := range a.val(v).reloads {
		var top *Block
		for c := r; c.Cold && c != a.val(v).def; c = c.idom {
			if a.startPlace(c, v) != 0 {
				top = c
			}
		}
		if top == nil || top.Depth > single.Depth+1 {
			return nil
		}
		if !slices.Contains(list, top) {
			list = append(list, top)
		}
	}
	return list
}

// spillBlock returns the last block, and the register in which v begins it,
// where a store of v dominates every reload and is not executed more often
// than its definition; nil when that is behind the definition.
func (a *alloc) spillBlock(v Reg, children [][]*Block) (*Block, Reg) {
	x := a.val(v)
	best, reg := x.def, Reg(0)
	if x.param {
		reg = a.startPlace(x.def, v)
		if reg == 0 {
			panic("backend: parameter without a place is reloaded")
		}
	}
	depth := best.Depth
	for {
		var next *Block
		for _, c := range children[best.ID] {
			if c.Depth <= depth && dominatesAll(c, x.reloads) && a.startPlace(c, v) != 0 {
				next = c
				break
			}
		}
		if next == nil {
			break
		}
		best, reg = next, a.startPlace(next, v)
	}
	if reg == 0 {
		return nil, 0
	}
	return best, reg
}

func dominatesAll(b *Block, list []*Block) bool {
	for _, x := range list {
		if !dominates(b, x) {
			return false
		}
	}
	return true
}

// startPlace returns the register in which v is when b begins.
func (a *alloc) startPlace(b *Block, v Reg) Reg {
	for _, p := range a.start[b.ID] {
		if p.val == v {
			return p.reg
		}
	}
	return 0
}

func (a *alloc) insertSpills(b *Block, after map[Reg]bool, atStart []place) {
	code := a.code[b.ID]
	n := len(atStart)
	for i := range code {
		if o := code[i].Orig; o != nil && o.Dst != 0 && after[o.Dst] {
			n++
		}
	}
	if n == 0 {
		return
	}
	out := make([]Instr, 0, len(code)+n)
	for _, p := range atStart {
		out = append(out, Instr{Op: OpSpill, Args: [3]Reg{p.reg}, Imm: int64(p.val), PC: code[0].PC})
	}
	for i := range code {
		out = append(out, code[i])
		if o := code[i].Orig; o != nil && o.Dst != 0 && after[o.Dst] {
			out = append(out, Instr{Op: OpSpill, Args: [3]Reg{code[i].Dst}, Imm: int64(o.Dst), PC: code[i].PC})
		}
	}
	a.code[b.ID] = out
}

// dropSpills removes stores of values that nothing reloads after all.
func (a *alloc) dropSpills() {
	for id, code := range a.code {
		a.code[id] = slices.DeleteFunc(code, func(in Instr) bool {
			if in.Op != OpSpill || in.Orig != nil || in.Imm < int64(FirstVirtual) {
				return false
			}
			x := a.val(Reg(in.Imm))
			return len(x.reloads) == 0 && !x.memory
		})
	}
}

// interval is the range of positions, in block order, in which a value is
// live.
type interval struct {
	val         Reg
	first, last int32
}

// intervals computes conservative live ranges of the values that need slots.
func (a *alloc) intervals() []interval {
	list := make([]interval, len(a.vals))
	for i := range list {
		list[i] = interval{val: FirstVirtual + Reg(i), first: 1 << 30, last: -1}
	}
	extend := func(v Reg, pos int32) {
		x := &list[v-FirstVirtual]
		x.first, x.last = min(x.first, pos), max(x.last, pos)
	}
	ends := make([]int32, len(a.f.Blocks))
	pos := int32(0)
	var buf [5]*Reg
	for _, b := range a.f.Blocks {
		pos++
		for _, p := range b.Params {
			extend(p, pos)
		}
		for i := range b.Insts {
			pos++
			in := &b.Insts[i]
			for _, r := range in.operands(&buf) {
				if r.Virtual() {
					extend(*r, pos)
				}
			}
			if in.Dst != 0 {
				extend(in.Dst, pos)
			}
		}
		pos++
		ends[b.ID] = pos
		for _, x := range a.live[b.ID] {
			extend(x.reg, pos)
		}
	}
	// Edges read their arguments and write parameters in memory at once.
	for _, b := range a.f.Blocks {
		for _, e := range b.Succs {
			for i, p := range e.To.Params {
				extend(e.Args[i], ends[b.ID])
				if a.val(p).memory {
					extend(p, ends[b.ID])
				}
			}
		}
	}
	kept := list[:0]
	for _, x := range list {
		if v := a.val(x.val); v.memory || len(v.reloads) > 0 && v.remake == nil {
			kept = append(kept, x)
		}
	}
	return kept
}

// assignSlots colours the intervals and puts the slots' numbers into the
// code.
func (a *alloc) assignSlots() {
	list := a.intervals()
	sort.SliceStable(list, func(i, j int) bool { return list[i].first < list[j].first })
	var active []interval
	var free []int
	for _, x := range list {
		kept := active[:0]
		for _, y := range active {
			if y.last < x.first {
				free = append(free, a.val(y.val).slot)
			} else {
				kept = append(kept, y)
			}
		}
		active = append(kept, x)
		v := a.val(x.val)
		if n := len(free); n > 0 {
			v.slot, free = free[n-1], free[:n-1]
		} else {
			v.slot = a.f.NewSlot()
		}
	}
	for i := range a.code {
		for j := range a.code[i] {
			a.numberSlots(&a.code[i][j])
		}
	}
}

func (a *alloc) numberSlots(in *Instr) {
	if in.Orig != nil {
		return
	}
	slot := func(id int64) int64 {
		if id < 0 {
			return -1 - id
		}
		return int64(a.val(Reg(id)).slot)
	}
	switch in.Op {
	case OpSpill, OpReload:
		in.Imm = slot(in.Imm)
	case OpSlotMove:
		in.Imm, in.Mem.Disp = slot(in.Imm), int32(slot(int64(in.Mem.Disp)))
	case OpSlotConst:
		in.Mem.Disp = int32(slot(int64(in.Mem.Disp)))
	}
}
