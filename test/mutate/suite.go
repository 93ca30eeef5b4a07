package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// suite is the test binaries that hold all mutants.
type suite struct {
	root, dir, overlay string
	bins               map[string]*binary // by package
}

// binary is a built test.
type binary struct {
	pkg, path string
	baseline  time.Duration // without a mutant
}

// outcome is what the tests said of a mutant.
type outcome struct {
	m      *Mutant
	killed bool
	by     string // test or "timeout"
	took   time.Duration
}

// build compiles the tests that mutants need and runs each without a mutant.
func (s *suite) build(l []*Mutant) error {
	s.bins = map[string]*binary{}
	needed := map[string]bool{}
	for _, m := range l {
		needed[filepath.Dir(m.File)] = true
	}
	for _, p := range trusted {
		if !needed[p.pkg] {
			continue
		}
		for _, pkg := range p.tests {
			if s.bins[pkg] != nil {
				continue
			}
			b := &binary{pkg: pkg, path: filepath.Join(s.dir, strings.ReplaceAll(pkg, "/", "_")+".test")}
			s.bins[pkg] = b
			cmd := exec.Command("go", "test", "-c", "-overlay", s.overlay, "-o", b.path, "./"+pkg)
			cmd.Dir = s.root
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("build of the tests of %s: %w\n%s", pkg, err, out)
			}
			if by, out, took := s.run(b, 0, 10*time.Minute); by != "" {
				return fmt.Errorf("the tests of %s fail without a mutant: %s\n%s", pkg, by, out[max(0, len(out)-4000):])
			} else {
				b.baseline = took
				fmt.Printf("tests of %-18s %5.1f s without a mutant\n", pkg, took.Seconds())
			}
		}
	}
	return nil
}

// run runs a test binary and returns what failed, "" when nothing did.
func (s *suite) run(b *binary, mutant int, limit time.Duration) (by, out string, took time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.path, "-test.short", "-test.failfast", "-test.v", "-test.skip", "Kernel|Speed|Repository|Deterministic|Perturbed|Collection")
	cmd.Dir = filepath.Join(s.root, b.pkg)
	// A mutant may allocate for ever.
	cmd.Env = append(os.Environ(), fmt.Sprintf("MUTANT=%d", mutant), "GOMEMLIMIT=2GiB", "CI=")
	var buf bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buf, &buf
	start := time.Now()
	err := cmd.Run()
	took = time.Since(start)
	switch {
	case ctx.Err() != nil:
		return "timeout", buf.String(), took
	case err == nil:
		return "", "", took
	}
	by = "panic"
	for _, line := range strings.Split(buf.String(), "\n") {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			by, _, _ = strings.Cut(name, " ")
			break
		}
	}
	return by, buf.String(), took
}

// try runs the tests that rest on the package of a mutant.
func (s *suite) try(m *Mutant) outcome {
	o := outcome{m: m}
	for _, p := range trusted {
		if p.pkg != filepath.Dir(m.File) {
			continue
		}
		for _, pkg := range p.tests {
			b := s.bins[pkg]
			by, _, took := s.run(b, m.ID, 6*b.baseline+5*time.Second)
			o.took += took
			if by != "" {
				o.killed, o.by = true, pkg+" "+by
				return o
			}
		}
	}
	return o
}

// all runs mutants, several at a time, and prints as they end.
func (s *suite) all(l []*Mutant, jobs int, why map[string]string, verbose bool) []outcome {
	results := make([]outcome, len(l))
	next := make(chan int)
	var print sync.Mutex
	var wg sync.WaitGroup
	for range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				o := s.try(l[i])
				results[i] = o
				print.Lock()
				switch _, explained := why[o.m.Key()]; {
				case o.killed && verbose:
					fmt.Printf("killed    %s:%d %s (%s, %.1f s)\n", o.m.File, o.m.Line, o.m.Key(), o.by, o.took.Seconds())
				case o.killed:
				case explained:
					fmt.Printf("explained %s:%d %s\n", o.m.File, o.m.Line, o.m.Key())
				default:
					fmt.Printf("SURVIVED  %s:%d\n%s\n", o.m.File, o.m.Line, o.m.Key())
				}
				print.Unlock()
			}
		}()
	}
	for i := range l {
		next <- i
	}
	close(next)
	wg.Wait()
	return results
}

func sorted(m map[string]*tally) []string { return slices.Sorted(maps.Keys(m)) }
