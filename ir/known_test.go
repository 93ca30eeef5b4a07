package ir

import (
	"math/rand"
	"testing"
)

// contains says that x is one of the numbers that k describes.
func (k known) contains(x uint64) bool { return x&^k.mask == k.ones && k.min <= x && x <= k.max }

// around makes some knowledge that holds for x.
func around(r *rand.Rand, x uint64) known {
	mask := r.Uint64() & r.Uint64()
	if r.Intn(3) == 0 {
		mask = 1<<r.Intn(64) - 1
	}
	k := known{ones: x &^ mask, mask: mask, max: anything.max}.reduced()
	low, high := r.Uint64()>>r.Intn(64), r.Uint64()>>r.Intn(64)
	if low <= x && r.Intn(2) == 0 {
		k = k.meet(between(low, anything.max))
	}
	if x <= high && r.Intn(2) == 0 {
		k = k.meet(upTo(high))
	}
	return k
}

func interesting(r *rand.Rand) uint64 {
	switch r.Intn(5) {
	case 0:
		return uint64(r.Intn(70))
	case 1:
		return -uint64(r.Intn(5))
	case 2:
		return 1<<r.Intn(64) - uint64(r.Intn(2))
	}
	return r.Uint64() >> r.Intn(64)
}

// Every transfer function describes the result for operands that its own
// operands describe; so do join and meet.
func TestKnown(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for op := range Op(NumOps) {
		tr := transfers[op]
		if tr == nil || op == OpSelect {
			continue
		}
		for range 20000 {
			x, y := interesting(r), interesting(r)
			if r.Intn(4) == 0 {
				y = x
			}
			a, b := around(r, x), around(r, y)
			if !a.contains(x) || !b.contains(y) {
				t.Fatalf("%+v does not contain %#x or %+v %#x", a, x, b, y)
			}
			if is32(op) {
				a, b = a.low(), b.low()
			}
			k := tr(a, b).meet(typical(&Value{Op: op}))
			if got := Eval(op, x, y, 0); !k.contains(got) {
				t.Fatalf("%s(%#x in %+v, %#x in %+v) = %#x is not in %+v", op, x, a, y, b, got, k)
			}
		}
	}
	for range 20000 {
		x, y := interesting(r), interesting(r)
		a, b, c := around(r, x), around(r, y), around(r, x)
		if j := a.join(b); !j.contains(x) || !j.contains(y) {
			t.Fatalf("join of %+v and %+v is %+v, without %#x or %#x", a, b, j, x, y)
		}
		if m := a.meet(c); !m.contains(x) {
			t.Fatalf("meet of %+v and %+v is %+v, without %#x", a, c, m, x)
		}
	}
}
