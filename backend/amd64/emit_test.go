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
	for op, row := range opsV3() {
		if row.Form == formNone || row.Form > formHigh {
			t.Errorf("operation %d %s has form %d", op, row.Name, row.Form)
		}
	}
}

// TestAlign: loops begin at multiples of 32, whatever the jumps across the
// fillings do, and the list of instructions covers the bytes.
func TestAlign(t *testing.T) {
	for size, nop := range nops {
		if len(nop) != size {
			t.Errorf("NOP of %d bytes has %d", size, len(nop))
		}
	}
	for between := range 40 {
		var code []backend.Line
		add := func(n int) {
			for range n {
				code = append(code, backend.Line{Inst: &instr{Op: opNEGL, Dst: AX, Args: [3]reg{AX}}})
			}
		}
		jump := func(to int) {
			code = append(code, backend.Line{Inst: &instr{Op: opJCC}, Jump: true, Target: to})
		}
		var heads []int
		for range 4 {
			jump(-1) // crosses what is filled in front of later loops
			add(between)
			heads = append(heads, len(code))
			add(3)
			jump(heads[len(heads)-1])
		}
		for _, h := range heads {
			code[h].Align = true
		}
		enc, err := assemble(&backend.Func{Target: Target()}, code)
		if err != nil || enc.Align != 32 {
			t.Fatalf("%d between: align %d, %v", between, enc.Align, err)
		}
		end, loops := 0, 0
		for i, in := range enc.Insts {
			if in.Off != end {
				t.Fatalf("%d between: %q is at %d, want %d", between, in.Text, in.Off, end)
			}
			end += in.Len
			if i > 0 && strings.HasPrefix(in.Text, "J") && enc.Insts[i-1].Text == "NEGL AX" && in.Len == 2 {
				if to := in.Off + 2 + int(int8(enc.Bytes[in.Off+1])); to < in.Off {
					loops++
					if to%32 != 0 {
						t.Errorf("%d between: a loop begins at %d", between, to)
					}
				}
			}
		}
		if end != len(enc.Bytes) || loops != 4 {
			t.Errorf("%d between: %d of %d bytes, %d loops", between, end, len(enc.Bytes), loops)
		}
	}
}
