// Command bpf2go-native compiles eBPF programs, given as C or as an ELF object,
// into a Go package: machine code for amd64 and arm64, Go source for every
// other little-endian architecture, and the types and typed calls around it.
// Every program is verified first, and nothing turns that off.
//
//	bpf2go-native [flags] <ident> <source.c | object.o> [-- <C flags>]
//	bpf2go-native verify <object.o>
//	bpf2go-native disasm <object.o>
//
// It is meant for go:generate lines and takes the flags of bpf2go. Exit codes:
// 1 a program is refused by the verifier, or -check found differences; 2 wrong
// usage or a malformed input; 3 the C compiler is missing or refuses.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native/goenv"
)

func main() {
	os.Exit(run(os.Args[1:], goenv.Environ(), os.Stdout, os.Stderr))
}

// Exit codes, which scripts rely on.
const (
	exitRefused   = 1 // by verification; differences found by -check
	exitUsage     = 2 // bad usage, malformed input, output that cannot be written
	exitToolchain = 3 // clang missing or failing
)

// exit is an error with the exit code that it leads to.
type exit struct {
	code int
	err  error
}

func (e *exit) Error() string { return e.err.Error() }
func (e *exit) Unwrap() error { return e.err }

// refused, usage and toolchain make an error with an exit code.
func refused(format string, args ...any) error {
	return &exit{exitRefused, fmt.Errorf(format, args...)}
}

func toolchain(format string, args ...any) error {
	return &exit{exitToolchain, fmt.Errorf(format, args...)}
}

// tool is one run: its surroundings, so that nothing below reads them itself.
type tool struct {
	env    map[string]string
	stdout io.Writer
	stderr io.Writer
}

// run runs the command line and returns the exit code.
func run(args, environ []string, stdout, stderr io.Writer) int {
	t := &tool{env: environment(environ), stdout: stdout, stderr: stderr}
	err := t.execute(args)
	if err == nil {
		return 0
	}
	code := exitUsage
	var e *exit
	if errors.As(err, &e) {
		code = e.code
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(stderr, "bpf2go-native: %s\n", text)
	}
	return code
}

// note tells the user something that is no error.
func (t *tool) note(format string, args ...any) {
	fmt.Fprintf(t.stderr, "bpf2go-native: note: "+format+"\n", args...)
}
