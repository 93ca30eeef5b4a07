package vectors

import (
	"fmt"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// form is an instruction without registers and numbers.
type form struct {
	op     bpf.Op
	width  uint8
	from   uint8
	kind   bpf.Kind
	source string // "imm", "reg" or ""
}

func (f form) String() string {
	text := f.op.String()
	if f.from != 0 {
		text += fmt.Sprintf(" %d to", 8*f.from)
	}
	if f.width != 0 {
		text += fmt.Sprintf(" %d", 8*f.width)
	}
	if f.op == bpf.OpCall || f.op == bpf.OpLdImm {
		return text + " " + f.kind.String()
	}
	return text + " " + f.source
}

// formOf is the form of an instruction with the row of its operation.
func formOf(row table.Op, i bpf.Instruction) form {
	f := form{op: i.Op, width: i.Width, from: i.From}
	switch {
	case i.Op == bpf.OpCall || i.Op == bpf.OpLdImm:
		f.kind = i.Kind
	case (row.Imm || row.Reg) && i.Src == bpf.RegImm:
		f.source = "imm"
	case row.Imm || row.Reg:
		f.source = "reg"
	}
	return f
}

// formsOf are the forms of a row that has a status.
func formsOf(row table.Op) []form {
	var widths []uint8
	for w := uint8(1); w <= 8; w *= 2 {
		if row.Widths.Has(w) {
			widths = append(widths, w)
		}
	}
	if row.Widths == 0 {
		widths = []uint8{0}
	}
	var list []form
	for _, w := range widths {
		switch f := (form{op: row.Op, width: w}); {
		case row.Op == bpf.OpCall:
			for _, kind := range []bpf.Kind{bpf.KindHelper, bpf.KindLocal, bpf.KindKfunc} {
				list = append(list, form{op: row.Op, kind: kind})
			}
		case row.Op == bpf.OpLdImm:
			for kind := bpf.KindConst; kind <= bpf.KindFunc; kind++ {
				if table.LoadKind(kind) >= table.Verified {
					list = append(list, form{op: row.Op, width: w, kind: kind})
				}
			}
		case row.Op == bpf.OpMovsx:
			for from := uint8(1); from < w; from *= 2 {
				list = append(list, form{op: row.Op, width: w, from: from, source: "reg"})
			}
		case !row.Imm && !row.Reg:
			list = append(list, f)
		default:
			if f.source = "imm"; row.Imm {
				list = append(list, f)
			}
			if f.source = "reg"; row.Reg {
				list = append(list, f)
			}
		}
	}
	return list
}

// TestCoverage: every operation that the tables know, of each width and with
// each kind of operand, is in a case that runs; so are all registers as dst and
// src of the families.
func TestCoverage(t *testing.T) {
	seen := map[form]int{}
	for _, c := range everything(t, Roles) {
		for _, p := range c.Object.Programs {
			for _, i := range p.Insns {
				if i.Op != bpf.OpInvalid {
					seen[formOf(table.OpOf(i.Op), i)]++
				}
			}
		}
	}
	want := 0
	for op := range bpf.NumOps {
		row := table.OpOf(bpf.Op(op))
		if row.Status < table.Verified {
			continue
		}
		for _, f := range formsOf(row) {
			want++
			if seen[f] == 0 {
				t.Errorf("no case has %v", f)
			}
			delete(seen, f)
		}
	}
	for f := range seen {
		t.Errorf("a case has %v, which the tables do not know", f)
	}
	t.Logf("%d forms", want)
}

// TestRegisters: the families have every register in every role.
func TestRegisters(t *testing.T) {
	type role struct {
		form
		src bool
		reg bpf.Reg
	}
	seen := map[role]bool{}
	for _, extent := range []Extent{Roles, Pairs} {
		clear(seen)
		for _, c := range Families(extent) {
			for _, i := range c.Object.Programs[0].Insns {
				f := formOf(table.OpOf(i.Op), i)
				seen[role{f, false, i.Dst}] = true
				seen[role{f, true, i.Src}] = true
			}
		}
		for op := range bpf.NumOps {
			row := table.OpOf(bpf.Op(op))
			if makers[row.Class] == nil || row.Class == table.ClassJump && !row.Reg {
				continue
			}
			for _, f := range formsOf(row) {
				for r := range bpf.R10 {
					if !seen[role{f, false, r}] || f.source == "reg" && !seen[role{f, true, r}] {
						t.Errorf("%v is nowhere dst or src of %v", r, f)
					}
				}
				if row.Class == table.ClassAtomic && !seen[role{f, false, bpf.R10}] {
					t.Errorf("r10 is nowhere the base of %v", f)
				}
			}
		}
	}
}
