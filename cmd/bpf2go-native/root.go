package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const long = `bpf2go-native compiles eBPF programs into a Go package of native code: machine
code for amd64 and arm64, Go source for every other little-endian architecture.
No kernel, no cgo and no clang at run time; every program is verified first.

ident is the stem of all generated Go names and must be a Go identifier. source
is a C file, compiled by clang, or an ELF object. C flags follow a "--" and win
over those of -cflags, in which quotation marks keep spaces.

Files are written to the current directory, for the package in $GOPACKAGE, as
go generate sets it. Nothing is written unless everything succeeded. Long flags
may have one dash or two.

Exit codes: 1 refused by the verifier, or differences found by -check; 2 wrong
usage or malformed input; 3 the C compiler is missing or refuses.`

// execute parses the command line and runs the command that it names.
func (t *tool) execute(args []string) error {
	own, cflags := splitCFlags(args)
	root := t.root(cflags)
	root.AddCommand(t.verifyCommand(), t.disasmCommand())
	root.SetArgs(normalise(own, root))
	root.SetOut(t.stdout)
	root.SetErr(t.stderr)
	return root.Execute()
}

// flags are the values of the root command's flags as they were given.
type flags struct {
	cc, cflags, strip            string
	noStrip                      bool
	types                        []string
	noGlobalTypes                bool
	outputDir, stem, suffix, pkg string
	tags, target, makebase       string
	verbose, check               bool
	backend, goarch, goamd64     string
	annotate                     string
	dump                         []string
	fuel                         uint64
	input                        inputFlags
}

// inputFlags are those of every command that reads an object.
type inputFlags struct {
	platform  string
	progTypes []string
	set       []string
	btf       string
}

func (f *inputFlags) add(set *pflag.FlagSet) {
	set.StringVar(&f.platform, "platform", "linux", "`platform` whose numbers the object uses, linux or windows")
	set.StringArrayVar(&f.progTypes, "prog-type", nil, "program type of a section whose name does not tell, `SECTION=TYPE`; * in SECTION is any text; may be repeated")
	set.StringArrayVar(&f.set, "set", nil, "value of a constant (const volatile) or a kernel configuration variable, `NAME=VALUE`; may be repeated")
	set.StringVar(&f.btf, "btf", "", "`file` with the types, BTF or ELF, that CO-RE relocations are applied against (default the object's own)")
}

// root makes the command that generates.
func (t *tool) root(cflags []string) *cobra.Command {
	f := new(flags)
	c := &cobra.Command{
		Use:           "bpf2go-native [flags] <ident> <source.c | object.o> [-- <C flags>]",
		Short:         "Compile eBPF programs into a Go package of native code",
		Long:          long,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			o, err := t.options(f, args, cflags)
			if err != nil {
				return err
			}
			return t.generate(o)
		},
	}
	t.addFlags(c.Flags(), f)
	c.SetFlagErrorFunc(flagError)
	c.CompletionOptions.HiddenDefaultCmd = true
	return c
}

// addFlags declares the flags: those of bpf2go first, with its defaults and
// variables, then our own.
func (t *tool) addFlags(set *pflag.FlagSet, f *flags) {
	set.SortFlags = false
	set.StringVar(&f.cc, "cc", t.getenv("BPF2GO_CC", "clang"), "`command` that compiles C, may hold arguments ($BPF2GO_CC)")
	set.StringVar(&f.cflags, "cflags", t.getenv("BPF2GO_CFLAGS", ""), "`flags` for the C compiler ($BPF2GO_CFLAGS)")
	set.StringArrayVar(&f.types, "type", nil, "`name` of a C type to declare in Go; may be repeated")
	set.BoolVar(&f.noGlobalTypes, "no-global-types", false, "declare no types of map keys, map values and variables")
	set.StringVar(&f.outputDir, "output-dir", "", "`directory` of the generated files (default the current one)")
	set.StringVar(&f.stem, "output-stem", "", "`stem` of the names of generated files (default ident in lower case)")
	set.StringVar(&f.suffix, "output-suffix", t.defaultSuffix(), "`suffix` of their names, such as _test (default by $GOFILE)")
	set.StringVar(&f.pkg, "go-package", t.getenv("GOPACKAGE", ""), "`name` of the Go package ($GOPACKAGE)")
	set.StringVar(&f.tags, "tags", "", "build `constraint` for the generated files")
	set.StringVar(&f.target, "target", "bpfel", "`targets` for clang, separated by commas: bpf, bpfel, bpfeb, native or a GOARCH")
	set.StringVar(&f.strip, "strip", t.getenv("BPF2GO_STRIP", ""), "accepted for bpf2go's sake ($BPF2GO_STRIP): no object is written, so there is nothing to strip")
	set.BoolVar(&f.noStrip, "no-strip", false, "accepted for bpf2go's sake")
	set.StringVar(&f.makebase, "makebase", t.getenv("BPF2GO_MAKEBASE", ""), "write dependency files for make relative to this `directory` ($BPF2GO_MAKEBASE)")
	set.BoolVar(&f.verbose, "verbose", truth(t.getenv("V", "")), "say what is done ($V)")

	set.StringVar(&f.backend, "backend", "auto", "native, go or auto: machine code where there is some, Go source only, or as the package allows")
	set.StringVar(&f.goarch, "goarch", "", "`list` of architectures to make machine code for (default all: amd64,arm64)")
	set.StringVar(&f.goamd64, "goamd64", "v1", "`level` of amd64: v1, whose code runs everywhere, or v3 for a second file with MOVBE, BMI1 and BMI2 that go build takes when GOAMD64 is v3 or v4")
	set.StringVar(&f.annotate, "annotate", "source", "comments in assembly: none, source (C lines and eBPF) or full (machine instructions, too)")
	set.BoolVar(&f.check, "check", false, "write nothing; exit with 1 when the files on disk are not what would be written")
	set.StringSliceVar(&f.dump, "dump", nil, "write nothing; print `stages`: elf, facts, ir, asm")
	set.Uint64Var(&f.fuel, "fuel", 0, fuelUsage)
	f.input.add(set)
}

const fuelUsage = "end a run with an error before it executes more than `N` instructions; loops need no proof that they end then; 0 is no budget"

// flagError makes errors of pflag more useful where bpf2go's users trip.
func flagError(_ *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		return fmt.Errorf("%w; C flags belong behind --, and -help lists ours", err)
	}
	return err
}
