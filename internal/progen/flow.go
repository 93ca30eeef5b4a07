package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// gadget is a way to go on, with how often it is taken.
type gadget struct {
	weight int
	emit   func(*gen)
}

func gadgets() []gadget {
	return []gadget{
		{30, (*gen).arithmetic},
		{8, (*gen).load},
		{8, (*gen).store},
		{8, (*gen).atomic},
		{3, (*gen).spill},
		{3, (*gen).fill},
		{2, (*gen).point},
		{4, (*gen).vary},
		{4, (*gen).field},
		{5, (*gen).packet},
		{3, (*gen).walk},
		{1, (*gen).metadata},
		{8, (*gen).branch},
		{2, (*gen).leave},
		{4, (*gen).loop},
		{4, (*gen).lookup},
		{3, (*gen).update},
		{1, (*gen).remove},
		{3, (*gen).global},
		{4, (*gen).local},
		{2, (*gen).callback},
		{3, (*gen).tail},
		{1, (*gen).noise},
		{1, (*gen).checksum},
		{2, (*gen).legacy},
		{2, (*gen).copyBytes},
		{2, (*gen).queued},
		{1, (*gen).events},
		{2, (*gen).ring},
		{1, (*gen).locks},
		{2, (*gen).dynptr},
		{1, (*gen).ofCPU},
		{1, (*gen).section},
		{5, (*gen).idiom},
		{3, (*gen).truth},
		{1, (*gen).choose},
		{4, (*gen).combine},
		{3, (*gen).scan},
	}
}

// step emits one gadget.
func (g *gen) step() {
	if g.f.sums {
		g.arithmetic()
		return
	}
	x := g.n(g.weights)
	for _, d := range g.gadgets {
		if x -= d.weight; x < 0 {
			d.emit(g)
			return
		}
	}
}

// full reports whether the function has as many instructions as it may.
func (g *gen) full() bool { return len(g.f.insns) >= g.f.budget }

// body emits a few gadgets.
func (g *gen) body() {
	g.nesting++
	for range 1 + g.n(3) {
		if !g.full() {
			g.step()
		}
	}
	g.nesting--
}

// condition emits a jump on numbers whose target is not known yet.
func (g *gen) condition() int {
	op := conds[g.n(len(conds))]
	dst, src := g.number(), g.number()
	if g.one(12) {
		src = dst
	}
	if g.one(2) {
		return g.jump(op, g.width(4, 8), dst, bpf.RegImm, g.constant())
	}
	return g.jump(op, g.width(4, 8), dst, src, 0)
}

// branch is an if, with or without else.
func (g *gen) branch() {
	if g.nesting > 3 {
		return
	}
	at := g.condition()
	before := g.s
	g.body()
	if g.one(3) {
		over := g.skip()
		then := g.s
		g.land(at)
		g.s = before
		g.body()
		g.land(over)
		g.s = merge(&then, &g.s)
		return
	}
	g.land(at)
	g.s = merge(&before, &g.s)
}

// leave is an exit under a condition.
func (g *gen) leave() {
	if g.owing > 0 {
		return
	}
	at := g.condition()
	before := g.s
	g.result(false)
	g.land(at)
	g.s = before
}

// result ends the function with a number in r0.
func (g *gen) result(all bool) {
	switch r, ok := g.any(isNumber); {
	case g.f.callback && g.one(2) || !ok:
		g.set(bpf.R0, int64(g.n(2)))
	case g.s.regs[0].kind != number:
		g.move(bpf.R0, r)
	}
	if all {
		g.fold()
	}
	if g.f.callback {
		g.immediate(bpf.OpAnd, bpf.R0, 1)
	}
	g.exit()
}

// fold makes r0 depend on every number that is there.
func (g *gen) fold() {
	for _, r := range g.regs(isNumber) {
		if r == bpf.R0 {
			continue
		}
		if g.one(3) {
			g.immediate(bpf.OpMul, bpf.R0, 0x01000193)
		} else {
			g.immediate(bpf.OpLsh, bpf.R0, 1)
		}
		g.binary([]bpf.Op{bpf.OpXor, bpf.OpAdd, bpf.OpSub}[g.n(3)], bpf.R0, r)
	}
	for off := -8; off >= -g.f.depth; off -= 8 {
		if g.s.readable(off, 8) && g.one(2) {
			g.emit(bpf.Instruction{Op: bpf.OpLoad, Width: 8, Dst: bpf.R1, Src: bpf.R10, Off: int32(off)})
			g.binary(bpf.OpAdd, bpf.R0, bpf.R1)
		}
	}
	if g.hook.Memory || g.f.level > 0 {
		return
	}
	// Only the low half of a verdict is seen.
	g.binary(bpf.OpMov, bpf.R1, bpf.R0)
	g.immediate(bpf.OpRsh, bpf.R1, 32)
	g.binary(bpf.OpXor, bpf.R0, bpf.R1)
}

// noise calls a helper whose result differs from run to run, for what the call
// does to registers.
func (g *gen) noise() {
	names := []string{"ktime_get_ns", "get_prandom_u32", "get_smp_processor_id", "ktime_get_boot_ns", "ktime_get_tai_ns", "ktime_get_coarse_ns", "jiffies64", "get_current_pid_tgid"}
	if g.opt.Kernel {
		names = names[:len(names)-1]
	}
	h := g.hasHelper(names[g.n(len(names))])
	if h == nil || g.callPinned() {
		return
	}
	g.helper(h.ID)
}

// callPinned reports whether a call would destroy what a loop needs.
func (g *gen) callPinned() bool {
	for r := bpf.R0; r <= bpf.R5; r++ {
		if g.pinned[r] {
			return true
		}
	}
	return false
}

// field loads a scalar field of the context.
func (g *gen) field() {
	base, ok := g.any(func(v value) bool { return v.kind == ctx })
	if !ok || g.hook.Memory {
		return
	}
	off := []int32{12, 16, 20}[g.n(3)]
	if g.opt.Kernel && off == 20 { // only where the program is attached to a device map
		off = 12
	}
	i := bpf.Instruction{Op: bpf.OpLoad, Width: 4, Dst: g.target(), Src: base, Off: off}
	if g.s.regs[base].kind != ctx {
		i.Dst = base
	}
	g.emit(i)
}
