package codegen

import (
	"errors"
	"fmt"
	"go/build/constraint"
	"go/token"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// Backend chooses what a program becomes.
type Backend uint8

// Backends. BackendNative is machine code where every program has it and Go
// bodies elsewhere; BackendGo is Go bodies everywhere.
const (
	BackendNative Backend = iota
	BackendGo
)

// Annotate chooses the comments of assembly files.
type Annotate uint8

// Annotations. AnnotateSource gives the C line and the eBPF instructions of
// each group, AnnotateFull each machine instruction as well.
const (
	AnnotateSource Annotate = iota
	AnnotateNone
	AnnotateFull
)

// Input is all that the output depends on. Generate changes nothing in it.
type Input struct {
	Package string // name of the Go package
	Ident   string // prefix of every identifier: "foo"
	Stem    string // prefix of every file name: "foo_bpfel"
	Suffix  string // end of every file name before its extension: "" or "_test"
	Tags    string // build constraint of the user, "" for none
	Version string // of the tool, printed in the header; "" for none

	Object   *frontend.Object
	Programs []Program // in the order of Object.Programs
	Backend  Backend
	Annotate Annotate

	Types         []string // C types to declare besides those of maps and variables
	NoGlobalTypes bool     // declare none for map keys, map values and variables
}

// Program is one verified program in every form that there is of it.
type Program struct {
	Source *frontend.Program
	IR     *ir.Program
	Facts  *verifier.Facts
	// Code is the machine code by the build tag of its target: amd64, arm64,
	// and amd64.v3 for what is built in place of amd64 when GOAMD64 is v3 or
	// above. Every program of an Input has the same; nil with BackendGo.
	Code map[string]*backend.Code
}

// File is one generated file.
type File struct {
	Name string // without a folder
	Data []byte
}

// bodyArchs are the little-endian GOARCHes that rtlib serves. Those without
// machine code get Go bodies.
var bodyArchs = [...]string{"386", "amd64", "arm", "arm64", "loong64", "mips64le", "mipsle", "ppc64le", "riscv64", "wasm"}

// Generate prints the files of one object, in the order of docs/decisions/0004.
// Errors wrap bpf.ErrUnsupported when the object asks for something that no
// output has.
func Generate(in Input) ([]File, error) {
	if err := in.check(); err != nil {
		return nil, fmt.Errorf("codegen: %w", err)
	}
	g, err := newGenerator(&in)
	if err != nil {
		return nil, fmt.Errorf("codegen: %w", err)
	}
	var files []File
	for _, stage := range []func(*generator) ([]File, error){objectFile, asmFiles, nativeFile, bodyFile} {
		more, err := stage(g)
		if err != nil {
			return nil, fmt.Errorf("codegen: %w", err)
		}
		files = append(files, more...)
	}
	return files, nil
}

// check refuses an Input that no output could follow from.
func (in *Input) check() error {
	switch {
	case in.Object == nil:
		return errors.New("no object")
	case !token.IsIdentifier(in.Ident):
		return fmt.Errorf("%q is not a Go identifier; choose another ident", in.Ident)
	case !token.IsIdentifier(in.Package) || in.Package == "_":
		return fmt.Errorf("%q is not a Go package name; set -go-package", in.Package)
	case in.Stem == "" || strings.ContainsAny(in.Stem, `/\`):
		return fmt.Errorf("%q is not a file name; set -output-stem", in.Stem)
	case len(in.Programs) != len(in.Object.Programs):
		return fmt.Errorf("%d programs of %d are compiled", len(in.Programs), len(in.Object.Programs))
	case in.Suffix == "_test" && in.Backend == BackendNative && len(in.Programs) > 0:
		return errors.New("assembly cannot belong to tests only; use -backend go")
	}
	if in.Tags != "" {
		if _, err := constraint.Parse("//go:build " + in.Tags); err != nil {
			return fmt.Errorf("%q is not a build constraint: %w", in.Tags, err)
		}
	}
	for _, m := range in.Object.Maps {
		row := table.MapTypeOf(m.Type)
		if row == nil {
			return fmt.Errorf("map %s of type %d: %w", m.Name, m.Type, bpf.ErrUnsupported)
		}
		if err := row.Status.Compiled("map " + m.Name + " of type " + row.Name); err != nil {
			return err
		}
	}
	for i, p := range in.Programs {
		switch {
		case p.Source == nil || p.IR == nil || p.Facts == nil || len(p.IR.Funcs) == 0:
			return fmt.Errorf("program %d is not complete", i)
		case p.Source.Hook == nil:
			return fmt.Errorf("program %s has no hook", p.Source.Name)
		case p.Source.Hook.Go == "":
			return fmt.Errorf("program %s: hook %s has no Go type in rtlib: %w", p.Source.Name, p.Source.Hook.Name, bpf.ErrUnsupported)
		}
	}
	return nil
}

// generator is what the stages share. It does not change once made.
type generator struct {
	*Input
	names  *names
	native []string // GOARCHes with machine code
	levels []level  // those of them with code for a level
	bodies []string // GOARCHes with Go bodies
	tie    string   // function that ties the files together, "" without programs

	expressions *[ir.NumOps]expression
}

func newGenerator(in *Input) (*generator, error) {
	g := &generator{Input: in, expressions: expressions()}
	var err error
	if g.names, err = resolveNames(in); err != nil {
		return nil, err
	}
	if len(in.Programs) == 0 {
		return g, nil
	}
	used := g.topLevel()
	for _, field := range g.names.programs {
		g.names.bound = append(g.names.bound, boundNames{unique(used, g.Ident+field+"Runner"), unique(used, g.Ident+field+"Call")})
	}
	if err := g.machines(); err != nil {
		return nil, err
	}
	if g.tie, err = g.tieName(); err != nil {
		return nil, err
	}
	return g, nil
}

// machines finds out which machines there is code for.
func (g *generator) machines() error {
	compiled := func(tag string) (bool, error) {
		with := 0
		for _, p := range g.Programs {
			if p.Code[tag] != nil {
				with++
			}
		}
		if with == 0 || g.Backend == BackendGo {
			return false, nil
		}
		if with < len(g.Programs) {
			return false, fmt.Errorf("%d programs of %d have code for %s", with, len(g.Programs), tag)
		}
		return true, nil
	}
	for _, arch := range bodyArchs {
		is, err := compiled(arch)
		switch {
		case err != nil:
			return err
		case is:
			g.native = append(g.native, arch)
		default:
			g.bodies = append(g.bodies, arch)
		}
	}
	for _, l := range levels {
		is, err := compiled(l.tag())
		switch {
		case err != nil:
			return err
		case is && !slices.Contains(g.native, l.arch):
			return fmt.Errorf("there is code for %s and none for other machines of %s", l.tag(), l.arch)
		case is:
			g.levels = append(g.levels, l)
		}
	}
	return nil
}

// constraint is the go:build line of a file for these architectures, or for
// what a single expression says.
func (g *generator) constraint(archs []string) string {
	or := strings.Join(archs, " || ")
	if g.Tags == "" {
		return "//go:build " + or
	}
	tags, err := constraint.Parse("//go:build " + g.Tags)
	if err != nil {
		return "//go:build " + or // check has parsed it
	}
	user := tags.String()
	if _, isOr := tags.(*constraint.OrExpr); isOr {
		user = "(" + user + ")"
	}
	if len(archs) > 1 {
		or = "(" + or + ")"
	}
	return "//go:build " + or + " && " + user
}

// header is the comment at the top of every file: the line that Go's tools
// know, and what the file was made from.
func (g *generator) header() []string {
	from := "Source: " + oneLine(g.Object.Name)
	if g.Version != "" {
		from += ", bpf2go-native " + oneLine(g.Version)
	}
	return []string{"Code generated by bpf2go-native; DO NOT EDIT.", from}
}

// fileName is the stem, the part of this file, the suffix and the extension.
func (g *generator) fileName(part, ext string) string {
	return g.Stem + part + g.Suffix + ext
}

// allArchs are the architectures of the files that every build needs.
func (g *generator) allArchs() []string { return slices.Clone(bodyArchs[:]) }
