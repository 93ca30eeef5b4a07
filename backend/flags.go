package backend

import "iter"

// reuseFlags drops compares whose flags are there already: a block with one
// predecessor that ends with the same compare of the same registers. Switches
// become chains of branches on one compare. A test for <= K in front of a
// comparison with K+1 is made the test for < K+1 that it equals.
func reuseFlags(f *Func) {
	used := make(map[*Instr]bool) // compares that later blocks rely on
	for _, b := range f.Blocks {
		i, written := firstCompare(f, b)
		if i < 0 {
			continue
		}
		in := &b.Insts[i]
		from, before := lastCompare(f, b, &written)
		if before == nil || written.Has(in.Args[0]) || in.Args[1] != 0 && written.Has(in.Args[1]) {
			continue
		}
		if before.Op != in.Op || before.Args != in.Args {
			continue
		}
		if before.Imm != in.Imm && (used[before] || !makeStrict(f, from, before, in)) {
			continue
		}
		used[before] = true
		b.Insts = append(b.Insts[:i:i], b.Insts[i+1:]...)
	}
}

// firstCompare returns the index of a compare that nothing in front of it in b
// keeps from using older flags, and the registers written before it.
func firstCompare(f *Func, b *Block) (int, RegSet) {
	written := RegSet(0)
	for i := range b.Insts {
		in := &b.Insts[i]
		row := &f.Target.Ops[in.Op]
		if row.Compare != 0 && in.Mem == (Addr{}) {
			return i, written
		}
		if row.WritesFlags || row.Call {
			return -1, 0
		}
		written |= 1<<in.Dst | 1<<in.Temp | row.Clobbers
		if in.Op == OpSwap {
			written |= Regs(in.Args[0], in.Args[1])
		}
	}
	return -1, 0
}

// lastCompare returns the compare whose flags hold when b begins and the block
// that it ends. It adds the registers written since.
func lastCompare(f *Func, b *Block, written *RegSet) (*Block, *Instr) {
	for len(b.Preds) == 1 {
		b = b.Preds[0]
		for i := len(b.Insts) - 1; i >= 0; i-- {
			in := &b.Insts[i]
			row := &f.Target.Ops[in.Op]
			switch {
			case row.Compare != 0 && in.Mem == (Addr{}):
				return b, in
			case row.WritesFlags || row.Call:
				return nil, nil
			}
			*written |= 1<<in.Dst | 1<<in.Temp | row.Clobbers
			if in.Op == OpSwap {
				*written |= Regs(in.Args[0], in.Args[1])
			}
		}
	}
	return nil, nil
}

// makeStrict changes the compare that ends block b to the immediate of next,
// one more, when b's branch can ask for < instead of <=.
func makeStrict(f *Func, b *Block, before, next *Instr) bool {
	t := f.Target
	end := b.last()
	if t.Ops[before.Op].Compare != CompareImm || !t.Ops[end.Op].Branch {
		return false
	}
	if before.Imm+1 != next.Imm || before.Imm == -1 || before.Imm == 1<<31-1 {
		return false
	}
	for in := range after(b, before) {
		if in != end && t.Ops[in.Op].ReadsFlags {
			return false
		}
	}
	c, ok := end.Cond.strict()
	if !ok {
		return false
	}
	end.Cond = c
	before.Imm = next.Imm
	return true
}

// after yields the instructions of b behind in.
func after(b *Block, in *Instr) iter.Seq[*Instr] {
	return func(yield func(*Instr) bool) {
		seen := false
		for i := range b.Insts {
			if seen && !yield(&b.Insts[i]) {
				return
			}
			seen = seen || &b.Insts[i] == in
		}
	}
}
