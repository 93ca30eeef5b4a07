package ireval_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/test/calls"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestCalls compares every stage of programs about calls with the interpreter.
func TestCalls(t *testing.T) {
	cases, err := calls.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Want != nil {
			continue // test/calls runs them on compiled engines
		}
		t.Run(c.Name, func(t *testing.T) { agree(t, c.Object, calls.Inputs()) })
	}
}

// TestCallsFuel runs the programs that stay in one with budgets: one that is
// large changes nothing, and less than what the interpreter executes ends them.
func TestCallsFuel(t *testing.T) {
	cases, err := calls.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		obj, prog := c.Object, c.Object.Programs[0]
		if c.Want != nil || len(obj.Programs) > 1 {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			facts, err := verifier.Verify(obj, prog, verifier.Options{Fuel: 1})
			if err != nil {
				t.Fatal(err)
			}
			large := fuelled(t, obj, facts, 1<<40)
			for _, data := range calls.Inputs()[:4] {
				m, err := interp.New(obj, interp.Options{ZeroStack: true})
				if err != nil {
					t.Fatal(err)
				}
				want, err := m.Run(prog, interp.Input{Data: bytes.Clone(data)})
				if err != nil {
					t.Fatal(err)
				}
				if got, enough := runFuelled(t, obj, large, data); got != want.R0 || !enough {
					t.Errorf("on %x: got %#x, enough: %v, want %#x\n%s", data, got, enough, want.R0, ir.Print(large))
				}
				small := fuelled(t, obj, facts, want.Insns-1)
				if got, enough := runFuelled(t, obj, small, data); got != 0 || enough {
					t.Errorf("on %x: got %#x with one instruction less than %d\n%s", data, got, want.Insns, ir.Print(small))
				}
			}
		})
	}
}

// TestLoopInRegisters: the callback of a bpf_loop is part of it, and what both
// keep on the stack is in registers: nothing is left but the loop.
func TestLoopInRegisters(t *testing.T) {
	cases, err := calls.Cases()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(cases, func(c calls.Case) bool { return c.Name == "loop" })
	obj := cases[at].Object
	facts, err := verifier.Verify(obj, obj.Programs[0], verifier.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := ir.Build(obj, obj.Programs[0], facts)
	if err != nil {
		t.Fatal(err)
	}
	ir.Optimize(p)
	for _, f := range p.Funcs {
		for _, b := range f.Blocks {
			for _, v := range b.Values {
				switch v.Op.Row().Class {
				case ir.ClassStore, ir.ClassAtomic, ir.ClassCall:
					t.Errorf("%s: %s\n%s", f.Name, v, ir.Print(p))
				}
			}
		}
	}
}
