package codegen

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// statements are the body of the function.
func (b *body) statements() ([]jen.Code, error) {
	var blocks []jen.Code
	for i, block := range b.blocks {
		var next *ir.Block
		if i+1 < len(b.blocks) {
			next = b.blocks[i+1]
		}
		blocks = append(blocks, jen.Block(append(b.values(block), b.end(block, next)...)...))
	}
	var list []jen.Code
	if b.vars > 0 {
		names := make([]jen.Code, b.vars)
		for i := range names {
			names[i] = jen.Id(variable(i))
		}
		list = append(list, jen.Var().List(names...).Uint64())
	}
	if b.fn.Entry && b.base {
		list = append(list, jen.Id("base").Op(":=").Qual(pathABI, "R10").Call(jen.Id("fr")))
	}
	if lo, hi := b.fn.ZeroLo, b.fn.ZeroHi; lo < hi {
		base := jen.Id("base")
		if b.fn.Entry && !b.base {
			base = jen.Qual(pathABI, "R10").Call(jen.Id("fr"))
		}
		list = append(list, jen.Qual(pathABI, "Clear").Call(displaced(base, int64(lo)), jen.Lit(hi-lo)))
	}
	for i, block := range b.blocks {
		if b.labels[block.ID] {
			list = append(list, jen.Id(label(block)).Op(":"))
		}
		list = append(list, blocks[i])
	}
	return list, b.err
}

func label(block *ir.Block) string { return fmt.Sprintf("b%d", block.ID) }

func variable(i int) string { return fmt.Sprintf("x%d", i) }

func local(v *ir.Value) string { return fmt.Sprintf("v%d", v.ID) }

// values writes what a block computes.
func (b *body) values(block *ir.Block) []jen.Code {
	var list []jen.Code
	for _, v := range block.Values {
		place := b.plans[v.ID].place
		if place == placeDead || place == placeInside || place == placeLeaf || v.Op == ir.OpPreempt {
			continue // a Go body can be preempted anywhere
		}
		if c := b.source(v.PC); c != nil {
			list = append(list, c)
		}
		expr := b.expression(v)
		switch place {
		case placeBlock:
			expr = jen.Id(local(v)).Op(":=").Add(expr)
		case placeVar:
			expr = jen.Id(variable(b.plans[v.ID].index)).Op("=").Add(expr)
		}
		list = append(list, expr)
	}
	return list
}

// source is a comment with the C line of slot pc, when that line begins.
func (b *body) source(pc int) jen.Code {
	lines := b.program.Source.Lines
	if b.g.Annotate == AnnotateNone || pc < 0 || pc >= len(lines) || lines[pc].Pos.Line == 0 || sameLine(lines[pc], b.line) {
		return nil
	}
	b.line = lines[pc]
	return jen.Comment(fmt.Sprintf("// %s:%d: %s", relative(b.line.Pos), b.line.Pos.Line, oneLine(b.line.Text)))
}

// end writes how a block ends; next is the block behind it, which needs no
// goto.
func (b *body) end(block, next *ir.Block) []jen.Code {
	switch block.Kind {
	case ir.BlockRet:
		return []jen.Code{jen.Return(b.operand(block.Ctl))}
	case ir.BlockJump:
		return b.jump(block.Succs[0], next)
	}
	yes, no := block.Succs[0], block.Succs[1]
	if yes.To == next && no.To != next {
		then := b.jump(no, nil)
		return append([]jen.Code{jen.If(b.condition(block.Ctl, true)).Block(then...)}, b.jump(yes, next)...)
	}
	then := b.jump(yes, nil)
	return append([]jen.Code{jen.If(b.condition(block.Ctl, false)).Block(then...)}, b.jump(no, next)...)
}

// jump writes the arguments of an edge, all at once, and the goto.
func (b *body) jump(e ir.Edge, next *ir.Block) []jen.Code {
	var to, from []jen.Code
	for i, a := range e.Args {
		param := e.To.Params[i]
		p := b.plans[param.ID]
		if p.place != placeVar {
			continue
		}
		if arg := b.plans[a.ID]; arg.place == placeVar && arg.index == p.index {
			continue // it is there already
		}
		to = append(to, jen.Id(variable(p.index)))
		from = append(from, b.operand(a))
	}
	var list []jen.Code
	if len(to) > 0 {
		list = append(list, jen.List(to...).Op("=").List(from...))
	}
	if e.To != next {
		b.labels[e.To.ID] = true
		list = append(list, jen.Goto().Id(label(e.To)))
	}
	return list
}
