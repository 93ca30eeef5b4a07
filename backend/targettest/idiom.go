package targettest

import (
	"fmt"
	"strings"
)

// IdiomCases has the values that a target may make by one instruction of a
// higher level: swapped loads and stores, masks without the lowest one,
// complements, shifts and rotations whose operands live on, high products. The
// same values occur in forms that look like them and are none.
func IdiomCases() []Case {
	list := swapCases()
	add := func(name, body string) {
		list = append(list, Case{
			Name: name, Pointers: 1, Inputs: values(),
			Text: fmt.Sprintf("func %s args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2\n%s}\n", name, body),
		})
	}
	for _, w := range []string{"64", "32"} {
		for i, y := range []string{"add%s v2, -1", "sub%s v2, 1", "neg%s v2", "sub%s 0, v2", "xor%s v2, -1", "add%s v2, 1", "add%s v3, -1", "xor%s v2, -2"} {
			inner := fmt.Sprintf("\tv4 = "+y+"\n", w)
			for _, op := range []string{"and", "xor", "or"} {
				for j, outer := range []string{"v2, v4", "v4, v2", "v3, v4", "v4, v3", "v4, v4"} {
					name := fmt.Sprintf("idiom_%s%s_%d_%d", op, w, i, j)
					body := inner + fmt.Sprintf("\tv9 = %s%s %s\n", op, w, outer)
					add(name, body+"\tret v9\n")
					add(name+"_if", body+"\tif v9 b1 else b2\nb1:\n\tret v9\nb2:\n\tret 7\n")
					if j < 2 {
						add(name+"_live", body+"\tv8 = mul64 v9, v4\n\tret v8\n")
						add(name+"_wide", body+"\tv8 = add64 v9, v2\n\tret v8\n")
					}
				}
				add(fmt.Sprintf("idiom_%s%s_%d_test", op, w, i), inner+fmt.Sprintf("\tv5 = test%s v4, v2\n\tv6 = test%s v3, v4\n\tv7 = %s%s v2, v4\n\tv8 = select v6, v7, v3\n\tif v5 b1(v8) else b1(7)\nb1(v10):\n\tv9 = add64 v10, v5\n\tret v9\n", w, w, op, w))
				add(fmt.Sprintf("idiom_%s%s_%d_if", op, w, i), inner+fmt.Sprintf("\tv5 = test%s v4, v2\n\tif v5 b1 else b2\nb1:\n\tret 1\nb2:\n\tv6 = load%s [v1+16] packet\n\tv7 = test%s v6, v4\n\tif v7 b3 else b4\nb3:\n\tret 2\nb4:\n\tret 3\n", w, w, w))
				add(fmt.Sprintf("idiom_%s%s_%d_load", op, w, i), inner+fmt.Sprintf("\tv5 = load%s [v1+16] packet\n\tv9 = %s%s v5, v4\n\tret v9\n", w, op, w))
				add(fmt.Sprintf("idiom_%s%s_%d_const", op, w, i), inner+fmt.Sprintf("\tv9 = %s%s v4, 0x7f00\n\tret v9\n", op, w))
			}
		}
		// Half of one width inside the other.
		add("idiom_mixed"+w, fmt.Sprintf("\tv4 = xor32 v2, -1\n\tv5 = and%s v3, v4\n\tv6 = add64 v2, -1\n\tv7 = and%s v2, v6\n\tv9 = xor64 v5, v7\n\tret v9\n", w, w))
		for _, op := range []string{"shl", "shr", "sar", "rotl"} {
			add("idiom_load_"+op+w, fmt.Sprintf("\tv4 = load%s [v1+16] packet\n\tv9 = %s%s v4, v2\n\tret v9\n", w, op, w))
			add("idiom_twice_"+op+w, fmt.Sprintf("\tv4 = %s%s v2, v3\n\tv5 = %s%s v4, v2\n\tv6 = %s%s v5, v4\n\tv7 = add64 v4, v5\n\tv8 = xor64 v7, v6\n\tv9 = sub64 v8, v2\n\tret v9\n", op, w, op, w, op, w))
			for _, k := range []int{1, 7, 8, 31, 33, 63} {
				add(fmt.Sprintf("idiom_%s%s_%d", op, w, k), fmt.Sprintf("\tv4 = %s%s v2, %d\n\tv5 = xor64 v4, v2\n\tv9 = add64 v5, v3\n\tret v9\n", op, w, k))
			}
		}
	}
	add("idiom_mulhi", "\tv4 = mulhi64 v2, v3\n\tv5 = mulhi64 v4, v2\n\tv6 = mulhi64 v2, v2\n\tv7 = umod64 v5, v3\n\tv8 = mulhi64 v7, v6\n\tv10 = add64 v8, v4\n\tv11 = xor64 v10, v2\n\tret v11\n")
	return list
}

// swapCases has byte swaps beside loads and stores.
func swapCases() []Case {
	var list []Case
	add := func(name, format string, args ...any) {
		list = append(list, Case{
			Name: name, Pointers: 1, Inputs: values(),
			Text: fmt.Sprintf("func %s args=3 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2\n%s}\n", name, fmt.Sprintf(format, args...)),
		})
	}
	for _, width := range []string{"16", "32", "64"} {
		for _, load := range []string{"load8", "load16", "load32", "load64", "loads16", "loads32", "loadacq32", "loadacq64"} {
			disp := 13
			if strings.HasPrefix(load, "loadacq") {
				disp = 16
			}
			add("swap"+width+"_"+load, "\tv4 = %s [v1+%d] packet\n\tv9 = bswap%s v4\n\tret v9\n", load, disp, width)
			add("swap"+width+"_"+load+"_live", "\tv4 = %s [v1+%d] packet\n\tv5 = bswap%s v4\n\tv9 = sub64 v5, v4\n\tret v9\n", load, disp, width)
			add("swap"+width+"_"+load+"_late", "\tv4 = %s [v1+16] packet\n\tv6 = store64 [v1+16], v3 packet\n\tv9 = bswap%s v4\n\tret v9\n", load, width)
			add("swap"+width+"_"+load+"_place", "\tv5 = and64 v2, 7\n\tv6 = shl64 v5, 3\n\tv7 = add64 v1, v6\n\tv4 = %s [v7+%d] packet\n\tv8 = bswap%s v4\n\tv9 = add64 v8, v3\n\tret v9\n", load, disp, width)
		}
		for _, store := range []string{"store8", "store16", "store32", "store64", "storerel16", "storerel32", "storerel64"} {
			add("swap"+width+"_"+store, "\tv4 = bswap%s v2\n\tv9 = %s [v1+16], v4 packet\n\tret v2\n", width, store)
			add("swap"+width+"_"+store+"_live", "\tv4 = bswap%s v2\n\tv9 = %s [v1+16], v4 packet\n\tret v4\n", width, store)
			for _, cut := range []string{"zext16", "zext32", "sext16", "and64 0xffff,"} {
				add(fmt.Sprintf("swap%s_%s_%d", width, store, len(list)), "\tv4 = bswap%s v2\n\tv5 = %s v4\n\tv9 = %s [v1+16], v5 packet\n\tret v3\n", width, cut, store)
				add(fmt.Sprintf("swap%s_%s_%d", width, store, len(list)), "\tv4 = %s v2\n\tv5 = bswap%s v4\n\tv9 = %s [v1+16], v5 packet\n\tret v3\n", cut, width, store)
			}
			add("swap"+width+"_"+store+"_copy", "\tv4 = load64 [v1+32] packet\n\tv5 = bswap%s v4\n\tv9 = %s [v1+16], v5 packet\n\tret v3\n", width, store)
		}
		add("swap"+width+"_compare", "\tv4 = load%s [v1+16] packet\n\tv5 = bswap%s v4\n\tv6 = ult64 v5, v2\n\tif v6 b1 else b2\nb1:\n\tret v5\nb2:\n\tret 22\n", width, width)
		add("swap"+width+"_twice", "\tv4 = bswap%s v2\n\tv5 = bswap%s v4\n\tv6 = bswap32 v5\n\tv7 = bswap16 v6\n\tv8 = add64 v7, v4\n\tv9 = xor64 v8, v2\n\tret v9\n", width, width)
	}
	return list
}
