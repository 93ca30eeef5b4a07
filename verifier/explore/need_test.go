package explore

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/flow"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

func op(o bpf.Op, dst bpf.Reg, imm int64) bpf.Instruction {
	return bpf.Instruction{Op: o, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: imm}
}

func regs(o bpf.Op, dst, src bpf.Reg) bpf.Instruction {
	return bpf.Instruction{Op: o, Width: 8, Dst: dst, Src: src}
}

func off(in bpf.Instruction, n int32) bpf.Instruction { in.Off = n; return in }

// weakened explores a program whose slots up to start set up r6 to r9 and
// returns the weakened state there.
func weakened(t *testing.T, start int, insns ...bpf.Instruction) *state.State {
	t.Helper()
	env := environment(insns)
	g, f := flow.Analyse(env)
	if f != nil {
		t.Fatal(f)
	}
	for pc := range g.Live {
		g.Live[pc] = 1<<bpf.NumRegs - 1 // what is dead is for need to find
	}
	g.Points[start], g.Bounded[start], g.HasBounded = true, true, true // a node is stored
	res := Run(env, g, Limits{Insns: 1000, Nodes: 1000, Bytes: 1 << 20}, Mode{Weaken: true, Delay: 2})
	if res.Fault != nil {
		t.Fatal(res.Fault)
	}
	for _, e := range res.Certificate.Entries {
		if e.PC == start {
			return e.State
		}
	}
	t.Fatal("no node was stored")
	return nil
}

// what a value of the weakened state can be.
const (
	gone  = "not read"
	any   = "any number"
	exact = "a number"
)

func levelOf(v *state.Value) string {
	switch {
	case v.Kind == state.Uninit:
		return gone
	case isAny(v):
		return any
	}
	return exact
}

func TestNeedOfRegisters(t *testing.T) {
	exit := op(bpf.OpExit, 0, 0)
	stack := regs(bpf.OpMov, bpf.R1, bpf.R10)
	for _, c := range []struct {
		name string
		want string // of r6
		body []bpf.Instruction
	}{
		{"not read", gone, []bpf.Instruction{op(bpf.OpMov, bpf.R0, 0), exit}},
		{"overwritten", gone, []bpf.Instruction{op(bpf.OpMov, bpf.R6, 1), regs(bpf.OpMov, bpf.R0, bpf.R6), exit}},
		{"a result", any, []bpf.Instruction{regs(bpf.OpMov, bpf.R0, bpf.R6), exit}},
		{"computed with", any, []bpf.Instruction{op(bpf.OpMov, bpf.R0, 3), regs(bpf.OpMul, bpf.R0, bpf.R6), exit}},
		{"decides", exact, []bpf.Instruction{op(bpf.OpMov, bpf.R0, 3), off(op(bpf.OpJgt, bpf.R6, 7), 1), op(bpf.OpMov, bpf.R0, 4), exit}},
		{"copied, decides", exact, []bpf.Instruction{op(bpf.OpMov, bpf.R0, 3), regs(bpf.OpMov, bpf.R7, bpf.R6), off(op(bpf.OpJgt, bpf.R7, 7), 1), op(bpf.OpMov, bpf.R0, 4), exit}},
		{"computed with, decides", exact, []bpf.Instruction{op(bpf.OpMov, bpf.R0, 3), op(bpf.OpAdd, bpf.R6, 4), off(op(bpf.OpJgt, bpf.R6, 70), 1), op(bpf.OpMov, bpf.R0, 4), exit}},
		{"an index", exact, []bpf.Instruction{stack, regs(bpf.OpAdd, bpf.R1, bpf.R6), off(regs(bpf.OpLoad, bpf.R0, bpf.R1), -13), exit}},
		{"spilled", any, []bpf.Instruction{off(regs(bpf.OpStore, bpf.R10, bpf.R6), -8), off(regs(bpf.OpLoad, bpf.R0, bpf.R10), -8), exit}},
		{"spilled and lost", gone, []bpf.Instruction{off(regs(bpf.OpStore, bpf.R10, bpf.R6), -8), op(bpf.OpMov, bpf.R0, 0), exit}},
		{"spilled, decides", exact, []bpf.Instruction{off(regs(bpf.OpStore, bpf.R10, bpf.R6), -8), off(regs(bpf.OpLoad, bpf.R7, bpf.R10), -8), op(bpf.OpMov, bpf.R0, 3), off(op(bpf.OpJgt, bpf.R7, 7), 1), op(bpf.OpMov, bpf.R0, 4), exit}},
	} {
		insns := append([]bpf.Instruction{op(bpf.OpMov, bpf.R6, 5), op(bpf.OpMov, bpf.R9, 1)}, c.body...)
		s := weakened(t, 1, insns...)
		// A store reads its source: it may be any number even when it is lost.
		got := levelOf(s.Reg(bpf.R6))
		if got != c.want && !(c.name == "spilled and lost" && got == any) {
			t.Errorf("%s: r6 is %s, want %s", c.name, got, c.want)
		}
	}
}

// TestNeedOfCells: stack cells that are overwritten, read, or decide.
func TestNeedOfCells(t *testing.T) {
	exit := op(bpf.OpExit, 0, 0)
	read := off(regs(bpf.OpLoad, bpf.R0, bpf.R10), -8)
	for _, c := range []struct {
		name string
		want string
		body []bpf.Instruction
	}{
		{"not read", gone, []bpf.Instruction{op(bpf.OpMov, bpf.R0, 0), exit}},
		{"overwritten", gone, []bpf.Instruction{off(op(bpf.OpStore, bpf.R10, 3), -8), read, exit}},
		{"a result", any, []bpf.Instruction{read, exit}},
		{"decides", exact, []bpf.Instruction{read, off(op(bpf.OpJgt, bpf.R0, 7), 1), op(bpf.OpMov, bpf.R0, 4), exit}},
	} {
		insns := append([]bpf.Instruction{op(bpf.OpMov, bpf.R6, 5), off(regs(bpf.OpStore, bpf.R10, bpf.R6), -8), op(bpf.OpMov, bpf.R9, 1)}, c.body...)
		s := weakened(t, 2, insns...)
		got := gone
		if k := &s.Frame(0).Stack; len(k.Cells) > 1 && k.Cells[1] != nil {
			got = any
			if k.Cells[1].Size == 8 {
				got = exact
			}
		}
		if got != c.want {
			t.Errorf("%s: the cell is %s, want %s", c.name, got, c.want)
		}
	}
}

// TestResume: a search that met a limit and goes on finds what one without the
// limit finds.
func TestResume(t *testing.T) {
	env := environment([]bpf.Instruction{
		off(regs(bpf.OpLoad, bpf.R2, bpf.R1), 16), op(bpf.OpMov, bpf.R0, 0), op(bpf.OpMov, bpf.R3, 0),
		off(op(bpf.OpJset, bpf.R2, 1), 1),
		op(bpf.OpAdd, bpf.R0, 2),
		op(bpf.OpAdd, bpf.R3, 1),
		off(op(bpf.OpJlt, bpf.R3, 50), -4),
		op(bpf.OpExit, 0, 0),
	})
	env.Insns[0].Width = 4
	g, f := flow.Analyse(env)
	if f != nil {
		t.Fatal(f)
	}
	all := Limits{Insns: 1 << 20, Nodes: 1 << 20, Bytes: 1 << 30}
	mode := Mode{Weaken: true, Delay: 2}
	want := Run(env, g, all, mode)
	for n := 1; n < want.Processed; n += 7 {
		s := New(env, g, mode)
		first := all
		first.Insns = n
		if res := s.Run(first); res.Fault == nil || res.Processed != n {
			t.Fatalf("limit %d: %v, %d processed", n, res.Fault, res.Processed)
		}
		got := s.Run(all)
		if got.Fault != nil || got.Processed != want.Processed || got.Nodes != want.Nodes {
			t.Fatalf("limit %d: %v, %d processed, %d nodes, want %d, %d", n, got.Fault, got.Processed, got.Nodes, want.Processed, want.Nodes)
		}
		for i := range want.Certificate.Entries {
			a, b := &want.Certificate.Entries[i], &got.Certificate.Entries[i]
			if a.PC != b.PC || len(a.Stops) != len(b.Stops) {
				t.Fatalf("limit %d: entry %d differs", n, i)
			}
		}
	}
}
