package ebpf

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// Map is a handle of a map. Its methods can be called by many goroutines at
// once, also while programs run. The map lives until every handle of it and
// every collection that uses it is closed.
//
// Keys and values are given as fixed-size values of the map's sizes, []byte,
// or encoding.BinaryMarshaler, and received in pointers to such or
// encoding.BinaryUnmarshaler. Others:
//
//	program array      *Program, **Program
//	map of maps        *Map, **Map
//	per-CPU map        a slice with one value for each CPU, or a pointer to one
//	queue, stack       the key is nil
//	Bloom filter       the key is nil; Lookup asks for the value that it is given
type Map struct {
	rt     *rtlib.Map
	owner  *owner
	shared bool // made by another owner: a replacement
	closed atomic.Bool
	// The last types of keys and values that were found to need no
	// conversion, so that it is found out once.
	key, value layout
	// miss is the last error of a missing key: rtlib makes one for each map.
	miss atomic.Pointer[sentinelError]
}

// newMap makes a handle.
func newMap(m *rtlib.Map, o *owner) *Map {
	o.refs.Add(1)
	return &Map{rt: m, owner: o}
}

// NewMap creates a map that belongs to no collection: an inner map, or one for
// CollectionOptions.MapReplacements. Errors wrap ErrNotSupported for types
// that this release does not have, and the errno that the kernel would give.
func NewMap(spec *MapSpec) (*Map, error) { return NewMapWithOptions(spec, MapOptions{}) }

// NewMapWithOptions is NewMap with options, none of which have an effect.
func NewMapWithOptions(spec *MapSpec, _ MapOptions) (*Map, error) {
	if spec == nil {
		return nil, fmt.Errorf("new map: the spec is nil: %w", os.ErrInvalid)
	}
	if spec.Pinning != PinNone {
		return nil, fmt.Errorf("map %q: pinning: %w", spec.Name, ErrNotSupported)
	}
	if spec.InnerMap != nil && spec.InnerMap.Pinning != PinNone {
		return nil, fmt.Errorf("map %q: inner maps cannot be pinned: %w", spec.Name, os.ErrInvalid)
	}
	rt, err := rtlib.NewMap(*spec.runtime())
	if err != nil {
		return nil, err
	}
	m := newMap(rt, &owner{close: rt.Close})
	for _, kv := range spec.Contents {
		if err := m.Put(kv.Key, kv.Value); err != nil {
			return nil, errors.Join(fmt.Errorf("contents: %w", err), m.Close())
		}
	}
	return m, nil
}

// Runtime returns the map that rtlib works with.
func (m *Map) Runtime() *rtlib.Map { return m.rt }

// Type is the map's type.
func (m *Map) Type() MapType { return m.rt.Type() }

// KeySize is the size of a key in bytes.
func (m *Map) KeySize() uint32 { return m.rt.KeySize() }

// ValueSize is the size of a value in bytes.
func (m *Map) ValueSize() uint32 { return m.rt.ValueSize() }

// MaxEntries is the number of entries that the map can hold.
func (m *Map) MaxEntries() uint32 { return m.rt.MaxEntries() }

// Flags are the BPF_F_* flags of the map.
func (m *Map) Flags() uint32 { return m.rt.Flags() }

// String is the map's type and name.
func (m *Map) String() string { return fmt.Sprintf("Map(%d, %q)", m.Type(), m.rt.Name()) }

// MapInfo describes a map.
type MapInfo struct {
	Type       MapType
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes
	MaxEntries uint32
	Flags      uint32
	Name       string
}

// Info describes the map. It does not fail.
func (m *Map) Info() (*MapInfo, error) {
	return &MapInfo{m.Type(), m.KeySize(), m.ValueSize(), m.MaxEntries(), m.Flags(), m.rt.Name()}, nil
}

// Clone returns another handle of the same map, which is closed by itself.
func (m *Map) Clone() (*Map, error) {
	if err := m.open("clone"); err != nil {
		return nil, err
	}
	c := newMap(m.rt, m.owner)
	c.shared = m.shared
	return c, nil
}

// Close closes the handle. A second call does nothing, and so does one on a
// nil Map.
func (m *Map) Close() error {
	if m == nil || m.closed.Swap(true) {
		return nil
	}
	return m.owner.release()
}

// open refuses nil and closed handles.
func (m *Map) open(op string) error {
	if m == nil {
		return fmt.Errorf("%s: the map is nil; load it with LoadAndAssign: %w", op, os.ErrInvalid)
	}
	if m.closed.Load() {
		return fmt.Errorf("map %q: %s: %w", m.rt.Name(), op, os.ErrClosed)
	}
	return nil
}

// fail gives an error of rtlib its sentinel. That of a missing key is made
// once for each map.
func (m *Map) fail(err error) error {
	if err == nil {
		return nil
	}
	if last := m.miss.Load(); last != nil && last.err == err { //nolint:errorlint // the identical error, or it is wrapped anew
		return last
	}
	err = mapError(err)
	if s, ok := err.(*sentinelError); ok && s.sentinel == ErrKeyNotExist { //nolint:errorlint // just made by mapError
		m.miss.Store(s)
	}
	return err
}

// wrong names the map in an error of a conversion.
func (m *Map) wrong(what string, err error) error {
	return fmt.Errorf("map %q: %s: %w", m.rt.Name(), what, err)
}

// bytesOfKey is a key as bytes; maps without keys take nil.
func (m *Map) bytesOfKey(key any) ([]byte, error) {
	if key == nil && m.KeySize() == 0 {
		return nil, nil
	}
	k, err := marshal(key, int(m.KeySize()), &m.key)
	if err != nil {
		return nil, m.wrong("key", err)
	}
	return k, nil
}

// Lookup copies the value of key to what valueOut points at. A queue or stack,
// whose key is nil, keeps the value. A handle that is in a **Map or **Program is
// closed before it is replaced.
//
// Errors wrap ErrKeyNotExist, or os.ErrClosed, or say what does not fit.
func (m *Map) Lookup(key, valueOut any) error { return m.LookupWithFlags(key, valueOut, 0) }

// LookupWithFlags is Lookup with flags: LookupLock for values with a
// bpf_spin_lock.
func (m *Map) LookupWithFlags(key, valueOut any, flags MapLookupFlags) error {
	return m.get("lookup", key, valueOut, flags, false)
}

// LookupAndDelete copies the value of key to what valueOut points at and deletes
// the key, as one step for others. A queue or stack, whose key is nil, gives its
// next value.
//
// Errors as Lookup and Delete; ErrNotSupported for types that cannot do it.
func (m *Map) LookupAndDelete(key, valueOut any) error {
	return m.LookupAndDeleteWithFlags(key, valueOut, 0)
}

// LookupAndDeleteWithFlags is LookupAndDelete with the flags of
// LookupWithFlags.
func (m *Map) LookupAndDeleteWithFlags(key, valueOut any, flags MapLookupFlags) error {
	return m.get("lookup and delete", key, valueOut, flags, true)
}

// get is all kinds of lookups.
func (m *Map) get(op string, key, valueOut any, flags MapLookupFlags, takes bool) error {
	if err := m.open(op); err != nil {
		return err
	}
	k, err := m.bytesOfKey(key)
	if err != nil {
		return err
	}
	switch t := m.Type(); {
	case holdsMaps(t) && !takes && flags == 0:
		return m.lookupMap(k, valueOut)
	case t == ProgramArray && !takes && flags == 0:
		return m.lookupProgram(k, valueOut)
	case perCPU(t):
		return m.getPerCPU(k, valueOut, flags, takes)
	case t == BloomFilter && !takes:
		return m.ask(valueOut)
	}
	if direct := view(valueOut, int(m.ValueSize()), &m.value); direct != nil {
		return m.fail(m.read(k, direct, flags, takes))
	}
	v := make([]byte, m.ValueSize())
	if err := m.read(k, v, flags, takes); err != nil {
		return m.fail(err)
	}
	if err := unmarshal(valueOut, v); err != nil {
		return m.wrong("value", err)
	}
	return nil
}

// read is a lookup of rtlib.
func (m *Map) read(k, v []byte, flags MapLookupFlags, takes bool) error {
	if takes {
		return m.rt.LookupAndDelete(k, v, uint64(flags))
	}
	return m.rt.LookupFlags(k, v, uint64(flags))
}

// ask looks a value up in a Bloom filter: the answer is the error.
func (m *Map) ask(value any) error {
	v, err := marshal(value, int(m.ValueSize()), &m.value)
	if err != nil {
		return m.wrong("value", err)
	}
	return m.fail(m.rt.Lookup(nil, v))
}

// LookupBytes returns the value of key, those of all CPUs with their padding for
// a per-CPU map, or nil when there is none. Maps and programs have no bytes.
func (m *Map) LookupBytes(key any) ([]byte, error) {
	if err := m.open("lookup"); err != nil {
		return nil, err
	}
	k, err := m.bytesOfKey(key)
	if err != nil {
		return nil, err
	}
	v := make([]byte, m.rt.HostSize())
	switch err := m.fail(m.rt.Lookup(k, v)); {
	case errors.Is(err, ErrKeyNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return v, nil
}

// Put stores value under key, whether the key exists or not, or pushes value to a
// map without keys, whose key is nil.
func (m *Map) Put(key, value any) error { return m.Update(key, value, UpdateAny) }

// Update stores value under key as flags allow. Errors wrap ErrKeyExist and
// ErrKeyNotExist as the flags ask for, syscall.E2BIG when the map is full or
// an index is too large.
func (m *Map) Update(key, value any, flags MapUpdateFlags) error {
	if err := m.open("update"); err != nil {
		return err
	}
	k, err := m.bytesOfKey(key)
	if err != nil {
		return err
	}
	switch t := m.Type(); {
	case t == ProgramArray:
		return m.putProgram(k, value, flags)
	case holdsMaps(t):
		return m.putMap(k, value, flags)
	case perCPU(t):
		return m.putPerCPU(k, value, flags)
	}
	v, err := marshal(value, int(m.ValueSize()), &m.value)
	if err != nil {
		return m.wrong("value", err)
	}
	return m.fail(m.rt.Update(k, v, uint64(flags)))
}

// Delete removes a key. The error wraps ErrKeyNotExist when there is none.
func (m *Map) Delete(key any) error {
	if err := m.open("delete"); err != nil {
		return err
	}
	k, err := m.bytesOfKey(key)
	if err != nil {
		return err
	}
	return m.fail(m.rt.Delete(k))
}

// NextKey stores the key that follows key, or the first when key is nil, in
// what nextKeyOut points at. The error wraps ErrKeyNotExist after the last.
func (m *Map) NextKey(key, nextKeyOut any) error {
	next, err := m.next(key)
	if err != nil {
		return err
	}
	if err := unmarshal(nextKeyOut, next); err != nil {
		return m.wrong("next key", err)
	}
	return nil
}

// NextKeyBytes returns the key that follows key, or the first when key is nil;
// nil after the last.
func (m *Map) NextKeyBytes(key any) ([]byte, error) {
	next, err := m.next(key)
	if errors.Is(err, ErrKeyNotExist) {
		return nil, nil
	}
	return next, err
}

func (m *Map) next(key any) ([]byte, error) {
	if err := m.open("next key"); err != nil {
		return nil, err
	}
	var k []byte
	if key != nil {
		var err error
		if k, err = marshal(key, int(m.KeySize()), &m.key); err != nil {
			return nil, m.wrong("key", err)
		}
	}
	next := make([]byte, m.KeySize())
	if err := m.rt.NextKey(k, next); err != nil {
		return nil, m.fail(err)
	}
	return next, nil
}

// MapIterator walks over a map. It is used by one goroutine.
type MapIterator struct {
	m      *Map
	cursor []byte
	next   []byte
	count  uint32
	done   bool
	err    error
}

// Iterate returns an iterator. Keys that are stored or deleted meanwhile may
// be missed or seen twice.
func (m *Map) Iterate() *MapIterator { return &MapIterator{m: m} }

// Next stores the next key and its value in what its arguments point at. It is
// false at the end and after an error, which Err returns.
func (i *MapIterator) Next(keyOut, valueOut any) bool {
	if i.done || i.err != nil {
		return false
	}
	if i.err = i.m.open("iterate"); i.err != nil {
		return false
	}
	if i.next == nil {
		i.next = make([]byte, i.m.KeySize())
	}
	for ; i.count <= i.m.MaxEntries(); i.count++ {
		err := i.m.fail(i.m.rt.NextKey(i.cursor, i.next))
		if errors.Is(err, ErrKeyNotExist) {
			i.done = true
			return false
		}
		if err != nil {
			i.err = err
			return false
		}
		i.cursor = i.next
		switch err := i.m.Lookup(i.cursor, valueOut); {
		case errors.Is(err, ErrKeyNotExist):
			continue // deleted since; the walk starts again at the first key
		case err != nil:
			i.err = err
			return false
		}
		if err := unmarshal(keyOut, i.cursor); err != nil {
			i.err = i.m.wrong("key", err)
			return false
		}
		i.count++
		return true
	}
	i.err = fmt.Errorf("map %q: more steps than entries: %w", i.m.rt.Name(), ErrIterationAborted)
	return false
}

// Err is the error that ended the iteration, nil at the end of the map.
func (i *MapIterator) Err() error { return i.err }
