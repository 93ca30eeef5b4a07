package codegen

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/ir"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Loads and stores. An address that is known to be a multiple of the access is
// used as it is: *(*uint32)(unsafe.Add(nil, uintptr(v3+8))) is one instruction
// everywhere, has no check of any kind, and is what vet accepts. Other
// accesses, most of them to packets, are functions of rtlib/abi that know
// whether the machine can; they are inlined, but inlining takes Go's compiler
// six times as long (10,000 instructions: 5.0 s against 0.8 s).

// address writes the address of an access.
func (b *body) address(v *ir.Value) *jen.Statement {
	if x, ok := b.constant(v.Args[0]); ok {
		return unsigned(x + uint64(v.Imm))
	}
	if a := v.Args[0]; a.Op == ir.OpStackAddr {
		b.base = true
		return displaced(jen.Id("base"), a.Imm+v.Imm)
	}
	if v.Imm == 0 {
		return b.operand(v.Args[0])
	}
	return displaced(b.tight(v.Args[0]), v.Imm)
}

// access writes a load, store or atomic operation.
func access(name string) expression {
	return func(b *body, v *ir.Value) *jen.Statement {
		args := []jen.Code{b.address(v)}
		for _, a := range v.Args[1:] {
			args = append(args, b.operand(a))
		}
		return jen.Qual(pathABI, name).Call(args...)
	}
}

// pointer writes the pointer to an access of a Go type.
func (b *body) pointer(v *ir.Value, typ string) *jen.Statement {
	return jen.Op("*").Parens(jen.Op("*").Id(typ)).Call(jen.Qual("unsafe", "Add").Call(jen.Nil(), jen.Uintptr().Call(b.address(v))))
}

// load writes a load of some bits, zero-extended or signed.
func load(bits int, signed bool) expression {
	far := access(fmt.Sprintf("Load%d", bits))
	typ := fmt.Sprintf("uint%d", bits)
	if signed {
		typ = typ[1:]
	}
	return func(b *body, v *ir.Value) *jen.Statement {
		if field := frameField(v); field != nil {
			return field
		}
		switch {
		case !b.aligned(v, bits/8) && signed:
			return widen(jen.Id(typ).Call(far(b, v)))
		case !b.aligned(v, bits/8):
			return far(b, v)
		case bits == 64:
			return b.pointer(v, typ)
		}
		return widen(b.pointer(v, typ))
	}
}

// frameFields are the words of the Frame that have a name, by offset.
var frameFields = map[int64]string{
	abi.OffData: "Data", abi.OffDataEnd: "DataEnd", abi.OffDataMeta: "DataMeta", abi.OffSlot: "Slot",
	abi.OffUnwind: "Unwind", abi.OffResult: "Result",
}

// frameField names the word of the Frame that an access is to, nil when it is
// to none.
func frameField(v *ir.Value) *jen.Statement {
	name := frameFields[v.Imm]
	if v.Op.Row().Width != 8 || v.Args[0].Op != ir.OpFrame || name == "" {
		return nil
	}
	return jen.Id("fr").Dot(name)
}

// store writes a store of the low bits.
func store(bits int) expression {
	far := access(fmt.Sprintf("Store%d", bits))
	k := kind{fmt.Sprintf("uint%d", bits), bits, false}
	if bits == 64 {
		k = unsigned64
	}
	return func(b *body, v *ir.Value) *jen.Statement {
		if field := frameField(v); field != nil {
			return field.Op("=").Add(b.as(v.Args[1], k))
		}
		if !b.aligned(v, bits/8) {
			return far(b, v)
		}
		return b.pointer(v, fmt.Sprintf("uint%d", bits)).Op("=").Add(b.as(v.Args[1], k))
	}
}

// aligned reports whether the address of an access of n bytes is a multiple of
// n. Regions begin at multiples of 8.
func (b *body) aligned(v *ir.Value, n int) bool {
	return n == 1 || min(int(b.align[v.Args[0].ID]), lowBit64(v.Imm)) >= n
}

// lowBit64 is the largest power of two that divides x, at most 8.
func lowBit64(x int64) int {
	if x&7 == 0 {
		return 8
	}
	return int(x & -x)
}

// alignments computes, by value ID, a power of two up to 8 that divides the
// value. Parameters begin at 8 and sink to what flows into them.
func (b *body) alignments() {
	b.align = make([]uint8, b.fn.NumIDs)
	for _, block := range b.blocks {
		for _, v := range block.Params {
			b.align[v.ID] = 8
		}
	}
	for changed := true; changed; {
		changed = false
		for _, block := range b.blocks {
			for _, v := range block.Values {
				if a := b.divisor(v); a != b.align[v.ID] {
					b.align[v.ID], changed = a, true
				}
			}
			for _, e := range block.Succs {
				for i, a := range e.Args {
					p := &b.align[e.To.Params[i].ID]
					// A value that was not reached yet has 0, which says nothing.
					if known := b.align[a.ID]; known != 0 && known < *p {
						*p, changed = known, true
					}
				}
			}
		}
	}
}

// divisor is the alignment of v as its arguments' stand now.
func (b *body) divisor(v *ir.Value) uint8 {
	arg := func(i int) uint8 { return max(1, b.align[v.Args[i].ID]) }
	switch v.Op {
	case ir.OpConst, ir.OpStackAddr:
		return uint8(lowBit64(v.Imm))
	case ir.OpFrame, ir.OpMapPtr, ir.OpMapValues:
		return 8
	case ir.OpAdd64, ir.OpAdd32, ir.OpSub64, ir.OpSub32, ir.OpOr64, ir.OpOr32, ir.OpXor64, ir.OpXor32:
		return min(arg(0), arg(1))
	case ir.OpAnd64, ir.OpAnd32:
		return max(arg(0), arg(1))
	case ir.OpMul64, ir.OpMul32:
		return min(8, arg(0)*arg(1))
	case ir.OpShl64, ir.OpShl32:
		if n, ok := b.constant(v.Args[1]); ok {
			return min(8, arg(0)<<min(n&31, 3))
		}
		return arg(0)
	case ir.OpSelect:
		return min(arg(1), arg(2))
	case ir.OpZext32, ir.OpSext32, ir.OpNeg64, ir.OpNeg32:
		return arg(0)
	case ir.OpCall:
		if v.Helper != nil && (v.Helper.Ret == table.RetMapValueOrNull || v.Helper.Ret == table.RetMemOrNull) {
			return 8
		}
	}
	return 1
}
