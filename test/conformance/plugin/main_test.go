package main

import (
	"bytes"
	"encoding/hex"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/test/conformance"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// Programs: one returns 1, fall has no exit, length returns r2, byte1 the second
// byte of the memory.
const (
	fall   = "b7 00 00 00 01 00 00 00"
	one    = fall + " 95 00 00 00 00 00 00 00"
	length = "bf20000000000000 9500000000000000\n"
	byte1  = "71 10 01 00 00 00 00 00  95 00 00 00 00 00 00 00  "
)

// TestPlugin runs the binary as the suite's runner does, and wrongly.
func TestPlugin(t *testing.T) {
	enginetest.Need(t, "go")
	binary := filepath.Join(t.TempDir(), "plugin")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	for _, c := range []struct {
		name, stdin string
		args        []string
		want        string // stdout
		wrong       string // part of stderr
		missing     string // what this machine lacks
	}{
		{name: "no memory", stdin: one, args: []string{"", "--engine", "interp"}, want: "1\n"},
		{name: "no argument", stdin: one, want: "1\n"},
		{name: "options in one argument", stdin: length, args: []string{"01  02  03  ", "--engine go"}, want: "3\n"},
		{name: "empty options", stdin: length, args: []string{"01 02", ""}, want: "2\n"},
		{name: "options first", stdin: byte1, args: []string{"--engine=interp", "01fe"}, want: "fe\n"},
		{name: "program as an argument", args: []string{"--program", one, "--engine", "interp", "--debug"}, want: "1\n"},
		{name: "help", args: []string{"--help"}, want: usage},
		{name: "machine code", stdin: byte1, args: []string{"01 80", "--engine", "amd64"}, want: "80\n", missing: harness.Native("amd64").Missing()},
		{name: "machine code for arm64", stdin: byte1, args: []string{"01 80", "--engine", "arm64"}, want: "80\n", missing: harness.Native("arm64").Missing()},
		{name: "no program", args: []string{"00", "--engine", "interp"}, wrong: "the program is empty"},
		{name: "half an instruction", stdin: "b700", args: []string{"--engine", "interp"}, wrong: "decode: "},
		{name: "no hex", stdin: "exit", args: []string{"--engine", "interp"}, wrong: `program: "exit" is not bytes in hex`},
		{name: "half a byte", stdin: one, args: []string{"0 1", "--engine", "interp"}, wrong: `memory: "0" is not bytes in hex`},
		{name: "unknown engine", stdin: one, args: []string{"--engine", "jit"}, wrong: `engine "jit" is not known`},
		{name: "engine missing", stdin: one, args: []string{"--engine"}, wrong: "--engine needs a value"},
		{name: "two memories", stdin: one, args: []string{"00", "01"}, wrong: `argument "01" is not known`},
		{name: "unknown option", stdin: one, args: []string{"--jit"}, wrong: `argument "--jit" is not known`},
		{name: "ELF", stdin: "7f454c46", args: []string{"", "--elf"}, wrong: "run the suite without it"},
		{name: "reserved field", stdin: "b7 00 01 00 01 00 00 00" + one, args: []string{"--engine", "interp"}, wrong: "decode: "},
		{name: "falls off the end", stdin: fall, args: []string{"--engine", "interp"}, wrong: "instruction 0"},
		{name: "call out of the program", stdin: "85 10 00 00 ff 00 00 00" + one, args: []string{"--engine", "interp"}, wrong: "instruction 0: the function at 256 is outside of the program"},
		{name: "map without an object", stdin: "18 11 00 00 07 00 00 00 00 00 00 00 00 00 00 00" + one, args: []string{"--engine", "interp"}, wrong: "instruction 0"},
		{name: "out of memory", stdin: byte1, args: []string{"01", "--engine", "go"}, wrong: "instruction 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.missing != "" {
				enginetest.Missing(t, c.missing)
			}
			stdout, stderr, err := plugin(binary, c.stdin, c.args...)
			switch {
			case c.wrong == "" && (err != nil || stdout != c.want):
				t.Errorf("got %q, %v, %s; want %q", stdout, err, stderr, c.want)
			case c.wrong != "" && (err == nil || stdout != "" || !strings.Contains(stderr, c.wrong)):
				t.Errorf("got %q, %v, %s; want nothing and an error with %q", stdout, err, stderr, c.wrong)
			}
		})
	}
	vectors, err := conformance.Read("../testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			stdout, stderr, err := plugin(binary, hex.EncodeToString(v.Code), hex.EncodeToString(v.Memory), "--engine interp")
			if v.Error != "" {
				if err == nil || stdout != "" || stderr == "" {
					t.Errorf("got %q, %v, %q; want an error", stdout, err, stderr)
				}
				return
			}
			if want := strconv.FormatUint(v.Result, 16) + "\n"; err != nil || stdout != want {
				t.Errorf("got %q, %v, %s; want %q", stdout, err, stderr, want)
			}
		})
	}
}

func plugin(binary, stdin string, args ...string) (string, string, error) {
	cmd := exec.Command(binary, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	return stdout.String(), stderr.String(), err
}
