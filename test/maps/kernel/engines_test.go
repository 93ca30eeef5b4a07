package kernel

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// script is a map with operations of programs.
type script struct {
	spec model.Spec
	ops  []model.Op
}

// scripts draws n scripts of a type.
func scripts(typ bpf.MapType, platform bpf.Platform, n, ops int, seed int) (list []script) {
	one := rapid.Custom(func(t *rapid.T) script {
		s := script{spec: model.DrawSpec(t, platform, typ, rtlib.PossibleCPU())}
		s.spec.Flags &^= bpf.FlagRdonly | bpf.FlagWronly
		d := &model.Draw{Spec: s.spec, Codes: Codes(s.spec), CPUs: 1}
		s.ops = rapid.SliceOfN(rapid.Custom(d.Op), ops, ops).Draw(t, "operations")
		for i := range s.ops {
			op := &s.ops[i]
			if op.Code == model.ProgLookupAt && op.At > 1 {
				op.At = 1<<32 - 1 // engines have other numbers of CPUs
			}
			if op.Code == model.RingOutput {
				op.N = 1
			}
			if len(op.Value) == 0 && platform == bpf.Windows {
				op.Value = []byte{1} // as its verifier wants it
			}
		}
		return s
	})
	for k := range n {
		list = append(list, one.Example(seed+k))
	}
	return list
}

// TestEngines does scripts on every engine and compares each step with the
// model, and so the engines with each other and, in TestModel, with the kernel.
func TestEngines(t *testing.T) {
	native := harness.Native(runtime.GOARCH)
	engines := []harness.Engine{harness.Interp(), harness.Host()}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		engines = append(engines, native)
	}
	var all []script
	var cases []harness.Case
	for name, typ := range drive.Types {
		for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
			if platform == bpf.Windows && typ == bpf.MapBloomFilter || (model.Spec{Type: typ}).Slots() {
				continue // Windows has none; programs change no map of maps
			}
			for k, s := range scripts(typ, platform, 2, 120, rand.IntN(1<<20)) {
				object, err := Object(s.spec, Codes(s.spec))
				if err != nil {
					t.Fatalf("%v: %v", s.spec, err)
				}
				c := harness.Case{Name: fmt.Sprintf("%s-%v-%d", name, platform, k), Object: object}
				for _, op := range s.ops {
					c.Inputs = append(c.Inputs, harness.Input{Data: Packet(op)})
				}
				all, cases = append(all, s), append(cases, c)
			}
		}
	}
	batch, err := harness.Options{}.Prepare(cases)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range engines {
		t.Run(e.String(), func(t *testing.T) {
			if missing := e.Missing(); missing != "" {
				enginetest.Missing(t, missing)
			}
			results, err := batch.Run(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range results {
				if err := explain(all[i], r); err != nil {
					t.Errorf("%s: %v: %v", cases[i].Name, all[i].spec, err)
				}
			}
		})
	}
}

// explain compares what an engine left of a script with the model.
func explain(s script, r harness.Result) error {
	if r.Refused != nil {
		return r.Refused
	}
	m := model.New(s.spec)
	if len(r.Outputs) != len(s.ops) {
		return fmt.Errorf("%d runs of %d: %+v", len(r.Outputs), len(s.ops), r.Outputs[max(0, len(r.Outputs)-1):])
	}
	for i, op := range s.ops {
		out := r.Outputs[i]
		if out.Err != "" || out.R0 != 2 {
			return fmt.Errorf("step %d, %v: r0 %d, error %q", i, op, out.R0, out.Err)
		}
		if err := m.Step(op, Outcome(s.spec, op, out.Data)); err != nil {
			return fmt.Errorf("step %d, %v: %w", i, op, err)
		}
	}
	return nil
}
