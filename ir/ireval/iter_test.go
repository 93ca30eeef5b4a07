package ireval_test

import (
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/test/inlined"
)

// TestInlined compares what is translated in place with the interpreter.
func TestInlined(t *testing.T) {
	cases, err := inlined.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { agree(t, c.Object, inlined.Inputs()) })
	}
}

// TestIteratorInRegisters: a loop over numbers has no memory access and no
// call left.
func TestIteratorInRegisters(t *testing.T) {
	obj := rawObject(t, inlined.Numbers("0", "1000", "add %r7, %r1"))
	last := ""
	stages(t, obj, obj.Programs[0], func(_ string, p *ir.Program) { last = ir.Print(p) })
	for _, op := range []string{"load", "store", "call"} {
		if strings.Contains(last, " "+op) || strings.Contains(last, "\t"+op) {
			t.Errorf("the loop has a %s:\n%s", op, last)
		}
	}
}
