package codegen

import (
	"encoding/binary"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// printGroup prints the instructions of one C line.
func (a *asmFunc) printGroup(insts []backend.Inst) error {
	for _, inst := range insts {
		if line, ok := a.sourceLine(inst.PC); ok {
			a.line = line
			break
		}
	}
	if a.g.Annotate != AnnotateNone {
		a.instructions(insts)
	}
	if a.g.Annotate == AnnotateFull {
		for _, inst := range insts {
			if err := a.code(inst.Off, inst.Off+inst.Len, fmt.Sprintf("%#x %s", inst.Off, oneLine(inst.Text))); err != nil {
				return err
			}
		}
		return nil
	}
	last := insts[len(insts)-1]
	text := ""
	if a.g.Annotate == AnnotateSource {
		text = oneLine(a.line.Text)
	}
	return a.code(insts[0].Off, last.Off+last.Len, text)
}

// instructions prints the eBPF instructions of a group as comments, each at
// its first place in the function.
func (a *asmFunc) instructions(insts []backend.Inst) {
	if a.g.Annotate == AnnotateFull && a.hasLine() {
		fmt.Fprintf(a.out, "\t// %s\n", oneLine(a.line.Text))
	}
	for _, inst := range insts {
		pc := inst.PC
		if pc < 0 || pc >= len(a.program.Insns) || a.seen[pc] || a.program.Insns[pc].Op == bpf.OpInvalid {
			continue
		}
		a.seen[pc] = true
		fmt.Fprintf(a.out, "\t// %d: %s", pc, a.program.Insns[pc])
		if name := frontend.Refers(a.g.Object, a.program, pc); name != "" {
			fmt.Fprintf(a.out, "  ; %s", oneLine(name))
		}
		a.out.WriteString("\n")
	}
}

// code prints the bytes [from, to) as one line of directives, with a CALL at
// each call, behind a #line directive and a comment.
func (a *asmFunc) code(from, to int, comment string) error {
	a.directive()
	switch {
	case comment != "":
		fmt.Fprintf(a.out, "\t// %s\n", comment)
	case a.hasLine():
		a.out.WriteString("\n")
	}
	separator := "\t"
	for from < to {
		end := to
		if len(a.calls) > 0 && a.calls[0].Off < to {
			end = a.calls[0].Off
		}
		if end > from {
			a.data(separator, a.fn.Bytes[from:end])
			separator, from = "; ", end
			continue
		}
		call := a.calls[0]
		a.calls = a.calls[1:]
		if call.Off != from || call.Size != a.target.CallSize || call.Off+call.Size > to {
			return fmt.Errorf("call of %s at %#x, %d bytes, is not an instruction of its own", call.Sym, call.Off, call.Size)
		}
		symbol := symbolPrefix + call.Sym
		if call.Local {
			if symbol = "·" + a.names[call.Sym]; a.names[call.Sym] == "" {
				return fmt.Errorf("calls %s, which the program does not have", call.Sym)
			}
		}
		fmt.Fprintf(a.out, "%sCALL %s(SB)", separator, symbol)
		separator, from = "; ", from+call.Size
	}
	a.out.WriteString("\n")
	return nil
}

// data prints bytes as directives: words of the target where it has them,
// else the longest that fit.
func (a *asmFunc) data(separator string, b []byte) {
	for len(b) > 0 {
		n := 1
		switch {
		case a.target.Word == 4:
			n = 4
			fmt.Fprintf(a.out, "%sWORD $%#x", separator, binary.LittleEndian.Uint32(b))
		case len(b) >= 8:
			n = 8
			fmt.Fprintf(a.out, "%sQUAD $%#x", separator, binary.LittleEndian.Uint64(b))
		case len(b) >= 4:
			n = 4
			fmt.Fprintf(a.out, "%sLONG $%#x", separator, binary.LittleEndian.Uint32(b))
		case len(b) >= 2:
			n = 2
			fmt.Fprintf(a.out, "%sWORD $%#x", separator, binary.LittleEndian.Uint16(b))
		default:
			fmt.Fprintf(a.out, "%sBYTE $%#x", separator, b[0])
		}
		separator, b = "; ", b[n:]
	}
}
