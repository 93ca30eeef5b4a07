package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// Gadgets for maps without keys, and for what a program gives back: records of
// rings, dynptrs, locks. Each is whole: nothing is held behind it.

// queued pushes a value to a queue or a stack, or takes one.
func (g *gen) queued() {
	if g.callPinned() {
		return
	}
	k := []int{mapQueue, mapStack}[g.n(2)]
	name := []string{"map_push_elem", "map_pop_elem", "map_peek_elem"}[g.n(3)]
	if name == "map_push_elem" {
		if !g.memoryArg(bpf.R2, int(g.object.Maps[k].ValueSize)) {
			return
		}
		g.set(bpf.R3, []int64{0, 0, 0, 2, 2, 1}[g.n(6)])
	} else {
		off, ok := g.ready(int(g.object.Maps[k].ValueSize))
		if !ok {
			return
		}
		g.address(bpf.R2, off)
	}
	g.mapOf(bpf.R1, k)
	g.helper(g.hasHelper(name).ID)
	g.changed()
}

// events are sent to nobody: what comes back is an error that is known.
func (g *gen) events() {
	r, ok := g.any(func(v value) bool { return v.kind == ctx })
	if !ok || g.hook.Memory || g.callPinned() || r <= bpf.R5 {
		return
	}
	size := 1 + g.n(16)
	if !g.memoryArg(bpf.R4, size) {
		return
	}
	g.set(bpf.R5, int64(size))
	g.set(bpf.R3, []int64{0, -1, 5, 0}[g.n(4)])
	g.move(bpf.R1, r)
	g.mapOf(bpf.R2, mapEvents)
	g.helper(g.hasHelper("perf_event_output").ID)
	g.s.regs[0] = value{kind: number}
}

// ring sends a record, asks how full the ring is, or makes a record in place.
func (g *gen) ring() {
	if g.callPinned() {
		return
	}
	switch g.n(4) {
	case 0:
		size := 1 + g.n(24)
		if !g.memoryArg(bpf.R2, size) {
			return
		}
		g.set(bpf.R3, int64(size))
		g.set(bpf.R4, []int64{0, 0, 1, 2, 4}[g.n(5)])
		g.mapOf(bpf.R1, mapRing)
		g.helper(g.hasHelper("ringbuf_output").ID)
		g.s.regs[0] = value{kind: number}
	case 1:
		g.set(bpf.R2, int64(g.n(5)))
		g.mapOf(bpf.R1, mapRing)
		g.helper(g.hasHelper("ringbuf_query").ID)
		g.s.regs[0] = value{kind: number}
	default:
		g.record()
	}
}

// record reserves a record, writes and reads it, and gives it back.
func (g *gen) record() {
	size := 8 * (1 + g.n(3))
	g.set(bpf.R2, int64(size))
	g.set(bpf.R3, []int64{0, 0, 0, 0, 1}[g.n(5)])
	g.mapOf(bpf.R1, mapRing)
	g.helper(g.hasHelper("ringbuf_reserve").ID)
	g.maybe(size, true, func() {
		g.binary(bpf.OpMov, bpf.R1, bpf.R0)
		g.s.regs[bpf.R1] = value{}
		g.set(bpf.R2, int64(g.n(3)))
		g.helper(g.hasHelper([]string{"ringbuf_submit", "ringbuf_discard"}[g.n(2)]).ID)
	})
}

// maybe uses r0, memory of size bytes or 0, where it is memory; then end. What
// is new has any bytes and is written first.
func (g *gen) maybe(size int, fresh bool, end func()) {
	at := g.jump(bpf.OpJeq, 8, bpf.R0, bpf.RegImm, 0)
	before := g.s
	g.s.regs[bpf.R0] = value{kind: memory, hi: size, align: 8}
	if !fresh {
		g.s.regs[bpf.R0] = value{kind: memory, hi: size, align: 1}
	}
	g.pinned[bpf.R0] = true
	for off := 0; fresh && off < size; off += 8 {
		g.word(bpf.R0, int32(off), 8)
	}
	g.access(bpf.R0)
	g.pinned[bpf.R0] = false
	end()
	g.s.regs[bpf.R0] = value{}
	g.land(at)
	g.s = merge(&before, &g.s)
}

// locks changes a value under its lock.
func (g *gen) locks() {
	p := bpf.R6 + bpf.Reg(g.n(4))
	off, ok := g.ready(4)
	if g.callPinned() || !ok || g.pinned[p] || g.owing > 0 || g.f.callback {
		return
	}
	g.emit(bpf.Instruction{Op: bpf.OpStore, Width: 4, Dst: bpf.R10, Off: int32(off), Src: bpf.RegImm, Imm: int64(g.n(3))})
	g.address(bpf.R2, off)
	g.mapOf(bpf.R1, mapLocks)
	g.helper(1)
	at := g.jump(bpf.OpJeq, 8, bpf.R0, bpf.RegImm, 0)
	before := g.s
	before.regs[p] = value{} // another in the other way
	g.binary(bpf.OpMov, p, bpf.R0)
	g.s.regs[p] = value{kind: memory, lo: 8, hi: 24, align: 8}
	for _, name := range []string{"spin_lock", "spin_unlock"} {
		g.binary(bpf.OpMov, bpf.R1, p)
		g.s.regs[bpf.R1] = value{}
		g.helper(g.hasHelper(name).ID)
		if name == "spin_lock" {
			g.pinned[p] = true
			g.access(p)
			g.pinned[p] = false
		}
	}
	g.s.regs[p] = value{}
	g.land(at)
	g.s = merge(&before, &g.s)
}

// dynptr makes a dynptr of a variable or of a record and uses it.
func (g *gen) dynptr() {
	off, ok := g.ready(16)
	if g.callPinned() || !ok || g.owing > 0 {
		return
	}
	reserved := g.one(2)
	size := 8 * (1 + g.n(3))
	g.set(bpf.R2, int64(size))
	g.set(bpf.R3, []int64{0, 0, 0, 0, 1}[g.n(5)])
	g.address(bpf.R4, off)
	name := "dynptr_from_mem"
	if reserved {
		name = "ringbuf_reserve_dynptr"
		g.mapOf(bpf.R1, mapRing)
	} else {
		g.emit(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMapValue, Dst: bpf.R1, Src: bpf.RegImm, Imm: mapData})
	}
	g.helper(g.hasHelper(name).ID)
	g.s.unwritten(off, 16)
	g.s.regs[0] = value{kind: number}
	for at := 0; reserved && at < size; at += 8 { // its bytes are any
		g.dynptrWrite(off, at, 8)
	}
	for range g.n(4) {
		g.dynptrUse(off, size)
	}
	if reserved {
		g.address(bpf.R1, off)
		g.set(bpf.R2, int64(g.n(3)))
		g.helper(g.hasHelper([]string{"ringbuf_submit_dynptr", "ringbuf_discard_dynptr"}[g.n(2)]).ID)
		g.s.regs[0] = value{}
	}
}

// dynptrUse is one use of the dynptr at r10 + off, which leads to size bytes or
// nowhere.
func (g *gen) dynptrUse(off, size int) {
	switch g.n(5) {
	case 0:
		g.dynptrWrite(off, g.n(size+8), 1+g.n(8))
	case 1:
		to, ok := g.ready(8)
		if !ok {
			return
		}
		g.address(bpf.R1, to)
		g.set(bpf.R2, int64(1+g.n(8)))
		g.address(bpf.R3, off)
		g.set(bpf.R4, int64(g.n(size+4)))
		g.set(bpf.R5, []int64{0, 0, 0, 1}[g.n(4)])
		g.helper(g.hasHelper("dynptr_read").ID)
		g.s.regs[0] = value{kind: number}
	case 2:
		n := 1 + g.n(8)
		g.address(bpf.R1, off)
		g.set(bpf.R2, int64(g.n(size+4)))
		g.set(bpf.R3, int64(n))
		g.helper(g.hasHelper("dynptr_data").ID)
		g.maybe(n, false, func() {})
	default:
		g.dynptrFunction(off, size)
	}
}

// dynptrWrite writes n bytes at a place of the dynptr.
func (g *gen) dynptrWrite(off, at, n int) {
	if !g.memoryArg(bpf.R3, n) {
		return
	}
	g.address(bpf.R1, off)
	g.set(bpf.R2, int64(at))
	g.set(bpf.R4, int64(n))
	g.set(bpf.R5, 0)
	g.helper(g.hasHelper("dynptr_write").ID)
	g.s.regs[0] = value{kind: number}
}

// dynptrFunction calls a function of the kernel.
func (g *gen) dynptrFunction(off, size int) {
	names := []string{"bpf_dynptr_size", "bpf_dynptr_is_null", "bpf_dynptr_is_rdonly", "bpf_dynptr_adjust", "bpf_dynptr_slice", "bpf_dynptr_slice_rdwr", "bpf_dynptr_clone"}
	name := names[g.n(len(names))]
	if !g.hasKfunc(name) {
		return
	}
	n := 1 + g.n(8)
	switch name {
	case "bpf_dynptr_adjust":
		g.set(bpf.R2, int64(g.n(size+2)))
		g.set(bpf.R3, int64(g.n(size+2)))
	case "bpf_dynptr_slice", "bpf_dynptr_slice_rdwr":
		g.set(bpf.R2, int64(g.n(size+4)))
		g.set(bpf.R3, 0)
		g.set(bpf.R4, int64(n))
	case "bpf_dynptr_clone":
		to, ok := g.ready(16)
		if !ok {
			return
		}
		g.address(bpf.R2, to)
		defer g.s.unwritten(to, 16)
	}
	g.address(bpf.R1, off)
	g.kfunc(name)
	switch name {
	case "bpf_dynptr_slice_rdwr":
		g.maybe(n, false, func() {})
	case "bpf_dynptr_slice":
		g.s.regs[0] = value{}
	default: // a number of 32 bits, or of 1
		g.immediate(bpf.OpAnd, bpf.R0, 0xff)
		g.s.regs[0] = value{kind: number}
	}
}

// ofCPU looks a value of a CPU up.
func (g *gen) ofCPU() {
	k := []int{mapPercpu, mapPercpuHash}[g.n(2)]
	m := g.object.Maps[k]
	if g.callPinned() || !g.keyArg(m) {
		return
	}
	g.set(bpf.R3, []int64{0, 0, 100000, -1}[g.n(4)])
	g.mapOf(bpf.R1, k)
	g.helper(g.hasHelper("map_lookup_percpu_elem").ID)
	g.maybe(int(m.ValueSize), false, func() {})
}
