package ireval_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/test/calls"
)

// TestCalls compares every stage of programs about calls with the interpreter.
func TestCalls(t *testing.T) {
	cases, err := calls.Cases()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		if c.Want != nil {
			continue // test/calls runs them on compiled engines
		}
		t.Run(c.Name, func(t *testing.T) { agree(t, c.Object, calls.Inputs()) })
	}
}
