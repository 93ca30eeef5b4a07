package state

import (
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// model is a concrete stack beside an abstract one.
type model struct {
	bytes [StackSize]byte
	init  [StackSize]bool
}

func (m *model) put(off int64, size int, v uint64) {
	for i := range size {
		m.bytes[StackSize+int(off)+i] = byte(v >> (8 * i))
		m.init[StackSize+int(off)+i] = true
	}
}

func (m *model) get(off int64, size int) (v uint64, init uint8) {
	for i := range size {
		at := StackSize + int(off) + i
		v |= uint64(m.bytes[at]) << (8 * i)
		if m.init[at] {
			init |= 1 << i
		}
	}
	return v, init
}

// TestStack runs random stores, loads and fills of both stacks.
func TestStack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	sizes := []int{1, 2, 4, 8}
	for range 3000 {
		var k Stack
		var m model
		for range 40 {
			size := sizes[r.IntN(4)]
			off := -int64(size + r.IntN(33-size))
			if r.IntN(3) > 0 {
				off = off / int64(size) * int64(size)
			}
			x := r.Uint64() >> r.UintN(65)
			switch r.IntN(6) {
			case 0, 1:
				v := Const(x)
				if r.IntN(2) == 0 {
					v = Number(value.Between(x-min(x, 5), x+min(5, ^x)))
				}
				k.Store(off, size, &v)
				m.put(off, size, x)
			case 2:
				k.Fill(off, off+int64(size), Misc)
				m.put(off, size, x)
			case 3:
				k.Disturb(off, off+int64(size))
				for i := range size {
					if m.init[StackSize+int(off)+i] {
						m.put(off+int64(i), 1, r.Uint64())
					}
				}
			default:
				want, init := m.get(off, size)
				v, invalid := k.Load(off, size, false)
				if invalid != ^init&(1<<size-1) {
					t.Fatalf("load of %d at %d: invalid %b, written %b", size, off, invalid, init)
				}
				if invalid == 0 && !v.S.Has(want) {
					t.Fatalf("load of %d at %d: %#x is not in %+v", size, off, want, v.S)
				}
			}
		}
	}
}

// sample is a random state of few kinds of values.
func sample(r *rand.Rand) *State {
	s := Entry(&table.Hook{})
	s.lastID = 5
	draw := func() Value {
		switch r.IntN(5) {
		case 0:
			return Value{}
		case 1:
			return Const(r.Uint64N(3))
		case 2:
			return Unknown()
		case 3:
			v := Number(value.Between(r.Uint64N(3), 3+r.Uint64N(3)))
			v.ID, v.Delta = 2+r.Uint32N(2), r.Uint64N(2)
			return v
		}
		return Value{Kind: PtrMapValue, Null: r.IntN(2) == 0, Ref: 2 + r.Uint32N(2), Off: int64(r.IntN(2))}
	}
	for reg := bpf.R0; reg < bpf.R3; reg++ {
		s.Set(reg, draw())
	}
	if v := draw(); v.Kind != Uninit {
		s.Own(0).Stack.Store(-8, 8, &v)
	}
	return s
}

// loosen widens a number of a state or splits it from its class.
func loosen(r *rand.Rand, s *State) *State {
	c := s.Clone()
	v := *c.Reg(bpf.Reg(r.IntN(3)))
	if v.Kind == Scalar {
		v.S = value.Between(0, v.S.R.Umax)
		if r.IntN(2) == 0 {
			v.ID, v.Delta = 0, 0
		}
	}
	c.Set(bpf.Reg(r.IntN(3)), v)
	return c
}

// TestInclusion: inclusion is reflexive and transitive, and dropping or
// forgetting values gives a state that includes the old one.
func TestInclusion(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	var n Includer
	transitive := 0
	for range 30000 {
		a, b, c := sample(r), sample(r), sample(r)
		if r.IntN(2) == 0 {
			b = loosen(r, a)
		}
		if r.IntN(2) == 0 {
			c = loosen(r, b)
		}
		if !n.Included(a, a) {
			t.Fatalf("%+v is not included in itself", a.frames[0])
		}
		if n.Included(a, b) && n.Included(b, c) {
			transitive++
			if !n.Included(a, c) {
				t.Fatalf("a in b in c, but not a in c:\n%+v\n%+v\n%+v", a.frames[0].Regs[:3], b.frames[0].Regs[:3], c.frames[0].Regs[:3])
			}
		}
		w := a.Clone()
		reg := bpf.Reg(r.IntN(3))
		if w.Reg(reg).Kind == Scalar && r.IntN(2) == 0 {
			w.Set(reg, Unknown())
		} else {
			w.Set(reg, Value{})
		}
		if !n.Included(a, w) {
			t.Fatalf("forgetting %v loses\n%+v\n%+v", reg, a.frames[0].Regs[:3], w.frames[0].Regs[:3])
		}
		if !a.WellFormed() {
			t.Fatalf("not well formed: %+v", a.frames[0])
		}
	}
	if transitive < 1000 {
		t.Errorf("only %d chains", transitive)
	}
}

// TestCloneIsApart: writes to a clone do not show in the original.
func TestCloneIsApart(t *testing.T) {
	s := Entry(&table.Hook{})
	one, two := Const(1), Const(2)
	s.Set(bpf.R0, one)
	s.Own(0).Stack.Store(-8, 8, &one)
	c := s.Clone()
	c.Set(bpf.R0, two)
	c.Own(0).Stack.Store(-8, 8, &two)
	s.Own(0).Stack.Store(-16, 8, &two)
	if k, _ := s.Reg(bpf.R0).IsConst(); k != 1 {
		t.Errorf("r0 is %d", k)
	}
	if v, _ := s.Frame(0).Stack.Load(-8, 8, false); v != one {
		t.Errorf("stack holds %+v", v)
	}
	if _, invalid := c.Frame(0).Stack.Load(-16, 8, false); invalid == 0 {
		t.Error("a later write to the original shows in the clone")
	}
}
