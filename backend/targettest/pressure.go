package targettest

import (
	"fmt"
	"strings"
)

// pressure makes a function with n values that live across an operation.
func pressure(n int, kind string) Case {
	var b strings.Builder
	name := fmt.Sprintf("pressure_%s_%d", kind, n)
	fmt.Fprintf(&b, "func %s args=2 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n", name)
	for i := range n {
		fmt.Fprintf(&b, "\tv%d = mul64 v1, %d\n", 10+i, 2*i+3)
	}
	switch kind {
	case "alu":
		b.WriteString("\tv3 = add64 v1, v2\n")
	case "call":
		b.WriteString("\tv3 = call Mix2(v1, v2) map\n")
	case "div":
		b.WriteString("\tv4 = udiv64 v1, v2\n\tv5 = smod32 v1, v2\n\tv6 = mulhi64 v4, v1\n\tv3 = add64 v6, v5\n")
	case "shift":
		b.WriteString("\tv4 = shl64 v1, v2\n\tv5 = rotl32 v1, v2\n\tv6 = sar64 v1, v2\n\tv7 = add64 v4, v5\n\tv3 = add64 v7, v6\n")
	case "loop":
		args := make([]string, n)
		params := make([]string, n)
		next := make([]string, n)
		for i := range n {
			args[i] = fmt.Sprintf("v%d", 10+i)
			params[i] = fmt.Sprintf("v%d", 100+i)
			next[i] = fmt.Sprintf("v%d", 100+(i+1)%n)
		}
		next[0] = "v300"
		fmt.Fprintf(&b, "\tjump b1(0, %s)\nb1(v9, %s) depth=1:\n", strings.Join(args, ", "), strings.Join(params, ", "))
		fmt.Fprintf(&b, "\tv300 = xor64 v100, v%d\n\tv301 = add64 v9, 1\n\tv302 = ult64 v301, 5\n", 100+n-1)
		fmt.Fprintf(&b, "\tif v302 b1(v301, %s) else b2\nb2:\n\tv3 = add64 v300, v2\n", strings.Join(next, ", "))
	}
	sum := "v3"
	for i := range n {
		fmt.Fprintf(&b, "\tv%d = mul64 %s, 31\n\tv%d = add64 v%d, v%d\n", 400+2*i, sum, 401+2*i, 400+2*i, 10+i)
		sum = fmt.Sprintf("v%d", 401+2*i)
	}
	fmt.Fprintf(&b, "\tret %s\n}\n", sum)
	return Case{Name: name, Text: b.String(), Inputs: pairs()[:200]}
}
