// Package enginetest has what tests of compiled programs share: the proof of
// which code runs, the vectors of testdata, and runs of a package's tests on
// another architecture. It takes a *testing.T and fails it; it knows nothing of
// any engine.
package enginetest

import (
	"os"
	"os/exec"
	"path"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// RequireText proves what a program's entry leads to: the function whose name
// ends with symbol, in the source file of that base name. For machine code that
// is the C file of the program, which only the #line directives of the
// generated assembly can have named; for a Go body it is the generated file.
//
// entry is a func value. Where the Go compiler has put a wrapper between its
// convention and the assembly's, the wrapper's call is followed, on amd64 and
// arm64.
func RequireText(tb testing.TB, entry any, file, symbol string) {
	tb.Helper()
	pc := reflect.ValueOf(entry).Pointer()
	if name, _ := lookup(pc); name == file {
		requireSymbol(tb, pc, file, symbol)
		return
	}
	target, err := firstCall(pc)
	if err != nil {
		tb.Errorf("the entry at %#x is not in %s and leads nowhere: %v", pc, file, err)
		return
	}
	requireSymbol(tb, target, file, symbol)
}

// lookup finds the base name of the source file and the function at pc.
func lookup(pc uintptr) (file, symbol string) {
	f := runtime.FuncForPC(pc)
	if f == nil {
		return "", ""
	}
	file, _ = f.FileLine(pc)
	return path.Base(strings.ReplaceAll(file, `\`, "/")), f.Name()
}

func requireSymbol(tb testing.TB, pc uintptr, file, symbol string) {
	tb.Helper()
	gotFile, gotSymbol := lookup(pc)
	if gotFile != file || !strings.HasSuffix(gotSymbol, symbol) {
		tb.Errorf("the entry leads to %s in %s, want %s in %s", gotSymbol, gotFile, symbol, file)
	}
}

// RequireUnlinked fails the test when a package of that path's end is in its
// binary, such as "/internal/interp", which must not stand in for an engine.
func RequireUnlinked(tb testing.TB, suffix string) {
	tb.Helper()
	Need(tb, "go")
	out, err := exec.Command("go", "list", "-deps", "-test", ".").Output()
	if err != nil {
		tb.Fatalf("go list: %v", err)
	}
	packages := strings.Fields(string(out))
	if len(packages) < 10 {
		tb.Fatalf("go list names %d packages only: %q", len(packages), out)
	}
	for _, pkg := range packages {
		if strings.HasSuffix(pkg, suffix) {
			tb.Errorf("%s is linked into this test", pkg)
		}
	}
}

// Need finds a program. Without it the test is skipped, or fails where CI is
// set, because CI has everything.
func Need(tb testing.TB, program string) string {
	tb.Helper()
	name, err := exec.LookPath(program)
	if err != nil {
		Missing(tb, program+" is not installed")
	}
	return name
}

// Missing skips the test for a reason, or fails it where CI is set.
func Missing(tb testing.TB, reason string) {
	tb.Helper()
	if os.Getenv("CI") == "true" {
		tb.Fatal(reason)
	}
	tb.Skip(reason)
}
