// Command bench prints one table that compares generated code with C, Go and
// the kernel's JIT compiler, measured in one run on one machine. Run it in its
// folder, or with make bench; as root it includes the kernel.
//
// Peers that are missing leave empty cells, and their reasons stand below the
// table.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// Regenerate what gen holds and, with clang-19, the programs.
//go:generate ./programs/build.sh

type options struct {
	measure.Options
	json  bool
	goals bool // print the goals only
	maps  bool // measure the groups about maps only
	root  string
	match *regexp.Regexp
}

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if err := run(o, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %+v\n", err)
		os.Exit(1)
	}
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.IntVar(&o.Rounds, "rounds", 21, "rounds of each engine")
	f.DurationVar(&o.Slice, "slice", 7*time.Millisecond, "length of an engine's turn in a round")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.StringVar(&o.root, "root", "../..", "folder of the repository")
	f.BoolVar(&o.goals, "goals", false, "print PASS or MISS for each goal in place of the tables")
	f.BoolVar(&o.maps, "maps", false, "measure what is about maps and tail calls only")
	pattern := f.String("rows", "", "measure the rows that match this regular expression, group and name")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.Rounds < 1 || o.Slice <= 0 || f.NArg() > 0 {
		return o, fmt.Errorf("usage: bench [-json] [-goals] [-maps] [-rounds N] [-slice D] [-rows REGEXP]; N and D above 0")
	}
	o.match, err = regexp.Compile(*pattern)
	return o, err
}

// run measures and prints.
func run(o options, w io.Writer) (err error) {
	// Time is that of the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	p, err := openPeers(o.root, o.Slice)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	ours := newGenerated()
	defer func() { err = errors.Join(err, ours.close()) }()
	results, err := measureAll(&suite{peers: p, ours: ours, goMaps: map[int]*goMaps{}, match: o.match}, o)
	if err != nil {
		return err
	}
	facts := machine(p, o)
	if o.json {
		return measure.JSON(w, facts, results)
	}
	fmt.Fprintf(w, "%s/%s, %s; median of %s rounds of %s, %s\n", facts["goos"], facts["goarch"], facts["go"],
		facts["rounds"], facts["slice"], facts["clock"])
	fmt.Fprintf(w, "clang: %s\ngcc: %s\n", facts[clang], facts[gcc])
	if o.goals {
		missed, err := measure.Goals(w, results)
		fmt.Fprintf(w, "%d missed\n", missed)
		return err
	}
	fmt.Fprintf(w, "in brackets: time of native divided by time of that engine, below 1 native is faster\n\n")
	return measure.Table(w, columns(), results)
}

// measureAll measures the rows that match, group by group.
func measureAll(s *suite, o options) ([]measure.Result, error) {
	var all []measure.Result
	for _, g := range groups() {
		if o.maps && !g.maps {
			continue
		}
		s.group = g.name
		rows, err := g.rows(s)
		if err != nil {
			return nil, err
		}
		var some []measure.Result
		for _, r := range rows {
			if r.Group = g.name; !o.match.MatchString(g.name + " " + r.Name) {
				continue
			}
			res, err := r.Measure(o.Options)
			if err != nil {
				return nil, err
			}
			some = append(some, res)
		}
		if err := s.ours.close(); err != nil {
			return nil, err
		}
		all = append(all, some...)
		if g.mean.name != "" && len(some) > 0 {
			all = append(all, measure.Geometric(g.name, g.mean.name, g.mean.goal, some))
		}
	}
	return all, nil
}

// machine returns what a reader has to know beside the numbers.
func machine(p *peers, o options) map[string]string {
	m := map[string]string{
		"goos": runtime.GOOS, "goarch": runtime.GOARCH, "go": runtime.Version(),
		"cpus": strconv.Itoa(runtime.NumCPU()), "clock": measure.Clock,
		"rounds": strconv.Itoa(o.Rounds), "slice": o.Slice.String(),
	}
	for _, column := range []string{clang, gcc} {
		if c := p.c[column]; c != nil {
			m[column] = c.Compiler
		} else {
			m[column] = "missing: " + p.missing[column]
		}
	}
	return m
}
