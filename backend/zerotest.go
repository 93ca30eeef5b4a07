package backend

// dropZeroTests drops the test of a register for 0 behind the instruction that
// computed it, when that has set the flags accordingly and the branch behind
// it asks for nothing else. Counters count down to 0 this way.
func dropZeroTests(f *Func) {
	for _, b := range f.Blocks {
		n := len(b.Insts) - 2 // the test stands in front of the branch
		end := b.last()
		if n < 1 || !f.Target.Ops[end.Op].Branch || end.Cond != CondEQ && end.Cond != CondNE {
			continue
		}
		in := &b.Insts[n]
		width := f.Target.Ops[in.Op].ZeroTest
		if width == 0 || in.Args[0] != in.Args[1] || !zeroFlag(f, b, n, width) {
			continue
		}
		b.Insts = append(b.Insts[:n:n], b.Insts[n+1:]...)
	}
}

// zeroFlag reports whether, at instruction n of b, the flags say already
// whether the register that it tests is 0.
func zeroFlag(f *Func, b *Block, n int, width uint8) bool {
	r := b.Insts[n].Args[0]
	for i := n - 1; i >= 0; i-- {
		in := &b.Insts[i]
		row := &f.Target.Ops[in.Op]
		written := 1<<in.Dst | 1<<in.Temp | row.Clobbers
		if in.Op == OpSwap {
			written |= Regs(in.Args[0], in.Args[1])
		}
		switch {
		case row.Zero != 0 && in.Dst == r:
			// A 32-bit result has no upper half.
			return row.Zero == width || row.Zero == 4 && width == 8
		case row.WritesFlags || row.Call || written.Has(r):
			return false
		}
	}
	return false
}
