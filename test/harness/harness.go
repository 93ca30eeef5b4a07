package harness

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// Case is a program with its inputs. They are one sequence: the instance and
// its maps live as long as the case.
type Case struct {
	Name    string
	Object  *frontend.Object
	Program int // index into Object.Programs
	Inputs  []Input
	// Samples are in user ring buffers before the first run.
	Samples []Sample
}

// Sample is a record of the host in a user ring buffer.
type Sample struct {
	Map     string
	Data    []byte
	Discard bool
}

// Input is what one run gets. Programs work on copies.
type Input struct {
	// Data is the packet, or the memory of a Memory hook; Meta is the
	// metadata in front of it.
	Data, Meta []byte
	// Ctx are the scalar context fields by table.Field.Slot, missing ones 0.
	Ctx []uint64
}

// Output is what one run gave.
type Output struct {
	R0 uint64 // all 64 bits, whatever the hook makes of them
	// Err is why there is no R0: a fault of the interpreter, an error of
	// rtlib, a panic of the program. The case ends with it.
	Err string
	// Data and Meta are the packet or memory afterwards.
	Data, Meta []byte
}

// Result is what became of a case.
type Result struct {
	// Refused is why the program was not compiled, by the verifier or a later
	// stage; Outputs and Maps are nil then.
	Refused error
	Outputs []Output
	// Maps are the contents after the last run, of maps that hosts can read,
	// in the order of the object.
	Maps []MapDump
}

// MapDump is the contents of a map: pairs of key and value by ascending bytes
// of the key. Types with other contents have them in the form that
// interp.Map.Dump describes.
type MapDump struct {
	Name    string
	Entries [][2][]byte
}

// Engine is a way to run programs.
type Engine struct {
	kind   kind
	goarch string
	level  string // of the architecture, "v3"
}

type kind uint8

const (
	kindInterp kind = iota
	kindNative
	kindBody
)

// Interp is the reference interpreter. It does not verify: what is wrong with
// a program is the Err of an Output.
func Interp() Engine { return Engine{} }

// Native is machine code for amd64 or arm64, or for amd64.v3: the baseline with
// the code of that level beside it, built with GOAMD64=v3.
func Native(arch string) Engine {
	goarch, level, _ := strings.Cut(arch, ".")
	return Engine{kindNative, goarch, level}
}

// Body is the Go bodies, compiled for any GOARCH that generated code serves.
func Body(goarch string) Engine { return Engine{kind: kindBody, goarch: goarch} }

// Host is the Go bodies on this machine.
func Host() Engine { return Body(runtime.GOARCH) }

// String is "interp", "native/arm64", "native/amd64.v3", "go/riscv64".
func (e Engine) String() string {
	switch {
	case e.kind == kindNative && e.level != "":
		return "native/" + e.goarch + "." + e.level
	case e.kind == kindNative:
		return "native/" + e.goarch
	case e.kind == kindBody:
		return "go/" + e.goarch
	}
	return "interp"
}

// Options are choices of a call. The zero value is a run as users would have
// it.
type Options struct {
	// Verifier are the options of the proof.
	Verifier verifier.Options
	// Proven: the backend proves its register allocation, which is slow.
	Proven bool
	// Helpers are helpers of the interpreter beside the platform's, by number.
	Helpers map[int32]func(args [5]uint64) uint64
	// Files are one more package of the binary, "own", by name: Go files and
	// assembly. The functions of hooks' own helpers (table.Hook.Helpers) are
	// there: func(*abi.Frame, r1, …, rn uint64) uint64 with the directive
	// //go:linkname Symbol bpf2go/rtlib/v1.Symbol.
	Files map[string]string
	// Build are more arguments of go build, "-race".
	Build []string
	// Env is added to the environment of go build, "GOAMD64=v3".
	Env []string
	// Timeout bounds the run of the binary, 0 is five minutes.
	Timeout time.Duration
	// Times, when not nil, is added to.
	Times *Times
	// Work is a folder to leave the module in, "" for none.
	Work string

	chunk int // cases in a package, 0 for chunkSize
}

// Times says where the time of a call went.
type Times struct {
	Verify, IR, Backend time.Duration // summed up over processors
	Codegen, Build, Run time.Duration
}

// String is one line.
func (t *Times) String() string {
	round := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	return fmt.Sprintf("verify %v, ir %v, backend %v (of all processors), codegen %v, build %v, run %v",
		round(t.Verify), round(t.IR), round(t.Backend), round(t.Codegen), round(t.Build), round(t.Run))
}

// Run runs the cases on an engine and returns a result for each, in order.
// With an error, results of cases that were not reached are the zero Result.
func Run(ctx context.Context, e Engine, cases []Case) ([]Result, error) {
	return Options{}.Run(ctx, e, cases)
}

// Run is the function Run with options.
func (o Options) Run(ctx context.Context, e Engine, cases []Case) ([]Result, error) {
	b, err := o.Prepare(cases)
	if err != nil {
		return nil, err
	}
	return b.Run(ctx, e)
}

// Batch is cases that run on several engines: what the engines that compile
// share is done once, when the first of them runs.
type Batch struct {
	o     Options
	cases []Case
	units []unit
}

// Prepare makes a Batch. The cases must not be changed afterwards.
func (o Options) Prepare(cases []Case) (*Batch, error) {
	for i := range cases {
		c := &cases[i]
		if c.Object == nil || c.Program < 0 || c.Program >= len(c.Object.Programs) {
			return nil, fmt.Errorf("case %s has no program %d", c.Name, c.Program)
		}
	}
	if o.Times == nil {
		o.Times = new(Times)
	}
	return &Batch{o: o, cases: cases}, nil
}

// Run runs the cases on an engine, as the function Run.
func (b *Batch) Run(ctx context.Context, e Engine) ([]Result, error) {
	if e.kind == kindInterp {
		return b.o.interpret(ctx, b.cases)
	}
	if b.units == nil {
		units, err := b.o.front(ctx, b.cases)
		if err != nil {
			return nil, err
		}
		b.units = units
	}
	units, err := b.o.back(ctx, e, b.units)
	if err != nil {
		return nil, err
	}
	return b.o.link(ctx, e, units)
}

// Emulator is the program that runs the engine's programs, "" where this
// machine does.
func (e Engine) Emulator() string {
	if e.kind == kindInterp {
		return ""
	}
	return enginetest.Emulator(e.goarch)
}

// Missing says what this machine lacks to run the engine, "" when nothing.
func (e Engine) Missing() string {
	if e.kind == kindInterp {
		return ""
	}
	emulator := e.Emulator()
	if emulator != "" && runtime.GOOS != "linux" {
		return fmt.Sprintf("%v needs Linux, this is %s", e, runtime.GOOS)
	}
	for _, program := range []string{"go", emulator} {
		if _, err := exec.LookPath(program); program != "" && err != nil {
			return fmt.Sprintf("%v: %s is not installed", e, program)
		}
	}
	if x := cpu.X86; e.level == "v3" && emulator == "" && !(x.HasAVX2 && x.HasBMI1 && x.HasBMI2 && x.HasFMA) {
		return fmt.Sprintf("%v: this processor has no AVX2, BMI1, BMI2 or FMA", e)
	}
	return ""
}
