// Package targettest is the suite that every target runs: functions in the
// textual form of the IR, inputs, and an evaluator that says what they give.
// All of them are compiled, written into one Go package as codegen does, built
// and run: natively where the host can, under QEMU's oldest processor of that
// kind elsewhere.
package targettest

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// Input holds r1 to r5 of a subprogram, or the context fields of an entry;
// at least one. The inputs of a case have the same length.
type Input []uint64

// Case is one program with its inputs. Funcs[0] is called: an entry with the
// Frame, a subprogram with its arguments, of which those below Pointers are
// replaced by the buffer's address.
type Case struct {
	Name     string
	Text     string // in the form of ir.Print
	Pointers int
	Inputs   []Input
}

// unit is a case that has been parsed and compiled.
type unit struct {
	Case
	program *ir.Program
	code    *backend.Code
}

// emulators are QEMU's user emulators and the oldest processors whose code a
// target's is: what has more than that is an illegal instruction there.
var emulators = map[string][]string{
	"amd64":    {"qemu-x86_64", "-cpu", "qemu64"},
	"amd64.v3": {"qemu-x86_64", "-cpu", "max"},
	"arm64":    {"qemu-aarch64", "-cpu", "cortex-a53"}, // ARMv8.0
}

// hostRuns reports whether this machine runs code of t.
func hostRuns(t *backend.Target) bool {
	if t.Name != runtime.GOARCH {
		return false
	}
	// Every processor with these has MOVBE as well.
	return t.Tag() != "amd64.v3" || cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasBMI2 && cpu.X86.HasFMA
}

// runsOn returns the command in front of a program with code of t: an
// emulator, or nothing where the host can run it.
func runsOn(tb testing.TB, t *backend.Target) []string {
	tb.Helper()
	if hostRuns(t) {
		return nil
	}
	return emulator(tb, t)
}

// emulator returns the command that runs a program on the oldest processor
// for t.
func emulator(tb testing.TB, t *backend.Target) []string {
	tb.Helper()
	argv := slices.Clone(emulators[t.Tag()])
	argv[0] = Need(tb, argv[0])
	return argv
}

// Run compiles cases for t, executes them and compares each result and the
// memory behind it with the evaluator's.
func Run(tb testing.TB, t *backend.Target, cases []Case) {
	tb.Helper()
	run(tb, t, cases, runsOn(tb, t))
}

// RunOldest is Run on the oldest processor that code of t is for, which is
// emulated.
func RunOldest(tb testing.TB, t *backend.Target, cases []Case) {
	tb.Helper()
	run(tb, t, cases, emulator(tb, t))
}

func run(tb testing.TB, t *backend.Target, cases []Case, emulator []string) {
	tb.Helper()
	units := make([]unit, 0, len(cases))
	for _, c := range cases {
		p, err := ir.Parse(c.Text)
		if err != nil {
			tb.Fatalf("%s: %v\n%s", c.Name, err, c.Text)
		}
		p.Hook = Hook()
		code, err := backend.CompileVerified(t, p)
		if err != nil {
			tb.Fatalf("%s: %v\n%s", c.Name, err, c.Text)
		}
		units = append(units, unit{c, p, code})
	}
	out := execute(tb, t, units, emulator)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	n, failed := 0, 0
	for _, u := range units {
		for _, in := range u.Inputs {
			if n >= len(lines) {
				tb.Fatalf("the program ended at %s%x", u.Name, in)
			}
			if want := u.want(in); lines[n] != want {
				tb.Errorf("%s%x = %s, want %s", u.Name, in, lines[n], want)
				if failed++; failed > 20 {
					tb.Fatal("too many differences")
				}
				tb.Logf("%s\n%s", u.Text, Listing(u.code))
			}
			n++
		}
	}
}

// want evaluates a case and prints it as the runner does.
func (u *unit) want(in Input) string {
	m := newMachine(u.program, in)
	f := u.program.Funcs[0]
	args := append([]uint64(nil), in...)
	for i := range min(u.Pointers, len(args)) {
		args[i] = bufBase
	}
	base := uint64(frameBase + 384 + 512)
	r := m.run(f, base, args)
	return fmt.Sprintf("%x %x", r, m.summary())
}

// Listing prints the instructions of code, one a line.
func Listing(code *backend.Code) string {
	var b strings.Builder
	for i := range code.Funcs {
		f := &code.Funcs[i]
		fmt.Fprintf(&b, "%s: frame %d\n", f.Name, f.FrameSize)
		for _, in := range f.Insts {
			fmt.Fprintf(&b, "%5d\t%s\n", in.Off, in.Text)
		}
	}
	return b.String()
}

// execute builds and runs the units and returns what the program prints.
func execute(tb testing.TB, t *backend.Target, units []unit, emulator []string) string {
	tb.Helper()
	Need(tb, "go")
	dir := tb.TempDir()
	for name, text := range map[string]string{
		"go.mod":                 "module probe\n\ngo 1.26\n",
		"main.go":                runner,
		"cases.go":               casesFile(units),
		"code_" + t.Name + ".s":  codeFile(t, units),
		"trash_" + t.Name + ".s": trash[t.Name],
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			tb.Fatal(err)
		}
	}
	goos := runtime.GOOS
	if emulator != nil {
		goos = "linux" // what QEMU's user emulators run
	}
	env := append(os.Environ(), "GOOS="+goos, "GOARCH="+t.Name, "GOAMD64="+cmp.Or(t.Level, "v1"), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	build := exec.Command("go", "build", "-o", "probe.exe", ".")
	build.Dir, build.Env = dir, env
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("go build: %v\n%s", err, out)
	}
	argv := append(emulator, filepath.Join(dir, "probe.exe"))
	cmd := exec.Command(argv[0], argv[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		// What was printed tells which case died.
		tb.Errorf("run: %v\n%.3000s", err, stderr.String())
	}
	return string(out)
}

// Need returns the path of a tool, or skips, or fails where CI promises it.
func Need(tb testing.TB, tool string) string {
	tb.Helper()
	path, err := exec.LookPath(tool)
	if err == nil {
		return path
	}
	if os.Getenv("CI") != "" {
		tb.Fatalf("%s is missing", tool)
	}
	tb.Skipf("%s is missing", tool)
	return ""
}
