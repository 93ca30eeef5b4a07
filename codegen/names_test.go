package codegen

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// TestIdentifier has what bpf2go makes of the same names.
func TestIdentifier(t *testing.T) {
	for c, want := range map[string]string{
		"foo": "Foo", "foo_bar": "FooBar", "_foo": "Foo", "__foo__bar": "FooBar", "a_b": "A_b", "FOO_BAR": "FOO_BAR", "foo_1_bar": "Foo1Bar",
		"foo_Bar": "FooBar", "fooBar_t": "FooBarT", "a.b": "Ab", "": "", "__": "", "x1_2": "X12", "ärger_2": "Ärger2",
	} {
		if got := identifier(c); got != want {
			t.Errorf("identifier(%q) = %q, want %q", c, got, want)
		}
	}
}

func TestRelative(t *testing.T) {
	for file, want := range map[string]string{
		"a.c": "a.c", "sub/a.c": "sub/a.c", "../a.c": "../a.c", "/home/u/a.c": "a.c", `C:\src\a.c`: "a.c", "a\nb.c": "a b.c",
	} {
		p := lengthSource().Lines[0].Pos
		p.File = file
		if got := relative(p); got != want {
			t.Errorf("relative(%q) = %q, want %q", file, got, want)
		}
	}
}

// TestDeterministic generates the same files again and again, at once.
func TestDeterministic(t *testing.T) {
	want := generate(t, lengthInput(t))
	var wg sync.WaitGroup
	for range 8 {
		in := lengthInput(t)
		wg.Go(func() {
			for range 5 {
				got, err := Generate(in)
				if err != nil || len(got) != len(want) {
					t.Errorf("%d files, %v", len(got), err)
					return
				}
				for i := range got {
					if got[i].Name != want[i].Name || !bytes.Equal(got[i].Data, want[i].Data) {
						t.Errorf("%s differs between two runs", got[i].Name)
					}
				}
			}
		})
	}
	wg.Wait()
}

// TestFiles has the names of all files by what there is code for.
func TestFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Input)
		want string
	}{
		{"native", func(*Input) {}, "length_bpfel.go length_bpfel_amd64.s length_bpfel_arm64.s length_bpfel_native.go length_bpfel_body.go"},
		{"one target", func(in *Input) {
			in.Programs[0].Code = map[string]*backend.Code{"amd64": in.Programs[0].Code["amd64"]}
		}, "length_bpfel.go length_bpfel_amd64.s length_bpfel_native.go length_bpfel_body.go"},
		{"level", func(in *Input) { withLevel(in) }, "length_bpfel.go length_bpfel_amd64.s length_bpfel_amd64_v3.s length_bpfel_arm64.s length_bpfel_native.go length_bpfel_body.go"},
		{"go", func(in *Input) { in.Backend = BackendGo }, "length_bpfel.go length_bpfel_body.go"},
		{"tests", func(in *Input) { in.Backend, in.Suffix = BackendGo, "_test" }, "length_bpfel_test.go length_bpfel_body_test.go"},
		{"no programs", func(in *Input) { in.Programs, in.Object.Programs = nil, nil }, "length_bpfel.go"},
	} {
		in := lengthInput(t)
		c.edit(&in)
		var names []string
		for _, f := range generate(t, in) {
			names = append(names, f.Name)
		}
		if got := strings.Join(names, " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestExported(t *testing.T) {
	in := lengthInput(t)
	in.Ident = "Length"
	data := string(generate(t, in)[0].Data)
	for _, want := range []string{"func LoadLength() ", "func LoadLengthObjects(", "type LengthRule struct", "LengthStateSTATE_NEW ", "var lengthObject = "} {
		if !strings.Contains(data, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestTypes(t *testing.T) {
	in := lengthInput(t)
	in.NoGlobalTypes = true
	if data := string(generate(t, in)[0].Data); strings.Contains(data, "lengthRule") || strings.Contains(data, "lengthState ") {
		t.Error("types were declared")
	}
	in.Types = []string{"rule"}
	data := string(generate(t, in)[0].Data)
	if !strings.Contains(data, "type lengthRule struct") || !strings.Contains(data, "State uint32") || strings.Contains(data, "TypedSeenKeys") {
		t.Error("want lengthRule alone, with a plain number for the enum")
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Input)
		want string
	}{
		{"no object", func(in *Input) { in.Object = nil }, "no object"},
		{"ident", func(in *Input) { in.Ident = "a-b" }, `"a-b" is not a Go identifier`},
		{"keyword", func(in *Input) { in.Package = "func" }, `"func" is not a Go package name`},
		{"stem", func(in *Input) { in.Stem = "a/b" }, `"a/b" is not a file name`},
		{"tags", func(in *Input) { in.Tags = "linux &&" }, `"linux &&" is not a build constraint`},
		{"test", func(in *Input) { in.Suffix = "_test" }, "use -backend go"},
		{"type", func(in *Input) { in.Types = []string{"none"} }, `no C type "none"`},
		{"hook", func(in *Input) { h := *in.Programs[0].Source.Hook; h.Go = ""; in.Programs[0].Source.Hook = &h }, "program length: hook raw has no Go type"},
		{"maps", func(in *Input) { in.Object.Maps[1].Name = "Rules" }, `maps "rules" and "Rules" both become Rules`},
		{"method", func(in *Input) { in.Object.Maps[1].Name = "close" }, `map "close" becomes Close, which is a method`},
		{"map name", func(in *Input) { in.Object.Maps[1].Name = "_" }, `map "_" has no letter`},
		{"type name", func(in *Input) { in.Object.Maps[0].Value.Name = "objects" }, `type "objects" becomes lengthObjects`},
		{"overlap", func(in *Input) { in.Object.Maps[0].Value.Members[1].Off = 2 }, `type "rule": member "hits" at 2 of 40 bytes does not fit`},
		{"call", func(in *Input) { in.Programs[0].Code["amd64"].Funcs[0].Calls[0].Sym = "none" }, "amd64 code of length: calls none"},
		{"gap", func(in *Input) { in.Programs[0].Code["arm64"].Funcs[0].Insts[1].Off = 8 }, `arm64 code of length: instruction "4:f9400e61" at 0x8, want one at 0x4`},
		{"field", func(in *Input) { in.Programs[0].IR.Funcs[0].Blocks[0].Values[0].Imm = 9 }, "Go body of length: v1, slot 0: context field 9 of 2"},
	} {
		in := lengthInput(t)
		c.edit(&in)
		if _, err := Generate(in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
}

// TestLayout has C structs that Go would lay out otherwise.
func TestLayout(t *testing.T) {
	u8 := &frontend.Type{Kind: frontend.KindInt, Size: 1}
	u32 := &frontend.Type{Kind: frontend.KindInt, Size: 4}
	u64 := &frontend.Type{Kind: frontend.KindInt, Size: 8}
	for _, c := range []struct {
		name string
		typ  frontend.Type
		want string
	}{
		{"packed tail", frontend.Type{Size: 9, Members: []frontend.Member{{Name: "a", Type: u64}, {Name: "b", Off: 8, Type: u8}}}, "A [8]byte B uint8"},
		{"flexible", frontend.Type{Size: 4, Members: []frontend.Member{{Name: "n", Type: u32}, {Name: "data", Off: 4, Type: &frontend.Type{Kind: frontend.KindArray, Elem: u8}}}}, "N uint32"},
		{"anonymous struct", frontend.Type{Size: 8, Members: []frontend.Member{{Type: &frontend.Type{Kind: frontend.KindStruct, Size: 8, Members: []frontend.Member{{Name: "x", Type: u32}, {Name: "y", Off: 4, Type: u8}}}}}}, "X uint32 Y uint8 _ [3]byte"},
		{"same name", frontend.Type{Size: 2, Members: []frontend.Member{{Name: "ab_c", Type: u8}, {Name: "abC", Off: 1, Type: u8}}}, "AbC uint8 AbC_2 uint8"},
		{"pointer", frontend.Type{Size: 8, Members: []frontend.Member{{Name: "p", Type: &frontend.Type{Kind: frontend.KindPointer, Size: 8, Elem: u8}}}}, "P uint64"},
		{"empty", frontend.Type{Size: 0}, ""},
	} {
		c.typ.Kind, c.typ.Name = frontend.KindStruct, "s"
		in := lengthInput(t)
		in.Object.Types = []*frontend.Type{&c.typ}
		in.Types, in.NoGlobalTypes = []string{"s"}, true
		_, text, _ := strings.Cut(string(generate(t, in)[0].Data), "structs.HostLayout\n")
		text, _, _ = strings.Cut(text, "}\n")
		if got := strings.Join(strings.Fields(text), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestMapTypeNames: generated code names the map types that are served.
func TestMapTypeNames(t *testing.T) {
	for _, row := range table.MapTypes() {
		if row.Status == table.Supported && mapTypeNames[row.Type] == "" {
			t.Errorf("map type %s has no constant", row.Name)
		}
	}
}

func TestGroupImports(t *testing.T) {
	const in = "package p\n\nimport (\n\t\"errors\"\n\tabi \"x.org/abi\"\n\t\"structs\"\n)\n\nvar x = \"a.b\"\n"
	const want = "package p\n\nimport (\n\t\"errors\"\n\t\"structs\"\n\n\tabi \"x.org/abi\"\n)\n\nvar x = \"a.b\"\n"
	if got := string(groupImports([]byte(in))); got != want {
		t.Errorf("got:\n%s", got)
	}
	for _, same := range []string{want, "package p\n\nimport \"a\"\n", "package p\n\nimport (\n\t\"a\"\n\t\"b\"\n)\n"} {
		if got := string(groupImports([]byte(same))); got != same {
			t.Errorf("%q became %q", same, got)
		}
	}
}
