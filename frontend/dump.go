package frontend

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Dump writes a listing of the object: head, maps, globals, types, and every
// program with its instructions under the C lines that they belong to. It is
// meant for people and for golden files; its form is not stable.
func Dump(w io.Writer, o *Object) error {
	b := bufio.NewWriter(w)
	order := "little endian"
	if o.BigEndian {
		order = "big endian"
	}
	fmt.Fprintf(b, "object %s: %s, %s, license %q\n", o.Name, o.Platform, order, o.License)
	for i, m := range o.Maps {
		fmt.Fprintf(b, "\nmap %d ", i)
		dumpMap(b, m)
	}
	for i, g := range o.Globals {
		if i == 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprintf(b, "global %s: %s+%d, %d bytes, %s%s\n", g.Name, o.Maps[g.Map].Name, g.Off, g.Size, TypeString(g.Type), constant(g.Const))
	}
	for _, t := range o.Types {
		fmt.Fprintln(b)
		dumpType(b, t)
	}
	for _, p := range o.Programs {
		fmt.Fprintln(b)
		if err := dumpProgram(b, o, p); err != nil {
			return err
		}
	}
	return b.Flush()
}

func constant(c bool) string {
	if c {
		return ", constant"
	}
	return ""
}

func dumpMap(b *bufio.Writer, m *Map) {
	if m.Err != nil {
		fmt.Fprintf(b, "%s: error: %v\n", m.Name, m.Err)
		return
	}
	fmt.Fprintf(b, "%s: %s, key %d bytes, value %d bytes, %d entries, flags %#x", m.Name, table.MapTypeOf(m.Type).Name, m.KeySize, m.ValueSize, m.MaxEntries, m.Flags)
	if m.Pinning != 0 {
		fmt.Fprint(b, ", pinned by name")
	}
	if m.Frozen {
		fmt.Fprint(b, ", frozen")
	}
	fmt.Fprintln(b)
	if m.Key != nil {
		fmt.Fprintf(b, "\tkey   %s\n", TypeString(m.Key))
	}
	if m.Value != nil {
		fmt.Fprintf(b, "\tvalue %s\n", TypeString(m.Value))
	}
	for _, s := range m.Special {
		fmt.Fprintf(b, "\t%4d: %d bytes, %s\n", s.Off, s.Size, strings.TrimSpace(s.Tag+" "+s.Name))
	}
	if m.Inner != nil {
		fmt.Fprint(b, "\tinner ")
		dumpMap(b, m.Inner)
	}
	for _, s := range m.Slots {
		if s.Program != "" {
			fmt.Fprintf(b, "\t[%d] program %s\n", s.Index, s.Program)
			continue
		}
		fmt.Fprintf(b, "\t[%d] map %d\n", s.Index, s.Map)
	}
	dumpData(b, m.Data)
}

// dumpData writes 16 bytes a line and leaves out lines of zeros.
func dumpData(b *bufio.Writer, data []byte) {
	for off := 0; off < len(data); off += 16 {
		line := data[off:min(off+16, len(data))]
		if strings.Trim(string(line), "\x00") != "" {
			fmt.Fprintf(b, "\t%4d: % x\n", off, line)
		}
	}
}

func dumpType(b *bufio.Writer, t *Type) {
	fmt.Fprintf(b, "type %s: %s, %d bytes\n", t.Name, kindNames[t.Kind], t.Size)
	for _, m := range t.Members {
		bits := ""
		if m.BitSize > 0 {
			bits = fmt.Sprintf(" bits %d to %d", m.BitOff, m.BitOff+m.BitSize-1)
		}
		fmt.Fprintf(b, "\t%4d %s %s%s\n", m.Off, m.Name, TypeString(m.Type), bits)
	}
	for _, e := range t.Enums {
		if t.Signed {
			fmt.Fprintf(b, "\t%s = %d\n", e.Name, int64(e.Value))
			continue
		}
		fmt.Fprintf(b, "\t%s = %d\n", e.Name, e.Value)
	}
}

var kindNames = [...]string{
	KindInt: "int", KindBool: "bool", KindFloat: "float", KindEnum: "enum", KindStruct: "struct",
	KindUnion: "union", KindArray: "array", KindPointer: "pointer", KindVoid: "void",
}

// String returns the word for the kind, "struct".
func (k TypeKind) String() string { return kindNames[k] }

// TypeString writes a type as C programmers would say it: the name with its
// tag, *T, [N]T. Anonymous structs are written out. A nil type is "?".
func TypeString(t *Type) string {
	if t == nil {
		return "?"
	}
	switch t.Kind {
	case KindPointer:
		if t.Name == "" {
			return "*" + TypeString(t.Elem)
		}
	case KindArray:
		if t.Name == "" {
			return fmt.Sprintf("[%d]%s", t.Len, TypeString(t.Elem))
		}
	case KindStruct, KindUnion:
		if t.Name == "" {
			return anonymous(t)
		}
		return t.Kind.String() + " " + t.Name
	case KindEnum:
		return strings.TrimSpace("enum " + t.Name)
	case KindVoid:
		return "void"
	}
	return t.Name
}

func anonymous(t *Type) string {
	var members []string
	for _, m := range t.Members {
		members = append(members, strings.TrimSpace(m.Name+" "+TypeString(m.Type)))
	}
	return t.Kind.String() + "{" + strings.Join(members, "; ") + "}"
}

func dumpProgram(b *bufio.Writer, o *Object, p *Program) error {
	hook := "?"
	if p.Hook != nil {
		hook = p.Hook.Name
	}
	fmt.Fprintf(b, "program %s: section %s, type %s, %d slots\n", p.Name, p.Section, hook, len(p.Insns))
	if p.Err != nil {
		fmt.Fprintf(b, "error: %v\n", p.Err)
		return nil
	}
	return PrintProgram(b, o, p, false)
}

// PrintProgram writes the instructions of a program as llvm-objdump prints
// them, each function under its name and each C line once above the
// instructions that it became. With bytes it writes their encoding, too, as it
// is after linking: calls and references to maps are resolved.
func PrintProgram(w io.Writer, o *Object, p *Program, bytes bool) error {
	next := 0
	var last bpf.Pos
	above := func(pc int) []string {
		var text []string
		if next < len(p.Funcs) && p.Funcs[next].Start == pc {
			text = append(text, p.Funcs[next].Name+scope(p.Funcs[next])+":")
			next++
		}
		line := p.Lines[pc]
		line.Pos.Col = 0 // one C line is one group
		if line.Pos != last && line.Pos.File != "" {
			text = append(text, fmt.Sprintf("; %s", line.Pos))
			if line.Text != "" {
				text = append(text, "; "+line.Text)
			}
			last = line.Pos
		}
		return text
	}
	note := func(pc int) string { return Refers(o, p, pc) }
	return bpf.Print(w, p.Insns, bpf.Listing{Bytes: bytes, Above: above, Note: note})
}

func scope(f Func) string {
	if f.Global {
		return " (global)"
	}
	return ""
}

// Refers names what the immediate of the instruction at a slot refers to: a
// helper, a function, a map, a variable; "" when it is a number.
func Refers(o *Object, p *Program, pc int) string {
	ins := p.Insns[pc]
	switch ins.Kind {
	case bpf.KindHelper:
		if p.Hook == nil {
			return ""
		}
		if h := table.HelperFor(o.Platform, p.Hook, int32(ins.Imm)); h != nil {
			return h.Name
		}
	case bpf.KindKfunc:
		return "function " + p.Kfuncs[ins.Imm]
	case bpf.KindBTFID:
		return "kernel symbol " + p.Ksyms[ins.Imm].Name
	case bpf.KindMap:
		return "map " + o.Maps[ins.Imm].Name
	case bpf.KindMapValue:
		return variable(o, int(ins.Imm), int(ins.Off))
	case bpf.KindLocal, bpf.KindFunc:
		for _, f := range p.Funcs {
			if f.Start == pc+1+int(ins.Imm) {
				return f.Name
			}
		}
	}
	return ""
}

// variable names the byte off of a data section.
func variable(o *Object, m, off int) string {
	for _, g := range o.Globals {
		if g.Map != m || off < g.Off || off >= g.Off+g.Size {
			continue
		}
		if off == g.Off {
			return g.Name
		}
		return fmt.Sprintf("%s+%d", g.Name, off-g.Off)
	}
	return fmt.Sprintf("%s+%d", o.Maps[m].Name, off)
}
