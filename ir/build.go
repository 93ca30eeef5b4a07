package ir

import (
	"fmt"
	"math"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// Build translates a verified program. Facts must be those of the program;
// only slots and edges that they call reachable are translated. Static
// subprograms become functions of their own or part of their callers, see
// inlines. Features that no engine has give an error that wraps
// bpf.ErrUnsupported.
func Build(obj *frontend.Object, p *frontend.Program, f *verifier.Facts) (*Program, error) {
	b := &builder{
		obj: obj, src: p, facts: f,
		prog:  &Program{Name: p.Name, Source: p, Object: obj, Hook: p.Hook},
		funcs: make([]*Func, len(p.Funcs)),
		sites: make([]int, len(p.Funcs)),
		sizes: make([]int, len(p.Funcs)),
	}
	if p.Hook != nil {
		if err := p.Hook.Status.Compiled("program type " + p.Hook.Name); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	if f.Endless && f.Fuel == 0 {
		return nil, fmt.Errorf("%s: nothing bounds its instructions; generate it with -fuel: %w", p.Name, bpf.ErrUnsupported)
	}
	if err := b.survey(); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	b.aliases = b.aliased()
	if _, err := b.function(0); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	return b.prog, nil
}

// builder holds what the functions of one program share.
type builder struct {
	obj   *frontend.Object
	src   *frontend.Program
	facts *verifier.Facts
	prog  *Program
	funcs []*Func // by index into src.Funcs; nil while not needed
	sites []int   // reachable calls of each function
	sizes []int   // reachable instructions of each function
	// aliases are the regions that sized memory may be part of, see aliased.
	aliases table.Region
}

// survey counts reachable instructions and calls of each function.
func (b *builder) survey() error {
	if len(b.facts.Insns) != len(b.src.Insns) || len(b.src.Funcs) == 0 {
		return fmt.Errorf("the facts are of another program: %d slots, want %d", len(b.facts.Insns), len(b.src.Insns))
	}
	for i, fn := range b.src.Funcs {
		for pc := fn.Start; pc < fn.End; pc++ {
			if !b.facts.Insns[pc].Reachable {
				continue
			}
			b.sizes[i]++
			in := b.src.Insns[pc]
			if in.Op == bpf.OpCall && in.Kind == bpf.KindLocal {
				callee := b.funcAt(pc + 1 + int(in.Imm))
				if callee < 0 {
					return b.errorf(pc, "call of slot %d, where no function begins", pc+1+int(in.Imm))
				}
				b.sites[callee]++
			}
			if c := b.facts.Insns[pc].Call; c != nil {
				for _, fn := range c.Funcs {
					if fn <= 0 || fn >= len(b.sites) {
						return b.errorf(pc, "the facts are of another program: call of function %d of %d", fn, len(b.sites))
					}
					b.sites[fn]++
				}
			}
		}
	}
	return nil
}

func (b *builder) funcAt(slot int) int {
	for i, fn := range b.src.Funcs {
		if fn.Start == slot {
			return i
		}
	}
	return -1
}

// errorf names the place of an instruction: the C line when it is known.
func (b *builder) errorf(pc int, format string, args ...any) error {
	where := fmt.Sprintf("instruction %d", pc)
	if pc < len(b.src.Lines) && b.src.Lines[pc].Pos.Line > 0 {
		where = b.src.Lines[pc].Pos.String() + ": " + where
	}
	return fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...))
}

// Bounds of inlining, in eBPF instructions and bytes.
const (
	inlineSize = 40      // a function of several call sites
	inlineZero = 128     // bytes of its stack that must be cleared
	inlineSum  = 1 << 15 // values of the function that it becomes part of
)

// inlines decides whether calls of a function become part of the caller: it
// is small or called once.
func (b *builder) inlines(callee int, into *Func) bool {
	if b.sites[callee] > 1 && b.sizes[callee] > inlineSize {
		return false
	}
	z := b.funcFact(callee)
	return z.ZeroHi-z.ZeroLo <= inlineZero && into.NumIDs < inlineSum
}

func (b *builder) funcFact(i int) verifier.FuncFact {
	start := b.src.Funcs[i].Start
	for _, f := range b.facts.Funcs {
		if f.Start == start {
			return f
		}
	}
	return verifier.FuncFact{}
}

// function builds function i as one of its own, once.
func (b *builder) function(i int) (*Func, error) {
	if b.funcs[i] != nil {
		return b.funcs[i], nil
	}
	fact := b.funcFact(i)
	f := &Func{
		Name: b.src.Funcs[i].Name, Entry: i == 0, MaxInsns: b.facts.MaxInsns,
		ZeroLo: fact.ZeroLo, ZeroHi: fact.ZeroHi,
		Fuel: b.fuel(), Program: slices.Index(b.obj.Programs, b.src),
	}
	b.funcs[i] = f
	b.prog.Funcs = append(b.prog.Funcs, f)
	t := &translator{builder: b, f: f, entry: f.NewBlock(b.src.Funcs[i].Start), alias: map[atEnd]variable{}}
	t.seal(t.entry, nil)
	t.at(t.entry)
	t.pc = b.src.Funcs[i].Start
	first := t.open(i, 0)
	if i == 0 {
		t.arguments(first)
	}
	if err := t.run(first); err != nil {
		return nil, err
	}
	t.finish()
	return f, nil
}

// fuel is the budget that has to be counted: of programs that were proven to
// end within it there is none.
func (b *builder) fuel() int64 {
	if b.facts.MaxInsns <= b.facts.Fuel {
		return 0
	}
	return int64(min(b.facts.Fuel, math.MaxInt64))
}

// arguments defines r1 and r2 at the entry of the program.
func (t *translator) arguments(e *body) {
	frame := t.emit(OpFrame, 0)
	if !t.src.Hook.Memory {
		// Helpers find the context in the Frame; its pointer is never
		// followed.
		t.define(e.reg(bpf.R1), frame)
		return
	}
	data := t.access(OpLoad64, table.RegionCtx, offData, frame)
	end := t.access(OpLoad64, table.RegionCtx, offDataEnd, frame)
	t.define(e.reg(bpf.R1), data)
	t.length = t.emit(OpSub64, 0, end, data)
	t.define(e.reg(bpf.R2), t.length)
}
