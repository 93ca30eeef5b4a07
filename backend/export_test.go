package backend

import "github.com/bpf2go-native/bpf2go-native/ir"

// Allocation is an allocated function, for tests that spoil it.
type Allocation struct {
	f       *Func
	virtual [][]Instr
}

// Allocate runs the stages up to allocation.
func Allocate(t *Target, p *ir.Program, fn *ir.Func) (*Allocation, error) {
	f, err := lowerFunc(t, p, fn)
	if err != nil {
		return nil, err
	}
	order(f)
	return &Allocation{f, allocate(f)}, nil
}

// Verify runs the proof.
func (a *Allocation) Verify() error { return verify(a.f, a.virtual) }

// Inserted calls spoil for each instruction that the allocator inserted, which
// is missing while it runs.
func (a *Allocation) Inserted(spoil func(op Op)) {
	for _, b := range a.f.Blocks {
		for i := range b.Insts {
			in := b.Insts[i]
			if in.Orig != nil {
				continue
			}
			b.Insts[i] = Instr{Op: OpMove, Dst: 1, Args: [3]Reg{1}}
			spoil(in.Op)
			b.Insts[i] = in
		}
	}
}

// Operands calls spoil for each register operand, which is another register
// while it runs.
func (a *Allocation) Operands(spoil func(op Op)) {
	for _, b := range a.f.Blocks {
		for i := range b.Insts {
			in := &b.Insts[i]
			var buf [5]*Reg
			for _, r := range in.operands(&buf) {
				old := *r
				*r = old%13 + 1
				if in.Orig != nil {
					spoil(in.Op)
				}
				*r = old
			}
		}
	}
}
