package differential

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// Report is what comparing programs gave.
type Report struct {
	Cases      int
	Programs   int
	Insns      int
	Refused    int // by the verifier or the compiler
	TooLong    int // not compared
	Executions map[string]int
	Reasons    map[string]int    // of refusals, by code
	Example    map[string]uint64 // seed of one, by reason
	Found      []Difference
	Coverage   *progen.Coverage
}

// Difference is a case on which an engine does something else than the
// interpreter.
type Difference struct {
	Seed   uint64
	Engine string
	What   string
	Stage  string
	Text   string // the reduced case
}

// String is the whole story.
func (d Difference) String() string {
	return fmt.Sprintf("seed %d on %s: %s\nstage: %s\n%s", d.Seed, d.Engine, d.What, d.Stage, d.Text)
}

func newReport() *Report {
	return &Report{Executions: map[string]int{}, Reasons: map[string]int{}, Example: map[string]uint64{}, Coverage: progen.NewCoverage()}
}

// merge adds another report.
func (r *Report) merge(o *Report) {
	r.Cases += o.Cases
	r.Programs += o.Programs
	r.Insns += o.Insns
	r.Refused += o.Refused
	r.TooLong += o.TooLong
	for e, n := range o.Executions {
		r.Executions[e] += n
	}
	for e, n := range o.Reasons {
		r.Reasons[e] += n
	}
	for e, seed := range o.Example {
		r.Example[e] = seed
	}
	r.Found = append(r.Found, o.Found...)
	r.Coverage.Merge(o.Coverage)
}

// refuse counts a case that is not run.
func (r *Report) refuse(why string, seed uint64) {
	r.Refused++
	r.Reasons[why]++
	r.Example[why] = seed
}

// One of so many cases goes to the evaluator, to the kernel, to code for
// GOAMD64=v3, and is run with budgets of instructions.
const (
	everyEvaluated = 16
	everyKernel    = 8
	everyV3        = 4
	everyFueled    = 16
)

// caseOf is the case of a seed. Every eighth is one that the kernel may run.
func caseOf(seed uint64) *progen.Case {
	return progen.Seeded(seed, progen.Options{Kernel: seed%everyKernel == 0})
}

// checker compares cases on the engines of this process.
type checker struct {
	local  *local
	report *Report
}

func newChecker() (*checker, error) {
	l, err := newLocal()
	return &checker{local: l, report: newReport()}, err
}

// check compares the case of a seed.
func (k *checker) check(seed uint64) {
	c := caseOf(seed)
	r := k.report
	r.Cases++
	r.Programs += len(c.Object.Programs)
	r.Insns += instructions(c.Object)
	r.Coverage.Add(c)
	b, err := build(c, true)
	if err != nil {
		r.refuse(reason(err), seed)
		return
	}
	want, err := reference(c)
	switch {
	case errors.Is(err, errLong):
		r.TooLong++
		return
	case err != nil:
		k.found(seed, c, "interp", "a program that the verifier accepts has a fault: "+err.Error(), func(c *progen.Case) bool {
			_, refused := build(c, false)
			_, err := reference(c)
			return refused == nil && err != nil && !errors.Is(err, errLong)
		})
		return
	}
	r.Executions["interp"] += len(c.Inputs)
	if k.local == nil || seed%everyEvaluated == 0 {
		k.compare(seed, c, want, "ir", func(b *built) (harness.Result, error) { return b.evaluate() }, b)
	}
	if seed%everyFueled == 3 && !hasTails(c) {
		k.budgets(seed, c, want)
	}
	if k.local != nil {
		k.local.proven = seed%everyEvaluated == 1
		k.compare(seed, c, want, "amd64", k.local.run, b)
		if seed%everyV3 == 2 && hasV3() {
			k.compare(seed, c, want, "amd64.v3", k.local.runV3, b)
		}
	}
}

// reason is the code of a refusal.
func reason(err error) string {
	text := err.Error()
	if at := strings.Index(text, "error["); at >= 0 {
		if end := strings.IndexByte(text[at:], ']'); end > 0 {
			return text[at+6 : at+end]
		}
	}
	return fmt.Sprintf("%.80s", text)
}

// compare runs an engine on a case and records a difference.
func (k *checker) compare(seed uint64, c *progen.Case, want harness.Result, name string, engine func(*built) (harness.Result, error), b *built) {
	got, err := engine(b)
	k.report.Executions[name] += len(got.Outputs)
	what := differ(got, want)
	if err != nil {
		what = err.Error()
	}
	if what == "" {
		return
	}
	k.found(seed, c, name, what, func(c *progen.Case) bool {
		b, err := build(c, true)
		if err != nil {
			return false
		}
		want, err := reference(c)
		if err != nil || !defined(c, want) {
			return false
		}
		got, err := engine(b)
		if err != nil {
			return true
		}
		// A reduced program may look at addresses, which differ from load to
		// load: then it says nothing.
		again, err := engine(b)
		return err == nil && differ(got, want) != "" && differ(got, again) == ""
	})
}

// budgets runs a case with budgets of instructions.
func (k *checker) budgets(seed uint64, c *progen.Case, want harness.Result) {
	engine := (*built).evaluate
	if k.local != nil {
		engine = k.local.run
	}
	runs, err := fueled(c, want, engine)
	k.report.Executions["fuel"] += runs
	if err == nil {
		return
	}
	k.found(seed, c, "fuel", err.Error(), func(c *progen.Case) bool {
		if _, err := build(c, false); err != nil {
			return false
		}
		want, err := reference(c)
		if err != nil || !defined(c, want) {
			return false
		}
		_, err = fueled(c, want, engine)
		return err != nil
	})
}

// found reduces a case and records it.
func (k *checker) found(seed uint64, c *progen.Case, engine, what string, fails func(*progen.Case) bool) {
	d := Difference{Seed: seed, Engine: engine, What: what}
	small := progen.Shrink(c, 4000, fails)
	d.Text = progen.Listing(small)
	if want, err := reference(small); err == nil {
		d.Stage = stage(small, want)
		if n := len(want.Outputs); n > 0 {
			d.Text += progen.Snippet(small, want.Outputs[n-1].R0)
		}
	}
	k.report.Found = append(k.report.Found, d)
}
