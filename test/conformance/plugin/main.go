// Command plugin runs one program for the runner of the public bpf_conformance
// suite:
//
//	bpf_conformance_runner --test_file_directory tests --plugin_path plugin --plugin_options "--engine go"
//
// The runner starts it with the memory as its first argument, bytes in hex
// with spaces between them, possibly none, and its options behind that, in one
// argument or several; the program's bytes come in hex on stdin. r0 goes to
// stdout in hex. Whatever prevents that is told on stderr, and the exit status
// is 1.
//
// Engines are interp (the reference interpreter), amd64, amd64.v3 and arm64
// (machine code, that of the other architecture under QEMU's user emulator) and
// go (Go bodies on this machine). All but interp build a program with the go
// command and need the sources of this module where the plugin was built.
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/test/conformance"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

const usage = `usage: plugin [memory in hex] [--engine interp|amd64|amd64.v3|arm64|go] [--program bytes in hex] < bytes in hex

Runs an eBPF program with r1 = address of the memory, r2 = its length, and
prints r0 in hex. For the runner of bpf_conformance.
`

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "plugin:", err)
		os.Exit(1)
	}
}

// request is what the arguments say.
type request struct {
	help    bool
	engine  string
	memory  *string
	program *string // nil: on stdin
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	req, err := parse(args)
	if err != nil {
		return err
	}
	if req.help {
		_, err := io.WriteString(out, usage)
		return err
	}
	engine, err := engineOf(req.engine)
	if err != nil {
		return err
	}
	p := conformance.Program{Name: "program"}
	if req.memory != nil {
		if p.Memory, err = decode(*req.memory); err != nil {
			return fmt.Errorf("memory: %w", err)
		}
	}
	if req.program == nil {
		text, err := io.ReadAll(in)
		if err != nil {
			return fmt.Errorf("stdin: %w", err)
		}
		program := string(text)
		req.program = &program
	}
	if p.Code, err = decode(*req.program); err != nil {
		return fmt.Errorf("program: %w", err)
	}
	outcomes, err := conformance.Run(ctx, engine, []conformance.Program{p})
	if err == nil {
		err = outcomes[0].Err
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%x\n", outcomes[0].R0)
	return err
}

// parse reads the arguments. The runner may pass all options as one.
func parse(args []string) (req request, err error) {
	var words []string
	for _, a := range args {
		if strings.HasPrefix(a, "-") && strings.ContainsAny(a, " \t") {
			words = append(words, strings.Fields(a)...)
		} else {
			words = append(words, a)
		}
	}
	for i := 0; i < len(words); i++ {
		name, value, joined := strings.Cut(words[i], "=")
		switch {
		case !strings.HasPrefix(name, "-") && req.memory == nil:
			req.memory = &words[i]
			continue
		case strings.TrimSpace(words[i]) == "":
			continue // no options
		case name == "--help" || name == "-h":
			req.help = true
			continue
		case name == "--debug":
			continue // reasons are always told
		case name == "--elf":
			return req, errors.New("--elf: programs come as bytes, not as ELF objects; run the suite without it")
		case name != "--engine" && name != "--program":
			return req, fmt.Errorf("argument %q is not known; see --help", words[i])
		case !joined && i+1 >= len(words):
			return req, fmt.Errorf("%s needs a value; see --help", name)
		case !joined:
			i++
			value = words[i]
		}
		if name == "--engine" {
			req.engine = value
		} else {
			req.program = &value
		}
	}
	return req, nil
}

// engineOf finds an engine; without a name it is the product's on this
// machine.
func engineOf(name string) (harness.Engine, error) {
	if name == "" {
		if name = "go"; runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
			name = runtime.GOARCH
		}
	}
	switch name {
	case "interp":
		return harness.Interp(), nil
	case "amd64", "amd64.v3", "arm64":
		return harness.Native(name), nil
	case "go":
		return harness.Host(), nil
	}
	return harness.Engine{}, fmt.Errorf("engine %q is not known; there are interp, amd64, amd64.v3, arm64 and go", name)
}

// decode reads bytes in hex. Between bytes, not within one, may be white
// space.
func decode(text string) ([]byte, error) {
	var all bytes.Buffer
	for _, word := range strings.Fields(text) {
		b, err := hex.DecodeString(word)
		if err != nil {
			return nil, fmt.Errorf("%.20q is not bytes in hex: %w", word, err)
		}
		all.Write(b)
	}
	return all.Bytes(), nil
}
