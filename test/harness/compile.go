package harness

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/codegen"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// compiled is a program in every form.
type compiled struct {
	source *frontend.Program
	facts  *verifier.Facts
	ir     *ir.Program
	code   *backend.Code // nil for Go bodies
	entry  int           // index into the runner's table
}

// unit is a case on its way to the runner.
type unit struct {
	*Case
	program  int        // index into programs of the one that runs
	programs []compiled // of the object, by its order
	spec     rtlib.ObjectSpec
	refused  error
}

// target returns the machine of an engine, nil for Go bodies.
func (e Engine) target() (*backend.Target, error) {
	if e.kind != kindNative {
		return nil, nil
	}
	for _, t := range []*backend.Target{amd64.Target(), arm64.Target()} {
		if t.Name == e.goarch {
			return t, nil
		}
	}
	return nil, fmt.Errorf("there is no machine code for GOARCH %s", e.goarch)
}

// units compiles the cases on every processor. The order of results is that
// of the cases.
func (o Options) units(ctx context.Context, e Engine, cases []Case) ([]unit, error) {
	t, err := e.target()
	if err != nil {
		return nil, err
	}
	all := make([]unit, len(cases))
	var next, verify, build, machine atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			var times Times
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(cases) {
					break
				}
				all[i].Case = &cases[i]
				all[i].refused = o.compile(&all[i], t, &times)
			}
			verify.Add(int64(times.Verify))
			build.Add(int64(times.IR))
			machine.Add(int64(times.Backend))
		})
	}
	wait.Wait()
	o.Times.Verify += time.Duration(verify.Load())
	o.Times.IR += time.Duration(build.Load())
	o.Times.Backend += time.Duration(machine.Load())
	return all, ctx.Err()
}

// compile takes one case through the stages up to code.
func (o Options) compile(u *unit, t *backend.Target, times *Times) error {
	if err := u.Object.Check(); err != nil {
		return err
	}
	for i, p := range u.Object.Programs {
		if i != u.Program && !u.calls() {
			continue
		}
		if i == u.Program {
			u.program = len(u.programs)
		}
		c, err := o.compileProgram(u.Object, p, t, times)
		if err != nil {
			return err
		}
		u.programs = append(u.programs, c)
	}
	var err error
	u.spec, err = objectSpec(u.Object, u.programs)
	return err
}

// calls reports whether programs of the object can call each other.
func (c *Case) calls() bool {
	for _, m := range c.Object.Maps {
		if m.Type == bpf.MapProgArray {
			return true
		}
	}
	return false
}

func (o Options) compileProgram(obj *frontend.Object, p *frontend.Program, t *backend.Target, times *Times) (compiled, error) {
	c := compiled{source: p}
	var err error
	start := time.Now()
	c.facts, err = verifier.Verify(obj, p, o.Verifier)
	times.Verify += time.Since(start)
	if err != nil {
		return c, err
	}
	start = time.Now()
	if c.ir, err = ir.Build(obj, p, c.facts); err == nil {
		ir.Optimize(c.ir)
	}
	times.IR += time.Since(start)
	if err != nil || t == nil {
		return c, err
	}
	start = time.Now()
	compile := backend.Compile
	if o.Proven {
		compile = backend.CompileVerified
	}
	c.code, err = compile(t, c.ir)
	times.Backend += time.Since(start)
	return c, err
}

// chunk is a package of the module.
type chunk struct {
	name  string // of its folder
	files []codegen.File
	names []string // Go names of its entries
	own   []table.Helper
}

// chunks prints the code of all units and numbers their entries. Units that
// codegen refuses become refused.
func chunks(e Engine, units []unit, size int) ([]chunk, error) {
	var all []chunk
	entry := 0
	for len(units) > 0 {
		n := min(size, len(units))
		made, err := newChunk(e, units[:n], len(all), entry)
		if err != nil {
			return nil, err
		}
		if len(made.names) > 0 {
			all = append(all, made)
			entry += len(made.names)
		}
		units = units[n:]
	}
	return all, nil
}

// newChunk prints one package whose entries have the numbers from entry on.
func newChunk(e Engine, units []unit, number, entry int) (chunk, error) {
	c := chunk{name: fmt.Sprintf("p%d", number)}
	in, names := input(e, units, entry)
	files, err := codegen.GenerateCode(in, e.goarch)
	if err != nil {
		// Some unit is refused: ask for each alone.
		if len(units) == 1 {
			units[0].refused = err
			return c, nil
		}
		for i := range units {
			if units[i].refused == nil {
				alone, _ := input(e, units[i:i+1], 0)
				_, units[i].refused = codegen.GenerateCode(alone, e.goarch)
			}
		}
		in, names = input(e, units, entry)
		if files, err = codegen.GenerateCode(in, e.goarch); err != nil {
			return c, err
		}
	}
	c.files, c.names, c.own = files, names, ownHelpers(in.Programs)
	return c, nil
}

// ownHelpers lists the helpers that hooks bring with them.
func ownHelpers(programs []codegen.Program) (all []table.Helper) {
	for _, p := range programs {
		for _, h := range p.Source.Hook.Helpers {
			if !slices.ContainsFunc(all, func(other table.Helper) bool { return other.Symbol == h.Symbol }) {
				all = append(all, h)
			}
		}
	}
	return all
}

// input makes one object of all programs of the units: code does not depend on
// the object but for the names of functions.
func input(e Engine, units []unit, entry int) (codegen.Input, []string) {
	in := codegen.Input{
		Package: "programs", Ident: "x", Stem: "x", Object: &frontend.Object{Name: "harness"},
		Backend: codegen.BackendGo, Annotate: codegen.AnnotateNone,
	}
	if e.kind == kindNative {
		in.Backend = codegen.BackendNative
	}
	var names []string
	for i := range units {
		u := &units[i]
		if u.refused != nil {
			continue
		}
		for k := range u.programs {
			c := &u.programs[k]
			c.entry = entry + len(names)
			named := *c.source
			named.Name = fmt.Sprintf("e%d", c.entry)
			p := codegen.Program{Source: &named, IR: c.ir, Facts: c.facts}
			if c.code != nil {
				p.Code = map[string]*backend.Code{e.goarch: c.code}
			}
			in.Object.Programs = append(in.Object.Programs, &named)
			in.Programs = append(in.Programs, p)
			names = append(names, codegen.EntryName(in.Ident, named.Name))
		}
	}
	return in, names
}
