package arm64_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/codegen"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

const (
	root   = "../.."
	module = "github.com/bpf2go-native/bpf2go-native"
)

// object is a program of testdata with its place in the test's package.
type object struct {
	file, ident, vectors string
	xdp                  bool
}

// objects lists the programs of testdata: as raw program and as XDP, by the
// newest and by the oldest clang.
func objects() []object {
	var list []object
	for _, name := range []string{"checksum", "hash", "classifier", "memuser", "subprogs", "loops", "globals"} {
		for _, dir := range []string{"", "clang13"} {
			for _, form := range []string{"", "_xdp"} {
				list = append(list, object{
					file:    filepath.Join(root, "testdata", dir, name+form+".o"),
					ident:   name + strings.TrimPrefix(dir, "clang") + strings.TrimPrefix(form, "_"),
					vectors: filepath.Join(root, "testdata", "vectors", name+".txt"),
					xdp:     form != "",
				})
			}
		}
	}
	return list
}

// TestObjects takes real objects through every stage to machine code, and runs
// that on their vectors: under qemu on another architecture.
func TestObjects(t *testing.T) {
	if testing.Short() {
		t.Skip("builds 28 programs; run without -short")
	}
	dir := emptyModule(t)
	var runs strings.Builder
	for _, o := range objects() {
		program := generate(t, dir, o.file, o.ident, "probe")
		vectors, err := os.ReadFile(o.vectors)
		if err != nil {
			t.Fatal(err)
		}
		run := fmt.Sprintf("o.Run%s(mem)", program)
		if o.xdp {
			run = fmt.Sprintf("low(o.Run%s(&rtlib.XDP{Data: mem}))", program)
		}
		fmt.Fprintf(&runs, vectorRun, o.ident, strings.ToUpper(o.ident[:1])+o.ident[1:], run, program, vectors)
	}
	// The firewall is built here and runs with its own test.
	generate(t, dir, filepath.Join(root, "examples", "xdpfirewall", "xdpfirewall.o"), "firewall", "probe")
	write(t, filepath.Join(dir, "probe_test.go"), fmt.Sprintf(probeTest, runs.String()))
	goTest(t, dir)
}

// generate compiles an object and writes the package; it returns the Go name
// of the only program.
func generate(t *testing.T, dir, file, ident, pkg string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(data, file, elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := codegen.Input{Package: pkg, Ident: ident, Stem: ident + "_bpfel", Object: obj, Backend: codegen.BackendNative}
	for _, p := range obj.Programs {
		facts, err := verifier.Verify(obj, p, verifier.Options{})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		prog, err := ir.Build(obj, p, facts)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		ir.Optimize(prog)
		code, err := backend.CompileVerified(arm64.Target(), prog)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		in.Programs = append(in.Programs, codegen.Program{Source: p, IR: prog, Facts: facts, Code: map[string]*backend.Code{"arm64": code}})
	}
	files, err := codegen.Generate(in)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, f := range files {
		write(t, filepath.Join(dir, f.Name), string(f.Data))
	}
	name := ""
	for part := range strings.SplitSeq(obj.Programs[0].Name, "_") {
		name += strings.ToUpper(part[:1]) + part[1:]
	}
	return name
}

// emptyModule makes a module that uses this one.
func emptyModule(t *testing.T) string {
	t.Helper()
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(data), "module "+module, "module generated", 1)
		if name == "go.mod" {
			text += fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, abs)
		}
		write(t, filepath.Join(dir, name), text)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// goTest vets and runs the tests in dir on arm64.
func goTest(t *testing.T, dir string) {
	t.Helper()
	args := []string{"test", "-vet=all", "-timeout=3m"}
	if runtime.GOARCH != "arm64" {
		qemu, err := exec.LookPath("qemu-aarch64")
		switch {
		case err == nil:
			args = append(args, "-exec", qemu)
		case os.Getenv("CI") != "":
			t.Fatal("qemu-aarch64 is missing")
		default:
			t.Skip("qemu-aarch64 is missing")
		}
	}
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0", "QEMU_CPU=cortex-a53", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%.6000s", err, out)
	}
}

// vectorRun runs one program on its vectors: one run a line, input and result
// in hex.
const vectorRun = `
	t.Run("%[1]s", func(t *testing.T) {
		var o %[1]sObjects
		if err := load%[2]sObjects(&o, nil); err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		if e := o.%[4]s.Runtime().Engine(); e != "native" {
			t.Fatalf("engine %%s", e)
		}
		vectors(t, func(mem []byte) (uint64, error) { return %[3]s }, %[5]q)
	})
`

const probeTest = `package probe

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

func low(v uint32, err error) (uint64, error) { return uint64(v), err }

func vectors(t *testing.T, run func([]byte) (uint64, error), data string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(data), "\n") {
		input, result, _ := strings.Cut(line, " ")
		bytes, err := hex.DecodeString(strings.TrimPrefix(input, "-"))
		if err != nil {
			t.Fatal(err)
		}
		want, err := strconv.ParseUint(result, 16, 64)
		if err != nil {
			t.Fatal(err)
		}
		mem := append(make([]byte, 0, len(bytes)+8), bytes...)
		got, err := run(mem)
		if strings.HasSuffix(t.Name(), "xdp") {
			want = uint64(uint32(want))
		}
		if err != nil || got != want {
			t.Errorf("line %%d: %%x, want %%x (%%v)", i+1, got, want, err)
		}
	}
}

var _ rtlib.XDP

func TestVectors(t *testing.T) {
%s
}
`
