package codegen

import (
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lengthTest runs beside the generated package "length": typed calls, owned
// Frames, lines of C in traces, typed maps.
const lengthTest = `package length

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

func load(t *testing.T) *lengthObjects {
	t.Helper()
	spec, err := loadLength()
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Variables[lengthVarMode].Set(lengthStateSTATE_OLD); err != nil {
		t.Fatal(err)
	}
	if err := spec.Variables[lengthVarLimit].Set(uint32(1)); !errors.Is(err, ebpf.ErrReadOnly) {
		t.Fatalf("set of a folded constant: %v", err)
	}
	var o lengthObjects
	if err := spec.LoadAndAssign(&o, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return &o
}

func TestRun(t *testing.T) {
	o := load(t)
	if got := o.Length.Runtime().Engine(); got != engine {
		t.Errorf("engine %s, want %s", got, engine)
	}
	for n := range 40 {
		if got, err := o.RunLength(make([]byte, n)); err != nil || got != uint64(n+2) {
			t.Fatalf("%d bytes: %d, %v", n, got, err)
		}
	}
	fr, err := o.Length.NewFrame()
	if err != nil {
		t.Fatal(err)
	}
	defer fr.Close()
	mem := make([]byte, 9)
	if n := testing.AllocsPerRun(100, func() {
		if got, err := o.RunLengthOn(fr, mem); err != nil || got != 11 {
			t.Errorf("%d, %v", got, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	run, err := o.BindLength(fr)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if got, err := run.Memory(mem).Run(); err != nil || got != 11 {
			t.Errorf("bound: %d, %v", got, err)
		}
	}); n != 0 {
		t.Errorf("bound: %v allocations", n)
	}
	if ret, out, err := o.Length.Test(mem); ret != 11 || len(out) != 9 || err != nil {
		t.Errorf("Test: %d, %d bytes, %v", ret, len(out), err)
	}
	var mode lengthState
	if err := o.Mode.Get(&mode); err != nil || mode != lengthStateSTATE_OLD {
		t.Errorf("mode %d, %v", mode, err)
	}
}

// TestBound: what is bound is the program of the generated code, and it does
// not run once something is closed.
func TestBound(t *testing.T) {
	for _, first := range []string{"instance", "frame"} {
		o := load(t)
		fr, err := o.Length.NewFrame()
		if err != nil {
			t.Fatal(err)
		}
		run, err := o.BindLength(fr)
		if err != nil {
			t.Fatal(err)
		}
		call := run.Memory(make([]byte, 9))
		if got, err := call.Run(); err != nil || got != 11 {
			t.Errorf("%d, %v", got, err)
		}
		spec := lengthObject
		spec.Programs = append([]rtlib.ProgramSpec(nil), spec.Programs...)
		inst, err := rtlib.NewInstance(&spec, nil)
		if err != nil {
			t.Fatal(err)
		}
		other, err := rtlib.NewFrame(inst)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.BindRaw(inst.Program("length"), &lengthObject.Programs[0]); !errors.Is(err, os.ErrInvalid) {
			t.Errorf("bound to other code: %v", err)
		}
		if first == "frame" {
			err = fr.Close()
		} else {
			err = o.Close()
		}
		if err != nil {
			t.Error(err)
		}
		if got, err := call.Run(); got != 0 || !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s closed: %d, %v", first, got, err)
		}
		_, _, _ = fr.Close(), other.Close(), inst.Close()
	}
}

func TestMaps(t *testing.T) {
	o := load(t)
	rules, keys := o.TypedRules(), o.TypedSeenKeys()
	rule := lengthRule{Id: 7, Hits: 1 << 40, State: lengthStateSTATE_OLD}
	if err := rules.Put(3, rule); err != nil {
		t.Fatal(err)
	}
	if got, err := rules.Lookup(3); err != nil || got != rule {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := rules.Lookup(4); !errors.Is(err, ebpf.ErrKeyNotExist) {
		t.Errorf("missing: %v", err)
	}
	if err := keys.Put(lengthPackedKey{Proto: 6}, 1); err != nil {
		t.Error(err)
	}
	for k, v := range keys.All() {
		if k.Proto != 6 || v != 1 {
			t.Errorf("%+v: %d", k, v)
		}
	}
}

// TestLines checks which lines of C the code has. A Frame that points nowhere
// makes the first instruction fault.
func TestLines(t *testing.T) {
	if engine != "native" {
		t.Skip("Go bodies have their own lines")
	}
	defer func() {
		if recover() == nil {
			t.Error("no fault")
		}
		var pcs [32]uintptr
		frames := runtime.CallersFrames(pcs[:runtime.Callers(0, pcs[:])])
		for {
			f, more := frames.Next()
			if strings.HasSuffix(f.Function, ".length_length") {
				if !strings.HasSuffix(f.File, "length.bpf.c") || f.Line != 20 {
					t.Errorf("%s:%d, want length.bpf.c:20", f.File, f.Line)
				}
				return
			}
			if !more {
				t.Fatal("no frame of the program")
			}
		}
	}()
	length_length(nil)
}

func BenchmarkOwned(b *testing.B) {
	var o lengthObjects
	if err := loadLengthObjects(&o, nil); err != nil {
		b.Fatal(err)
	}
	fr, err := o.Length.NewFrame()
	if err != nil {
		b.Fatal(err)
	}
	mem := make([]byte, 9)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.RunLengthOn(fr, mem); err != nil {
			b.Fatal(err)
		}
	}
}

var _ *abi.Frame
var _ rtlib.XDP
`

// generatedModule writes a module with the generated package and its test.
func generatedModule(t *testing.T, in Input, engine string) string {
	t.Helper()
	dir := tempModule(t)
	for _, f := range generate(t, in) {
		write(t, filepath.Join(dir, f.Name), f.Data)
	}
	write(t, filepath.Join(dir, "length_test.go"), []byte(lengthTest+"\nconst engine = \""+engine+"\"\n"))
	return dir
}

// TestBuild vets the generated package for every kind of architecture and runs
// it: machine code, then Go bodies with all checks of pointers and races.
func TestBuild(t *testing.T) {
	in := lengthInput(t)
	for _, annotate := range []Annotate{AnnotateSource, AnnotateNone, AnnotateFull} {
		in.Annotate = annotate
		dir := generatedModule(t, in, engineHere())
		command(t, dir, nil, "go", "test", "-vet=all", ".")
		if annotate != AnnotateSource {
			continue
		}
		for _, arch := range []string{"amd64", "arm64", "riscv64", "386"} {
			command(t, dir, []string{"GOOS=linux", "GOARCH=" + arch, "CGO_ENABLED=0"}, "go", "vet", ".")
		}
		command(t, dir, nil, "go", "test", "-gcflags=all=-d=checkptr", ".")
		checkInlined(t, dir)
		checkLines(t, dir)
		if runtime.GOARCH != "arm64" {
			emulate(t, dir, "arm64")
		}
	}
	in.Backend, in.Programs[0].Code = BackendGo, nil
	dir := generatedModule(t, in, "go")
	command(t, dir, nil, "go", "test", "-vet=all", "-gcflags=all=-d=checkptr", ".")
}

// engineHere is what the generated package runs on this machine.
func engineHere() string {
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		return "native"
	}
	return "go"
}

// checkInlined: Go puts typed calls into their callers. The limit is 80 nodes.
func checkInlined(t *testing.T, dir string) {
	t.Helper()
	out := command(t, dir, nil, "go", "build", "-gcflags=-m", ".")
	for _, method := range []string{"(*lengthPrograms).RunLengthOn", "(*lengthLengthRunner).Memory", "(*lengthLengthCall).Run"} {
		if engineHere() == "native" && !strings.Contains(out, "can inline "+method+"\n") {
			t.Errorf("%s is too large to be inlined", method)
		}
	}
}

// checkLines reads the line table of the machine code: the line of each
// instruction is that of its C line, and the assembler adds none.
func checkLines(t *testing.T, dir string) {
	t.Helper()
	if engineHere() != "native" {
		return
	}
	command(t, dir, nil, "go", "test", "-c", "-o", "length.test", ".")
	for function, want := range map[string]map[string]bool{
		`length_length(\.abi0)?$`:      {"20": true, "21": true},
		`length_length_add2(\.abi0)?$`: {"30": true},
	} {
		seen := map[string]bool{}
		for _, line := range strings.Split(command(t, dir, nil, "go", "tool", "objdump", "-s", function, "length.test"), "\n") {
			if place := strings.Fields(line); len(place) > 2 && strings.Contains(place[0], ".bpf.c:") {
				seen[strings.TrimPrefix(place[0], "length.bpf.c:")] = true
			}
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("%s has other lines of C (-want +got):\n%s", function, diff)
		}
	}
}
