// Command report reads the output of go test -json, prints a line for each
// package when it is done, then what failed and a closing line "N passed,
// N failed, N skipped". It exits with 1 when a test or a package failed, when
// nothing ran and, with CI=true, when a test was skipped: in CI every tool is
// there, so a skip hides something. Only the vectors of the public conformance
// suite, which are no part of the project, may be missing.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is one line of go test -json (go doc test2json).
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
	Elapsed    float64
}

// results collects events by test.
type results struct {
	passed, failed, skipped int
	allowed                 int                 // of skipped, in CI
	output                  map[string][]string // by package and test
	failures, skips         []string
}

func main() {
	r, err := read(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(2)
	}
	os.Exit(r.print(os.Stdout, os.Getenv("CI") == "true"))
}

// packageDone are the actions that end a package with tests, and a word for
// each.
var packageDone = map[string]string{"pass": "ok", "fail": "FAIL"}

func key(e event) string { return e.Package + e.ImportPath + "\x00" + e.Test }

// read collects the events and prints a line for each package when it is done,
// so that a terminal is never silent for minutes.
func read(in io.Reader, progress io.Writer) (*results, error) {
	r := &results{output: map[string][]string{}}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			// go build errors of old versions are not JSON.
			r.failures = append(r.failures, lines.Text())
			continue
		}
		r.add(e)
		if word, done := packageDone[e.Action]; done && e.Test == "" {
			fmt.Fprintf(progress, "%-4s %7.1f s  %s\n", word, e.Elapsed, e.Package)
		}
	}
	return r, lines.Err()
}

func (r *results) add(e event) {
	k := key(e)
	switch e.Action {
	case "output", "build-output":
		r.output[k] = append(r.output[k], e.Output)
	case "pass":
		if e.Test != "" {
			r.passed++
		}
		delete(r.output, k)
	case "skip":
		if e.Test != "" {
			why := reason(r.output[k])
			r.skipped++
			if strings.Contains(why, noVectors) {
				r.allowed++
			}
			r.skips = append(r.skips, e.Package+" "+e.Test+": "+why)
		}
		delete(r.output, k)
	case "fail", "build-fail":
		if e.Test != "" || e.Action == "build-fail" {
			r.failed++
		}
		r.failures = append(r.failures, "--- "+e.Package+e.ImportPath+" "+e.Test+"\n"+strings.Join(r.output[k], ""))
	}
}

// noVectors is part of the reason for a skip that is legal in CI.
const noVectors = "BPF_CONFORMANCE_DIR is not set"

// reason is the line of a skipped test that says why.
func reason(output []string) string {
	for _, o := range output {
		o = strings.TrimSpace(o)
		if o != "" && !strings.HasPrefix(o, "=== ") && !strings.HasPrefix(o, "--- ") {
			return o
		}
	}
	return "no reason given"
}

func (r *results) print(out io.Writer, ci bool) int {
	for _, f := range r.failures {
		fmt.Fprintln(out, f)
	}
	for _, s := range r.skips {
		fmt.Fprintln(out, "skipped:", s)
	}
	status := 0
	switch {
	case len(r.failures) > 0:
		status = 1
	case r.passed == 0:
		fmt.Fprintln(out, "no test ran")
		status = 1
	case ci && r.skipped > r.allowed:
		fmt.Fprintln(out, "CI=true and tests were skipped: install what is missing")
		status = 1
	}
	failed := r.failed
	if status != 0 && failed == 0 {
		failed = 1
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", r.passed, failed, r.skipped)
	return status
}
