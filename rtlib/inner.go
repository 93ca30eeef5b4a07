package rtlib

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Maps of maps: the value of a key is a map, the *inner* map. Programs look up
// and get its address; hosts store and replace inner maps at any time, also
// while programs run.
//
//	array of maps:  slots ─► Map
//	hash of maps:   element of a hash map whose value is the Map's address
//
// Programs hold addresses as plain integers, so what keeps an inner map is the
// outer one: by the slot or the key, and when it was replaced or deleted, by
// the limbo list until no run can hold its address any more (epoch.go). The
// outer map is also a holder of the inner map, which keeps it open.
//
// Programs know an inner map by the template of the outer one: an inner map is
// stored only when it has what proofs rely on (MapSpec.differs). Templates are
// no maps of maps and no program arrays, as in the kernel.

// inners is what both kinds of maps of maps have.
type inners struct {
	mu    sync.Mutex // of all below, and of stores to slots and keys
	limbo []retiredMap
	kept  []*Map // of a map that was closed: runs that Close did not wait for may hold them
}

// retiredMap is an inner map that was replaced or deleted, and the epoch of that.
type retiredMap struct {
	m   *Map
	tag uint64
}

// slotted is an implementation whose values are maps.
type slotted interface {
	// setInner stores a map that fits; get returns the one of a key or nil, both
	// with the lock of the inners.
	setInner(key unsafe.Pointer, inner *Map, flags uint64) bpf.Errno
	inner(key unsafe.Pointer) *Map
	shared() *inners
}

// retire puts a map that no program finds any more into the limbo and returns
// those that no run can hold any more. The lock is held; the caller releases
// them without it.
func (n *inners) retire(d *domain, old *Map) (free []*Map) {
	if old != nil {
		// The tag is read by an atomic addition: it stands behind a full fence,
		// so the unlinking is visible to all before (epoch.go).
		n.limbo = append(n.limbo, retiredMap{old, d.epoch.Add(0)})
	}
	if len(n.limbo) == 0 {
		return nil
	}
	last, first := n.limbo[len(n.limbo)-1].tag, n.limbo[0].tag
	if !d.released(last) && !d.release(last) && !d.released(first) {
		d.release(first)
	}
	k := 0
	for k < len(n.limbo) && d.released(n.limbo[k].tag) {
		free = append(free, n.limbo[k].m)
		k++
	}
	n.limbo = append(n.limbo[:0:0], n.limbo[k:]...)
	return free
}

// empty forgets the maps of a map that was closed, and returns what to release.
// Runs that are under way after Instance.Close may hold some: they stay memory.
func (n *inners) empty(all []*Map) []*Map {
	for _, r := range n.limbo {
		all = append(all, r.m)
	}
	n.limbo = nil
	n.kept = append(n.kept, all...)
	return all
}

// releaseAll drops the hold on maps.
func releaseAll(maps []*Map) {
	for _, m := range maps {
		m.release()
	}
}

// holdsMaps reports whether values of the type are maps.
func holdsMaps(t bpf.MapType) bool { return t == bpf.MapArrayOfMaps || t == bpf.MapHashOfMaps }

// refuseTemplate says why a map of maps cannot have the template.
func refuseTemplate(t *MapSpec, rules *bpf.Rules) (string, bpf.Errno) {
	if t == nil {
		return "it has no inner map; maps of maps need one as a template", bpf.EINVAL
	}
	if holdsMaps(t.Type) {
		return "the inner map is a map of maps; they do not nest", bpf.EINVAL
	}
	shape, known := shapes[t.Type]
	if !known || t.Type == bpf.MapProgArray {
		return fmt.Sprintf("inner maps of type %d are not possible", t.Type), bpf.ENOTSUP
	}
	if detail, errno := shape.refuse(t, rules); errno != 0 {
		return "inner map: " + detail, errno
	}
	return "", 0
}

// differs says why a map is no inner map of a template; "" when it is. Linux
// compares what its verifier relies on, Windows the definition.
func (t *MapSpec) differs(s *MapSpec, rules *bpf.Rules) string {
	const access = bpf.FlagRdonly | bpf.FlagWronly // of the host only
	number := func(what string, got, want uint32) string {
		return fmt.Sprintf("the inner map has %s %d, the template has %d", what, got, want)
	}
	switch {
	case s.Type != t.Type:
		return number("type", uint32(s.Type), uint32(t.Type))
	case s.KeySize != t.KeySize:
		return number("key size", s.KeySize, t.KeySize)
	case s.ValueSize != t.ValueSize:
		return number("value size", s.ValueSize, t.ValueSize)
	case s.Lock != t.Lock:
		return "the inner map and the template do not have a struct bpf_spin_lock at the same place"
	case rules.InnerMaxEntries && s.MaxEntries != t.MaxEntries:
		return number("max_entries", s.MaxEntries, t.MaxEntries)
	case rules.InnerMaxEntries:
		return ""
	case (s.Flags^t.Flags)&^access != 0:
		return fmt.Sprintf("the inner map has flags %#x, the template has %#x", s.Flags&^access, t.Flags&^access)
	case t.Type == bpf.MapArray && t.Flags&bpf.FlagInnerMap == 0 && s.MaxEntries != t.MaxEntries:
		return number("max_entries", s.MaxEntries, t.MaxEntries) + "; both need the flag INNER_MAP to differ"
	}
	return ""
}

// InnerDiffers says why a map cannot be an inner map of a map of maps with the
// template, on a platform; "" when it can. The compiler asks it for the maps of
// objects.
func InnerDiffers(template, spec *MapSpec, platform bpf.Platform) string {
	return template.differs(spec, bpf.RulesOf(platform))
}

// UpdateMap stores inner under key: from now on programs find it there, also
// those that run. A run that has found another one keeps that to its end. flags
// is bpf.UpdateAny, UpdateNoExist or UpdateExist for a hash of maps, UpdateAny
// for an array of maps (with Windows' rules UpdateExist as well).
//
// The map holds inner: it stays open until the key gets another map or is
// deleted, or until this map is closed, and as long as runs can hold it.
//
// Errors: EINVAL when inner differs from the template, with what differs, for
// flags, for wrong lengths and for maps that are no maps of maps; EEXIST and
// ENOENT as the flags ask; E2BIG when the map is full or an index is not below
// max_entries (EINVAL with Windows' rules); EPERM for a map that hosts may not
// write; os.ErrClosed for both maps.
func (m *Map) UpdateMap(key []byte, inner *Map, flags uint64) error {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || m.hostReadOnly.Load() {
		return m.refuseWrite("update", key, noValue)
	}
	ops, ok := m.ops.(slotted)
	invalid := func(detail string) error { return &MapError{m.name, "update", detail, bpf.EINVAL} }
	switch {
	case !ok:
		return invalid("its values are no maps")
	case inner == nil:
		return invalid("the inner map is nil; Delete removes a key")
	case inner.rules != m.rules:
		return invalid("the inner map follows the rules of another platform")
	case inner.domain != m.domain:
		return invalid("the inner map is not of this process")
	}
	if detail := m.spec.Inner.differs(&inner.spec, m.rules); detail != "" {
		return invalid(detail)
	}
	if !inner.retain() {
		return fmt.Errorf("map %q: update: %w", m.name, errClosed("map", inner.name))
	}
	return m.putMap(ops, hide(key), inner, flags)
}

// putMap stores a map that fits, which the caller has retained.
func (m *Map) putMap(ops slotted, key unsafe.Pointer, inner *Map, flags uint64) error {
	n := ops.shared()
	n.mu.Lock()
	// Under the lock: close, which empties the map, comes before or after all of
	// this.
	var free []*Map
	var errno bpf.Errno
	closed := m.closed.Load()
	if !closed {
		old := ops.inner(key)
		if errno = ops.setInner(key, inner, flags); errno != 0 {
			old = nil
		}
		free = n.retire(m.domain, old)
	}
	n.mu.Unlock()
	releaseAll(free)
	switch {
	case closed:
		inner.release()
		return errClosed("map", m.name)
	case errno != 0:
		inner.release()
		return m.failed("update", errno, flags)
	}
	return nil
}

// Release gives up a hold that LookupMap has given.
func (m *Map) Release() { m.release() }

// LookupMap returns the inner map of key with a hold on it, so that it stays
// open: the caller calls Release on it once.
//
// Errors: ENOENT when there is no such key or the slot is empty, EINVAL for a
// wrong length and maps that are no maps of maps, EPERM for a map that hosts may
// not read; os.ErrClosed.
func (m *Map) LookupMap(key []byte) (*Map, error) {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || m.hostWriteOnly {
		return nil, m.refuseRead("lookup", key, noValue)
	}
	ops, ok := m.ops.(slotted)
	if !ok {
		return nil, &MapError{m.name, "lookup", "its values are no maps", bpf.EINVAL}
	}
	n := ops.shared()
	n.mu.Lock()
	defer n.mu.Unlock()
	inner := ops.inner(hide(key))
	if inner == nil || !inner.retain() {
		return nil, m.misses.lookup
	}
	return inner, nil
}

// fillMaps stores the initial elements of the instance's own maps of maps.
func (inst *Instance) fillMaps(opts *InstanceOptions) error {
	for i := range inst.spec.Maps {
		spec, m := &inst.spec.Maps[i], inst.maps[i]
		if !holdsMaps(spec.Type) || opts.MapReplacements[spec.Name] != nil || opts.NoSlots {
			continue
		}
		for _, s := range spec.Slots {
			if uint(s.Map) >= uint(len(inst.maps)) || m.keySize != 4 {
				return fmt.Errorf("map %q: initial map %d of %d; generate the object again: %w", m.name, s.Map, len(inst.maps), os.ErrInvalid)
			}
			key := [4]byte{byte(s.Index), byte(s.Index >> 8), byte(s.Index >> 16), byte(s.Index >> 24)}
			if err := m.UpdateMap(key[:], inst.maps[s.Map], bpf.UpdateAny); err != nil {
				return fmt.Errorf("initial map %q at %d: %w", inst.maps[s.Map].name, s.Index, err)
			}
		}
	}
	return nil
}

// mapArray is the implementation of arrays of maps. Programs find the addresses
// of the maps by Map.values, with compiled lookups. The slots have the same maps
// for hosts, and keep them; an address is stored after its slot, and is removed
// before.
type mapArray struct {
	refuses
	inners
	slots     []atomic.Pointer[Map]
	addresses []uint64 // 0 for none
}

// put stores a map, or nothing, in a slot. The lock is held, and the old map is
// retired after that.
func (a *mapArray) put(index uint64, inner *Map) {
	if inner == nil {
		atomic.StoreUint64(&a.addresses[index], 0)
		a.slots[index].Store(nil)
		return
	}
	a.slots[index].Store(inner)
	atomic.StoreUint64(&a.addresses[index], uint64(uintptr(unsafe.Pointer(inner))))
}

func newMapArray(m *Map) operations {
	m.misses.lookup = &MapError{m.name, "lookup", "the slot is empty or not below max_entries", bpf.ENOENT}
	m.misses.remove = &MapError{m.name, "delete", "the slot is empty", bpf.ENOENT}
	a := &mapArray{refuses: refuses{m}, slots: make([]atomic.Pointer[Map], m.max), addresses: make([]uint64, m.max)}
	m.values = unsafe.Pointer(&a.addresses[0])
	m.domain.useBarrier()
	return a
}

// ArrayOfMapsLookup is MapLookupElem for a map that is known to be an array of
// maps: the address of the inner Map, or 0.
//
//go:linkname ArrayOfMapsLookup bpf2go/rtlib/v1.ArrayOfMapsLookup
//go:nocheckptr
//go:norace
func ArrayOfMapsLookup(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	index := uint64(load32(ptr(key)))
	if index >= mp.max {
		return 0
	}
	return atomic.LoadUint64((*uint64)(unsafe.Add(mp.values, uintptr(index)*8)))
}

func (a *mapArray) lookup(_ *abi.Frame, key unsafe.Pointer) uint64 {
	return uint64(uintptr(unsafe.Pointer(a.inner(key))))
}

func (a *mapArray) shared() *inners { return &a.inners }

func (a *mapArray) inner(key unsafe.Pointer) *Map {
	if index := a.m.index(key); index < a.m.max {
		return a.slots[index].Load()
	}
	return nil
}

func (a *mapArray) setInner(key unsafe.Pointer, inner *Map, flags uint64) bpf.Errno {
	switch index := a.m.index(key); {
	case flags != bpf.UpdateAny && (flags != bpf.UpdateExist || !a.m.rules.ProgArrayExist):
		return bpf.EINVAL
	case index >= a.m.max:
		return a.m.rules.ArrayUpdateBounds
	default:
		a.put(index, inner)
	}
	return 0
}

func (a *mapArray) erase(key unsafe.Pointer) bpf.Errno {
	index := a.m.index(key)
	if index >= a.m.max {
		return a.m.rules.ArrayUpdateBounds
	}
	a.mu.Lock()
	old := a.slots[index].Load()
	a.put(index, nil)
	free := a.retire(a.m.domain, old)
	a.mu.Unlock()
	releaseAll(free)
	if old == nil {
		return a.m.rules.ProgArrayDeleteEmpty
	}
	return 0
}

func (a *mapArray) next(key, out unsafe.Pointer) bpf.Errno { return a.m.indexNext(key, out) }

// memory is that of the inner maps.
func (a *mapArray) memory(addr uint64) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.slots {
		if inner := a.slots[i].Load(); inner != nil {
			if n := inner.ops.memory(addr); n != 0 {
				return n
			}
		}
	}
	return a.retired(addr)
}

// retired is memory of the maps in limbo.
func (n *inners) retired(addr uint64) uint64 {
	for _, r := range n.limbo {
		if k := r.m.ops.memory(addr); k != 0 {
			return k
		}
	}
	return 0
}

func (a *mapArray) close() {
	a.mu.Lock()
	var all []*Map
	for i := range a.slots {
		if inner := a.slots[i].Load(); inner != nil {
			a.put(uint64(i), nil)
			all = append(all, inner)
		}
	}
	all = a.empty(all)
	a.mu.Unlock()
	releaseAll(all)
}

func (a *mapArray) explain(op string, errno bpf.Errno, flags uint64) string {
	switch {
	case errno == bpf.ENOTSUP:
		return explainMaps(&a.refuses, op, flags)
	case op == "update" && flags != bpf.UpdateAny:
		return fmt.Sprintf("flags %d; an array of maps takes 0 (any)", flags)
	case op == "update" || op == "delete":
		return fmt.Sprintf("the index is not below max_entries %d", a.m.max)
	}
	return a.refuses.explain(op, errno, flags)
}

// explainMaps is explain for what maps of maps refuse.
func explainMaps(r *refuses, op string, flags uint64) string {
	switch op {
	case "lookup":
		return "values of maps of maps are maps: use LookupMap"
	case "update":
		return "values of maps of maps are maps: use UpdateMap"
	}
	return r.explain(op, bpf.ENOTSUP, flags)
}
