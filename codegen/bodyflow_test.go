package codegen

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// runFunc interprets a function of pure operations, for comparison. Its block
// parameters are assigned all at once. ok is false after too many steps.
func runFunc(f *ir.Func, args []uint64) (result uint64, ok bool) {
	values := make([]uint64, f.NumIDs)
	block := f.Blocks[0]
	for range 1000 {
		for _, v := range block.Values {
			switch v.Op {
			case ir.OpConst:
				values[v.ID] = uint64(v.Imm)
			case ir.OpArg:
				values[v.ID] = args[v.Imm]
			default:
				var a [3]uint64
				for i, arg := range v.Args {
					a[i] = values[arg.ID]
				}
				values[v.ID] = ir.Eval(v.Op, a[0], a[1], a[2])
			}
		}
		var e ir.Edge
		switch {
		case block.Kind == ir.BlockRet:
			return values[block.Ctl.ID], true
		case block.Kind == ir.BlockIf && values[block.Ctl.ID] == 0:
			e = block.Succs[1]
		default:
			e = block.Succs[0]
		}
		next := make([]uint64, len(e.Args))
		for i, a := range e.Args {
			next[i] = values[a.ID]
		}
		for i, p := range e.To.Params {
			values[p.ID] = next[i]
		}
		block = e.To
	}
	return 0, false
}

// randomFunc makes a function of random control flow: blocks in a row, each
// with parameters, whose edges go anywhere. Values are used in the blocks that
// their definition dominates: here the entry's everywhere, and a block's own.
func randomFunc(r *rand.Rand, name string) *ir.Func {
	f := &ir.Func{Name: name, NumArgs: 3}
	blocks := make([]*ir.Block, 3+r.IntN(6))
	for i := range blocks {
		blocks[i] = f.NewBlock(i)
		for range r.IntN(5) {
			if i > 0 {
				f.NewParam(blocks[i], ir.TypeInt, 0)
			}
		}
	}
	var shared []*ir.Value // of the entry
	for i := range 3 {
		shared = append(shared, f.NewValue(blocks[0], ir.OpArg, 0, int64(i)))
	}
	shared = append(shared, f.NewValue(blocks[0], ir.OpConst, 0, 3), f.NewValue(blocks[0], ir.OpConst, 0, -1))
	ops := []ir.Op{ir.OpAdd64, ir.OpSub64, ir.OpXor64, ir.OpMul32, ir.OpUlt64, ir.OpSlt32, ir.OpSelect, ir.OpShr64, ir.OpAnd64, ir.OpRotl64, ir.OpSub32}
	for i, b := range blocks {
		known := append(append([]*ir.Value(nil), shared...), b.Params...)
		pick := func() *ir.Value { return known[len(known)-1-r.IntN(len(known))] }
		for range 1 + r.IntN(8) {
			op := ops[r.IntN(len(ops))]
			args := make([]*ir.Value, op.Row().Args)
			for j := range args {
				args[j] = pick()
			}
			known = append(known, f.NewValue(b, op, i, 0, args...))
		}
		if i == 0 {
			shared = known
		}
		edge := func() ir.Edge {
			e := ir.Edge{To: blocks[1+r.IntN(len(blocks)-1)]}
			for range e.To.Params {
				e.Args = append(e.Args, pick())
			}
			e.To.Preds = append(e.To.Preds, b)
			return e
		}
		switch n := r.IntN(10); {
		case n < 2 && i > 0 || i == len(blocks)-1:
			b.Kind, b.Ctl = ir.BlockRet, pick()
		case n < 4:
			b.Kind, b.Succs = ir.BlockJump, []ir.Edge{edge()}
		default:
			b.Kind, b.Ctl, b.Succs = ir.BlockIf, pick(), []ir.Edge{edge(), edge()}
		}
	}
	return f
}

// TestFlow compares random functions, whose loops run until they end or a step
// limit of the interpreter is reached, with their Go bodies.
func TestFlow(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var c cases
	c.add("entry", 0, func(f *ir.Func, _ *ir.Block, _ []*ir.Value) *ir.Value { return f.Const(0) }).Entry = true
	for i := range 400 {
		f := randomFunc(r, fmt.Sprintf("flow%d", i))
		before := len(c.calls)
		for range 20 {
			args := []uint64{interesting[r.IntN(len(interesting))], r.Uint64(), uint64(r.IntN(8))}
			if want, ok := runFunc(f, args); ok {
				c.calls = append(c.calls, opCase{f, args, want})
			}
		}
		if len(c.calls) > before {
			c.program.Funcs = append(c.program.Funcs, f)
		}
	}
	if len(c.program.Funcs) < 200 {
		t.Fatalf("only %d functions end", len(c.program.Funcs))
	}
	runBodies(t, &c.program, c.test())
}

// TestSwap is the classic of parallel copies: a loop that exchanges its
// parameters.
func TestSwap(t *testing.T) {
	f := &ir.Func{Name: "swap", NumArgs: 3}
	entry, head, done := f.NewBlock(0), f.NewBlock(1), f.NewBlock(2)
	a, b, n := f.NewValue(entry, ir.OpArg, 0, 0), f.NewValue(entry, ir.OpArg, 0, 1), f.NewValue(entry, ir.OpArg, 0, 2)
	x, y, i := f.NewParam(head, ir.TypeInt, 0), f.NewParam(head, ir.TypeInt, 0), f.NewParam(head, ir.TypeInt, 0)
	less := f.NewValue(head, ir.OpSub64, 1, 0, i, f.Const(1))
	entry.Kind, entry.Succs = ir.BlockJump, []ir.Edge{{To: head, Args: []*ir.Value{a, b, n}}}
	head.Kind, head.Ctl, head.Succs = ir.BlockIf, i, []ir.Edge{{To: head, Args: []*ir.Value{y, x, less}}, {To: done}}
	done.Kind, done.Ctl = ir.BlockRet, x
	var c cases
	c.add("entry", 0, func(f *ir.Func, _ *ir.Block, _ []*ir.Value) *ir.Value { return f.Const(0) }).Entry = true
	c.program.Funcs = append(c.program.Funcs, f)
	for n, want := range []uint64{7, 9, 7, 9} {
		c.calls = append(c.calls, opCase{f, []uint64{7, 9, uint64(n)}, want})
	}
	runBodies(t, &c.program, c.test())
}

// memory adds one subprogram for each operation on memory: its arguments are
// the address and the operands.
func (c *cases) memory() {
	for op := ir.OpLoad8; op <= ir.OpStoreRel64; op++ {
		if op == ir.OpCtxLoad || op == ir.OpCtxStore {
			continue
		}
		c.add(op.String(), op.Row().Args, func(f *ir.Func, b *ir.Block, args []*ir.Value) *ir.Value {
			v := f.NewValue(b, op, 0, 0, args...)
			v.Imm = -8
			if v.Type != ir.TypeInt {
				return f.Const(0)
			}
			return v
		})
	}
	for op := ir.OpLoad8; op <= ir.OpStore64; op++ {
		c.add(op.String()+"_aligned", op.Row().Args, func(f *ir.Func, b *ir.Block, args []*ir.Value) *ir.Value {
			args[0] = f.NewValue(b, ir.OpAnd64, 0, 0, args[0], f.Const(^uint64(7)))
			v := f.NewValue(b, op, 0, 8, args...)
			if v.Type != ir.TypeInt {
				return f.Const(0)
			}
			return v
		})
	}
	c.add("ctx", 1, func(f *ir.Func, b *ir.Block, args []*ir.Value) *ir.Value {
		sum := f.NewValue(b, ir.OpCtxLoad, 0, 3)
		f.NewValue(b, ir.OpCtxStore, 0, 3, args[0])
		for i := range int64(4) {
			sum = f.NewValue(b, ir.OpAdd64, 0, 0, sum, f.NewValue(b, ir.OpCtxLoad, 0, i))
		}
		return sum
	})
	zero := c.add("zero", 0, func(f *ir.Func, b *ir.Block, _ []*ir.Value) *ir.Value {
		addr := f.NewValue(b, ir.OpStackAddr, 0, -24)
		return f.NewValue(b, ir.OpAdd64, 0, 0, f.NewValue(b, ir.OpLoad64, 0, 0, addr), f.NewValue(b, ir.OpLoad64, 0, 8, addr))
	})
	zero.ZeroLo, zero.ZeroHi = -24, -16
}

// memoryTest checks them: at every alignment for plain accesses.
const memoryTest = `
func call(t *testing.T, name string, got, want uint64) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %#x, want %#x", name, got, want)
	}
}

var mem = new([8]uint64)

var pattern = uint64(0x8182838485868788)

func TestPlain(t *testing.T) {
	for off := uint64(0); off < 8; off++ {
		a := uint64(uintptr(unsafe.Pointer(mem))) + 8 + off
		b := unsafe.Slice((*byte)(unsafe.Pointer(mem)), 64)
		for i := range b {
			b[i] = byte(0x80 + i)
		}
		first := uint64(0x80 + off)
		call(t, "load8", op_entry_load8(nil, 0, a), first)
		call(t, "load16", op_entry_load16(nil, 0, a), first|(first+1)<<8)
		call(t, "load32", op_entry_load32(nil, 0, a), first*0x01010101+0x03020100)
		call(t, "load64", op_entry_load64(nil, 0, a), first*0x0101010101010101+0x0706050403020100)
		call(t, "loads8", op_entry_loads8(nil, 0, a), first|0xffffffffffffff00)
		call(t, "loads16", op_entry_loads16(nil, 0, a), first|(first+1)<<8|0xffffffffffff0000)
		call(t, "loads32", op_entry_loads32(nil, 0, a), first*0x01010101+0x03020100|0xffffffff00000000)
		for n, store := range []func(*abi.Frame, uint64, uint64, uint64) uint64{1: op_entry_store8, 2: op_entry_store16, 4: op_entry_store32, 8: op_entry_store64} {
			if store == nil {
				continue
			}
			*mem = [8]uint64{}
			store(nil, 0, a, pattern)
			for i, x := range b {
				want := byte(0)
				if i >= int(off) && i < int(off)+n {
					want = byte(pattern >> (8 * (i - int(off))))
				}
				if x != want {
					t.Errorf("store of %d at %d: byte %d is %#x, want %#x", n, off, i, x, want)
				}
			}
		}
	}
}

func TestAligned(t *testing.T) {
	a := uint64(uintptr(unsafe.Pointer(mem)))
	mem[1] = pattern
	call(t, "load8", op_entry_load8_aligned(nil, 0, a+5), pattern&0xff)
	call(t, "load16", op_entry_load16_aligned(nil, 0, a+5), pattern&0xffff)
	call(t, "load32", op_entry_load32_aligned(nil, 0, a+5), pattern&0xffffffff)
	call(t, "load64", op_entry_load64_aligned(nil, 0, a+5), pattern)
	call(t, "loads8", op_entry_loads8_aligned(nil, 0, a+5), pattern|0xffffffffffffff00)
	call(t, "loads16", op_entry_loads16_aligned(nil, 0, a+5), pattern|0xffffffffffff0000)
	call(t, "loads32", op_entry_loads32_aligned(nil, 0, a+5), pattern|0xffffffff00000000)
	const v = 0x1112131415161718
	op_entry_store8_aligned(nil, 0, a+3, v)
	call(t, "store8", mem[1], pattern&^0xff|v&0xff)
	op_entry_store16_aligned(nil, 0, a+3, v)
	call(t, "store16", mem[1], pattern&^0xffff|v&0xffff)
	op_entry_store32_aligned(nil, 0, a+3, v)
	call(t, "store32", mem[1], pattern&^0xffffffff|v&0xffffffff)
	op_entry_store64_aligned(nil, 0, a+3, v)
	call(t, "store64", mem[1], v)
}

func TestAtomic(t *testing.T) {
	a := uint64(uintptr(unsafe.Pointer(mem))) + 8
	const old, v = uint64(0xf0f0f0f0_fffffffe), uint64(0x0ff00ff0_00000003)
	const hi, lo32 = old &^ 0xffffffff, 0xffffffff
	type op2 = func(*abi.Frame, uint64, uint64, uint64) uint64
	for _, c := range []struct {
		name          string
		plain, fetch  op2
		want, fetched uint64
	}{
		{"add64", op_entry_atomadd64, op_entry_fetchadd64, 0x00e100e1_00000001, old},
		{"or64", op_entry_atomor64, op_entry_fetchor64, old | v, old},
		{"and64", op_entry_atomand64, op_entry_fetchand64, old & v, old},
		{"xor64", op_entry_atomxor64, op_entry_fetchxor64, old ^ v, old},
		{"xchg64", op_entry_xchg64, op_entry_xchg64, v, old},
		{"add32", op_entry_atomadd32, op_entry_fetchadd32, hi | 1, old & lo32},
		{"or32", op_entry_atomor32, op_entry_fetchor32, hi | (old|v)&lo32, old & lo32},
		{"and32", op_entry_atomand32, op_entry_fetchand32, hi | old&v&lo32, old & lo32},
		{"xor32", op_entry_atomxor32, op_entry_fetchxor32, hi | (old^v)&lo32, old & lo32},
		{"xchg32", op_entry_xchg32, op_entry_xchg32, hi | v&lo32, old & lo32},
	} {
		mem[0] = old
		c.plain(nil, 0, a, v)
		call(t, c.name, mem[0], c.want)
		mem[0] = old
		call(t, "fetch "+c.name, c.fetch(nil, 0, a, v), c.fetched)
		call(t, "fetch "+c.name, mem[0], c.want)
	}
	mem[0] = old
	call(t, "cmpxchg64 other", op_entry_cmpxchg64(nil, 0, a, 1, 2), old)
	call(t, "cmpxchg64 other", mem[0], old)
	call(t, "cmpxchg64", op_entry_cmpxchg64(nil, 0, a, old, 2), old)
	call(t, "cmpxchg64", mem[0], 2)
	mem[0] = old
	call(t, "cmpxchg32 other", op_entry_cmpxchg32(nil, 0, a, 1, 2), old&lo32)
	call(t, "cmpxchg32", op_entry_cmpxchg32(nil, 0, a, old, 2), old&lo32)
	call(t, "cmpxchg32", mem[0], hi|2)
}

func TestOrdered(t *testing.T) {
	a := uint64(uintptr(unsafe.Pointer(mem))) + 8
	for off := uint64(0); off < 8; off++ {
		mem[0] = pattern
		x := pattern >> (8 * off)
		call(t, "loadacq8", op_entry_loadacq8(nil, 0, a+off), x&0xff)
		op_entry_storerel8(nil, 0, a+off, 0xabcd)
		call(t, "storerel8", mem[0], pattern&^(0xff<<(8*off))|0xcd<<(8*off))
		mem[0] = pattern
		if off%2 == 0 {
			call(t, "loadacq16", op_entry_loadacq16(nil, 0, a+off), x&0xffff)
			op_entry_storerel16(nil, 0, a+off, 0x1abcd)
			call(t, "storerel16", mem[0], pattern&^(0xffff<<(8*off))|0xabcd<<(8*off))
			mem[0] = pattern
		}
		if off%4 == 0 {
			call(t, "loadacq32", op_entry_loadacq32(nil, 0, a+off), x&0xffffffff)
			op_entry_storerel32(nil, 0, a+off, 0x1_89abcdef)
			call(t, "storerel32", mem[0], pattern&^(0xffffffff<<(8*off))|0x89abcdef<<(8*off))
		}
	}
	mem[0] = pattern
	call(t, "loadacq64", op_entry_loadacq64(nil, 0, a), pattern)
	op_entry_storerel64(nil, 0, a, 5)
	call(t, "storerel64", mem[0], 5)
}

func TestContext(t *testing.T) {
	fr := &abi.Frame{Data: 1, DataEnd: 20, DataMeta: 300}
	fr.Ctx[3] = 4000
	call(t, "ctx", op_entry_ctx(fr, 0, 50000), 54321)
	call(t, "ctx", fr.Ctx[3], 50000)
}

func TestZero(t *testing.T) {
	for i := range mem {
		mem[i] = uint64(i + 1)
	}
	call(t, "zero", op_entry_zero(nil, uint64(uintptr(unsafe.Pointer(mem)))+32), 3)
	call(t, "zero", mem[0]<<32|mem[1]<<16|mem[2], 1<<32|3)
}
`

func TestMemory(t *testing.T) {
	var c cases
	c.add("entry", 0, func(f *ir.Func, _ *ir.Block, _ []*ir.Value) *ir.Value { return f.Const(0) }).Entry = true
	c.memory()
	runBodies(t, &c.program, memoryTest, "riscv64", "arm")
}
