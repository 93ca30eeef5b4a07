package ir

import (
	"math"
	"testing"
)

// Every operation has a row, a name of its own and an Eval when it is pure and
// depends on nothing but its arguments.
func TestRows(t *testing.T) {
	names := map[string]Op{}
	for op := OpInvalid + 1; int(op) < NumOps; op++ {
		row := op.Row()
		if row.Name == "" || row.Class == 0 {
			t.Errorf("operation %d has no row", op)
			continue
		}
		if other, ok := names[row.Name]; ok {
			t.Errorf("operations %d and %d are both called %s", other, op, row.Name)
		}
		names[row.Name] = op
		if pure := row.Class == ClassPure && row.Args > 0; pure != op.Foldable() {
			t.Errorf("%s: foldable is %v, want %v", op, op.Foldable(), pure)
		}
		if row.Commutative && Eval(op, 7, 12, 0) != Eval(op, 12, 7, 0) {
			t.Errorf("%s is not commutative", op)
		}
	}
	if Op(255).String() != "invalid" {
		t.Errorf("Op(255) is called %q", Op(255))
	}
}

func TestEval(t *testing.T) {
	const minus = math.MaxUint64
	for _, c := range []struct {
		op      Op
		a, b, c uint64
		want    uint64
	}{
		{OpAdd32, 0xffffffff, 1, 0, 0},
		{OpSub32, 0, 1, 0, 0xffffffff},
		{OpUDiv64, 7, 0, 0, 0},
		{OpUDiv32, 1<<32 + 7, 1 << 32, 0, 0},
		{OpUMod64, 7, 0, 0, 7},
		{OpUMod32, 1<<32 + 7, 0, 0, 7},
		{OpSDiv64, 1 << 63, minus, 0, 1 << 63},
		{OpSDiv32, 1 << 31, minus, 0, 1 << 31},
		{OpSDiv64, minus - 6, 2, 0, minus - 2},
		{OpSMod64, 1 << 63, minus, 0, 0},
		{OpSMod32, 1 << 31, minus, 0, 0},
		{OpSMod32, minus - 6, 0, 0, 0xfffffff9},
		{OpSMod64, minus - 6, 3, 0, minus},
		{OpShl64, 1, 65, 0, 2},
		{OpShl32, 1, 33, 0, 2},
		{OpSar32, 1 << 31, 4, 0, 0xf8000000},
		{OpRotl32, 0x80000001, 1, 0, 3},
		{OpMulHi64, minus, minus, 0, minus - 1},
		{OpBswap16, 0xff1234, 0, 0, 0x3412},
		{OpSext8, 0x80, 0, 0, minus - 127},
		{OpSlt32, 0xffffffff, 0, 0, 1},
		{OpSlt64, 0xffffffff, 0, 0, 0},
		{OpTest32, 1 << 32, 1 << 32, 0, 0},
		{OpSelect, 0, 1, 2, 2},
	} {
		if got := Eval(c.op, c.a, c.b, c.c); got != c.want {
			t.Errorf("%s(%#x, %#x, %#x) = %#x, want %#x", c.op, c.a, c.b, c.c, got, c.want)
		}
	}
}
