package codegen

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// Import paths of what generated files use.
const (
	module   = "github.com/bpf2go-native/bpf2go-native"
	pathABI  = module + "/rtlib/abi/v1"
	pathRT   = module + "/rtlib"
	pathEBPF = module + "/rtlib/ebpf"
	pathBPF  = module + "/bpf"
)

// newFile starts a Go file with header and build constraint.
func (g *generator) newFile(archs []string) *jen.File {
	f := jen.NewFile(g.Package)
	for _, line := range g.header() {
		f.HeaderComment("// " + line)
	}
	f.PackageComment(g.constraint(archs) + "\n") // a blank line behind it, as gofmt wants
	f.ImportAlias(pathABI, "abi")
	f.ImportName(pathRT, "rtlib")
	f.ImportName(pathEBPF, "ebpf")
	f.ImportName(pathBPF, "bpf")
	return f
}

// comment adds a doc comment, wrapped as prose.
func comment(f *jen.File, text string) {
	const width = 76
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			f.Comment("// " + line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	f.Comment("// " + line)
}

// nativeFile declares the functions of the assembly files. The file has its
// own build constraint, because a function without a body can be declared
// only where assembly defines it.
func nativeFile(g *generator) ([]File, error) {
	if len(g.native) == 0 {
		return nil, nil
	}
	f := g.newFile(g.native)
	comment(f, "Machine code runs on this architecture.")
	f.Const().Id(g.engineName()).Op("=").Lit("native")
	g.declareTie(f, false)
	for i, p := range g.Programs {
		for j, fn := range p.IR.Funcs {
			name := g.names.funcs[i][fn.Name]
			f.Line()
			if j == 0 {
				comment(f, fmt.Sprintf("%s is program %s (section %s) as machine code.", name, oneLine(p.Source.Name), oneLine(p.Source.Section)))
			} else {
				comment(f, fmt.Sprintf("%s is subprogram %s of %s as machine code; base is its r10.", name, oneLine(fn.Name), oneLine(p.Source.Name)))
			}
			f.Add(declaration(name, fn))
		}
	}
	return render(f, g.fileName("_native", ".go"))
}

// engineName is the constant that says which engine this build runs.
func (g *generator) engineName() string { return lowerFirst(g.Ident) + "Engine" }

// declaration is the head of a function of a program: func(fr *abi.Frame) of
// an entry, with r10 and the arguments of a subprogram.
func declaration(name string, fn *ir.Func) *jen.Statement {
	n := fn.NumArgs
	if fn.Entry {
		n = -1
	}
	params := []jen.Code{jen.Id("fr").Op("*").Qual(pathABI, "Frame")}
	names := paramNames(n)[1:]
	for i, p := range names {
		param := jen.Id(p)
		if i == len(names)-1 {
			param.Uint64()
		}
		params = append(params, param)
	}
	return jen.Func().Id(name).Params(params...).Params(jen.Id("ret").Uint64())
}
