package ir

// repair restores the rule that definitions dominate uses after a block has
// been copied: its values then have several definitions, and uses further on
// read whichever reaches them, through new parameters where they meet.
type repair struct {
	f    *Func
	b    *Block // the block that was copied
	defs []definitions
}

// definitions are what stands for the values of b at the end of a copy.
type definitions struct {
	at     *Block
	copied map[*Value]*Value
}

func newRepair(f *Func, b *Block) *repair { return &repair{f: f, b: b} }

func (r *repair) define(at *Block, copied map[*Value]*Value) {
	r.defs = append(r.defs, definitions{at, copied})
}

// run rewrites the uses of b's values outside of b and its copies.
func (r *repair) run() {
	own := map[*Value]bool{}
	for _, v := range r.b.Params {
		own[v] = true
	}
	for _, v := range r.b.Values {
		if v.Op != OpGuard {
			own[v] = true
		}
	}
	skip := map[*Block]bool{}
	for _, d := range r.defs {
		skip[d.at] = true
	}
	reach := map[*Value]map[*Block]*Value{}
	entering := func(b *Block, v *Value) *Value {
		if !own[v] {
			return v
		}
		return r.entering(b, v, r.cache(reach, v))
	}
	leaving := func(b *Block, v *Value) *Value {
		if !own[v] {
			return v
		}
		return r.leaving(b, v, r.cache(reach, v))
	}
	for _, b := range append([]*Block(nil), r.f.Blocks...) {
		if skip[b] {
			continue
		}
		if b != r.b {
			for _, v := range b.Values {
				for i, a := range v.Args {
					v.Args[i] = entering(b, a)
				}
				for i, m := range v.Mem {
					v.Mem[i] = entering(b, m)
				}
			}
			if b.Ctl != nil {
				b.Ctl = entering(b, b.Ctl)
			}
		}
		for j := range b.Succs {
			e := &b.Succs[j]
			for i := 0; i < len(e.Args); i++ { // leaving may add arguments
				x := leaving(b, e.Args[i])
				e.Args[i] = x
			}
		}
	}
}

// cache returns the definitions of v that are known, by the block at whose
// begin they hold.
func (r *repair) cache(reach map[*Value]map[*Block]*Value, v *Value) map[*Block]*Value {
	if reach[v] == nil {
		reach[v] = map[*Block]*Value{}
	}
	return reach[v]
}

// leaving is what stands for v at the end of block b.
func (r *repair) leaving(b *Block, v *Value, cache map[*Block]*Value) *Value {
	if b == r.b {
		return v
	}
	for _, d := range r.defs {
		if d.at == b {
			return d.copied[v]
		}
	}
	return r.entering(b, v, cache)
}

// entering is what stands for v at the begin of block b.
func (r *repair) entering(b *Block, v *Value, cache map[*Block]*Value) *Value {
	if x := cache[b]; x != nil {
		return x
	}
	if len(b.Preds) == 1 {
		x := r.leaving(b.Preds[0], v, cache)
		cache[b] = x
		return x
	}
	p := r.f.NewParam(b, v.Type, v.Region)
	cache[b] = p
	forEdges(b, func(e *Edge) {
		for len(e.Args) <= int(p.Imm) {
			e.Args = append(e.Args, nil)
		}
	})
	for i, pred := range b.Preds {
		if seenBefore(b.Preds, i) {
			continue
		}
		x := r.leaving(pred, v, cache)
		for j := range pred.Succs {
			if e := &pred.Succs[j]; e.To == b {
				e.Args[p.Imm] = x
			}
		}
	}
	return p
}
