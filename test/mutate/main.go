package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// module is the path of the module whose code is mutated.
const module = "github.com/bpf2go-native/bpf2go-native"

// trusted are the packages that are mutated, and for each of them the tests
// that are run, the quickest first.
var trusted = []struct {
	pkg   string
	tests []string
}{
	{"verifier/value", []string{"verifier/value"}},
	{"verifier/state", []string{"verifier/state", "verifier"}},
	{"verifier/transfer", []string{"verifier/transfer", "verifier"}},
	{"verifier/check", []string{"verifier"}},
}

// textOnly are files that write messages.
var textOnly = map[string]bool{
	"verifier/transfer/words.go": true, "verifier/transfer/fault.go": true,
}

func main() {
	n := flag.Int("n", 200, "how many mutants to run, 0 for all")
	seed := flag.Uint64("seed", 1, "seed of the sample")
	only := flag.String("only", "", "only mutants whose name matches (regular expression)")
	jobs := flag.Int("j", 2, "mutants at a time")
	show := flag.Bool("list", false, "list mutants and run none")
	verbose := flag.Bool("v", false, "list killed ones, too")
	goal := flag.Float64("goal", 95, "percent that have to be killed or explained")
	flag.Parse()
	killed, err := run(*n, *seed, *only, *jobs, *show, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	if killed < *goal {
		os.Exit(1)
	}
}

// run returns the percentage of mutants that were killed or are explained.
func run(n int, seed uint64, only string, jobs int, show, verbose bool) (float64, error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return 0, err
	}
	root, err := filepath.Abs(".")
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return 0, fmt.Errorf("run it from the root of the module: %w", err)
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var packages []string
	for _, p := range trusted {
		packages = append(packages, p.pkg)
	}
	mutants, overlay, err := rewrite(root, module, dir, packages, textOnly)
	if err != nil {
		return 0, err
	}
	why, err := explanations(filepath.Join(root, "test/mutate/explained.txt"))
	if err != nil {
		return 0, err
	}
	picked := pick(mutants, n, seed, match)
	fmt.Printf("%d mutants, %d picked\n", len(mutants), len(picked))
	if show {
		for _, m := range picked {
			fmt.Printf("%5d %s:%d %s\n", m.ID, m.File, m.Line, m.Key())
		}
		return 100, nil
	}
	s := &suite{root: root, dir: dir, overlay: overlay}
	if err := s.build(picked); err != nil {
		return 0, err
	}
	return report(s.all(picked, jobs, why, verbose), why), nil
}

// pick draws a sample in the order of the code.
func pick(mutants []*Mutant, n int, seed uint64, match *regexp.Regexp) []*Mutant {
	var l []*Mutant
	for _, m := range mutants {
		if match.MatchString(m.Key()) {
			l = append(l, m)
		}
	}
	if n == 0 || n >= len(l) {
		return l
	}
	r := rand.New(rand.NewPCG(seed, 1))
	r.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
	return l[:n]
}

// explanations reads "key" lines, each followed by an indented sentence.
func explanations(name string) (map[string]string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	m, keys := map[string]string{}, []string(nil)
	for _, line := range strings.Split(string(b), "\n") {
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "//"):
		case line[0] == '\t':
			for _, k := range keys {
				m[k] = strings.TrimSpace(m[k] + " " + strings.TrimSpace(line))
			}
		default:
			if len(keys) > 0 && m[keys[0]] != "" {
				keys = nil // a sentence has ended the group before
			}
			keys = append(keys, line)
			m[line] = ""
		}
	}
	for k, s := range m {
		if s == "" {
			return nil, fmt.Errorf("%s: no sentence for %q", name, k)
		}
	}
	return m, nil
}

// tally counts by package or kind.
type tally struct{ total, killed, explained int }

func (t *tally) add(o outcome, explained bool) {
	t.total++
	switch {
	case o.killed:
		t.killed++
	case explained:
		t.explained++
	}
}

// report prints the counts and returns the percentage.
func report(l []outcome, why map[string]string) float64 {
	byPkg, byKind, all := map[string]*tally{}, map[string]*tally{}, &tally{}
	var took time.Duration
	for _, o := range l {
		_, explained := why[o.m.Key()]
		pkg := filepath.Dir(o.m.File)
		if byPkg[pkg] == nil {
			byPkg[pkg] = &tally{}
		}
		if byKind[o.m.Kind] == nil {
			byKind[o.m.Kind] = &tally{}
		}
		for _, t := range []*tally{byPkg[pkg], byKind[o.m.Kind], all} {
			t.add(o, explained)
		}
		took += o.took
		if o.killed && explained {
			fmt.Printf("explained, but killed by %s: %s\n", o.by, o.m.Key())
		}
	}
	for _, m := range []map[string]*tally{byPkg, byKind} {
		for _, k := range sorted(m) {
			t := m[k]
			fmt.Printf("%-18s %5d mutants, %5d killed (%.1f%%), %d explained, %d unexplained\n",
				k, t.total, t.killed, percent(t.killed, t.total), t.explained, t.total-t.killed-t.explained)
		}
	}
	fmt.Printf("all: %d mutants, %d killed (%.1f%%), %d explained, %d unexplained; %.0f s of tests\n",
		all.total, all.killed, percent(all.killed, all.total), all.explained, all.total-all.killed-all.explained, took.Seconds())
	return percent(all.killed+all.explained, all.total)
}

func percent(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
