package targettest

import (
	"fmt"
	"strings"
)

// callCases keeps n values alive across three calls in a loop: of a helper, of
// a subprogram that calls another with all its arguments, and of one on a cold
// path. Each value changes in each pass, also by what the calls return.
func callCases() []Case {
	var list []Case
	for _, n := range []int{1, 5, 9, 11, 13, 16, 24, 32} {
		list = append(list, loopOfCalls(n))
	}
	return list
}

func loopOfCalls(n int) Case {
	var b strings.Builder
	name := fmt.Sprintf("calls_%d", n)
	names := func(first int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("v%d", first+i)
		}
		return list
	}
	fmt.Fprintf(&b, "func %s args=2 {\nb0:\n\tv1 = arg 0\n\tv2 = arg 1\n", name)
	for i := range n {
		fmt.Fprintf(&b, "\tv%d = mul64 v1, %d\n", 100+i, 2*i+3)
	}
	before, within, changed, after := names(100), names(200), names(300), names(400)
	pick := func(i int) string { return within[i%n] }
	fmt.Fprintf(&b, "\tjump b1(0, %s)\nb1(v10, %s) depth=1:\n", strings.Join(before, ", "), strings.Join(within, ", "))
	fmt.Fprintf(&b, "\tv11 = call Mix5(v10, %s, v2, %s, -1) map\n", pick(0), pick(n-1))
	fmt.Fprintf(&b, "\tv12 = callfunc middle(%s, v11, %s, v10, %s) sp=512 stack\n", pick(1), pick(2), pick(3))
	b.WriteString("\tv13 = test64 v12, 3\n\tif v13 b2 else b3(v11)\nb2 depth=1 cold:\n")
	fmt.Fprintf(&b, "\tv14 = call Mix3(v12, v11, %s) map unlikely\n\tjump b3(v14)\nb3(v15) depth=1:\n", pick(4))
	for i := range n {
		op := []string{"add64", "xor64", "sub64", "add32"}[i%4]
		fmt.Fprintf(&b, "\t%s = %s %s, v%d\n", changed[i], op, pick(i+1), []int{11, 12, 15}[i%3])
	}
	fmt.Fprintf(&b, "\tv16 = add64 v10, 1\n\tv17 = ult64 v16, 4\n\tif v17 b1(v16, %[1]s) else b4(%[1]s)\nb4(%[2]s):\n", strings.Join(changed, ", "), strings.Join(after, ", "))
	sum := "v2"
	for i, v := range after {
		fmt.Fprintf(&b, "\tv%d = mul64 %s, 31\n\tv%d = add64 v%d, %s\n", 500+2*i, sum, 501+2*i, 500+2*i, v)
		sum = fmt.Sprintf("v%d", 501+2*i)
	}
	fmt.Fprintf(&b, "\tret %s\n}\n%s", sum, callees)
	return Case{Name: name, Text: b.String(), Inputs: foldPairs()}
}

// callees are subprograms whose arguments live across a call in them.
const callees = `
func middle args=5 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = arg 2
	v4 = arg 3
	v5 = arg 4
	v6 = callfunc last(v5, v4, v3, v2, v1) sp=512 stack
	v7 = call Mix1(v6) map
	v8 = sub64 v1, v2
	v9 = xor64 v8, v3
	v10 = sub64 v9, v4
	v11 = mul64 v10, v5
	v12 = add64 v11, v7
	ret v12
}

func last args=5 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = arg 2
	v4 = arg 3
	v5 = arg 4
	v6 = stackaddr -512
	v7 = store64 [v6], v1 stack
	v8 = store64 [v6+504], v5 stack
	v9 = call Mix5(v2, v3, v4, v1, v5) map
	v10 = load64 [v6] stack
	v11 = load64 [v6+504] stack
	v12 = sub64 v10, v11
	v13 = xor64 v12, v9
	v14 = add64 v13, v3
	ret v14
}
`
