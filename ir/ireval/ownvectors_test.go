package ireval_test

import (
	"bytes"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/test/vectors"
)

// familyRuns is how many runs of a family each stage gets.
const familyRuns = 6

// TestFamilies runs every operation with every register in every role, as
// built and behind each pass.
func TestFamilies(t *testing.T) {
	for _, c := range vectors.Families(false) {
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
