package harness

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

const module = "github.com/bpf2go-native/bpf2go-native"

// runner is the main package: text, so that it is built in the module with the
// programs only.
//
//go:embed runner.go.txt
var runner string

// link prints the code of the units, builds the binary and runs it.
func (o Options) link(ctx context.Context, e Engine, units []unit) (results []Result, err error) {
	start := time.Now()
	packages, err := chunks(e, units, cmp.Or(o.chunk, chunkSize))
	o.Times.Codegen += time.Since(start)
	if err != nil {
		return nil, err
	}
	results = make([]Result, len(units))
	for i := range units {
		results[i].Refused = units[i].refused
	}
	if len(packages) == 0 {
		return results, nil
	}
	dir := o.Work
	if dir == "" {
		if dir, err = os.MkdirTemp("", "bpf2go-harness-"); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	start = time.Now()
	binary, err := o.build(ctx, e, dir, packages)
	o.Times.Build += time.Since(start)
	if err != nil {
		return nil, err
	}
	start = time.Now()
	err = o.execute(ctx, e, binary, units, results)
	o.Times.Run += time.Since(start)
	return results, err
}

// chunkSize is how many cases share a package, if Options do not say: packages
// are compiled in parallel, each costs as much as some dozens of programs.
const chunkSize = 500

// build writes the module and builds it; it returns the binary's path.
func (o Options) build(ctx context.Context, e Engine, dir string, packages []chunk) (string, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return "", err
	}
	files := map[string][]byte{"main.go": []byte(runner), "entries.go": imports(packages)}
	if err := moduleFiles(files, root); err != nil {
		return "", err
	}
	if len(o.Files) > 0 {
		files["own.go"] = []byte("package main\n\nimport _ \"harness/own\"\n")
		files["own/references.s"] = references(e, packages)
	}
	for name, text := range o.Files {
		files["own/"+name] = []byte(text)
	}
	for _, p := range packages {
		for _, f := range p.files {
			files[p.name+"/"+f.Name] = f.Data
		}
		files[p.name+"/entries.go"] = p.entries()
		if e.kind == kindBody && len(p.own) > 0 {
			files[p.name+"/own.go"], files[p.name+"/own.s"] = p.declarations(), nil
		}
	}
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			return "", err
		}
	}
	binary := filepath.Join(dir, "runner")
	args := append(append([]string{"build", "-o", binary}, o.Build...), ".")
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "CGO_ENABLED=0", "GOARCH="+e.goarch, "GOAMD64="+cmp.Or(e.level, "v1")), o.Env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%v: go build: %w\n%.4000s", e, err, out)
	}
	return binary, nil
}

// moduleRoot finds the folder of this module: where this file was compiled, or
// with -trimpath that of the working directory's module.
func moduleRoot(ctx context.Context) (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		root := filepath.Join(filepath.Dir(file), "..", "..")
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return root, nil
		}
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("go list -m %s: %w; run inside the module", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// moduleFiles adds go.mod and go.sum of a module that uses this one as it is
// in its folder.
func moduleFiles(files map[string][]byte, root string) error {
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	mod = bytes.Replace(mod, []byte("module "+module), []byte("module harness"), 1)
	files["go.mod"] = fmt.Appendf(mod, "\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, root)
	files["go.sum"], err = os.ReadFile(filepath.Join(root, "go.sum"))
	return err
}

// entries is the file of a package that exports its entries.
func (c *chunk) entries() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package programs\n\nimport abi %q\n\nvar Entries = []func(*abi.Frame) uint64{\n", module+"/rtlib/abi/v1")
	for _, name := range c.names {
		fmt.Fprintf(&b, "\t%s,\n", name)
	}
	b.WriteString("}\n")
	return b.Bytes()
}

// references is the assembly that makes Go's compiler give the hooks' own
// helpers entries for machine code, as rtlib/refs_amd64.s does.
func references(e Engine, packages []chunk) []byte {
	b := bytes.NewBufferString("#include \"textflag.h\"\n\nTEXT ·references(SB), NOSPLIT, $0-0\n")
	seen := map[string]bool{}
	for _, p := range packages {
		for _, h := range p.own {
			if e.kind == kindNative && !seen[h.Symbol] {
				fmt.Fprintf(b, "\tCALL bpf2go∕rtlib∕v1·%s(SB)\n", h.Symbol)
				seen[h.Symbol] = true
			}
		}
	}
	b.WriteString("\tRET\n")
	return b.Bytes()
}

// declarations is the file of a package with Go bodies that declares the hooks'
// own helpers. Functions without body need an assembly file beside them.
func (c *chunk) declarations() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package programs\n\nimport (\n\t_ \"unsafe\"\n\n\tabi %q\n)\n", module+"/rtlib/abi/v1")
	for _, h := range c.own {
		fmt.Fprintf(&b, "\n//go:linkname %s bpf2go/rtlib/v1.%s\nfunc %s(*abi.Frame%s) uint64\n", h.Symbol, h.Symbol, h.Symbol, strings.Repeat(", uint64", len(h.Args)))
	}
	return b.Bytes()
}

// imports is the file of package main that joins the entries of all packages.
func imports(packages []chunk) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "package main\n\nimport (\n\t\"slices\"\n\n\tabi %q\n", module+"/rtlib/abi/v1")
	for _, p := range packages {
		fmt.Fprintf(&b, "\t%s %q\n", p.name, "harness/"+p.name)
	}
	b.WriteString(")\n\nfunc entries() []func(*abi.Frame) uint64 {\n\treturn slices.Concat(")
	for i, p := range packages {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.name + ".Entries")
	}
	b.WriteString(")\n}\n")
	return b.Bytes()
}
