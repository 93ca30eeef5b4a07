package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// use is how an instruction touches memory.
type use struct {
	width   int
	read    bool // the bytes must be numbers
	write   bool
	aligned bool // atomics
	plain   bool // not the packet: atomics
}

// place finds a register and an offset for an access. It is false when there
// is no place.
func (g *gen) place(u use) (base bpf.Reg, off int32, ok bool) {
	bases := g.regs(func(v value) bool { return v.kind == stack || g.fits(v, u) })
	for range 2 {
		bases = append(bases, bpf.R10)
	}
	for range 4 {
		base = bases[g.n(len(bases))]
		v := value{kind: stack}
		if base != bpf.R10 {
			v = g.s.regs[base]
		}
		if v.kind == stack {
			off, ok = g.stackPlace(v.off, u)
		} else {
			off, ok = g.offset(v, u)
		}
		if ok {
			return base, off, true
		}
	}
	return 0, 0, false
}

// fits reports whether memory allows an access somewhere.
func (g *gen) fits(v value, u use) bool {
	switch {
	case v.kind != memory || v.hi-v.lo < u.width || u.write && v.readonly:
		return false
	case u.plain && v.packet || u.aligned && v.align < u.width:
		return false
	}
	return !v.strict || v.align >= u.width
}

// offset draws an offset inside memory, often at its edges.
func (g *gen) offset(v value, u use) (int32, bool) {
	lo, hi := v.lo, v.hi
	off := lo + g.n(hi-lo-u.width+1)
	switch g.n(6) {
	case 0:
		off = lo
	case 1:
		off = hi - u.width
	}
	if u.aligned || v.strict || g.one(2) {
		off -= mod(off, u.width)
	}
	return int32(off), off >= lo && off+u.width <= hi
}

func mod(a, b int) int { return ((a % b) + b) % b }

// stackPlace draws an offset from a pointer to r10 + at.
func (g *gen) stackPlace(at int, u use) (int32, bool) {
	for range 8 {
		off := -g.f.depth + g.n(g.f.depth-u.width+1)
		if g.one(8) {
			off = -g.f.depth
		}
		off -= mod(off, u.width) // unaligned accesses of the stack are refused
		if off < -g.f.depth || u.write && !g.s.free(off, u.width) || u.read && !g.s.readable(off, u.width) {
			continue
		}
		return int32(off - at), true
	}
	return 0, false
}

// touched records a store through base.
func (g *gen) touched(base bpf.Reg, off int32, width int) {
	at := 0
	if base != bpf.R10 {
		if g.s.regs[base].kind != stack {
			return
		}
		at = g.s.regs[base].off
	}
	g.s.written(at+int(off), width)
}

// load is a load of a number, with sign or zero extension or acquire.
func (g *gen) load() {
	op := bpf.OpLoad
	switch g.n(8) {
	case 0, 1:
		op = bpf.OpLoadsx
	case 2:
		op = bpf.OpLoadAcq
	}
	i := bpf.Instruction{Op: op, Width: g.width(1, 2, 4, 8)}
	if op == bpf.OpLoadsx {
		i.Width = g.width(1, 2, 4)
	}
	atomic := op == bpf.OpLoadAcq
	base, off, ok := g.place(use{width: int(i.Width), read: true, aligned: atomic, plain: atomic})
	if !ok || !has(op) {
		return
	}
	i.Src, i.Off = base, off
	i.Dst = base
	if base == bpf.R10 || g.pinned[base] || !g.one(10) {
		i.Dst = g.target()
	}
	g.emit(i)
	g.s.regs[i.Dst] = value{kind: number}
}

// store is a store of a number, a register's or an immediate.
func (g *gen) store() {
	op := bpf.OpStore
	if g.one(6) {
		op = bpf.OpStoreRel
	}
	release := op == bpf.OpStoreRel
	i := bpf.Instruction{Op: op, Width: g.width(1, 2, 4, 8), Src: bpf.RegImm}
	if release || g.n(5) > 1 {
		i.Src = g.number()
	} else {
		i.Imm = g.constant()
	}
	base, off, ok := g.place(use{width: int(i.Width), write: true, aligned: release, plain: release})
	if !ok || !has(op) {
		return
	}
	i.Dst, i.Off = base, off
	g.emit(i)
	g.touched(base, off, int(i.Width))
}

// atomic is a read-modify-write.
func (g *gen) atomic() {
	op := bpf.OpAtomAdd + bpf.Op(g.n(int(bpf.OpCmpxchg-bpf.OpAtomAdd)+1))
	w := g.width(4, 8)
	src := g.number()
	fetches := op >= bpf.OpFetchAdd && op != bpf.OpCmpxchg
	if !has(op) || fetches && g.pinned[src] {
		return
	}
	if op == bpf.OpCmpxchg {
		if g.pinned[0] {
			return
		}
		if g.s.regs[0].kind != number {
			g.set(bpf.R0, g.constant())
		}
	}
	base, off, ok := g.place(use{width: int(w), read: true, write: true, aligned: true, plain: true})
	if !ok || op == bpf.OpCmpxchg && base == bpf.R0 {
		return
	}
	if op == bpf.OpCmpxchg && g.one(2) { // let it succeed
		i := bpf.Instruction{Op: bpf.OpLoad, Width: w, Dst: bpf.R0, Src: base, Off: off}
		g.emit(i)
		g.s.regs[0] = value{kind: number}
	}
	g.emit(bpf.Instruction{Op: op, Width: w, Dst: base, Src: src, Off: off})
	g.touched(base, off, int(w))
	if fetches {
		g.s.regs[src] = value{kind: number}
	}
	if op == bpf.OpCmpxchg {
		g.s.regs[0] = value{kind: number}
	}
}

// ready writes numbers to n bytes of stack where none are, and returns their
// offset from r10, a multiple of 8; false when there is no place.
func (g *gen) ready(n int) (int, bool) {
	words := (n + 7) / 8
	if words*8 > g.f.depth {
		return 0, false
	}
	for range 8 {
		off := -8 * (words + g.n(g.f.depth/8-words+1))
		if !g.s.free(off, words*8) {
			continue
		}
		for w := off; w < off+words*8; w += 8 {
			if g.s.readable(w, 8) {
				continue
			}
			g.word(bpf.R10, int32(w), 8)
			g.s.written(w, 8)
		}
		return off, true
	}
	return 0, false
}

// word stores a number.
func (g *gen) word(base bpf.Reg, off int32, width uint8) {
	i := bpf.Instruction{Op: bpf.OpStore, Width: width, Dst: base, Off: off, Src: bpf.RegImm}
	if r, ok := g.any(isNumber); ok && g.one(2) {
		i.Src = r
	} else {
		i.Imm = g.constant()
	}
	g.emit(i)
}

// spill stores a register to the stack, and fill loads one from there.
func (g *gen) spill() {
	r, ok := g.any(func(v value) bool { return v.kind != none })
	off := -8 * (1 + g.n(g.f.depth/8))
	if !ok || !g.s.free(off, 8) || g.s.locked && g.s.regs[r].kind != number && !g.s.unused(off) {
		return
	}
	base := bpf.R10
	at := int32(off)
	if g.s.regs[r].kind == stack && g.one(3) { // *(r3 + n) = r3
		base, at = r, int32(off-g.s.regs[r].off)
	}
	g.emit(bpf.Instruction{Op: bpf.OpStore, Width: 8, Dst: base, Src: r, Off: at})
	if v := g.s.regs[r]; v.kind == number {
		g.s.written(off, 8)
	} else {
		g.s.spilled(off, v)
	}
}

func (g *gen) fill() {
	var l []int
	for k, v := range g.s.slot {
		if v.kind != none && v.kind != held {
			l = append(l, k)
		}
	}
	if len(l) == 0 {
		return
	}
	k := l[g.n(len(l))]
	dst := g.scratch()
	g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: 8, Dst: dst, Src: bpf.R10, Off: int32(8*k - stackSize)})
	g.s.regs[dst] = g.s.slot[k]
}

// point makes a register an address in the stack, or moves one that is there.
func (g *gen) point() {
	r, ok := g.any(func(v value) bool { return v.kind == stack })
	if ok && !g.pinned[r] && g.one(2) {
		d := g.n(33) - 16
		at := g.s.regs[r].off + d
		if at >= -stackSize && at <= 0 {
			g.immediate(bpf.OpAdd, r, int64(d))
			g.s.regs[r].off = at
		}
		return
	}
	g.address(g.scratch(), -g.n(g.f.depth+1))
}

// vary makes a pointer into memory at an offset that is not constant, and uses
// it.
func (g *gen) vary() {
	base, ok := g.any(func(v value) bool { return v.kind == memory && !v.packet && v.hi-v.lo >= 4 })
	if !ok {
		return
	}
	v := g.s.regs[base]
	limit := int64(v.hi - v.lo - 2)
	limit = []int64{1, 3, 7, limit, limit / 2}[g.n(5)]
	if limit > int64(v.hi-v.lo-1) || limit < 1 {
		limit = 1
	}
	r := g.masked(limit, base)
	if g.s.regs[base] != v {
		return
	}
	scale := 0
	for v.align == 8 && limit<<3 < int64(v.hi-v.lo) && scale == 0 && g.one(2) {
		scale = 3
		g.immediate(bpf.OpLsh, r, 3)
	}
	// The sum is made in a copy of the pointer or in the number.
	if g.one(2) {
		g.binary(bpf.OpAdd, r, base)
	} else {
		p := g.scratch(r, base)
		g.move(p, base)
		g.binary(bpf.OpAdd, p, r)
		g.s.regs[r] = value{kind: number}
		r = p
	}
	moved := v
	moved.start = false
	moved.hi -= int(limit << scale)
	if scale == 0 {
		moved.align = 1
	}
	g.s.regs[r] = moved
	g.access(r)
}

// access loads or stores through a pointer to memory.
func (g *gen) access(p bpf.Reg) {
	for range 1 + g.n(2) {
		v := g.s.regs[p]
		w := g.width(1, 2, 4, 8)
		u := use{width: int(w), write: g.one(2)}
		if !g.fits(v, u) {
			w, u = 1, use{width: 1}
			if !g.fits(v, u) {
				return
			}
		}
		off, ok := g.offset(v, u)
		if !ok {
			continue
		}
		i := bpf.Instruction{Op: bpf.OpLoad, Width: w, Src: p, Off: off}
		if u.write {
			g.word(p, off, w)
			continue
		}
		i.Dst = g.scratch(p)
		if g.s.regs[i.Dst].kind > number {
			continue
		}
		if w < 8 && g.one(3) {
			i.Op = bpf.OpLoadsx
		}
		g.emit(i)
		g.s.regs[i.Dst] = value{kind: number}
	}
}
