package main

import (
	"errors"
	"fmt"
	"go/build/constraint"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/codegen"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
)

// options is a command line that was checked.
type options struct {
	ident, source string
	object        bool     // source is an object, not C; set by checkSource
	cc            []string // the command and its arguments
	cflags        []string
	load          elf.Options
	types         []string
	noGlobalTypes bool
	outputDir     string // relative or absolute, as given
	stem, suffix  string
	pkg, tags     string
	targets       []target
	makebase      string
	verbose       bool
	check         bool
	backend       string
	arches        []string // GOARCHes to make machine code for
	archesGiven   bool
	levels        []*backend.Target // to make machine code for besides
	annotate      codegen.Annotate
	dump          []string
	fuel          uint64
}

var (
	ccType      = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
	annotations = map[string]codegen.Annotate{
		"none": codegen.AnnotateNone, "source": codegen.AnnotateSource, "full": codegen.AnnotateFull,
	}
)

// options checks the flags and arguments of the root command.
func (t *tool) options(f *flags, args, cflags []string) (*options, error) {
	if len(args) != 2 {
		return nil, fmt.Errorf("expected <ident> and <source.c | object.o>, got %d arguments; bpf2go-native -help says more", len(args))
	}
	o := &options{
		ident: args[0], source: args[1],
		noGlobalTypes: f.noGlobalTypes, outputDir: f.outputDir, stem: f.stem, suffix: f.suffix, pkg: f.pkg, tags: f.tags,
		makebase: f.makebase, verbose: f.verbose, fuel: f.fuel, check: f.check, backend: f.backend, dump: f.dump,
	}
	for _, step := range []func() error{
		func() error { return o.names() },
		func() error { return o.compiler(f, cflags) },
		func() error { return o.choices(f) },
		func() error { return o.ctypes(f.types) },
		func() (err error) { o.targets, err = parseTargets(f.target); return },
		func() (err error) { o.load, err = f.input.options(); return },
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	o.load.Types, o.load.NoGlobalTypes = o.types, o.noGlobalTypes
	return o, nil
}

// names checks what becomes part of Go code or of file names.
func (o *options) names() error {
	if err := checkName("ident", o.ident); err != nil {
		return err
	}
	if o.pkg == "" && len(o.dump) == 0 {
		return errors.New("the Go package is not known: run under go generate, set GOPACKAGE or pass -go-package")
	}
	if o.pkg != "" {
		if err := checkName("-go-package", o.pkg); err != nil {
			return err
		}
	}
	if o.stem == "" {
		o.stem = strings.ToLower(o.ident)
	}
	if o.outputDir == "" {
		o.outputDir = "."
	}
	if err := checkFileNames(o.stem, o.suffix); err != nil {
		return err
	}
	if o.tags == "" {
		return nil
	}
	// bpf2go reads the form of before Go 1.17: a comma is an and.
	expr, err := constraint.Parse("// +build " + o.tags)
	if err != nil || strings.ContainsAny(o.tags, "&|()") {
		if expr, err = constraint.Parse("//go:build " + o.tags); err != nil {
			return fmt.Errorf("-tags %q is not a build constraint: %w", o.tags, err)
		}
	}
	o.tags = expr.String()
	return nil
}

// checkName refuses what cannot be a name in Go; what says which one it is.
func checkName(what, name string) error {
	switch {
	case token.IsKeyword(name):
		return fmt.Errorf("%s %q is a keyword of Go; choose another", what, name)
	case !token.IsIdentifier(name) || name == "_":
		return fmt.Errorf("%s %q is not a Go identifier", what, name)
	}
	return nil
}

// compiler sets the command and flags of the C compiler.
func (o *options) compiler(f *flags, cflags []string) error {
	o.cc = strings.Fields(f.cc)
	if len(o.cc) == 0 {
		return errors.New("-cc is empty: name a compiler, such as clang")
	}
	words, err := splitWords(f.cflags)
	if err != nil {
		return fmt.Errorf("-cflags: %w", err)
	}
	o.cflags = append(words, cflags...)
	for _, flag := range o.cflags {
		if strings.HasPrefix(flag, "-M") {
			return fmt.Errorf("the C flag %q writes dependencies to a place of its own: use -makebase", flag)
		}
	}
	return nil
}

// choices checks flags that take one of a few words.
func (o *options) choices(f *flags) error {
	if !slices.Contains([]string{"auto", "native", "go"}, o.backend) {
		return fmt.Errorf("-backend %q: want native, go or auto", o.backend)
	}
	annotate, known := annotations[f.annotate]
	if !known {
		return fmt.Errorf("-annotate %q: want none, source or full", f.annotate)
	}
	o.annotate = annotate
	for _, stage := range o.dump {
		if !slices.Contains([]string{"elf", "facts", "ir", "asm"}, stage) {
			return fmt.Errorf("-dump %q: want elf, facts, ir or asm, or several with commas", stage)
		}
	}
	var err error
	if o.levels, err = levelOf(f.goamd64); err != nil {
		return err
	}
	if len(o.levels) > 0 && f.backend == "go" {
		return fmt.Errorf("-goamd64 %s: -backend go makes no machine code", f.goamd64)
	}
	o.arches = nativeArches()
	if f.goarch == "" {
		return nil
	}
	o.archesGiven = true
	var chosen []string
	for arch := range strings.SplitSeq(f.goarch, ",") {
		if !slices.Contains(o.arches, arch) {
			return fmt.Errorf("-goarch %q: machine code exists for %s; every other little-endian architecture gets Go source", arch, strings.Join(o.arches, ", "))
		}
		if !slices.Contains(chosen, arch) {
			chosen = append(chosen, arch)
		}
	}
	o.arches = chosen
	for _, l := range o.levels {
		if !slices.Contains(chosen, l.Name) {
			return fmt.Errorf("-goamd64 %s: -goarch has no %s", l.Level, l.Name)
		}
	}
	return nil
}

// ctypes checks the names of C types and sorts them, so that their order on
// the command line does not matter.
func (o *options) ctypes(names []string) error {
	for _, name := range names {
		if !ccType.MatchString(name) {
			return fmt.Errorf("-type %q is not the name of a C type: give the tag or typedef alone", name)
		}
		if slices.Contains(o.types, name) {
			return fmt.Errorf("-type %q is given twice", name)
		}
		o.types = append(o.types, name)
	}
	slices.Sort(o.types)
	return nil
}

// options turns the flags of input into those of elf.Load, and reads the file
// with the types of a kernel.
func (f *inputFlags) options() (elf.Options, error) {
	opt := elf.Options{ProgTypes: make(map[string]string), Set: make(map[string]string)}
	switch f.platform {
	case "linux":
	case "windows":
		opt.Platform = bpf.Windows
	default:
		return opt, fmt.Errorf("-platform %q: want linux or windows", f.platform)
	}
	for _, p := range f.progTypes {
		section, name, ok := strings.Cut(p, "=")
		if !ok || section == "" || name == "" {
			return opt, fmt.Errorf("-prog-type %q: want SECTION=TYPE, such as %s=xdp", p, p)
		}
		if other, twice := opt.ProgTypes[section]; twice && other != name {
			return opt, fmt.Errorf("-prog-type: section %s is given two types, %s and %s", section, other, name)
		}
		opt.ProgTypes[section] = name
	}
	for _, v := range f.set {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return opt, fmt.Errorf("-set %q: want NAME=VALUE, such as %s=1", v, v)
		}
		if other, twice := opt.Set[name]; twice && other != value {
			return opt, fmt.Errorf("-set: %s is given two values, %s and %s", name, other, value)
		}
		opt.Set[name] = value
	}
	if f.btf == "" {
		return opt, nil
	}
	var err error
	if opt.Kernel, err = os.ReadFile(f.btf); err != nil {
		return opt, fmt.Errorf("-btf: %w", err)
	}
	return opt, nil
}

// getenv returns a variable, or a default when it is not set at all.
func (t *tool) getenv(name, def string) string {
	if v, ok := t.env[name]; ok {
		return v
	}
	return def
}

// truth reads a boolean variable; anything that is none is false.
func truth(s string) bool {
	b, err := strconv.ParseBool(s)
	return err == nil && b
}

// defaultSuffix is _test when go generate found its line in a test.
func (t *tool) defaultSuffix() string {
	if strings.HasSuffix(t.env["GOFILE"], "_test.go") {
		return "_test"
	}
	return ""
}

// maxObject bounds what is read as an object, in bytes: a slip must not take
// all memory. The largest objects that are known have a few megabytes.
const maxObject = 256 << 20

// readObject reads an object file.
func readObject(file string) ([]byte, error) {
	if ext := strings.ToLower(filepath.Ext(file)); ext == ".c" {
		return nil, fmt.Errorf("%s is C source: compile it with clang -g -O2 -target bpf -c first", file)
	}
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a directory: pass an object (.o)", file)
	}
	if info.Size() > maxObject {
		return nil, fmt.Errorf("%s has %d bytes, and no object of BPF programs has more than %d: pass an object (.o)", file, info.Size(), maxObject)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return data, nil
}
