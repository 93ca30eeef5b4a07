package differential

import (
	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/differential/machine"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// local is machine code in this process.
type local struct {
	m      *machine.Machine
	target *backend.Target
	proven bool // the backend proves its register allocation
}

// newLocal makes the engine; nil where it does not exist.
func newLocal() (*local, error) {
	var list []machine.Symbol
	for _, s := range symbols() {
		list = append(list, machine.Symbol{Name: s.name, Args: s.args, Void: s.void, Call: s.call})
	}
	m, err := machine.New(list)
	return &local{m: m, target: amd64.Target()}, err
}

func (l *local) close() error { return l.m.Close() }

// run compiles and runs a case.
func (l *local) run(b *built) (r harness.Result, err error) {
	l.m.Reset()
	var entries []func(*abi.Frame) uint64
	for _, p := range b.programs {
		compile := backend.Compile
		if l.proven {
			compile = backend.CompileVerified
		}
		code, err := compile(l.target, p)
		if err != nil {
			return r, err
		}
		entry, err := l.m.Load(code)
		if err != nil {
			return r, err
		}
		entries = append(entries, entry)
	}
	return run(b.Case, entries)
}
