package check

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// Seen is the join of what the checker saw before each instruction: the
// source of all facts.
type Seen struct {
	Insns    []Insn // by slot
	Funcs    []Func
	MaxInsns uint64
	// Endless: nothing bounds the instructions of a run (Env.Metered).
	Endless  bool
	Executed int
	// Folded lists the frozen bytes that were read by value, in order of
	// first use.
	Folded  []Span
	noFolds map[Span]bool
}

// Span is bytes [Off, Off+Len) of a map's data.
type Span struct{ Map, Off, Len int }

// Insn is what was seen at a slot.
type Insn struct {
	Reached      bool
	Falls, Takes bool
	Dst, Src     Operand
	Access       Access
	Call         *Call
	Funcs        []int // functions that a callx or an ArgFunc leads to, ascending
	PtrStore     bool
	Uninit       bool // read stack bytes that were never written
}

// Operand is the join of a register's values.
type Operand struct {
	Set   bool
	Mixed bool // of several kinds of pointers
	V     state.Value
	Maps  bool // of several maps
	Depth bool // of several frames
}

// Access is the join of the accesses of a slot.
type Access struct {
	Set    bool
	Region table.Region // a union
	Own    bool         // stack of the running function, always
	Lo, Hi int64
	Size   int
	Map    int // -1 when several or none
	Field  int
	Base   int  // as in transfer.Access
	Mixed  bool // of several
}

// Call is the join of the helper calls of a slot.
type Call struct {
	Helper   *table.Helper
	Mixed    bool // a callx of several helpers
	Args     [5]Operand
	Map      int // -1 when several or none
	Outer    int // 1 + the map of maps that it is an inner map of, 0 when several or none
	Key      uint32
	KeyConst bool
	KeyBelow bool
	// Keys has the maps with a constant key below max_entries and the
	// greatest of them.
	Keys map[int]uint32
}

// Func is what was seen of a function.
type Func struct {
	Lowest   int64 // touched offset from r10, 0 when none
	ZeroLo   int64 // never written bytes that were read: [ZeroLo, ZeroHi)
	ZeroHi   int64
	MaxDepth int
}

func newSeen(env *transfer.Env) *Seen {
	return &Seen{Insns: make([]Insn, len(env.Insns)), Funcs: make([]Func, len(env.Funcs)), noFolds: map[Span]bool{}}
}

// before joins the operands of the instruction about to run.
func (s *Seen) before(m *transfer.Machine) {
	if m.PC < 0 || m.PC >= len(s.Insns) {
		return // Step refuses it
	}
	i, in := &s.Insns[m.PC], &m.Env.Insns[m.PC]
	i.Reached = true
	if int(in.Dst) < bpf.NumRegs {
		i.Dst.join(m.S.Reg(in.Dst))
	}
	if int(in.Src) < bpf.NumRegs {
		i.Src.join(m.S.Reg(in.Src))
	}
	if in.Op == bpf.OpCallx {
		i.leadsTo(m.S.Reg(in.Dst))
	}
	f := &s.Funcs[m.S.Frame(m.S.Depth()).Func]
	f.MaxDepth = max(f.MaxDepth, m.S.Depth())
}

// after joins what the instruction did; depth and fn are of before it.
func (s *Seen) after(m *transfer.Machine, depth, fn int) {
	i, n := &s.Insns[m.PC], &m.Note
	i.PtrStore = i.PtrStore || n.PtrStore
	switch table.OpOf(m.Env.Insns[m.PC].Op).Class {
	case table.ClassJump:
		if m.Env.Insns[m.PC].Op == bpf.OpJa {
			i.Falls, i.Takes = true, true
			break
		}
		i.Falls, i.Takes = i.Falls || n.Falls, i.Takes || n.Takes
	case table.ClassExit:
	default:
		i.Falls = true
	}
	if n.Accessed {
		i.Access.join(&n.Access, depth)
		if n.Access.Region == table.RegionStack {
			s.touch(m, n.Access.Frame, depth, fn, n.Access.OffMin)
		}
		if n.Folded {
			s.fold(Span{int(n.Access.Map), int(n.Access.OffMin), n.Access.Size})
		}
	}
	for _, r := range n.Reads {
		s.touch(m, r.Frame, depth, fn, r.Lo)
		if r.UninitLo != r.UninitHi {
			i.Uninit = true
			f := &s.Funcs[funcOf(m, r.Frame, depth, fn)]
			if f.ZeroLo == f.ZeroHi {
				f.ZeroLo, f.ZeroHi = r.UninitLo, r.UninitHi
			}
			f.ZeroLo, f.ZeroHi = min(f.ZeroLo, r.UninitLo), max(f.ZeroHi, r.UninitHi)
		}
	}
	if n.Write.Lo != n.Write.Hi {
		s.touch(m, n.Write.Frame, depth, fn, n.Write.Lo)
	}
	if n.Helper != nil {
		i.call(m)
	}
	if n.String.Len > 0 {
		s.fold(Span{int(n.String.Map), int(n.String.Off), int(n.String.Len)})
	}
}

// funcOf is the function of a frame at the time of the instruction.
func funcOf(m *transfer.Machine, frame, depth, fn int) int {
	if frame == depth {
		return fn
	}
	return m.S.Frame(frame).Func
}

func (s *Seen) touch(m *transfer.Machine, frame, depth, fn int, lo int64) {
	f := &s.Funcs[funcOf(m, frame, depth, fn)]
	f.Lowest = min(f.Lowest, lo)
}

func (s *Seen) fold(p Span) {
	if !s.noFolds[p] {
		s.noFolds[p] = true
		s.Folded = append(s.Folded, p)
	}
}

func (o *Operand) join(v *state.Value) {
	if !o.Set {
		*o = Operand{Set: true, V: *v}
		return
	}
	if o.V == *v || o.Mixed {
		return
	}
	if o.V.Kind != v.Kind {
		o.Mixed = true
		return
	}
	o.Maps = o.Maps || o.V.Map != v.Map
	o.Depth = o.Depth || o.V.Frame != v.Frame
	o.V.Null = o.V.Null || v.Null
	if v.Off != o.V.Off { // bounds of the whole offset, constant part in
		a, b := whole(&o.V), whole(v)
		o.V.S, o.V.Off = a.S.Join(&b.S), 0
		return
	}
	o.V.S = o.V.S.Join(&v.S)
}

func (a *Access) join(n *transfer.Access, depth int) {
	own := n.Region == table.RegionStack && n.Frame == depth
	if !a.Set {
		*a = Access{Set: true, Region: n.Region, Own: own, Lo: n.OffMin, Hi: n.OffMax, Size: n.Size, Map: int(n.Map), Field: n.Field, Base: n.Base}
		return
	}
	a.Region |= n.Region
	a.Mixed = a.Mixed || a.Base != n.Base
	a.Own = a.Own && own
	a.Lo, a.Hi = min(a.Lo, n.OffMin), max(a.Hi, n.OffMax)
	if a.Map != int(n.Map) {
		a.Map = -1
	}
	if a.Field != n.Field {
		a.Field = -1
	}
}

func (i *Insn) call(m *transfer.Machine) {
	n := &m.Note
	if i.Call == nil {
		i.Call = &Call{Helper: n.Helper, Map: int(n.Map), Outer: int(n.Outer), Key: n.Key, KeyConst: n.KeyConst, KeyBelow: n.KeyBelow, Keys: map[int]uint32{}}
	}
	c := i.Call
	if c.Mixed = c.Mixed || c.Helper != n.Helper; c.Mixed {
		return
	}
	for k, kind := range n.Helper.Args {
		c.Args[k].join(&n.Args[k])
		if kind == table.ArgFunc {
			i.leadsTo(&n.Args[k])
		}
	}
	if c.Map != int(n.Map) {
		c.Map = -1
	}
	if c.Outer != int(n.Outer) {
		c.Outer = 0
	}
	c.KeyConst = c.KeyConst && n.KeyConst && c.Key == n.Key && c.Map >= 0
	c.KeyBelow = c.KeyBelow && n.KeyBelow && c.KeyConst
	if n.KeyBelow { // also relied on where other paths have other keys
		c.Keys[int(n.Map)] = max(c.Keys[int(n.Map)], n.Key)
	}
}

// leadsTo notes the function that a call leads to.
func (i *Insn) leadsTo(v *state.Value) {
	if v.Kind != state.PtrFunc {
		return
	}
	at, found := slices.BinarySearch(i.Funcs, int(v.Map))
	if !found {
		i.Funcs = slices.Insert(i.Funcs, at, int(v.Map))
	}
}
