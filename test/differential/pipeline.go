package differential

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/ir/ireval"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// options are the limits of a proof: generated programs are small.
var options = verifier.Options{MaxProcessed: 100_000}

// built is a case as IR.
type built struct {
	*progen.Case
	fuel     uint64
	facts    []*verifier.Facts
	programs []*ir.Program
}

// build verifies the programs of a case and builds their IR, optimised or not.
// The error is a refusal.
func build(c *progen.Case, optimised bool) (*built, error) {
	b := &built{Case: c}
	if err := b.verify(); err != nil {
		return nil, err
	}
	return b, b.translate(optimised)
}

// buildWith is build with a budget of instructions, optimised.
func buildWith(c *progen.Case, fuel uint64) (*built, error) {
	b := &built{Case: c, fuel: fuel}
	if err := b.verify(); err != nil {
		return nil, err
	}
	return b, b.translate(true)
}

func (b *built) verify() error {
	o := options
	o.Fuel = b.fuel
	for _, p := range b.Object.Programs {
		facts, err := verifier.Verify(b.Object, p, o)
		if err != nil {
			return err
		}
		b.facts = append(b.facts, facts)
	}
	return nil
}

// translate builds the IR of programs that are verified.
func (b *built) translate(optimised bool) error {
	b.programs = nil
	for k, p := range b.Object.Programs {
		q, err := ir.Build(b.Object, p, b.facts[k])
		if err != nil {
			return err
		}
		if optimised {
			ir.Optimize(q)
		}
		b.programs = append(b.programs, q)
	}
	return nil
}

// evaluate runs the IR in the evaluator.
func (b *built) evaluate() (r harness.Result, err error) {
	helpers := evaluated()
	var failed error
	var entries []func(*abi.Frame) uint64
	for _, p := range b.programs {
		entries = append(entries, func(fr *abi.Frame) uint64 {
			r0, err := ireval.Run(p, fr, ireval.Options{Helpers: helpers, Steps: 100 * maxInsns})
			if err != nil {
				failed = err
			}
			return r0
		})
	}
	r, err = b.run(entries)
	if failed != nil {
		err = failed
	}
	return r, err
}

// stage says where a difference comes from: the first stage behind which the
// evaluator gives something else than the interpreter.
func stage(c *progen.Case, want harness.Result) string {
	b, err := build(c, false)
	if err != nil {
		return "refused: " + err.Error()
	}
	if got, err := b.evaluate(); err != nil || differ(got, want) != "" {
		return fmt.Sprintf("ir.Build (%v %s)", err, differ(got, want))
	}
	// The passes work on the programs in place; each is run on what the one
	// before left.
	for n := range ir.Passes() {
		if err := b.translate(false); err != nil {
			return err.Error()
		}
		for _, p := range b.programs {
			for _, f := range p.Funcs {
				for _, pass := range ir.Passes()[:n+1] {
					pass.Run(f)
				}
			}
		}
		if got, err := b.evaluate(); err != nil || differ(got, want) != "" {
			return fmt.Sprintf("ir pass %d, %s (%v %s)", n, ir.Passes()[n].Name, err, differ(got, want))
		}
	}
	return "behind the IR: backend or codegen"
}

// instructions counts the instructions of a case.
func instructions(o *frontend.Object) (n int) {
	for _, p := range o.Programs {
		for _, i := range p.Insns {
			if i.Op != 0 {
				n++
			}
		}
	}
	return n
}
