package targettest

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// MemoryCases has loads, stores and atomics of every width with register and
// constant operands, the addressing forms, context fields, map slots and
// stack bytes that are cleared.
func MemoryCases() []Case {
	list := append(accessCases(), addressCases()...)
	return append(list, frameCases()...)
}

func values() []Input {
	var in []Input
	for _, a := range edges() {
		in = append(in, Input{0, a, 0x1122334455667788})
	}
	// The bytes of the buffer at 16, so that CMPXCHG succeeds.
	for _, size := range []int{4, 8} {
		x := uint64(0)
		for i := range size {
			x |= uint64(pattern(16+i)) << (8 * i)
		}
		in = append(in, Input{0, x, 0x1122334455667788}, Input{0, x | 1<<40, 7})
	}
	return in
}

func accessCases() []Case {
	var list []Case
	add := func(name, body string) {
		list = append(list, Case{
			Name: name, Pointers: 1, Inputs: values(),
			Text: fmt.Sprintf("func %s args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2\n%s}\n", name, body),
		})
	}
	for op := range ir.Op(ir.NumOps) {
		row := op.Row()
		if !row.Addr {
			continue
		}
		value := row.Result == ir.TypeInt
		forms := map[int][]string{1: {""}, 2: {", v2", ", 5", ", 0x80000000", ", -1", ", 0x123456789abcdef0"}, 3: {", v2, v3", ", v2, v2", ", 0, 9"}}[row.Args]
		for i, f := range forms {
			name := fmt.Sprintf("%s_%d", row.Name, i)
			if !value {
				add(name, fmt.Sprintf("\tv9 = %s [v1+16]%s packet\n\tret v2\n", row.Name, f))
				continue
			}
			add(name, fmt.Sprintf("\tv9 = %s [v1+16]%s packet\n\tret v9\n", row.Name, f))
			if row.Class == ir.ClassAtomic {
				add(name+"_unused", fmt.Sprintf("\tv9 = %s [v1+16]%s packet\n\tret v2\n", row.Name, f))
				add(name+"_live", fmt.Sprintf("\tv9 = %s [v1+16]%s packet\n\tv10 = add64 v9, v2\n\tv11 = xor64 v10, v3\n\tret v11\n", row.Name, f))
			}
		}
		if row.Class == ir.ClassLoad {
			add(row.Name+"_folded", fmt.Sprintf("\tv9 = %s [v1+16] packet\n\tv10 = add64 v2, v9\n\tv11 = %s [v1+24] packet\n\tv12 = xor32 v11, v10\n\tret v12\n", row.Name, row.Name))
			add(row.Name+"_compare", fmt.Sprintf("\tv9 = %s [v1+16] packet\n\tv10 = ult64 v9, v2\n\tv11 = %s [v1+16] packet\n\tv12 = slt32 v11, 91\n\tv13 = select v12, v3, v10\n\tret v13\n", row.Name, row.Name))
			add(row.Name+"_order", fmt.Sprintf("\tv9 = %s [v1+16] packet\n\tv10 = store64 [v1+16], v3 packet\n\tv11 = add64 v2, v9\n\tret v11\n", row.Name))
		}
		if row.Class == ir.ClassStore {
			add(row.Name+"_cut", fmt.Sprintf("\tv8 = zext32 v2\n\tv9 = and64 v8, 0xffff\n\tv10 = sext16 v9\n\tv11 = %s [v1+16], v10 packet\n\tret v2\n", row.Name))
		}
	}
	return list
}

func addressCases() []Case {
	bodies := map[string]string{
		"index":    "\tv5 = and64 v2, 31\n\tv6 = add64 v1, v5\n\tv7 = load8 [v6+3] packet\n\tret v7\n",
		"scaled":   "\tv5 = and64 v2, 15\n\tv6 = shl64 v5, 3\n\tv7 = add64 v6, v1\n\tv8 = load64 [v7+8] packet\n\tret v8\n",
		"twice":    "\tv5 = and64 v2, 15\n\tv6 = shl64 v5, 2\n\tv7 = add64 v1, v6\n\tv8 = load32 [v7+8] packet\n\tv9 = load32 [v7+12] packet\n\tv10 = sub64 v8, v9\n\tret v10\n",
		"chain":    "\tv5 = and64 v2, 15\n\tv6 = add64 v1, 5\n\tv7 = add64 v6, v5\n\tv8 = add64 v7, 9\n\tv9 = store16 [v8-2], v3 packet\n\tret v8\n",
		"shared":   "\tv5 = and64 v2, 15\n\tv6 = add64 v1, v5\n\tv7 = load8 [v6] packet\n\tv8 = sub64 v6, v1\n\tv9 = add64 v7, v8\n\tret v9\n",
		"stack":    "\tv5 = and64 v2, 15\n\tv6 = stackaddr -64\n\tv7 = add64 v6, v5\n\tv8 = store8 [v7], 77 stack\n\tv9 = load64 [v6] stack\n\tret v9\n",
		"stackptr": "\tv5 = stackaddr -16\n\tv6 = stackaddr -48\n\tv7 = sub64 v5, v6\n\tv8 = store64 [v5], v3 stack\n\tv9 = load32 [v5+4] stack\n\tv10 = add64 v7, v9\n\tret v10\n",
		"far":      "\tv5 = add64 v1, -4000000000\n\tv6 = load8 [v5+4000000001] packet\n\tret v6\n",
		"lea":      "\tv5 = shl64 v3, 2\n\tv6 = add64 v2, v5\n\tv7 = add64 v6, v2\n\tret v7\n",
		"update":   "\tv5 = load64 [v1+16] packet\n\tv6 = add64 v5, v2\n\tv7 = store64 [v1+16], v6 packet\n\tret v3\n",
		"update1":  "\tv5 = load64 [v1+16] packet\n\tv6 = add64 v5, 1\n\tv7 = store64 [v1+16], v6 packet\n\tret v3\n",
		"update32": "\tv5 = load32 [v1+16] packet\n\tv6 = or32 v2, v5\n\tv7 = store32 [v1+16], v6 packet\n\tret v3\n",
		"update8":  "\tv5 = load8 [v1+16] packet\n\tv6 = add64 v5, 1\n\tv7 = store8 [v1+16], v6 packet\n\tret v3\n",
		"updates":  "\tv5 = load64 [v1+16] packet\n\tv6 = sub64 v2, v5\n\tv7 = store64 [v1+16], v6 packet\n\tret v3\n",
		"updatex":  "\tv5 = load64 [v1+16] packet\n\tv6 = add64 v5, v2\n\tv7 = store64 [v1+16], v6 packet\n\tret v6\n",
		"updatey":  "\tv5 = load64 [v1+16] packet\n\tv6 = add64 v5, v2\n\tv7 = store64 [v1+24], v6 packet\n\tret v3\n",
	}
	var list []Case
	for _, name := range sortedKeys(bodies) {
		list = append(list, Case{
			Name: "addr_" + name, Pointers: 1, Inputs: values(),
			Text: fmt.Sprintf("func addr_%s args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2\n%s}\n", name, bodies[name]),
		})
	}
	// An address may differ between engines, so chain gives it relative.
	for i := range list {
		if list[i].Name == "addr_chain" {
			list[i].Text = replaceLast(list[i].Text, "ret v8", "v10 = sub64 v8, v1\n\tret v10")
		}
	}
	return list
}

func frameCases() []Case {
	bodies := map[string]string{
		"fields":  "\tv1 = ctxload 0 ctx\n\tv2 = ctxload 1 ctx\n\tv3 = ctxload 2 ctx\n\tv4 = ctxload 3 ctx\n\tv5 = add64 v1, v2\n\tv6 = xor64 v5, v3\n\tv7 = sub64 v6, v4\n\tret v7\n",
		"bounds":  "\tv1 = ctxload 4 ctx\n\tv2 = ctxload 5 ctx\n\tv3 = sub64 v2, v1\n\tv4 = load32 [v1+4] packet\n\tv5 = add64 v3, v4\n\tret v5\n",
		"stores":  "\tv1 = ctxload 6 ctx\n\tv2 = ctxstore 0, v1 ctx\n\tv3 = ctxstore 1, v1 ctx\n\tv4 = ctxstore 2, v1 ctx\n\tv5 = ctxstore 3, v1 ctx\n\tv6 = ctxstore 7, -3 ctx\n\tv7 = ctxload 1 ctx\n\tret v7\n",
		"storek":  "\tv2 = ctxstore 1, -1 ctx\n\tv3 = ctxstore 0, -1 ctx\n\tv4 = ctxstore 2, 0x12345 ctx\n\tv5 = ctxstore 0, 0xffffffff ctx\n\tret 7\n",
		"maps":    "\tv1 = mapptr 0\n\tv2 = mapptr 1\n\tv3 = mapmax 1\n\tv4 = mapmax 0\n\tv5 = shl64 v1, 8\n\tv6 = xor64 v5, v2\n\tv7 = mul64 v3, v4\n\tv8 = add64 v6, v7\n\tret v8\n",
		"step":    "\tv1 = mapstep 0\n\tv2 = mapstep 1\n\tv3 = ctxload 0 ctx\n\tv4 = mul64 v3, v2\n\tv5 = xor64 v4, v1\n\tret v5\n",
		"lookup":  "\tv1 = ctxload 0 ctx\n\tv2 = mapmax 1\n\tv3 = ult64 v1, v2\n\tif v3 b1 else b2\nb1:\n\tv4 = mapvalues 1\n\tv5 = shl64 v1, 3\n\tv6 = add64 v4, v5\n\tv7 = load64 [v6] map\n\tv8 = add64 v7, 1\n\tv9 = store64 [v6], v8 map\n\tret v8\nb2:\n\tret -1\n",
		"frame":   "\tv1 = frame\n\tv2 = load64 [v1+128] ctx\n\tv3 = add64 v1, 136\n\tv4 = load32 [v3] ctx\n\tv5 = sub64 v3, v1\n\tv6 = add64 v5, v2\n\tv7 = mul64 v6, v4\n\tret v7\n",
		"stack":   "\tv1 = stackaddr -8\n\tv2 = ctxload 0 ctx\n\tv3 = store64 [v1], v2 stack\n\tv4 = load8 [v1+7] stack\n\tv5 = load16 [v1+2] stack\n\tv6 = add64 v4, v5\n\tret v6\n",
		"overlap": "\tv1 = ctxload 0 ctx\n\tv2 = stackaddr -32\n\tv3 = store64 [v2+8], v1 stack\n\tv4 = load64 [v2+4] stack\n\tret v4\n",
	}
	var list []Case
	for _, name := range sortedKeys(bodies) {
		var in []Input
		for _, a := range edges() {
			in = append(in, Input{a, a + 1, a ^ 0x55, ^a, a * 3, 5, 6})
		}
		for _, z := range []string{"", " zero=-32:0", " zero=-31:-2", " zero=-512:0"} {
			if z != "" && name != "stack" && name != "overlap" {
				continue
			}
			text := fmt.Sprintf("func frame_%s entry%s {\nb0:\n%s}\n", name, z, bodies[name])
			list = append(list, Case{Name: "frame_" + name + z, Text: text, Inputs: in})
		}
	}
	return list
}
