package progen

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Bounds of a program's functions.
const (
	maxFuncs       = 8
	maxKernelLevel = 3 // where Linux counts more stack than we do
)

// depths are the bytes of stack at each level of calls: 512 in sum.
var depths = [...][]int{
	{64, 64, 64, 64, 64, 64, 64, 64},
	{stackSize},
	{256, 64, 64, 64, 32, 32},
	{128, 128, 64, 64, 32, 32, 32, 32},
	{64, 256, 64, 64, 64},
	{32, 32, 448},
}

// newFunc makes a function that is written later; -1 when there are enough.
func (g *gen) newFunc(params []value) int {
	level := g.f.level + 1
	if len(g.funcs) >= maxFuncs || level >= len(g.depths) || g.opt.Kernel && level > maxKernelLevel || g.spare < 6 {
		return -1
	}
	f := &fn{name: fmt.Sprintf("f%d", len(g.funcs)), params: params, level: level, depth: g.depths[level]}
	f.budget = min(g.spare, 6+g.n(max(8, g.spare)))
	g.spare -= f.budget
	g.funcs = append(g.funcs, f)
	return len(g.funcs) - 1
}

// local calls a function of the program, directly or by its address.
func (g *gen) local() {
	if g.callPinned() {
		return
	}
	if g.one(3) && g.reuse() {
		return
	}
	params := g.arguments()
	f := g.newFunc(params)
	if f < 0 {
		// The address of this stack may not stay as one of memory.
		for k, p := range params {
			if p.kind != number {
				g.s.regs[bpf.R1+bpf.Reg(k)] = value{}
			}
		}
		g.reuse()
		return
	}
	g.s.called()
	g.pass(params)
	g.callFunc(f)
}

// reuse calls a function that is there and takes numbers only.
func (g *gen) reuse() bool {
	var l []int
	for k, f := range g.funcs {
		if f.level > g.f.level && !f.callback && plain(f.params) {
			l = append(l, k)
		}
	}
	if len(l) == 0 {
		return false
	}
	f := l[g.n(len(l))]
	for k := range g.funcs[f].params {
		r := bpf.R1 + bpf.Reg(k)
		if g.s.regs[r].kind != number {
			g.argument(r)
		}
	}
	g.callFunc(f)
	return true
}

func plain(params []value) bool {
	for _, p := range params {
		if p.kind != number {
			return false
		}
	}
	return true
}

// argument puts a number into r.
func (g *gen) argument(r bpf.Reg) {
	if src, ok := g.any(isNumber); ok {
		g.move(r, src)
	} else {
		g.set(r, g.constant())
	}
	g.s.regs[r] = value{kind: number}
}

// arguments emits the arguments of a new function: numbers where they are or
// copies of them, and pointers.
func (g *gen) arguments() []value {
	params := make([]value, g.n(6))
	for k := range params {
		r := bpf.R1 + bpf.Reg(k)
		params[k] = g.pointer(r)
		if params[k].kind == none {
			if g.s.regs[r].kind != number || g.one(2) {
				g.argument(r)
			}
			params[k] = value{kind: number}
		}
		g.s.regs[r] = params[k]
	}
	return params
}

// pointer makes r a pointer that a function can get; its kind is none when it
// does not.
func (g *gen) pointer(r bpf.Reg) value {
	switch g.n(6) {
	case 0:
		n := 8 * (1 + g.n(2))
		if off, ok := g.ready(n); ok {
			g.address(r, off)
			return value{kind: memory, hi: n, align: 8, strict: true}
		}
	case 1, 2:
		src, ok := g.any(func(v value) bool {
			return v.kind == ctx || v.kind == end || v.kind == memory && !(v.hash && g.opt.Kernel)
		})
		if ok && (src >= bpf.R6 || src == bpf.R0) {
			g.move(r, src)
			return g.s.regs[src]
		}
	}
	return value{}
}

// pass is the state of the arguments of a call.
func (g *gen) pass(params []value) {
	for k, p := range params {
		g.s.regs[bpf.R1+bpf.Reg(k)] = p
	}
}

// callFunc calls function f whose arguments are in place.
func (g *gen) callFunc(f int) {
	if has(bpf.OpCallx) && table.LoadKind(bpf.KindFunc) == table.Supported && !g.opt.Kernel && g.one(3) {
		g.callx(f)
	} else {
		at := g.emit(bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindLocal, Src: bpf.RegImm})
		g.f.refs = append(g.f.refs, ref{at, f})
	}
	g.s.called()
	g.s.regs[0] = value{kind: number}
	g.replaced()
}

// callx calls f, or another function with the same parameters, by its address.
func (g *gen) callx(f int) {
	var free []bpf.Reg
	for r := bpf.R0; r <= bpf.R9; r++ {
		isArg := r >= bpf.R1 && int(r) <= len(g.funcs[f].params)
		if !isArg && !g.pinned[r] && g.s.regs[r].kind <= number {
			free = append(free, r)
		}
	}
	if len(free) == 0 {
		at := g.emit(bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindLocal, Src: bpf.RegImm})
		g.f.refs = append(g.f.refs, ref{at, f})
		return
	}
	r := free[g.n(len(free))]
	g.function(r, f)
	for k, other := range g.funcs {
		if k != f && other.level > g.f.level && !other.callback && len(other.params) == len(g.funcs[f].params) && plain(other.params) && plain(g.funcs[f].params) {
			if _, ok := g.any(isNumber); !ok {
				break
			}
			at := g.condition()
			g.function(r, k)
			g.land(at)
			break
		}
	}
	g.emit(bpf.Instruction{Op: bpf.OpCallx, Dst: r, Src: bpf.RegImm})
	g.s.regs[r] = value{}
}

// callback calls a helper that calls a function of the program.
func (g *gen) callback() {
	if g.callPinned() || g.opt.Kernel || table.LoadKind(bpf.KindFunc) != table.Supported || g.loops > 1 {
		return
	}
	context, off := value{kind: number}, 0
	if g.one(2) {
		n := 8 * (1 + g.n(2))
		at, ok := g.ready(n)
		if !ok {
			return
		}
		context, off = value{kind: memory, hi: n, align: 8, strict: true}, at
	}
	emitContext := func() {
		if context.kind == number {
			g.set(bpf.R3, 0)
		} else {
			g.address(bpf.R3, off)
		}
	}
	if g.one(2) {
		g.bpfLoop(context, emitContext)
	} else {
		g.forEach(context, emitContext)
	}
}

// bpfLoop is a call of bpf_loop.
func (g *gen) bpfLoop(context value, emitContext func()) {
	h := g.hasHelper("loop")
	if h == nil {
		return
	}
	f := g.newFunc([]value{{kind: number}, context})
	if f < 0 {
		return
	}
	g.funcs[f].callback = true
	if g.one(2) {
		r := g.masked(7)
		g.s.called()
		g.move(bpf.R1, r)
	} else {
		g.s.called()
		g.set(bpf.R1, g.turns()-1)
	}
	g.function(bpf.R2, f)
	emitContext()
	g.set(bpf.R4, 0)
	g.helper(h.ID)
	g.s.regs[0] = value{kind: number}
}

// forEach is a call of bpf_for_each_map_elem. The order of a hash map's
// elements is not known, so its callback only adds.
func (g *gen) forEach(context value, emitContext func()) {
	h := g.hasHelper("for_each_map_elem")
	if h == nil {
		return
	}
	k, m := g.someMap()
	hash := m.Type == bpf.MapHash
	if hash && context.kind == number {
		return
	}
	key := value{kind: memory, hi: int(m.KeySize), align: 4, readonly: true}
	element := value{kind: memory, hi: int(m.ValueSize), align: 8, hash: hash}
	f := g.newFunc([]value{{}, key, element, context})
	if f < 0 {
		return
	}
	g.funcs[f].callback, g.funcs[f].sums = true, hash
	g.s.called()
	g.mapOf(bpf.R1, k)
	g.function(bpf.R2, f)
	emitContext()
	g.set(bpf.R4, 0)
	g.helper(h.ID)
	g.s.regs[0] = value{kind: number}
}

// sum is the body of a callback for elements whose order is not known.
func (g *gen) sum() {
	w := g.width(1, 4, 8)
	g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: w, Dst: bpf.R5, Src: bpf.R3})
	g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: 1, Dst: bpf.R0, Src: bpf.R2, Off: int32(g.n(3))})
	g.binary(bpf.OpAdd, bpf.R5, bpf.R0)
	op := []bpf.Op{bpf.OpAtomAdd, bpf.OpFetchAdd, bpf.OpAtomXor}[g.n(3)]
	g.emit(bpf.Instruction{Op: op, Width: 8, Dst: bpf.R4, Src: bpf.R5})
	g.set(bpf.R0, 0)
	g.exit()
}

// tail is a tail call.
func (g *gen) tail() {
	h := g.hasHelper("tail_call")
	if len(g.object.Maps) <= mapProgs || h == nil || g.callPinned() || g.owing > 0 || g.f.callback {
		return
	}
	if g.f.level > 0 && (g.opt.Kernel || !g.tails) {
		return
	}
	c, ok := g.any(func(v value) bool { return v.kind == ctx })
	if !ok || c < bpf.R6 && c > bpf.R1 {
		return
	}
	if g.one(2) {
		r := g.masked(7, c)
		g.move(bpf.R3, r)
	} else {
		g.set(bpf.R3, int64(g.n(progSlots+2)))
	}
	if g.s.regs[c].kind != ctx {
		return
	}
	if c != bpf.R1 {
		g.move(bpf.R1, c)
	}
	g.mapOf(bpf.R2, mapProgs)
	g.helper(h.ID)
}
