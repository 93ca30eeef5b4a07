package ireval_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/test/vectors"
)

// familyRuns is how many runs of a family each stage gets.
const familyRuns = 6

// TestFamilies runs every operation with every register in every role, as
// built and behind each pass.
func TestFamilies(t *testing.T) {
	for _, c := range vectors.Families(vectors.Roles) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			stages(t, c.Object, c.Object.Programs[0], func(stage string, p *ir.Program) {
				w := newWorld(c.Object)
				for k, run := range c.Runs[:familyRuns] {
					data := append([]byte(nil), run.Data...)
					r0, err := w.run(p, data)
					if err != nil || r0 != run.Result || !bytes.Equal(data, run.After) {
						t.Fatalf("behind %s: run %d: r0 is %#x, %v, want %#x; got\n% x\nwant\n% x", stage, k, r0, err, run.Result, data, run.After)
					}
				}
			})
		})
	}
}

// long are cases of many million steps: too many for every stage.
var long = map[string]bool{"may-goto-bound": true, "may-goto-activations": true}

// foreign reports whether a map is of a type that the world of these tests does
// not have; test/differential evaluates such cases with the maps of rtlib.
func foreign(m *frontend.Map) bool {
	return m.Type != bpf.MapArray && m.Type != bpf.MapHash && m.Type != bpf.MapProgArray || len(m.Special) > 0
}

// callsForeign reports whether programs call what the world does not have.
func callsForeign(c *isatest.Case) bool {
	known := (&world{}).helpers()
	for _, p := range c.Object.Programs {
		for _, in := range p.Insns {
			var h *table.Helper
			switch {
			case in.Op == bpf.OpCall && in.Kind == bpf.KindHelper:
				h = table.HelperFor(c.Object.Platform, p.Hook, int32(in.Imm))
			case in.Op == bpf.OpCall && in.Kind == bpf.KindKfunc:
				h = table.KfuncByName(p.Kfuncs[in.Imm])
			}
			if h != nil && h.Symbol != "" && h.Symbol != "GetSmpProcessorId" && known[h.Symbol] == nil {
				return true
			}
		}
	}
	return false
}

// TestOwnVectors runs the cases of test/vectors, as built and behind each pass.
func TestOwnVectors(t *testing.T) {
	cases, err := vectors.Cases()
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, c := range cases {
		if c.Error != "" || long[c.Name] || c.Object.Programs[0].Hook.Status < table.Supported || slices.ContainsFunc(c.Object.Maps, foreign) || callsForeign(c) {
			continue // refused, or the compiled engines run it, or test/differential does
		}
		ran++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			prog := c.Object.Programs[0]
			stages(t, c.Object, prog, func(stage string, p *ir.Program) {
				w := newWorld(c.Object)
				for k, run := range c.Runs {
					data := bytes.Clone(run.Data)
					r0, err := w.run(p, data)
					if !prog.Hook.Memory {
						r0 = uint64(uint32(r0))
					}
					if err != nil || r0 != run.Result || run.After != nil && !bytes.Equal(data, run.After) {
						t.Fatalf("behind %s: run %d: r0 is %#x, %v, want %#x; data % x, want % x", stage, k, r0, err, run.Result, data[:min(64, len(data))], run.After[:min(64, len(run.After))])
					}
				}
			})
		})
	}
	t.Logf("%d cases", ran)
}
