package tables

import (
	"cmp"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/codegen"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
	"github.com/bpf2go-native/bpf2go-native/test/vectors"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// The stages that have a column, in its order.
const (
	stageInterp = iota
	stageVerifier
	stageAMD64
	stageARM64
	stageGo
	numStages
)

var stageNames = [numStages]string{"interpreter", "verifier", "amd64", "arm64", "Go"}

// taken says which stages take something.
type taken [numStages]bool

// evidence is what the stages do with the vectors: by form of an operation, map
// type and hook, the stages that take a program which has it.
type evidence struct {
	ops   [bpf.NumOps]map[string]*taken // by form
	maps  map[string]*taken
	hooks map[string]*taken

	linked [numStages]map[string]bool // functions of rtlib that code calls
}

// gather compiles a vector for each form that none before has.
func gather(t *testing.T) *evidence {
	t.Helper()
	cases, err := vectors.Cases()
	if err != nil {
		t.Fatal(err)
	}
	cases = slices.DeleteFunc(cases, func(c *isatest.Case) bool { return c.Object == nil || c.Error != "" || len(c.Runs) == 0 })
	cases = append(cases, vectors.Families(vectors.Sample)...)
	slices.SortStableFunc(cases, func(a, b *isatest.Case) int { return cmp.Compare(size(a.Object), size(b.Object)) })
	e := &evidence{maps: map[string]*taken{}, hooks: map[string]*taken{}}
	e.link(t)
	for _, c := range cases {
		list := e.of(c.Object)
		if slices.ContainsFunc(list, func(have *taken) bool { return *have != taken{true, true, true, true, true} }) {
			by := stages(t, c)
			for _, have := range list {
				for s := range have {
					have[s] = have[s] || by[s]
				}
			}
		}
	}
	return e
}

func size(obj *frontend.Object) (n int) {
	for _, p := range obj.Programs {
		n += len(p.Insns)
	}
	return n
}

// of are the entries of everything that an object has.
func (e *evidence) of(obj *frontend.Object) []*taken {
	var list []*taken
	entry := func(in map[string]*taken, key string) {
		if in[key] == nil {
			in[key] = new(taken)
		}
		list = append(list, in[key])
	}
	for _, m := range obj.Maps {
		entry(e.maps, table.MapTypeOf(m.Type).Name)
	}
	for _, p := range obj.Programs {
		entry(e.hooks, p.Hook.Name)
		for _, in := range p.Insns {
			if e.ops[in.Op] == nil {
				e.ops[in.Op] = map[string]*taken{}
			}
			entry(e.ops[in.Op], form(in))
		}
	}
	return list
}

// form is an instruction without registers and numbers.
func form(in bpf.Instruction) string {
	return fmt.Sprint(in.Width, in.From, in.Kind, in.Src == bpf.RegImm)
}

// stages says which ones take all programs of a case.
func stages(t *testing.T, c *isatest.Case) (by taken) {
	t.Helper()
	var inputs []harness.Input
	for _, run := range c.Runs {
		inputs = append(inputs, harness.Input{Data: run.Data})
	}
	results, err := harness.Run(t.Context(), harness.Interp(), []harness.Case{{Name: c.Name, Object: c.Object, Inputs: inputs}})
	by[stageInterp] = err == nil && results[0].Refused == nil && !slices.ContainsFunc(results[0].Outputs, func(o harness.Output) bool { return o.Err != "" })
	by[stageVerifier] = true
	var programs []*ir.Program
	in := codegen.Input{Package: "p", Ident: "x", Stem: "x", Object: c.Object, Backend: codegen.BackendGo, Annotate: codegen.AnnotateNone}
	for _, p := range c.Object.Programs {
		facts, err := verifier.Verify(c.Object, p, verifier.Options{})
		if err != nil {
			t.Logf("%s: %v", c.Name, err)
			by[stageVerifier] = false
			return by
		}
		built, err := ir.Build(c.Object, p, facts)
		if err != nil {
			t.Logf("%s: %v", c.Name, err)
			return by
		}
		ir.Optimize(built)
		programs = append(programs, built)
		in.Programs = append(in.Programs, codegen.Program{Source: p, IR: built, Facts: facts})
	}
	for s, target := range map[int]*backend.Target{stageAMD64: amd64.Target(), stageARM64: arm64.Target()} {
		by[s] = !slices.ContainsFunc(programs, func(p *ir.Program) bool {
			_, err := backend.Compile(target, p)
			return err != nil
		})
	}
	_, err = codegen.Generate(in)
	by[stageGo] = err == nil
	if err != nil {
		t.Logf("%s: %v", c.Name, err)
	}
	return by
}

// link reads which functions of rtlib machine code and Go bodies can call.
func (e *evidence) link(t *testing.T) {
	t.Helper()
	for s, source := range map[int]struct{ file, expr string }{
		stageAMD64: {"refs_amd64.s", `CALL bpf2go∕rtlib∕v1·(\w+)\(SB\)`},
		stageARM64: {"refs_arm64.s", `CALL bpf2go∕rtlib∕v1·(\w+)\(SB\)`},
		stageGo:    {"", `(?m)^//go:linkname (\w+) bpf2go/rtlib/v1\.`},
	} {
		e.linked[s] = map[string]bool{}
		entries, err := os.ReadDir("../../rtlib")
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if entry.Name() != source.file && (source.file != "" || !strings.HasSuffix(entry.Name(), ".go")) {
				continue
			}
			text, err := os.ReadFile("../../rtlib/" + entry.Name())
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(source.expr).FindAllStringSubmatch(string(text), -1) {
				e.linked[s][m[1]] = true
			}
		}
	}
}

// op is which stages take every form of an operation that the vectors have.
func (e *evidence) op(op bpf.Op) taken {
	all := taken{true, true, true, true, true}
	if len(e.ops[op]) == 0 {
		return taken{}
	}
	for _, by := range e.ops[op] {
		for s := range all {
			all[s] = all[s] && by[s]
		}
	}
	return all
}

// helper is which stages have a helper. The interpreter runs it by its meaning, or
// by the model of its row where that is all: in rows that are verified only, and
// of sections. What is compiled calls a function of rtlib, if it names one.
func (e *evidence) helper(h *table.Helper) (by taken) {
	model := h.Status == table.Verified || h.Opens != 0 || h.Closes != 0
	by[stageInterp] = h.Status >= table.Verified && (interp.Knows(h) || model)
	by[stageVerifier] = h.Status >= table.Verified
	for _, s := range []int{stageAMD64, stageARM64, stageGo} {
		by[s] = h.Status == table.Supported && (h.Symbol == "" || e.linked[s][h.Symbol])
	}
	return by
}

// all is what a supported row has to have, a verified one, and others.
func all(s table.Status) taken {
	return [...]taken{{}, {true, true}, {true, true, true, true, true}}[s]
}

// cells are the columns of a row.
func (by taken) cells() string {
	var b strings.Builder
	for _, yes := range by {
		mark := "–"
		if yes {
			mark = "yes"
		}
		b.WriteString(" " + mark + " |")
	}
	return b.String()
}
