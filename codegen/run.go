package codegen

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// promoted are the names that fooObjects gets from its parts. Methods avoid
// them all: a name of two parts could not be used.
func (g *generator) promoted() map[string]bool {
	used := map[string]bool{"Close": true}
	for _, fam := range g.families() {
		for _, field := range fam.fields {
			used[field] = true
		}
	}
	return used
}

// runs prints the typed calls of the programs.
func (g *generator) runs(f *jen.File) {
	used := g.promoted()
	for i, p := range g.Programs {
		field, hook := g.names.programs[i], p.Source.Hook
		name := unique(used, "Run"+field)
		on, bind := unique(used, name+"On"), unique(used, "Bind"+field)
		param, arg, result := parameter(hook)
		receiver := jen.Id("p").Op("*").Id(g.Ident + "Programs")
		program := jen.Id("p").Dot(field).Dot("Runtime").Call()
		comment(f, fmt.Sprintf("%s runs program %s on a Frame of rtlib's pool and returns r0. See [rtlib.Run%s].", name, oneLine(p.Source.Name), hook.Go))
		f.Func().Params(receiver.Clone()).Id(name).Params(param.Clone()).Params(result.Clone(), jen.Error()).Block(
			jen.Return(jen.Qual(pathRT, "Run"+hook.Go).Call(program.Clone(), jen.Id(arg))))
		f.Line()
		comment(f, fmt.Sprintf("%s is %s on a Frame of the caller, which p.%s.NewFrame makes, without allocation. For many runs see %s.", on, name, field, bind))
		f.Func().Params(receiver.Clone()).Id(on).Params(jen.Id("fr").Op("*").Qual(pathRT, "Frame"), param.Clone()).Params(result.Clone(), jen.Error()).Block(
			jen.Return(jen.Id("fr").Dot("Run"+hook.Go).Call(program.Clone(), jen.Id(arg))))
		f.Line()
		g.bound(f, i, bind)
	}
}

// boundNames are the Go names of what BindX of a program returns, and of that
// with its input.
type boundNames struct{ runner, call string }

// bound prints a program's bound runs. The call stands in the method of a type
// of its own, where it is static: through a func value it would take twice the
// time (rtlib/bind.go).
func (g *generator) bound(f *jen.File, i int, bind string) {
	p, names := g.Programs[i], g.names.bound[i]
	hook, name := p.Source.Hook, oneLine(p.Source.Name)
	method, arg := "Packet", "data"
	if hook.Memory {
		method, arg = "Memory", "mem"
	}
	comment(f, fmt.Sprintf("%s prepares runs of program %s on a Frame of the caller. They are the fastest calls. See [rtlib.Frame.Bind%s].", bind, name, hook.Go))
	for _, line := range []string{
		"",
		fmt.Sprintf("\tfr, err := p.%s.NewFrame() // one for each goroutine", g.names.programs[i]),
		fmt.Sprintf("\trun, err := p.%s(fr)", bind),
		fmt.Sprintf("\tr0, err := run.%s(%s).Run() // many times", method, arg),
	} {
		f.Comment("//" + line)
	}
	toBound := func(name string) *jen.Statement {
		return jen.Parens(jen.Op("*").Qual(pathRT, "Bound")).Call(jen.Id(name))
	}
	f.Func().Params(jen.Id("p").Op("*").Id(g.Ident+"Programs")).Id(bind).Params(jen.Id("fr").Op("*").Qual(pathRT, "Frame")).
		Params(jen.Op("*").Id(names.runner), jen.Error()).Block(
		jen.List(jen.Id("b"), jen.Err()).Op(":=").Id("fr").Dot("Bind"+hook.Go).Call(jen.Id("p").Dot(g.names.programs[i]).Dot("Runtime").Call(),
			jen.Op("&").Id(g.specName()).Dot("Programs").Index(jen.Lit(i))),
		jen.Return(jen.Parens(jen.Op("*").Id(names.runner)).Call(jen.Id("b")), jen.Err()))
	f.Line()
	comment(f, fmt.Sprintf("%s is program %s on a Frame. %s makes it.", names.runner, name, bind))
	f.Type().Id(names.runner).Qual(pathRT, "Bound")
	f.Line()
	comment(f, fmt.Sprintf("%s makes %s the input of the next run on the Frame. See [rtlib.Bound.Set].", method, arg))
	f.Func().Params(jen.Id("r").Op("*").Id(names.runner)).Id(method).Params(jen.Id(arg).Index().Byte()).Op("*").Id(names.call).Block(
		toBound("r").Dot("Set").Call(jen.Id(arg)),
		jen.Return(jen.Parens(jen.Op("*").Id(names.call)).Call(jen.Id("r"))))
	f.Line()
	comment(f, fmt.Sprintf("%s is %s with its input.", names.call, names.runner))
	f.Type().Id(names.call).Qual(pathRT, "Bound")
	f.Line()
	comment(f, "Run runs the program on the input that the Frame has, which others must not use meanwhile, and returns r0. It allocates nothing. Once the instance or the Frame is closed the error wraps [os.ErrClosed].")
	_, _, result := parameter(hook)
	f.Func().Params(jen.Id("c").Op("*").Id(names.call)).Id("Run").Params().Params(jen.Id("r0").Add(result), jen.Err().Error()).Block(g.boundRun(i)...)
	f.Line()
}

// boundRun is the body of a bound run. Of a program that does not reclaim it
// is just small enough for Go to inline it: checkInlined in the tests.
func (g *generator) boundRun(i int) []jen.Code {
	p := g.Programs[i]
	code := jen.Id(g.names.funcs[i][p.IR.Funcs[0].Name])
	convert := func(r0 *jen.Statement) *jen.Statement {
		if p.Source.Hook.Memory {
			return r0
		}
		return jen.Uint32().Call(r0)
	}
	bound := jen.Parens(jen.Op("*").Qual(pathRT, "Bound")).Call(jen.Id("c"))
	if p.IR.Holds {
		// Program.Run lets go of what a run leaves that panics.
		return []jen.Code{
			jen.List(jen.Id("ret"), jen.Err()).Op(":=").Add(bound).Dot("Run").Call(),
			jen.Return(convert(jen.Id("ret")), jen.Err()),
		}
	}
	// Programs that take tail calls or know a least length have more to do.
	ready, begin := "Err", "Enter"
	if p.IR.TailCalls || p.Source.Hook.MinLen > 0 {
		ready, begin = "Ready", "Begin"
	}
	ended := p.IR.TailCalls || p.IR.Funcs[0].Fuel != 0 // a budget may end a run
	if !g.reclaiming(p.Source) {
		check := jen.If(jen.Err().Op("=").Add(bound).Dot(ready).Call(), jen.Err().Op("!=").Nil()).Block(jen.Return())
		if ended {
			return []jen.Code{check,
				jen.Id("r0").Op("=").Add(convert(code.Call(jen.Id("c").Dot("Frame")))),
				jen.Return(jen.Id("r0"), jen.Add(bound).Dot("Ended").Call()),
			}
		}
		return []jen.Code{check, jen.Return(convert(code.Call(jen.Id("c").Dot("Frame"))), jen.Nil())}
	}
	result := jen.Return()
	if ended {
		result = jen.Return(jen.Id("r0"), jen.Id("b").Dot("Ended").Call())
	}
	return []jen.Code{
		jen.Id("b").Op(":=").Add(bound),
		jen.If(jen.Id("b").Dot(begin).Call()).Block(
			jen.Id("r0").Op("=").Add(convert(code.Call(jen.Id("b").Dot("Frame")))),
			jen.Id("b").Dot("Leave").Call(),
			result),
		jen.List(jen.Id("ret"), jen.Err()).Op(":=").Id("b").Dot("Run").Call(),
		jen.Return(convert(jen.Id("ret")), jen.Err()),
	}
}

// parameter is what a hook's program runs on, its name, and the type of r0.
func parameter(h *table.Hook) (param *jen.Statement, name string, result *jen.Statement) {
	if h.Memory {
		return jen.Id("mem").Index().Byte(), "mem", jen.Uint64()
	}
	// The verdict of a hook with a context is an int in C, whatever r0 holds.
	return jen.Id("ctx").Op("*").Qual(pathRT, h.Go), "ctx", jen.Uint32()
}
