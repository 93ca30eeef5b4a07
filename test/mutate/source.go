package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir, Export, Name string
	GoFiles                       []string
}

// list asks go list for packages and all that they import.
func list(root string, patterns []string) (map[string]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-export", "-deps", "-json=ImportPath,Dir,Export,Name,GoFiles"}, patterns...)...)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	m := map[string]listed{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return m, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		m[p.ImportPath] = p
	}
}

// overlay is the -overlay file of the go command.
type overlay struct{ Replace map[string]string }

// rewrite finds the mutants of packages, given as directories from the root
// of the module, and writes files that have them to dir.
func rewrite(root, module, dir string, packages []string, skip map[string]bool) ([]*Mutant, string, error) {
	var patterns []string
	for _, p := range packages {
		patterns = append(patterns, "./"+p)
	}
	all, err := list(root, patterns)
	if err != nil {
		return nil, "", err
	}
	var mutants []*Mutant
	o := overlay{Replace: map[string]string{}}
	next := 0
	for k, path := range packages {
		p := all[module+"/"+path]
		found, err := rewritePackage(&p, path, all, dir, k, &next, &o, skip)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", path, err)
		}
		mutants = append(mutants, found...)
	}
	number(mutants)
	b, err := json.Marshal(o)
	if err != nil {
		return nil, "", err
	}
	name := filepath.Join(dir, "overlay.json")
	return mutants, name, os.WriteFile(name, b, 0o600)
}

// number tells mutants with one key apart.
func number(mutants []*Mutant) {
	seen := map[string]int{}
	for _, m := range mutants {
		k := m.Key()
		m.Nth = seen[k]
		seen[k]++
	}
}

func rewritePackage(p *listed, path string, all map[string]listed, dir string, k int, next *int, o *overlay, skip map[string]bool) ([]*Mutant, error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(all[path].Export) }
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", open)}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	pkg, err := conf.Check(p.ImportPath, fset, files, info)
	if err != nil {
		return nil, err
	}
	var found []*Mutant
	for i, root := range files {
		name := p.GoFiles[i]
		if skip[path+"/"+name] {
			continue
		}
		src, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			return nil, err
		}
		f := &file{fset: fset, info: info, pkg: pkg, name: path + "/" + name, src: string(src), next: next}
		f.find(root)
		found = append(found, f.found...)
		to := filepath.Join(dir, fmt.Sprintf("%d_%s", k, name))
		if err := os.WriteFile(to, []byte(f.render()), 0o600); err != nil {
			return nil, err
		}
		o.Replace[filepath.Join(p.Dir, name)] = to
	}
	to := filepath.Join(dir, fmt.Sprintf("%d_zmutant.go", k))
	o.Replace[filepath.Join(p.Dir, "zmutant.go")] = to
	return found, os.WriteFile(to, []byte("package "+p.Name+chooser), 0o600)
}

// chooser is added to every package.
const chooser = `

import (
	"os"
	"strconv"
)

// mutant is the number of the mutant that runs, 0 for none.
var mutant = func() int { n, _ := strconv.Atoi(os.Getenv("MUTANT")); return n }()

func mutated[T any](id int, original, other T) T {
	if mutant == id {
		return other
	}
	return original
}
`

// render is the source with all places rewritten.
func (f *file) render() string {
	sort.SliceStable(f.wraps, func(i, j int) bool {
		a, b := f.wraps[i], f.wraps[j]
		if a.pos != b.pos {
			return a.pos < b.pos
		}
		return a.end > b.end
	})
	s, rest := f.renderIn(0, len(f.src), f.wraps)
	if len(rest) > 0 {
		panic("mutate: places overlap in " + f.name)
	}
	return s
}

// renderIn renders [pos, end) with the first of wraps that lie in it, and
// returns the others.
func (f *file) renderIn(pos, end int, wraps []wrap) (string, []wrap) {
	var b strings.Builder
	for len(wraps) > 0 && wraps[0].end <= end {
		w := wraps[0]
		b.WriteString(f.src[pos:w.pos])
		var inner string
		inner, wraps = f.renderIn(w.pos, w.end, wraps[1:])
		b.WriteString(w.text(inner))
		pos = w.end
	}
	b.WriteString(f.src[pos:end])
	return b.String(), wraps
}
