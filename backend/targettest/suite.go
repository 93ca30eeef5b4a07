package targettest

import (
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// Suite has the cases of all kinds, and n random ones.
func Suite(n int) []Case {
	return slices.Concat(OpCases(), MemoryCases(), FoldCases(), FlowCases(), IdiomCases(), AliasCases(), RandomCases(1, n))
}

// edges are operands at which operations differ.
func edges() []uint64 {
	return []uint64{
		0, 1, 2, 7, 8, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x123456789abcdef0,
		0x7fffffffffffffff, 0x8000000000000000, 0xffffffff80000000, 0xffffffff7fffffff, 0xfffffffffffffffe, 0xffffffffffffffff,
	}
}

// constants are operands that have instruction forms of their own.
func constants() []uint64 {
	return []uint64{0, 1, 3, 5, 8, 0x80, 0xff, 0xffff, 0x80000000, 0xffffffff, 0x100000000, 0x123456789abcdef0, 0xffffffff80000000, 0xffffffffffffffff}
}

func pairs() []Input {
	var in []Input
	for _, a := range edges() {
		for _, b := range edges() {
			in = append(in, Input{a, b})
		}
	}
	return in
}

func singles() []Input {
	var in []Input
	for _, a := range edges() {
		in = append(in, Input{a})
	}
	return in
}

// OpCases has, for each operation that can be folded, functions with register
// operands, with constants on either side, with an operand that lives on, and
// for comparisons the forms in branches and selects.
func OpCases() []Case {
	var list []Case
	for op := range ir.Op(ir.NumOps) {
		if !op.Foldable() {
			continue
		}
		list = append(list, opForms(op)...)
	}
	return list
}

func opForms(op ir.Op) []Case {
	row := op.Row()
	name := row.Name
	fn := func(label, body string, in []Input) Case {
		text := fmt.Sprintf("func %s_%s args=%d {\nb0:\n\tv1 = arg 0\n", name, label, len(in[0]))
		if len(in[0]) > 1 {
			text += "\tv2 = arg 1\n"
		}
		if len(in[0]) > 2 {
			text += "\tv3 = arg 2\n"
		}
		return Case{Name: name + "_" + label, Text: text + body + "}\n", Inputs: in}
	}
	switch row.Args {
	case 1:
		return []Case{
			fn("r", fmt.Sprintf("\tv9 = %s v1\n\tret v9\n", name), singles()),
			fn("live", fmt.Sprintf("\tv8 = %s v1\n\tv9 = sub64 v8, v1\n\tret v9\n", name), singles()),
		}
	case 3:
		in := []Input{{0, 1, 2}, {1, 1, 2}, {1 << 63, 5, 6}, {1 << 32, 5, 6}, {0x80, 5, 6}}
		return []Case{fn("r", fmt.Sprintf("\tv9 = %s v1, v2, v3\n\tret v9\n", name), in)}
	}
	list := []Case{
		fn("rr", fmt.Sprintf("\tv9 = %s v1, v2\n\tret v9\n", name), pairs()),
		fn("same", fmt.Sprintf("\tv9 = %s v1, v1\n\tret v9\n", name), singles()),
		fn("live", fmt.Sprintf("\tv8 = %s v1, v2\n\tv7 = sub64 v8, v1\n\tv9 = xor64 v7, v2\n\tret v9\n", name), pairs()),
	}
	for _, k := range constants() {
		list = append(list,
			fn(fmt.Sprintf("rk%x", k), fmt.Sprintf("\tv9 = %s v1, %d\n\tret v9\n", name, int64(k)), singles()),
			fn(fmt.Sprintf("kr%x", k), fmt.Sprintf("\tv9 = %s %d, v1\n\tret v9\n", name, int64(k)), singles()))
	}
	if !row.Compare {
		return list
	}
	list = append(list,
		fn("if", fmt.Sprintf("\tv9 = %s v1, v2\n\tif v9 b1 else b2\nb1:\n\tret 11\nb2:\n\tret 22\n", name), pairs()),
		fn("not", fmt.Sprintf("\tv8 = %s v1, v2\n\tv9 = eq64 v8, 0\n\tif v9 b1 else b2\nb1:\n\tret 11\nb2:\n\tret 22\n", name), pairs()),
		fn("select", fmt.Sprintf("\tv8 = %s v1, v2\n\tv9 = select v8, v1, v2\n\tret v9\n", name), pairs()))
	for _, k := range constants() {
		list = append(list, fn(fmt.Sprintf("ifk%x", k),
			fmt.Sprintf("\tv9 = %s v1, %d\n\tif v9 b1 else b2\nb1:\n\tret 11\nb2:\n\tret 22\n", name, int64(k)), singles()))
	}
	return list
}
