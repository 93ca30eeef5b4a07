package backend

// prune forgets what blocks expect in registers but do not read before they
// lose it: the edges need not bring it there. It is the liveness of the
// target's registers in the allocated code, in which a place that a successor
// expects reads every register that its predecessor has the value in.
func (a *alloc) prune() {
	n := len(a.f.Blocks)
	p := &pruner{a: a, reads: make([]RegSet, n), writes: make([]RegSet, n), in: make([]RegSet, n)}
	for _, b := range a.f.Blocks {
		p.summarise(b)
	}
	for again := true; again; {
		again = false
		for i := n - 1; i >= 0; i-- {
			b := a.f.Blocks[i]
			in := p.reads[b.ID] | p.out(b)&^p.writes[b.ID]
			if in != p.in[b.ID] {
				p.in[b.ID], again = in, true
			}
		}
	}
	for _, b := range a.f.Blocks {
		kept := a.start[b.ID][:0]
		for _, x := range a.start[b.ID] {
			if p.in[b.ID].Has(x.reg) {
				kept = append(kept, x)
			}
		}
		a.start[b.ID] = kept
	}
}

type pruner struct {
	a             *alloc
	reads, writes []RegSet // by block: read before written, written
	in            []RegSet // live at the beginning
}

func (p *pruner) summarise(b *Block) {
	var reads, writes RegSet
	var buf [5]*Reg
	code := p.a.code[b.ID]
	for i := range code {
		in := &code[i]
		row := &p.a.t.Ops[in.Op]
		for _, r := range in.operands(&buf) {
			reads |= 1 << *r &^ writes
		}
		writes |= row.Clobbers | 1<<in.Dst | 1<<in.Temp
		if row.Call {
			writes |= p.a.t.Allocatable
		}
	}
	p.reads[b.ID], p.writes[b.ID] = reads, writes
}

// out returns the registers that are live at the end of b.
func (p *pruner) out(b *Block) RegSet {
	if len(b.Succs) != 1 || len(b.Succs[0].To.Preds) == 1 {
		var out RegSet
		for _, e := range b.Succs {
			out |= p.in[e.To.ID]
		}
		return out
	}
	e := &b.Succs[0]
	wanted := make(map[Reg]bool)
	for _, x := range p.a.start[e.To.ID] {
		if p.in[e.To.ID].Has(x.reg) {
			wanted[argument(e, x.val)] = true
		}
	}
	for i, q := range e.To.Params {
		if p.a.val(q).memory {
			wanted[e.Args[i]] = true
		}
	}
	var out RegSet
	for _, x := range p.a.end[b.ID] {
		if wanted[x.val] {
			out |= 1 << x.reg
		}
	}
	return out
}

// argument returns the value that v, when it is a parameter, has on edge e.
func argument(e *Edge, v Reg) Reg {
	for i, q := range e.To.Params {
		if q == v {
			return e.Args[i]
		}
	}
	return v
}
