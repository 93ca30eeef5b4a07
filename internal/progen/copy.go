package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// copyBytes calls one of the functions of string.h.
func (g *gen) copyBytes() {
	names := []string{"memset", "memcpy", "memmove", "memcmp"}
	name := names[g.n(len(names))]
	if !g.hasKfunc(name) || g.callPinned() {
		return
	}
	n := 1 + g.n(24)
	to, ok := g.ready(n)
	if !ok {
		return
	}
	switch {
	case name == "memset":
		if !g.s.regs[bpf.R2].isNumber() {
			g.argument(bpf.R2)
		}
	case name == "memmove" && g.one(2): // onto itself
		off, ok := g.ready(n)
		if !ok {
			return
		}
		g.address(bpf.R2, off)
	case !g.source(bpf.R2, n, to):
		return
	}
	g.pinned[bpf.R2] = true
	if g.one(3) {
		r := g.masked(int64(n), bpf.R1)
		g.move(bpf.R3, r)
	} else {
		g.set(bpf.R3, int64(g.n(n+1)))
	}
	g.pinned[bpf.R2] = false
	g.address(bpf.R1, to)
	g.kfunc(name)
	switch {
	case name == "memcmp": // only the sign is defined
		at := g.jump(bpf.OpJeq, 4, bpf.R0, bpf.RegImm, 0)
		g.emit(bpf.Instruction{Op: bpf.OpArsh, Width: 4, Dst: bpf.R0, Src: bpf.RegImm, Imm: 31})
		g.immediate(bpf.OpOr, bpf.R0, 1)
		g.land(at)
		g.s.regs[0] = value{kind: number}
	case !g.pinned[0]:
		g.s.regs[0] = value{kind: stack, off: to}
	}
}

func (v value) isNumber() bool { return v.kind == number }

// source makes r the address of n bytes that are not in the function's stack
// at to.
func (g *gen) source(r bpf.Reg, n, to int) bool {
	var l []bpf.Reg
	for k := bpf.R6; k <= bpf.R9; k++ {
		if v := g.s.regs[k]; v.kind == memory && v.hi-v.lo >= n {
			l = append(l, k)
		}
	}
	if len(l) > 0 {
		src := l[g.n(len(l))]
		v := g.s.regs[src]
		g.move(r, src)
		if off := v.lo + g.n(v.hi-v.lo-n+1); off != 0 {
			g.immediate(bpf.OpAdd, r, int64(off))
		}
		return true
	}
	off, ok := g.ready(n)
	size := (n + 7) &^ 7
	if !ok || off < to+size && to < off+size {
		return false
	}
	g.address(r, off)
	return true
}
