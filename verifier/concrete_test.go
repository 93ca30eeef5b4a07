package verifier_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/explore"
	"github.com/bpf2go-native/bpf2go-native/verifier/flow"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// certify returns a confirmed certificate of a program, nil when it has none.
func certify(t testing.TB, obj *frontend.Object, p *frontend.Program) (*transfer.Env, *check.Certificate) {
	t.Helper()
	for _, fold := range []bool{false, true} {
		env := transfer.NewEnv(obj, p)
		env.Fold = fold
		g, f := flow.Analyse(env)
		if f != nil {
			return nil, nil
		}
		res := explore.Run(env, g, explore.Limits{Insns: 1 << 20, Nodes: 1 << 20, Bytes: 1 << 30}, explore.Mode{Weaken: true, Delay: 2})
		if res.Fault != nil {
			continue
		}
		if _, err := check.Run(env, res.Certificate, 1<<22); err != nil {
			t.Fatal(err)
		}
		return env, res.Certificate
	}
	return nil, nil
}

// lockstep executes a program on abstract states beside the interpreter and
// checks that every concrete state is one of the abstract state. At points it
// changes to certificate states at random.
type lockstep struct {
	t      *testing.T
	r      *rand.Rand
	m      transfer.Machine
	cert   *check.Certificate
	at     map[int][]int // entries by slot
	in     state.Includer
	p      *frontend.Program
	length int // of the packet
	began  bool
	steps  int
	points int
}

func (l *lockstep) trace(c *interp.State) {
	m := &l.m
	switch {
	case !l.began:
		m.S, l.began = l.cert.Entries[0].State.Clone(), true
	case m.Taken != nil && c.PC == m.Target && (c.PC != m.Next || l.wrong(c, m.S) != ""):
		m.S = m.Taken
	case c.PC != m.Next:
		l.t.Fatalf("slot %d ran after %d, abstractly %d follows", c.PC, m.PC, m.Next)
	}
	if l.cert.Points[c.PC] && l.r.IntN(2) == 0 {
		for _, k := range l.at[c.PC] {
			if l.in.Included(m.S, l.cert.Entries[k].State) {
				m.S = l.cert.Entries[k].State.Clone()
				l.points++
				break
			}
		}
	}
	if why := l.wrong(c, m.S); why != "" {
		l.t.Fatalf("before slot %d: %s\n%s", c.PC, why, listing(l.p))
	}
	l.steps++
	m.PC = c.PC
	if f := m.Step(); f != nil {
		l.t.Fatalf("abstract execution is refused: %v", f)
	}
}

// number is what relations are about: the number, or the variable part of a
// pointer's offset.
func variable(v *state.Value, c interp.Value) uint64 {
	if v.Kind == state.Scalar {
		return c.Bits
	}
	return uint64(c.Off() - v.Off)
}

var kindOf = map[state.Kind]interp.Kind{
	state.PtrCtx: interp.KindCtx, state.PtrStack: interp.KindStack, state.PtrPacket: interp.KindPacket,
	state.PtrMeta: interp.KindMeta, state.PtrPacketEnd: interp.KindPacketEnd, state.PtrMapValue: interp.KindMapValue,
	state.ConstMap: interp.KindMap,
}

// member says why a concrete value is none of v, "" when it is.
func (l *lockstep) member(v *state.Value, c interp.Value) string {
	if v.Kind == state.Uninit {
		return ""
	}
	if v.Kind == state.Scalar || v.Null && c.Bits == 0 {
		if v.Kind == state.Scalar && !v.S.Has(c.Bits) {
			return fmt.Sprintf("%#x is not in %+v", c.Bits, v.S)
		}
		if v.Kind == state.Scalar && v.Room > 0 && c.Bits+uint64(v.Room) > uint64(l.length) {
			return fmt.Sprintf("%d has not %d bytes of room in %d", c.Bits, v.Room, l.length)
		}
		return ""
	}
	if c.Kind != kindOf[v.Kind] {
		return fmt.Sprintf("%v is not of kind %d", c, v.Kind)
	}
	switch v.Kind {
	case state.PtrPacketEnd:
		return ""
	case state.PtrStack:
		if c.Region.Frame != int(v.Frame) {
			return fmt.Sprintf("%v is not of frame %d", c, v.Frame)
		}
	case state.PtrMapValue, state.ConstMap:
		if c.Region.Map != int(v.Map) {
			return fmt.Sprintf("%v is not of map %d", c, v.Map)
		}
	}
	n := variable(v, c)
	if !v.S.Has(n) {
		return fmt.Sprintf("%v: variable part %d is not in %+v", c, int64(n), v.S)
	}
	if v.Kind == state.PtrPacket && v.Room > 0 && n+uint64(v.Room) > uint64(l.length) {
		return fmt.Sprintf("%v: %d + %d bytes are beyond %d", c, n, v.Room, l.length)
	}
	return ""
}

// wrong says why the concrete state is none of s, "" when it is.
func (l *lockstep) wrong(c *interp.State, s *state.State) string {
	if s.Depth() != len(c.Stacks)-1 {
		return fmt.Sprintf("depth %d, abstractly %d", len(c.Stacks)-1, s.Depth())
	}
	class := map[uint32]uint64{}
	null := map[uint32]bool{}
	related := func(v *state.Value, x interp.Value) string {
		if v.ID != 0 {
			base := variable(v, x) - v.Delta
			if old, ok := class[v.ID]; ok && old != base {
				return fmt.Sprintf("class %d: %d and %d", v.ID, int64(old), int64(base))
			}
			class[v.ID] = base
			if v.ID == state.LenClass && base != uint64(l.length) {
				return fmt.Sprintf("length is %d, class says %d", l.length, base)
			}
		}
		if v.Null {
			if old, ok := null[v.Ref]; ok && old != (x.Bits == 0) {
				return fmt.Sprintf("lookup %d: copies differ", v.Ref)
			}
			null[v.Ref] = x.Bits == 0
		}
		return ""
	}
	f := s.Frame(s.Depth())
	for r := range f.Regs {
		v := &f.Regs[r]
		if v.Kind == state.Uninit {
			continue
		}
		if why := l.member(v, c.Regs[r]); why != "" {
			return fmt.Sprintf("r%d: %s", r, why)
		}
		if why := related(v, c.Regs[r]); why != "" {
			return fmt.Sprintf("r%d: %s", r, why)
		}
	}
	for d := range s.Depth() + 1 {
		for i, cell := range s.Frame(d).Stack.Cells {
			if cell == nil {
				continue
			}
			if why := l.cell(i, cell, c.Stacks[d], related); why != "" {
				return fmt.Sprintf("frame %d, stack at -%d: %s", d, 4*(i+1), why)
			}
		}
	}
	return ""
}

// cell compares a stack cell with the bytes of a concrete stack.
func (l *lockstep) cell(i int, cell *state.Cell, k *interp.Region, related func(*state.Value, interp.Value) string) string {
	at := state.StackSize - 4*(i+1)
	for j, kind := range cell.Bytes {
		b, init := k.Byte(at + j)
		if kind != state.Invalid && !init {
			return "a byte was not written"
		}
		if kind == state.Zero && b != 0 {
			return "a byte is not zero"
		}
	}
	if cell.Size == 0 {
		return ""
	}
	x := interp.Value{Kind: interp.KindScalar}
	for j := range int(cell.Size) {
		b, _ := k.Byte(at + j)
		x.Bits |= uint64(b) << (8 * j)
	}
	if cell.Size == 8 && at%8 == 0 {
		if v, ok := k.Spill(at); ok {
			x = v
		}
	}
	if why := l.member(&cell.Val, x); why != "" {
		return why
	}
	return related(&cell.Val, x)
}

// fill gives maps random contents; keys and values are often small.
func fill(r *rand.Rand, obj *frontend.Object, m *interp.Machine) {
	for _, d := range obj.Maps {
		if d.Data != nil || d.Type != bpf.MapHash && d.Type != bpf.MapArray {
			continue
		}
		for k := range uint32(4) {
			key, value := make([]byte, d.KeySize), make([]byte, d.ValueSize)
			for i := range value {
				value[i] = byte(r.Uint32() >> r.UintN(32))
			}
			for i := range key {
				key[i] = byte(r.Uint32() >> r.UintN(40))
			}
			if d.Type == bpf.MapArray {
				key = []byte{byte(k), 0, 0, 0}
			}
			_ = m.Map(d.Name).Update(key, value, 0) // a full map will do
		}
	}
}

// input draws a packet: random bytes, often with the types that programs ask
// for.
func input(r *rand.Rand) interp.Input {
	b := make([]byte, r.IntN(120))
	for i := range b {
		b[i] = byte(r.Uint32() >> r.UintN(32))
	}
	set := func(at int, v ...byte) {
		for i, x := range v {
			if at+i < len(b) {
				b[at+i] = x
			}
		}
	}
	types := [][]byte{{8, 0}, {0x86, 0xdd}, {0x81, 0}, {0x88, 0xa8}}
	if r.IntN(4) > 0 {
		at := 12
		for range r.IntN(4) {
			set(at, types[2+r.IntN(2)]...)
			at += 4
		}
		k := r.IntN(2)
		set(at, types[k]...)
		at += 2
		if k == 0 {
			set(at, 0x45+byte(r.IntN(3)))
			set(at+2, byte(r.IntN(2)), 60)
			set(at+6, 0, 0)
			set(at+9, []byte{6, 17, 1}[r.IntN(3)])
		} else {
			set(at, 0x60)
			set(at+6, []byte{6, 17, 58}[r.IntN(3)])
		}
	}
	in := interp.Input{Data: b, Meta: make([]byte, 4*r.IntN(3)), Ctx: make([]uint64, 8)}
	for i := range in.Ctx {
		in.Ctx[i] = uint64(r.Uint32() >> r.UintN(32))
	}
	return in
}

// follow runs a program in lockstep on n inputs.
func follow(t *testing.T, obj *frontend.Object, p *frontend.Program, n int, more func(r *rand.Rand) interp.Input) (steps, points int) {
	env, cert := certify(t, obj, p)
	if cert == nil {
		return 0, 0
	}
	return followCertificate(t, env, cert, obj, p, n, more)
}

// newEnv prepares a program.
func newEnv(obj *frontend.Object, p *frontend.Program) *transfer.Env { return transfer.NewEnv(obj, p) }

// followCertificate runs a program in lockstep with the states of a
// certificate.
func followCertificate(t *testing.T, env *transfer.Env, cert *check.Certificate, obj *frontend.Object, p *frontend.Program, n int, more func(r *rand.Rand) interp.Input) (steps, points int) {
	at := map[int][]int{}
	for k := range cert.Entries {
		at[cert.Entries[k].PC] = append(at[cert.Entries[k].PC], k)
	}
	r := rand.New(rand.NewPCG(1, uint64(len(p.Insns))))
	for range n {
		l := &lockstep{t: t, r: r, cert: cert, at: at, p: p}
		l.m.Env = env
		m, err := interp.New(obj, interp.Options{ZeroStack: true, Trace: l.trace})
		if err != nil {
			t.Fatal(err)
		}
		fill(r, obj, m)
		in := more(r)
		l.length = len(in.Data)
		if _, err := m.Run(p, in); err != nil {
			t.Fatalf("accepted, but: %v\n%s", err, listing(p))
		}
		steps, points = steps+l.steps, points+l.points
	}
	return steps, points
}

// TestConcrete: every state that the interpreter comes to in an accepted
// program is one of the abstract state that the verifier has there.
func TestConcrete(t *testing.T) {
	steps, points := 0, 0
	for _, c := range programCases {
		if c.code != "" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			obj, p := assemble(t, "xdp", c.text)
			s, k := follow(t, obj, p, 30, input)
			steps, points = steps+s, points+k
		})
	}
	for _, name := range goodObjects(t) {
		t.Run(name, func(t *testing.T) {
			obj := load(t, name)
			s, k := follow(t, obj, obj.Programs[0], 15, input)
			steps, points = steps+s, points+k
		})
	}
	t.Logf("%d concrete states, %d certificate states", steps, points)
	if steps < 10000 || points < 100 {
		t.Errorf("only %d concrete states and %d certificate states met", steps, points)
	}
}
