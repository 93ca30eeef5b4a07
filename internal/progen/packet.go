package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

func isPacket(v value) bool { return v.kind == memory && v.packet && !v.meta }

// packet shows that there are more bytes of the packet behind a pointer and
// uses them.
func (g *gen) packet() {
	p, ok := g.packetPointer()
	if !ok {
		return
	}
	n := 1 + g.n([]int{8, 16, 64}[g.n(3)])
	if g.hook.Memory && g.one(4) {
		g.short(p, n)
		return
	}
	e, ok := g.packetEnd(p)
	if !ok {
		return
	}
	g.within(p, e, n)
}

// packetPointer is a register with the packet's start or another pointer
// into it.
func (g *gen) packetPointer() (bpf.Reg, bool) {
	if p, ok := g.any(isPacket); ok && (g.hook.Memory || !g.one(5)) {
		return p, true
	}
	c, ok := g.any(func(v value) bool { return v.kind == ctx })
	if !ok || g.hook.Memory {
		return 0, false
	}
	p := g.scratch(c)
	g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: 4, Dst: p, Src: c})
	g.s.regs[p] = value{kind: memory, packet: true, start: true, align: 1}
	return p, true
}

// packetEnd is a register with the packet's end, not p.
func (g *gen) packetEnd(p bpf.Reg) (bpf.Reg, bool) {
	if e, ok := g.any(func(v value) bool { return v.kind == end }); ok {
		return e, true
	}
	c, ok := g.any(func(v value) bool { return v.kind == ctx })
	if !ok || g.hook.Memory {
		return 0, false
	}
	e := g.scratch(c, p)
	g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: 4, Dst: e, Src: c, Off: 4})
	g.s.regs[e] = value{kind: end}
	return e, true
}

// within compares p + n with the packet's end and uses the bytes where they
// are there. Else it goes around that, or leaves the function.
func (g *gen) within(p, e bpf.Reg, n int) {
	t := g.scratch(p, e)
	g.move(t, p)
	g.immediate(bpf.OpAdd, t, int64(n))
	g.s.regs[t] = value{}
	if g.owing == 0 && g.one(2) {
		at := g.beyond(t, e, false)
		before := g.s
		g.result(false)
		g.land(at)
		g.s = before
		g.s.regs[p].hi = max(g.s.regs[p].hi, n)
		g.access(p)
		return
	}
	at := g.beyond(t, e, true)
	before := g.s
	g.s.regs[p].hi = max(g.s.regs[p].hi, n)
	g.access(p)
	if g.nesting < 3 && g.one(2) {
		g.body()
	}
	g.land(at)
	g.s = merge(&before, &g.s)
}

// beyond emits a jump that is taken when t is behind the end (or, where far is
// false, when it is not) in one of the forms that say so.
func (g *gen) beyond(t, e bpf.Reg, far bool) int {
	if far {
		if g.one(2) {
			return g.jump(bpf.OpJgt, 8, t, e, 0)
		}
		return g.jump(bpf.OpJlt, 8, e, t, 0)
	}
	if g.one(2) {
		return g.jump(bpf.OpJle, 8, t, e, 0)
	}
	return g.jump(bpf.OpJge, 8, e, t, 0)
}

// short compares the length of a Memory hook's memory, where it still is in a
// register.
func (g *gen) short(p bpf.Reg, n int) {
	l, ok := g.any(func(v value) bool { return v.length })
	if !ok || !g.s.regs[p].start {
		return
	}
	op := []bpf.Op{bpf.OpJlt, bpf.OpJslt}[g.n(2)]
	at := g.jump(op, 8, l, bpf.RegImm, int64(n))
	before := g.s
	g.s.regs[p].hi = max(g.s.regs[p].hi, n)
	g.access(p)
	g.land(at)
	g.s = merge(&before, &g.s)
}

// walk adds a number to a pointer into the packet and compares the sum.
func (g *gen) walk() {
	p, ok := g.packetPointer()
	if !ok {
		return
	}
	e, ok := g.packetEnd(p)
	if !ok || g.s.regs[p].kind != memory {
		return
	}
	r := g.masked([]int64{1, 7, 31, 63, 200, 255}[g.n(6)], p, e)
	if !isPacket(g.s.regs[p]) || g.s.regs[e].kind != end {
		return
	}
	if g.one(2) {
		g.binary(bpf.OpAdd, r, p)
	} else {
		q := g.scratch(r, p, e)
		g.move(q, p)
		g.binary(bpf.OpAdd, q, r)
		r = q
	}
	g.s.regs[r] = value{kind: memory, packet: true, align: 1}
	g.within(r, e, 1+g.n(16))
}

// metadata uses bytes in front of the packet where they are there.
func (g *gen) metadata() {
	c, ok := g.any(func(v value) bool { return v.kind == ctx })
	if !ok || g.hook.Memory {
		return
	}
	p := g.scratch(c)
	g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: 4, Dst: p, Src: c, Off: 8})
	g.s.regs[p] = value{kind: memory, packet: true, meta: true, align: 1}
	e := g.scratch(c, p)
	g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: 4, Dst: e, Src: c})
	g.s.regs[e] = value{kind: memory, packet: true, start: true, align: 1}
	g.within(p, e, 1+g.n(12))
}

// legacy is a packet load of classic BPF. It leaves the function where the
// packet is too short.
func (g *gen) legacy() {
	if !g.hook.LegacyLoads || !has(bpf.OpLdAbs) || g.callPinned() || g.owing > 0 || g.f.callback {
		return
	}
	c, ok := g.any(func(v value) bool { return v.kind == ctx || g.hook.Memory && v.start })
	if !ok || c != bpf.R6 && g.pinned[bpf.R6] {
		return
	}
	if c != bpf.R6 {
		g.move(bpf.R6, c)
	}
	w := g.width(1, 2, 4)
	if g.one(2) && has(bpf.OpLdInd) {
		r := g.masked([]int64{3, 15, 63}[g.n(3)], bpf.R6)
		if v := g.s.regs[bpf.R6]; v.kind != ctx && !v.start {
			return
		}
		g.emit(bpf.Instruction{Op: bpf.OpLdInd, Width: w, Src: r, Imm: int64(g.n(8))})
	} else {
		g.emit(bpf.Instruction{Op: bpf.OpLdAbs, Width: w, Src: bpf.RegImm, Imm: int64(g.n(40))})
	}
	g.s.called()
	g.s.regs[0] = value{kind: number}
}
