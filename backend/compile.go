package backend

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// Compile turns p into machine code for t. An error means that p violates an
// invariant of ir or that an instruction cannot be encoded; it names the
// function and the value or instruction.
func Compile(t *Target, p *ir.Program) (*Code, error) {
	code := &Code{Target: t}
	for _, fn := range p.Funcs {
		fc, err := compileFunc(t, p, fn, false)
		if err != nil {
			return nil, err
		}
		code.Funcs = append(code.Funcs, *fc)
	}
	return code, nil
}

// CompileVerified is Compile with a proof that register allocation kept every
// value, for tests.
func CompileVerified(t *Target, p *ir.Program) (*Code, error) {
	code := &Code{Target: t}
	for _, fn := range p.Funcs {
		fc, err := compileFunc(t, p, fn, true)
		if err != nil {
			return nil, err
		}
		code.Funcs = append(code.Funcs, *fc)
	}
	return code, nil
}

// looksInsns is how many eBPF instructions run without a look at the scheduler
// when the entry of a program begins: they take less time than the Go code that
// calls the program.
const looksInsns = 16

func compileFunc(t *Target, p *ir.Program, fn *ir.Func, check bool) (*FuncCode, error) {
	f, err := lowerFunc(t, p, fn)
	if err != nil {
		return nil, err
	}
	order(f)
	virtual := allocate(f)
	hoistEdges(f)
	dropZeroTests(f)
	reuseFlags(f)
	if check {
		if err := verify(f, virtual); err != nil {
			return nil, err
		}
	}
	layout(f)
	mergeTwins(f)
	enc, err := t.Assemble(f, lines(f))
	if err != nil {
		return nil, fmt.Errorf("backend: %s: function %s: %w", t.Name, fn.Name, err)
	}
	return &FuncCode{
		Looks:     fn.MaxInsns > looksInsns,
		Name:      fn.Name,
		Bytes:     enc.Bytes,
		FrameSize: f.FrameSize(),
		NumArgs:   fn.NumArgs,
		Entry:     fn.Entry,
		Align:     enc.Align,
		Calls:     enc.Calls,
		Insts:     enc.Insts,
	}, nil
}
