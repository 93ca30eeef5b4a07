package progen_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
)

// TestShrink: a case is reduced to the instruction that it is about, and what
// is left runs.
func TestShrink(t *testing.T) {
	tried := 0
	for seed := uint64(0); tried < 20; seed++ {
		c := progen.Seeded(seed, progen.Options{Hook: "raw", Size: 40})
		if !squares(c) {
			continue
		}
		tried++
		small := progen.Shrink(c, 2000, func(c *progen.Case) bool { return squares(c) && runs(c) })
		if !squares(small) || !runs(small) {
			t.Fatalf("seed %d: the reduced case is another one\n%s", seed, progen.Listing(small))
		}
		n := 0
		for _, p := range small.Object.Programs {
			n += len(p.Insns)
		}
		if n > 8 {
			t.Errorf("seed %d: %d instructions are left\n%s", seed, n, progen.Listing(small))
		}
	}
}

// squares reports whether there is a multiplication of a register by itself.
func squares(c *progen.Case) bool {
	for _, i := range c.Object.Programs[0].Insns {
		if i.Op == bpf.OpMul && i.Dst == i.Src {
			return true
		}
	}
	return false
}

// runs reports whether all runs of a case end without a fault.
func runs(c *progen.Case) bool {
	m, err := interp.New(c.Object, interp.Options{ZeroStack: true})
	if err != nil {
		return false
	}
	for _, in := range c.Inputs {
		if _, err := m.Run(c.Object.Programs[0], interp.Input{Data: append([]byte(nil), in.Data...), MaxInsns: 100000}); err != nil {
			return false
		}
	}
	return true
}

// TestSnippet: a vector that is printed is read back as the same program.
func TestSnippet(t *testing.T) {
	p := progen.Seeded(1, progen.Options{Hook: "raw", Size: 12})
	insns := []bpf.Instruction{
		{Op: bpf.OpMov, Width: 8, Src: bpf.RegImm, Imm: -7},
		{Op: bpf.OpSdiv, Width: 4, Src: bpf.RegImm, Imm: 2},
		{Op: bpf.OpExit, Src: bpf.RegImm},
	}
	p.Object.Programs = p.Object.Programs[:1]
	p.Object.Programs[0].Insns = insns
	p.Object.Programs[0].Kfuncs = nil
	p.Inputs = []progen.Input{{Data: []byte{1, 2, 0xff}}}
	v, err := isatest.Parse("printed", progen.Snippet(p, 0xfffffffd))
	if err != nil {
		t.Fatal(err)
	}
	if len(v.Insns) != 3 || v.Insns[1] != insns[1] || v.Result != 0xfffffffd || string(v.Memory) != "\x01\x02\xff" {
		t.Errorf("got %+v", v)
	}
}
