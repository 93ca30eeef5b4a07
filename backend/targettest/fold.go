package targettest

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// FoldCases has values that only one instruction uses, so that a target may
// make them part of it: shifts, extensions, products, complements, masks.
func FoldCases() []Case {
	var list []Case
	add := func(name, body string, in []Input) {
		text := fmt.Sprintf("func %s args=2 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n%s}\n", name, body)
		list = append(list, Case{Name: name, Text: text, Inputs: in})
	}
	outer := []string{"add64", "add32", "sub64", "sub32", "and64", "and32", "or64", "or32", "xor64", "xor32", "ult64", "slt32", "eq64", "sle32", "test64", "test32", "mul64"}
	for _, name := range outer {
		for _, inner := range innerForms() {
			// In the test of a branch, on the left and on the right.
			body := fmt.Sprintf("\tv3 = %s\n", inner.text)
			add(name+"_of_"+inner.name, body+fmt.Sprintf("\tv9 = %s v1, v3\n\tret v9\n", name), foldPairs())
			add(name+"_by_"+inner.name, body+fmt.Sprintf("\tv9 = %s v3, v1\n\tret v9\n", name), foldPairs())
		}
	}
	for _, inner := range innerForms() {
		for _, o := range []string{"zext8", "zext16", "zext32", "sext8", "sext16", "sext32", "and64 255,", "and32 4095,", "and64 0xffff0,"} {
			add(fmt.Sprintf("outer%d", len(list)), fmt.Sprintf("\tv3 = %s\n\tv9 = %s v3\n\tret v9\n", inner.text, o), foldPairs())
		}
		add("shl_"+inner.name, fmt.Sprintf("\tv3 = %s\n\tv9 = shl64 v3, 7\n\tret v9\n", inner.text), foldPairs())
		add("shl32_"+inner.name, fmt.Sprintf("\tv3 = %s\n\tv9 = shl32 v3, 7\n\tret v9\n", inner.text), foldPairs())
	}
	return append(append(list, branchForms()...), foldAddresses()...)
}

type innerForm struct{ name, text string }

func innerForms() []innerForm {
	var list []innerForm
	for _, op := range []ir.Op{ir.OpShl64, ir.OpShl32, ir.OpShr64, ir.OpShr32, ir.OpSar64, ir.OpSar32} {
		for _, n := range []int{5, 24, 56} {
			list = append(list, innerForm{fmt.Sprintf("%s_%d", op, n), fmt.Sprintf("%s v2, %d", op, n)})
		}
	}
	for _, op := range []ir.Op{ir.OpZext8, ir.OpZext16, ir.OpZext32, ir.OpSext8, ir.OpSext16, ir.OpSext32, ir.OpNeg64, ir.OpNeg32} {
		list = append(list, innerForm{op.String(), op.String() + " v2"})
	}
	for _, f := range []string{"mul64 v2, v1", "mul32 v2, v1", "mul64 v2, 24", "mul32 v2, 9", "xor64 v2, -1", "xor32 v2, -1", "and64 v2, 511", "and32 v2, 0xff", "and64 v2, 0x3fffffff0", "shl64 v2, v1", "eq64 v2, v1"} {
		list = append(list, innerForm{fmt.Sprintf("form%d", len(list)), f})
	}
	return list
}

// foldPairs are fewer operands than pairs, because there are many cases.
func foldPairs() []Input {
	var in []Input
	e := edges()
	for i, a := range e {
		in = append(in, Input{a, e[(i*7+3)%len(e)]}, Input{e[(i*5+2)%len(e)], 0x123456789abcdef0 ^ a})
	}
	return in
}

// branchForms has conditions that need no comparison, complements of shifts
// and nested comparisons.
func branchForms() []Case {
	conds := []string{
		"slt64 v1, 0", "slt32 v1, 0", "sle64 0, v1", "slt32 -1, v1", "sle32 v1, -1", "slt64 0, v1",
		"test64 v1, 0x100000000", "test32 v1, 8", "test64 v1, 0x8000000000000000", "test64 v1, 0xf0f0f0f0f0f0f0f0",
		"test64 v1, 0xffff00000", "test64 v1, 0x12345", "test32 v1, 0x12345", "test64 v1, v1",
		"ult64 v1, 4095", "ult64 v1, 4096", "ult64 v1, 4097", "ult64 v1, 0xfff000", "slt64 v1, -4095", "slt64 v1, -4096", "slt32 v1, -7", "ule32 v1, -1",
		"eq64 v1, 0", "ne32 v1, 0", "ule64 v1, 0", "ult64 0, v1",
	}
	nested := []string{
		"v4 = and64 v1, 4\n\tv3 = eq64 v4, 0", "v4 = and64 v1, v2\n\tv3 = ne64 v4, 0", "v4 = and32 v1, 0xff00\n\tv3 = ne64 v4, 0",
		"v4 = and64 v1, 0xff00000000\n\tv3 = eq32 v4, 0", "v4 = ult64 v1, v2\n\tv3 = eq32 v4, 0", "v4 = slt64 v1, v2\n\tv5 = eq64 v4, 0\n\tv3 = eq64 v5, 0",
		"v5 = shr64 v2, 60\n\tv4 = and64 v1, v5\n\tv3 = ne64 v4, 0", "v4 = test64 v1, v2\n\tv3 = zext32 v4", "v3 = and64 v1, 1",
		"v4 = shl64 v2, 3\n\tv5 = xor64 v4, -1\n\tv6 = and64 v1, v5\n\tv3 = xor64 v6, v2",
		"v4 = shr32 v2, 3\n\tv5 = xor32 v4, -1\n\tv6 = or32 v1, v5\n\tv3 = xor32 v6, v2",
		"v4 = xor64 v1, -1\n\tv3 = xor64 v4, v2",
		"v4 = shr64 v1, 3\n\tv5 = xor64 v4, -1\n\tv3 = or64 v5, v2", "v4 = sar32 v1, 3\n\tv5 = xor32 v4, -1\n\tv3 = and32 v5, v2",
		"v4 = shl64 v1, 9\n\tv5 = xor64 v4, -1\n\tv3 = xor64 v5, v2", "v4 = shl32 v1, 9\n\tv5 = xor32 v4, -1\n\tv3 = xor32 v5, v2",
		"v4 = shl64 v1, 9\n\tv5 = xor64 v4, -1\n\tv3 = and64 v5, v2",
		"v4 = and64 v2, 63\n\tv3 = shl64 v1, v4", "v4 = and64 v2, 31\n\tv3 = rotl32 v1, v4", "v4 = and64 v2, 31\n\tv3 = rotl64 v1, v4",
	}
	for _, c := range conds {
		nested = append(nested, "v3 = "+c)
	}
	var list []Case
	for i, c := range nested {
		for kind, end := range []string{
			"if v3 b1 else b2\nb1:\n\tret 11\nb2:\n\tret 22", "v8 = eq64 v3, 0\n\tif v8 b1 else b2\nb1:\n\tret 11\nb2:\n\tret 22",
			"v8 = select v3, v2, 0\n\tret v8", "v8 = select v3, 0, v3\n\tret v8", "ret v3",
		} {
			name := fmt.Sprintf("cond%d_%d", i, kind)
			text := fmt.Sprintf("func %s args=2 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\t%s\n\t%s\n}\n", name, c, end)
			list = append(list, Case{Name: name, Text: text, Inputs: foldPairs()})
		}
	}
	return list
}

// foldAddresses has the places that accesses can name by themselves.
func foldAddresses() []Case {
	var list []Case
	for _, op := range []string{"load8", "load16", "load32", "load64", "loads8", "loads16", "loads32"} {
		for i, index := range []string{
			"v6 = and64 v2, 15", "v5 = and64 v2, 15\n\tv6 = shl64 v5, 1", "v5 = and64 v2, 15\n\tv6 = shl64 v5, 2", "v5 = and64 v2, 15\n\tv6 = shl64 v5, 3",
			"v5 = add64 v3, v2\n\tv6 = zext32 v5", "v4 = add64 v3, v2\n\tv5 = zext32 v4\n\tv6 = shl64 v5, 1", "v4 = add64 v3, v2\n\tv5 = zext32 v4\n\tv6 = shl64 v5, 3",
			"v4 = add64 v3, v2\n\tv5 = zext32 v4\n\tv6 = shl64 v5, 2", "v6 = sext32 v2",
		} {
			for _, disp := range []string{"", "+9"} {
				name := fmt.Sprintf("place_%s_%d_%d", op, i, len(list))
				text := fmt.Sprintf("func %s args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2\n\t%s\n\tv7 = add64 v6, v1\n\tv8 = %s [v7%s] packet\n\tret v8\n}\n", name, index, op, disp)
				in := []Input{{0, 0, 0xffffffff00000003}, {0, 5, 0x700000002}, {0, 7, 1}, {0, 11, 3}}
				list = append(list, Case{Name: name, Text: text, Pointers: 1, Inputs: in})
			}
		}
	}
	return list
}
