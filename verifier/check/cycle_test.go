package check_test

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// certificates are written by hand: each loop is one entry at its head.

func mov(r bpf.Reg, n int64) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: r, Src: bpf.RegImm, Imm: n}
}

func add(r bpf.Reg, n int64) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpAdd, Width: 8, Dst: r, Src: bpf.RegImm, Imm: n}
}

func jump(op bpf.Op, r bpf.Reg, n int64, off int32) bpf.Instruction {
	return bpf.Instruction{Op: op, Width: 8, Dst: r, Src: bpf.RegImm, Imm: n, Off: off}
}

func load(dst, src bpf.Reg) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpLoad, Width: 4, Dst: dst, Src: src, Off: 16}
}

var (
	ja = func(off int32) bpf.Instruction {
		return bpf.Instruction{Op: bpf.OpJa, Width: 8, Src: bpf.RegImm, Off: off}
	}
	exit = bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm}
)

// environment is that of an XDP program of one function.
func environment(insns []bpf.Instruction) *transfer.Env {
	obj := &frontend.Object{License: "GPL"}
	p := &frontend.Program{Hook: table.HookByName(bpf.Linux, "xdp"), Insns: insns,
		Funcs: []frontend.Func{{Name: "main", End: len(insns)}}}
	return transfer.NewEnv(obj, p)
}

// numbered is a state with r0 unknown and numbers with classes of their own.
func numbered(env *transfer.Env, numbers map[bpf.Reg]value.Scalar) *state.State {
	s := state.Entry(env.Hook)
	s.Set(bpf.R0, state.Unknown())
	for r := bpf.R1; r <= bpf.R5; r++ {
		if n, ok := numbers[r]; ok {
			v := state.Number(n)
			v.ID = s.NewID()
			s.Set(r, v)
		}
	}
	return s
}

// in is the place of a register of the entry function.
func in(r bpf.Reg) state.Place { return state.Place{Reg: r, Cell: -1} }

// claim is a certificate with points where entries are.
func claim(env *transfer.Env, entries []check.Entry, measures ...check.Measure) *check.Certificate {
	c := &check.Certificate{Entries: entries, Points: make([]bool, len(env.Insns)), Measures: measures, Roots: []check.Root{{}}}
	for _, e := range entries[1:] {
		c.Points[e.PC] = true
	}
	return c
}

// counted is the loop "r1 = from; do r1 += step; while (r1 op limit)" and its
// certificate, with the entry at the head having r1 within head.
func counted(from, step int64, op bpf.Op, limit int64, head value.Scalar, at bpf.Reg) (*transfer.Env, *check.Certificate) {
	env := environment([]bpf.Instruction{mov(bpf.R0, 0), mov(bpf.R1, from), add(bpf.R1, step), jump(op, bpf.R1, limit, -2), exit})
	return env, claim(env, []check.Entry{
		{PC: 0, State: state.Entry(env.Hook), Stops: []int32{1}},
		{PC: 2, State: numbered(env, map[bpf.Reg]value.Scalar{bpf.R1: head}), Stops: []int32{1}},
	}, check.Measure{Kind: check.Number, At: map[int32]state.Place{1: in(at)}})
}

func TestNumbers(t *testing.T) {
	signed := func(lo, hi int64) value.Scalar {
		s := value.Unknown()
		s.R.Smin, s.R.Smax = lo, hi
		value.W64.Reduce(&s)
		return s
	}
	for _, c := range []struct {
		name       string
		from, step int64
		op         bpf.Op
		limit      int64
		head       value.Scalar
		at         bpf.Reg
		most       uint64 // 0: refused
	}{
		{"up", 0, 1, bpf.OpJlt, 1000, value.Between(0, 999), bpf.R1, 2 + 2*999 + 3},
		{"up by 3", 0, 3, bpf.OpJlt, 1000, value.Between(0, 999), bpf.R1, 2 + 2*333 + 3},
		{"down", 1000, -1, bpf.OpJne, 0, value.Between(1, 1000), bpf.R1, 2 + 2*999 + 3},
		{"signed", -1000, 1, bpf.OpJslt, 1000, signed(-1000, 999), bpf.R1, 2 + 2*1999 + 3},
		{"signed down", 1000, -1, bpf.OpJsgt, -1000, signed(-999, 1000), bpf.R1, 2 + 2*1999 + 3},
		{"up and wraps", 0, 1, bpf.OpJne, 5, value.Unknown(), bpf.R1, 0},
		{"down and wraps", 1000, -1, bpf.OpJne, 5, value.Unknown(), bpf.R1, 0},
		{"does not move", 0, 0, bpf.OpJlt, 1000, value.Between(0, 999), bpf.R1, 0},
		{"wrong register", 0, 1, bpf.OpJlt, 1000, value.Between(0, 999), bpf.R0, 0},
		{"no register", 0, 1, bpf.OpJlt, 1000, value.Between(0, 999), 99, 0},
		{"not inductive", 0, 1, bpf.OpJlt, 1000, value.Between(0, 998), bpf.R1, 0},
	} {
		env, cert := counted(c.from, c.step, c.op, c.limit, c.head, c.at)
		seen, err := check.Run(env, cert, 1000)
		switch {
		case c.most == 0 && err == nil:
			t.Errorf("%s: confirmed with at most %d instructions", c.name, seen.MaxInsns)
		case c.most != 0 && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.most != 0 && seen.MaxInsns != c.most:
			t.Errorf("%s: at most %d instructions, want %d", c.name, seen.MaxInsns, c.most)
		}
	}
}

// TestClass: a number without a class, or with the class of another number,
// is no measure.
func TestClass(t *testing.T) {
	env, cert := counted(0, 1, bpf.OpJlt, 1000, value.Between(0, 999), bpf.R1)
	v := *cert.Entries[1].State.Reg(bpf.R1)
	v.ID = 0
	cert.Entries[1].State.Set(bpf.R1, v)
	if _, err := check.Run(env, cert, 1000); err == nil {
		t.Error("a number without a class is a measure")
	}
	cert.Measures = nil
	if _, err := check.Run(env, cert, 1000); err == nil {
		t.Error("a cycle without a measure was confirmed")
	}
	// r1 is read from the context in each turn: its value may stay the same.
	env = environment([]bpf.Instruction{mov(bpf.R0, 0), load(bpf.R2, bpf.R1), load(bpf.R2, bpf.R1), jump(bpf.OpJlt, bpf.R2, 1000, -2), exit})
	s := state.Entry(env.Hook)
	s.Set(bpf.R0, state.Unknown())
	w := state.Number(value.Bits(32))
	w.ID = s.NewID()
	s.Set(bpf.R2, w)
	cert = claim(env, []check.Entry{{State: state.Entry(env.Hook), Stops: []int32{1}}, {PC: 2, State: s, Stops: []int32{1}}},
		check.Measure{Kind: check.Number, At: map[int32]state.Place{1: in(bpf.R2)}})
	if _, err := check.Run(env, cert, 1000); err == nil {
		t.Error("a number that is read again is a measure")
	}
}

// nested is two loops, r1 around r2: the entries are their heads.
func nested(reset bpf.Instruction) (*transfer.Env, *check.Certificate) {
	env := environment([]bpf.Instruction{
		mov(bpf.R0, 0), mov(bpf.R1, 0),
		reset,                            // 2: head of the outer loop
		add(bpf.R2, 1),                   // 3: head of the inner loop
		jump(bpf.OpJlt, bpf.R2, 100, -2), // to 3
		add(bpf.R1, 1),
		jump(bpf.OpJlt, bpf.R1, 10, -5), // to 2
		exit,
	})
	outer, inner := value.Between(0, 9), value.Between(0, 99)
	start := state.Entry(env.Hook)
	start.Set(bpf.R2, state.Const(0))
	return env, claim(env, []check.Entry{
		{PC: 0, State: state.Entry(env.Hook), Stops: []int32{1}},
		{PC: 2, State: numbered(env, map[bpf.Reg]value.Scalar{bpf.R1: outer}), Stops: []int32{2}},
		{PC: 3, State: numbered(env, map[bpf.Reg]value.Scalar{bpf.R1: outer, bpf.R2: inner}), Stops: []int32{1, 2}},
	}, check.Measure{Kind: check.Number, At: map[int32]state.Place{1: in(bpf.R1), 2: in(bpf.R1)}},
		check.Measure{Kind: check.Number, At: map[int32]state.Place{2: in(bpf.R2)}})
}

func TestNested(t *testing.T) {
	env, cert := nested(mov(bpf.R2, 0))
	seen, err := check.Run(env, cert, 1000)
	if err != nil {
		t.Fatal(err)
	}
	// 9 turns of 4, 10 times from 2 to 3 and 99 turns of 2, then the end.
	if want := uint64(2 + 9*4 + 10*(1+99*2) + 5); seen.MaxInsns != want {
		t.Errorf("at most %d instructions, want %d", seen.MaxInsns, want)
	}
	for k := range cert.Measures {
		bad := *cert
		bad.Measures = []check.Measure{cert.Measures[k]}
		if _, err := check.Run(env, &bad, 1000); err == nil {
			t.Errorf("confirmed by measure %d alone", k)
		}
	}
}

// TestMixed: a loop with a turn that goes up and a turn that goes down.
func TestMixed(t *testing.T) {
	env := environment([]bpf.Instruction{
		load(bpf.R3, bpf.R1), mov(bpf.R0, 0), mov(bpf.R2, 500),
		jump(bpf.OpJeq, bpf.R3, 7, 3), // 3: head
		add(bpf.R2, 1),
		jump(bpf.OpJlt, bpf.R2, 1000, -3),
		exit,
		add(bpf.R2, -1), // 7
		jump(bpf.OpJgt, bpf.R2, 1, -6),
		exit,
	})
	s := state.Entry(env.Hook)
	s.Set(bpf.R0, state.Unknown())
	s.Set(bpf.R1, state.Value{})
	for r, n := range map[bpf.Reg]value.Scalar{bpf.R2: value.Between(2, 999), bpf.R3: value.Bits(32)} {
		v := state.Number(n)
		v.ID = s.NewID()
		s.Set(r, v)
	}
	cert := claim(env, []check.Entry{{State: state.Entry(env.Hook), Stops: []int32{1}}, {PC: 3, State: s, Stops: []int32{1, 1}}},
		check.Measure{Kind: check.Number, At: map[int32]state.Place{1: in(bpf.R2)}})
	if _, err := check.Run(env, cert, 1000); err == nil {
		t.Error("a number that moves both ways is a measure")
	}
}

// TestMayGoto: the budget of an activation bounds the loop, if it is used.
func TestMayGoto(t *testing.T) {
	may := bpf.Instruction{Op: bpf.OpMayGoto, Src: bpf.RegImm, Off: 1}
	env := environment([]bpf.Instruction{mov(bpf.R0, 0), may, ja(-2), exit})
	entries := []check.Entry{
		{State: state.Entry(env.Hook), Stops: []int32{1}},
		{PC: 1, State: numbered(env, nil), Stops: []int32{1}},
	}
	gotos := check.Measure{Kind: check.Gotos, At: map[int32]state.Place{1: {}}}
	if _, err := check.Run(env, claim(env, entries, gotos), 1000); err != nil {
		t.Error(err)
	}
	for _, m := range []check.Measure{
		{Kind: check.Turns, At: gotos.At},
		{Kind: check.Steps, At: gotos.At},
		{Kind: check.Gotos, At: map[int32]state.Place{1: {Frame: 1}}},
		{Kind: check.Gotos, At: map[int32]state.Place{1: {Frame: -1}}},
		{Kind: check.Gotos, At: map[int32]state.Place{0: {}}},
	} {
		if _, err := check.Run(env, claim(env, entries, m), 1000); err == nil {
			t.Errorf("confirmed by %+v", m)
		}
	}
	// The loop passes no may_goto.
	env = environment([]bpf.Instruction{mov(bpf.R0, 0), may, ja(-1), exit})
	entries[1] = check.Entry{PC: 2, State: numbered(env, nil), Stops: []int32{1}}
	if _, err := check.Run(env, claim(env, entries, gotos), 1000); err == nil {
		t.Error("a loop without may_goto was confirmed")
	}
}

// TestRoots: what is relied on has to be there.
func TestRoots(t *testing.T) {
	env := environment([]bpf.Instruction{mov(bpf.R0, 0), exit})
	cert := claim(env, []check.Entry{{State: state.Entry(env.Hook)}})
	if _, err := check.Run(env, cert, 100); err != nil {
		t.Error(err)
	}
	for _, roots := range [][]check.Root{nil, {{Entry: 1}}, {{Entry: -1}}, {{Root: transfer.Root{Func: 3}}}} {
		cert.Roots = roots
		if _, err := check.Run(env, cert, 100); err == nil {
			t.Errorf("confirmed with roots %+v", roots)
		}
	}
}
