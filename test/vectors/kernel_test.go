package vectors

import (
	"fmt"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// shortest is the length of a packet that the kernel takes in a test run.
const shortest = 14

// TestKernel runs the XDP cases in the kernel: what the files say of helpers and
// maps is what Linux does.
func TestKernel(t *testing.T) {
	if why := harness.KernelMissing(); why != "" {
		enginetest.Missing(t, why)
	}
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		short := func(r isatest.Run) bool { return r.Data != nil && len(r.Data) < shortest }
		if c.Error != "" || c.Object.Platform != bpf.Linux || c.Object.Programs[0].Hook.Name != "xdp" || slices.ContainsFunc(c.Runs, short) {
			continue // no program or packet for the kernel
		}
		t.Run(c.Name, func(t *testing.T) {
			h := harness.Case{Name: c.Name, Object: c.Object, Samples: samples(c)}
			for _, run := range c.Runs {
				in := harness.Input{Data: run.Data}
				if run.Data == nil {
					in.Data = make([]byte, shortest)
				}
				h.Inputs = append(h.Inputs, in)
			}
			r, err := harness.Kernel(&h)
			if err != nil {
				t.Fatal(err)
			}
			if r.Refused != nil {
				t.Fatal(r.Refused)
			}
			if c.Differs != "" {
				if same(c, &r) {
					t.Errorf("the kernel does the same, and the case says that it differs: %s", c.Differs)
				}
				return
			}
			for k, run := range c.Runs {
				data := r.Outputs[k].Data
				if run.Data == nil {
					data = run.After
				}
				compare(t, c, k, r.Outputs[k].R0, data)
			}
			compareMaps(t, c, &r)
		})
	}
}

// same reports whether results and maps are those of the case.
func same(c *isatest.Case, r *harness.Result) bool {
	for k, run := range c.Runs {
		if uint64(uint32(r.Outputs[k].R0)) != run.Result {
			return false
		}
	}
	for _, after := range c.Maps {
		if !slices.ContainsFunc(r.Maps, func(m harness.MapDump) bool {
			return m.Name == after.Name && fmt.Sprint(m.Entries) == fmt.Sprint(after.Entries)
		}) {
			return false
		}
	}
	return true
}

// TestHeldInKernel: Linux accepts a tail call of a function while its caller has
// a record, and returns to the caller, which submits it (docs/decisions/0015).
func TestHeldInKernel(t *testing.T) {
	if why := harness.KernelMissing(); why != "" {
		enginetest.Missing(t, why)
	}
	cases, err := Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Name != "tail-call-held" {
			continue
		}
		h := harness.Case{Name: c.Name, Object: c.Object, Inputs: []harness.Input{{Data: make([]byte, shortest)}}}
		r, err := harness.Kernel(&h)
		if err != nil || r.Refused != nil {
			t.Fatal(err, r.Refused)
		}
		const want = "[{72696e67 [[ 0700000000000000] [ 0800000000000000]]}]"
		if got := fmt.Sprintf("%x", r.Maps); r.Outputs[0].R0 != 1 || got != want {
			t.Errorf("r0 is %d, maps %s, want 1 and %s", r.Outputs[0].R0, got, want)
		}
		return
	}
	t.Fatal("there is no vector")
}
