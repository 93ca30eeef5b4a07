package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// tests are the packages whose tests are run, the quickest first, with the
// packages that they can miss something of.
var tests = []struct {
	pkg string
	of  string // prefix of the packages
}{
	{"test/maps/model", "rtlib"},
	{"rtlib", "rtlib"},
	{"rtlib/ebpf", "rtlib"},
	{"rtlib/ebpf/ringbuf", "rtlib"},
	{"rtlib/ebpf/perf", "rtlib"},
	{"test/maps/linear", "rtlib"},
}

// binary is a built test.
type binary struct {
	pkg, path string
	skip      string        // tests that are not run
	baseline  time.Duration // with nothing emptied
}

// suite is the tests.
type suite struct {
	root, dir, overlay string
	skip               string // tests that are not run
	bins               []*binary
	useless            []string // tests that fail with nothing emptied
}

// build compiles the tests and runs each with nothing emptied. At most n
// packages are built, 0 for all.
func (s *suite) build(n int) error {
	for _, t := range tests {
		if _, err := os.Stat(filepath.Join(s.root, t.pkg)); err != nil || n != 0 && len(s.bins) == n {
			continue
		}
		b := &binary{pkg: t.pkg, path: filepath.Join(s.dir, strings.ReplaceAll(t.pkg, "/", "_")+".test")}
		cmd := exec.Command("go", "test", "-c", "-overlay", s.overlay, "-o", b.path, "./"+t.pkg)
		cmd.Dir = s.root
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build of the tests of %s: %w\n%s", t.pkg, err, out)
		}
		if _, err := os.Stat(b.path); err != nil {
			continue // no tests
		}
		if err := s.baseline(b); err != nil {
			return err
		}
		s.bins = append(s.bins, b)
	}
	return nil
}

// baseline runs a test binary with nothing emptied. Tests that fail so are of no
// use: they are noted, and left out.
func (s *suite) baseline(b *binary) error {
	b.skip = s.skip
	for range 10 {
		by, out, took := s.run(b, 0, 5*time.Minute)
		if b.baseline = took; by == "" {
			return nil
		}
		if !strings.HasPrefix(by, "Test") {
			return fmt.Errorf("the tests of %s fail with nothing emptied: %s\n%s", b.pkg, by, out[max(0, len(out)-4000):])
		}
		s.useless = append(s.useless, b.pkg+" "+by)
		top, _, _ := strings.Cut(by, "/")
		b.skip += "|^" + top + "$"
	}
	return fmt.Errorf("the tests of %s fail with nothing emptied: %q", b.pkg, s.useless)
}

// run runs a test binary and returns what failed, "" when nothing did.
func (s *suite) run(b *binary, id int, limit time.Duration) (by, out string, took time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	args := []string{"-test.short", "-test.failfast", "-test.v", "-test.skip", b.skip}
	if b.pkg == "test/maps/model" {
		args = append(args, "-rapid.shrinktime=1ms", "-rapid.checks=60")
	}
	cmd := exec.CommandContext(ctx, b.path, args...)
	cmd.Dir = filepath.Join(s.root, b.pkg)
	cmd.Env = append(os.Environ(), fmt.Sprintf("HOLLOW=%d", id), "GOMEMLIMIT=1GiB", "CI=")
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

// try runs the tests with a body emptied and says which missed it, "" for none.
func (s *suite) try(b *body) string {
	for _, bin := range s.bins {
		if by, _, _ := s.run(bin, b.ID, 6*bin.baseline+10*time.Second); by != "" {
			return bin.pkg + " " + by
		}
	}
	return ""
}

// all tries bodies, several at a time, and calls report with each outcome.
func (s *suite) all(list []*body, jobs int, report func(b *body, by string)) {
	next := make(chan *body)
	var one sync.Mutex
	var wg sync.WaitGroup
	for range jobs {
		wg.Go(func() {
			for b := range next {
				by := s.try(b)
				one.Lock()
				report(b, by)
				one.Unlock()
			}
		})
	}
	for _, b := range list {
		next <- b
	}
	close(next)
	wg.Wait()
}
