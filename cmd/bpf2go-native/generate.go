package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/codegen"
)

// generate is the root command: it brings every target's object through the
// pipeline and then changes the disk, or only compares or prints.
func (t *tool) generate(o *options) error {
	if err := t.checkSource(o); err != nil {
		return err
	}
	out := &output{dir: o.outputDir}
	made := 0
	for _, tgt := range o.targets {
		stem := o.stem + "_" + tgt.suffix()
		files, err := t.target(o, tgt, stem)
		if err != nil {
			return err
		}
		if files == nil {
			continue
		}
		made++
		if err := out.add(stem, o.suffix, files); err != nil {
			return err
		}
	}
	if made == 0 || len(o.dump) > 0 {
		return nil
	}
	if err := out.checkPackage(o.pkg); err != nil {
		return err
	}
	if o.check {
		return t.compare(out)
	}
	if o.verbose {
		for _, f := range out.files {
			t.note("%s: %d bytes", filepath.Join(out.dir, f.Name), len(f.Data))
		}
		for _, name := range out.stale {
			t.note("%s: removed", filepath.Join(out.dir, name))
		}
	}
	if err := out.write(); err != nil {
		return err
	}
	return t.noteSource(o)
}

// noteSource warns of C source that go build would stop at: it lies in the
// package, and no build constraint hides it.
func (t *tool) noteSource(o *options) error {
	if o.object || filepath.Ext(o.source) != ".c" {
		return nil
	}
	if same, err := sameDir(filepath.Dir(o.source), o.outputDir); err != nil || !same {
		return err
	}
	src, err := os.ReadFile(o.source)
	if err != nil {
		return err
	}
	if buildLine(src) == nil {
		t.note("%s is in the Go package, and go build refuses C there: let it begin with //go:build ignore and an empty line, or move it to another directory", o.source)
	}
	return nil
}

// sameDir reports whether two names are of one directory.
func sameDir(a, b string) (bool, error) {
	x, err := os.Stat(a)
	if err != nil {
		return false, err
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y), err
}

// compare is -check.
func (t *tool) compare(out *output) error {
	list, err := out.differences()
	if err != nil || len(list) == 0 {
		return err
	}
	return refused("%s: %s; run go generate", filepath.Clean(out.dir), strings.Join(list, "; "))
}

// checkSource refuses targets that the source cannot be compiled for.
func (t *tool) checkSource(o *options) error {
	object, err := isObject(o.source)
	if err != nil {
		return err
	}
	o.object = object
	little := slices.ContainsFunc(o.targets, func(tgt target) bool { return tgt.clang != "bpfeb" })
	switch {
	case object && len(o.targets) > 1:
		return fmt.Errorf("%s is compiled already: -target takes one target for an object", o.source)
	case object && o.makebase != "":
		return fmt.Errorf("%s is compiled already: -makebase needs C source", o.source)
	case !object && !little:
		return fmt.Errorf("-target bpfeb alone: big-endian objects can be verified and disassembled, but there is no native code for them; add bpfel")
	}
	return nil
}

// elfMagic begins every object.
const elfMagic = "\x7fELF"

// isObject tells objects from C source: by their first bytes, or by the name
// of a file that is neither.
func isObject(file string) (bool, error) {
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer func() { _ = f.Close() }() // only read
	magic := make([]byte, 4)
	if n, err := f.Read(magic); n > 0 && err == nil && string(magic) == elfMagic {
		return true, nil
	}
	return slices.Contains([]string{".o", ".obj", ".elf"}, strings.ToLower(filepath.Ext(file))), nil
}

// target makes the files of one target; nil when there are none to make.
func (t *tool) target(o *options, tgt target, stem string) ([]codegen.File, error) {
	in := codegen.Input{
		Package: o.pkg, Ident: o.ident, Stem: stem, Suffix: o.suffix, Tags: tgt.tags(o.tags), Version: version(),
		Annotate: o.annotate, Types: o.types, NoGlobalTypes: o.noGlobalTypes,
	}
	if in.Package == "" {
		in.Package = "main" // -dump needs no package
	}
	if err := t.chooseBackend(o, &in); err != nil {
		return nil, err
	}
	var src compiled
	if o.object {
		data, err := readObject(o.source)
		if err != nil {
			return nil, err
		}
		src.object = data
	} else {
		c, err := t.compile(o, tgt)
		if err != nil {
			return nil, err
		}
		src = *c
	}
	files, err := t.build(o, tgt, src.object, in)
	if err != nil || files == nil || src.deps == nil {
		return files, err
	}
	made := filepath.Join(o.outputDir, files[0].Name)
	deps, err := makedep(src.deps, o.makebase, made)
	if err != nil {
		return nil, err
	}
	return append(files, codegen.File{Name: files[0].Name + depExt, Data: deps}), nil
}

// chooseBackend sets Go bodies where assembly cannot be: Go refuses it in
// packages with cgo, and links none of it for tests only.
func (t *tool) chooseBackend(o *options, in *codegen.Input) error {
	if o.backend == "go" {
		in.Backend = codegen.BackendGo
		return nil
	}
	why := ""
	if o.suffix == "_test" || strings.HasSuffix(o.pkg, "_test") {
		why = "assembly cannot belong to tests only"
	} else {
		file, err := usesCgo(o.outputDir, o.pkg)
		if err != nil {
			return err
		}
		if file != "" {
			why = fmt.Sprintf("%s uses cgo, and Go refuses assembly in such a package", filepath.Join(o.outputDir, file))
		}
	}
	if why != "" {
		in.Backend = codegen.BackendGo
		t.note("%s: generating Go bodies instead", why)
	}
	return nil
}

// version is the tool's version when it is a released one. A build from a
// checkout has none: files that it generates must not change with commits.
func version() string {
	const path = "github.com/bpf2go-native/bpf2go-native"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == path && m.Sum != "" {
			return m.Version
		}
	}
	return ""
}
