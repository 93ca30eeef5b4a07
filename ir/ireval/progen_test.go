package ireval_test

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

var (
	generated = flag.Int("generated", 150, "generated programs to run behind every pass")
	firstSeed = flag.Uint64("seed", 0, "seed of the first of them")
)

// TestGenerated compares every stage of generated programs with the
// interpreter: results, memory and maps.
func TestGenerated(t *testing.T) {
	count := *generated
	if testing.Short() {
		count /= 10
	}
	ran := 0
	for k := range uint64(count) {
		c := progen.Seeded(*firstSeed+k, progen.Options{})
		t.Run(c.Name, func(t *testing.T) {
			if compareGenerated(t, c) {
				ran++
			}
		})
	}
	t.Logf("%d of %d programs ran", ran, count)
	if ran < count*2/3 {
		t.Errorf("only %d of %d programs ran", ran, count)
	}
}

// compareGenerated reports whether the program ran: the test's world does not
// have every helper and map.
func compareGenerated(t *testing.T, c *progen.Case) bool {
	prog := c.Object.Programs[0]
	if _, err := verifier.Verify(c.Object, prog, verifier.Options{}); err != nil {
		t.Logf("not compared: %v", err)
		return false
	}
	m, err := interp.New(c.Object, interp.Options{ZeroStack: true})
	if err != nil {
		t.Fatal(err)
	}
	type result struct {
		r0   uint64
		data []byte
		ctx  []uint64
	}
	var want []result
	for _, in := range c.Inputs {
		data, ctx := bytes.Clone(in.Data), append([]uint64(nil), in.Ctx...)
		r, err := m.Run(prog, interp.Input{Data: data, Ctx: ctx})
		if err != nil {
			t.Logf("not compared: %v", err)
			return false
		}
		want = append(want, result{r.R0, data, ctx})
	}
	ran := true
	stages(t, c.Object, prog, func(stage string, p *ir.Program) {
		w := newWorld(c.Object)
		for i, in := range c.Inputs {
			if !ran {
				return
			}
			data := bytes.Clone(in.Data)
			clear(w.frame.Ctx[:])
			copy(w.frame.Ctx[:], in.Ctx)
			got, err := w.run(p, data)
			if err != nil && strings.Contains(err.Error(), ": no helper ") {
				t.Logf("not compared: %v", err)
				ran = false
				return
			}
			if err != nil || got != want[i].r0 || !bytes.Equal(data, want[i].data) {
				t.Fatalf("behind %s: input %d: got %#x, %v, memory %x\nwant %#x, memory %x\n%s\n%s", stage, i, got, err, data, want[i].r0, want[i].data, progen.Listing(c), ir.Print(p))
			}
		}
		if err := w.sameMaps(t, m); err != nil {
			t.Fatalf("behind %s: %v\n%s\n%s", stage, err, progen.Listing(c), ir.Print(p))
		}
	})
	return ran
}
