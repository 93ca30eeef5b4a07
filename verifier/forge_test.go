package verifier_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

var forgeries = flag.Int("forgeries", 1000, "false certificates that TestForgeries makes")

// A forgery is a certificate that is false: the interpreter has come, on a
// path from entry from, to a concrete state in which the path stops at entry
// to, and what the certificate now says of that is not so. The oracle is the
// interpreter and the definition of membership in member_test.go; neither
// shares code with what is tested.
type forgery struct {
	*proof
	r        *rand.Rand
	c        *interp.State
	from, to int
	s        *state.State       // the walk's state where the path stops
	cert     *check.Certificate // to be changed
	own      *state.State
}

// entry is the state of the entry where the path stops, for changes.
func (f *forgery) entry() *state.State {
	if f.own == nil {
		f.own = f.cert.Entries[f.to].State.Clone()
		f.cert.Entries[f.to].State = f.own
	}
	return f.own
}

// spot is a value of a state and the concrete one.
type spot struct {
	v    *state.Value
	c    interp.Value
	put  func(state.Value)
	init bool // the concrete register was written
}

// spots are the registers and spills of all frames of an entry.
func (f *forgery) spots() (l []spot) {
	s := f.entry()
	for d := range s.Depth() + 1 {
		own := s.Own(d)
		for r := range own.Regs[:bpf.R10] {
			c := f.c.Reg(d, bpf.Reg(r))
			if d < s.Depth() && r < int(bpf.R6) {
				continue
			}
			v := &own.Regs[r]
			l = append(l, spot{v, c, func(n state.Value) { *v = n }, c.Kind != interp.KindUninit})
		}
		for i, cell := range own.Stack.Cells {
			if cell == nil || cell.Size != 8 || i%2 != 1 {
				continue
			}
			c := spilled(f.c.Stacks[d], state.StackSize-4*(i+1))
			l = append(l, spot{&cell.Val, c, func(n state.Value) {
				changed := *cell
				changed.Val = n
				own.Stack.Cells[i] = &changed
			}, true})
		}
	}
	return l
}

// pick chooses a spot.
func (f *forgery) pick(ok func(spot) bool) (spot, bool) {
	l := slices.DeleteFunc(f.spots(), func(s spot) bool { return !ok(s) })
	if len(l) == 0 {
		return spot{}, false
	}
	return l[f.r.IntN(len(l))], true
}

// narrowed makes a value exclude the number that it concretely is.
func narrowed(s spot, to func(x uint64, v *state.Value) (value.Scalar, bool)) bool {
	n := *s.v
	t, ok := to(variable(s.v, s.c), &n)
	if !ok {
		return false
	}
	if n.S, ok = value.Meet(n.S, t); ok {
		s.put(n)
	}
	return ok
}

func hasNumber(s spot) bool {
	switch s.v.Kind {
	case state.Scalar, state.PtrStack, state.PtrPacket, state.PtrMeta, state.PtrMapValue, state.PtrMem:
		return !(s.v.Null && s.c.Bits == 0)
	}
	return false
}

func (f *forgery) narrow(to func(x uint64, v *state.Value) (value.Scalar, bool)) bool {
	s, ok := f.pick(hasNumber)
	return ok && narrowed(s, to)
}

// change replaces a value by one with a field changed.
func (f *forgery) change(ok func(spot) bool, to func(s spot, v *state.Value)) bool {
	s, found := f.pick(ok)
	if !found {
		return false
	}
	n := *s.v
	to(s, &n)
	s.put(n)
	return true
}

func isPtr(s spot) bool { return s.v.Kind > state.Scalar && !(s.v.Null && s.c.Bits == 0) }

// redirect lets the stops of the path's entry that name its stop name another.
func (f *forgery) redirect(to int32) {
	e := &f.cert.Entries[f.from]
	e.Stops = slices.Clone(e.Stops)
	for i, s := range e.Stops {
		if int(s) == f.to {
			e.Stops[i] = to
		}
	}
}

// claim is a kind of forgery. make changes the certificate and reports whether
// it could; a claim about a state is then shown to be false by membership,
// the others are false as they are.
type claim struct {
	name  string
	state bool
	make  func(f *forgery) bool
}

func claims() []claim {
	return append(numberClaims(), append(valueClaims(), append(stackClaims(), pathClaims()...)...)...)
}

func numberClaims() []claim {
	return []claim{
		{"unsigned upper bound too small", true, func(f *forgery) bool {
			return f.narrow(func(x uint64, _ *state.Value) (value.Scalar, bool) { return value.Between(0, x-1), x != 0 })
		}},
		{"unsigned lower bound too great", true, func(f *forgery) bool {
			return f.narrow(func(x uint64, _ *state.Value) (value.Scalar, bool) {
				return value.Between(x+1, ^uint64(0)), x != ^uint64(0)
			})
		}},
		{"signed bound too narrow", true, func(f *forgery) bool {
			return f.narrow(func(x uint64, _ *state.Value) (value.Scalar, bool) {
				a, b := value.Unknown(), value.Const(x)
				return a, value.Assume([]value.Cond{value.Slt, value.Sgt}[f.r.IntN(2)], true, &a, &b)
			})
		}},
		{"32-bit bound too narrow", true, func(f *forgery) bool {
			return f.narrow(func(x uint64, _ *state.Value) (value.Scalar, bool) {
				a, b := value.Unknown(), value.Const(x)
				c := []value.Cond{value.Slt, value.Sgt, value.Lt, value.Gt}[f.r.IntN(4)]
				return a, value.Assume(c, false, &a, &b)
			})
		}},
		{"known bit wrong", true, func(f *forgery) bool {
			return f.narrow(func(x uint64, v *state.Value) (value.Scalar, bool) {
				bit := uint64(1) << f.r.UintN(64)
				return value.OfTnum(value.Tnum{Value: ^x & bit, Mask: ^bit}), v.S.T.Mask&bit != 0
			})
		}},
		{"another constant", true, func(f *forgery) bool {
			return f.change(hasNumber, func(s spot, v *state.Value) {
				v.S = value.Const(variable(s.v, s.c) + 1 + f.r.Uint64N(9))
			})
		}},
		{"relation of two values that does not hold", true, func(f *forgery) bool {
			a, ok1 := f.pick(hasNumber)
			b, ok2 := f.pick(hasNumber)
			if !ok1 || !ok2 || a.v.ID == state.LenClass || b.v.ID == state.LenClass {
				return false
			}
			x, y := *a.v, *b.v
			x.ID = f.entry().NewID()
			y.ID = x.ID
			x.Delta, y.Delta = 0, f.r.Uint64N(3)
			a.put(x)
			b.put(y)
			return true
		}},
	}
}

func valueClaims() []claim {
	return []claim{
		{"not null but it is", true, func(f *forgery) bool {
			return f.change(func(s spot) bool { return s.v.Null && s.c.Bits == 0 }, func(_ spot, v *state.Value) { v.Null = false })
		}},
		{"null but it is not", true, func(f *forgery) bool {
			return f.change(isPtr, func(_ spot, v *state.Value) { *v = state.Const(0) })
		}},
		{"more room in the packet", true, func(f *forgery) bool {
			return f.change(func(s spot) bool { return s.v.Kind == state.PtrPacket || s.v.Kind == state.PtrMeta },
				func(s spot, v *state.Value) {
					v.Room = max(v.Room+1, int64(f.c.Data.Len())-int64(variable(s.v, s.c))+1)
				})
		}},
		{"another offset", true, func(f *forgery) bool {
			return f.change(isPtr, func(_ spot, v *state.Value) { v.Off += []int64{-8, -1, 1, 4, 8, 4096}[f.r.IntN(6)] })
		}},
		{"another kind of pointer", true, func(f *forgery) bool {
			return f.change(isPtr, func(_ spot, v *state.Value) {
				v.Kind = state.PtrCtx + state.Kind(f.r.IntN(int(state.PtrMem-state.PtrCtx)+1))
				if v.Kind == state.PtrMem {
					v.Size = 8
				}
			})
		}},
		{"a number is a pointer", true, func(f *forgery) bool {
			return f.change(func(s spot) bool { return s.v.Kind == state.Scalar }, func(_ spot, v *state.Value) {
				*v = state.Value{Kind: state.PtrCtx + state.Kind(f.r.IntN(3))}
			})
		}},
		{"another frame", true, func(f *forgery) bool {
			return f.change(func(s spot) bool { return s.v.Kind == state.PtrStack }, func(_ spot, v *state.Value) {
				v.Frame = int8((int(v.Frame) + 1) % max(2, len(f.c.Frames)))
			})
		}},
		{"another map", true, func(f *forgery) bool {
			return f.change(func(s spot) bool { return s.v.Kind == state.PtrMapValue || s.v.Kind == state.ConstMap },
				func(_ spot, v *state.Value) { v.Map = (v.Map + 1) % int32(max(2, len(f.obj.Maps))) })
		}},
		{"greater memory", true, func(f *forgery) bool {
			return f.change(func(s spot) bool { return s.v.Kind == state.PtrMem && isPtr(s) },
				func(s spot, v *state.Value) { v.Size = int32(s.c.Region.Len()) + 1 })
		}},
		{"written but it is not", true, func(f *forgery) bool {
			return f.change(func(s spot) bool { return !s.init && s.v.Kind == state.Uninit },
				func(_ spot, v *state.Value) { *v = state.Unknown() })
		}},
		{"a reference less", true, func(f *forgery) bool {
			s := f.entry()
			if l := s.Refs(); len(l) > 0 {
				return s.Release(l[f.r.IntN(len(l))].ID)
			}
			return false
		}},
		{"a reference more", true, func(f *forgery) bool {
			f.entry().Acquire(state.Reference{Kind: state.RefRecord, Map: -1})
			return true
		}},
	}
}

func stackClaims() []claim {
	bytes := func(f *forgery, from, to state.Byte) bool {
		s := f.entry()
		d := f.r.IntN(s.Depth() + 1)
		k := &s.Own(d).Stack
		for range 20 {
			off := -1 - int64(f.r.IntN(4*max(len(k.Cells), 8)))
			i := state.CellOf(off)
			was := state.Invalid
			if i < len(k.Cells) && k.Cells[i] != nil {
				was = k.Cells[i].Bytes[off+4*int64(i+1)]
			}
			b, written := f.c.Stacks[d].Byte(state.StackSize + int(off))
			if was == from && (to == state.Misc && !written || to == state.Zero && (b != 0 || !written)) {
				k.Fill(off, off+1, to)
				return true
			}
		}
		return false
	}
	return []claim{
		{"a stack byte is written but it is not", true, func(f *forgery) bool { return bytes(f, state.Invalid, state.Misc) }},
		{"a stack byte is zero but it is not", true, func(f *forgery) bool { return bytes(f, state.Misc, state.Zero) }},
		{"a number is spilled where there is none", true, func(f *forgery) bool {
			s := f.entry()
			d := f.r.IntN(s.Depth() + 1)
			at := -8 * (1 + int64(f.r.IntN(8)))
			x := state.Const(f.r.Uint64N(3) + 1)
			s.Own(d).Stack.Store(at, 8, &x)
			return true
		}},
	}
}

func pathClaims() []claim {
	return []claim{
		{"a stop at another slot", false, func(f *forgery) bool {
			k := f.r.IntN(len(f.cert.Entries))
			if f.from < 0 || f.cert.Entries[k].PC == f.cert.Entries[f.to].PC {
				return false
			}
			f.redirect(int32(k))
			return true
		}},
		{"a stop at an entry that the state is not in", false, func(f *forgery) bool {
			for range 20 {
				k := f.r.IntN(len(f.cert.Entries))
				e := &f.cert.Entries[k]
				if f.from >= 0 && e.PC == f.c.PC && wrong(f.proof, f.c, 0, e.State) != "" {
					f.redirect(int32(k))
					return true
				}
			}
			return false
		}},
		{"a stop at no entry", false, func(f *forgery) bool {
			if f.from < 0 {
				return false
			}
			f.redirect([]int32{int32(len(f.cert.Entries)), -2, 1 << 30, -1 << 31}[f.r.IntN(4)])
			return true
		}},
		{"a stop less", false, func(f *forgery) bool {
			if f.from < 0 {
				return false
			}
			e := &f.cert.Entries[f.from]
			e.Stops = slices.Clone(e.Stops)[:len(e.Stops)-1]
			return true
		}},
		{"a stop more", false, func(f *forgery) bool {
			e := &f.cert.Entries[max(f.from, 0)]
			e.Stops = append(slices.Clone(e.Stops), int32(f.r.IntN(len(f.cert.Entries)+1)-1))
			return true
		}},
		{"an entry at another slot", false, func(f *forgery) bool {
			e := &f.cert.Entries[f.to]
			was := e.PC
			e.PC = f.r.IntN(len(f.cert.Points))
			return e.PC != was
		}},
		{"points of another length", false, func(f *forgery) bool {
			f.cert.Points = f.cert.Points[:f.r.IntN(len(f.cert.Points))]
			return true
		}},
		{"no entry", false, func(f *forgery) bool {
			f.cert.Entries = nil
			return true
		}},
		{"no root", false, func(f *forgery) bool {
			f.cert.Roots = f.cert.Roots[:f.r.IntN(len(f.cert.Roots))]
			return true
		}},
		{"measures taken away from a cycle", false, func(f *forgery) bool {
			f.cert.Measures = nil
			return cyclic(f.cert)
		}},
		{"the certificate of another program", false, (*forgery).program},
	}
}

// leads reports whether stops lead from entry a to entry b.
func leads(c *check.Certificate, a, b int) bool {
	seen, todo := map[int]bool{a: true}, []int{a}
	for len(todo) > 0 {
		k := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if k == b {
			return true
		}
		for _, s := range c.Entries[k].Stops {
			if s >= 0 && !seen[int(s)] {
				seen[int(s)] = true
				todo = append(todo, int(s))
			}
		}
	}
	return false
}

// cyclic reports whether the entries lead back to one of them.
func cyclic(c *check.Certificate) bool {
	for k := range c.Entries {
		for _, s := range c.Entries[k].Stops {
			if s >= 0 && leads(c, int(s), k) && leads(c, 0, k) {
				return true
			}
		}
	}
	return false
}

// program changes the program until the interpreter faults: no certificate of
// it is true.
func (f *forgery) program() bool {
	for range 5 {
		p := *f.p
		p.Insns = mutate(f.r, p.Insns)
		if !faults(f.r, f.proof, &p) {
			continue
		}
		env := *f.env
		env.Insns = p.Insns
		f.proof = &proof{obj: f.obj, p: &p, env: &env, cert: f.proof.cert}
		return true
	}
	return false
}

// absent has a value that is NULL where paths stop; short paths do not stop.
var absent = `
	r6 = r1
	*(u32 *)(r10 - 4) = 9
	r2 = r10
	r2 += -4
	r1 = map array
	call map_lookup_elem
	r7 = *(u32 *)(r6 + 16)
	if r7 > 5 goto a
	r8 = 1
	goto b
a:
	r8 = 2
b:
` + strings.Repeat("r8 += 1\n", 40) + `
	r7 = *(u32 *)(r6 + 16)
	if r7 > 7 goto c
	r8 += 7
c:
` + strings.Repeat("r8 += 1\n", 40) + `
	if r0 == 0 goto x
	r0 = *(u8 *)(r0 + 0)
x:
	r0 = r8
	exit
`

// TestForgeries: certificates that are false are refused, all of them.
func TestForgeries(t *testing.T) {
	g := &forger{t: t, r: rand.New(rand.NewPCG(*mutantsSeed, 17)), kinds: claims(), made: map[string]int{}, tried: map[string]int{}}
	programs, want := certified(t), scaled(*forgeries)
	for range 5 {
		obj, p := assemble(t, "xdp", absent)
		programs = append([]*proof{prove(t, obj, p)}, programs...)
	}
	g.want = want
	for round := 0; g.total < want && round < 400; round++ {
		for _, pr := range programs {
			g.pr, g.left = pr, 12
			pr.follow(t, 1, g.arrived)
			if g.total >= want {
				break
			}
		}
	}
	for _, k := range g.kinds {
		t.Logf("%5d refused: %s", g.made[k.name], k.name)
	}
	t.Logf("%d false certificates, all refused: %v; %d of them as unbounded", g.total, g.confirmed == 0, g.unbounded)
	if g.total < want {
		t.Errorf("only %d forgeries were made", g.total)
	}
}

// forger makes forgeries where paths stop.
type forger struct {
	t           *testing.T
	r           *rand.Rand
	pr          *proof
	kinds       []claim
	made, tried map[string]int
	left        int // forgeries of the run
	total, want int
	confirmed   int
	unbounded   int
}

func (g *forger) arrived(c *interp.State, from, to int, s *state.State) {
	if g.left == 0 || g.total >= g.want || g.r.IntN(4) == 0 {
		return
	}
	// The kind that was tried least.
	k := g.kinds[g.r.IntN(len(g.kinds))]
	for range 3 {
		if o := g.kinds[g.r.IntN(len(g.kinds))]; 4*g.made[o.name]+g.tried[o.name] < 4*g.made[k.name]+g.tried[k.name] {
			k = o
		}
	}
	g.tried[k.name]++
	f := &forgery{proof: g.pr, r: g.r, c: c, from: from, to: to, s: s}
	f.cert = clone(g.pr.cert)
	if !k.make(f) || k.state && wrong(f.proof, c, 0, f.cert.Entries[to].State) == "" {
		return
	}
	g.left--
	g.total++
	g.made[k.name]++
	_, err := check.Run(f.env, f.cert, 1<<22)
	switch {
	case err == nil:
		g.confirmed++
		g.t.Errorf("%s: confirmed, path of entry %d that stops at %d, slot %d\n%s", k.name, from, to, c.PC, listing(f.p))
	case strings.Contains(err.Error(), "lead back"):
		g.unbounded++
	}
}

// faults reports whether the program does what it must not do on some input.
func faults(r *rand.Rand, pr *proof, p *frontend.Program) bool {
	for range 6 {
		m, err := interp.New(pr.obj, interp.Options{Seed: r.Uint64(), ZeroStack: true})
		if err != nil {
			return false
		}
		fill(r, pr.obj, m)
		in := input(r)
		if p.Hook.Memory {
			in = memory(r)
		}
		in.MaxInsns = 20000
		var f *interp.Fault
		if _, err := m.Run(p, in); err != nil && errors.As(err, &f) && !f.Unsupported && !strings.Contains(f.Reason, "instructions executed") {
			return true
		}
	}
	return false
}
