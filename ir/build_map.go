package ir

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// mapCompiled is an error for a map of a type that no engine has.
func mapCompiled(m *frontend.Map) error {
	row := table.MapTypeOf(m.Type)
	if row == nil {
		return fmt.Errorf("map %s of type %d: %w", m.Name, m.Type, bpf.ErrUnsupported)
	}
	if err := row.Status.Compiled(fmt.Sprintf("map %s of type %s", m.Name, row.Name)); err != nil || m.Inner == nil {
		return err
	}
	return mapCompiled(m.Inner)
}

// mapOf is the map that a call works on: one of the object, or the template of
// the map of maps that holds it (facts Map and Outer); nil when it is not known.
// What is true of a template is its type and the sizes of keys and values.
func (t *translator) mapOf(c *verifier.CallFact) *frontend.Map {
	switch {
	case c.Map >= 0:
		return t.obj.Maps[c.Map]
	case c.Outer > 0:
		return t.obj.Maps[c.Outer-1].Inner
	}
	return nil
}

// inlineLookup translates map_lookup_elem on an array, per CPU or not, an array of
// maps, or an inner array, into a bounds check and an address; that of an inner
// map is loaded. Elements lie value_size bytes rounded up to 8 apart, as rtlib
// lays them out; values never move. The check is left out for a constant key that
// the proof found below max_entries of a map of the object (facts KeyConst and
// KeyBelow; the run time enforces it).
func (t *translator) inlineLookup(e *body, c *verifier.CallFact) bool {
	m := t.mapOf(c)
	if c.Helper.Symbol != "MapLookupElem" || m == nil || m.KeySize != 4 {
		return false
	}
	switch m.Type {
	case bpf.MapArray:
	case bpf.MapPercpuArray, bpf.MapArrayOfMaps:
		if c.Map < 0 {
			return false // no head says where they have them
		}
	default:
		return false
	}
	if c.Map >= 0 && c.KeyConst && c.KeyBelow {
		t.set(e, bpf.R0, t.found(e, c, t.f.Const(uint64(c.Key))))
		return true
	}
	key := t.key(e, c)
	in := t.emit(OpUlt64, 0, key, t.limit(e, c))
	in.Flags = FlagLikely
	from := t.b
	hit, done := t.f.NewBlock(t.pc), t.f.NewBlock(t.pc)
	t.seal(hit, from)
	// Nothing but r0 differs between the two ways to done.
	t.seal(done, from)
	r0 := t.f.NewParam(done, TypeInt, 0)
	from.branch(in, Edge{To: hit}, Edge{To: done, Args: []*Value{t.f.Const(0)}})
	t.at(hit)
	hit.jumpTo(done, t.found(e, c, key))
	t.at(done)
	t.set(e, bpf.R0, r0)
	return true
}

// limit is max_entries of the map of a lookup.
func (t *translator) limit(e *body, c *verifier.CallFact) *Value {
	if c.Map >= 0 {
		return t.emit(OpMapMax, int64(c.Map))
	}
	return t.head(e, c, abi.HeadMax)
}

// head is a word of the head of an inner map, which r1 points to. It does not
// change.
func (t *translator) head(e *body, c *verifier.CallFact, off int64) *Value {
	g := t.f.guard(t.b)
	v := t.access(OpLoad64, table.RegionConst, off, t.register(e, bpf.R1, c.Args[0]))
	v.Guard = g
	return v
}

// found is the result of a lookup of a key that is below max_entries.
func (t *translator) found(e *body, c *verifier.CallFact, key *Value) *Value {
	if c.Map < 0 {
		stride := (uint64(t.mapOf(c).ValueSize) + 7) &^ 7
		off := t.emit(OpMul64, 0, key, t.f.Const(stride))
		v := t.emit(OpAdd64, 0, t.head(e, c, abi.HeadValues), off)
		v.Flags = FlagNonNull
		return v
	}
	place := t.element(c.Map, key)
	if t.obj.Maps[c.Map].Type != bpf.MapArrayOfMaps {
		return place
	}
	g := t.f.guard(t.b)
	v := t.access(OpLoad64, table.RegionMap, 0, place)
	v.Guard = g
	return v
}

// key is the 4-byte key that r2 points to.
func (t *translator) key(e *body, c *verifier.CallFact) *Value {
	if c.KeyConst {
		return t.f.Const(uint64(c.Key))
	}
	region := t.regionOf(c.Args[1])
	g := t.f.guard(t.b)
	v := t.access(OpLoad32, region, 0, t.register(e, bpf.R2, c.Args[1]))
	if region != table.RegionStack {
		v.Guard = g
	}
	return v
}

// element is the address of the element of array m at a key that is below
// max_entries; those of an array of maps are addresses. A per-CPU array has the elements of all CPUs behind each other,
// OpMapStep bytes apart; the CPU is the execution slot of the Frame.
func (t *translator) element(m int, key *Value) *Value {
	def := t.obj.Maps[m]
	stride := (uint64(def.ValueSize) + 7) &^ 7
	if def.Type == bpf.MapArrayOfMaps {
		stride = 8
	}
	off := t.emit(OpMul64, 0, key, t.f.Const(stride))
	base := t.emit(OpMapValues, int64(m))
	if def.Type == bpf.MapPercpuArray {
		cpu := t.emit(OpMul64, 0, t.processor(), t.emit(OpMapStep, int64(m)))
		base = t.emit(OpAdd64, 0, base, cpu)
		base.Flags = FlagNonNull
	}
	v := t.emit(OpAdd64, 0, base, off)
	v.Flags = FlagNonNull
	return v
}

// processor is the execution slot of the Frame.
func (t *translator) processor() *Value {
	return t.access(OpLoad64, table.RegionCtx, offSlot, t.emit(OpFrame, 0))
}

// dynptrSize is the size of a dynptr in bytes (struct bpf_dynptr).
const dynptrSize = 16

// holds reports whether a helper takes something that a run has to give back: a
// record of a ring, or a lock.
func holds(h *table.Helper) bool {
	return h.Acquires && (h.Ret == table.RetMemOrNull || h.Dynptr == table.DynptrRingbuf) || h.Opens == table.SectionLock ||
		h.Callback == table.CallbackRingbuf
}
