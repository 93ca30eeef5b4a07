package differential

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// errKernel says that the kernel does not load a program; the text is the end
// of its log.
type errKernel struct{ log string }

func (e *errKernel) Error() string { return "the kernel refuses it: " + e.log }

// kernelMissing says why nothing can be run in the kernel, "" when it can.
func kernelMissing() string { return harness.KernelMissing() }

// kernelRun runs a case in the kernel: r0 are the 32 bits of a verdict.
func kernelRun(c *progen.Case) (harness.Result, error) {
	h := harness.Case{Name: c.Name, Object: c.Object}
	for _, in := range c.Inputs {
		h.Inputs = append(h.Inputs, harness.Input{Data: in.Data})
	}
	r, err := harness.Kernel(&h)
	if err == nil && r.Refused != nil {
		return r, &errKernel{r.Refused.Error()}
	}
	return r, err
}

// inKernel compares the kernel with the interpreter on the cases of seeds.
func inKernel(seeds []uint64, r *Report, waive func(*progen.Case, harness.Result, harness.Result) string) error {
	for _, seed := range seeds {
		c := caseOf(seed)
		if !c.Kernel {
			continue
		}
		want, err := reference(c)
		if err != nil {
			continue
		}
		for k := range want.Outputs {
			want.Outputs[k].R0 = uint64(uint32(want.Outputs[k].R0))
		}
		got, err := kernelRun(c)
		var refused *errKernel
		switch {
		case errors.As(err, &refused):
			r.refuse("kernel: "+lastLine(refused.log), seed)
			continue
		case err != nil:
			return fmt.Errorf("seed %d: %w", seed, err)
		}
		r.Executions["kernel"] += len(got.Outputs)
		what := differ(got, want)
		if what == "" {
			continue
		}
		if why := waive(c, got, want); why != "" {
			r.Reasons["waived: "+why]++
			continue
		}
		small := progen.Shrink(c, 2000, func(c *progen.Case) bool { return kernelDiffers(c, waive) })
		r.Found = append(r.Found, Difference{Seed: seed, Engine: "kernel", What: what, Stage: "interpreter or kernel", Text: progen.Listing(small)})
	}
	return nil
}

// kernelDiffers is the predicate of reducing.
func kernelDiffers(c *progen.Case, waive func(*progen.Case, harness.Result, harness.Result) string) bool {
	for _, in := range c.Inputs {
		if len(in.Data) < 14 {
			return false
		}
	}
	if _, err := build(c, false); err != nil {
		return false
	}
	want, err := reference(c)
	if err != nil {
		return false
	}
	for k := range want.Outputs {
		want.Outputs[k].R0 = uint64(uint32(want.Outputs[k].R0))
	}
	got, err := kernelRun(c)
	return err == nil && differ(got, want) != "" && waive(c, got, want) == ""
}

// lastLine is what the kernel's verifier says last, before its statistics.
func lastLine(log string) string {
	lines := strings.Split(log, "\n")
	for k := len(lines) - 1; k >= 0; k-- {
		if !strings.HasPrefix(lines[k], "processed ") && lines[k] != "" {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return '#'
				}
				return r
			}, lines[k])
		}
	}
	return log
}
