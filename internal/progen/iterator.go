package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// numbers is a loop over bpf_iter_num.
func (g *gen) numbers() {
	if g.callPinned() {
		return
	}
	off, ok := g.holdSlots(1)
	if !ok {
		return
	}
	start := int64(g.n(5) - 2)
	last := start + g.turns()
	g.s.called()
	g.address(bpf.R1, off)
	g.set(bpf.R2, start)
	g.set(bpf.R3, last)
	if g.one(3) { // a range that is empty, wrong or too long
		g.set(bpf.R3, start-int64(g.n(2)))
	}
	g.kfunc("bpf_iter_num_new")
	g.iterate("bpf_iter_num", off, 1)
}

// bits is a loop over the bits of words in the stack.
func (g *gen) bits() {
	if g.callPinned() {
		return
	}
	words := 1 + g.n(2)
	off, ok := g.holdSlots(2)
	if !ok {
		return
	}
	at, ok := g.ready(8 * words)
	if !ok {
		g.letGo(off, 2)
		return
	}
	g.word(bpf.R10, int32(at), 8)
	g.s.called()
	g.address(bpf.R1, off)
	g.address(bpf.R2, at)
	g.set(bpf.R3, int64(words))
	if g.one(8) {
		g.set(bpf.R3, []int64{0, 512, -1}[g.n(3)])
	}
	g.kfunc("bpf_iter_bits_new")
	g.iterate("bpf_iter_bits", off, 2)
}

// iterate is the loop over an iterator of n slots that was made.
func (g *gen) iterate(name string, off, n int) {
	c := g.enter()
	g.owing++
	head := len(g.f.insns)
	g.s.called()
	g.address(bpf.R1, off)
	g.kfunc(name + "_next")
	out := g.jump(bpf.OpJeq, 8, bpf.R0, bpf.RegImm, 0)
	i := bpf.Instruction{Op: bpf.OpLoad, Width: 4, Dst: bpf.R1, Src: bpf.R0}
	if g.one(4) {
		i.Op = bpf.OpLoadsx
	}
	g.emit(i)
	g.s.regs[1] = value{kind: number}
	g.body()
	c.repair()
	g.back(g.skip(), head)
	g.land(out)
	c.leave(true)
	g.owing--
	g.s.called()
	g.address(bpf.R1, off)
	g.kfunc(name + "_destroy")
	g.letGo(off, n)
}

// letGo ends holdSlots.
func (g *gen) letGo(off, n int) {
	for k := range n {
		g.s.slot[index(off)/8+k] = value{}
	}
}

// holdSlots takes n slots in a row out of the hands of all others.
func (g *gen) holdSlots(n int) (int, bool) {
	for range 8 {
		off := -8 * (n + g.n(max(1, g.f.depth/8-n+1)))
		ok := off >= -g.f.depth
		for k := off; ok && k < off+8*n; k += 8 {
			ok = g.s.free(k, 8) && g.s.slot[index(k)/8].kind == none && (!g.s.locked || g.s.unused(k))
		}
		if ok {
			for k := off; k < off+8*n; k += 8 {
				g.s.spilled(k, value{kind: held})
			}
			return off, true
		}
	}
	return 0, false
}

// section puts something between the calls that begin and end a section.
func (g *gen) section() {
	pairs := [][2]string{{"bpf_rcu_read_lock", "bpf_rcu_read_unlock"}, {"bpf_preempt_disable", "bpf_preempt_enable"}}
	p := pairs[g.n(len(pairs))]
	if !g.hasKfunc(p[0]) || g.callPinned() || g.tails || g.owing > 0 || g.f.level > 0 || g.nesting > 2 {
		return
	}
	g.kfunc(p[0])
	g.owing++
	g.body()
	g.owing--
	if g.callPinned() {
		panic("progen: a section begins and ends in different loops")
	}
	g.kfunc(p[1])
}
