package ir

import (
	"strings"
	"testing"
)

// Each invariant of the package has a function that breaks it.
func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"entry", "func f {\nb0:\n\tjump b0\n}", "is the entry and has parameters or predecessors"},
		{"reachable", "func f {\nb0:\n\tret 0\nb1:\n\tret 1\n}", "b1 is not reachable"},
		{"arguments", "func f {\nb0:\n\tjump b1(1, 2)\nb1(v1):\n\tret v1\n}", "2 arguments for b1, want 1"},
		{"order", "func f {\nb0:\n\tv1 = add64 v2, 1\n\tv2 = arg 0\n\tret v1\n}", "v2 does not dominate its use"},
		{"dominance", "func f {\nb0:\n\tv1 = arg 0\n\tif v1 b1 else b2\nb1:\n\tv2 = arg 1\n\tjump b2\nb2:\n\tret v2\n}", "v2 does not dominate its use"},
		{"type", "func f {\nb0:\n\tv1 = mem map\n\tret v1\n}", "v1 has the wrong type"},
		{"no region", "func f {\nb0:\n\tv1 = frame\n\tv2 = load64 [v1]\n\tret v2\n}", "an access needs a region"},
		{"no token", "func f {\nb0:\n\tv1 = frame\n\tv2 = load64 [v1] packet\n\tret v2\n}", "no token of packet"},
		{"two tokens", "func f {\nb0:\n\tv1 = frame\n\tv3 = mem ctx\n\tv2 = load64 [v1] ctx after(v3, v3)\n\tret v2\n}", "more tokens than regions"},
		{"token of another", "func f {\nb0:\n\tv1 = frame\n\tv3 = mem ctx\n\tv2 = load64 [v1] map after(v3)\n\tret v2\n}", "no token of map"},
		{"old token", "func f {\nb0:\n\tv1 = stackaddr 0\n\tv2 = mem stack\n\tv3 = store64 [v1-8], 1 stack after(v2)\n\tv4 = load64 [v1-8] stack after(v2)\n\tret v4\n}",
			"v2 is not the current token"},
		{"token behind a join", "func f {\nb0:\n\tv1 = stackaddr 0\n\tv2 = mem stack\n\tif v1 b1 else b2\nb1:\n\tv3 = store64 [v1-8], 1 stack after(v2)\n\tjump b2\n" +
			"b2:\n\tv4 = load64 [v1-8] stack after(v2)\n\tret v4\n}", "v2 is not the current token"},
		{"guard", "func f {\nb0:\n\tv1 = frame\n\tv2 = mem ctx\n\tif v1 b1 else b2\nb1:\n\tv3 = guard\n\tjump b2\nb2:\n\tv4 = load64 [v1] ctx after(v2) guard v3\n\tret v4\n}",
			"v3 does not dominate its use"},
		{"edge token", "func f {\nb0:\n\tv1 = mem ctx\n\tjump b1(v1)\nb1(v2:map):\n\tret 0\n}", "token of another region"},
		{"callee", "func f {\nb0:\n\tv1 = callfunc g(1) sp=512\n\tret v1\n}\nfunc g {\nb0:\n\tret 0\n}", "the callee takes another number of arguments"},
	} {
		p, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if err := Check(p.Funcs[0]); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Check gives %v, want %q", c.name, err, c.want)
		}
	}
	for name, spoil := range map[string]func(v *Value, b *Block){
		"another block":          func(v *Value, _ *Block) { v.Block = nil },
		"id used twice":          func(v *Value, b *Block) { b.Values = append(b.Values, v) },
		"not below":              func(v *Value, _ *Block) { v.ID = 99 },
		"wrong type":             func(v *Value, _ *Block) { v.Type = TypeMem },
		"does not exist":         func(v *Value, _ *Block) { v.Op = Op(NumOps) },
		"0 operands, want 2":     func(v *Value, _ *Block) { v.Op = OpAdd64 },
		"successors":             func(_ *Value, b *Block) { b.Kind = BlockJump },
		"nothing else is":        func(v *Value, b *Block) { v.Op = OpParam },
		"an operand is nil":      func(_ *Value, b *Block) { b.Ctl = nil },
		"disagree":               func(_ *Value, b *Block) { b.jumpTo(&Block{ID: 0}) },
		"is not in the function": func(v *Value, b *Block) { b.Values = nil },
	} {
		f, _ := ParseFunc("func f {\nb0:\n\tjump b3\nb3:\n\tv1 = arg 0\n\tret v1\n}")
		spoil(f.Blocks[1].Values[0], f.Blocks[1])
		if err := Check(f); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: Check gives %v", name, err)
		}
	}
}
