package interp

import "github.com/bpf2go-native/bpf2go-native/bpf"

// conditions are the comparisons of RFC 9669 §4.3; s and t are the operands
// as signed numbers.
var conditions = [bpf.NumOps]func(a, b uint64, s, t int64) bool{
	bpf.OpJeq:  func(a, b uint64, _, _ int64) bool { return a == b },
	bpf.OpJne:  func(a, b uint64, _, _ int64) bool { return a != b },
	bpf.OpJgt:  func(a, b uint64, _, _ int64) bool { return a > b },
	bpf.OpJge:  func(a, b uint64, _, _ int64) bool { return a >= b },
	bpf.OpJlt:  func(a, b uint64, _, _ int64) bool { return a < b },
	bpf.OpJle:  func(a, b uint64, _, _ int64) bool { return a <= b },
	bpf.OpJsgt: func(_, _ uint64, s, t int64) bool { return s > t },
	bpf.OpJsge: func(_, _ uint64, s, t int64) bool { return s >= t },
	bpf.OpJslt: func(_, _ uint64, s, t int64) bool { return s < t },
	bpf.OpJsle: func(_, _ uint64, s, t int64) bool { return s <= t },
	bpf.OpJset: func(a, b uint64, _, _ int64) bool { return a&b != 0 },
}

func (r *run) jump(i *bpf.Instruction) error {
	r.pc = i.Target(r.at)
	return nil
}

// branch compares the whole registers or their low halves; the sign of a
// half is its own.
func (r *run) branch(i *bpf.Instruction) error {
	x, err := r.read(i.Dst)
	if err != nil {
		return err
	}
	y, err := r.operand(i)
	if err != nil {
		return err
	}
	a, b := truncate(x.Bits, int(i.Width)), truncate(y.Bits, int(i.Width))
	if conditions[i.Op](a, b, int64(extend(a, int(i.Width))), int64(extend(b, int(i.Width)))) {
		r.pc = i.Target(r.at)
	}
	return nil
}

// mayGoto jumps when the function's budget is spent (linux/bpf.h, BPF_JCOND).
func (r *run) mayGoto(i *bpf.Instruction) error {
	f := &r.depth[len(r.depth)-1]
	if f.MayGotos >= r.m.opt.MayGoto {
		r.pc = i.Target(r.at)
		return nil
	}
	f.MayGotos++
	return nil
}

func (r *run) exit(*bpf.Instruction) error { return r.leave() }
