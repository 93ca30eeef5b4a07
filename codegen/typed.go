package codegen

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// typedKind is the type of package ebpf that gives a map Go types.
type typedKind struct {
	name    string // "HashMap"; the function is HashMapOf
	key     bool   // it has the type of keys as a parameter before that of values
	keyless bool   // the map has no keys
}

// typedKindOf finds it; the zero value for types that have none.
func typedKindOf(m *frontend.Map) typedKind {
	switch m.Type {
	case bpf.MapArray:
		if m.KeySize == 4 {
			return typedKind{name: "ArrayMap"}
		}
		return typedKind{name: "HashMap", key: true}
	case bpf.MapHash, bpf.MapLRUHash, bpf.MapLPMTrie:
		return typedKind{name: "HashMap", key: true}
	case bpf.MapPercpuHash, bpf.MapLRUPercpu:
		return typedKind{name: "PerCPUMap", key: true}
	case bpf.MapPercpuArray:
		return typedKind{name: "PerCPUArrayMap"}
	case bpf.MapQueue, bpf.MapStack:
		return typedKind{name: "QueueMap", keyless: true}
	case bpf.MapBloomFilter:
		return typedKind{name: "FilterMap", keyless: true}
	}
	return typedKind{}
}

// typedMaps prints a method for each map whose key and value have Go types, and
// one for the inner maps of each map of maps.
func (g *generator) typedMaps(f *jen.File) error {
	chosen, err := g.chosenTypes()
	if err != nil {
		return err
	}
	l := g.layouts(chosen)
	used := g.promoted()
	for i, m := range g.Object.Maps {
		field := g.names.maps[i]
		if field == "" {
			continue
		}
		typed := typedMap{
			prefix: "Typed", text: "is map", shape: m, of: jen.Id("m").Dot(field),
			receiver: jen.Id("m").Op("*").Id(g.Ident + "Maps"),
		}
		if m.Inner != nil {
			typed = typedMap{
				prefix: "Inner", text: "is an inner map of", shape: m.Inner, of: jen.Id("inner"),
				receiver: jen.Op("*").Id(g.Ident + "Maps"), param: jen.Id("inner").Op("*").Qual(pathEBPF, "Map"),
			}
		}
		kind, types, err := l.typed(typed.shape)
		if err != nil {
			return fmt.Errorf("map %q: %w", m.Name, err)
		}
		if kind == "" {
			continue
		}
		name := unique(used, typed.prefix+field)
		comment(f, fmt.Sprintf("%s %s %s with its Go types; it allocates nothing.", name, typed.text, oneLine(m.Name)))
		f.Func().Params(typed.receiver).Id(name).Params(typed.param).Qual(pathEBPF, kind).Types(types...).Block(
			jen.Return(jen.Qual(pathEBPF, kind+"Of").Types(types...).Call(typed.of)))
		f.Line()
	}
	return nil
}

// typedMap is a method that gives a map its types.
type typedMap struct {
	prefix, text    string
	shape           *frontend.Map
	receiver, param *jen.Statement // param is nil for none
	of              *jen.Statement // the map
}

// typed is the type of package ebpf for a map and its type arguments; "" when the
// map has none or its types cannot be named.
func (l *layouts) typed(m *frontend.Map) (string, []jen.Code, error) {
	kind := typedKindOf(m)
	if kind.name == "" || !kind.keyless && !l.usable(m.Key) || !l.usable(m.Value) {
		return "", nil, nil
	}
	var types []jen.Code
	if kind.key {
		key, _, err := l.of(m.Key, 0)
		if err != nil {
			return "", nil, fmt.Errorf("key: %w", err)
		}
		types = append(types, key)
	}
	value, _, err := l.of(m.Value, 0)
	if err != nil {
		return "", nil, fmt.Errorf("value: %w", err)
	}
	return kind.name, append(types, value), nil
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
