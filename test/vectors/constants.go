package vectors

import (
	"math/rand/v2"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// constantsOf is an operation on registers whose values a compiler knows: dst,
// src, both, or one register that is both. It folds them, turns divisions into
// shifts and multiplications, drops what does nothing, and what it takes for
// granted must be so at the edges.
func constantsOf(row table.Op, width uint8, all bool) *family {
	f := named("const", row.Op, width)
	rng := rand.New(rand.NewPCG(uint64(row.Op), uint64(width)))
	for k := range len(edges) {
		if !all && k%3 != int(row.Op)%3 {
			continue
		}
		x, y := edges[k], edges[rng.IntN(len(edges))]
		dst := bpf.Reg(k) % bpf.R10
		src := (dst + 1 + bpf.Reg(k/10)) % bpf.R10
		f.known(row, width, dst, src, &x, nil)
		f.known(row, width, dst, src, nil, &x)
		f.known(row, width, dst, src, &x, &y)
		if k%4 == 0 {
			f.known(row, width, dst, dst, &x, nil)
		}
	}
	return f
}

// known adds an operation on dst and src with the values x and y, nil for what
// is in the input.
func (f *family) known(row table.Op, width uint8, dst, src bpf.Reg, x, y *uint64) {
	i := bpf.Instruction{Op: row.Op, Width: width, Dst: dst, Src: src}
	s := snippet{insns: []bpf.Instruction{i}, model: func(m *machine) {
		m.regs[dst] = arithmetic(i.Op, width, m.regs[dst], m.regs[src])
	}}
	if row.Class == table.ClassJump {
		i.Off = 2
		s = jumpOver(i)
	}
	run := s.model
	s.model = func(m *machine) {
		set(m, dst, x)
		set(m, src, y)
		run(m)
	}
	for _, c := range []struct {
		reg bpf.Reg
		n   *uint64
	}{{src, y}, {dst, x}} {
		if c.n != nil {
			wide := bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Dst: c.reg, Src: bpf.RegImm, Imm: int64(*c.n)}
			s.insns = append([]bpf.Instruction{wide, {}}, s.insns...)
		}
	}
	f.add(s)
}

func set(m *machine, r bpf.Reg, n *uint64) {
	if n != nil {
		m.regs[r] = *n
	}
}
