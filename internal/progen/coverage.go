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

// Row is an operation of one width; From is bpf.Instruction.From.
type Row struct {
	Op          bpf.Op
	Width, From uint8
}

// String is "add 32", "movsx 64 from 8".
func (r Row) String() string {
	switch {
	case r.Op == bpf.OpMovsx:
		return fmt.Sprintf("%v %d from %d", r.Op, 8*r.Width, 8*r.From)
	case r.Width == 0:
		return r.Op.String()
	}
	return fmt.Sprintf("%v %d", r.Op, 8*r.Width)
}

// Coverage counts what programs are made of.
type Coverage struct {
	Programs, Insns int
	Rows            map[Row]*Count
	Calls           map[string]int // by helper, kind of call, kind of wide load
}

// NewCoverage is a Coverage of nothing.
func NewCoverage() *Coverage {
	return &Coverage{Rows: map[Row]*Count{}, Calls: map[string]int{}}
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
				c.Calls["kfunc "+p.Kfuncs[i.Imm]]++
			case i.Op == bpf.OpCall && i.Kind == bpf.KindHelper:
				c.Calls["helper "+table.HelperFor(bpf.Linux, p.Hook, int32(i.Imm)).Name]++
			case i.Op == bpf.OpCall:
				c.Calls["call "+i.Kind.String()]++
			case i.Op == bpf.OpLdImm:
				c.Calls["wide load "+i.Kind.String()]++
			}
		}
	}
}

func (c *Coverage) add(i bpf.Instruction) {
	r := Row{Op: i.Op, Width: i.Width, From: i.From}
	n := c.Rows[r]
	if n == nil {
		n = &Count{}
		c.Rows[r] = n
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
	for r, n := range o.Rows {
		m := c.Rows[r]
		if m == nil {
			m = &Count{}
			c.Rows[r] = m
		}
		m.Imm, m.Reg, m.Same = m.Imm+n.Imm, m.Reg+n.Reg, m.Same+n.Same
		m.DstR0, m.SrcR0 = m.DstR0+n.DstR0, m.SrcR0+n.SrcR0
	}
	for name, n := range o.Calls {
		c.Calls[name] += n
	}
}

// rowsOf lists every row that has to be there, by operation and width.
func rowsOf(op table.Op) (l []Row) {
	if op.Widths == 0 {
		return []Row{{Op: op.Op}}
	}
	for _, w := range []uint8{1, 2, 4, 8} {
		if !op.Widths.Has(w) {
			continue
		}
		if op.Op != bpf.OpMovsx {
			l = append(l, Row{Op: op.Op, Width: w})
			continue
		}
		for from := uint8(1); from < w; from *= 2 {
			l = append(l, Row{op.Op, w, from})
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
	miss := func(n int, r Row, what string) {
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
			n := c.Rows[r]
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
			if apart(info, r.Width) == "" {
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
// result, or because nobody fills the ring.
var silent = [...]string{"trace_printk", "user_ringbuf_drain"}

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
		if c.Calls[name] == 0 && !slices.Contains(l, name) {
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
			n := c.Rows[r]
			if n == nil {
				fmt.Fprintf(w, "%-22s %10s (%v)\n", r, "never", table.OpOf(op).Status)
				continue
			}
			fmt.Fprintf(w, "%-22s %10d %10d %10d %10d %10d\n", r, n.Imm, n.Reg, n.Same, n.DstR0, n.SrcR0)
		}
	}
	names := make([]string, 0, len(c.Calls))
	for name := range c.Calls {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(w, "%-40s %10d\n", name, c.Calls[name])
	}
}

// Summary is one line: how much of what there is was made.
func (c *Coverage) Summary() string {
	return fmt.Sprintf("%d programs, %d instructions, %d operations by width, %d kinds of calls, %d of what is supported never made",
		c.Programs, c.Insns, len(c.Rows), len(c.Calls), len(c.Missing()))
}
