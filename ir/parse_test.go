package ir

import (
	"strings"
	"testing"
)

const sample = `program sample hook=xdp

func sample entry insns=12 zero=-16:0 {
b0:
	v1 = mem packet
	v9 = mem ctx
	v12 = mem stack
	v2 = ctxload 0 ctx after(v9) @3
	v11 = stackaddr 0
	v18 = add64 v11, v2
	v14 = mapptr 2
	v15 = mem map
	jump b1(v2, v1, 0)
b1(v3, v4:packet, v5) depth=1 cold @4:
	v6 = guard
	v7 = load8 [v3+4] packet after(v4) guard v6 @5
	v8 = add64 v7, -5
	v10 = store32 [v11-8], v7 stack after(v12)
	v13 = call MapLookupElem(v14, v11) stack|map map=2 after(v10, v15) span(1 r 4) unlikely
	v20 = load8 [v18] stack after(v13) reach(-64:-8)
	v16 = callfunc split(v7, 0x9e3779b97f4a7c15) sp=512 stack after(v13)
	v17 = udiv64 v7, v8 nonzero notrap
	v19 = select v17, v8, v16
	if v17 b1(v3, v4, v8) else b2
b2:
	ret v19
}

func split args=2 {
b0:
	v1 = arg 0
	v2 = arg 1
	ret v2
}
`

func TestParsePrint(t *testing.T) {
	p, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	if got := Print(p); got != sample {
		t.Errorf("Print(Parse(text)):\n%s\nwant\n%s", got, sample)
	}
	if n := len(p.Funcs[0].Blocks[1].Preds); n != 2 {
		t.Errorf("b1 has %d predecessors, want 2", n)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"outside", "jump b1", "line 1: \"jump\" stands outside of a function"},
		{"undefined", "func f {\nb0:\n\tret v3\n}", "line 4: v3 is used but not defined"},
		{"block", "func f {\nb0:\n\tjump b7\n}", "line 4: b7 is used but not defined"},
		{"open", "func f {\nb0:\n}", "line 3: b0 does not end in jump, if or ret"},
		{"twice", "func f {\nb0:\n\tv1 = frame\n\tv1 = frame\n", "line 4: v1 is defined twice"},
		{"op", "func f {\nb0:\n\tv1 = jmp\n", "line 3: unknown operation \"jmp\""},
		{"number", "func f {\nb0:\n\tv1 = arg x\n", "line 3: want a number, got \"x\""},
		{"operands", "func f {\nb0:\n\tv1 = add64 1\n", "line 3: add64 takes 2 operands"},
		{"attribute", "func f {\nb0:\n\tv1 = frame hot\n", "line 3: unknown attribute \"hot\""},
		{"behind", "func f {\nb0:\n\tret 0\n\tv1 = frame\n", "line 4: \"v1\" stands behind the end of b0"},
		{"callee", "func f {\nb0:\n\tv1 = callfunc g() sp=512\n\tret v1\n}", "function \"g\" is called but not defined"},
	} {
		_, err := Parse(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Parse gives %v, want %s", c.name, err, c.want)
		}
	}
}

// Parse, Check and Print never panic, and what Check accepts survives Print.
func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Add("func f {\nb0:\n\tv1 = load8 [v1-4] packet|map map=2 after(v1) guard v1 reach(-4:0) span(1 rw 4)\n\tret 0x8000000000000000\n}")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(text)
		if err != nil {
			return
		}
		if CheckProgram(p) != nil {
			return
		}
		once := Print(p)
		again, err := Parse(once)
		if err != nil || Print(again) != once {
			t.Errorf("%v\n%s", err, once)
		}
	})
}
