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
	code   map[string]*backend.Code // by build tag, nil for Go bodies
	entry  int                      // index into the runner's table
}

// unit is a case on its way to the runner.
type unit struct {
	*Case
	program  int        // index into programs of the one that runs
	programs []compiled // of the object, by its order
	spec     rtlib.ObjectSpec
	refused  error
}

// targets are the machines of an engine, none for Go bodies.
func (e Engine) targets() ([]*backend.Target, error) {
	switch {
	case e.kind == kindNative && e.goarch == "amd64" && e.level == "":
		return []*backend.Target{amd64.Target()}, nil
	case e.kind == kindNative && e.goarch == "amd64" && e.level == "v3":
		return []*backend.Target{amd64.Target(), amd64.TargetV3()}, nil
	case e.kind == kindNative && e.goarch == "arm64" && e.level == "":
		return []*backend.Target{arm64.Target()}, nil
	case e.kind == kindBody && codegen.Serves(e.goarch):
		return nil, nil
	}
	return nil, fmt.Errorf("%v: there is no such code; machine code is for amd64, amd64.v3 and arm64, Go bodies for what generated packages serve", e)
}

// parallel calls do for 0 to n-1 on every processor, until the context ends.
// Each processor has Times of its own, which are added to o.Times.
func (o Options) parallel(ctx context.Context, n int, do func(i int, times *Times)) error {
	var next atomic.Int64
	var lock sync.Mutex
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			var times Times
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					break
				}
				do(i, &times)
			}
			lock.Lock()
			defer lock.Unlock()
			o.Times.Verify += times.Verify
			o.Times.IR += times.IR
			o.Times.Backend += times.Backend
		})
	}
	wait.Wait()
	return ctx.Err()
}

// front takes the cases up to the IR. The order of results is that of the
// cases.
func (o Options) front(ctx context.Context, cases []Case) ([]unit, error) {
	units := make([]unit, len(cases))
	err := o.parallel(ctx, len(cases), func(i int, times *Times) {
		units[i].Case = &cases[i]
		units[i].refused = o.prove(&units[i], times)
	})
	return units, err
}

// prove verifies the programs of a case and builds their IR, as if the object
// had no others.
func (o Options) prove(u *unit, times *Times) error {
	if err := u.Object.Check(); err != nil {
		return err
	}
	obj := *u.Object
	if !u.calls() {
		obj.Programs = obj.Programs[u.Program : u.Program+1]
	} else {
		u.program = u.Program
	}
	for _, p := range obj.Programs {
		c := compiled{source: p}
		var err error
		start := time.Now()
		c.facts, err = verifier.Verify(&obj, p, o.Verifier)
		times.Verify += time.Since(start)
		if err != nil {
			return err
		}
		start = time.Now()
		if c.ir, err = ir.Build(&obj, p, c.facts); err != nil {
			return err
		}
		ir.Optimize(c.ir)
		times.IR += time.Since(start)
		u.programs = append(u.programs, c)
	}
	var err error
	u.spec, err = objectSpec(&obj, u.programs)
	return err
}

// back returns a copy of the units with machine code, if the engine has that.
func (o Options) back(ctx context.Context, e Engine, front []unit) ([]unit, error) {
	targets, err := e.targets()
	if err != nil {
		return nil, err
	}
	units := slices.Clone(front)
	compile := backend.Compile
	if o.Proven {
		compile = backend.CompileVerified
	}
	return units, o.parallel(ctx, len(units), func(i int, times *Times) {
		start := time.Now()
		u := &units[i]
		u.programs = slices.Clone(u.programs)
		for k := range u.programs {
			p := &u.programs[k]
			p.code = map[string]*backend.Code{}
			for _, t := range targets {
				if u.refused == nil {
					p.code[t.Tag()], u.refused = compile(t, p.ir)
				}
			}
		}
		times.Backend += time.Since(start)
	})
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
			if units[0].refused == nil {
				units[0].refused = err
			}
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
			in.Object.Programs = append(in.Object.Programs, &named)
			in.Programs = append(in.Programs, codegen.Program{Source: &named, IR: c.ir, Facts: c.facts, Code: c.code})
			names = append(names, codegen.EntryName(in.Ident, named.Name))
		}
	}
	return in, names
}
