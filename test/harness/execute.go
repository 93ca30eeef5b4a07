package harness

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// The records that runner.go.txt reads and writes; gob goes by names of
// fields.
type job struct {
	Spec    rtlib.ObjectSpec
	Entries []int
	Program int
	Dump    []string
	Engine  string
	Inputs  []Input
	Samples []Sample
}

type outcome struct {
	Err     string
	Outputs []Output
	Maps    [][][2][]byte
}

// Died is the error of a run that ended before its last case.
type Died struct {
	Case  string // that ran
	Index int    // of the case
	Err   error
	Text  string // what the process wrote to stderr
}

// Error names the case.
func (d *Died) Error() string {
	return fmt.Sprintf("the process died in case %s: %v\n%.8000s", d.Case, d.Err, d.Text)
}

// Unwrap gives the error of the process or of the context.
func (d *Died) Unwrap() error { return d.Err }

// defaultTimeout is Options.Timeout.
const defaultTimeout = 5 * time.Minute

// execute runs the binary and stores results.
func (o Options) execute(ctx context.Context, e Engine, binary string, units []unit, results []Result) error {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(o.Timeout, defaultTimeout))
	defer cancel()
	cmd := exec.CommandContext(ctx, binary)
	if emulator := e.Emulator(); emulator != "" {
		path, err := exec.LookPath(emulator)
		if err != nil {
			return fmt.Errorf("%v needs %s: %w", e, emulator, err)
		}
		cmd = exec.CommandContext(ctx, path, binary)
		cmd.Env = append(os.Environ(), enginetest.EmulatorEnv(strings.TrimSuffix(e.goarch+"."+e.level, "."))...)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%v: %w", e, err)
	}
	go func() {
		// A process that died is seen by the reader.
		_ = send(stdin, e, units)
	}()
	at, readErr := receive(stdout, units, results)
	late := ctx.Err()
	if readErr != nil {
		cancel()
	}
	err = cmd.Wait()
	if readErr == nil {
		return err
	}
	if err = errors.Join(late, err); err == nil || !errors.Is(readErr, io.EOF) {
		err = errors.Join(err, readErr)
	}
	return &Died{Case: units[at].Name, Index: at, Err: err, Text: strings.TrimSpace(stderr.String())}
}

// send writes the jobs.
func send(w io.WriteCloser, e Engine, units []unit) (err error) {
	defer func() { err = errors.Join(err, w.Close()) }()
	buffered := bufio.NewWriterSize(w, 1<<16)
	encode := gob.NewEncoder(buffered)
	engine := map[kind]string{kindNative: "native", kindBody: "go"}[e.kind]
	for i := range units {
		u := &units[i]
		if u.refused != nil {
			continue
		}
		j := job{Spec: u.spec, Program: u.program, Engine: engine, Inputs: u.Inputs, Samples: u.Samples}
		for _, p := range u.programs {
			j.Entries = append(j.Entries, p.entry)
		}
		for _, m := range u.Object.Maps {
			if dumped(m) {
				j.Dump = append(j.Dump, m.Name)
			}
		}
		if err := encode.Encode(&j); err != nil {
			return err
		}
	}
	return buffered.Flush()
}

// receive reads the results. With an error, the first number is the case that
// had none.
func receive(r io.Reader, units []unit, results []Result) (int, error) {
	decode := gob.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	for i := range units {
		u := &units[i]
		if u.refused != nil {
			continue
		}
		var out outcome
		if err := decode.Decode(&out); err != nil {
			return i, err
		}
		if out.Err != "" {
			results[i].Refused = errors.New(out.Err)
			continue
		}
		results[i].Outputs = out.Outputs
		for k, m := range slices.DeleteFunc(slices.Clone(u.Object.Maps), notDumped) {
			entries := out.Maps[k]
			slices.SortStableFunc(entries, func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) })
			results[i].Maps = append(results[i].Maps, MapDump{m.Name, entries})
		}
	}
	return 0, nil
}
