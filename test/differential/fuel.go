package differential

import (
	"errors"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// Budgets (-fuel). What is promised: a run that would execute more instructions
// than the budget ends with an error before it has, and one that does not end
// does what it does without a budget. How much below its budget a run ends is
// left open.

// hasTails reports whether programs of the case call each other: each has a
// budget of its own.
func hasTails(c *progen.Case) bool {
	for _, m := range c.Object.Maps {
		if m.Type == bpf.MapProgArray {
			return true
		}
	}
	return false
}

// longest is how many instructions the interpreter executes at most in a run
// of the case.
func longest(c *progen.Case) (n uint64) {
	if _, err := referenceWith(c, 0, func(s *interp.State) { n = max(n, s.Insns+1) }); err != nil {
		return 0
	}
	return n
}

// fueled compares code with a budget: ones that are more than a run takes but
// less than what is proven, so that they are counted, and ones that are less.
// The error says what is wrong.
func fueled(c *progen.Case, want harness.Result, engine func(*built) (harness.Result, error)) (runs int, err error) {
	n := longest(c)
	if n < 2 {
		return 0, nil
	}
	for _, budget := range []uint64{4 * n, n, n - 1, n / 2} {
		b, err := buildWith(c, budget)
		if err != nil {
			return runs, fmt.Errorf("budget %d: %w", budget, err)
		}
		got, err := engine(b)
		runs += len(got.Outputs)
		spent := errors.Is(err, rtlib.ErrFuel)
		switch {
		case err != nil && !spent:
			return runs, fmt.Errorf("budget %d: %w", budget, err)
		case budget < n && !spent:
			return runs, fmt.Errorf("budget %d: a run executes %d instructions and does not end", budget, n)
		}
		// Runs in front of the one that ended are as ever.
		for k, out := range got.Outputs {
			if w := want.Outputs[k]; out.R0 != w.R0 {
				return runs, fmt.Errorf("budget %d: input %d: r0 %#x, want %#x", budget, k, out.R0, w.R0)
			}
		}
		if what := differ(got, want); !spent && what != "" {
			return runs, fmt.Errorf("budget %d: %s", budget, what)
		}
	}
	return runs, nil
}
