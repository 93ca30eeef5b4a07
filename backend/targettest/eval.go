package targettest

import (
	"encoding/binary"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/ir"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Places of the evaluator's memory. The running code has its own addresses,
// so results must not depend on them.
const (
	frameBase = 0x10000000
	bufBase   = 0x20000000
	slotsBase = 0x30000000

	frameSize = abi.OffStack + abi.MaxDepth*abi.StackSize
	// BufSize is the number of bytes in the buffer that a case works on.
	BufSize = 256
)

// maxSteps bounds an evaluation.
const maxSteps = 1 << 20

// machine is the memory of one evaluation.
type machine struct {
	program *ir.Program
	frame   [frameSize]byte
	buf     [BufSize]byte
	slots   [2 * abi.SlotSize]byte
	steps   int
}

// newMachine fills memory as the runner does.
func newMachine(p *ir.Program, in Input) *machine {
	m := &machine{program: p}
	for i := range m.buf {
		m.buf[i] = pattern(i)
	}
	put := func(off int, x uint64) { binary.LittleEndian.PutUint64(m.frame[off:], x) }
	put(abi.OffSlots, slotsBase)
	put(abi.OffData, bufBase)
	put(abi.OffDataEnd, bufBase+BufSize)
	put(abi.OffDataMeta, bufBase)
	for i, x := range in {
		put(abi.OffCtx+8*i, x)
	}
	for i := range 2 {
		s := m.slots[i*abi.SlotSize:]
		binary.LittleEndian.PutUint64(s[abi.SlotMap:], uint64(mapNumber+i))
		binary.LittleEndian.PutUint64(s[abi.SlotValues:], uint64(bufBase+64*i))
		binary.LittleEndian.PutUint64(s[abi.SlotMax:], uint64(mapEntries+i))
		binary.LittleEndian.PutUint64(s[abi.SlotStep:], uint64(mapStep+i))
	}
	return m
}

// mapNumber, mapEntries and mapStep are what the slots of map 0 hold; map 1 has
// one more of each.
const (
	mapNumber  = 0x7777
	mapEntries = 5
	mapStep    = 0x1230
)

// pattern is byte i of the buffer at the beginning.
func pattern(i int) byte { return byte(i*37 + 11) }

// at returns size bytes of memory.
func (m *machine) at(addr uint64, size int) []byte {
	for _, r := range []struct {
		base uint64
		mem  []byte
	}{{frameBase, m.frame[:]}, {bufBase, m.buf[:]}, {slotsBase, m.slots[:]}} {
		if off := addr - r.base; off < uint64(len(r.mem)) && off+uint64(size) <= uint64(len(r.mem)) {
			return r.mem[off : off+uint64(size)]
		}
	}
	panic(fmt.Sprintf("targettest: access of %d bytes at %#x", size, addr))
}

func (m *machine) load(addr uint64, size int) uint64 {
	var b [8]byte
	copy(b[:], m.at(addr, size))
	return binary.LittleEndian.Uint64(b[:])
}

func (m *machine) store(addr uint64, size int, x uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], x)
	copy(m.at(addr, size), b[:size])
}

// call is one activation of a function.
type call struct {
	m    *machine
	f    *ir.Func
	vals []uint64
	base uint64 // r10
	args []uint64
}

// run evaluates f.
func (m *machine) run(f *ir.Func, base uint64, args []uint64) uint64 {
	c := &call{m: m, f: f, vals: make([]uint64, f.NumIDs), base: base, args: args}
	for off := f.ZeroLo; off < f.ZeroHi; off++ {
		m.store(base+uint64(int64(off)), 1, 0)
	}
	b := f.Blocks[0]
	for {
		for _, v := range b.Values {
			if m.steps++; m.steps > maxSteps {
				panic("targettest: " + f.Name + " does not end")
			}
			c.vals[v.ID] = c.value(v)
		}
		var e ir.Edge
		switch b.Kind {
		case ir.BlockRet:
			return c.vals[b.Ctl.ID]
		case ir.BlockJump:
			e = b.Succs[0]
		case ir.BlockIf:
			e = b.Succs[1]
			if c.vals[b.Ctl.ID] != 0 {
				e = b.Succs[0]
			}
		}
		next := make([]uint64, len(e.Args))
		for i, a := range e.Args {
			next[i] = c.vals[a.ID]
		}
		for i, p := range e.To.Params {
			c.vals[p.ID] = next[i]
		}
		b = e.To
	}
}

func (c *call) arg(v *ir.Value, i int) uint64 {
	if i >= len(v.Args) {
		return 0
	}
	return c.vals[v.Args[i].ID]
}

func (c *call) value(v *ir.Value) uint64 {
	m := c.m
	row := v.Op.Row()
	if v.Op.Foldable() {
		return ir.Eval(v.Op, c.arg(v, 0), c.arg(v, 1), c.arg(v, 2))
	}
	switch v.Op {
	case ir.OpConst:
		return uint64(v.Imm)
	case ir.OpFrame:
		return frameBase
	case ir.OpArg:
		return c.args[v.Imm]
	case ir.OpStackAddr:
		return c.base + uint64(v.Imm)
	case ir.OpMapPtr:
		return m.load(slotsBase+uint64(v.Imm)*abi.SlotSize+abi.SlotMap, 8)
	case ir.OpMapValues:
		return m.load(slotsBase+uint64(v.Imm)*abi.SlotSize+abi.SlotValues, 8)
	case ir.OpMapMax:
		return m.load(slotsBase+uint64(v.Imm)*abi.SlotSize+abi.SlotMax, 8)
	case ir.OpMapStep:
		return m.load(slotsBase+uint64(v.Imm)*abi.SlotSize+abi.SlotStep, 8)
	case ir.OpCtxLoad:
		off, size := ctxPlace(v.Imm)
		return m.load(frameBase+uint64(off), size)
	case ir.OpCtxStore:
		off, size := ctxPlace(v.Imm)
		shift := 64 - 8*size
		m.store(frameBase+uint64(off), 8, c.arg(v, 0)<<shift>>shift)
		return 0
	case ir.OpCall:
		return helper(v.Sym, c.all(v))
	case ir.OpCallFunc:
		return m.run(v.Fn, c.base+uint64(v.Imm), c.all(v))
	}
	switch row.Class {
	case ir.ClassLoad, ir.ClassStore, ir.ClassAtomic:
		return c.access(v, row)
	}
	return 0
}

func (c *call) all(v *ir.Value) []uint64 {
	args := make([]uint64, len(v.Args))
	for i := range args {
		args[i] = c.arg(v, i)
	}
	return args
}

// access evaluates loads, stores and atomics.
func (c *call) access(v *ir.Value, row *ir.Row) uint64 {
	m, size := c.m, int(row.Width)
	addr := c.arg(v, 0) + uint64(v.Imm)
	b := c.arg(v, 1)
	if row.Class == ir.ClassStore || v.Op >= ir.OpStoreRel8 && v.Op <= ir.OpStoreRel64 {
		m.store(addr, size, b)
		return 0
	}
	old := m.load(addr, size)
	shift := 64 - 8*size
	switch {
	case row.Signed:
		return uint64(int64(old) << shift >> shift)
	case row.Class == ir.ClassLoad, v.Op >= ir.OpLoadAcq8 && v.Op <= ir.OpLoadAcq64:
		return old
	}
	switch v.Op {
	case ir.OpAtomAdd32, ir.OpAtomAdd64, ir.OpFetchAdd32, ir.OpFetchAdd64:
		m.store(addr, size, old+b)
	case ir.OpAtomOr32, ir.OpAtomOr64, ir.OpFetchOr32, ir.OpFetchOr64:
		m.store(addr, size, old|b)
	case ir.OpAtomAnd32, ir.OpAtomAnd64, ir.OpFetchAnd32, ir.OpFetchAnd64:
		m.store(addr, size, old&b)
	case ir.OpAtomXor32, ir.OpAtomXor64, ir.OpFetchXor32, ir.OpFetchXor64:
		m.store(addr, size, old^b)
	case ir.OpXchg32, ir.OpXchg64:
		m.store(addr, size, b)
	case ir.OpCmpxchg32, ir.OpCmpxchg64:
		if old == b<<shift>>shift {
			m.store(addr, size, c.arg(v, 2))
		}
	default:
		panic("targettest: no evaluation of " + v.Op.String())
	}
	return old
}

// helper is what the runner's functions compute: Mix0 to Mix5.
func helper(sym string, args []uint64) uint64 {
	h := uint64(len(args)) + 1
	for _, a := range args {
		h = h*0x9e3779b97f4a7c15 + a
	}
	return h
}

// summary is the number that stands for all memory that a case may change.
func (m *machine) summary() uint64 {
	h := uint64(14695981039346656037)
	add := func(b []byte) {
		for _, x := range b {
			h = (h ^ uint64(x)) * 1099511628211
		}
	}
	add(m.buf[:])
	add(m.frame[abi.OffCtx : abi.OffStack+2*abi.StackSize])
	return h
}
