package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// fn is a function that is being written.
type fn struct {
	name   string
	insns  []bpf.Instruction
	refs   []ref   // calls and addresses of other functions
	params []value // r1 upwards
	// level is the depth of calls; a function calls those of higher levels.
	level int
	// budget is how many instructions it may have.
	budget int
	// callback returns 0 or 1 and, when sums is set, does nothing but add:
	// the order in which it is called is not known.
	callback, sums bool
	// depth is how many bytes of stack it may use.
	depth int
}

// ref is an instruction whose immediate is the distance to a function.
type ref struct{ at, fn int }

// gen writes the functions of one program.
type gen struct {
	*world
	self    int // index of the program
	funcs   []*fn
	kfuncs  []string
	f       *fn
	s       state
	pinned  [10]bool // registers that the loop around needs
	loops   int      // loops around
	nesting int      // branches and loops around
	gadgets []gadget
	weights int   // of the gadgets in sum
	depths  []int // bytes of stack by level
	spare   int   // instructions that functions to come may have
	tails   bool  // subprograms make tail calls
	owing   int   // iterators around that have to be destroyed before an exit
}

func (g *gen) n(n int) int            { return g.c.IntN(n) }
func (g *gen) one(in int) bool        { return g.c.IntN(in) == in-1 }
func (g *gen) width(l ...uint8) uint8 { return l[g.n(len(l))] }

// emit appends an instruction and returns its index.
func (g *gen) emit(i bpf.Instruction) int {
	g.f.insns = append(g.f.insns, i)
	if i.Wide() {
		g.f.insns = append(g.f.insns, bpf.Instruction{})
		return len(g.f.insns) - 2
	}
	return len(g.f.insns) - 1
}

// immediate emits dst op= imm.
func (g *gen) immediate(op bpf.Op, dst bpf.Reg, imm int64) {
	g.emit(bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: imm})
}

// binary emits dst op= src.
func (g *gen) binary(op bpf.Op, dst, src bpf.Reg) {
	g.emit(bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: src})
}

// set makes a register a constant.
func (g *gen) set(dst bpf.Reg, imm int64) {
	g.immediate(bpf.OpMov, dst, imm)
	g.s.regs[dst] = value{kind: number}
}

// move copies what a register holds.
func (g *gen) move(dst, src bpf.Reg) {
	g.binary(bpf.OpMov, dst, src)
	if src == bpf.R10 {
		g.s.regs[dst] = value{kind: stack}
	} else {
		g.s.regs[dst] = g.s.regs[src]
	}
}

// address makes a register r10 + off.
func (g *gen) address(dst bpf.Reg, off int) {
	g.binary(bpf.OpMov, dst, bpf.R10)
	if off != 0 {
		g.immediate(bpf.OpAdd, dst, int64(off))
	}
	g.s.regs[dst] = value{kind: stack, off: off}
}

// mapOf makes a register a map.
func (g *gen) mapOf(dst bpf.Reg, m int) {
	g.emit(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMap, Dst: dst, Src: bpf.RegImm, Imm: int64(m)})
	g.s.regs[dst] = value{}
}

// function makes a register a function of the program.
func (g *gen) function(dst bpf.Reg, f int) {
	at := g.emit(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindFunc, Dst: dst, Src: bpf.RegImm})
	g.f.refs = append(g.f.refs, ref{at, f})
	g.s.regs[dst] = value{}
}

// helper calls a helper whose arguments are in place.
func (g *gen) helper(id int32) {
	g.emit(bpf.Instruction{Op: bpf.OpCall, Src: bpf.RegImm, Kind: bpf.KindHelper, Imm: int64(id)})
	g.s.called()
}

// kfunc calls a function outside of the object.
func (g *gen) kfunc(name string) {
	k := 0
	for k < len(g.kfuncs) && g.kfuncs[k] != name {
		k++
	}
	if k == len(g.kfuncs) {
		g.kfuncs = append(g.kfuncs, name)
	}
	g.emit(bpf.Instruction{Op: bpf.OpCall, Src: bpf.RegImm, Kind: bpf.KindKfunc, Imm: int64(k)})
	g.s.called()
}

// jump emits a conditional jump to a place that land says.
func (g *gen) jump(op bpf.Op, width uint8, dst, src bpf.Reg, imm int64) int {
	return g.emit(bpf.Instruction{Op: op, Width: width, Dst: dst, Src: src, Imm: imm})
}

// skip emits a jump that is always taken, goto or gotol.
func (g *gen) skip() int {
	return g.emit(bpf.Instruction{Op: bpf.OpJa, Width: g.width(8, 8, 4), Src: bpf.RegImm})
}

// land makes the next instruction the target of a jump.
func (g *gen) land(at int) { g.f.insns[at].Off = int32(len(g.f.insns) - at - 1) }

// back makes an earlier instruction the target of a jump.
func (g *gen) back(at, target int) { g.f.insns[at].Off = int32(target - at - 1) }

// exit leaves the function with what r0 holds.
func (g *gen) exit() {
	g.emit(bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm})
}

// regs lists the registers whose value matches.
func (g *gen) regs(match func(value) bool) (l []bpf.Reg) {
	for r := range g.s.regs {
		if match(g.s.regs[r]) {
			l = append(l, bpf.Reg(r))
		}
	}
	return l
}

func isNumber(v value) bool { return v.kind == number }

// any returns a register that matches; false when there is none.
func (g *gen) any(match func(value) bool) (bpf.Reg, bool) {
	l := g.regs(match)
	if len(l) == 0 {
		return 0, false
	}
	return l[g.n(len(l))], true
}

// number is a register with a number. Where no register has one, one gets one.
func (g *gen) number() bpf.Reg {
	if r, ok := g.any(isNumber); ok {
		return r
	}
	r := g.target()
	g.set(r, g.constant())
	return r
}

// target is a register that may be written. Its value becomes a number; the
// caller writes one.
func (g *gen) target() bpf.Reg {
	r := g.scratch()
	g.s.regs[r] = value{kind: number}
	return r
}

// scratch is a register that may be written: seldom one with a pointer that is
// still there. Not one of those that are given.
func (g *gen) scratch(not ...bpf.Reg) bpf.Reg {
	var cheap, all []bpf.Reg
	for r := range g.s.regs {
		if g.pinned[r] || contains(not, bpf.Reg(r)) {
			continue
		}
		all = append(all, bpf.Reg(r))
		if k := g.s.regs[r].kind; k == none || k == number {
			cheap = append(cheap, bpf.Reg(r))
		}
	}
	if len(cheap) > 1+len(not) && !g.one(24) || len(cheap) == len(all) {
		return cheap[g.n(len(cheap))]
	}
	return all[g.n(len(all))]
}

func contains(l []bpf.Reg, r bpf.Reg) bool {
	for _, x := range l {
		if x == r {
			return true
		}
	}
	return false
}

// edges are immediates that matter.
var edges = [...]int64{
	0, 1, -1, 2, -2, 3, 5, 7, 8, 10, 15, 16, 31, 32, 33, 63, 64, 100, 127, 128, -128, -129, 255, 256, 0x7fff, 0x8000, -0x8000, 0xffff,
	0x10000, 0x55555555, 0x7fffffff, -0x80000000, -0x7fffffff, 0x12345678, 0x0f0f0f0f, 641, 1000, 1 << 30,
}

// constant is a 32-bit immediate, often an edge.
func (g *gen) constant() int64 {
	if g.n(3) == 2 {
		return int64(int32(g.c.Uint64()))
	}
	return edges[g.n(len(edges))]
}
