package differential

import (
	"context"
	"errors"

	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// asHarness is a case as test/harness takes it.
func asHarness(c *progen.Case) harness.Case {
	h := harness.Case{Name: c.Name, Object: c.Object}
	for _, in := range c.Inputs {
		h.Inputs = append(h.Inputs, harness.Input{Data: in.Data, Meta: in.Meta, Ctx: in.Ctx})
	}
	return h
}

// sampled compares an engine of the harness on the cases of seeds, all in one
// binary. Cases that no engine of this process would take are left out.
func sampled(ctx context.Context, e harness.Engine, seeds []uint64, r *Report) error {
	var cases []harness.Case
	var wants []harness.Result
	var kept []uint64
	for _, seed := range seeds {
		c := caseOf(seed)
		if _, err := build(c, false); err != nil {
			continue
		}
		want, err := reference(c)
		if err != nil {
			continue
		}
		cases, wants, kept = append(cases, asHarness(c)), append(wants, want), append(kept, seed)
	}
	for len(cases) > 0 {
		results, err := harness.Options{Verifier: options}.Run(ctx, e, cases)
		var died *harness.Died
		if err != nil && !errors.As(err, &died) {
			return err
		}
		done := len(cases)
		if died != nil {
			done = died.Index
			r.Found = append(r.Found, Difference{Seed: kept[done], Engine: e.String(), What: died.Error(), Text: progen.Listing(caseOf(kept[done]))})
		}
		for k := range done {
			r.Executions[e.String()] += len(results[k].Outputs)
			what := differ(results[k], wants[k])
			if results[k].Refused != nil {
				what = "refused: " + results[k].Refused.Error()
			}
			if what != "" {
				r.Found = append(r.Found, difference(kept[k], e, what, wants[k]))
			}
		}
		if died == nil {
			break
		}
		cases, wants, kept = cases[done+1:], wants[done+1:], kept[done+1:]
	}
	return nil
}

// difference tells of a case that a binary of the harness ran; it is not
// reduced, because each try is a build.
func difference(seed uint64, e harness.Engine, what string, want harness.Result) Difference {
	c := caseOf(seed)
	return Difference{Seed: seed, Engine: e.String(), What: what, Stage: stage(c, want), Text: progen.Listing(c)}
}

// sampledEngines are the engines that can be run here, and why others cannot.
func sampledEngines() (engines []harness.Engine, missing []string) {
	for _, e := range []harness.Engine{
		harness.Native("amd64"), harness.Native("amd64.v3"), harness.Host(), harness.Native("arm64"), harness.Body("riscv64"), harness.Body("arm"),
	} {
		if why := e.Missing(); why != "" {
			missing = append(missing, why)
			continue
		}
		engines = append(engines, e)
	}
	return engines, missing
}
