package differential

import (
	"golang.org/x/sys/cpu"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/differential/machine"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// local is machine code in this process.
type local struct {
	m      *machine.Machine
	proven bool // the backend proves its register allocation
}

// hasV3 reports whether this processor runs code for GOAMD64=v3.
func hasV3() bool {
	x := cpu.X86
	return x.HasAVX2 && x.HasBMI1 && x.HasBMI2 && x.HasFMA
}

// newLocal makes the engine; nil where it does not exist.
func newLocal() (*local, error) {
	var list []machine.Symbol
	for _, s := range symbols() {
		list = append(list, machine.Symbol{Name: s.name, Args: s.args, Void: s.void, Call: s.call})
	}
	m, err := machine.New(list)
	return &local{m: m}, err
}

func (l *local) close() error { return l.m.Close() }

// run compiles and runs a case.
func (l *local) run(b *built) (r harness.Result, err error) { return l.runOn(amd64.Target(), b) }

// runV3 is run with the instructions of GOAMD64=v3.
func (l *local) runV3(b *built) (r harness.Result, err error) { return l.runOn(amd64.TargetV3(), b) }

func (l *local) runOn(target *backend.Target, b *built) (r harness.Result, err error) {
	l.m.Reset()
	var entries []func(*abi.Frame) uint64
	for _, p := range b.programs {
		compile := backend.Compile
		if l.proven {
			compile = backend.CompileVerified
		}
		code, err := compile(target, p)
		if err != nil {
			return r, err
		}
		entry, err := l.m.Load(code)
		if err != nil {
			return r, err
		}
		entries = append(entries, entry)
	}
	return b.run(entries)
}
