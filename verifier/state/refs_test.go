package state

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// holding is a state with references in this order and values in r1, r2, ….
func holding(refs []Reference, values ...Value) *State {
	s := Entry(&table.Hook{})
	s.lastID, s.refs = 20, refs
	for i, v := range values {
		s.Set(bpf.R1+bpf.Reg(i), v)
	}
	return s
}

// TestInclusionOfReferences: which pointers live by what is kept.
func TestInclusionOfReferences(t *testing.T) {
	record := func(id uint32) Reference { return Reference{ID: id, Map: -1} }
	lock := func(id, on uint32, m int32) Reference { return Reference{ID: id, Kind: RefLock, Map: m, On: on} }
	mem := func(null bool, ref, hold uint32) Value { return Value{Kind: PtrMem, Null: null, Ref: ref, Hold: hold} }
	elem := func(ref uint32) Value { return Value{Kind: PtrMapValue, Ref: ref} }
	one, two := []Reference{record(5)}, []Reference{record(9)}
	for _, c := range []struct {
		name     string
		cur, old *State
		want     bool
	}{
		{"other numbers", holding(one, mem(false, 0, 5)), holding(two, mem(false, 0, 9)), true},
		{"pointer that is known not to be NULL", holding(one, mem(false, 0, 5)), holding(two, mem(true, 9, 9)), true},
		{"pointer that may be NULL", holding(one, mem(true, 5, 5)), holding(two, mem(false, 0, 9)), false},
		{"acquired in both", holding(one, mem(true, 5, 5)), holding(two, mem(true, 9, 9)), true},
		{"view for what was acquired", holding(one, mem(true, 7, 5)), holding(two, mem(true, 9, 9)), false},
		{"what was acquired for a view", holding(one, mem(true, 5, 5)), holding(two, mem(true, 7, 9)), false},
		{"lives by nothing", holding(one, mem(false, 0, 0)), holding(two, mem(false, 0, 9)), false},
		{"lived by nothing", holding(one, mem(false, 0, 5)), holding(two, mem(false, 0, 0)), false},
		{"one more reference", holding([]Reference{record(5), record(6)}), holding(two), false},
		{"one reference less", holding(one), holding([]Reference{record(9), record(10)}), false},
		{"other kind", holding([]Reference{{ID: 5, Kind: RefRCU, Map: -1}}), holding(two), false},
		{"by the other reference", holding([]Reference{record(5), record(6)}, mem(false, 0, 5)),
			holding([]Reference{record(9), record(10)}, mem(false, 0, 10)), false},
		{"two slices of one dynptr for slices of two", holding(nil, mem(false, 0, 5), mem(false, 0, 5)), holding(nil, mem(false, 0, 9), mem(false, 0, 10)), false},
		{"slices of two for two of one", holding(nil, mem(false, 0, 5), mem(false, 0, 6)), holding(nil, mem(false, 0, 9), mem(false, 0, 9)), false},
		{"slice of a dynptr for a record", holding(one, mem(false, 0, 7)), holding(two, mem(false, 0, 9)), false},
		{"locked value", holding([]Reference{lock(5, 3, 1)}, elem(3)), holding([]Reference{lock(9, 4, 1)}, elem(4)), true},
		{"another value is locked", holding([]Reference{lock(5, 3, 1)}, elem(2)), holding([]Reference{lock(9, 4, 1)}, elem(4)), false},
		{"lock of another map", holding([]Reference{lock(5, 3, 1)}, elem(3)), holding([]Reference{lock(9, 4, 2)}, elem(4)), false},
		{"lock of a data section", holding([]Reference{lock(5, 0, 1)}), holding([]Reference{lock(9, 4, 1)}), false},
	} {
		if !c.cur.WellFormed() || !c.old.WellFormed() {
			t.Errorf("%s: not well formed", c.name)
		}
		var n Includer
		if got := n.Included(c.cur, c.old); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
