package progen

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Listing is a case for people: each program in disassembly, then its inputs.
func Listing(c *Case) string {
	var b strings.Builder
	for _, p := range c.Object.Programs {
		fmt.Fprintf(&b, "%s (%s):\n", p.Name, p.Section)
		for slot, i := range p.Insns {
			for _, f := range p.Funcs[1:] {
				if f.Start == slot {
					fmt.Fprintf(&b, "%s:\n", f.Name)
				}
			}
			if i.Op == bpf.OpInvalid {
				continue
			}
			text := i.String()
			switch {
			case i.Op == bpf.OpCall && i.Kind == bpf.KindKfunc:
				text += " ; " + p.Kfuncs[i.Imm]
			case i.Op == bpf.OpLdImm && (i.Kind == bpf.KindMap || i.Kind == bpf.KindMapValue):
				text += " ; " + c.Object.Maps[i.Imm].Name
			case i.Jumps():
				text += fmt.Sprintf(" ; %d", i.Target(slot))
			}
			fmt.Fprintf(&b, "%4d: %s\n", slot, text)
		}
	}
	for k, in := range c.Inputs {
		fmt.Fprintf(&b, "input %d: %x metadata %x context %x\n", k, in.Data, in.Meta, in.Ctx)
	}
	return b.String()
}

// Snippet is a case as code to commit: a vector in the form of bpf_conformance
// where the case is one program on memory without maps, else a composite
// literal of Go. result is r0 of the last input.
func Snippet(c *Case, result uint64) string {
	p := c.Object.Programs[0]
	if len(c.Object.Programs) == 1 && p.Hook.Memory && !usesMaps(p) && len(c.Inputs) == 1 && len(p.Kfuncs) == 0 {
		return vector(p, c.Inputs[0].Data, result)
	}
	var b strings.Builder
	for _, p := range c.Object.Programs {
		fmt.Fprintf(&b, "%s := []bpf.Instruction{\n", p.Name)
		for _, i := range p.Insns {
			fmt.Fprintf(&b, "\t%s, // %s\n", literal(i), i)
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, "// r0 = %#x\n", result)
	return b.String()
}

func usesMaps(p *frontend.Program) bool {
	for _, i := range p.Insns {
		if i.Op == bpf.OpLdImm && (i.Kind == bpf.KindMap || i.Kind == bpf.KindMapValue) {
			return true
		}
	}
	return false
}

// vector is the form that internal/isatest reads.
func vector(p *frontend.Program, memory []byte, result uint64) string {
	raw, err := bpf.Encode(p.Insns, binary.LittleEndian)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	b.WriteString("-- raw\n")
	for at := 0; at < len(raw); at += 8 {
		fmt.Fprintf(&b, "%#016x\n", binary.LittleEndian.Uint64(raw[at:]))
	}
	if len(memory) > 0 {
		b.WriteString("-- mem\n")
		fmt.Fprintf(&b, "% x\n", memory)
	}
	fmt.Fprintf(&b, "-- result\n%#x\n", result)
	return b.String()
}

// regNames are the constants of package bpf.
func regName(r bpf.Reg) string {
	if r == bpf.RegImm {
		return "bpf.RegImm"
	}
	return fmt.Sprintf("bpf.R%d", r)
}

// literal is an instruction as Go.
func literal(i bpf.Instruction) string {
	if i.Op == bpf.OpInvalid {
		return "{}"
	}
	l := []string{fmt.Sprintf("Op: %d", i.Op)}
	add := func(set bool, format string, args ...any) {
		if set {
			l = append(l, fmt.Sprintf(format, args...))
		}
	}
	add(i.Width != 0, "Width: %d", i.Width)
	add(i.From != 0, "From: %d", i.From)
	add(i.Kind != 0, "Kind: %d", i.Kind)
	add(i.Dst != 0, "Dst: %s", regName(i.Dst))
	add(i.Src != 0, "Src: %s", regName(i.Src))
	add(i.Off != 0, "Off: %d", i.Off)
	add(i.Imm != 0, "Imm: %d", i.Imm)
	return "{" + strings.Join(l, ", ") + "}"
}
