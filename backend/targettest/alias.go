package targettest

import (
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// AliasCases has what code generators are known to get wrong: operands that
// are each other, or stand in the registers that an instruction insists on;
// atomics through every register; numbers and displacements at the limits of
// their fields.
func AliasCases() []Case {
	list := divisionCases()
	list = append(list, atomicCases()...)
	list = append(list, limitCases()...)
	return append(list, displacementCases()...)
}

// fixed returns a case of two arguments.
func fixed(name, body string, in []Input) Case {
	text := fmt.Sprintf("func %s args=2 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n%s}\n", name, body)
	return Case{Name: name, Text: text, Inputs: in}
}

// divisionCases chains operations whose results are in fixed registers, so
// that each has operands in those of the other: on amd64 quotients in AX,
// remainders in DX, the amount of a shift in CX.
func divisionCases() []Case {
	ops := []string{"udiv64", "udiv32", "sdiv64", "sdiv32", "umod64", "umod32", "smod64", "smod32", "mulhi64", "shl64", "sar32", "rotl64", "rotl32"}
	var list []Case
	for _, first := range ops {
		for _, second := range ops {
			body := fmt.Sprintf("\tv3 = %[1]s v1, v2\n\tv4 = %[2]s v3, v1\n\tv5 = %[2]s v2, v3\n\tv6 = %[1]s v4, v5\n\tv7 = %[2]s v5, v4\n\tv8 = %[1]s v7, v7\n", first, second)
			list = append(list,
				fixed(first+"_"+second, body+"\tret v8\n", foldPairs()),
				fixed(first+"_"+second+"_live", body+"\tv9 = xor64 v8, v3\n\tv10 = add64 v9, v4\n\tv11 = xor64 v10, v5\n\tv12 = add64 v11, v6\n\tv13 = xor64 v12, v1\n\tv14 = add64 v13, v2\n\tv15 = add64 v14, v7\n\tret v15\n", foldPairs()))
		}
	}
	return list
}

// atomicCases has the atomics with results.
func atomicCases() []Case {
	var list []Case
	for op := range ir.Op(ir.NumOps) {
		row := op.Row()
		if row.Class != ir.ClassAtomic || row.Result != ir.TypeInt || row.Args < 2 {
			continue
		}
		for live := range 26 {
			for i := range 4 {
				list = append(list, atomicEverywhere(row, live, (live/2+3*i)%8, i < 2))
			}
		}
		list = append(list, atomicAliases(row)...)
	}
	return list
}

// atomicEverywhere is an atomic whose operands are in the registers that live
// values leave. After has a bit for each argument that lives on.
func atomicEverywhere(row *ir.Row, live, after int, addressFirst bool) Case {
	var b strings.Builder
	name := fmt.Sprintf("%s_%d_%d_%t", row.Name, live, after, addressFirst)
	fmt.Fprintf(&b, "func %s args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2\n", name)
	for i := range live {
		fmt.Fprintf(&b, "\tv%d = xor64 v3, %d\n", 100+i, 2*i+11)
	}
	operand, address := "\tv5 = add64 v2, 3\n", "\tv6 = xor64 v1, v3\n\tv7 = xor64 v6, v3\n"
	if addressFirst {
		operand, address = address, operand
	}
	third := ""
	if row.Args == 3 {
		b.WriteString("\tv8 = rotl64 v3, 5\n")
		third = ", v8"
	}
	fmt.Fprintf(&b, "%s%s\tv9 = %s [v7+16], v5%s packet\n", operand, address, row.Name, third)
	sum, id := "v9", 200
	mix := func(v string) {
		fmt.Fprintf(&b, "\tv%d = mul64 %s, 31\n\tv%d = add64 v%d, %s\n", id, sum, id+1, id, v)
		sum = fmt.Sprintf("v%d", id+1)
		id += 2
	}
	for i := range live {
		mix(fmt.Sprintf("v%d", 100+i))
	}
	if after&1 != 0 { // the address itself differs between engines
		b.WriteString("\tv12 = load32 [v1+20] packet\n")
		mix("v12")
	}
	if after&2 != 0 {
		mix("v2")
	}
	if after&4 != 0 {
		mix("v3")
	}
	fmt.Fprintf(&b, "\tret %s\n}\n", sum)
	return Case{Name: name, Text: b.String(), Pointers: 1, Inputs: values()[:3]}
}

// atomicAliases has the operands that are each other: the address, the
// expected value, the new value. Results do not depend on the buffer's address.
func atomicAliases(row *ir.Row) []Case {
	var list []Case
	add := func(name, body string) {
		name = row.Name + "_" + name
		text := fmt.Sprintf("func %s args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2\n%s\tret v9\n}\n", name, body)
		list = append(list, Case{Name: name, Text: text, Pointers: 1, Inputs: values()})
	}
	third := ""
	if row.Args == 3 {
		third = ", v3"
	}
	for place := range 3 { // in the register of each argument; all are the address
		list = append(list, Case{
			Name: fmt.Sprintf("%s_arg%d", row.Name, place), Pointers: 3, Inputs: []Input{{0, 0, 0}},
			Text: fmt.Sprintf("func %s_arg%d args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv8 = arg 2\n\tv3 = load64 [v8+32] packet\n"+
				"\tv4 = load64 [v1+8] packet\n\tv9 = %s [v%d+16], v4%s packet\n\tret v9\n}\n", row.Name, place, row.Name, []int{1, 2, 8}[place], third),
		})
	}
	// Memory gets its old contents back.
	undo := fmt.Sprintf("\tv4 = load64 [v1+16] packet\n\tv5 = %s [v1+16], v1%%s packet\n\tv6 = store64 [v1+16], v4 packet\n\tv9 = xor64 v5, v2\n", row.Name)
	add("address", fmt.Sprintf(undo, third))
	if row.Args < 3 {
		return list
	}
	old, wide := fmt.Sprintf("\tv4 = load%d [v1+16] packet\n", 8*row.Width), "v4"
	if row.Width == 4 { // the upper half is not compared
		old, wide = old+"\tv5 = or64 v4, 0x4500000000\n", "v5"
	}
	add("address2", fmt.Sprintf(undo, ", v1"))
	add("equal", fmt.Sprintf("%s\tv6 = %s [v1+16], %s, v2 packet\n\tv9 = add64 v6, v2\n", old, row.Name, wide))
	add("same", fmt.Sprintf("%s\tv6 = %s [v1+16], %s, %s packet\n\tv9 = add64 v6, v2\n", old, row.Name, wide, wide))
	return list
}

// limits are the numbers beside which an instruction changes its form.
func limits() []uint64 {
	return []uint64{
		0x7e, 0x7f, 0x80, 0x81, 0xfff, 0x1000, 0xfff000, 0x1000000, 0x7fff, 0x8000, 0x10000,
		0x7ffffffe, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001,
		1<<63 - 1, 1 << 63, 1<<64 - 0x7f, 1<<64 - 0x80, 1<<64 - 0x81, 1<<64 - 0xfff, 1<<64 - 0x1000,
		1<<64 - 0x7fffffff, 1<<64 - 0x80000000, 1<<64 - 0x80000001, 1<<64 - 0xffffffff, 1<<64 - 0x100000000, 1<<64 - 0x100000001,
	}
}

// around returns the limits and what is next to them as inputs.
func around() []Input {
	var in []Input
	for _, k := range []uint64{0, 0x80, 0x80000000, 0x100000000, 1 << 63, 1<<64 - 0x80000000, 1<<64 - 0x100000000} {
		in = append(in, Input{k - 1, 1}, Input{k, 2}, Input{k + 1, 3})
	}
	return in
}

// limitCases has each limit as an operand of each kind of instruction.
func limitCases() []Case {
	var list []Case
	forms := []string{"add", "sub", "and", "or", "xor", "mul", "ult", "ule", "slt", "sle", "eq", "test"}
	for i, k := range limits() {
		for _, w := range []string{"64", "32"} {
			body, sum := "", "v2"
			for j, f := range forms {
				a, b := 10+4*j, 11+4*j
				body += fmt.Sprintf("\tv%d = %s%s v1, %d\n\tv%d = %s%s %d, v1\n", a, f, w, int64(k), b, f, w, int64(k))
				body += fmt.Sprintf("\tv%d = mul64 %s, 31\n\tv%d = add64 v%d, v%d\n\tv%d = xor64 v%d, v%d\n", 100+3*j, sum, 101+3*j, 100+3*j, a, 102+3*j, 101+3*j, b)
				sum = fmt.Sprintf("v%d", 102+3*j)
			}
			list = append(list, fixed(fmt.Sprintf("limit%s_%d", w, i), body+"\tret "+sum+"\n", around()))
			for _, f := range []string{"ult", "sle", "eq", "test"} {
				list = append(list, fixed(fmt.Sprintf("limitif%s_%s_%d", w, f, i), fmt.Sprintf("\tv3 = %s%s v1, %d\n\tif v3 b1 else b2\nb1:\n\tret 1\nb2:\n\tret 2\n", f, w, int64(k)), around()))
			}
			text := fmt.Sprintf("func limitmem%[1]s_%[2]d args=2 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = store%[1]s [v1+16], v2 packet\n"+
				"\tv4 = load%[1]s [v1+16] packet\n\tv5 = ult%[1]s v4, %[3]d\n\tv6 = load%[1]s [v1+16] packet\n\tv7 = sle64 v6, %[3]d\n"+
				"\tv8 = store%[1]s [v1+32], %[3]d packet\n\tv9 = atomadd%[1]s [v1+40], %[3]d packet\n\tv10 = atomxor%[1]s [v1+48], %[3]d packet\n"+
				"\tv11 = load%[1]s [v1+56] packet\n\tv12 = add%[1]s v11, %[3]d\n\tv13 = store%[1]s [v1+56], v12 packet\n\tv14 = shl64 v5, 1\n\tv15 = or64 v14, v7\n\tret v15\n}\n", w, i, int64(k))
			var in []Input
			for _, a := range around() {
				in = append(in, Input{0, a[0]})
			}
			list = append(list, Case{Name: fmt.Sprintf("limitmem%s_%d", w, i), Text: text, Pointers: 1, Inputs: in})
		}
	}
	return list
}

// displacementCases has accesses at the limits of a displacement: of eBPF's
// offsets, of both machines' forms and of what the compiler folds. The base is
// a sum that leads back into the buffer.
func displacementCases() []Case {
	var list []Case
	for i, disp := range []int64{
		127, 128, -128, -129, 255, 256, -256, -257, 4095, 4096, 4088, 8190, 8192, 16380, 16384, 32760, 32767, 32768, -32767, -32768, -32769,
		1<<30 - 1, 1 << 30, -1 << 30, -1<<30 - 1, 1<<31 - 1, 1 << 31, -1 << 31, -1<<31 - 1, 1 << 32, -1 << 32,
	} {
		for width, name := range []string{"8", "16", "32", "64"} {
			text := fmt.Sprintf("func disp%[1]s_%[2]d args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2\n\tv4 = add64 v1, v2\n"+
				"\tv5 = load%[1]s [v4%+[3]d] packet\n\tv6 = store%[1]s [v4%+[3]d], v3 packet\n\tv7 = add64 v2, 24\n\tv8 = add64 v1, v7\n"+
				"\tv9 = store%[1]s [v8%+[3]d], 5 packet\n\tv10 = add64 v8, %[3]d\n\tv11 = load%[1]s [v10-8] packet\n\tv12 = mul64 v5, 7\n\tv13 = add64 v12, v11\n"+
				"%[4]s\tret v13\n}\n", name, i, disp, atomicAt(width, disp))
			in := []Input{{0, uint64(16 - disp), 0x1122334455667788}, {0, uint64(64 - disp), 1<<64 - 1}}
			list = append(list, Case{Name: fmt.Sprintf("disp%s_%d", name, i), Text: text, Pointers: 1, Inputs: in})
		}
	}
	return list
}

// atomicAt is an atomic at the displacement, which exists for two widths.
func atomicAt(width int, disp int64) string {
	if width < 2 {
		return ""
	}
	return fmt.Sprintf("\tv14 = fetchadd%d [v4%+d], v3 packet\n", 8<<width, disp)
}
