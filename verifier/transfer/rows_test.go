package transfer

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// TestRows: no class, argument kind or conditional jump is without a rule.
func TestRows(t *testing.T) {
	for c, f := range steps {
		if f == nil {
			t.Errorf("class %v has no step", table.Class(c))
		}
	}
	for k, f := range args {
		if f == nil {
			t.Errorf("argument kind %d has no rule", k)
		}
	}
	for op := range bpf.NumOps {
		in := bpf.Instruction{Op: bpf.Op(op)}
		_, known := value.CondOf(bpf.Op(op))
		if row := table.OpOf(bpf.Op(op)); row.Status == table.Supported && in.Conditional() && !known && op != int(bpf.OpMayGoto) {
			t.Errorf("%v has no relation", bpf.Op(op))
		}
	}
	if len(regions) != state.NumKinds {
		t.Errorf("%d regions", len(regions))
	}
}
