package interp

import (
	"errors"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
)

// TestConformance runs every vector of the bpf_conformance suite.
func TestConformance(t *testing.T) {
	vectors := isatest.Load(t)
	own := map[int32]func([5]uint64) uint64{isatest.UnwindHelper: isatest.Unwind}
	passed := 0
	for _, v := range vectors {
		ok := t.Run(v.Name, func(t *testing.T) {
			if v.Refused != nil {
				return
			}
			obj := v.Object()
			m, err := New(obj, Options{Helpers: own})
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.Run(obj.Programs[0], Input{Data: v.Memory})
			var fault *Fault
			switch {
			case v.Error != "" && !errors.As(err, &fault):
				t.Errorf("got r0 = %#x, %v, want a fault (%s)", got.R0, err, v.Error)
			case v.Error == "" && (err != nil || got.R0 != v.Result):
				t.Errorf("got r0 = %#x, %v, want %#x", got.R0, err, v.Result)
			}
		})
		if ok {
			passed++
		}
	}
	t.Logf("%d of %d vectors", passed, len(vectors))
}
