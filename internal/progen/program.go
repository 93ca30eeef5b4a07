package progen

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

func programName(k int) string { return fmt.Sprintf("p%d", k) }

// program writes a program of the object.
func (w *world) program(k, size int) *frontend.Program {
	g := &gen{world: w, self: k, gadgets: gadgets()}
	for _, d := range g.gadgets {
		g.weights += d.weight
	}
	g.tails = g.one(2)
	g.depths = depths[g.n(len(depths))]
	g.spare = size / 2
	entry := &fn{name: programName(k), budget: size * 2 / 3, depth: g.depths[0]}
	g.funcs = append(g.funcs, entry)
	for i := 0; i < len(g.funcs); i++ { // functions come in while others are written
		g.write(g.funcs[i])
	}
	return g.link()
}

// write writes the instructions of a function.
func (g *gen) write(f *fn) {
	g.f, g.s, g.pinned = f, state{}, [10]bool{}
	g.loops, g.nesting, g.owing = 0, 0, 0
	if f.sums {
		g.sum()
		return
	}
	if f.level == 0 {
		g.begin()
	} else {
		for k, p := range f.params {
			g.s.regs[bpf.R1+bpf.Reg(k)] = p
		}
	}
	for tries := 0; !g.full() && tries < 4*f.budget; tries++ {
		g.step()
	}
	g.result(f.level == 0 && !g.one(5) || g.one(2))
}

// begin saves the context and makes numbers.
func (g *gen) begin() {
	if g.hook.Memory {
		g.s.regs[bpf.R1] = value{kind: memory, hi: g.hook.MinLen, packet: true, start: true, align: 1}
		g.s.regs[bpf.R2] = value{kind: number, length: true}
		if !g.one(4) {
			e := bpf.R6 + bpf.Reg(g.n(4))
			g.move(e, bpf.R2)
			g.binary(bpf.OpAdd, e, bpf.R1)
			g.s.regs[e] = value{kind: end}
		}
	} else {
		g.s.regs[bpf.R1] = value{kind: ctx}
	}
	if !g.one(6) {
		if r := bpf.R6 + bpf.Reg(g.n(4)); g.s.regs[r].kind == none {
			g.move(r, bpf.R1)
		}
	}
	for range g.n(5) {
		if g.one(2) {
			g.set(g.target(), g.constant())
		} else {
			g.wide()
		}
	}
	for range g.n(3) {
		g.packet()
	}
}

// link puts the functions one behind the other.
func (g *gen) link() *frontend.Program {
	section := g.hook.Name
	if g.hook.MinLen > 0 {
		section = fmt.Sprintf("%s/%d", section, g.hook.MinLen)
	}
	p := &frontend.Program{Name: programName(g.self), Section: section, Hook: g.hook, Kfuncs: g.kfuncs}
	for _, f := range g.funcs {
		start := len(p.Insns)
		p.Insns = append(p.Insns, f.insns...)
		p.Funcs = append(p.Funcs, frontend.Func{Name: f.name, Start: start, End: len(p.Insns)})
	}
	for k, f := range g.funcs {
		for _, r := range f.refs {
			at := p.Funcs[k].Start + r.at
			p.Insns[at].Imm = int64(p.Funcs[r.fn].Start - at - 1)
		}
	}
	p.Lines = make([]frontend.Line, len(p.Insns))
	return p
}

// lengths of inputs that matter; Linux takes packets of 14 bytes and more.
var lengths = [...]int{0, 1, 7, 8, 13, 14, 15, 16, 20, 34, 60, 64, 128, 255, 256}

// inputs are what the programs of the object run on, of at least so many bytes.
func inputs(c Choices, opt Options, least int) []Input {
	n := opt.Inputs
	if n == 0 {
		n = 5
	}
	l := make([]Input, n)
	for k := range l {
		size := c.IntN(257)
		if c.IntN(2) == 0 {
			size = lengths[c.IntN(len(lengths))]
		}
		if opt.Kernel {
			size = max(size, 14)
		}
		size = max(size, least)
		data := make([]byte, size)
		for at := 0; at < size; at += 8 {
			x := c.Uint64()
			switch c.IntN(4) {
			case 0:
				x = 0
			case 1:
				x &= 0x0303030303030303
			}
			for b := at; b < min(at+8, size); b++ {
				data[b] = byte(x)
				x >>= 8
			}
		}
		l[k] = Input{Data: data}
		if opt.Hook == "xdp" {
			// What the kernel has in a test run.
			l[k].Ctx = []uint64{1, 0, 0}
			if !opt.Kernel {
				l[k].Meta = make([]byte, 4*c.IntN(5))
				for b := range l[k].Meta {
					l[k].Meta[b] = byte(c.IntN(256))
				}
				l[k].Ctx = []uint64{c.Uint64() & (1<<32 - 1), uint64(c.IntN(64)), uint64(c.IntN(4))}
			}
		}
	}
	return l
}
