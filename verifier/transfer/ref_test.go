package transfer

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// refEnv has a slot for every instruction that does something to references.
func refEnv() *Env {
	call := func(name string) bpf.Instruction {
		return bpf.Instruction{Op: bpf.OpCall, Src: bpf.RegImm, Kind: bpf.KindHelper, Imm: int64(table.HelperByName(bpf.Linux, name).ID)}
	}
	insns := []bpf.Instruction{
		call("ringbuf_submit"), call("ringbuf_discard_dynptr"), call("sk_release"), call("sk_fullsock"), call("dynptr_data"),
		call("spin_lock"), call("spin_unlock"), call("tail_call"),
		{Op: bpf.OpJeq, Width: 8, Dst: bpf.R1, Src: bpf.RegImm, Off: 1},
		{Op: bpf.OpJne, Width: 8, Dst: bpf.R1, Src: bpf.RegImm, Off: 1},
		{Op: bpf.OpLoad, Width: 4, Dst: bpf.R3, Src: bpf.R1},
		{Op: bpf.OpStore, Width: 8, Dst: bpf.R1, Src: bpf.R2},
		{Op: bpf.OpStore, Width: 8, Dst: bpf.R10, Off: -8, Src: bpf.R1},
		{Op: bpf.OpStore, Width: 1, Dst: bpf.R10, Off: -21, Src: bpf.R2},
		{Op: bpf.OpLoad, Width: 8, Dst: bpf.R1, Src: bpf.R10, Off: -24},
		{Op: bpf.OpMov, Width: 8, Dst: bpf.R6, Src: bpf.R1},
		{Op: bpf.OpAdd, Width: 8, Dst: bpf.R1, Src: bpf.RegImm, Imm: 4},
		{Op: bpf.OpExit, Src: bpf.RegImm},
		{Op: bpf.OpMov, Width: 8, Dst: bpf.R0, Src: bpf.RegImm},
		{Op: bpf.OpExit, Src: bpf.RegImm},
	}
	lock := []frontend.Special{{Kind: frontend.SpecialSpinLock, Name: "bpf_spin_lock", Off: 4, Size: 4}}
	maps := []*frontend.Map{
		{Name: "ring", Type: bpf.MapRingbuf, MaxEntries: 4096},
		{Name: "locked", Type: bpf.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 1, Special: lock},
		{Name: "progs", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 1},
	}
	p := &frontend.Program{Insns: insns, Hook: table.HookByName(bpf.Linux, "sched_cls"), Funcs: []frontend.Func{{Name: "main", End: len(insns)}}}
	return NewEnv(&frontend.Object{License: "GPL", Maps: maps}, p)
}

// owned is one thing of a drawn state: a reference or a looked-up value.
type owned struct {
	kind   state.RefKind
	value  bool // a value of map locked in place of a reference
	free   bool // memory or dynptr that needs no release
	null   bool
	views  bool // a socket that sk_fullsock was called with
	number uint32
}

// drawing is a state as a recipe, so that two states with other numbers can be
// made of it.
type drawing struct {
	things []owned
	locked int // index of the thing whose lock is held, -1 for none
	// at is, by register, the index of a thing, -1 a number, -2 nothing, -3 a
	// view of the last thing, -4 a stack address, -5 the number 8, -6 the
	// context, -7 map progs.
	at     [10]int
	spills [3]int   // the same at r10 - 24, - 32, - 40
	dynptr int      // thing that is a dynptr at r10 - 16, -1 for none
	off    [10]int8 // added to pointers
}

func draw(r *rand.Rand) *drawing {
	d := &drawing{locked: -1, dynptr: -1}
	for range r.IntN(4) {
		o := owned{kind: []state.RefKind{state.RefRecord, state.RefObj, state.RefDynptr}[r.IntN(3)], null: r.IntN(3) == 0}
		if r.IntN(4) == 0 {
			o.value = true
			if !o.null && r.IntN(2) == 0 && d.locked < 0 {
				d.locked = len(d.things)
			}
		}
		o.free = !o.value && o.kind != state.RefObj && r.IntN(3) == 0
		if !o.value && o.kind == state.RefDynptr {
			d.dynptr, o.null = len(d.things), false
		}
		o.views = !o.value && o.kind == state.RefObj && !o.null
		d.things = append(d.things, o)
	}
	pick := func() int {
		if n := len(d.things); n > 0 && r.IntN(3) > 0 {
			return r.IntN(n)
		}
		return -1 - r.IntN(4)
	}
	for i := range d.at {
		d.at[i] = pick()
		if r.IntN(8) == 0 {
			d.off[i] = 4
		}
	}
	for i := range d.spills {
		d.spills[i] = pick()
	}
	switch r.IntN(4) { // what calls ask for is rare otherwise
	case 0:
		d.at[1], d.at[2], d.at[3], d.off[1] = -4, -1, -5, 0
	case 1:
		d.at[1], d.at[2], d.at[3], d.off[1], d.off[2] = -6, -7, -1, 0, 0
	case 2:
		if n := len(d.things); n > 0 {
			d.at[1], d.off[1] = r.IntN(n), int8(4*r.IntN(2))
		}
	}
	return d
}

// make builds the state; numbers start behind skip. loose states know less:
// what is not NULL may be, and some values are not known.
func (d *drawing) make(r *rand.Rand, skip int, loose bool) *state.State {
	s := state.Entry(&table.Hook{})
	for range skip {
		s.NewID()
	}
	things := append([]owned(nil), d.things...)
	for i := range things {
		o := &things[i]
		if o.value {
			o.number = s.NewID()
			if i == d.locked {
				s.Acquire(state.Reference{Kind: state.RefLock, Map: 1, On: o.number})
			}
			continue
		}
		if o.free {
			o.number = s.NewID()
			continue
		}
		o.number = s.Acquire(state.Reference{Kind: o.kind, Map: -1})
		if loose && o.kind != state.RefDynptr && r.IntN(3) == 0 {
			o.null = true
		}
	}
	of := func(k int) state.Value { return valueOf(s, things, k) }
	for reg, k := range d.at {
		v := of(k)
		if loose && r.IntN(4) == 0 {
			v = state.Value{}
		}
		if v.Kind > state.Scalar && !v.Null {
			v.Off += int64(d.off[reg])
		}
		s.Set(bpf.Reg(reg), v)
	}
	k := &s.Own(0).Stack
	for i, t := range d.spills {
		// What slot 14 loads is written: a pointer is not included in any number.
		v := of(t)
		if i == 0 && v.Kind == state.Uninit {
			v = state.Const(1)
		}
		if v.Kind != state.Uninit && !(loose && i > 0 && r.IntN(4) == 0) {
			k.Store(int64(-24-8*i), 8, &v)
		}
	}
	if d.dynptr >= 0 {
		v := state.Value{Kind: state.SlotDynptr, Map: int32(table.DynptrRingbuf), Hold: things[d.dynptr].number}
		if things[d.dynptr].free {
			v.Map = int32(table.DynptrLocal)
		}
		k.Store(-16, 8, &v)
		v.Flags = state.Second
		k.Store(-8, 8, &v)
	}
	return s
}

func valueOf(s *state.State, things []owned, k int) state.Value {
	switch {
	case k == -1:
		return state.Number(value.Between(0, 7))
	case k == -5:
		return state.Const(8)
	case k == -6:
		return state.Value{Kind: state.PtrCtx}
	case k == -7:
		return state.Value{Kind: state.ConstMap, Map: 2}
	case k == -4:
		return state.Value{Kind: state.PtrStack, Off: -16}
	case k < 0 && (k == -2 || len(things) == 0):
		return state.Value{}
	case k == -3:
		k = len(things) - 1
		if !things[k].views {
			return state.Value{}
		}
		return state.Value{Kind: state.PtrObj, Map: int32(table.ObjSock), Null: true, Ref: s.NewID(), Hold: things[k].number}
	}
	o := &things[k]
	v := state.Value{Null: o.null, Hold: o.number}
	if o.null {
		v.Ref = o.number
	}
	switch { // values of maps with a lock keep their Ref
	case o.value:
		v.Kind, v.Map, v.Ref, v.Hold = state.PtrMapValue, 1, o.number, 0
	case o.kind == state.RefRecord && o.free: // a slice of another dynptr, or plain memory
		v.Kind, v.Size = state.PtrMem, 8
		if o.number%2 == 0 {
			v.Hold = 0
		}
	case o.kind == state.RefRecord:
		v.Kind, v.Flags, v.Size = state.PtrMem, state.Record, 16
	case o.kind == state.RefObj:
		v.Kind, v.Map = state.PtrObj, int32(table.ObjSock)
	default: // a slice of the dynptr
		v.Kind, v.Size = state.PtrMem, 8
	}
	return v
}

// outcome is where a step leads.
type outcome struct {
	pc int
	s  *state.State
}

func stepOn(e *Env, s *state.State, pc int) ([]outcome, *Fault) {
	m := Machine{Env: e, S: s.Clone(), PC: pc}
	if f := m.Step(); f != nil {
		return nil, f
	}
	var l []outcome
	if m.Next >= 0 {
		l = append(l, outcome{m.Next, m.S})
	}
	if m.Taken != nil {
		l = append(l, outcome{m.Target, m.Taken})
	}
	return l, nil
}

// perturb changes one thing of a recipe.
func (d *drawing) perturb(r *rand.Rand) *drawing {
	c := *d
	c.things = append([]owned(nil), d.things...)
	n := len(c.things)
	if n == 0 {
		return &c
	}
	switch r.IntN(7) {
	case 5: // a view becomes the socket itself, which may be NULL
		for i, k := range c.at {
			if k == -3 && c.things[n-1].views {
				c.at[i], c.things[n-1].null, c.things[n-1].views = n-1, true, false
			}
		}
	case 6:
		if i := r.IntN(n); i != c.dynptr && i != c.locked {
			c.things = append(c.things[:i:i], c.things[i+1:]...)
			return c.without(i)
		}
	case 0:
		c.at[1+r.IntN(9)] = r.IntN(n)
	case 1:
		c.spills[r.IntN(3)] = r.IntN(n)
	case 2:
		c.things = append(c.things, owned{kind: state.RefObj})
	case 3:
		i := r.IntN(n)
		c.things[i].null = !c.things[i].null && i != c.dynptr && i != c.locked
	case 4: // what one register holds, another one does
		c.at[1+r.IntN(9)] = c.at[1+r.IntN(9)]
	}
	return &c
}

// without is c when thing i was taken out of it.
func (c *drawing) without(i int) *drawing {
	move := func(k *int) {
		switch {
		case *k == i:
			*k = -1
		case *k > i:
			*k--
		}
	}
	for j := range c.at {
		move(&c.at[j])
	}
	for j := range c.spills {
		move(&c.spills[j])
	}
	move(&c.dynptr)
	move(&c.locked)
	return c
}

// TestReferencesMonotone: what is legal in a state is legal in every state that
// it includes, and leads to states that are included again, however many
// instructions follow. The checker rests on it when it stops at an included
// state.
func TestReferencesMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	e := refEnv()
	var n state.Includer
	included, legal := 0, make([]int, len(e.Insns))
	for range 60000 {
		d := draw(r)
		of := d
		if r.IntN(2) == 0 {
			of = d.perturb(r)
		}
		if r.IntN(4) == 0 {
			d, of = of, d
		}
		tight, loose := d.make(r, r.IntN(5), false), of.make(r, r.IntN(5), of == d)
		if !tight.WellFormed() || !loose.WellFormed() {
			t.Fatalf("not well formed: %+v", d)
		}
		if !n.Included(tight, loose) {
			continue
		}
		included++
		for range 1 + r.IntN(6) {
			pc := r.IntN(len(e.Insns))
			to, f := stepOn(e, loose, pc)
			if f != nil {
				break
			}
			legal[pc]++
			from, f := stepOn(e, tight, pc)
			if f != nil {
				t.Fatalf("slot %d is legal in a state and not in a smaller one: %v\n%+v\n%+v", pc, f, d, of)
			}
			if len(from) == 0 {
				break
			}
			for _, a := range from {
				k := slices.IndexFunc(to, func(b outcome) bool { return a.pc == b.pc && n.Included(a.s, b.s) })
				if k < 0 {
					t.Fatalf("slot %d leads from an included state to one that is not: %+v\n%+v\n%+v\n%+v", pc, d, of, a.s.Refs(), to)
				}
				if !a.s.WellFormed() {
					t.Fatalf("slot %d leads to a state that is not well formed: %+v", pc, d)
				}
				tight, loose = a.s, to[k].s
			}
		}
	}
	for pc, count := range legal {
		if count < 10 {
			t.Errorf("slot %d (%v) was legal only %d times", pc, e.Insns[pc], count)
		}
	}
	t.Logf("%d pairs, legal by slot %v", included, legal)
}

// TestReleaseEndsAll: behind a release no value of any frame lives by the
// reference, and all others are as they were.
func TestReleaseEndsAll(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	e := refEnv()
	released := 0
	for range 20000 {
		s := draw(r).make(r, 3, false)
		if r.IntN(2) == 0 {
			s.Push(0, 1)
			for reg := bpf.R6; reg <= bpf.R9; reg++ {
				s.Set(reg, s.Frame(0).Regs[reg])
			}
		}
		refs := s.Refs()
		if len(refs) == 0 {
			continue
		}
		ref := refs[r.IntN(len(refs))]
		m := Machine{Env: e, S: s.Clone()}
		m.release(ref.ID)
		released++
		if m.S.Ref(ref.ID) != nil || len(m.S.Refs()) != len(refs)-1 {
			t.Fatalf("reference %d is still there: %v", ref.ID, m.S.Refs())
		}
		any := func(*state.Value) bool { return true }
		before := map[state.Place]state.Value{}
		s.Visit(any, func(p state.Place, v *state.Value) { before[p] = *v })
		m.S.Visit(any, func(p state.Place, v *state.Value) {
			old := before[p]
			if v.Hold == ref.ID {
				t.Fatalf("%+v lives by a released reference", *v)
			}
			if old.Hold != ref.ID && old != *v {
				t.Fatalf("%+v became %+v", old, *v)
			}
			if old.Hold == ref.ID && (v.Kind != state.Scalar || !v.S.IsAny()) {
				t.Fatalf("a pointer to what was released became %+v", *v)
			}
		})
	}
	if released < 1000 {
		t.Errorf("only %d releases", released)
	}
}

// TestOverwriteHalf: of a dynptr that is known in part a store ends what is
// known, and ends itself.
func TestOverwriteHalf(t *testing.T) {
	for _, second := range []bool{false, true} {
		for at := int64(-24); at < 0; at++ {
			s := state.Entry(&table.Hook{})
			v, off := state.Value{Kind: state.SlotDynptr, Map: int32(table.DynptrLocal), Hold: s.NewID()}, int64(-16)
			if second {
				v.Flags, off = state.Second, -8
			}
			s.Own(0).Stack.Store(off, 8, &v)
			m := Machine{Env: refEnv(), S: s}
			if f := m.overwrite(bpf.R10, 0, at, at+1); f != nil {
				t.Fatal(f)
			}
			_, found := m.objectIn(0, -16, 0)
			if touched := at >= off && at < off+8; found == touched {
				t.Errorf("half at %d, store at %d: found %v", off, at, found)
			}
		}
	}
}
