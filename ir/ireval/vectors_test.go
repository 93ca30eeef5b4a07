package ireval_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestConformance runs the vectors of bpf_conformance that the verifier
// accepts, as built and behind each pass.
func TestConformance(t *testing.T) {
	ran := 0
	for _, v := range isatest.Load(t) {
		if v.Refused != nil || v.Error != "" || v.CallsHelper() {
			continue
		}
		obj := v.Object()
		if _, err := verifier.Verify(obj, obj.Programs[0], verifier.Options{}); err != nil {
			continue
		}
		ran++
		t.Run(v.Name, func(t *testing.T) {
			stages(t, obj, obj.Programs[0], func(stage string, p *ir.Program) {
				got, err := newWorld(obj).run(p, append([]byte(nil), v.Memory...))
				if err != nil || got != v.Result {
					t.Fatalf("behind %s: got %#x, %v, want %#x\n%s", stage, got, err, v.Result, ir.Print(p))
				}
			})
		})
	}
	t.Logf("%d vectors", ran)
}
