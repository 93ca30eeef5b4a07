package codegen

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
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
		comment(f, fmt.Sprintf("%s prepares runs of program %s on a Frame of the caller. The runs are the fastest calls: Go inlines them. See [rtlib.Frame.Bind%s].", bind, oneLine(p.Source.Name), hook.Go))
		for _, line := range []string{
			"",
			fmt.Sprintf("\tfr, err := p.%s.NewFrame() // one for each goroutine", field),
			fmt.Sprintf("\trun, err := p.%s(fr)", bind),
			fmt.Sprintf("\tr0, err := run.%s.Run() // many times", boundInputs[hook.Memory]),
		} {
			f.Comment("//" + line)
		}
		f.Func().Params(receiver.Clone()).Id(bind).Params(jen.Id("fr").Op("*").Qual(pathRT, "Frame")).Params(jen.Op("*").Qual(pathRT, hook.Go+"Runner"), jen.Error()).Block(
			jen.Return(jen.Id("fr").Dot("Bind" + hook.Go).Call(program.Clone())))
		f.Line()
	}
}

// boundInputs is the call that gives a bound run its input: the memory or the
// packet.
var boundInputs = map[bool]string{true: "Memory(mem)", false: "Packet(data)"}

// parameter is what a hook's program runs on, its name, and the type of r0.
func parameter(h *table.Hook) (param *jen.Statement, name string, result *jen.Statement) {
	if h.Memory {
		return jen.Id("mem").Index().Byte(), "mem", jen.Uint64()
	}
	// The verdict of a hook with a context is an int in C, whatever r0 holds.
	return jen.Id("ctx").Op("*").Qual(pathRT, h.Go), "ctx", jen.Uint32()
}

// typedMaps prints a method for each map whose key and value have Go types.
func (g *generator) typedMaps(f *jen.File) error {
	chosen, err := g.chosenTypes()
	if err != nil {
		return err
	}
	l := g.layouts(chosen)
	used := g.promoted()
	for i, m := range g.Object.Maps {
		field := g.names.maps[i]
		if field == "" || m.Type != bpf.MapHash && m.Type != bpf.MapArray || !l.usable(m.Key) || !l.usable(m.Value) {
			continue
		}
		key, _, err := l.of(m.Key, 0)
		if err != nil {
			return fmt.Errorf("map %q: key: %w", m.Name, err)
		}
		value, _, err := l.of(m.Value, 0)
		if err != nil {
			return fmt.Errorf("map %q: value: %w", m.Name, err)
		}
		kind, types := "HashMap", []jen.Code{key, value}
		if m.Type == bpf.MapArray && m.KeySize == 4 {
			kind, types = "ArrayMap", []jen.Code{value}
		}
		name := unique(used, "Typed"+field)
		comment(f, fmt.Sprintf("%s is map %s with its Go types; it allocates nothing.", name, oneLine(m.Name)))
		f.Func().Params(jen.Id("m").Op("*").Id(g.Ident+"Maps")).Id(name).Params().Qual(pathEBPF, kind).Types(types...).Block(
			jen.Return(jen.Qual(pathEBPF, kind+"Of").Types(types...).Call(jen.Id("m").Dot(field))))
		f.Line()
	}
	return nil
}

// usable reports whether a signature can name the type: structs only when they
// are declared.
func (l *layouts) usable(t *frontend.Type) bool {
	for t != nil && t.Kind == frontend.KindArray {
		t = t.Elem
	}
	switch {
	case t == nil || t.Kind == frontend.KindVoid || t.Size == 0:
		return false
	case t.Kind == frontend.KindStruct || t.Kind == frontend.KindUnion:
		return l.names[t.Name] != "" && t.Name != ""
	}
	return true
}
