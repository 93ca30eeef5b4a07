package progen

import (
	"fmt"
	"io"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Count says how often an operation had operands of each kind.
type Count struct {
	Imm, Reg     int // the second operand
	Same         int // both operands in one register
	DstR0, SrcR0 int // r0 in each role
}

// row is an operation of one width.
type row struct {
	op          bpf.Op
	width, from uint8
}

func (r row) String() string {
	switch {
	case r.op == bpf.OpMovsx:
		return fmt.Sprintf("%v %d from %d", r.op, 8*r.width, 8*r.from)
	case r.width == 0:
		return r.op.String()
	}
	return fmt.Sprintf("%v %d", r.op, 8*r.width)
}

// Coverage counts what programs are made of.
type Coverage struct {
	Programs, Insns int
	rows            map[row]*Count
	calls           map[string]int // by helper, kind of call, kind of wide load
}

// NewCoverage is a Coverage of nothing.
func NewCoverage() *Coverage {
	return &Coverage{rows: map[row]*Count{}, calls: map[string]int{}}
}

// Add counts the programs of a case.
func (c *Coverage) Add(k *Case) {
	for _, p := range k.Object.Programs {
		c.Programs++
		for _, i := range p.Insns {
			if i.Op == bpf.OpInvalid {
				continue
			}
			c.Insns++
			c.add(i)
			switch {
			case i.Op == bpf.OpCall && i.Kind == bpf.KindKfunc:
				c.calls["kfunc "+p.Kfuncs[i.Imm]]++
			case i.Op == bpf.OpCall && i.Kind == bpf.KindHelper:
				c.calls["helper "+table.HelperFor(bpf.Linux, p.Hook, int32(i.Imm)).Name]++
			case i.Op == bpf.OpCall:
				c.calls["call "+i.Kind.String()]++
			case i.Op == bpf.OpLdImm:
				c.calls["wide load "+i.Kind.String()]++
			}
		}
	}
}

func (c *Coverage) add(i bpf.Instruction) {
	r := row{op: i.Op, width: i.Width, from: i.From}
	n := c.rows[r]
	if n == nil {
		n = &Count{}
		c.rows[r] = n
	}
	if i.Src == bpf.RegImm {
		n.Imm++
	} else {
		n.Reg++
	}
	if i.Dst == i.Src {
		n.Same++
	}
	if i.Dst == bpf.R0 {
		n.DstR0++
	}
	if i.Src == bpf.R0 {
		n.SrcR0++
	}
}

// Merge adds what another Coverage counted.
func (c *Coverage) Merge(o *Coverage) {
	c.Programs += o.Programs
	c.Insns += o.Insns
	for r, n := range o.rows {
		m := c.rows[r]
		if m == nil {
			m = &Count{}
			c.rows[r] = m
		}
		m.Imm, m.Reg, m.Same = m.Imm+n.Imm, m.Reg+n.Reg, m.Same+n.Same
		m.DstR0, m.SrcR0 = m.DstR0+n.DstR0, m.SrcR0+n.SrcR0
	}
	for name, n := range o.calls {
		c.calls[name] += n
	}
}

// rowsOf lists every row that has to be there, by operation and width.
func rowsOf(op table.Op) (l []row) {
	if op.Widths == 0 {
		return []row{{op: op.Op}}
	}
	for _, w := range []uint8{1, 2, 4, 8} {
		if !op.Widths.Has(w) {
			continue
		}
		if op.Op != bpf.OpMovsx {
			l = append(l, row{op: op.Op, width: w})
			continue
		}
		for from := uint8(1); from < w; from *= 2 {
			l = append(l, row{op.Op, w, from})
		}
	}
	return l
}

// apart says why two operands cannot be in one register, "" when they can.
func apart(op table.Op, width uint8) string {
	switch {
	case op.Op == bpf.OpStore && width < 8:
		return "a part of an address would get into memory"
	case op.Class == table.ClassAtomic || op.Op == bpf.OpStoreRel:
		return "an address would get into memory"
	case !op.Reg || op.Class == table.ClassPacket:
		return "there is one register"
	}
	return ""
}

// Missing names what is Supported and was never made.
func (c *Coverage) Missing() (l []string) {
	miss := func(n int, r row, what string) {
		if n == 0 {
			l = append(l, r.String()+" "+what)
		}
	}
	for op := range bpf.Op(bpf.NumOps) {
		info := table.OpOf(op)
		if info.Status != table.Supported || op == bpf.OpInvalid {
			continue
		}
		for _, r := range rowsOf(info) {
			n := c.rows[r]
			if n == nil {
				l = append(l, r.String())
				continue
			}
			if info.Imm {
				miss(n.Imm, r, "with an immediate")
			}
			if info.Reg {
				miss(n.Reg, r, "with a register")
				miss(n.SrcR0, r, "with r0 as source")
			}
			if apart(info, r.width) == "" {
				miss(n.Same, r, "of one register")
			}
			writes := info.Class != table.ClassJump && info.Class != table.ClassCall && info.Class != table.ClassExit && info.Class != table.ClassPacket
			if writes && op != bpf.OpCmpxchg || info.Class == table.ClassJump && info.Reg {
				miss(n.DstR0, r, "with r0 as destination")
			}
		}
	}
	return append(l, c.missingCalls()...)
}

// silent are helpers that no program calls, because what they do is not a
// result.
var silent = [...]string{"trace_printk"}

func (c *Coverage) missingCalls() (l []string) {
	need := []string{"call local"}
	for k := bpf.KindConst; k <= bpf.KindFunc; k++ {
		if table.LoadKind(k) == table.Supported {
			need = append(need, "wide load "+k.String())
		}
	}
	xdp, raw := table.HookByName(bpf.Linux, "xdp"), table.HookByName(bpf.Linux, "raw")
	for _, h := range table.Helpers(bpf.Linux) {
		if h.Status == table.Supported && (h.Offered(xdp) || h.Offered(raw)) && !slices.Contains(silent[:], h.Name) {
			need = append(need, "helper "+h.Name)
		}
	}
	for _, k := range table.Kfuncs() {
		if k.Status == table.Supported {
			need = append(need, "kfunc "+k.Name)
		}
	}
	for _, name := range need {
		if c.calls[name] == 0 && !slices.Contains(l, name) {
			l = append(l, name)
		}
	}
	return l
}

// Print writes the table: an operation a line, how often with an immediate,
// with a register, with one register as both, with r0 as destination and as
// source.
func (c *Coverage) Print(w io.Writer) {
	fmt.Fprintf(w, "%-22s %10s %10s %10s %10s %10s\n", "operation", "immediate", "register", "same", "dst r0", "src r0")
	for op := range bpf.Op(bpf.NumOps) {
		for _, r := range rowsOf(table.OpOf(op)) {
			if op == bpf.OpInvalid {
				continue
			}
			n := c.rows[r]
			if n == nil {
				fmt.Fprintf(w, "%-22s %10s (%v)\n", r, "never", table.OpOf(op).Status)
				continue
			}
			fmt.Fprintf(w, "%-22s %10d %10d %10d %10d %10d\n", r, n.Imm, n.Reg, n.Same, n.DstR0, n.SrcR0)
		}
	}
	names := make([]string, 0, len(c.calls))
	for name := range c.calls {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(w, "%-40s %10d\n", name, c.calls[name])
	}
}

// Summary is one line: how much of what there is was made.
func (c *Coverage) Summary() string {
	return fmt.Sprintf("%d programs, %d instructions, %d operations by width, %d kinds of calls, %d of what is supported never made",
		c.Programs, c.Insns, len(c.rows), len(c.calls), len(c.Missing()))
}
