package backend_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/targettest"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// TestVerifyFinds: the proof of an allocation fails when one of its
// instructions is missing or one of its operands is wrong. A few such changes
// are harmless: a register may happen to hold the same value.
func TestVerifyFinds(t *testing.T) {
	for _, target := range targets() {
		tried, missed := 0, 0
		for _, c := range targettest.RandomCases(1, 6) {
			p, err := ir.Parse(c.Text)
			if err != nil {
				t.Fatal(err)
			}
			a, err := backend.Allocate(target, p, p.Funcs[0])
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Verify(); err != nil {
				t.Fatal(err)
			}
			spoil := func(backend.Op) {
				tried++
				if a.Verify() == nil {
					missed++
				}
			}
			a.Inserted(spoil)
			a.Operands(spoil)
		}
		t.Logf("%s: %d changes, %d harmless", target.Name, tried, missed)
		if tried < 500 || missed*30 > tried {
			t.Errorf("%s: the proof missed %d of %d changes", target.Name, missed, tried)
		}
	}
}

// FuzzCompile compiles random programs and proves their allocation.
func FuzzCompile(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		c := targettest.Random(seed)
		for _, target := range targets() {
			p, err := ir.Parse(c.Text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := backend.CompileVerified(target, p); err != nil {
				t.Fatalf("%v\n%s", err, c.Text)
			}
		}
	})
}
