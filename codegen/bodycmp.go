package codegen

import (
	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// comparison says how a compare operation is written.
type comparison struct {
	op, not string
	kind    kind
	test    bool // of A & B with 0
}

// comparisons is indexed by ir.Op; other operations have no row.
var comparisons = [ir.NumOps]comparison{
	ir.OpEq64: {"==", "!=", unsigned64, false}, ir.OpEq32: {"==", "!=", unsigned32, false},
	ir.OpNe64: {"!=", "==", unsigned64, false}, ir.OpNe32: {"!=", "==", unsigned32, false},
	ir.OpUlt64: {"<", ">=", unsigned64, false}, ir.OpUlt32: {"<", ">=", unsigned32, false},
	ir.OpUle64: {"<=", ">", unsigned64, false}, ir.OpUle32: {"<=", ">", unsigned32, false},
	ir.OpSlt64: {"<", ">=", signed64, false}, ir.OpSlt32: {"<", ">=", signed32, false},
	ir.OpSle64: {"<=", ">", signed64, false}, ir.OpSle32: {"<=", ">", signed32, false},
	ir.OpTest64: {"!=", "==", unsigned64, true}, ir.OpTest32: {"!=", "==", unsigned32, true},
}

// compare writes a comparison as a condition, or its opposite.
func (b *body) compare(v *ir.Value, negate bool) *jen.Statement {
	c := comparisons[v.Op]
	op := c.op
	if negate {
		op = c.not
	}
	if c.test {
		return b.as(v.Args[0], c.kind).Op("&").Add(b.as(v.Args[1], c.kind)).Op(op).Lit(0)
	}
	return b.as(v.Args[0], c.kind).Op(op).Add(b.as(v.Args[1], c.kind))
}

// condition writes that v is not 0, or that it is.
func (b *body) condition(v *ir.Value, negate bool) *jen.Statement {
	_, constant := b.constant(v)
	if b.plans[v.ID].place == placeInside && !constant && v.Op.Row().Compare {
		return b.compare(v, negate)
	}
	op := "!="
	if negate {
		op = "=="
	}
	return b.tight(v).Op(op).Lit(0)
}
