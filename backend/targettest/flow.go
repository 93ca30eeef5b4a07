package targettest

import (
	"slices"
	"sort"
	"strings"
)

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func replaceLast(s, old, new string) string {
	i := strings.LastIndex(s, old)
	return s[:i] + new + s[i+len(old):]
}

// FlowCases has loops, calls, subprograms, preemption points and more live
// values than registers.
func FlowCases() []Case {
	texts := map[string]string{
		"sum": `func sum args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = and64 v2, 63
	jump b1(0, 0)
b1(v4, v5) depth=1:
	v6 = ult64 v4, v3
	if v6 b2 else b3
b2: depth=1
	v7 = mul64 v4, v1
	v8 = add64 v5, v7
	v9 = add64 v4, 1
	jump b1(v9, v8)
b3:
	ret v5
}`,
		"swap": `func swap args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	jump b1(0, v1, v2, 17)
b1(v4, v5, v6, v10) depth=1:
	v7 = add64 v4, 1
	v8 = ult64 v7, 7
	if v8 b1(v7, v6, v10, v5) else b2
b2:
	v9 = sub64 v5, v6
	ret v9
}`,
		// Both ways out of b2 go on with the loop: moves of one back edge must
		// not be executed in front of the other's.
		"twoback": `func twoback args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	jump b1(1, 0, 1)
b1(v3, v4, v5) depth=1:
	v6 = eq32 v3, 0
	if v6 b3 else b2
b2: depth=1
	v8 = call Mix2(v1, v2) map
	v9 = eq64 v8, 0
	if v9 b1(0, v8, v5) else b1(0, v8, 0)
b3:
	v10 = sub64 v4, v5
	ret v10
}`,
		"calls": `func calls args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = call Mix2(v1, v2) map
	v4 = call Mix5(v3, v1, 7, v2, -1) map
	v5 = call Mix0() map
	v6 = add64 v3, v4
	v7 = xor64 v6, v5
	v8 = sub64 v7, v1
	v9 = mul64 v8, v2
	ret v9
}`,
		"coldcall": `func coldcall args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = and64 v2, 31
	jump b1(0, 1)
b1(v4, v5) depth=1:
	v6 = and64 v4, 7
	v7 = eq64 v6, 5
	if v7 b2 else b3(v5)
b2: depth=1 cold
	v8 = call Mix3(v4, v5, v1) map unlikely
	jump b3(v8)
b3(v9): depth=1
	v10 = mul64 v9, v1
	v11 = add64 v10, v2
	v12 = add64 v4, 1
	v13 = ule64 v12, v3
	if v13 b1(v12, v11) else b4
b4:
	ret v11
}`,
		"preempt": `func preempt args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = and64 v2, 0xfff
	jump b1(0, v1)
b1(v4, v5) depth=1:
	v6 = preempt 30 stack
	v7 = rotl64 v5, 3
	v8 = add64 v7, v4
	v9 = add64 v4, 1
	v10 = ult64 v9, v3
	if v10 b1(v9, v8) else b2
b2:
	ret v8
}`,
		"subprogram": `func main entry zero=-16:0 {
b0:
	v1 = ctxload 0 ctx
	v2 = ctxload 6 ctx
	v3 = stackaddr -8
	v4 = store64 [v3], v1 stack
	v5 = callfunc second(v1, v2) sp=512 stack
	v6 = load64 [v3] stack
	v7 = load64 [v3-8] stack
	v8 = add64 v5, v6
	v9 = xor64 v8, v7
	ret v9
}

func second args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = stackaddr -8
	v4 = store64 [v3], v2 stack
	v5 = callfunc third(v2, v1, 3, 4, v1) sp=512 stack
	v6 = load64 [v3] stack
	v7 = add64 v6, v5
	v8 = add64 v7, v1
	ret v8
}

func third args=5 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = arg 2
	v4 = arg 3
	v5 = arg 4
	v6 = sub64 v1, v2
	v7 = sub64 v6, v3
	v8 = sub64 v7, v4
	v9 = mul64 v8, v5
	ret v9
}`,
		"constant": `func constant args=2 {
b0:
	jump b1(0, 0)
b1(v4, v5) depth=1:
	v6 = xor64 v5, 0x123456789abcdef0
	v7 = mul64 v6, 0x9e3779b97f4a7c15
	v9 = add64 v4, 1
	v10 = ult64 v9, 9
	if v10 b1(v9, v7) else b2
b2:
	v11 = ne64 v7, 5
	if v11 b3(1) else b3(0)
b3(v12):
	v13 = add64 v7, v12
	ret v13
}`,
		"diamond": `func diamond args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = slt64 v1, v2
	if v3 b1 else b2
b1:
	v4 = sub64 v2, v1
	jump b3(v4, v1)
b2:
	v5 = sub64 v1, v2
	jump b3(v5, v2)
b3(v6, v7):
	v8 = umod64 v6, v7
	v9 = udiv64 v7, v8 
	v10 = add64 v8, v9
	v11 = if3 v10
	ret v10
}`,
		"flags": `func flags args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = ule64 v1, 31
	if v3 b1 else b2
b1:
	ret 5
b2:
	v5 = sext16 0
	jump b3
b3:
	v6 = eq64 v1, 32
	if v6 b4(0, v5) else b5
b4(v7, v8):
	v9 = add64 v7, v8
	ret v9
b5:
	jump b4(v1, 0)
}`,
		"countdown": `func countdown args=2 {
b0:
	v1 = arg 0
	v2 = and32 v1, 255
	v9 = or32 v2, 1
	jump b1(v9, 0)
b1(v3, v4) depth=1:
	v6 = add64 v4, v3
	v5 = add32 v3, -1
	v7 = ne32 v5, 0
	if v7 b1(v5, v6) else b2
b2:
	v10 = arg 1
	v11 = sub64 v6, v10
	v12 = eq64 v11, 0
	if v12 b3 else b4
b3:
	ret 5
b4:
	ret v11
}`,
		"flagszero": `func flagszero args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = ult64 v1, v2
	if v3 b1 else b2
b1:
	ret 5
b2:
	v10 = rotl64 0, v2
	v11 = select v2, 0, v10
	jump b3
b3:
	v12 = eq64 v1, v2
	v6 = select v12, v11, 0
	v13 = eq64 v1, v2
	if v13 b4 else b5
b4:
	ret v6
b5:
	v7 = add64 v6, 9
	ret v7
}`,
		"entryloop": `func entryloop args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	v3 = atomadd64 [v1+8], 1 packet
	v4 = load64 [v1+8] packet
	v5 = and64 v4, 7
	if v5 b0 else b1
b1:
	v6 = add64 v4, v2
	ret v6
}`,
	}
	texts["diamond"] = strings.Replace(texts["diamond"], "\tv11 = if3 v10\n", "", 1)
	var list []Case
	for _, name := range sortedKeys(texts) {
		text := strings.ReplaceAll(texts[name], ": depth=1", " depth=1:")
		text = strings.ReplaceAll(text, "b2 depth=1: cold", "b2 depth=1 cold:")
		c := Case{Name: name, Text: text + "\n", Inputs: pairs()}
		if name == "entryloop" {
			c.Pointers = 1
			c.Inputs = []Input{{0, 5}}
		}
		if name == "subprogram" {
			c.Inputs = nil
			for _, a := range edges() {
				c.Inputs = append(c.Inputs, Input{a, 1, 2, 3, a * 77, 5, 6})
			}
		}
		list = append(list, c)
	}
	return slices.Concat(list, pressureCases(), callCases())
}

// pressureCases keeps n values alive across operations, calls and loops.
func pressureCases() []Case {
	var list []Case
	for _, n := range []int{12, 14, 15, 20, 40} {
		for _, kind := range []string{"alu", "call", "div", "shift", "loop"} {
			list = append(list, pressure(n, kind))
		}
	}
	return list
}
