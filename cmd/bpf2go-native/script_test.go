package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the golden parts of the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bpf2go-native": main})
}

// TestScript runs the scripts in testdata/script: the command line as users
// and go generate run it. Beside the commands of testscript they have
//
//	exits N command...      run it and expect this exit code
//	cut FILE N              keep the first N bytes of a file, or all but -N
//	patch FILE OFF BYTE...  overwrite bytes, given in hexadecimal
//	huge FILE               make a file of 1 GiB that takes no space
//	subst FILE OLD NEW      replace all occurrences, of the same length
//
// and $OBJECTS, the folder of the committed objects, $OWN, that of the loader's,
// and $MODULE, this module.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setup,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "cut": cut, "huge": huge, "patch": patch, "subst": subst,
		},
		Condition: condition,
	})
}

// setup gives scripts a Go that builds without a network: the caches of this
// user, and no proxy.
func setup(e *testscript.Env) error {
	module, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	e.Setenv("MODULE", module)
	e.Setenv("OBJECTS", filepath.Join(module, "testdata"))
	e.Setenv("OWN", filepath.Join(module, "frontend", "elf", "testdata", "objects"))
	e.Setenv("GOPROXY", "off")
	e.Setenv("GOFLAGS", "-mod=mod")
	e.Setenv("GOTOOLCHAIN", "local")
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		e.Setenv(name, strings.TrimSpace(string(out)))
	}
	// What the test was started with must not change what it tests.
	e.Vars = slices.DeleteFunc(e.Vars, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return strings.HasPrefix(name, "BPF2GO_") || slices.Contains([]string{"V", "GOPACKAGE", "GOFILE", "GOOS", "GOARCH"}, name)
	})
	return nil
}

// condition knows clang: the compiler for scripts with C in them.
func condition(cond string) (bool, error) {
	if cond != "clang" {
		return false, errors.New("unknown condition " + cond)
	}
	_, err := exec.LookPath("clang-19")
	if err != nil && os.Getenv("CI") == "true" {
		return false, errors.New("clang-19 is not installed, which CI needs")
	}
	return err == nil, nil
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N command...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var ee *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &ee) {
		got = ee.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func huge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: huge FILE")
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	ts.Check(f.Truncate(1 << 30))
	ts.Check(f.Close())
}

func change(ts *testscript.TestScript, file string, edit func([]byte) []byte) {
	data := edit([]byte(ts.ReadFile(file)))
	ts.Check(os.WriteFile(ts.MkAbs(file), data, 0o644))
}

func cut(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE N")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	change(ts, args[0], func(b []byte) []byte {
		if n < 0 {
			return b[:len(b)+n]
		}
		return b[:n]
	})
}

func patch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: patch FILE OFF BYTE...")
	}
	off, err := strconv.Atoi(args[1])
	ts.Check(err)
	change(ts, args[0], func(b []byte) []byte {
		for i, h := range args[2:] {
			v, err := strconv.ParseUint(h, 16, 8)
			ts.Check(err)
			b[off+i] = byte(v)
		}
		return b
	})
}

func subst(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: subst FILE OLD NEW, OLD and NEW of one length")
	}
	change(ts, args[0], func(b []byte) []byte {
		if !strings.Contains(string(b), args[1]) {
			ts.Fatalf("no %q in %s", args[1], args[0])
		}
		return []byte(strings.ReplaceAll(string(b), args[1], args[2]))
	})
}
