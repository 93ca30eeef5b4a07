package codegen

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// expression writes an operation as a Go expression, or as a statement when it
// has no value.
type expression func(*body, *ir.Value) *jen.Statement

// expressions returns the table of all operations. (It is no variable, because
// the functions in it use it for what stands inside them.)
func expressions() *[ir.NumOps]expression {
	return &[ir.NumOps]expression{
		ir.OpParam: nothing, ir.OpMem: nothing, ir.OpGuard: nothing, ir.OpPreempt: nothing,

		ir.OpConst:     func(_ *body, v *ir.Value) *jen.Statement { return unsigned(uint64(v.Imm)) },
		ir.OpFrame:     func(*body, *ir.Value) *jen.Statement { return jen.Qual(pathABI, "Addr").Call(jen.Id("fr")) },
		ir.OpArg:       func(_ *body, v *ir.Value) *jen.Statement { return jen.Id("r" + strconv.FormatInt(v.Imm+1, 10)) },
		ir.OpStackAddr: (*body).stackAddr,
		ir.OpMapPtr:    ofMap("Map"), ir.OpMapValues: ofMap("Values"), ir.OpMapMax: ofMap("Max"), ir.OpMapStep: ofMap("Step"),

		ir.OpAdd64: (*body).add64, ir.OpAdd32: alu32("+"),
		ir.OpSub64: alu64("-"), ir.OpSub32: alu32("-"),
		ir.OpMul64: alu64("*"), ir.OpMul32: alu32("*"),
		ir.OpUDiv64: divide(unsigned64, "/", "Div64"), ir.OpUDiv32: divide(unsigned32, "/", "Div32"),
		ir.OpSDiv64: divide(signed64, "/", "SDiv64"), ir.OpSDiv32: divide(signed32, "/", "SDiv32"),
		ir.OpUMod64: divide(unsigned64, "%", "Mod64"), ir.OpUMod32: divide(unsigned32, "%", "Mod32"),
		ir.OpSMod64: divide(signed64, "%", "SMod64"), ir.OpSMod32: divide(signed32, "%", "SMod32"),
		ir.OpAnd64: alu64("&"), ir.OpAnd32: alu32("&"),
		ir.OpOr64: alu64("|"), ir.OpOr32: alu32("|"),
		ir.OpXor64: alu64("^"), ir.OpXor32: alu32("^"),
		ir.OpShl64: shift(unsigned64, "<<"), ir.OpShl32: shift(unsigned32, "<<"),
		ir.OpShr64: shift(unsigned64, ">>"), ir.OpShr32: shift(unsigned32, ">>"),
		ir.OpSar64: shift(signed64, ">>"), ir.OpSar32: shift(signed32, ">>"),
		ir.OpNeg64:   func(b *body, v *ir.Value) *jen.Statement { return jen.Op("-").Add(b.tight(v.Args[0])) },
		ir.OpNeg32:   func(b *body, v *ir.Value) *jen.Statement { return widen(jen.Op("-").Add(b.as(v.Args[0], unsigned32))) },
		ir.OpRotl64:  rotate("RotateLeft64", unsigned64),
		ir.OpRotl32:  rotate("RotateLeft32", unsigned32),
		ir.OpMulHi64: call2("MulHi64"),
		ir.OpZext8:   extend("uint8"), ir.OpZext16: extend("uint16"), ir.OpZext32: extend("uint32"),
		ir.OpSext8: extend("int8"), ir.OpSext16: extend("int16"), ir.OpSext32: extend("int32"),
		ir.OpBswap16: swap(16), ir.OpBswap32: swap(32), ir.OpBswap64: swap(64),

		ir.OpEq64: truth, ir.OpEq32: truth, ir.OpNe64: truth, ir.OpNe32: truth,
		ir.OpUlt64: truth, ir.OpUlt32: truth, ir.OpUle64: truth, ir.OpUle32: truth,
		ir.OpSlt64: truth, ir.OpSlt32: truth, ir.OpSle64: truth, ir.OpSle32: truth,
		ir.OpTest64: truth, ir.OpTest32: truth,
		ir.OpSelect: (*body).choose,

		ir.OpLoad8: load(8, false), ir.OpLoad16: load(16, false), ir.OpLoad32: load(32, false), ir.OpLoad64: load(64, false),
		ir.OpLoadS8: load(8, true), ir.OpLoadS16: load(16, true), ir.OpLoadS32: load(32, true),
		ir.OpStore8: store(8), ir.OpStore16: store(16), ir.OpStore32: store(32), ir.OpStore64: store(64),
		ir.OpCtxLoad:  (*body).contextField,
		ir.OpCtxStore: func(b *body, v *ir.Value) *jen.Statement { return b.contextField(v).Op("=").Add(b.operand(v.Args[0])) },

		ir.OpAtomAdd32: access("FetchAdd32"), ir.OpAtomAdd64: access("FetchAdd64"),
		ir.OpAtomOr32: access("FetchOr32"), ir.OpAtomOr64: access("FetchOr64"),
		ir.OpAtomAnd32: access("FetchAnd32"), ir.OpAtomAnd64: access("FetchAnd64"),
		ir.OpAtomXor32: access("FetchXor32"), ir.OpAtomXor64: access("FetchXor64"),
		ir.OpFetchAdd32: access("FetchAdd32"), ir.OpFetchAdd64: access("FetchAdd64"),
		ir.OpFetchOr32: access("FetchOr32"), ir.OpFetchOr64: access("FetchOr64"),
		ir.OpFetchAnd32: access("FetchAnd32"), ir.OpFetchAnd64: access("FetchAnd64"),
		ir.OpFetchXor32: access("FetchXor32"), ir.OpFetchXor64: access("FetchXor64"),
		ir.OpXchg32: access("Xchg32"), ir.OpXchg64: access("Xchg64"),
		ir.OpCmpxchg32: access("Cmpxchg32"), ir.OpCmpxchg64: access("Cmpxchg64"),
		ir.OpLoadAcq8: access("LoadAcq8"), ir.OpLoadAcq16: access("LoadAcq16"), ir.OpLoadAcq32: access("LoadAcq32"), ir.OpLoadAcq64: access("LoadAcq64"),
		ir.OpStoreRel8: access("StoreRel8"), ir.OpStoreRel16: access("StoreRel16"), ir.OpStoreRel32: access("StoreRel32"), ir.OpStoreRel64: access("StoreRel64"),

		ir.OpCall: func(b *body, v *ir.Value) *jen.Statement {
			return b.helper(v.Sym).Call(b.arguments(v, jen.Id("fr"))...)
		},
		ir.OpCallFunc: (*body).callFunc,
	}
}

// helper is the function of a helper: one of rtlib or, when the helper is the
// hook's own, one that the package with the program has.
func (b *body) helper(symbol string) *jen.Statement {
	for k := range b.program.Source.Hook.Helpers {
		if b.program.Source.Hook.Helpers[k].Symbol == symbol {
			return jen.Id(symbol)
		}
	}
	return jen.Qual(pathRT, symbol)
}

// kind is how an operation reads an operand.
type kind struct {
	conversion string // "" for uint64
	bits       int
	signed     bool
}

var (
	unsigned64 = kind{"", 64, false}
	unsigned32 = kind{"uint32", 32, false}
	signed64   = kind{"int64", 64, true}
	signed32   = kind{"int32", 32, true}
)

func nothing(*body, *ir.Value) *jen.Statement { return jen.Null() }

// expression writes the operation of v.
func (b *body) expression(v *ir.Value) *jen.Statement { return b.g.expressions[v.Op](b, v) }

// operand writes a value where it is used: the name of its variable, or its
// expression.
func (b *body) operand(v *ir.Value) *jen.Statement {
	if x, ok := b.constant(v); ok {
		return unsigned(x)
	}
	switch p := b.plans[v.ID]; p.place {
	case placeVar:
		return jen.Id(variable(p.index))
	case placeBlock:
		return jen.Id(local(v))
	}
	return b.expression(v)
}

// simple reports whether the operand is one operand of Go, not two.
func (b *body) simple(v *ir.Value) bool {
	if _, ok := b.constant(v); ok {
		return true
	}
	switch b.plans[v.ID].place {
	case placeVar, placeBlock:
		return true
	}
	switch v.Op {
	case ir.OpAdd64, ir.OpSub64, ir.OpMul64, ir.OpAnd64, ir.OpOr64, ir.OpXor64, ir.OpShl64, ir.OpShr64, ir.OpNeg64, ir.OpUDiv64, ir.OpUMod64:
		return false
	case ir.OpStackAddr:
		return v.Imm == 0
	}
	return true
}

// tight writes an operand as part of a larger expression.
func (b *body) tight(v *ir.Value) *jen.Statement {
	if b.simple(v) {
		return b.operand(v)
	}
	return jen.Parens(b.operand(v))
}

// as writes an operand of a kind. Numbers are written as that kind, because a
// conversion that does not fit would not compile.
func (b *body) as(v *ir.Value, k kind) *jen.Statement {
	if x, ok := b.constant(v); ok {
		switch {
		case k.signed && k.bits == 32:
			return jen.Id(strconv.FormatInt(int64(int32(x)), 10))
		case k.signed:
			return jen.Id(strconv.FormatInt(int64(x), 10))
		}
		return unsigned(x & (1<<(k.bits-1)<<1 - 1))
	}
	if k.conversion == "" {
		return b.tight(v)
	}
	return jen.Id(k.conversion).Call(b.operand(v))
}

// unsigned writes a number: small ones in decimal.
func unsigned(x uint64) *jen.Statement {
	if x < 1<<16 {
		return jen.Id(strconv.FormatUint(x, 10))
	}
	return jen.Id(fmt.Sprintf("%#x", x))
}

func widen(s *jen.Statement) *jen.Statement { return jen.Uint64().Call(s) }

// displaced writes base + off.
func displaced(base *jen.Statement, off int64) *jen.Statement {
	switch {
	case off < 0:
		return base.Op("-").Add(unsigned(-uint64(off)))
	case off > 0:
		return base.Op("+").Add(unsigned(uint64(off)))
	}
	return base
}

func (b *body) stackAddr(v *ir.Value) *jen.Statement {
	b.base = true
	return displaced(jen.Id("base"), v.Imm)
}

func ofMap(name string) expression {
	return func(_ *body, v *ir.Value) *jen.Statement {
		return jen.Qual(pathABI, name).Call(jen.Id("fr"), jen.Lit(int(v.Imm)))
	}
}

func alu64(op string) expression {
	return func(b *body, v *ir.Value) *jen.Statement {
		return b.tight(v.Args[0]).Op(op).Add(b.tight(v.Args[1]))
	}
}

// add64 subtracts what is shorter as a negative number.
func (b *body) add64(v *ir.Value) *jen.Statement {
	if x, ok := b.constant(v.Args[1]); ok && int64(x) < 0 {
		return displaced(b.tight(v.Args[0]), int64(x))
	}
	return b.tight(v.Args[0]).Op("+").Add(b.tight(v.Args[1]))
}

func alu32(op string) expression {
	return func(b *body, v *ir.Value) *jen.Statement {
		return widen(b.as(v.Args[0], unsigned32).Op(op).Add(b.as(v.Args[1], unsigned32)))
	}
}

// back makes a result of a kind a uint64: results of 32 bits are
// zero-extended.
func (k kind) back(s *jen.Statement) *jen.Statement {
	if k.signed && k.bits == 32 {
		s = jen.Uint32().Call(s)
	}
	return widen(s)
}

// divide writes Go's operator where the divisor is proven not to be 0 (a
// constant, or FlagNonZero: fact of the operand's range), else the function
// that has eBPF's result for 0. Go itself defines MIN / -1 as eBPF does.
func divide(k kind, op, function string) expression {
	return func(b *body, v *ir.Value) *jen.Statement {
		x, constant := b.constant(v.Args[1])
		if k.bits == 32 {
			x = uint64(uint32(x))
		}
		var s *jen.Statement
		if constant && x != 0 || !constant && v.Flags&ir.FlagNonZero != 0 {
			s = b.as(v.Args[0], k).Op(op).Add(b.as(v.Args[1], k))
		} else {
			s = jen.Qual(pathABI, function).Call(b.as(v.Args[0], k), b.as(v.Args[1], k))
		}
		if k == unsigned64 {
			return s
		}
		return k.back(s)
	}
}

// shift masks the count as eBPF does; Go's compiler drops the mask where the
// machine has it.
func shift(k kind, op string) expression {
	return func(b *body, v *ir.Value) *jen.Statement {
		count := jen.Parens(b.tight(v.Args[1]).Op("&").Lit(k.bits - 1))
		if x, ok := b.constant(v.Args[1]); ok {
			count = unsigned(x & uint64(k.bits-1))
		}
		left := b.as(v.Args[0], k)
		if _, ok := b.constant(v.Args[0]); ok {
			left = jen.Id(cmp.Or(k.conversion, "uint64")).Call(left) // a bare number would get the type of its surroundings
		}
		s := left.Op(op).Add(count)
		if k == unsigned64 {
			return s
		}
		return k.back(s)
	}
}

func rotate(name string, k kind) expression {
	return func(b *body, v *ir.Value) *jen.Statement {
		count := jen.Int().Call(b.tight(v.Args[1]).Op("&").Lit(k.bits - 1))
		if x, ok := b.constant(v.Args[1]); ok {
			count = unsigned(x & uint64(k.bits-1))
		}
		s := jen.Qual("math/bits", name).Call(b.as(v.Args[0], k), count)
		if k.bits == 32 {
			s = widen(s)
		}
		return s
	}
}

func call2(name string) expression {
	return func(b *body, v *ir.Value) *jen.Statement {
		return jen.Qual(pathABI, name).Call(b.operand(v.Args[0]), b.operand(v.Args[1]))
	}
}

func extend(to string) expression {
	return func(b *body, v *ir.Value) *jen.Statement { return widen(jen.Id(to).Call(b.operand(v.Args[0]))) }
}

func swap(bits int) expression {
	return func(b *body, v *ir.Value) *jen.Statement {
		f := jen.Qual("math/bits", fmt.Sprintf("ReverseBytes%d", bits))
		if bits == 64 {
			return f.Call(b.operand(v.Args[0]))
		}
		return widen(f.Call(jen.Id(fmt.Sprintf("uint%d", bits)).Call(b.operand(v.Args[0]))))
	}
}

// truth writes a comparison as a number.
func truth(b *body, v *ir.Value) *jen.Statement {
	return jen.Qual(pathABI, "Bool").Call(b.compare(v, false))
}

// choose writes a select.
func (b *body) choose(v *ir.Value) *jen.Statement {
	return jen.Qual(pathABI, "Select").Call(b.condition(v.Args[0], false), b.operand(v.Args[1]), b.operand(v.Args[2]))
}

// contextField writes the native place of a context field.
func (b *body) contextField(v *ir.Value) *jen.Statement {
	fields := b.program.Source.Hook.Fields
	if v.Imm < 0 || v.Imm >= int64(len(fields)) {
		b.fail(v, "context field %d of %d", v.Imm, len(fields))
		return jen.Null()
	}
	switch f := fields[v.Imm]; f.Kind {
	case table.FieldData:
		return jen.Id("fr").Dot("Data")
	case table.FieldDataEnd:
		return jen.Id("fr").Dot("DataEnd")
	case table.FieldDataMeta:
		return jen.Id("fr").Dot("DataMeta")
	default:
		return jen.Id("fr").Dot("Ctx").Index(jen.Lit(f.Slot))
	}
}

// arguments are those of a call behind the Frame and, for subprograms, r10.
func (b *body) arguments(v *ir.Value, first ...jen.Code) []jen.Code {
	for _, a := range v.Args {
		first = append(first, b.operand(a))
	}
	return first
}

func (b *body) callFunc(v *ir.Value) *jen.Statement {
	if v.Fn == nil || b.names[v.Fn.Name] == "" {
		b.fail(v, "call of a function that the program does not have")
		return jen.Null()
	}
	b.base = true
	return jen.Id(b.names[v.Fn.Name]).Call(b.arguments(v, jen.Id("fr"), displaced(jen.Id("base"), v.Imm))...)
}

// fail keeps the first error.
func (b *body) fail(v *ir.Value, format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf("v%d, slot %d: %s", v.ID, v.PC, fmt.Sprintf(format, args...))
	}
}
