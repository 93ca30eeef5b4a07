package backend

import "fmt"

// verify proves that the allocated code of f computes with the values that
// virtual, the code before allocation, names. It walks the code with the set
// of values that each register and slot is known to hold, meets them where
// paths join, and fails at the first operand that does not hold its value.
func verify(f *Func, virtual [][]Instr) error {
	c := &checker{f: f, in: make([]state, len(f.Blocks)), consts: make(map[Reg]int64)}
	for _, code := range virtual {
		for i := range code {
			if code[i].Op == OpConst {
				c.consts[code[i].Dst] = code[i].Imm
			}
		}
	}
	c.in[0] = state{}
	work := []*Block{f.Blocks[0]}
	for len(work) > 0 {
		b := work[0]
		work = work[1:]
		s := c.in[b.ID].clone()
		for i := range b.Insts {
			if err := c.step(s, &b.Insts[i]); err != nil {
				return fmt.Errorf("backend: allocation of %s: block %d instruction %d: %w", f.Name, b.ID, i, err)
			}
		}
		for _, e := range b.Succs {
			if c.enter(e, s) {
				work = append(work, e.To)
			}
		}
	}
	return nil
}

// fact is what a location holds: a value, or a constant when reg is 0.
type fact struct {
	reg Reg
	imm int64
}

// state maps locations to what they hold: registers by number, slot n by
// -1-n.
type state map[int64]map[fact]bool

func (s state) clone() state {
	c := make(state, len(s))
	for l, facts := range s {
		d := make(map[fact]bool, len(facts))
		for x := range facts {
			d[x] = true
		}
		c[l] = d
	}
	return c
}

type checker struct {
	f      *Func
	in     []state
	consts map[Reg]int64
}

func (c *checker) holds(s state, l int64, v Reg) bool {
	if s[l][fact{reg: v}] {
		return true
	}
	k, ok := c.consts[v]
	return ok && s[l][fact{imm: k}]
}

// define makes v the only thing that l holds, and l the only place of v.
func (c *checker) define(s state, l int64, v Reg) {
	for _, facts := range s {
		delete(facts, fact{reg: v})
	}
	s[l] = map[fact]bool{{reg: v}: true}
}

func copyFacts(s state, to, from int64) {
	d := make(map[fact]bool, len(s[from]))
	for x := range s[from] {
		d[x] = true
	}
	s[to] = d
}

func slotLoc(n int64) int64 { return -1 - n }

func (c *checker) step(s state, in *Instr) error {
	if in.Orig == nil {
		return c.inserted(s, in)
	}
	o := in.Orig
	row := &c.f.Target.Ops[in.Op]
	var got, want [5]*Reg
	g, w := in.operands(&got), o.operands(&want)
	for i := range w {
		switch {
		case !w[i].Virtual():
			if *w[i] != *g[i] {
				return fmt.Errorf("%s: register %s became %s", row.Name, c.name(*w[i]), c.name(*g[i]))
			}
		case !c.holds(s, int64(*g[i]), *w[i]):
			return fmt.Errorf("%s: %s does not hold %s", row.Name, c.name(*g[i]), c.name(*w[i]))
		}
		if row.Clobbers.Has(*g[i]) && !fixed(row, *g[i]) {
			return fmt.Errorf("%s: operand in destroyed register %s", row.Name, c.name(*g[i]))
		}
	}
	if err := c.constraints(in, row, g); err != nil {
		return err
	}
	if row.Call {
		for l := range s {
			if l > 0 {
				delete(s, l)
			}
		}
	}
	for r := Reg(1); r < FirstVirtual; r++ {
		if row.Clobbers.Has(r) || r == in.Temp {
			delete(s, int64(r))
		}
	}
	if in.Op == OpSlotConst {
		delete(s, slotLoc(int64(in.Mem.Disp)))
	}
	if o.Dst != 0 {
		c.define(s, int64(in.Dst), o.Dst)
	}
	return nil
}

func fixed(row *OpInfo, r Reg) bool {
	for _, a := range row.Arg {
		if a == r {
			return true
		}
	}
	return false
}

// constraints checks what the row demands of registers.
func (c *checker) constraints(in *Instr, row *OpInfo, operands []*Reg) error {
	for i, r := range row.Arg {
		if r != 0 && in.Args[i] != 0 && in.Args[i] != r {
			return fmt.Errorf("%s: operand %d is in %s, not %s", row.Name, i, c.name(in.Args[i]), c.name(r))
		}
	}
	if row.Dst != 0 && in.Dst != 0 && in.Dst != row.Dst {
		return fmt.Errorf("%s: result is in %s, not %s", row.Name, c.name(in.Dst), c.name(row.Dst))
	}
	if row.Tied && in.Dst != 0 && in.Dst != in.Args[0] {
		return fmt.Errorf("%s: result %s is not operand %s", row.Name, c.name(in.Dst), c.name(in.Args[0]))
	}
	if row.Temp && in.Temp == 0 {
		return fmt.Errorf("%s: no scratch register", row.Name)
	}
	for i, r := range operands {
		tied := row.Tied && i == 0
		if in.Temp != 0 && *r == in.Temp || row.Early && *r == in.Dst && !tied {
			return fmt.Errorf("%s: operand %s is overwritten early", row.Name, c.name(*r))
		}
	}
	if in.Temp != 0 && in.Temp == in.Dst {
		return fmt.Errorf("%s: scratch register %s is the result's", row.Name, c.name(in.Temp))
	}
	return nil
}

func (c *checker) inserted(s state, in *Instr) error {
	switch in.Op {
	case OpMove:
		copyFacts(s, int64(in.Dst), int64(in.Args[0]))
	case OpConst:
		s[int64(in.Dst)] = map[fact]bool{{imm: in.Imm}: true}
	case OpSpill:
		copyFacts(s, slotLoc(in.Imm), int64(in.Args[0]))
	case OpReload:
		copyFacts(s, int64(in.Dst), slotLoc(in.Imm))
	case OpSwap:
		x, y := int64(in.Args[0]), int64(in.Args[1])
		s[x], s[y] = s[y], s[x]
	case OpSlotMove:
		copyFacts(s, slotLoc(in.Imm), slotLoc(int64(in.Mem.Disp)))
	case OpSlotConst:
		s[slotLoc(int64(in.Mem.Disp))] = map[fact]bool{{imm: in.Imm}: true}
	default:
		return fmt.Errorf("the allocator inserted %s", c.f.Target.Ops[in.Op].Name)
	}
	return nil
}

// enter meets the state on an edge with what is known at its target and
// reports whether that changed.
func (c *checker) enter(e Edge, from state) bool {
	s := from.clone()
	arg := make(map[Reg]Reg, len(e.Args))
	for i, p := range e.To.Params {
		arg[p] = e.Args[i]
	}
	for l := range from {
		for p := range arg {
			delete(s[l], fact{reg: p})
		}
		for p, a := range arg {
			if c.holds(from, l, a) {
				s[l][fact{reg: p}] = true
			}
		}
	}
	old := c.in[e.To.ID]
	if old == nil {
		c.in[e.To.ID] = s
		return true
	}
	changed := false
	for l, facts := range old {
		for x := range facts {
			if !s[l][x] {
				delete(facts, x)
				changed = true
			}
		}
	}
	return changed
}

func (c *checker) name(r Reg) string { return c.f.Target.RegName(r) }
