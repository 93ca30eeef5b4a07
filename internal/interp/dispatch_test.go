package interp

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

func TestNothingIsMissing(t *testing.T) {
	for op := bpf.OpInvalid; int(op) < bpf.NumOps; op++ {
		if dispatch[op] == nil {
			t.Errorf("%v: dispatch is nil", op)
		}
		row := table.OpOf(op)
		switch {
		case row.Class == table.ClassALU && row.Imm && op != bpf.OpMov && (alu64[op] == nil || alu32[op] == nil):
			t.Errorf("%v: alu64 or alu32 is nil", op)
		case row.Class == table.ClassJump && row.Imm && conditions[op] == nil:
			t.Errorf("%v: conditions is nil", op)
		case row.Class == table.ClassAtomic && atomics[op] == nil:
			t.Errorf("%v: atomics is nil", op)
		}
	}
	used := map[string]bool{}
	for _, p := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		for _, h := range table.Helpers(p) {
			if h.Status == table.Supported && helpers[h.Symbol] == nil {
				t.Errorf("%v: helper %s has no implementation", p, h.Name)
			}
			used[h.Symbol] = true
		}
	}
	for symbol := range helpers {
		if !used[symbol] {
			t.Errorf("%s implements no helper", symbol)
		}
	}
	for k, name := range kindNames {
		if name == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}
