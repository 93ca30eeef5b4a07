package differential

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
	"github.com/bpf2go-native/bpf2go-native/test/vectors"
)

// TestVectors runs the vectors on the IR, behind every fourth pass and behind
// all, with the maps and helpers of rtlib.
func TestVectors(t *testing.T) {
	cases, err := vectors.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Error != "" || len(c.Samples) > 0 || strings.HasPrefix(c.Name, "may-goto") || c.Object.Programs[0].Hook.Status < table.Supported {
			continue // refused, in need of a host, many million steps, or not compiled
		}
		t.Run(c.Name, func(t *testing.T) {
			b := &built{Case: &progen.Case{Name: c.Name, Object: c.Object}}
			for _, run := range c.Runs {
				b.Inputs = append(b.Inputs, progen.Input{Data: run.Data})
			}
			if err := b.verify(); err != nil {
				t.Fatal(err)
			}
			last := len(ir.Passes())
			for n := last % 4; n <= last; n += 4 {
				if err := b.translate(false); err != nil {
					t.Fatal(err)
				}
				for _, p := range b.programs {
					for _, f := range p.Funcs {
						for _, pass := range ir.Passes()[:n] {
							pass.Run(f)
						}
					}
				}
				r, err := b.evaluate()
				if err == nil {
					err = unlike(c, &r)
				}
				if err != nil {
					t.Fatalf("behind %d passes: %v", n, err)
				}
			}
		})
	}
}

// unlike says what is not as the vector has it.
func unlike(c *isatest.Case, r *harness.Result) error {
	for k, run := range c.Runs {
		got := r.Outputs[k]
		if !c.Object.Programs[0].Hook.Memory {
			got.R0 = uint64(uint32(got.R0))
		}
		if got.R0 != run.Result || run.After != nil && !bytes.Equal(got.Data, run.After) {
			return fmt.Errorf("run %d: r0 is %#x, want %#x; data % x, want % x", k, got.R0, run.Result, got.Data, run.After)
		}
	}
	for _, after := range c.Maps {
		for _, m := range r.Maps {
			if got, want := fmt.Sprintf("%x", m.Entries), fmt.Sprintf("%x", after.Entries); m.Name == after.Name && got != want {
				return fmt.Errorf("map %s has %s, want %s", m.Name, got, want)
			}
		}
	}
	return nil
}
