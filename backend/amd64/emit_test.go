package amd64

import (
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
)

// TestIllegal: golang-asm only prints what it cannot encode, or panics; the
// emitter makes both an error that names the instruction.
func TestIllegal(t *testing.T) {
	f := &backend.Func{Target: Target()}
	for _, c := range []struct {
		name string
		in   instr
		want string
	}{
		{"register", instr{Op: opADDQ, Dst: 40, Args: [3]reg{40, AX}}, "golang-asm does not accept"},
		{"index", instr{Op: opLoadQ, Dst: AX, Mem: addr{Base: AX, Index: SP, Scale: 1}}, "golang-asm"},
		{"immediate", instr{Op: opADDQi, Dst: AX, Args: [3]reg{AX}, Imm: 1 << 40}, "golang-asm"},
		{"scale", instr{Op: opLoadQ, Dst: AX, Mem: addr{Base: AX, Index: CX, Scale: 3}}, "golang-asm"},
	} {
		_, err := assemble(f, []backend.Line{{Inst: &c.in}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
}

// TestForms: every row's form is one that the emitter knows.
func TestForms(t *testing.T) {
	for op, row := range ops() {
		if row.Form == formNone || row.Form > formDown {
			t.Errorf("operation %d %s has form %d", op, row.Name, row.Form)
		}
	}
}
