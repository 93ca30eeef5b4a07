package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// Operations that compute with numbers.
var (
	binaryOps = [...]bpf.Op{bpf.OpAdd, bpf.OpSub, bpf.OpMul, bpf.OpDiv, bpf.OpSdiv, bpf.OpMod, bpf.OpSmod, bpf.OpOr, bpf.OpAnd,
		bpf.OpXor, bpf.OpLsh, bpf.OpRsh, bpf.OpArsh, bpf.OpMov}
	swapOps = [...]bpf.Op{bpf.OpToLE, bpf.OpToBE, bpf.OpBswap}
	conds   = [...]bpf.Op{bpf.OpJeq, bpf.OpJne, bpf.OpJgt, bpf.OpJge, bpf.OpJlt, bpf.OpJle, bpf.OpJsgt, bpf.OpJsge, bpf.OpJslt,
		bpf.OpJsle, bpf.OpJset}
)

// pair is a register with a number that may be written and one to read, in
// every eighth case the same.
func (g *gen) pair() (dst, src bpf.Reg) {
	src = g.number()
	dst, ok := g.any(isNumber)
	for range 4 {
		if ok && g.pinned[dst] {
			dst, ok = g.any(isNumber)
		}
	}
	if !ok || g.pinned[dst] {
		dst = g.scratch()
		g.set(dst, g.constant())
		if g.s.regs[src].kind != number {
			src = dst
		}
	}
	if g.one(8) {
		src = dst
	}
	return dst, src
}

// arithmetic is one operation on numbers.
func (g *gen) arithmetic() {
	switch g.n(16) {
	case 0:
		g.swap()
	case 1:
		g.extend()
	case 2:
		dst, _ := g.pair()
		g.emit(bpf.Instruction{Op: bpf.OpNeg, Width: g.width(4, 8), Dst: dst, Src: bpf.RegImm})
		g.s.regs[dst] = value{kind: number}
	case 3:
		g.wide()
	default:
		g.compute()
	}
}

// compute is dst op= operand.
func (g *gen) compute() {
	op := binaryOps[g.n(len(binaryOps))]
	if !has(op) {
		return
	}
	dst, src := g.pair()
	if op == bpf.OpMov && g.one(2) {
		dst = g.target()
		if g.s.regs[src].kind != number {
			src = dst
		}
	}
	i := bpf.Instruction{Op: op, Width: g.width(4, 8), Dst: dst, Src: src}
	if g.n(5) < 2 || op == bpf.OpMov && i.Width == 8 && src == dst {
		i.Src, i.Imm = bpf.RegImm, g.legal(op, i.Width)
	}
	if (op == bpf.OpDiv || op == bpf.OpMod || op == bpf.OpSdiv || op == bpf.OpSmod) && i.Src != bpf.RegImm && i.Src != dst && !g.pinned[src] && g.one(5) {
		g.set(src, []int64{0, -1, 1}[g.n(3)]) // divisors that matter
	}
	g.emit(i)
	g.s.regs[dst] = value{kind: number}
}

// legal is an immediate that the operation may have: no divisor 0, no shift by
// the width and more.
func (g *gen) legal(op bpf.Op, width uint8) int64 {
	switch op {
	case bpf.OpLsh, bpf.OpRsh, bpf.OpArsh:
		return int64(g.n(8 * int(width)))
	case bpf.OpDiv, bpf.OpMod, bpf.OpSdiv, bpf.OpSmod:
		if imm := g.constant(); imm != 0 {
			return imm
		}
		return -1
	}
	return g.constant()
}

func (g *gen) swap() {
	op := swapOps[g.n(len(swapOps))]
	if !has(op) {
		return
	}
	dst, _ := g.pair()
	g.emit(bpf.Instruction{Op: op, Width: g.width(2, 4, 8), Dst: dst, Src: bpf.RegImm})
	g.s.regs[dst] = value{kind: number}
}

func (g *gen) extend() {
	dst, src := g.pair()
	i := bpf.Instruction{Op: bpf.OpMovsx, Width: g.width(4, 8), From: g.width(1, 2), Dst: dst, Src: src}
	if i.Width == 8 && g.one(3) {
		i.From = 4
	}
	g.emit(i)
	g.s.regs[dst] = value{kind: number}
}

// wide is a 64-bit immediate.
func (g *gen) wide() {
	x := int64(g.c.Uint64())
	switch g.n(4) {
	case 0:
		x >>= g.n(64)
	case 1:
		x = 1 << g.n(64)
	case 2:
		x = []int64{1<<63 - 1, -1 << 63, 1<<32 - 1, 1 << 32, 1 << 31, -1<<31 - 1, 0, -1}[g.n(8)]
	}
	g.emit(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Dst: g.target(), Src: bpf.RegImm, Imm: x})
}

// masked makes a scratch register a number from 0 to limit.
func (g *gen) masked(limit int64, not ...bpf.Reg) bpf.Reg {
	src := g.number()
	not = append(not, src)
	r := g.scratch(not...)
	g.move(r, src)
	w := g.width(4, 8)
	switch {
	case g.opt.Kernel: // Linux does not bound remainders
		for limit&(limit+1) != 0 {
			limit &= limit - 1
		}
		fallthrough
	case limit&(limit+1) == 0:
		g.emit(bpf.Instruction{Op: bpf.OpAnd, Width: w, Dst: r, Src: bpf.RegImm, Imm: limit})
	default:
		g.emit(bpf.Instruction{Op: bpf.OpMod, Width: w, Dst: r, Src: bpf.RegImm, Imm: limit + 1})
	}
	g.s.regs[r] = value{kind: number}
	return r
}
