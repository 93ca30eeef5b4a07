package codegen

import (
	"crypto/sha256"
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/bpf/canon"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// The files of one run of the tool belong together: machine code reaches maps
// by their position in ObjectSpec.Maps and trusts their sizes. A merge that
// takes one file from here and one from there, or a tool killed between two
// renames, would make a program that writes to the wrong map. So the code
// files define a function whose name holds a digest of maps, programs and
// machine code, and the object file names it: files of different runs do not
// link.

// tieName is the name of that function.
func (g *generator) tieName() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, abi.Version)
	for _, m := range g.Object.Maps {
		fmt.Fprintln(h, m.Name, m.Type, m.KeySize, m.ValueSize, m.MaxEntries, m.Flags, m.Frozen)
	}
	for _, p := range g.Programs {
		hash, err := canon.Hash(p.Source.Insns)
		if err != nil {
			return "", fmt.Errorf("program %s: %w", p.Source.Name, err)
		}
		fmt.Fprintf(h, "%s %x\n", p.Source.Name, hash)
		for _, a := range g.assemblies() {
			for _, f := range p.Code[a.tag].Funcs {
				fmt.Fprintf(h, "%s %s %d %x\n", a.tag, f.Name, f.FrameSize, f.Bytes)
			}
		}
	}
	return fmt.Sprintf("%sTie_%x", lowerFirst(g.Ident), h.Sum(nil)[:4]), nil
}

// declareTie adds the function to a Go file: its body, or a declaration where
// assembly has it.
func (g *generator) declareTie(f *jen.File, body bool) {
	f.Line()
	comment(f, fmt.Sprintf("%s ties this file to the object's: files of different runs of the tool do not link.", g.tie))
	fn := f.Func().Id(g.tie).Params()
	if body {
		fn.Block()
	}
}
