package codegen

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// Go bodies. An ir.Func becomes a Go function of labels and gotos:
//
//	var x0, x1 uint64         // values that several blocks use
//	base := abi.R10(fr)
//	{                         // a block without a label is only fallen into
//		v7 := abi.Load64(v3 + 8)
//		if v7 == 0 {
//			x0, x1 = v7, x0   // arguments of the edge, all at once
//			goto b4
//		}
//		x0 = v7
//	}
//	b4:
//	{
//		...
//
// Go refuses a goto over a declaration and into a block, hence the braces: the
// variables of a block are declared in it, and labels stand outside. What
// lives across blocks is kept in as few function variables as an interval
// colouring finds, because the time that Go's compiler takes grows with their
// number (design: 10,000 instructions took more than 90 s with a variable for
// each value, 0.8 s with ten).
//
// Every operation is one Go expression, see bodyops.go. Pure values with one
// user in their block are written inside it.

// bodyFile prints the Go bodies for the architectures without machine code.
func bodyFile(g *generator) ([]File, error) {
	if len(g.bodies) == 0 {
		return nil, nil
	}
	f := g.newFile(g.bodies)
	comment(f, "Go bodies run on this architecture.")
	f.Const().Id(g.engineName()).Op("=").Lit("go")
	g.declareTie(f, true)
	for i, p := range g.Programs {
		for j, fn := range p.IR.Funcs {
			name := g.names.funcs[i][fn.Name]
			code, err := writeBody(g, p, g.names.funcs[i], fn)
			if err != nil {
				return nil, fmt.Errorf("program %s: Go body of %s: %w", p.Source.Name, fn.Name, err)
			}
			f.Line()
			if j == 0 {
				comment(f, fmt.Sprintf("%s is program %s (section %s) as a Go body.", name, oneLine(p.Source.Name), oneLine(p.Source.Section)))
			} else {
				comment(f, fmt.Sprintf("%s is subprogram %s of %s as a Go body; base is its r10.", name, oneLine(fn.Name), oneLine(p.Source.Name)))
			}
			f.Comment("//")
			f.Comment("//go:nocheckptr")
			f.Comment("//go:norace")
			f.Add(declaration(name, fn).Block(code...))
		}
	}
	return render(f, g.fileName("_body", ".go"))
}

// body makes the Go body of one function.
type body struct {
	g       *generator
	program Program
	names   map[string]string // C name of a function to its Go name
	fn      *ir.Func
	blocks  []*ir.Block // those that can be reached, in the order of the function
	labels  []bool      // by block ID: some goto names it
	plans   []plan      // by value ID
	known   []known     // by value ID
	align   []uint8     // by value ID: power of two that divides it
	vars    int         // function variables
	base    bool        // r10 is used
	line    frontend.Line
	err     error // first value that could not be written
}

// plan says where a value is kept.
type plan struct {
	place place
	index int // of the function variable, placeVar
	size  int // nodes of the expression, placeInside
}

// place is a way to keep a value.
type place uint8

const (
	placeDead   place = iota // never written
	placeLeaf                // written again at each use: constants, arguments, addresses of the stack
	placeInside              // written inside its only user
	placeBlock               // a variable of its block
	placeVar                 // a variable of the function
	placeEffect              // a statement without a value
)

// writeBody returns the statements of fn: first it plans where every value is
// kept, then it writes.
func writeBody(g *generator, p Program, names map[string]string, fn *ir.Func) ([]jen.Code, error) {
	b := &body{g: g, program: p, names: names, fn: fn, plans: make([]plan, fn.NumIDs), known: make([]known, fn.NumIDs), labels: make([]bool, fn.NumIDs)}
	if len(fn.Blocks) == 0 {
		return nil, fmt.Errorf("no blocks")
	}
	b.reach()
	if err := b.check(); err != nil {
		return nil, err
	}
	b.alignments()
	live := b.live()
	b.place(live)
	b.colour()
	return b.statements()
}

// reach lists the blocks that the entry leads to.
func (b *body) reach() {
	seen := make([]bool, b.fn.NumIDs)
	work := []*ir.Block{b.fn.Blocks[0]}
	seen[b.fn.Blocks[0].ID] = true
	for len(work) > 0 {
		last := work[len(work)-1]
		work = work[:len(work)-1]
		for _, e := range last.Succs {
			if !seen[e.To.ID] {
				seen[e.To.ID] = true
				work = append(work, e.To)
			}
		}
	}
	for _, block := range b.fn.Blocks {
		if seen[block.ID] {
			b.blocks = append(b.blocks, block)
		}
	}
}

// check refuses what ir.Check would: then nothing below can be surprised.
func (b *body) check() error {
	for _, block := range b.blocks {
		if want := [...]int{ir.BlockJump: 1, ir.BlockIf: 2, ir.BlockRet: 0}; int(block.Kind) >= len(want) || len(block.Succs) != want[block.Kind] {
			return fmt.Errorf("block %d has %d successors", block.ID, len(block.Succs))
		}
		if (block.Ctl == nil) != (block.Kind == ir.BlockJump) {
			return fmt.Errorf("block %d of the wrong kind", block.ID)
		}
		for _, e := range block.Succs {
			if len(e.Args) != len(e.To.Params) {
				return fmt.Errorf("edge from block %d to %d has %d arguments, want %d", block.ID, e.To.ID, len(e.Args), len(e.To.Params))
			}
		}
		for _, v := range block.Values {
			if int(v.Op) >= ir.NumOps || b.g.expressions[v.Op] == nil {
				return fmt.Errorf("v%d: operation %s", v.ID, v.Op)
			}
			if n := v.Op.Row().Args; n >= 0 && n != len(v.Args) {
				return fmt.Errorf("v%d: %s has %d arguments", v.ID, v.Op, len(v.Args))
			}
		}
	}
	return nil
}

// hasEffect reports whether v has to be written whether it is used or not.
func hasEffect(v *ir.Value) bool {
	switch v.Op.Row().Class {
	case ir.ClassStore, ir.ClassAtomic, ir.ClassCall:
		return true
	}
	return false
}

// live marks, by ID, the values that something written depends on. Go refuses
// variables that nobody reads.
func (b *body) live() []bool {
	live := make([]bool, b.fn.NumIDs)
	var work []*ir.Value
	mark := func(v *ir.Value) {
		if v.Type == ir.TypeInt && !live[v.ID] {
			live[v.ID] = true
			work = append(work, v)
		}
	}
	for _, block := range b.blocks {
		if block.Ctl != nil {
			mark(block.Ctl)
		}
		for _, v := range block.Values {
			if hasEffect(v) {
				for _, a := range v.Args {
					mark(a)
				}
			}
		}
	}
	incoming := b.incoming()
	for len(work) > 0 {
		v := work[len(work)-1]
		work = work[:len(work)-1]
		for _, a := range v.Args {
			mark(a)
		}
		if v.Op == ir.OpParam {
			for _, e := range incoming[v.Block.ID] {
				mark(e.Args[v.Imm])
			}
		}
	}
	return live
}

// incoming lists the edges to each block, by block ID.
func (b *body) incoming() [][]ir.Edge {
	list := make([][]ir.Edge, b.fn.NumIDs)
	for _, block := range b.blocks {
		for _, e := range block.Succs {
			list[e.To.ID] = append(list[e.To.ID], e)
		}
	}
	return list
}

// isLeaf reports whether v is written again wherever it is used.
func isLeaf(v *ir.Value) bool {
	switch v.Op {
	case ir.OpConst, ir.OpFrame, ir.OpArg, ir.OpStackAddr:
		return true
	}
	return false
}

// maxInside bounds the nodes of one written expression.
const maxInside = 5

// place decides how each value is kept; function variables get their numbers
// later.
func (b *body) place(live []bool) {
	users := make([]int, b.fn.NumIDs)      // places in the output that name it
	home := make([]*ir.Block, b.fn.NumIDs) // block of its only user
	use := func(v *ir.Value, in *ir.Block) {
		if users[v.ID]++; users[v.ID] == 1 {
			home[v.ID] = in
		} else if home[v.ID] != in {
			home[v.ID] = nil
		}
	}
	for _, block := range b.blocks {
		for _, v := range block.Values {
			if live[v.ID] || hasEffect(v) {
				for _, a := range v.Args {
					use(a, block)
				}
			}
		}
		if block.Ctl != nil {
			use(block.Ctl, block)
		}
		for _, e := range block.Succs {
			for i, a := range e.Args {
				if live[e.To.Params[i].ID] {
					use(a, block)
				}
			}
		}
	}
	for _, block := range b.blocks {
		for _, v := range block.Params {
			if live[v.ID] {
				b.plans[v.ID].place = placeVar
			}
		}
		for _, v := range block.Values {
			p := &b.plans[v.ID]
			_, constant := b.constant(v)
			switch {
			case !live[v.ID] && hasEffect(v):
				p.place = placeEffect
			case !live[v.ID]:
			case isLeaf(v) || constant:
				p.place = placeLeaf
			case home[v.ID] != block:
				p.place = placeVar
			case v.Op.Row().Class == ir.ClassPure && users[v.ID] == 1 && b.nodes(v) <= maxInside:
				p.place, p.size = placeInside, b.nodes(v)
			default:
				p.place = placeBlock
			}
		}
	}
}

// nodes is the size of the expression that v is written as.
func (b *body) nodes(v *ir.Value) int {
	n := 1
	for _, a := range v.Args {
		n += b.plans[a.ID].size
	}
	return n
}

// known is what is known of a value without running anything.
type known struct {
	asked, is bool
	value     uint64
}

// constant is the number that v always is, if its operations say so. Go would
// fold them as untyped numbers, and refuse an overflow.
func (b *body) constant(v *ir.Value) (uint64, bool) {
	if v.Op == ir.OpConst {
		return uint64(v.Imm), true
	}
	if !v.Op.Foldable() {
		return 0, false
	}
	k := &b.known[v.ID]
	if k.asked {
		return k.value, k.is
	}
	k.asked = true
	var args [3]uint64
	for i, a := range v.Args {
		x, ok := b.constant(a)
		if !ok {
			return 0, false
		}
		args[i] = x
	}
	k.is, k.value = true, ir.Eval(v.Op, args[0], args[1], args[2])
	return k.value, true
}
