package check

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// TestExists: what a value of a certificate names is there, from the first to
// the last; -1 and one more are not.
func TestExists(t *testing.T) {
	env := &transfer.Env{Maps: make([]*frontend.Map, 3), Funcs: make([]frontend.Func, 2)}
	for i := range env.Maps {
		env.Maps[i] = &frontend.Map{}
	}
	for kind, limit := range map[state.Kind]int{
		state.PtrMapValue: 3, state.ConstMap: 3, state.PtrFunc: 2,
		state.PtrObj: table.NumObjectKinds, state.SlotIter: table.NumIterKinds,
	} {
		for n, want := range map[int]bool{-1: false, 0: true, limit - 1: true, limit: false} {
			if got := exists(env, &state.Value{Kind: kind, Map: int32(n)}); got != want {
				t.Errorf("kind %v, number %d of %d: %v, want %v", kind, n, limit, got, want)
			}
		}
	}
	if exists(env, &state.Value{Kind: state.ConstMap, Flags: state.Inner}) {
		t.Error("an inner map of a map that holds none exists")
	}
}
