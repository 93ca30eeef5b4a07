package flow

import (
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

func op(o bpf.Op, dst bpf.Reg, imm int64) bpf.Instruction {
	return bpf.Instruction{Op: o, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: imm}
}

func jump(o bpf.Op, dst bpf.Reg, imm int64, off int32) bpf.Instruction {
	return bpf.Instruction{Op: o, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: imm, Off: off}
}

func call(kind bpf.Kind, imm int64) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpCall, Kind: kind, Src: bpf.RegImm, Imm: imm}
}

func address(imm int64) []bpf.Instruction {
	return []bpf.Instruction{{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindFunc, Dst: bpf.R2, Src: bpf.RegImm, Imm: imm}, {}}
}

var exit = op(bpf.OpExit, 0, 0)

// environment is that of a program of functions one after another.
func environment(hook string, funcs ...[]bpf.Instruction) *transfer.Env {
	p := &frontend.Program{Hook: table.HookByName(bpf.Linux, hook)}
	for _, f := range funcs {
		start := len(p.Insns)
		p.Insns = append(p.Insns, f...)
		p.Funcs = append(p.Funcs, frontend.Func{Name: "f" + string(rune('0'+len(p.Funcs))), Start: start, End: len(p.Insns)})
	}
	return transfer.NewEnv(&frontend.Object{License: "GPL"}, p)
}

func analyse(t *testing.T, env *transfer.Env) *Graph {
	t.Helper()
	g, f := Analyse(env)
	if f != nil {
		t.Fatal(f)
	}
	return g
}

func TestLive(t *testing.T) {
	const r10 = 1 << bpf.R10
	for _, c := range []struct {
		name string
		want uint16 // at slot 0
		body []bpf.Instruction
	}{
		{"result", 1 << bpf.R0, []bpf.Instruction{exit}},
		{"written", 0, []bpf.Instruction{op(bpf.OpMov, bpf.R0, 1), exit}},
		{"both ways", 1<<bpf.R0 | 1<<bpf.R3, []bpf.Instruction{jump(bpf.OpJeq, bpf.R3, 0, 1), op(bpf.OpAdd, bpf.R0, 1), exit}},
		{"helper without arguments", 1 << bpf.R6, []bpf.Instruction{call(bpf.KindHelper, 5), {Op: bpf.OpMov, Width: 8, Dst: bpf.R0, Src: bpf.R6}, exit}},
		{"helper with three", 1<<bpf.R1 | 1<<bpf.R2 | 1<<bpf.R3, []bpf.Instruction{call(bpf.KindHelper, 12), exit}},
		{"may_goto", 1 << bpf.R0, []bpf.Instruction{jump(bpf.OpMayGoto, 0, 0, 0), exit}},
		{"packet load", 1 << bpf.R6, []bpf.Instruction{{Op: bpf.OpLdAbs, Width: 4, Src: bpf.RegImm}, exit}},
		{"function", 1 << bpf.R2, nil},
	} {
		funcs := [][]bpf.Instruction{c.body}
		if c.body == nil { // the callee reads r2
			funcs = [][]bpf.Instruction{{call(bpf.KindLocal, 1), exit}, {{Op: bpf.OpMov, Width: 8, Dst: bpf.R0, Src: bpf.R2}, exit}}
		}
		if got := analyse(t, environment("socket_filter", funcs...)).Live[0] &^ r10; got != c.want {
			t.Errorf("%s: live %#x, want %#x", c.name, got, c.want)
		}
	}
}

// TestLoops: an inner loop that is entered in its middle, in an outer one.
func TestLoops(t *testing.T) {
	g := analyse(t, environment("xdp", []bpf.Instruction{
		op(bpf.OpMov, bpf.R0, 0),
		op(bpf.OpMov, bpf.R1, 0), // 1: head of the outer loop
		jump(bpf.OpJa, 0, 0, 1),
		op(bpf.OpAdd, bpf.R1, 1),         // 3
		op(bpf.OpAdd, bpf.R0, 1),         // 4: head of the inner loop
		jump(bpf.OpJlt, bpf.R1, 100, -3), // to 3
		jump(bpf.OpJlt, bpf.R0, 7, -6),   // to 1
		exit,
	}))
	outer, inner := g.Loops[1], g.Loops[4]
	if outer == nil || inner == nil {
		t.Fatalf("loops %v", g.Loops)
	}
	if !slices.Equal(inner.Limits, []int64{99, 100, 101}) || !slices.Equal(outer.Limits, []int64{6, 7, 8, 99, 100, 101}) {
		t.Errorf("limits %v, %v", outer.Limits, inner.Limits)
	}
	if !slices.Equal(inner.Around, []int{1}) || len(outer.Around) != 0 {
		t.Errorf("around %v, %v", outer.Around, inner.Around)
	}
}

func TestCalls(t *testing.T) {
	leaf := []bpf.Instruction{op(bpf.OpMov, bpf.R0, 0), exit}
	for _, c := range []struct {
		name  string
		want  reason.Code
		funcs [][]bpf.Instruction
	}{
		{"called", "", [][]bpf.Instruction{{call(bpf.KindLocal, 1), exit}, leaf}},
		{"address taken", "", [][]bpf.Instruction{append(address(3), op(bpf.OpMov, bpf.R0, 0), exit), leaf}},
		{"not called", reason.Unreachable, [][]bpf.Instruction{leaf, leaf}},
		{"calls itself", reason.Recursion, [][]bpf.Instruction{{call(bpf.KindLocal, 1), exit}, {call(bpf.KindLocal, -1), exit}}},
		{"takes its own address", "", [][]bpf.Instruction{{call(bpf.KindLocal, 1), exit}, append(address(-1), op(bpf.OpMov, bpf.R0, 0), exit)}},
		{"address of no function", reason.BadJump, [][]bpf.Instruction{append(address(2), op(bpf.OpMov, bpf.R0, 0), exit), leaf}},
		{"call of no function", reason.BadJump, [][]bpf.Instruction{{call(bpf.KindLocal, 100), exit}}},
	} {
		_, f := Analyse(environment("xdp", c.funcs...))
		if got := codeOf(f); got != c.want {
			t.Errorf("%s: %v, want %q", c.name, f, c.want)
		}
	}
}

func codeOf(f *transfer.Fault) reason.Code {
	if f == nil {
		return ""
	}
	return f.Code
}

func TestStack(t *testing.T) {
	leaf := []bpf.Instruction{op(bpf.OpMov, bpf.R0, 0), exit}
	tail := []bpf.Instruction{call(bpf.KindHelper, 12), op(bpf.OpMov, bpf.R0, 0), exit}
	caller := []bpf.Instruction{call(bpf.KindLocal, 1), exit}
	callback := append(address(3), op(bpf.OpMov, bpf.R0, 0), exit)
	for _, c := range []struct {
		name  string
		hook  string
		funcs [][]bpf.Instruction
		used  []int
		later bool // function 1 is a timer's
		want  reason.Code
	}{
		{"512 together", "xdp", [][]bpf.Instruction{caller, leaf}, []int{250, 256}, false, ""},
		{"528 together", "xdp", [][]bpf.Instruction{caller, leaf}, []int{257, 256}, false, reason.CombinedStack},
		{"private", "kprobe", [][]bpf.Instruction{caller, leaf}, []int{400, 400}, false, ""},
		{"not private below a tail call", "kprobe", [][]bpf.Instruction{caller, tail}, []int{240, 400}, false, reason.CombinedStack},
		{"tail call", "xdp", [][]bpf.Instruction{caller, tail}, []int{240, 16}, false, ""},
		{"tail call below 256", "xdp", [][]bpf.Instruction{caller, tail}, []int{250, 16}, false, reason.CombinedStack},
		{"callback", "xdp", [][]bpf.Instruction{callback, leaf}, []int{300, 300}, false, reason.CombinedStack},
		{"timer", "xdp", [][]bpf.Instruction{callback, leaf}, []int{300, 300}, true, ""},
	} {
		env := environment(c.hook, c.funcs...)
		f := analyse(t, env).Stack(env, c.used, []bool{false, c.later})
		if got := codeOf(f); got != c.want {
			t.Errorf("%s: %v, want %q", c.name, f, c.want)
		}
	}
}
