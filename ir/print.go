package ir

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Print returns the program in the textual form that Parse reads.
//
//	program NAME [hook=HOOK]
//
//	func NAME [entry] [args=N] [insns=N] [fuel=N] [zero=LO:HI] {
//	b0:
//		v1 = mem packet                           token of a region at entry
//		v2 = ctxload 0 ctx after(v9) @3           field 0; @3 is the eBPF slot
//		jump b1(v2, v1, 0)
//	b1(v3, v4:packet, v5) depth=1 cold @4:        a token parameter names its region
//		v6 = guard
//		v7 = load8 [v3+4] packet after(v4) guard v6
//		v8 = add64 v7, -5                         operands are values or numbers
//		v10 = store32 [v11-8], v7 stack after(v12)
//		v13 = call MapLookupElem(v14, v11) map map=2 after(v10, v15) span(1 r 4) unlikely
//		v16 = callfunc split(v7, 1) sp=512 stack after(v10)
//		v17 = udiv64 v7, v8 nonzero notrap
//		if v17 b1(v3, v4, v8) else b2
//	b2:
//		ret v17
//	}
//
// Ids follow v and b; `;` begins a comment. A constant is written as a number
// where it is used; where it stands is not shown, and Parse puts it in front
// of its first use in the block. Regions are stack, ctx, packet, map, mem and
// const, joined by `|`; those of a call are the regions it writes. A span says
// that a call reads (r), writes (w) or does both (rw) to at most so many bytes
// behind an argument; reach(LO:HI) bounds a stack access at a computed place.
func Print(p *Program) string {
	var b strings.Builder
	fmt.Fprintf(&b, "program %s", p.Name)
	if p.Hook != nil {
		fmt.Fprintf(&b, " hook=%s", p.Hook.Name)
	}
	b.WriteString("\n")
	for _, f := range p.Funcs {
		b.WriteString("\n")
		b.WriteString(f.String())
	}
	return b.String()
}

// String returns the function in the textual form.
func (f *Func) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "func %s", f.Name)
	if f.Entry {
		b.WriteString(" entry")
	}
	if f.NumArgs != 0 {
		fmt.Fprintf(&b, " args=%d", f.NumArgs)
	}
	if f.MaxInsns != 0 {
		fmt.Fprintf(&b, " insns=%d", f.MaxInsns)
	}
	if f.Fuel != 0 {
		fmt.Fprintf(&b, " fuel=%d", f.Fuel)
	}
	if f.ZeroLo != 0 || f.ZeroHi != 0 {
		fmt.Fprintf(&b, " zero=%d:%d", f.ZeroLo, f.ZeroHi)
	}
	b.WriteString(" {\n")
	for _, blk := range f.Blocks {
		printBlock(&b, blk)
	}
	b.WriteString("}\n")
	return b.String()
}

func printBlock(w *strings.Builder, b *Block) {
	fmt.Fprintf(w, "b%d", b.ID)
	for i, p := range b.Params {
		w.WriteString(separator(i))
		fmt.Fprintf(w, "v%d", p.ID)
		switch p.Type {
		case TypeMem:
			w.WriteString(":" + regionString(p.Region))
		case TypeCtl:
			w.WriteString(":ctl")
		}
	}
	if len(b.Params) > 0 {
		w.WriteString(")")
	}
	if b.Depth != 0 {
		fmt.Fprintf(w, " depth=%d", b.Depth)
	}
	if b.Cold {
		w.WriteString(" cold")
	}
	printPC(w, b.PC)
	w.WriteString(":\n")
	for _, v := range b.Values {
		if v.Op != OpConst {
			w.WriteString("\t" + v.String() + "\n")
		}
	}
	switch b.Kind {
	case BlockJump:
		w.WriteString("\tjump ")
		printEdge(w, b.Succs[0])
	case BlockIf:
		w.WriteString("\tif " + operand(b.Ctl) + " ")
		printEdge(w, b.Succs[0])
		w.WriteString(" else ")
		printEdge(w, b.Succs[1])
	case BlockRet:
		w.WriteString("\tret " + operand(b.Ctl))
	}
	w.WriteString("\n")
}

func printEdge(w *strings.Builder, e Edge) {
	fmt.Fprintf(w, "b%d", e.To.ID)
	if len(e.Args) > 0 {
		w.WriteString("(" + operands(e.Args) + ")")
	}
}

func printPC(w *strings.Builder, pc int) {
	if pc >= 0 {
		fmt.Fprintf(w, " @%d", pc)
	}
}

func separator(i int) string {
	if i == 0 {
		return "("
	}
	return ", "
}

// String returns the value's line of the textual form.
func (v *Value) String() string {
	var w strings.Builder
	row := v.Op.Row()
	fmt.Fprintf(&w, "v%d = %s", v.ID, row.Name)
	args := v.Args
	switch {
	case v.Op == OpCall:
		fmt.Fprintf(&w, " %s(%s)", v.Sym, operands(args))
		args = nil
	case v.Op == OpCallFunc:
		fmt.Fprintf(&w, " %s(%s) sp=%d", v.Fn.Name, operands(args), v.Imm)
		args = nil
	case row.Addr && len(args) > 0:
		fmt.Fprintf(&w, " [%s", operand(args[0]))
		if v.Imm != 0 {
			fmt.Fprintf(&w, "%+d", v.Imm)
		}
		w.WriteString("]")
		args = args[1:]
		if len(args) > 0 {
			w.WriteString(",")
		}
	case row.Imm:
		w.WriteString(" " + number(v.Imm))
		if len(args) > 0 {
			w.WriteString(",")
		}
	}
	if len(args) > 0 {
		w.WriteString(" " + operands(args))
	}
	v.printAttributes(&w)
	return w.String()
}

func (v *Value) printAttributes(w *strings.Builder) {
	if v.Region != 0 {
		w.WriteString(" " + regionString(v.Region))
	}
	if v.Map >= 0 {
		fmt.Fprintf(w, " map=%d", v.Map)
	}
	if len(v.Mem) > 0 {
		w.WriteString(" after(" + operands(v.Mem) + ")")
	}
	if v.Guard != nil {
		w.WriteString(" guard " + operand(v.Guard))
	}
	for _, s := range v.Spans {
		fmt.Fprintf(w, " span(%d %s %d)", s.Arg, spanKinds[spanKind(s)], s.Size)
	}
	if v.Reach != nil {
		fmt.Fprintf(w, " reach(%d:%d)", v.Reach.Lo, v.Reach.Hi)
	}
	for i, name := range flagNames {
		if v.Flags&(1<<i) != 0 {
			w.WriteString(" " + name)
		}
	}
	printPC(w, v.PC)
}

// spanKinds is indexed by spanKind: read, written, both.
var spanKinds = [...]string{"-", "r", "w", "rw"}

func spanKind(s Span) int {
	kind := 0
	if s.Reads {
		kind |= 1
	}
	if s.Writes {
		kind |= 2
	}
	return kind
}

// flagNames is indexed by the bit of a flag.
var flagNames = [...]string{"nonzero", "notrap", "unlikely", "nonnull", "likely"}

// regionNames is indexed by the bit of a region.
var regionNames = [table.NumRegions]string{"stack", "ctx", "packet", "map", "mem", "const"}

func regionString(r table.Region) string {
	var names []string
	for i, name := range regionNames {
		if r&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, "|")
}

func operand(v *Value) string {
	if v == nil {
		return "nil"
	}
	if v.Op == OpConst {
		return number(v.Imm)
	}
	return "v" + strconv.Itoa(v.ID)
}

func operands(vs []*Value) string {
	s := make([]string, len(vs))
	for i, v := range vs {
		s[i] = operand(v)
	}
	return strings.Join(s, ", ")
}

// number writes small numbers in decimal and others in hexadecimal.
func number(x int64) string {
	if -1<<16 < x && x < 1<<16 {
		return strconv.FormatInt(x, 10)
	}
	return fmt.Sprintf("%#x", uint64(x))
}
