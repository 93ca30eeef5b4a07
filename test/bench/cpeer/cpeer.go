// Package cpeer is the C side of the comparison: it compiles the sources in src
// with a C compiler at exactly -O2 and drives the program, a child process, over
// its standard input and output. So rounds in C alternate with rounds in Go
// without cgo, and the inputs are opaque to the compiler.
package cpeer

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// maxInput is the longest input that the child takes, bytes: INPUT_SIZE of
// driver.c.
const maxInput = 2048

// Peer is a running child process. It serves one request at a time.
type Peer struct {
	Compiler string // what the compiler says of itself, first line

	dir    string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
	// loaded are the inputs that the child has, to send them only once.
	loaded [][]byte
}

// Find returns the first of the named compilers that is installed.
func Find(names ...string) (string, error) {
	for _, n := range names {
		if path, err := exec.LookPath(n); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("none of %s is installed", strings.Join(names, ", "))
}

// Start compiles the sources with the compiler and starts the child. root is the
// folder of the repository; secret seeds the hash tables.
func Start(compiler, root string, secret uint64) (*Peer, error) {
	dir, err := os.MkdirTemp("", "bench-cpeer-")
	if err != nil {
		return nil, err
	}
	p := &Peer{dir: dir}
	if err := p.start(compiler, root, secret); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return p, nil
}

func (p *Peer) start(compiler, root string, secret uint64) error {
	version, err := exec.Command(compiler, "--version").Output()
	if err != nil {
		return fmt.Errorf("%s: %w", compiler, err)
	}
	p.Compiler, _, _ = strings.Cut(string(version), "\n")
	bench := filepath.Join(root, "test", "bench")
	sources, err := filepath.Glob(filepath.Join(bench, "cpeer", "src", "*.c"))
	if err != nil || len(sources) == 0 {
		return fmt.Errorf("no C sources below %s; run from test/bench", bench)
	}
	program := filepath.Join(p.dir, "peer")
	args := append([]string{
		"-std=gnu11", "-O2",
		"-I" + filepath.Join(root, "testdata"), "-I" + filepath.Join(bench, "programs"),
		"-o", program,
	}, sources...)
	if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", compiler, err, out)
	}
	p.cmd = exec.Command(program, strconv.FormatUint(secret, 10))
	p.cmd.Stderr = os.Stderr
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	p.stdout = bufio.NewReader(out)
	return p.cmd.Start()
}

// Close ends the child and removes the program.
func (p *Peer) Close() error {
	return errors.Join(p.stdin.Close(), p.cmd.Wait(), os.RemoveAll(p.dir))
}

// ask sends one request and returns the answer.
func (p *Peer) ask(format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(p.stdin, format+"\n", args...); err != nil {
		return "", err
	}
	answer, err := p.stdout.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("child process: %w", err)
	}
	answer = strings.TrimSpace(answer)
	if reason, bad := strings.CutPrefix(answer, "error "); bad {
		return "", fmt.Errorf("child process: %s", reason)
	}
	return answer, nil
}

// load makes the inputs those of the following runs. A slice that is loaded
// already is recognised by its address.
func (p *Peer) load(inputs [][]byte) error {
	if len(inputs) == len(p.loaded) && len(inputs) > 0 && &inputs[0] == &p.loaded[0] {
		return nil
	}
	p.loaded = nil
	if _, err := p.ask("clear"); err != nil {
		return err
	}
	for _, in := range inputs {
		if len(in) > maxInput {
			return fmt.Errorf("input of %d bytes; at most %d are possible", len(in), maxInput)
		}
		text := hex.EncodeToString(in)
		if text == "" {
			text = "-"
		}
		if _, err := p.ask("input %s", text); err != nil {
			return err
		}
	}
	p.loaded = inputs
	return nil
}

// Run calls the function so often, the inputs in turn, and returns the time of
// the child's thread and the sum of the results' low 32 bits.
func (p *Peer) Run(function string, inputs [][]byte, calls int) (time.Duration, uint32, error) {
	if err := p.load(inputs); err != nil {
		return 0, 0, err
	}
	answer, err := p.ask("run %s %d", function, calls)
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", function, err)
	}
	var ns int64
	var sum uint32
	if _, err := fmt.Sscan(answer, &ns, &sum); err != nil {
		return 0, 0, fmt.Errorf("child process answers %q: %w", answer, err)
	}
	return time.Duration(ns), sum, nil
}
