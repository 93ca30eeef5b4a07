package backend_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// targets lists every target: a test that loops over it holds for all.
func targets() []*backend.Target {
	return []*backend.Target{amd64.Target(), amd64.TargetV3(), arm64.Target()}
}

func TestTablesAreComplete(t *testing.T) {
	for _, target := range targets() {
		for op := range ir.NumOps {
			if target.Lower[op] == nil {
				t.Errorf("%s: no lowering of %s", target.Tag(), ir.Op(op))
			}
		}
		for op, row := range target.Ops {
			if row.Name == "" || row.Form == 0 {
				t.Errorf("%s: no row of machine operation %d", target.Tag(), op)
			}
		}
	}
}
