package ireval_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// testHook has fields of every shape.
var testHook = &table.Hook{
	Name: "test", Status: table.Supported, Size: 24, AnyRet: true, Go: "Test",
	Fields: []table.Field{
		{Name: "data", Off: 0, Size: 4, Kind: table.FieldData},
		{Name: "data_end", Off: 4, Size: 4, Kind: table.FieldDataEnd},
		{Name: "mark", Off: 8, Size: 4, Write: true, Narrow: true, Slot: 0},
		{Name: "plain", Off: 12, Size: 4, Write: true, Slot: 1},
		{Name: "time", Off: 16, Size: 8, Narrow: true, Slot: 2},
	},
}

func assembled(t *testing.T, hook *table.Hook, text string) *frontend.Object {
	t.Helper()
	insns, err := isatest.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	v := isatest.Vector{Name: "test", Insns: insns}
	obj := v.Object()
	obj.Programs[0].Hook = hook
	return obj
}

// TestPrograms compares small programs about one thing with the interpreter.
func TestPrograms(t *testing.T) {
	raw := table.HookByName(bpf.Linux, "raw")
	for _, c := range []struct {
		name string
		hook *table.Hook
		text string
	}{
		{"narrow loads of the context", testHook, `
			ldxb %r0, [%r1+8]
			ldxb %r2, [%r1+10]
			lsh %r0, 8
			or %r0, %r2
			ldxh %r2, [%r1+10]
			lsh %r0, 16
			or %r0, %r2
			ldxw %r2, [%r1+20]
			xor %r0, %r2
			ldxdw %r2, [%r1+16]
			add %r0, %r2
			exit`},
		{"stores to the context", testHook, `
			mov %r2, 0x1234567
			stxw [%r1+12], %r2
			ldxw %r0, [%r1+12]
			stxw [%r1+8], %r0
			ldxw %r3, [%r1+8]
			add %r0, %r3
			exit`},
		{"number of the processor", raw, `
			call 8
			mov %r6, %r0
			call 8
			lsh %r0, 8
			or %r0, %r6
			exit`},
		{"stack that was never written", raw, `
			ldxdw %r0, [%r10-16]
			stxb [%r10-13], %r2
			ldxdw %r3, [%r10-16]
			add %r0, %r3
			exit`},
	} {
		t.Run(c.name, func(t *testing.T) {
			obj := assembled(t, c.hook, c.text)
			m, err := interp.New(obj, interp.Options{ZeroStack: true, CPU: func() uint32 { return 5 }})
			if err != nil {
				t.Fatal(err)
			}
			ctx := []uint64{0x99887766, 0x55443322, 0xfedcba9876543210}
			in := interp.Input{Data: []byte{1, 2, 3, 4}, Ctx: append([]uint64(nil), ctx...)}
			want, err := m.Run(obj.Programs[0], in)
			if err != nil {
				t.Fatal(err)
			}
			stages(t, obj, obj.Programs[0], func(stage string, p *ir.Program) {
				w := newWorld(obj)
				w.frame.Slot = 5
				copy(w.frame.Ctx[:], ctx)
				got, err := w.run(p, in.Data)
				if err != nil || got != want.R0 {
					t.Errorf("behind %s: got %#x, %v, want %#x\n%s", stage, got, err, want.R0, ir.Print(p))
				}
				for i, x := range in.Ctx {
					if w.frame.Ctx[i] != x {
						t.Errorf("behind %s: context slot %d is %#x, want %#x\n%s", stage, i, w.frame.Ctx[i], x, ir.Print(p))
					}
				}
			})
		})
	}
}

// TestBuildRefuses: wrong facts and unsupported features are errors that name
// the place.
func TestBuildRefuses(t *testing.T) {
	obj := assembled(t, table.HookByName(bpf.Linux, "raw"), "mov %r0, 0\nexit")
	prog := obj.Programs[0]
	if _, err := ir.Build(obj, prog, &verifier.Facts{}); err == nil || !strings.Contains(err.Error(), "facts are of another program") {
		t.Errorf("facts of another program: %v", err)
	}
	facts := &verifier.Facts{Insns: []verifier.Fact{{Reachable: true, Falls: true}, {}}}
	prog.Insns[1] = bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindBTFID}
	facts.Insns[1] = verifier.Fact{Reachable: true, Falls: true}
	prog.Lines[1].Pos = bpf.Pos{File: "f.c", Line: 7}
	_, err := ir.Build(obj, prog, facts)
	if !errors.Is(err, bpf.ErrUnsupported) || !strings.Contains(err.Error(), "f.c:7: instruction 1") {
		t.Errorf("unsupported: %v", err)
	}
	prog.Insns[1] = bpf.Instruction{Op: bpf.OpLoad, Width: 8, Src: bpf.R1}
	if _, err = ir.Build(obj, prog, facts); err == nil || !strings.Contains(err.Error(), "unknown or a mixed kind") {
		t.Errorf("no region: %v", err)
	}
	prog.Insns[1] = bpf.Instruction{Op: bpf.OpMov, Width: 8, Src: bpf.R0}
	if _, err = ir.Build(obj, prog, facts); err == nil || !strings.Contains(err.Error(), "runs out of function") {
		t.Errorf("no exit: %v", err)
	}
	prog.Insns[1] = bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindLocal, Imm: 5}
	if _, err = ir.Build(obj, prog, facts); err == nil || !strings.Contains(err.Error(), "no function begins") {
		t.Errorf("bad call: %v", err)
	}
}
