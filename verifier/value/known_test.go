package value

import (
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// TestConstants: of two numbers every operation gives the number that it
// gives, at both widths.
func TestConstants(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for range 2000 {
		x, y := r.Uint64()>>r.UintN(64), r.Uint64()>>r.UintN(64)
		if r.IntN(4) == 0 {
			x, y = -x, -y
		}
		for _, op := range ops() {
			if got, want := Binary(op, true, Const(x), Const(y)), Const(W64.Eval(op, x, y)); got != want {
				t.Fatalf("%#x %v %#x is %+v, want %+v", x, op, y, got, want)
			}
			if got, want := Binary(op, false, Const(x), Const(y)), Const(uint64(uint32(Width(32).Eval(op, x, y)))); got != want {
				t.Fatalf("32-bit %#x %v %#x is %+v, want %+v", x, op, y, got, want)
			}
		}
	}
}

// TestKnown: results that programs of compilers rest on.
func TestKnown(t *testing.T) {
	low := func(lo, hi uint64) Scalar { // low half lo..hi, anything above
		a, b, c := Unknown(), Const(lo), Const(hi)
		if !Assume(Ge, false, &a, &b) || !Assume(Le, false, &a, &c) {
			t.Fatal("empty")
		}
		return a
	}
	signed := func(lo, hi int64) Scalar {
		a, b, c := Unknown(), Const(uint64(lo)), Const(uint64(hi))
		if !Assume(Sge, true, &a, &b) || !Assume(Sle, true, &a, &c) {
			t.Fatal("empty")
		}
		return a
	}
	bin := func(op bpf.Op, a Scalar, k uint64) Scalar { return Binary(op, true, a, Const(k)) }
	for _, c := range []struct {
		name   string
		got    Scalar
		lo, hi int64
	}{
		{"sign extension by shifts", bin(bpf.OpArsh, bin(bpf.OpLsh, low(5, 700), 32), 32), 5, 700},
		{"zero extension by shifts", bin(bpf.OpRsh, bin(bpf.OpLsh, low(5, 700), 32), 32), 5, 700},
		{"shift by more than 32", bin(bpf.OpLsh, low(1, 3), 40), 1 << 40, 3 << 40},
		{"low byte of a byte", bin(bpf.OpAnd, Between(5, 200), 0xff), 5, 200},
		{"low byte of one page", bin(bpf.OpAnd, Between(0x1105, 0x11f0), 0xff), 5, 0xf0},
		{"aligned down", bin(bpf.OpAnd, Between(13, 29), ^uint64(7)), 8, 24},
		{"negative aligned down", bin(bpf.OpAnd, signed(-13, 29), ^uint64(7)), -16, 24},
		{"product of signed numbers", Binary(bpf.OpMul, true, signed(-3, 5), signed(-7, 2)), -35, 21},
		{"large product", bin(bpf.OpMul, Between(1<<40, 1<<41), 3), 3 << 40, 3 << 41},
		{"quotient", bin(bpf.OpDiv, Between(100, 900), 8), 12, 112},
		{"remainder of one multiple", bin(bpf.OpMod, Between(103, 107), 10), 3, 7},
		{"remainder", bin(bpf.OpMod, Between(103, 137), 10), 0, 9},
		{"signed quotient", bin(bpf.OpSdiv, signed(-100, 50), 7), -14, 7},
		{"signed remainder", bin(bpf.OpSmod, signed(-100, 50), 7), -6, 6},
		{"difference", Binary(bpf.OpSub, true, Between(10, 20), Between(3, 15)), -5, 17},
		{"negation", Neg(true, Between(3, 9)), -9, -3},
		{"negation of 32 bits", Neg(false, Between(3, 9)), 1<<32 - 9, 1<<32 - 3},
		{"sign of a byte", SignExtend(Unknown(), 1, true), -128, 127},
		{"sign of two bytes, 32 bits", Binary(bpf.OpAnd, true, SignExtend(Unknown(), 2, false), Const(1<<32-1)), 0, 1<<32 - 1},
		{"sign of four bytes", SignExtend(low(7, 9), 4, true), 7, 9},
		{"low four bytes", Low(low(7, 9), 4), 7, 9},
		{"swapped bytes", Bytes(Between(0x100, 0x1ff), 2, true), 1, 0xff01},
		{"bytes in order", Bytes(Between(0x100, 0x1ff), 2, false), 0x100, 0x1ff},
	} {
		if c.got.R.Smin != c.lo || c.got.R.Smax != c.hi {
			t.Errorf("%s: %d to %d, want %d to %d", c.name, c.got.R.Smin, c.got.R.Smax, c.lo, c.hi)
		}
	}
}

// TestConditions: negations, exchanged sides and the relations of jumps.
func TestConditions(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for c := range numConds {
		for range 300 {
			x, y := r.Uint64N(8)-4, r.Uint64N(8)-4
			if holds(W64, c, true, x, y) == holds(W64, c.Not(), true, x, y) {
				t.Fatalf("not %d is %d", c, c.Not())
			}
			if holds(W64, c, true, x, y) != holds(W64, c.Swap(), true, y, x) {
				t.Fatalf("%d swapped is %d", c, c.Swap())
			}
		}
	}
	for op, want := range map[bpf.Op]Cond{
		bpf.OpJeq: Eq, bpf.OpJne: Ne, bpf.OpJgt: Gt, bpf.OpJge: Ge, bpf.OpJlt: Lt, bpf.OpJle: Le,
		bpf.OpJsgt: Sgt, bpf.OpJsge: Sge, bpf.OpJslt: Slt, bpf.OpJsle: Sle, bpf.OpJset: Set,
	} {
		if got, ok := CondOf(op); !ok || got != want {
			t.Errorf("%v is relation %d, %v", op, got, ok)
		}
	}
	if _, ok := CondOf(bpf.OpJa); ok {
		t.Error("an unconditional jump has a relation")
	}
}

// TestWideAssume: numbers of 64 bits that satisfy a relation are kept.
func TestWideAssume(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for range 20000 {
		a, ok1 := W64.sample(r)
		b, ok2 := W64.sample(r)
		if r.IntN(2) == 0 {
			b, ok2 = Const(r.Uint64()>>r.UintN(64)), true
		}
		if !ok1 || !ok2 {
			continue
		}
		x, y := a.R.Umin, b.R.Umax
		if r.IntN(2) == 0 {
			x, y = uint64(a.R.Smax), uint64(b.R.Smin)
		}
		if !a.Has(x) || !b.Has(y) {
			continue
		}
		for c := range numConds {
			for _, wide := range []bool{true, false} {
				p, q := a, b
				ok := Assume(c, wide, &p, &q)
				if holds(W64, c, wide, x, y) && (!ok || !p.Has(x) || !q.Has(y)) {
					t.Fatalf("cond %d wide %v of %+v and %+v lost %#x, %#x: %v %+v %+v", c, wide, a, b, x, y, ok, p, q)
				}
			}
		}
	}
}

// TestExtremes: bounds at the ends of the number line of 64 bits, where sums
// of Go wrap as those of the program do.
func TestExtremes(t *testing.T) {
	points := []uint64{0, 1, 2, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<63 - 1, 1 << 63, 1<<63 + 1, ^uint64(1), ^uint64(0)}
	var all []Scalar
	for _, lo := range points {
		for _, hi := range points {
			if lo <= hi {
				all = append(all, Between(lo, hi))
			}
			if a, b, c := Unknown(), Const(lo), Const(hi); int64(lo) < int64(hi) && Assume(Sge, true, &a, &b) && Assume(Sle, true, &a, &c) {
				all = append(all, a)
			}
		}
	}
	for i := range all {
		for j := range all {
			a, b := &all[i], &all[j]
			for _, op := range ops() {
				wide, half := Binary(op, true, *a, *b), Binary(op, false, *a, *b)
				for _, x := range points {
					for _, y := range points {
						if !a.Has(x) || !b.Has(y) {
							continue
						}
						if v := W64.Eval(op, x, y); !wide.Has(v) {
							t.Fatalf("%+v %v %+v is %+v without %#x", *a, op, *b, wide, v)
						}
						if v := Width(32).Eval(op, x, y); !half.Has(v) {
							t.Fatalf("32-bit %+v %v %+v is %+v without %#x", *a, op, *b, half, v)
						}
					}
				}
			}
		}
	}
}
