package vectors

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// TestEngines runs all cases as compiled programs: machine code of both
// architectures, of newer processors too, and Go bodies.
func TestEngines(t *testing.T) {
	for _, e := range []struct {
		engine harness.Engine
		extent Extent
	}{
		{harness.Native("amd64"), Roles}, {harness.Native("amd64.v3"), Sample}, {harness.Native("arm64"), Roles}, {harness.Host(), Sample},
	} {
		t.Run(e.engine.String(), func(t *testing.T) {
			if why := e.engine.Missing(); why != "" {
				enginetest.Missing(t, why)
			}
			compiled(t, e.engine, e.extent)
		})
	}
}

func compiled(t *testing.T, e harness.Engine, extent Extent) {
	var cases []*isatest.Case
	var inputs []harness.Case
	for _, c := range everything(t, extent) {
		if why := gated(c.Object); why != "" {
			t.Logf("%s: %s is not compiled yet", c.Name, why)
			continue
		}
		h := harness.Case{Name: c.Name, Object: c.Object}
		for _, run := range c.Runs {
			h.Inputs = append(h.Inputs, harness.Input{Data: run.Data})
		}
		h.Samples = samples(c)
		cases, inputs = append(cases, c), append(inputs, h)
	}
	times := harness.Times{}
	results, err := harness.Options{Times: &times}.Run(t.Context(), e, inputs)
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range cases {
		t.Run(c.Name, func(t *testing.T) { compareResult(t, c, &results[k]) })
	}
	t.Logf("%d cases: %v", len(cases), &times)
}

// samples are what a case has in user ring buffers.
func samples(c *isatest.Case) (list []harness.Sample) {
	for _, s := range c.Samples {
		list = append(list, harness.Sample{Map: s.Map, Data: s.Data, Discard: s.Discard})
	}
	return list
}

func compareResult(t *testing.T, c *isatest.Case, r *harness.Result) {
	if r.Refused != nil {
		t.Fatalf("not compiled: %v", r.Refused)
	}
	for k := range c.Runs {
		switch {
		case k >= len(r.Outputs):
			t.Fatalf("%d runs, want %d", len(r.Outputs), len(c.Runs))
		case r.Outputs[k].Err != "":
			t.Fatalf("run %d: %s", k, r.Outputs[k].Err)
		}
		compare(t, c, k, r.Outputs[k].R0, r.Outputs[k].Data)
	}
	compareMaps(t, c, r)
}

func compareMaps(t *testing.T, c *isatest.Case, r *harness.Result) {
	t.Helper()
	for _, after := range c.Maps {
		k := slices.IndexFunc(r.Maps, func(m harness.MapDump) bool { return m.Name == after.Name })
		if k < 0 {
			t.Errorf("there is no map %s", after.Name)
		} else if got, want := fmt.Sprintf("%x", r.Maps[k].Entries), fmt.Sprintf("%x", after.Entries); got != want {
			t.Errorf("map %s has %s, want %s", after.Name, got, want)
		}
	}
}

// gated names a row of the tables that an object uses and that is not compiled
// yet, "" when there is none.
func gated(obj *frontend.Object) string {
	for _, m := range obj.Maps {
		if row := table.MapTypeOf(m.Type); row.Status < table.Supported {
			return "map type " + row.Name
		}
	}
	for _, p := range obj.Programs {
		if p.Hook.Status < table.Supported {
			return "hook " + p.Hook.Name
		}
		for _, i := range p.Insns {
			if why := gatedInsn(obj.Platform, p, i); why != "" {
				return why
			}
		}
	}
	return ""
}

func gatedInsn(platform bpf.Platform, p *frontend.Program, i bpf.Instruction) string {
	var h *table.Helper
	switch {
	case i.Op == bpf.OpInvalid:
		return ""
	case table.OpOf(i.Op).Status < table.Supported:
		return i.Op.String()
	case i.Op == bpf.OpLdImm && table.LoadKind(i.Kind) < table.Supported:
		return fmt.Sprintf("wide load of a %v", i.Kind)
	case i.Op == bpf.OpCall && i.Kind == bpf.KindHelper:
		h = table.HelperFor(platform, p.Hook, int32(i.Imm))
	case i.Op == bpf.OpCall && i.Kind == bpf.KindKfunc:
		h = table.KfuncByName(p.Kfuncs[i.Imm])
	}
	if h != nil && h.Status < table.Supported {
		return h.Name
	}
	return ""
}
