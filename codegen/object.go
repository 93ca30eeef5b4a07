package codegen

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// render formats a file. An error is a defect of this package: the text did
// not parse as Go.
func render(f *jen.File, name string) ([]File, error) {
	var b bytes.Buffer
	if err := f.Render(&b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return []File{{Name: name, Data: groupImports(b.Bytes())}}, nil
}

// groupImports puts the standard library's imports before the others, with an
// empty line between them, as goimports does. jennifer has one sorted list.
func groupImports(src []byte) []byte {
	const open, end = "\nimport (\n", "\n)\n"
	before, rest, ok := strings.Cut(string(src), open)
	if !ok {
		return src
	}
	list, after, _ := strings.Cut(rest, end)
	var std, others []string
	for line := range strings.SplitSeq(list, "\n") {
		if line == "" {
			continue // a group ends here
		}
		if host, _, _ := strings.Cut(line, "/"); strings.Contains(host, ".") {
			others = append(others, line)
		} else {
			std = append(std, line)
		}
	}
	if len(std) > 0 && len(others) > 0 {
		std = append(std, "")
	}
	return []byte(before + open + strings.Join(append(std, others...), "\n") + end + after)
}

// objectFile prints the file that every architecture shares: types, names,
// specs, objects, typed calls and the object's data.
func objectFile(g *generator) ([]File, error) {
	f := g.newFile(g.allArchs())
	if err := g.types(f); err != nil {
		return nil, err
	}
	g.constants(f)
	g.load(f)
	g.specs(f)
	g.objects(f)
	g.runs(f)
	if err := g.typedMaps(f); err != nil {
		return nil, err
	}
	if err := g.spec(f); err != nil {
		return nil, err
	}
	g.assertions(f)
	return render(f, g.fileName("", ".go"))
}

// family is one of the three kinds of things that an object holds.
type family struct {
	kind   string // in constants: fooMapX
	plural string // in types: fooMaps
	spec   string // fooMapSpecs
	typ    string // of ebpf: Map
	text   string // in comments
	fields []string
	names  []string // C names
	close  bool
}

// families lists programs, maps and variables, in this order everywhere.
func (g *generator) families() []family {
	list := []family{
		{kind: "Prog", plural: "Programs", spec: "ProgramSpecs", typ: "Program", text: "programs", fields: g.names.programs, close: true},
		{kind: "Map", plural: "Maps", spec: "MapSpecs", typ: "Map", text: "maps", fields: g.names.maps, close: true},
		{kind: "Var", plural: "Variables", spec: "VariableSpecs", typ: "Variable", text: "global variables", fields: g.names.variables},
	}
	for _, p := range g.Programs {
		list[0].names = append(list[0].names, p.Source.Name)
	}
	for _, m := range g.Object.Maps {
		list[1].names = append(list[1].names, m.Name)
	}
	for _, v := range g.Object.Globals {
		list[2].names = append(list[2].names, v.Name)
	}
	return list
}

// constants declares the C names: fooMapBlocked = "blocked".
func (g *generator) constants(f *jen.File) {
	var defs []jen.Code
	for _, fam := range g.families() {
		for i, field := range fam.fields {
			if field != "" {
				defs = append(defs, jen.Id(g.Ident+fam.kind+field).Op("=").Lit(fam.names[i]))
			}
		}
	}
	if len(defs) == 0 {
		return
	}
	comment(f, "Names of everything in the object, for look-ups in a Collection or a CollectionSpec.")
	f.Const().Defs(defs...)
	f.Line()
}

// loadName is loadFoo, or LoadFoo for an exported ident.
func (g *generator) loadName() string { return g.exported("load" + upperFirst(g.Ident)) }

// load prints the two functions that users call first.
func (g *generator) load(f *jen.File) {
	load, objects := g.loadName(), g.loadName()+"Objects"
	comment(f, load+" returns the specification of the object. It belongs to the caller and may be changed before it is loaded.")
	f.Func().Id(load).Params().Params(jen.Op("*").Qual(pathEBPF, "CollectionSpec"), jen.Error()).Block(
		jen.Return(jen.Qual(pathEBPF, "NewCollectionSpec").Call(jen.Op("&").Id(g.specName()))),
	)
	f.Line()
	comment(f, objects+" makes an instance of the object and stores what it holds in obj, which is one of")
	f.Comment("")
	for _, s := range []string{"Objects", "Programs", "Maps", "Variables"} {
		f.Comment("//\t*" + g.Ident + s)
	}
	f.Comment("")
	comment(f, "or a struct of the user's with the same tags. See [ebpf.CollectionSpec.LoadAndAssign].")
	f.Func().Id(objects).Params(jen.Id("obj").Any(), jen.Id("opts").Op("*").Qual(pathEBPF, "CollectionOptions")).Error().Block(
		jen.List(jen.Id("spec"), jen.Err()).Op(":=").Id(load).Call(),
		jen.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Err())),
		jen.Return(jen.Id("spec").Dot("LoadAndAssign").Call(jen.Id("obj"), jen.Id("opts"))),
	)
	f.Line()
}

// specs prints fooSpecs and its parts.
func (g *generator) specs(f *jen.File) {
	name := g.Ident + "Specs"
	var parts []jen.Code
	for _, fam := range g.families() {
		parts = append(parts, jen.Id(g.Ident+fam.spec))
	}
	comment(f, name+" is everything before it is loaded, for [ebpf.CollectionSpec.Assign].")
	f.Type().Id(name).Struct(parts...)
	f.Line()
	for _, fam := range g.families() {
		comment(f, fmt.Sprintf("%s are the %s before they are loaded.", g.Ident+fam.spec, fam.text))
		f.Type().Id(g.Ident + fam.spec).Struct(fam.members(fam.typ + "Spec")...)
		f.Line()
	}
}

// members are the tagged fields of a family.
func (fam family) members(typ string) []jen.Code {
	var list []jen.Code
	for i, field := range fam.fields {
		if field != "" {
			list = append(list, jen.Id(field).Op("*").Qual(pathEBPF, typ).Tag(map[string]string{"ebpf": fam.names[i]}))
		}
	}
	return list
}

// objects prints fooObjects and its parts with their Close methods.
func (g *generator) objects(f *jen.File) {
	name := g.Ident + "Objects"
	var parts, closes []jen.Code
	for _, fam := range g.families() {
		parts = append(parts, jen.Id(g.Ident+fam.plural))
		if fam.close {
			closes = append(closes, jen.Id("o").Dot(g.Ident+fam.plural).Dot("Close").Call())
		}
	}
	comment(f, fmt.Sprintf("%s is everything after it is loaded, for %s.", name, g.loadName()+"Objects"))
	f.Type().Id(name).Struct(parts...)
	f.Line()
	comment(f, "Close releases the programs and maps. The instance goes with the last of them.")
	f.Func().Params(jen.Id("o").Op("*").Id(name)).Id("Close").Params().Error().Block(
		jen.Return(jen.Qual("errors", "Join").Call(closes...)),
	)
	f.Line()
	for _, fam := range g.families() {
		comment(f, fmt.Sprintf("%s are the %s after they are loaded.", g.Ident+fam.plural, fam.text))
		f.Type().Id(g.Ident + fam.plural).Struct(fam.members(fam.typ)...)
		f.Line()
		if fam.close {
			g.closeMethod(f, fam)
		}
	}
}

// closeMethod prints Close of the programs or of the maps.
func (g *generator) closeMethod(f *jen.File, fam family) {
	var calls []jen.Code
	for _, field := range fam.fields {
		if field != "" {
			calls = append(calls, jen.Id("c").Dot(field).Dot("Close").Call())
		}
	}
	comment(f, fmt.Sprintf("Close closes all %s.", fam.text))
	body := jen.Return(jen.Qual("errors", "Join").Call(calls...))
	if len(calls) == 0 {
		body = jen.Return(jen.Nil())
	}
	f.Func().Params(jen.Id("c").Op("*").Id(g.Ident + fam.plural)).Id("Close").Params().Error().Block(body)
	f.Line()
}
