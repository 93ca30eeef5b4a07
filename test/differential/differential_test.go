package differential

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

var (
	programs  = flag.Int("programs", 0, "cases that TestDifferential makes; 0 is as many as take a few seconds")
	firstSeed = flag.Uint64("seed", 1, "seed of the first case")
	oneSeed   = flag.Uint64("one", 1, "seed of the case that TestOne checks and prints")
)

// TestMain runs the tests, or checks seeds for TestDifferential in a process of
// its own.
func TestMain(m *testing.M) {
	order := os.Getenv(workerEnv)
	if order == "" {
		os.Exit(m.Run())
	}
	if err := work(order); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// counts are how many cases go where.
func counts() (local, sample, kernel int) {
	switch {
	case *programs > 0:
		return *programs, min(max(*programs/50, 100), 2000), min(*programs, 40000)
	case testing.Short():
		return 1000, 30, 800
	}
	return 6000, 200, 6000
}

// TestDifferential compares the engines on generated programs: those of fixed
// seeds, and some of a seed that is new each time and printed.
func TestDifferential(t *testing.T) {
	start := time.Now()
	n, sample, kernel := counts()
	fresh := rand.Uint64() >> 24
	t.Logf("fixed seeds from %d on, and from %d on (-seed %d tries these again)", *firstSeed, fresh, fresh)
	sum := newReport()
	for _, part := range []struct{ first, count uint64 }{{*firstSeed, uint64(n)}, {fresh, uint64(n / 8)}} {
		r, err := inWorkers(t.Context(), os.Args[0], part.first, part.count, runtime.GOMAXPROCS(0), progress(t, start))
		if err != nil {
			t.Fatal(err)
		}
		sum.merge(r)
	}
	seeds := spread(*firstSeed, n, sample)
	samples(t, seeds, sum)
	if missing := kernelMissing(); missing != "" {
		t.Log("not compared with the kernel: it " + missing)
	} else if err := inKernel(spread(*firstSeed-*firstSeed%everyKernel, kernel, kernel/everyKernel), sum, waiver); err != nil {
		t.Error(err)
	}
	for k, d := range sum.Found {
		if k < 20 {
			t.Errorf("%s", d)
		}
	}
	t.Log(sum.line(time.Since(start)))
	for _, why := range slices.Sorted(maps.Keys(sum.Reasons)) {
		t.Logf("%7d refused: %s, as seed %d", sum.Reasons[why], why, sum.Example[why])
	}
	if *programs > 0 {
		var table strings.Builder
		sum.Coverage.Print(&table)
		t.Logf("coverage: %s\n%s", sum.Coverage.Summary(), table.String())
	}
}

// progress prints a line now and then where many programs are asked for.
func progress(t *testing.T, start time.Time) func(*Report) {
	last := start
	return func(r *Report) {
		if *programs > 0 && time.Since(last) > 20*time.Second {
			last = time.Now()
			fmt.Fprintln(os.Stderr, r.line(time.Since(start)))
			for _, d := range r.Found {
				fmt.Fprintln(os.Stderr, d)
			}
		}
	}
}

// line is the summary.
func (r *Report) line(d time.Duration) string {
	runs, all := "", 0
	for _, e := range slices.Sorted(maps.Keys(r.Executions)) {
		runs += fmt.Sprintf(", %s %d", e, r.Executions[e])
		all += r.Executions[e]
	}
	return fmt.Sprintf("differential: %d cases, %d programs, %d instructions, %d executions (%s), %d refused, %d too long, %d differences, %v",
		r.Cases, r.Programs, r.Insns, all, strings.TrimPrefix(runs, ", "), r.Refused, r.TooLong, len(r.Found), d.Round(time.Second))
}

// spread are n of the seeds from first on.
func spread(first uint64, of, n int) (seeds []uint64) {
	for k := range n {
		seeds = append(seeds, first+uint64(k*of/n))
	}
	return seeds
}

// samples compares the engines of the harness.
func samples(t *testing.T, seeds []uint64, sum *Report) {
	engines, missing := sampledEngines()
	for _, why := range missing {
		if os.Getenv("CI") == "true" {
			t.Error(why)
		}
		t.Log("not run: " + why)
	}
	for _, e := range engines {
		if err := sampled(t.Context(), e, seeds, sum); err != nil {
			t.Errorf("%s: %v", e, err)
		}
	}
}

// TestOne checks the case of one seed, for people who look for a cause.
func TestOne(t *testing.T) {
	k, err := newChecker()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(progen.Listing(caseOf(*oneSeed)))
	k.check(*oneSeed)
	for _, d := range k.report.Found {
		t.Error(d)
	}
}

// TestNotices: a program in which one operation is another one gives another
// result, mostly. The inputs are worth something, and the comparison works.
func TestNotices(t *testing.T) {
	l, err := newLocal()
	if err != nil {
		t.Fatal(err)
	}
	made, noticed := 0, 0
	for seed := uint64(0); made < 200; seed++ {
		c := progen.Seeded(seed, progen.Options{Size: 40})
		want, err := reference(c)
		if err != nil {
			continue
		}
		wrong, ok := mutate(c, seed)
		if !ok {
			continue
		}
		b, err := build(wrong, true)
		if err != nil {
			continue // the verifier notices
		}
		made++
		engine := b.evaluate
		if l != nil {
			engine = func() (harness.Result, error) { return l.run(b) }
		}
		if got, err := engine(); err != nil || differ(got, want) != "" {
			noticed++
		}
	}
	t.Logf("%d of %d wrong programs are noticed", noticed, made)
	if noticed < made/2 {
		t.Errorf("only %d of %d wrong programs are noticed", noticed, made)
	}
}

// TestDeath: a worker that dies costs the case that it was at, which is a
// difference, and no other.
func TestDeath(t *testing.T) {
	t.Setenv(dieEnv, "103")
	r, err := inWorkers(t.Context(), os.Args[0], 100, 8, 1, func(*Report) {})
	if err != nil {
		t.Fatal(err)
	}
	if r.Cases != 7 || len(r.Found) != 1 || r.Found[0].Seed != 103 || !strings.Contains(r.Found[0].What, "asked to die") {
		t.Errorf("%d cases of 7, differences %v", r.Cases, r.Found)
	}
}

// mutate makes one operation on numbers another one.
func mutate(c *progen.Case, seed uint64) (*progen.Case, bool) {
	other := progen.Mutate(c, progen.Random(seed))
	return other, other != nil
}

// need skips where something is missing, and fails where CI has everything.
func need(t *testing.T, missing string) {
	t.Helper()
	if missing != "" {
		enginetest.Missing(t, missing)
	}
}

// TestKernel compares the interpreter with the kernel on more programs.
func TestKernel(t *testing.T) {
	need(t, kernelMissing())
	r := newReport()
	n := 1000
	if testing.Short() {
		n = 100
	}
	if err := inKernel(spread(1<<40, n*everyKernel, n), r, waiver); err != nil {
		t.Fatal(err)
	}
	for _, d := range r.Found {
		t.Error(d)
	}
	if refused := r.Refused; refused > n/20 {
		t.Errorf("the kernel refuses %d of %d programs", refused, n)
	}
	t.Logf("%d executions, %d refused: %v", r.Executions["kernel"], r.Refused, r.Reasons)
}
