package main

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// body is a function that can be emptied.
type body struct {
	ID   int
	Pkg  string // from the root of the module
	Name string // "hashMap.lookup", "MapLookupElem"
	File string
	Line int

	at    int    // offset behind the opening brace
	stmts string // of the emptied body
}

// key names a body independent of its line.
func (b *body) key() string { return b.Pkg + " " + b.Name }

// packages are looked through.
var packages = []string{"rtlib", "rtlib/ebpf", "rtlib/ebpf/ringbuf", "rtlib/ebpf/perf"}

// types are those whose exported methods are operations on maps.
var types = map[string]bool{
	"Map": true, "RingReader": true, "RingWriter": true, "PerfReader": true, "Reader": true, "Writer": true, "MapIterator": true,
}

// program is the prefix of the names that programs call.
const program = "bpf2go/rtlib/v1."

// source is a parsed package.
type source struct {
	pkg, name string // path from the root, and name
	dir       string
	files     []string
	fset      *token.FileSet
	parsed    []*ast.File
	text      [][]byte
	methods   map[string]bool // of the interface operations
}

// read parses the files of a package that the host compiles; nil when there is
// no such package.
func read(root, pkg string) (*source, error) {
	if _, err := os.Stat(filepath.Join(root, pkg)); err != nil {
		return nil, nil
	}
	cmd := exec.Command("go", "list", "-json=Dir,Name,GoFiles", "./"+pkg)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pkg, err)
	}
	var listed struct {
		Dir, Name string
		GoFiles   []string
	}
	if err := json.Unmarshal(out, &listed); err != nil {
		return nil, err
	}
	s := &source{pkg: pkg, name: listed.Name, dir: listed.Dir, files: listed.GoFiles, fset: token.NewFileSet(), methods: map[string]bool{}}
	for _, name := range s.files {
		text, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(s.fset, name, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		s.parsed, s.text = append(s.parsed, f), append(s.text, text)
		ast.Inspect(f, s.operations)
	}
	return s, nil
}

// operations notes the methods of the interface of that name.
func (s *source) operations(n ast.Node) bool {
	spec, ok := n.(*ast.TypeSpec)
	if !ok || spec.Name.Name != "operations" {
		return true
	}
	if i, ok := spec.Type.(*ast.InterfaceType); ok {
		for _, m := range i.Methods.List {
			for _, name := range m.Names {
				s.methods[name.Name] = true
			}
		}
	}
	return false
}

// bodies finds what can be emptied in file i.
func (s *source) bodies(i int) (list []*body) {
	for _, d := range s.parsed[i].Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || trivial(f.Body) || !s.chosen(f) {
			continue
		}
		name := f.Name.Name
		if r := receiver(f); r != "" {
			name = r + "." + name
		}
		list = append(list, &body{
			Pkg: s.pkg, Name: name, File: s.files[i], Line: s.fset.Position(f.Pos()).Line,
			at: s.fset.Position(f.Body.Lbrace).Offset + 1, stmts: s.empty(f, s.text[i]),
		})
	}
	return list
}

// receiver is the name of a method's type.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}

// chosen reports whether a function is an operation.
func (s *source) chosen(f *ast.FuncDecl) bool {
	r := receiver(f)
	switch {
	case r != "" && f.Name.IsExported():
		return types[r]
	case r != "":
		return s.methods[f.Name.Name] && r != "refuses" && f.Name.Name != "explain" && f.Name.Name != "memory"
	case f.Doc == nil:
		return false
	}
	return slices.ContainsFunc(f.Doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:linkname ") && strings.Contains(c.Text, " "+program)
	})
}

// trivial reports whether a body only returns constants.
func trivial(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return true
	}
	r, ok := b.List[0].(*ast.ReturnStmt)
	if !ok || len(b.List) > 1 {
		return false
	}
	for _, e := range r.Results {
		switch e := e.(type) {
		case *ast.BasicLit:
		case *ast.Ident:
			if e.Name != "nil" && e.Name != "false" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// empty is a body that returns zeroes.
func (s *source) empty(f *ast.FuncDecl, text []byte) string {
	if f.Type.Results == nil {
		return "return"
	}
	var vars, names []string
	for _, r := range f.Type.Results.List {
		typ := text[s.fset.Position(r.Type.Pos()).Offset:s.fset.Position(r.Type.End()).Offset]
		for range max(1, len(r.Names)) {
			name := fmt.Sprintf("hollow%d", len(names))
			vars, names = append(vars, fmt.Sprintf("var %s %s", name, typ)), append(names, name)
		}
	}
	return strings.Join(vars, "; ") + "; return " + strings.Join(names, ", ")
}

// chooser is added to every package.
const chooser = `

import (
	"os"
	"strconv"
)

// hollow is the number of the emptied body, 0 for none.
var hollow = func() int { n, _ := strconv.Atoi(os.Getenv("HOLLOW")); return n }()
`

// rewrite finds all bodies and writes files that have them, and the file for
// -overlay, to dir.
func rewrite(root, dir string) (list []*body, overlay string, err error) {
	replace := map[string]string{}
	for k, pkg := range packages {
		s, err := read(root, pkg)
		if err != nil {
			return nil, "", err
		}
		if s == nil {
			continue
		}
		found := 0
		for i, name := range s.files {
			bodies := s.bodies(i)
			if len(bodies) == 0 {
				continue
			}
			for n, b := range bodies {
				b.ID = len(list) + n + 1
			}
			list, found = append(list, bodies...), found+len(bodies)
			to := filepath.Join(dir, fmt.Sprintf("%d_%s", k, name))
			if err := os.WriteFile(to, insert(s.text[i], bodies), 0o600); err != nil {
				return nil, "", err
			}
			replace[filepath.Join(s.dir, name)] = to
		}
		if found == 0 {
			continue
		}
		to := filepath.Join(dir, fmt.Sprintf("%d_zhollow.go", k))
		if err := os.WriteFile(to, []byte("package "+s.name+chooser), 0o600); err != nil {
			return nil, "", err
		}
		replace[filepath.Join(s.dir, "zhollow.go")] = to
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": replace})
	if err != nil {
		return nil, "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return list, overlay, os.WriteFile(overlay, text, 0o600)
}

// insert puts the choice at the beginning of each body.
func insert(text []byte, bodies []*body) []byte {
	sort.Slice(bodies, func(i, j int) bool { return bodies[i].at < bodies[j].at })
	var out []byte
	last := 0
	for _, b := range bodies {
		out = append(out, text[last:b.at]...)
		out = append(out, fmt.Sprintf(" if hollow == %d { %s }; ", b.ID, b.stmts)...)
		last = b.at
	}
	return append(out, text[last:]...)
}
