package explore

import (
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// environment is that of an XDP program with one map.
func environment(insns []bpf.Instruction) *transfer.Env {
	obj := &frontend.Object{License: "GPL", Maps: []*frontend.Map{{Name: "m", Type: bpf.MapArray, KeySize: 4, ValueSize: 48, MaxEntries: 4}}}
	p := &frontend.Program{Hook: table.HookByName(bpf.Linux, "xdp"), Insns: insns, Funcs: []frontend.Func{{Name: "main", End: len(insns)}}}
	return transfer.NewEnv(obj, p)
}

// draw makes states of few values, so that two are often alike.
type draw struct{ *rand.Rand }

func (r draw) scalar() value.Scalar {
	n := uint64(r.IntN(6))
	switch r.IntN(5) {
	case 0:
		return value.Unknown()
	case 1:
		return value.Between(n, n+uint64(r.IntN(300)))
	case 2:
		return value.Bits(32)
	case 3:
		return value.OfTnum(value.Tnum{Value: n * 8, Mask: 4})
	}
	return value.Const(n - uint64(r.IntN(3)))
}

func (r draw) value() state.Value {
	v := state.Number(r.scalar())
	switch r.IntN(10) {
	case 0:
		return state.Value{}
	case 1:
		return state.Value{Kind: state.PtrCtx}
	case 2:
		v = state.Value{Kind: state.PtrMapValue, Null: r.IntN(2) == 0, Ref: 2 + uint32(r.IntN(2)), Off: int64(r.IntN(4))}
	case 3:
		v.Kind, v.Off, v.Room = state.PtrPacket, int64(r.IntN(20)), int64(r.IntN(30))
		v.S = value.Between(0, uint64(r.IntN(3)))
	case 4:
		v = state.Value{Kind: state.PtrStack, Off: -8 * int64(r.IntN(4))}
	}
	if _, fixed := v.S.IsConst(); !fixed && r.IntN(3) > 0 {
		v.ID, v.Delta = 2+uint32(r.IntN(3)), uint64(r.IntN(3))
	}
	return v
}

func (r draw) state(h *table.Hook) *state.State {
	s := state.Entry(h)
	for range 8 {
		s.NewID()
	}
	for reg := bpf.R0; reg < bpf.R10; reg++ {
		s.Set(reg, r.value())
	}
	k := &s.Own(0).Stack
	for off := int64(-40); off < 0; off += 8 {
		switch v := r.value(); r.IntN(5) {
		case 0:
			k.Fill(off+int64(r.IntN(4)), off+8, state.Misc)
		case 1:
			k.Fill(off, off+8, state.Zero)
		case 2:
			if v.Kind == state.Scalar {
				k.Store(off, 1<<r.IntN(3), &v)
			}
		case 3:
			if v.Kind != state.Uninit {
				k.Store(off, 8, &v)
			}
		}
	}
	return s
}

// TestJoin: what is joined or widened includes both states.
func TestJoin(t *testing.T) {
	env := environment([]bpf.Instruction{{Op: bpf.OpExit}})
	r := draw{rand.New(rand.NewPCG(1, 2))}
	j, in := joiner{}, state.Includer{}
	made := 0
	for i := range 20000 {
		a, b := r.state(env.Hook), r.state(env.Hook)
		if r.IntN(2) == 0 { // alike
			a = b.Clone()
			for range 1 + r.IntN(3) {
				a.Set(bpf.Reg(r.IntN(10)), r.value())
			}
		}
		l := (*limits)(nil)
		if r.IntN(2) == 0 {
			l = limitsOf(env, []int64{10, 11, 12, 100}, a, b, r.IntN(3))
		}
		if !a.WellFormed() || !b.WellFormed() {
			t.Fatal("the test's states are not well formed")
		}
		s := j.join(a, b, l)
		if s == nil {
			continue
		}
		made++
		if !s.WellFormed() {
			t.Fatalf("%d: not well formed", i)
		}
		if !in.Included(b, s) {
			t.Fatalf("%d: the state is not included", i)
		}
		if !in.Included(a, s) {
			t.Fatalf("%d: the state before is not included", i)
		}
	}
	t.Logf("%d of 20000 joined", made)
	if made < 15000 {
		t.Errorf("only %d of 20000 were joined", made)
	}
}

// TestWidenEnds: a number that keeps growing is unknown after few turns.
func TestWidenEnds(t *testing.T) {
	env := environment([]bpf.Instruction{{Op: bpf.OpExit}})
	r := rand.New(rand.NewPCG(3, 4))
	j, in := joiner{}, state.Includer{}
	for range 200 {
		step := r.Uint64() >> r.UintN(64)
		s := state.Entry(env.Hook)
		s.Set(bpf.R0, state.Const(r.Uint64()>>r.UintN(64)))
		for turn := 0; ; turn++ {
			n := s.Clone()
			v := *s.Reg(bpf.R0)
			v.S = value.Binary(bpf.OpAdd, true, v.S, value.Const(step))
			n.Set(bpf.R0, v)
			if in.Included(n, s) {
				break
			}
			if turn > 60 {
				t.Fatalf("step %#x: still %+v", step, v.S)
			}
			s = j.join(s, n, limitsOf(env, nil, s, n, max(0, turn-patience)))
		}
	}
}

// TestTies: what moves together stays tied, what does not loses its class.
func TestTies(t *testing.T) {
	env := environment([]bpf.Instruction{{Op: bpf.OpExit}})
	old, cur := state.Entry(env.Hook), state.Entry(env.Hook)
	packet := func(off int64) state.Value { return state.Value{Kind: state.PtrPacket, Off: off} }
	old.Set(bpf.R6, state.Const(0))
	cur.Set(bpf.R6, state.Const(1))
	old.Set(bpf.R7, packet(14))
	cur.Set(bpf.R7, packet(15))
	old.Set(bpf.R8, packet(14))
	cur.Set(bpf.R8, packet(18))
	var j joiner
	s := j.join(old, cur, limitsOf(env, []int64{99, 100, 101}, old, cur, 0))
	n, p, q := s.Reg(bpf.R6), s.Reg(bpf.R7), s.Reg(bpf.R8)
	if n.ID == 0 || p.ID != n.ID || p.Off != 0 || p.Delta-n.Delta != 14 {
		t.Errorf("not tied: %+v, %+v", n, p)
	}
	if q.ID == n.ID {
		t.Errorf("tied: %+v, %+v", n, q)
	}
}
