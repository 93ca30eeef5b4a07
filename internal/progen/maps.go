package progen

import (
	"encoding/binary"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Maps of every object, by index.
const (
	mapArray  = iota
	mapHash   // keys of 8 bytes
	mapHash4  // keys of 4 bytes
	mapOdd    // sizes that are no words
	mapData   // a data section
	mapRodata // a frozen one
	mapPercpu
	mapPercpuHash
	mapLRU // never full
	mapQueue
	mapStack
	mapRing
	mapLocks // values with a lock, 8 bytes with what nobody reads behind it
	mapEvents
	mapProgs // a program array, where there are tail calls
)

// Slots of the program array.
const progSlots = 5

// maps are the maps of an object.
func maps(c Choices) []*frontend.Map {
	data := make([]byte, 32)
	rodata := make([]byte, 24)
	for k := 0; k < 24; k += 8 {
		binary.LittleEndian.PutUint64(data[k:], c.Uint64())
		binary.LittleEndian.PutUint64(rodata[k:], c.Uint64())
	}
	return []*frontend.Map{
		{Name: "array", Type: bpf.MapArray, KeySize: 4, ValueSize: 24, MaxEntries: 4},
		{Name: "hash", Type: bpf.MapHash, KeySize: 8, ValueSize: 16, MaxEntries: 5},
		{Name: "hash4", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 4},
		{Name: "odd", Type: bpf.MapHash, KeySize: 3, ValueSize: 13, MaxEntries: 3},
		{Name: ".data", Type: bpf.MapArray, KeySize: 4, ValueSize: 32, MaxEntries: 1, Data: data},
		{Name: ".rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: 24, MaxEntries: 1, Data: rodata, Frozen: true, Flags: bpf.FlagRdonlyProg},
		{Name: "percpu", Type: bpf.MapPercpuArray, KeySize: 4, ValueSize: 24, MaxEntries: 4},
		{Name: "percpuhash", Type: bpf.MapPercpuHash, KeySize: 4, ValueSize: 16, MaxEntries: 5},
		{Name: "lru", Type: bpf.MapLRUHash, KeySize: 4, ValueSize: 8, MaxEntries: 512},
		{Name: "queue", Type: bpf.MapQueue, ValueSize: 8, MaxEntries: 3},
		{Name: "stack", Type: bpf.MapStack, ValueSize: 12, MaxEntries: 3},
		{Name: "ring", Type: bpf.MapRingbuf, MaxEntries: 4096},
		{Name: "locks", Type: bpf.MapArray, KeySize: 4, ValueSize: 24, MaxEntries: 2,
			Special: []frontend.Special{{Kind: frontend.SpecialSpinLock, Name: "bpf_spin_lock", Size: 4}}},
		{Name: "events", Type: bpf.MapPerfEvent, KeySize: 4, ValueSize: 4, MaxEntries: 4},
	}
}

// plan decides how many programs there are, and adds the program array that
// several need.
func (w *world) plan() int {
	row := table.MapTypeOf(bpf.MapProgArray)
	if row == nil || row.Status != table.Supported || w.hasHelper("tail_call") == nil || w.hook.Memory || w.c.IntN(6) != 5 {
		return 1
	}
	n := 1 + w.c.IntN(3)
	m := &frontend.Map{Name: "progs", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: progSlots}
	for k := range progSlots - 1 { // the last one stays empty
		m.Slots = append(m.Slots, frontend.Slot{Index: k, Map: -1, Program: programName(w.c.IntN(n))})
	}
	w.object.Maps = append(w.object.Maps, m)
	return n
}

// someMap is one of the maps that have keys.
func (g *gen) someMap() (int, *frontend.Map) {
	m := []int{mapArray, mapArray, mapHash, mapHash, mapHash4, mapOdd, mapPercpu, mapPercpu, mapPercpuHash, mapLRU}[g.n(10)]
	return m, g.object.Maps[m]
}

// memoryArg makes dst, one of r1 to r5, the address of n bytes that can be
// read: of the stack, or of memory that a register from r6 on points to. It is
// false when there is no place; then nothing is emitted that matters.
func (g *gen) memoryArg(dst bpf.Reg, n int) bool {
	var l []bpf.Reg
	for r := bpf.R6; r <= bpf.R9; r++ {
		if v := g.s.regs[r]; v.kind == memory && v.hi-v.lo >= n {
			l = append(l, r)
		}
	}
	if len(l) > 0 && g.one(3) {
		r := l[g.n(len(l))]
		v := g.s.regs[r]
		off := v.lo + g.n(v.hi-v.lo-n+1)
		if v.strict {
			off -= mod(off, 8)
		}
		if off >= v.lo && v.align >= 8 || off >= v.lo && !v.strict {
			g.move(dst, r)
			if off != 0 {
				g.immediate(bpf.OpAdd, dst, int64(off))
			}
			g.s.regs[dst] = value{}
			return true
		}
	}
	off, ok := g.ready(n)
	if !ok {
		return false
	}
	g.address(dst, off)
	g.s.regs[dst] = value{}
	return true
}

// keyArg makes r2 the address of a key, mostly one of few. The array's are
// often in bounds.
func (g *gen) keyArg(m *frontend.Map) bool {
	if g.one(5) && m.Type != bpf.MapLRUHash {
		return g.memoryArg(bpf.R2, int(m.KeySize))
	}
	off, ok := g.ready(int(m.KeySize))
	if !ok {
		return false
	}
	limit := []int64{0, 1, 3, 3, 7}[g.n(5)]
	w := uint8(4)
	if m.KeySize == 8 {
		w = 8
	}
	if g.one(2) {
		g.emit(bpf.Instruction{Op: bpf.OpStore, Width: w, Dst: bpf.R10, Off: int32(off), Src: bpf.RegImm, Imm: limit})
	} else {
		r := bpf.R5
		g.s.regs[r] = value{kind: number} // its number serves, or a constant
		src := g.argNumber()
		if src != r {
			g.move(r, src)
		}
		g.immediate(bpf.OpAnd, r, limit)
		g.s.regs[r] = value{kind: number}
		g.emit(bpf.Instruction{Op: bpf.OpStore, Width: w, Dst: bpf.R10, Off: int32(off), Src: r})
	}
	g.address(bpf.R2, off)
	g.s.regs[bpf.R2] = value{}
	return true
}

// argNumber is a register with a number that is not r5, or r5 with a constant.
func (g *gen) argNumber() bpf.Reg {
	g.s.regs[bpf.R5] = value{}
	if r, ok := g.any(isNumber); ok {
		return r
	}
	g.set(bpf.R5, g.constant())
	return bpf.R5
}

// keyed puts a map into r1 and the address of a key into r2, for a call; false
// when there can be none.
func (g *gen) keyed() (m *frontend.Map, ok bool) {
	if g.callPinned() {
		return nil, false
	}
	k, m := g.someMap()
	if !g.keyArg(m) {
		return nil, false
	}
	g.mapOf(bpf.R1, k)
	return m, true
}

// lookup finds a value and uses it where it is there.
func (g *gen) lookup() {
	m, ok := g.keyed()
	if !ok {
		return
	}
	g.helper(1)
	found := value{kind: memory, hi: int(m.ValueSize), align: 8, hash: m.Type != bpf.MapArray && m.Type != bpf.MapPercpuArray}
	p := bpf.R0
	if g.one(2) {
		p = g.scratch()
		g.binary(bpf.OpMov, p, bpf.R0)
		g.s.regs[p] = value{}
	}
	holds := func() {
		g.s.regs[bpf.R0] = found
		g.s.regs[p] = found
	}
	tested := []bpf.Reg{bpf.R0, p}[g.n(2)]
	if g.owing == 0 && g.nesting < 3 && g.one(3) {
		at := g.jump(bpf.OpJne, 8, tested, bpf.RegImm, 0)
		before := g.s
		g.result(false)
		g.land(at)
		g.s = before
		holds()
		g.access(p)
		return
	}
	at := g.jump(bpf.OpJeq, 8, tested, bpf.RegImm, 0)
	before := g.s
	holds()
	g.access(p)
	if g.nesting < 4 && g.one(2) {
		g.nesting++
		g.step()
		g.nesting--
	}
	g.land(at)
	g.s = merge(&before, &g.s)
}

// update writes an element, with flags that matter.
func (g *gen) update() {
	if g.callPinned() {
		return
	}
	k, m := g.someMap()
	if !g.memoryArg(bpf.R3, int(m.ValueSize)) || !g.keyArg(m) {
		return
	}
	g.set(bpf.R4, []int64{0, 0, 0, 1, 2, 3}[g.n(6)])
	g.mapOf(bpf.R1, k)
	g.helper(2)
	g.changed()
}

// changed records the result of a helper that changed a map.
func (g *gen) changed() {
	g.s.regs[0] = value{kind: number}
	g.replaced()
}

// replaced drops pointers to values that the kernel may use again.
func (g *gen) replaced() {
	if g.opt.Kernel {
		g.s.forget(func(v value) bool { return v.hash })
	}
}

// remove deletes an element.
func (g *gen) remove() {
	if _, ok := g.keyed(); !ok {
		return
	}
	g.helper(3)
	g.changed()
}

// global makes a register the address of a variable.
func (g *gen) global() {
	m := []int{mapData, mapRodata}[g.n(2)]
	size := int(g.object.Maps[m].ValueSize)
	off := []int{0, 8, 4, g.n(size)}[g.n(4)]
	p := g.scratch()
	g.emit(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMapValue, Dst: p, Src: bpf.RegImm, Imm: int64(m), Off: int32(off)})
	align := 8
	for off%align != 0 {
		align /= 2
	}
	g.s.regs[p] = value{kind: memory, hi: size - off, align: align, readonly: m == mapRodata}
	if g.one(2) {
		g.access(p)
	}
}

// checksum is csum_diff of bytes.
func (g *gen) checksum() {
	h := g.hasHelper("csum_diff")
	if h == nil || !h.Offered(g.hook) || g.callPinned() {
		return
	}
	g.s.regs[bpf.R5] = value{kind: number}
	seed := g.argNumber()
	if seed != bpf.R5 {
		g.move(bpf.R5, seed)
	}
	// r5 is out of the way of what follows.
	for k, dst := range []bpf.Reg{bpf.R1, bpf.R3} {
		n := 4 * g.n(4)
		if n == 0 && k == 0 {
			g.set(dst, 0)
		} else if !g.memoryArg(dst, max(n, 4)) {
			return
		}
		g.set(dst+1, int64(n))
		g.s.regs[dst], g.s.regs[dst+1] = value{}, value{}
	}
	g.helper(h.ID)
	g.s.regs[0] = value{kind: number}
}
