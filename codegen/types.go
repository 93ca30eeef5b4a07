package codegen

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// maxNesting bounds structs in arrays in structs and so on.
const maxNesting = 64

// declared reports whether a type gets a name in Go by itself: bpf2go's rule.
func declared(t *frontend.Type) bool {
	return t.Name != "" && (t.Kind == frontend.KindStruct || t.Kind == frontend.KindUnion || t.Kind == frontend.KindEnum)
}

// chosenTypes are the C types to declare, by C name: those of map keys, map
// values and variables, and those the user names.
func (g *generator) chosenTypes() ([]*frontend.Type, error) {
	var list []*frontend.Type
	have := map[string]bool{}
	add := func(t *frontend.Type) {
		for t != nil && t.Kind == frontend.KindArray && t.Elem != nil {
			t = t.Elem
		}
		if t != nil && declared(t) && !have[t.Name] {
			have[t.Name] = true
			list = append(list, t)
		}
	}
	if !g.NoGlobalTypes {
		for _, m := range g.Object.Maps {
			if !isSection(m) {
				add(m.Key)
				add(m.Value)
			}
			if m.Inner != nil {
				add(m.Inner.Key)
				add(m.Inner.Value)
			}
		}
		for _, v := range g.Object.Globals {
			add(v.Type)
		}
	}
	for _, name := range g.Types {
		t := g.findType(name)
		if t == nil {
			return nil, fmt.Errorf("the object has no C type %q; use it in a map, a variable or a function, and compile with -g", name)
		}
		if !have[name] {
			have[name] = true
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *frontend.Type) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// findType looks for a type by C name in all that the object mentions.
func (g *generator) findType(name string) *frontend.Type {
	seen := map[*frontend.Type]bool{}
	var in func(*frontend.Type) *frontend.Type
	in = func(t *frontend.Type) *frontend.Type {
		if t == nil || seen[t] {
			return nil
		}
		seen[t] = true
		if t.Name == name {
			return t
		}
		if t.Kind != frontend.KindPointer {
			if found := in(t.Elem); found != nil {
				return found
			}
		}
		for _, m := range t.Members {
			if found := in(m.Type); found != nil {
				return found
			}
		}
		return nil
	}
	roots := slices.Clone(g.Object.Types)
	for _, m := range g.Object.Maps {
		roots = append(roots, m.Key, m.Value)
		if m.Inner != nil {
			roots = append(roots, m.Inner.Key, m.Inner.Value)
		}
	}
	for _, v := range g.Object.Globals {
		roots = append(roots, v.Type)
	}
	for _, t := range roots {
		if found := in(t); found != nil {
			return found
		}
	}
	return nil
}

// types prints the declarations of C types. Their names are reserved first, so
// that one type can use another.
func (g *generator) types(f *jen.File) error {
	chosen, err := g.chosenTypes()
	if err != nil {
		return err
	}
	l := g.layouts(chosen)
	used := g.topLevel()
	for _, t := range chosen {
		name := l.names[t.Name]
		if used[name] {
			return fmt.Errorf("type %q becomes %s, which is another name of this file; rename it", t.Name, name)
		}
		used[name] = true
	}
	var sizes []jen.Code
	for _, t := range chosen {
		name := l.names[t.Name]
		code, _, err := l.literal(t, 0)
		if err != nil {
			return fmt.Errorf("type %q: %w", t.Name, err)
		}
		comment(f, fmt.Sprintf("%s is %s %s of C.", name, kindNames[t.Kind], oneLine(t.Name)))
		f.Type().Id(name).Add(code)
		f.Line()
		if len(t.Enums) > 0 {
			enumerators(f, name, t)
		}
		if t.Size > 0 {
			sizes = append(sizes, jen.Id("_").Op("=").Index(jen.Lit(1)).Struct().Values().Index(
				jen.Qual("unsafe", "Sizeof").Call(jen.Op("*").New(jen.Id(name))).Op("-").Lit(t.Size)))
		}
	}
	if len(sizes) > 0 {
		comment(f, "Sizes as C has them, in bytes; types of another size do not compile.")
		f.Var().Defs(sizes...)
		f.Line()
	}
	return nil
}

var kindNames = map[frontend.TypeKind]string{
	frontend.KindInt: "the integer", frontend.KindBool: "the boolean", frontend.KindFloat: "the number",
	frontend.KindEnum: "enum", frontend.KindStruct: "struct", frontend.KindUnion: "union (its first member)",
	frontend.KindArray: "the array", frontend.KindPointer: "the pointer", frontend.KindVoid: "the type",
}

// topLevel are the names that every object file declares.
func (g *generator) topLevel() map[string]bool {
	used := map[string]bool{
		g.loadName(): true, g.loadName() + "Objects": true, g.specName(): true, g.engineName(): true,
		g.Ident + "Objects": true, g.Ident + "Specs": true,
	}
	for _, fam := range g.families() {
		used[g.Ident+fam.plural], used[g.Ident+fam.spec] = true, true
		for _, field := range fam.fields {
			if field != "" {
				used[g.Ident+fam.kind+field] = true
			}
		}
	}
	for _, funcs := range g.names.funcs {
		for _, name := range funcs {
			used[name] = true
		}
	}
	for _, bound := range g.names.bound {
		used[bound.runner], used[bound.call] = true, true
	}
	return used
}

// enumerators prints the constants of an enum type.
func enumerators(f *jen.File, name string, t *frontend.Type) {
	used := map[string]bool{}
	comment(f, "Values of "+name+".")
	f.Const().DefsFunc(func(defs *jen.Group) {
		for _, e := range t.Enums {
			value := jen.Id(fmt.Sprint(e.Value))
			if t.Signed {
				value = jen.Id(fmt.Sprint(int64(e.Value)))
			}
			defs.Id(unique(used, name+identifier(e.Name))).Id(name).Op("=").Add(value)
		}
	})
	f.Line()
}

// unique returns name, or name with a number behind it when it is taken.
func unique(used map[string]bool, name string) string {
	for base, i := name, 2; used[name]; i++ {
		name = fmt.Sprintf("%s_%d", base, i)
	}
	used[name] = true
	return name
}

// layouts turns C types into Go types of the same layout. Padding is explicit
// everywhere, so a type has one layout on every GOARCH. A member that Go would
// align more than C did (packed structs) becomes an array of bytes.
type layouts struct {
	names map[string]string // C name to Go name of the declared types
}

func (g *generator) layouts(chosen []*frontend.Type) *layouts {
	l := &layouts{names: map[string]string{}}
	for _, t := range chosen {
		l.names[t.Name] = g.Ident + identifier(t.Name)
	}
	return l
}

// of returns the Go type of t, by name where it has one, and its alignment on
// a 64-bit machine.
func (l *layouts) of(t *frontend.Type, depth int) (*jen.Statement, int, error) {
	code, align, err := l.literal(t, depth)
	if name := l.names[t.Name]; name != "" && declared(t) {
		return jen.Id(name), align, err
	}
	return code, align, err
}

// literal returns the Go type of t written out.
func (l *layouts) literal(t *frontend.Type, depth int) (*jen.Statement, int, error) {
	if depth > maxNesting {
		return nil, 0, fmt.Errorf("types nest more than %d deep", maxNesting)
	}
	switch t.Kind {
	case frontend.KindBool:
		if t.Size == 1 {
			return jen.Bool(), 1, nil
		}
	case frontend.KindFloat:
		if t.Size == 4 || t.Size == 8 {
			return jen.Id(fmt.Sprintf("float%d", 8*t.Size)), t.Size, nil
		}
		return bytesOf(t.Size), 1, nil
	case frontend.KindPointer:
		return jen.Uint64(), 8, nil
	case frontend.KindArray:
		if t.Elem == nil {
			return nil, 0, errors.New("array without an element type")
		}
		elem, align, err := l.of(t.Elem, depth+1)
		return jen.Index(jen.Lit(t.Len)).Add(elem), align, err
	case frontend.KindStruct:
		return l.composite(t, t.Members, depth)
	case frontend.KindUnion:
		return l.composite(t, t.Members[:min(1, len(t.Members))], depth)
	case frontend.KindVoid:
		return nil, 0, errors.New("void has no Go type")
	}
	switch t.Size {
	case 1, 2, 4, 8:
		sign := "uint"
		if t.Signed {
			sign = "int"
		}
		return jen.Id(fmt.Sprintf("%s%d", sign, 8*t.Size)), t.Size, nil
	}
	return bytesOf(t.Size), 1, nil
}

func bytesOf(n int) *jen.Statement { return jen.Index(jen.Lit(n)).Byte() }
