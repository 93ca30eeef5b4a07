package value

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// BenchmarkStep measures what programs do most.
func BenchmarkStep(b *testing.B) {
	x, y, any, k := Between(3, 1000), Between(0, 77), Unknown(), Const(14)
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"add", func() { Binary(bpf.OpAdd, true, x, y) }},
		{"add32", func() { Binary(bpf.OpAdd, false, x, y) }},
		{"addConst", func() { Binary(bpf.OpAdd, true, any, k) }},
		{"and", func() { Binary(bpf.OpAnd, true, any, k) }},
		{"rsh", func() { Binary(bpf.OpRsh, true, any, k) }},
		{"mul", func() { Binary(bpf.OpMul, true, x, k) }},
		{"low", func() { Low(any, 4) }},
		{"less", func() { p, q := x, k; Assume(Lt, true, &p, &q) }},
		{"equal", func() { p, q := any, k; Assume(Eq, true, &p, &q) }},
		{"differ32", func() { p, q := any, k; Assume(Ne, false, &p, &q) }},
		{"meet", func() { Meet(x, y) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				c.f()
			}
		})
	}
}
