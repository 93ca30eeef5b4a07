package verifier_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// membership decides whether a concrete machine state is one that an abstract
// state stands for: what package state says in its documentation, written
// down a second time and without the code of Included.
type membership struct {
	obj   *frontend.Object
	p     *frontend.Program
	c     *interp.State
	base  int // depth of the concrete frame that is abstract frame 0
	class map[uint32]uint64
	null  map[uint32]bool
	hold  map[uint32]uint32
}

// wrong says why the concrete state is none of s, "" when it is.
func wrong(pr *proof, c *interp.State, base int, s *state.State) string {
	m := &membership{obj: pr.obj, p: pr.p, c: c, base: base, class: map[uint32]uint64{}, null: map[uint32]bool{}, hold: map[uint32]uint32{}}
	if s.Depth()+base != len(c.Stacks)-1 {
		return fmt.Sprintf("depth %d, abstractly %d", len(c.Stacks)-1-base, s.Depth())
	}
	if why := m.references(s); why != "" {
		return why
	}
	for d := range s.Depth() + 1 {
		f := s.Frame(d)
		for r := range f.Regs {
			x := c.Reg(base+d, bpf.Reg(r))
			if d < s.Depth() && r < int(bpf.R6) {
				continue // lost in the call
			}
			if why := m.value(&f.Regs[r], x); why != "" {
				return fmt.Sprintf("frame %d, r%d: %s", d, r, why)
			}
		}
		for i, cell := range f.Stack.Cells {
			if cell == nil {
				continue
			}
			if why := m.cell(i, cell, c.Stacks[base+d]); why != "" {
				return fmt.Sprintf("frame %d, stack at -%d: %s", d, 4*(i+1), why)
			}
		}
	}
	return ""
}

// inStates are the references that the interpreter lists in State.Refs.
var inStates = [state.NumRefKinds]bool{
	state.RefRecord: true, state.RefObj: true, state.RefDynptr: true, state.RefIter: true, state.RefKptr: true,
}

// references: the ones that the state says are held are, in this order, but
// for those whose acquisition failed, which a null pointer or an empty dynptr
// shows.
func (m *membership) references(s *state.State) string {
	if m.base != 0 {
		return ""
	}
	failed := m.failed(s)
	lock, n := false, 0
	for _, r := range s.Refs() {
		lock = lock || r.Kind == state.RefLock
		if !inStates[r.Kind] || failed[r.ID] {
			continue
		}
		if n == len(m.c.Refs) {
			return fmt.Sprintf("%d references are held, abstractly more", n)
		}
		if c := &m.c.Refs[n]; (r.Kind == state.RefIter) != (c.Kind == "iterator") {
			return fmt.Sprintf("reference %d is a %s, abstractly of kind %d", n, c.Kind, r.Kind)
		}
		m.hold[r.ID] = m.c.Refs[n].ID
		n++
	}
	switch {
	case n != len(m.c.Refs):
		return fmt.Sprintf("%d references are held, abstractly %d", len(m.c.Refs), n)
	case lock != (m.c.Lock != 0):
		return fmt.Sprintf("a lock is held: %v, abstractly %v", m.c.Lock != 0, lock)
	}
	return ""
}

// failed are the references that there would be had the acquisition succeeded.
func (m *membership) failed(s *state.State) map[uint32]bool {
	l := map[uint32]bool{}
	for d := range s.Depth() + 1 {
		f := s.Frame(d)
		for r := range f.Regs {
			if v := &f.Regs[r]; v.Null && v.Ref == v.Hold && m.c.Reg(d, bpf.Reg(r)).Bits == 0 {
				l[v.Hold] = true
			}
		}
		for i, cell := range f.Stack.Cells {
			if cell == nil || cell.Size != 8 {
				continue
			}
			at := state.StackSize - 4*(i+1)
			what, ref := m.c.Stacks[d].Opaque(at)
			if cell.Val.Kind == state.SlotDynptr && what != "" && ref == 0 {
				l[cell.Val.Hold] = true
			}
			if cell.Val.Null && cell.Val.Ref == cell.Val.Hold && spilled(m.c.Stacks[d], at).Bits == 0 {
				l[cell.Val.Hold] = true
			}
		}
	}
	return l
}

// spilled is the 8-byte value at an index of a stack.
func spilled(k *interp.Region, at int) interp.Value {
	if v, ok := k.Spill(at); ok && at%8 == 0 {
		return v
	}
	x := interp.Value{Kind: interp.KindScalar}
	for j := range 8 {
		b, _ := k.Byte(at + j)
		x.Bits |= uint64(b) << (8 * j)
	}
	return x
}

// variable is what relations are about: the number, or the variable part of a
// pointer's offset.
func variable(v *state.Value, c interp.Value) uint64 {
	if v.Kind == state.Scalar {
		return c.Bits
	}
	return uint64(c.Off() - v.Off)
}

var kindOf = [state.NumKinds]interp.Kind{
	state.PtrCtx: interp.KindCtx, state.PtrStack: interp.KindStack, state.PtrPacket: interp.KindPacket,
	state.PtrMeta: interp.KindMeta, state.PtrPacketEnd: interp.KindPacketEnd, state.PtrMapValue: interp.KindMapValue,
	state.ConstMap: interp.KindMap, state.PtrFunc: interp.KindFunc, state.PtrObj: interp.KindObject,
	state.PtrDynptr: interp.KindDynptr, state.PtrMem: interp.KindMem,
}

// value says why a concrete value is none of v or breaks a relation that v is
// part of, "" when it does not.
func (m *membership) value(v *state.Value, c interp.Value) string {
	if v.Kind == state.Uninit {
		return ""
	}
	if v.Null {
		if old, ok := m.null[v.Ref]; ok && old != (c.Bits == 0) {
			return fmt.Sprintf("lookup %d: copies differ", v.Ref)
		}
		m.null[v.Ref] = c.Bits == 0
		if c.Bits == 0 {
			return ""
		}
	}
	if v.Kind == state.Scalar {
		return m.number(v, c)
	}
	return m.pointer(v, c)
}

func (m *membership) number(v *state.Value, c interp.Value) string {
	switch {
	case c.Kind == interp.KindUninit:
		return "it was not written"
	case !v.S.Has(c.Bits):
		return fmt.Sprintf("%#x is not in %+v", c.Bits, v.S)
	case v.Room > 0 && c.Bits+uint64(v.Room) > uint64(m.length()):
		return fmt.Sprintf("%d has not %d bytes of room in %d", c.Bits, v.Room, m.length())
	}
	return m.related(v, c)
}

// length is that of the packet.
func (m *membership) length() int {
	if m.c.Data == nil {
		return 0
	}
	return m.c.Data.Len()
}

func (m *membership) related(v *state.Value, c interp.Value) string {
	if v.ID == 0 {
		return ""
	}
	base := variable(v, c) - v.Delta
	if old, ok := m.class[v.ID]; ok && old != base {
		return fmt.Sprintf("class %d: %d and %d", v.ID, int64(old), int64(base))
	}
	m.class[v.ID] = base
	if v.ID == state.LenClass && base != uint64(m.length()) {
		return fmt.Sprintf("length is %d, class says %d", m.length(), base)
	}
	return ""
}

func (m *membership) pointer(v *state.Value, c interp.Value) string {
	anyMemory := v.Kind == state.PtrMem && c.Kind > interp.KindScalar && (m.base > 0 || v.Flags&state.Slice != 0)
	if c.Kind != kindOf[v.Kind] && !anyMemory {
		return fmt.Sprintf("%v is not of kind %d", c, v.Kind)
	}
	if gone := c.Region.Gone(); gone != "" {
		return fmt.Sprintf("%v cannot be used: %s", c, gone)
	}
	if why := m.region(v, c); why != "" || anyMemory {
		return why
	}
	if v.Kind == state.PtrPacketEnd || v.Kind == state.PtrFunc || v.Kind == state.PtrObj || v.Kind == state.PtrDynptr {
		return ""
	}
	n := variable(v, c)
	switch {
	case !v.S.Has(n):
		return fmt.Sprintf("%v: variable part %d is not in %+v", c, int64(n), v.S)
	case v.Kind == state.PtrPacket && v.Room > 0 && n+uint64(v.Room) > uint64(m.length()):
		return fmt.Sprintf("%v: %d + %d bytes are beyond %d", c, n, v.Room, m.length())
	case v.Kind == state.PtrMeta && v.Room > 0 && n+uint64(v.Room) > uint64(m.c.Meta.Len()):
		return fmt.Sprintf("%v: %d + %d bytes are beyond metadata of %d", c, n, v.Room, m.c.Meta.Len())
	}
	return m.related(v, c)
}

// initial reports whether a map of the object is an initial element of another
// one. Such a map can be reached by both names, and the interpreter has for a
// value the one by which it was reached first.
func (m *membership) initial(outer, inner int) bool {
	return slices.ContainsFunc(m.obj.Maps[outer].Slots, func(s frontend.Slot) bool { return s.Program == "" && s.Map == inner })
}

// region: the pointer is to the object that v names.
func (m *membership) region(v *state.Value, c interp.Value) string {
	switch v.Kind {
	case state.PtrStack:
		if c.Region.Frame != int(v.Frame)+m.base {
			return fmt.Sprintf("%v is not of frame %d", c, v.Frame)
		}
	case state.PtrMapValue, state.ConstMap:
		inner := v.Flags&state.Inner != 0
		if inner && !c.Region.Inner && m.initial(int(v.Map), c.Region.Map) {
			break
		}
		if c.Region.Map != int(v.Map) || c.Region.Inner != inner {
			return fmt.Sprintf("%v is not of map %d, inner %v", c, v.Map, v.Flags&state.Inner != 0)
		}
	case state.PtrFunc:
		if c.Region.Func != m.p.Funcs[v.Map].Start {
			return fmt.Sprintf("%v is not function %d", c, v.Map)
		}
	case state.PtrObj:
		if c.Region.Object != table.ObjectKind(v.Map) {
			return fmt.Sprintf("%v is not of kind %d", c, v.Map)
		}
	case state.PtrMem:
		if c.Region.Len() < int(v.Size) {
			return fmt.Sprintf("%v has %d bytes, not %d", c, c.Region.Len(), v.Size)
		}
	}
	if id, ok := m.hold[v.Hold]; ok && v.Hold != 0 && c.Region.Ref != 0 && c.Region.Ref != id {
		return fmt.Sprintf("%v lives by reference %d, not %d", c, c.Region.Ref, id)
	}
	return ""
}

// cell compares a stack cell with the bytes of a concrete stack.
func (m *membership) cell(i int, cell *state.Cell, k *interp.Region) string {
	at := state.StackSize - 4*(i+1)
	if what, _ := k.Opaque(at); what != "" || cell.Val.Kind >= state.SlotIter {
		return m.opaque(cell, what)
	}
	for j, kind := range cell.Bytes {
		b, init := k.Byte(at + j)
		if kind != state.Invalid && !init && !m.dynptrs() {
			return "a byte was not written"
		}
		if kind == state.Zero && b != 0 {
			return "a byte is not zero"
		}
	}
	if cell.Size == 0 {
		return ""
	}
	if cell.Size == 8 {
		return m.value(&cell.Val, spilled(k, at))
	}
	x := interp.Value{Kind: interp.KindScalar}
	for j := range int(cell.Size) {
		b, _ := k.Byte(at + j)
		x.Bits |= uint64(b) << (8 * j)
	}
	return m.value(&cell.Val, x)
}

// dynptrs reports whether the program makes dynptrs. The interpreter takes the
// bytes of one that has ended for never written, the verifier for written by
// the run time, which is the same for a reader: any number.
func (m *membership) dynptrs() bool {
	for _, in := range m.p.Insns {
		if in.Op == bpf.OpCall && in.Kind == bpf.KindHelper {
			if h := table.HelperByID(bpf.Linux, int32(in.Imm)); h != nil && strings.Contains(h.Name, "dynptr") {
				return true
			}
		}
	}
	return false
}

// opaque: an iterator or dynptr is where the state has one, nothing else.
func (m *membership) opaque(cell *state.Cell, what string) string {
	want := map[state.Kind]string{state.SlotIter: "iterator", state.SlotDynptr: "dynptr"}[cell.Val.Kind]
	if cell.Size == 8 && want != what {
		return fmt.Sprintf("it holds %q, abstractly %q", what, want)
	}
	return ""
}
