package main

import (
	_ "embed"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// explained says why some bodies can be emptied: a line for each, the package
// and name, a colon and the reason.
//
//go:embed explained.txt
var explained string

// reasons parses explained.txt.
func reasons() (map[string]string, error) {
	why := map[string]string{}
	for n, line := range strings.Split(explained, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, reason, ok := strings.Cut(line, ": ")
		if !ok || reason == "" {
			return nil, fmt.Errorf("explained.txt:%d: want a package, a name, a colon and a reason", n+1)
		}
		why[key] = reason
	}
	return why, nil
}

func main() {
	n := flag.Int("n", 0, "how many bodies to empty, 0 for all")
	seed := flag.Uint64("seed", 1, "seed of the sample")
	only := flag.String("only", "", "only bodies whose name matches (regular expression)")
	jobs := flag.Int("j", 2, "test processes at a time")
	show := flag.Bool("list", false, "list bodies and empty none")
	verbose := flag.Bool("v", false, "list those that are missed, too")
	skip := flag.String("skip", "Inline|Alloc|Speed|Symbol", "tests that are not run (regular expression)")
	flag.Parse()
	survivors, err := run(*n, *seed, *only, *skip, *jobs, *show, *verbose)
	if err != nil {
		fmt.Fprintln(os.Stderr, "hollow:", err)
		os.Exit(2)
	}
	if survivors != 0 {
		os.Exit(1)
	}
}

// sample draws n of the bodies whose name matches.
func sample(list []*body, n int, seed uint64, only string) ([]*body, error) {
	match, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	var some []*body
	for _, b := range list {
		if match.MatchString(b.key()) {
			some = append(some, b)
		}
	}
	if n != 0 && n < len(some) {
		r := rand.New(rand.NewPCG(seed, 0))
		r.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		some = some[:n]
	}
	return some, nil
}

// run returns how many bodies survived without an explanation.
func run(n int, seed uint64, only, skip string, jobs int, show, verbose bool) (survivors int, err error) {
	root, err := filepath.Abs(".")
	if err != nil {
		return 0, err
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return 0, fmt.Errorf("run it from the root of the module: %w", err)
	}
	why, err := reasons()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "hollow")
	if err != nil {
		return 0, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	list, overlay, err := rewrite(root, dir)
	if err != nil {
		return 0, err
	}
	some, err := sample(list, n, seed, only)
	if err != nil {
		return 0, err
	}
	if show {
		for _, b := range some {
			fmt.Printf("%s/%s:%d %s\n", b.Pkg, b.File, b.Line, b.Name)
		}
		return 0, nil
	}
	s := &suite{root: root, dir: dir, overlay: overlay, skip: skip}
	if err := s.build(0); err != nil {
		return 0, err
	}
	for _, test := range s.useless {
		fmt.Printf("left out, it fails with nothing emptied: %s\n", test)
	}
	missed, harmless := 0, 0
	s.all(some, jobs, func(b *body, by string) {
		switch reason := why[b.key()]; {
		case by != "":
			missed++
			if verbose {
				fmt.Printf("missed    %s by %s\n", b.key(), by)
			}
		case reason != "":
			harmless++
			fmt.Printf("explained %s: %s\n", b.key(), reason)
		default:
			survivors++
			fmt.Printf("SURVIVED  %s (%s/%s:%d)\n", b.key(), b.Pkg, b.File, b.Line)
		}
	})
	fmt.Printf("%d bodies emptied of %d: %d missed, %d explained, %d survived\n", len(some), len(list), missed, harmless, survivors)
	if survivors == 0 && len(s.useless) != 0 {
		return 0, fmt.Errorf("%d tests fail with nothing emptied", len(s.useless))
	}
	return survivors, nil
}
