package state

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// TestSharedFrame: a caller's frame that two states share ties its values to
// those of the running frame, in registers and in spills.
func TestSharedFrame(t *testing.T) {
	for name, keep := range map[string]func(s *State, v Value){
		"register": func(s *State, v Value) { s.Set(bpf.R6, v) },
		"spill":    func(s *State, v Value) { s.Own(0).Stack.Store(-8, 8, &v) },
	} {
		s := Entry(&table.Hook{})
		v := Number(value.Between(0, 10))
		v.ID = s.NewID()
		keep(s, v)
		s.Set(bpf.R1, v)
		s.Push(1, 5)
		cur := s.Clone()
		w := v
		w.ID = cur.NewID()
		cur.Set(bpf.R1, w)
		var n Includer
		if n.Included(cur, s) {
			t.Errorf("%s: a number that is no longer that of the caller is included", name)
		}
		if !n.Included(s, s.Clone()) {
			t.Errorf("%s: a state is not included in its clone", name)
		}
	}
}
