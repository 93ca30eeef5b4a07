package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// loop is a loop of one of the forms.
func (g *gen) loop() {
	if g.loops > 1 || g.nesting > 3 || g.full() {
		return
	}
	forms := []func(*gen){(*gen).countDown, (*gen).countUp, (*gen).countUnknown, (*gen).countSlot}
	if has(bpf.OpMayGoto) {
		forms = append(forms, (*gen).mayGoto)
	}
	if g.hasKfunc("bpf_iter_num_new") && !g.tails {
		forms = append(forms, (*gen).numbers)
	}
	if g.hasKfunc("bpf_iter_bits_new") && !g.tails {
		forms = append(forms, (*gen).bits)
	}
	forms[g.n(len(forms))](g)
}

// turns is how often a loop runs.
func (g *gen) turns() int64 {
	if g.loops > 0 || g.f.level > 0 {
		return 1 + int64(g.n(4))
	}
	return 1 + int64(g.n(8))
}

// cycle emits the body of a loop, with what is around it: before is the state
// at its head. The caller has pinned its counter.
type cycle struct {
	g      *gen
	before state
	pinned [10]bool
	locked bool
}

// enter begins a loop: pointers are pinned or dropped.
func (g *gen) enter(counter ...bpf.Reg) *cycle {
	c := &cycle{g: g, pinned: g.pinned, locked: g.s.locked}
	kept := 0
	for _, r := range g.regs(isNumber) {
		g.s.regs[r] = value{kind: number}
	}
	for _, r := range g.regs(func(v value) bool { return v.kind > number }) {
		switch v := g.s.regs[r]; {
		case g.pinned[r]:
		case r >= bpf.R6 && kept < 2 && !(v.hash && g.opt.Kernel):
			g.pinned[r] = true
			kept++
		default:
			g.s.regs[r] = value{}
		}
	}
	if g.opt.Kernel {
		g.s.forget(func(v value) bool { return v.hash })
	}
	for _, r := range counter {
		g.pinned[r] = true
	}
	g.s.locked = true
	g.loops++
	c.before = g.s
	return c
}

// repair makes the state that of the head again.
func (c *cycle) repair() {
	g := c.g
	for r, v := range c.before.regs {
		if v.kind == number && g.s.regs[r].kind != number {
			g.set(bpf.Reg(r), g.constant())
		}
	}
}

// leave ends a loop; head says that control can come from there.
func (c *cycle) leave(head bool) {
	g := c.g
	if head {
		g.s = merge(&c.before, &g.s)
	}
	g.loops--
	g.pinned, g.s.locked = c.pinned, c.locked
}

// counter is a register for a counter: one that calls keep.
func (g *gen) counter() bpf.Reg {
	for r := bpf.R6; r <= bpf.R9; r++ {
		if k := g.s.regs[r].kind; !g.pinned[r] && k <= number {
			return r
		}
	}
	for r := bpf.R9; r >= bpf.R6; r-- {
		if !g.pinned[r] && g.s.regs[r].kind != ctx {
			return r
		}
	}
	return g.scratch()
}

func (g *gen) countDown() {
	r := g.counter()
	g.set(r, g.turns())
	c := g.enter(r)
	head := len(g.f.insns)
	g.body()
	c.repair()
	w := g.width(4, 8)
	g.emit(bpf.Instruction{Op: bpf.OpAdd, Width: w, Dst: r, Src: bpf.RegImm, Imm: -1})
	op := []bpf.Op{bpf.OpJne, bpf.OpJgt, bpf.OpJsgt}[g.n(3)]
	g.back(g.jump(op, w, r, bpf.RegImm, 0), head)
	c.leave(false)
}

func (g *gen) countUp() {
	r, step := g.counter(), 1+int64(g.n(3))
	g.set(r, 0)
	c := g.enter(r)
	head := len(g.f.insns)
	w := g.width(4, 8)
	op := []bpf.Op{bpf.OpJge, bpf.OpJsge, bpf.OpJgt, bpf.OpJsgt}[g.n(4)]
	out := g.jump(op, w, r, bpf.RegImm, g.turns()*step)
	g.body()
	c.repair()
	g.emit(bpf.Instruction{Op: bpf.OpAdd, Width: w, Dst: r, Src: bpf.RegImm, Imm: step})
	g.back(g.skip(), head)
	g.land(out)
	c.leave(true)
}

func (g *gen) countUnknown() {
	src, r := g.number(), g.counter()
	g.move(r, src)
	if g.s.regs[r].kind != number {
		g.set(r, 3)
	}
	g.immediate(bpf.OpAnd, r, []int64{1, 3, 7}[g.n(3)])
	c := g.enter(r)
	head := len(g.f.insns)
	out := g.jump(bpf.OpJeq, 8, r, bpf.RegImm, 0)
	g.body()
	c.repair()
	g.immediate(bpf.OpSub, r, 1)
	g.back(g.skip(), head)
	g.land(out)
	c.leave(true)
}

// countSlot counts in a stack slot.
func (g *gen) countSlot() {
	off, ok := g.holdSlots(1)
	if !ok {
		return
	}
	w := g.width(4, 8)
	g.emit(bpf.Instruction{Op: bpf.OpStore, Width: w, Dst: bpf.R10, Off: int32(off), Src: bpf.RegImm, Imm: g.turns()})
	c := g.enter()
	head := len(g.f.insns)
	g.body()
	c.repair()
	t := g.spareReg(&c.before)
	g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: w, Dst: t, Src: bpf.R10, Off: int32(off)})
	g.immediate(bpf.OpSub, t, 1)
	g.s.regs[t] = value{kind: number}
	g.emit(bpf.Instruction{Op: bpf.OpStore, Width: w, Dst: bpf.R10, Off: int32(off), Src: t})
	g.back(g.jump(bpf.OpJne, w, t, bpf.RegImm, 0), head)
	c.leave(false)
	g.s.slot[index(off)/8] = value{}
}

// spareReg is a register for a number: at the end of a loop one that holds
// nothing or a number at its head.
func (g *gen) spareReg(before *state) bpf.Reg {
	for range 16 {
		if r := bpf.Reg(g.n(10)); !g.pinned[r] && before.regs[r].kind <= number {
			return r
		}
	}
	for r := range g.pinned {
		if !g.pinned[r] {
			return bpf.Reg(r)
		}
	}
	return bpf.R5
}

func (g *gen) mayGoto() {
	src, r := g.number(), g.counter()
	g.move(r, src)
	if g.s.regs[r].kind != number {
		g.set(r, 3)
	}
	g.immediate(bpf.OpAnd, r, 7)
	c := g.enter(r)
	head := len(g.f.insns)
	out := g.emit(bpf.Instruction{Op: bpf.OpMayGoto, Src: bpf.RegImm})
	g.body()
	c.repair()
	g.immediate(bpf.OpSub, r, 1)
	g.back(g.jump(bpf.OpJsgt, 8, r, bpf.RegImm, 0), head)
	g.land(out)
	c.leave(true)
}
