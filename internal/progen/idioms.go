package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// Sequences that compilers look for, and some that are nearly alike.

// fresh is a register with a copy of a number, and another one with a copy of
// the same number.
func (g *gen) fresh() (a, b bpf.Reg) {
	src := g.number()
	a = g.scratch(src)
	g.move(a, src)
	g.s.regs[a] = value{kind: number}
	b = g.scratch(src, a)
	g.move(b, a)
	return a, b
}

// with emits dst op= imm in a width.
func (g *gen) with(op bpf.Op, width uint8, dst bpf.Reg, imm int64) {
	g.emit(bpf.Instruction{Op: op, Width: width, Dst: dst, Src: bpf.RegImm, Imm: imm})
}

// to emits dst op= src in a width.
func (g *gen) to(op bpf.Op, width uint8, dst, src bpf.Reg) {
	g.emit(bpf.Instruction{Op: op, Width: width, Dst: dst, Src: src})
}

// idiom is a sequence on one number.
func (g *gen) idiom() {
	a, b := g.fresh()
	w := g.width(4, 8)
	bits := 8 * int64(w)
	switch k := 1 + int64(g.n(int(bits)-1)); g.n(9) {
	case 0: // extension by two shifts
		g.with(bpf.OpLsh, w, a, k)
		g.with([]bpf.Op{bpf.OpRsh, bpf.OpArsh}[g.n(2)], w, a, k)
	case 1: // rotation, now and then by a wrong number
		g.with(bpf.OpLsh, w, a, k)
		g.with(bpf.OpRsh, w, b, max(0, bits-k-int64(g.n(8)/7)))
		g.to([]bpf.Op{bpf.OpOr, bpf.OpAdd, bpf.OpXor}[g.n(3)], w, a, b)
	case 2: // x & (x - 1), x & -x, x ^ (x - 1)
		if g.one(2) {
			g.with(bpf.OpSub, w, b, 1)
		} else {
			g.with(bpf.OpNeg, w, b, 0)
		}
		g.to([]bpf.Op{bpf.OpAnd, bpf.OpXor}[g.n(2)], w, a, b)
	case 3: // x &^ y
		g.with(bpf.OpXor, w, b, -1)
		g.to(bpf.OpAnd, w, b, g.number())
	case 4: // folding of a checksum
		g.with(bpf.OpRsh, w, a, 16)
		g.with(bpf.OpAnd, w, b, 0xffff)
		g.to(bpf.OpAdd, w, a, b)
	case 5: // absolute value
		g.with(bpf.OpArsh, w, b, bits-1)
		g.to(bpf.OpXor, w, a, b)
		g.to(bpf.OpSub, w, a, b)
	case 6: // a field of bits
		g.with(bpf.OpRsh, w, a, k)
		g.with(bpf.OpAnd, w, a, []int64{1, 3, 7, 15, 255, 0xffff, 0x7fffffff}[g.n(7)])
	case 7: // x*k + y
		g.with(bpf.OpMul, w, a, []int64{2, 3, 4, 5, 8, 9, 10, -1, 25, 640}[g.n(10)])
		g.to(bpf.OpAdd, w, a, b)
		g.with(bpf.OpAdd, w, a, g.constant())
	default: // the remainder by a division
		d := g.legal(bpf.OpDiv, w)
		op := []bpf.Op{bpf.OpDiv, bpf.OpSdiv}[g.n(2)]
		g.with(op, w, a, d)
		g.with(bpf.OpMul, w, a, d)
		g.to(bpf.OpSub, w, b, a)
	}
}

// truth makes a comparison a number, or the less or greater of two numbers.
func (g *gen) truth() {
	x, y := g.number(), g.number()
	d := g.scratch(x, y)
	w := g.width(4, 8)
	op := conds[g.n(len(conds))]
	if g.one(2) {
		g.set(d, []int64{0, 1, -1, 7}[g.n(4)])
		at := g.jump(op, w, x, y, 0)
		g.set(d, []int64{0, 1, -1, 8}[g.n(4)])
		g.land(at)
		return
	}
	g.move(d, x)
	g.s.regs[d] = value{kind: number}
	at := g.jump(op, w, d, y, 0)
	g.to(bpf.OpMov, g.width(4, 8), d, y)
	g.land(at)
}

// choose is a chain of comparisons of one number, as of a switch.
func (g *gen) choose() {
	x := g.number()
	d := g.scratch(x)
	w := g.width(4, 8)
	var ends []int
	for range 2 + g.n(4) {
		at := g.jump([]bpf.Op{bpf.OpJne, bpf.OpJne, bpf.OpJgt, bpf.OpJslt}[g.n(4)], w, x, bpf.RegImm, int64(g.n(6)))
		g.set(d, g.constant())
		ends = append(ends, g.skip())
		g.land(at)
	}
	g.set(d, g.constant())
	for _, at := range ends {
		g.land(at)
	}
}

// combine makes a number of bytes that lie side by side.
func (g *gen) combine() {
	n := []int{2, 4, 8}[g.n(3)]
	p, ok := g.any(func(v value) bool { return v.kind == memory && v.hi-v.lo >= n })
	if !ok {
		return
	}
	v := g.s.regs[p]
	at := v.lo + g.n(v.hi-v.lo-n+1)
	big := g.one(2)
	sum := g.scratch(p)
	part := g.scratch(p, sum)
	if g.s.regs[sum].kind > number || g.s.regs[part].kind > number {
		return
	}
	for k := range n {
		dst := part
		if k == 0 {
			dst = sum
		}
		g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: 1, Dst: dst, Src: p, Off: int32(at + k)})
		shift := 8 * k
		if big {
			shift = 8 * (n - 1 - k)
		}
		if g.one(40) {
			shift ^= 8
		}
		if shift != 0 {
			g.with(bpf.OpLsh, 8, dst, int64(shift))
		}
		if k > 0 {
			g.to([]bpf.Op{bpf.OpOr, bpf.OpOr, bpf.OpAdd}[g.n(3)], 8, sum, part)
		}
		if !v.readonly && g.one(24) { // a store between them
			g.word(p, int32(at+g.n(n)), 1)
		}
	}
	g.s.regs[sum], g.s.regs[part] = value{kind: number}, value{kind: number}
}

// scan walks over memory with a pointer or an index that a loop advances.
func (g *gen) scan() {
	if g.loops > 1 || g.nesting > 3 {
		return
	}
	if g.one(2) {
		g.scanPacket()
		return
	}
	p, ok := g.any(func(v value) bool { return v.kind == memory && !v.packet && v.hi-v.lo >= 4 })
	if !ok {
		return
	}
	v := g.s.regs[p]
	w := int(g.width(1, 2, 4))
	turns := min((v.hi-v.lo)/w, 8)
	if v.strict && (v.align < w || mod(v.lo, w) != 0) {
		return
	}
	i := g.scratch(p)
	sum := g.scratch(p, i)
	t := g.scratch(p, i, sum)
	for _, r := range []bpf.Reg{i, sum, t} {
		if g.s.regs[r].kind > number {
			return
		}
	}
	g.set(i, 0)
	g.set(sum, 0)
	head := len(g.f.insns)
	g.move(t, i)
	if w > 1 {
		g.with(bpf.OpMul, 8, t, int64(w))
	}
	g.to(bpf.OpAdd, 8, t, p)
	g.visit(t, sum, int32(v.lo), uint8(w), v.readonly)
	g.with(bpf.OpAdd, 8, i, 1)
	op := []bpf.Op{bpf.OpJlt, bpf.OpJne, bpf.OpJslt}[g.n(3)]
	g.back(g.jump(op, 8, i, bpf.RegImm, int64(turns)), head)
	g.s.regs[t] = value{}
}

// visit adds what is at t to sum, or changes it.
func (g *gen) visit(t, sum bpf.Reg, off int32, w uint8, readonly bool) {
	if !readonly && g.one(4) {
		g.emit(bpf.Instruction{Op: bpf.OpStore, Width: w, Dst: t, Src: sum, Off: off})
		g.with(bpf.OpAdd, 8, sum, 3)
		return
	}
	op := bpf.OpLoad
	if g.one(4) && w < 8 {
		op = bpf.OpLoadsx
	}
	g.emit(bpf.Instruction{Op: op, Width: w, Dst: t, Src: t, Off: off})
	g.to([]bpf.Op{bpf.OpAdd, bpf.OpXor, bpf.OpSub}[g.n(3)], g.width(4, 8), sum, t)
}

// scanPacket walks from a place in the packet to its end, at most 12 times.
func (g *gen) scanPacket() {
	p, ok := g.packetPointer()
	if !ok {
		return
	}
	e, ok := g.packetEnd(p)
	if !ok || g.s.regs[p].kind != memory || g.s.regs[e].kind != end {
		return
	}
	var r [4]bpf.Reg // place, sum, number of visits, next place
	not := []bpf.Reg{p, e}
	for k := range r {
		r[k] = g.scratch(not...)
		if g.s.regs[r[k]].kind > number {
			return
		}
		not = append(not, r[k])
	}
	at, sum, count, next := r[0], r[1], r[2], r[3]
	w := g.width(1, 2, 4)
	g.move(at, p)
	g.set(sum, 1)
	g.set(count, int64(1+g.n(12)))
	head := len(g.f.insns)
	g.move(next, at)
	g.with(bpf.OpAdd, 8, next, int64(w))
	out := g.beyond(next, e, true)
	g.visit(at, sum, 0, w, false)
	g.move(at, next)
	g.with(bpf.OpSub, 8, count, 1)
	g.back(g.jump(bpf.OpJne, 8, count, bpf.RegImm, 0), head)
	g.land(out)
	// Behind the loop its pointers are at several places.
	g.s.regs[at], g.s.regs[next] = value{}, value{}
	g.s.regs[sum], g.s.regs[count] = value{kind: number}, value{kind: number}
}
