package check_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// kfunc calls function k of kfuncs on the iterator at r10-8.
func kfunc(k int64) []bpf.Instruction {
	return []bpf.Instruction{
		{Op: bpf.OpMov, Width: 8, Dst: bpf.R1, Src: bpf.R10}, add(bpf.R1, -8), mov(bpf.R2, 0), mov(bpf.R3, 9),
		{Op: bpf.OpCall, Kind: bpf.KindKfunc, Src: bpf.RegImm, Imm: k},
	}
}

// iteration is a loop over an iterator with a body, and its certificate with
// an entry at the head.
func iteration(t *testing.T, body []bpf.Instruction) (*transfer.Env, *check.Certificate) {
	t.Helper()
	insns := kfunc(0)
	head := len(insns)
	insns = append(insns, kfunc(1)...)
	insns = append(insns, jump(bpf.OpJeq, bpf.R0, 0, int32(len(body)+1)))
	insns = append(insns, body...)
	insns = append(insns, ja(int32(head-len(insns)-1)))
	insns = append(insns, kfunc(2)...)
	insns = append(insns, mov(bpf.R0, 0), exit)
	env := environment(insns)
	env.Kfuncs = []string{"bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy"}
	m := transfer.Machine{Env: env, S: state.Entry(env.Hook)}
	for m.PC != head {
		if f := m.Step(); f != nil {
			t.Fatal(f)
		}
		m.PC = m.Next
	}
	m.S.Keep(0, 0)
	return env, claim(env, []check.Entry{
		{State: state.Entry(env.Hook), Stops: []int32{1}},
		{PC: head, State: m.S, Stops: []int32{1}},
	}, check.Measure{Kind: check.Steps, At: map[int32]state.Place{1: {}}})
}

// TestIterator: a loop ends when every turn takes an element of one iterator.
func TestIterator(t *testing.T) {
	env, cert := iteration(t, nil)
	if _, err := check.Run(env, cert, 1000); err != nil {
		t.Error(err)
	}
	for _, p := range []state.Place{{Cell: 1}, {Cell: -1}} {
		cert.Measures[0].At[1] = p
		if _, err := check.Run(env, cert, 1000); err == nil {
			t.Errorf("confirmed by an iterator at %+v", p)
		}
	}
	cert.Measures[0] = check.Measure{Kind: check.Turns, At: map[int32]state.Place{1: {}}}
	if _, err := check.Run(env, cert, 1000); err == nil {
		t.Error("confirmed by turns of no callback")
	}
	// Each turn makes the iterator again: the states are the same, the
	// iterator is not.
	env, cert = iteration(t, append(kfunc(2), kfunc(0)...))
	if _, err := check.Run(env, cert, 1000); err == nil {
		t.Error("confirmed by an iterator that is made again")
	}
}
