package calls_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/test/calls"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// TestEngines compares the compiled engines with the interpreter: r0, memory
// and maps.
func TestEngines(t *testing.T) {
	list, err := calls.Cases()
	if err != nil {
		t.Fatal(err)
	}
	var cases []harness.Case
	for _, c := range list {
		h := harness.Case{Name: c.Name, Object: c.Object}
		for k, data := range calls.Inputs() {
			if c.Want == nil || k < len(c.Want) {
				h.Inputs = append(h.Inputs, harness.Input{Data: data})
			}
		}
		cases = append(cases, h)
	}
	want, err := harness.Run(t.Context(), harness.Interp(), cases)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range list {
		if c.Want != nil {
			want[i] = harness.Result{}
			for k, r0 := range c.Want {
				want[i].Outputs = append(want[i].Outputs, harness.Output{R0: r0, Data: cases[i].Inputs[k].Data})
			}
		}
	}
	for _, goarch := range []string{"amd64", "arm64", ""} {
		e := harness.Host()
		if goarch != "" {
			e = harness.Native(goarch)
		}
		t.Run(e.String(), func(t *testing.T) {
			if emulator := enginetest.Emulator(goarch); goarch != "" && emulator != "" {
				enginetest.Need(t, emulator)
			}
			got, err := harness.Run(t.Context(), e, cases)
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range cases {
				if err := differ(got[i], want[i]); err != nil {
					t.Errorf("%s: %v", c.Name, err)
				}
			}
		})
	}
}

// differ says what is not as the interpreter has it.
func differ(got, want harness.Result) error {
	if got.Refused != nil {
		return got.Refused
	}
	for k, w := range want.Outputs {
		if k >= len(got.Outputs) {
			return fmt.Errorf("%d outputs, want %d", k, len(want.Outputs))
		}
		if g := got.Outputs[k]; g.R0 != w.R0 || g.Err != w.Err || !bytes.Equal(g.Data, w.Data) {
			return fmt.Errorf("run %d: got %#x, %q, %x, want %#x, %q, %x", k, g.R0, g.Err, g.Data, w.R0, w.Err, w.Data)
		}
	}
	for k, w := range want.Maps {
		g := got.Maps[k]
		same := func(a, b [2][]byte) bool { return bytes.Equal(a[0], b[0]) && bytes.Equal(a[1], b[1]) }
		if g.Name != w.Name || !slices.EqualFunc(g.Entries, w.Entries, same) {
			return fmt.Errorf("map %s: got %x, want %s %x", g.Name, g.Entries, w.Name, w.Entries)
		}
	}
	return nil
}
