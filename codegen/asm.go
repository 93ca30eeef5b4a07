package codegen

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// symbolPrefix stands before every symbol of rtlib in assembly. It has the
// version of the Frame in it, so that code of two versions can be linked into
// one binary (docs/decisions/0002).
const symbolPrefix = "bpf2go∕rtlib∕v1·"

// level is a level of an architecture that there may be code for, besides that
// for all machines of the architecture. Go sets its tag when the variable of
// the architecture (GOAMD64) has that level or one above.
type level struct{ arch, name string }

func (l level) tag() string { return l.arch + "." + l.name }

// levels are all that a file can be made for, never changed.
var levels = [...]level{{"amd64", "v3"}}

// assembly is what tells one assembly file from the others.
type assembly struct {
	tag        string // of the code's target
	arch       string // GOARCH
	part       string // of the file's name
	constraint string // expression of Go's build constraints
}

// assemblies lists the assembly files. Where there is code for a level, a
// build has either that or the code for all machines, never both. The name of
// such a file says nothing to Go, which looks for an architecture at its end
// only, so the constraint has to name that as well.
func (g *generator) assemblies() []assembly {
	var list []assembly
	for _, arch := range g.native {
		base := assembly{tag: arch, arch: arch, part: "_" + arch, constraint: arch}
		var more []assembly
		for _, l := range g.levels {
			if l.arch == arch {
				base.constraint += " && !" + l.tag()
				more = append(more, assembly{tag: l.tag(), arch: arch, part: "_" + arch + "_" + l.name, constraint: arch + " && " + l.tag()})
			}
		}
		list = append(append(list, base), more...)
	}
	return list
}

// asmFiles prints the assembly files.
func asmFiles(g *generator) ([]File, error) {
	var files []File
	for _, a := range g.assemblies() {
		data, err := g.asmFile(a)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: g.Stem + a.part + ".s", Data: data})
	}
	return files, nil
}

// asmFile prints one of them.
func (g *generator) asmFile(file assembly) ([]byte, error) {
	var b bytes.Buffer
	for _, line := range g.header() {
		fmt.Fprintf(&b, "// %s\n", line)
	}
	fmt.Fprintf(&b, "\n%s\n\n#include \"textflag.h\"\n#include \"funcdata.h\"\n", g.constraint([]string{file.constraint}))
	for i, p := range g.Programs {
		code := p.Code[file.tag]
		if code.Target == nil || code.Target.Tag() != file.tag {
			return nil, fmt.Errorf("program %s: code for %s belongs to another target", p.Source.Name, file.tag)
		}
		for j := range code.Funcs {
			a := asmFunc{g: g, program: p.Source, names: g.names.funcs[i], target: code.Target, fn: &code.Funcs[j], out: &b}
			if err := a.print(); err != nil {
				return nil, fmt.Errorf("program %s: %s code of %s: %w", p.Source.Name, file.tag, code.Funcs[j].Name, err)
			}
		}
	}
	fmt.Fprintf(&b, "\n// %s ties this file to the object's.\nTEXT ·%s(SB), NOSPLIT, $0-0\n\tRET\n", g.tie, g.tie)
	return b.Bytes(), nil
}

// asmFunc prints one TEXT. The machine code is data to the Go assembler; what
// has to be symbolic is: arguments and result, which vet compares with the Go
// declaration, and calls, which the linker resolves.
//
// Lines of C. The directive #line N "file" gives number N to the second line
// behind it (the assembler of Go 1.26 counts the directive's own line end as
// well; TestLineNumbers would notice a change). So between a directive and its
// code always stands exactly one line, the text of the C line, and code that
// belongs to one C line is one line of assembly.
type asmFunc struct {
	g       *generator
	program *frontend.Program
	names   map[string]string
	target  *backend.Target
	fn      *backend.FuncCode
	out     *bytes.Buffer

	calls []backend.Call // not yet printed
	line  frontend.Line  // of the code being printed
	seen  map[int]bool   // eBPF instructions already in a comment
}

// print writes the function.
func (a *asmFunc) print() error {
	if err := a.check(); err != nil {
		return err
	}
	a.calls, a.seen = a.fn.Calls, map[int]bool{}
	a.line = a.firstLine()
	a.prologue()
	for i := 0; i < len(a.fn.Insts); {
		end := a.group(i)
		if err := a.printGroup(a.fn.Insts[i:end]); err != nil {
			return err
		}
		i = end
	}
	if len(a.calls) > 0 {
		return fmt.Errorf("call of %s at %#x is in no instruction", a.calls[0].Sym, a.calls[0].Off)
	}
	a.epilogue()
	return nil
}

// check refuses code whose parts do not fit together: a defect of a target.
func (a *asmFunc) check() error {
	if a.names[a.fn.Name] == "" {
		return errors.New("the program has no such function")
	}
	if a.fn.NumArgs > len(a.target.ArgRegs) || a.fn.FrameSize%8 != 0 || len(a.fn.Bytes)%a.target.Word != 0 {
		return fmt.Errorf("%d arguments, frame of %d bytes, code of %d bytes", a.fn.NumArgs, a.fn.FrameSize, len(a.fn.Bytes))
	}
	off := 0
	for _, inst := range a.fn.Insts {
		if inst.Off != off || inst.Len <= 0 || inst.Len%a.target.Word != 0 {
			return fmt.Errorf("instruction %q at %#x, want one at %#x", inst.Text, inst.Off, off)
		}
		off += inst.Len
	}
	if off != len(a.fn.Bytes) {
		return fmt.Errorf("instructions end at %#x, bytes at %#x", off, len(a.fn.Bytes))
	}
	return nil
}

// prologue prints the TEXT line and the loads of the arguments. They stand at
// the top only: nothing in the middle of the code is symbolic but calls.
//
// NO_LOCAL_POINTERS: the code keeps no pointer of Go's in its frame, so the
// garbage collector has nothing to look for there. Without it a process dies
// at the first scan of this stack.
func (a *asmFunc) prologue() {
	name := a.names[a.fn.Name]
	params := a.params()
	fmt.Fprintf(a.out, "\n// %s%s\n", name, signature(params))
	a.atLine()
	fmt.Fprintf(a.out, "TEXT ·%s(SB), 0, $%d-%d\n", name, a.fn.FrameSize, 8*len(params)+8)
	a.out.WriteString("\tNO_LOCAL_POINTERS\n")
	regs := []string{a.target.FrameReg}
	if !a.fn.Entry {
		regs = append(append(regs, a.target.BaseReg), a.target.ArgRegs[:a.fn.NumArgs]...)
	}
	for i, reg := range regs {
		a.atLine()
		fmt.Fprintf(a.out, "\t%s %s+%d(FP), %s\n", a.target.Load, params[i], 8*i, reg)
	}
	if a.fn.Align != 0 {
		fmt.Fprintf(a.out, "\tPCALIGN $%d\n", a.fn.Align)
	}
}

// epilogue prints the store of the result and the only RET. Every exit of the
// code jumps here.
func (a *asmFunc) epilogue() {
	a.atLine()
	fmt.Fprintf(a.out, "\t%s %s, ret+%d(FP)\n", a.target.Store, a.target.Result, 8*len(a.params()))
	a.atLine()
	a.out.WriteString("\tRET\n")
	if a.fn.Looks && len(a.fn.Calls) == 0 {
		// The assembler leaves the look at the scheduler out of the prologue
		// of a function that calls nothing.
		a.atLine()
		fmt.Fprintf(a.out, "\tCALL %s%s(SB) // never reached: it gives TEXT a prologue that lets the scheduler in\n", symbolPrefix, backend.PreemptSymbol)
	}
}

// params are the names of the parameters, as declared in the native file.
func (a *asmFunc) params() []string {
	if a.fn.Entry {
		return paramNames(-1)
	}
	return paramNames(a.fn.NumArgs)
}

// paramNames are the parameters of a subprogram with n arguments, or of an
// entry when n is negative.
func paramNames(n int) []string {
	if n < 0 {
		return []string{"fr"}
	}
	params := []string{"fr", "base"}
	for i := 1; i <= n; i++ {
		params = append(params, "r"+strconv.Itoa(i))
	}
	return params
}

// signature is the Go form of the parameters, for a comment.
func signature(params []string) string {
	s := "(fr *abi.Frame"
	if len(params) > 1 {
		s += ", " + strings.Join(params[1:], ", ") + " uint64"
	}
	return s + ") (ret uint64)"
}

// sourceLine is the C line of an instruction, if it is known.
func (a *asmFunc) sourceLine(pc int) (frontend.Line, bool) {
	if pc < 0 || pc >= len(a.program.Lines) || a.program.Lines[pc].Pos.Line == 0 {
		return frontend.Line{}, false
	}
	return a.program.Lines[pc], true
}

// firstLine is the C line that the function's first known instruction has.
func (a *asmFunc) firstLine() frontend.Line {
	for _, f := range a.program.Funcs {
		if f.Name == a.fn.Name {
			if line, ok := a.sourceLine(f.Start); ok {
				return line
			}
		}
	}
	for _, inst := range a.fn.Insts {
		if line, ok := a.sourceLine(inst.PC); ok {
			return line
		}
	}
	return frontend.Line{}
}

// group returns the end of the instructions from i on that belong to one C
// line. An instruction of no line stays in the group.
func (a *asmFunc) group(i int) int {
	line, known := a.sourceLine(a.fn.Insts[i].PC)
	for i++; i < len(a.fn.Insts); i++ {
		next, ok := a.sourceLine(a.fn.Insts[i].PC)
		if !ok {
			continue
		}
		if known && !sameLine(next, line) {
			break
		}
		line, known = next, true
	}
	return i
}

// sameLine ignores columns.
func sameLine(a, b frontend.Line) bool {
	return a.Pos.File == b.Pos.File && a.Pos.Line == b.Pos.Line
}

func (a *asmFunc) hasLine() bool { return a.line.Pos.Line > 0 }

// directive prints #line for the second line from here; nothing without line
// information.
func (a *asmFunc) directive() {
	if a.hasLine() {
		fmt.Fprintf(a.out, "#line %d %s\n", a.line.Pos.Line, strconv.Quote(relative(a.line.Pos)))
	}
}

// atLine makes the next line of assembly belong to the present C line.
func (a *asmFunc) atLine() {
	if a.hasLine() {
		a.directive()
		a.out.WriteString("\n")
	}
}

// relative is the file of a position as line information has it, or its base
// name when that is a path of the machine that compiled it.
func relative(p bpf.Pos) string {
	name := strings.ReplaceAll(oneLine(p.File), `\`, "/")
	if path.IsAbs(name) || len(name) > 1 && name[1] == ':' {
		return path.Base(name)
	}
	return name
}
