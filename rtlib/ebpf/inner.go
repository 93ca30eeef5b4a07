package ebpf

import (
	"fmt"
	"os"
)

// Maps of maps hold maps: Map.Put and Map.Update take a *Map, which may be closed
// afterwards, Map.Lookup and MapIterator.Next a **Map, which gets a handle of its
// own. Empty slots are missing keys.

// putMap stores value, a *Map.
func (m *Map) putMap(key []byte, value any, flags MapUpdateFlags) error {
	inner, ok := value.(*Map)
	if !ok {
		return m.wrong("value", fmt.Errorf("%T is no map; a map of maps takes *ebpf.Map: %w", value, os.ErrInvalid))
	}
	if err := inner.open("put into map " + m.rt.Name()); err != nil {
		return err
	}
	return m.fail(m.rt.UpdateMap(key, inner.rt, uint64(flags)))
}

// lookupMap stores a new handle of an inner map in what valueOut, a **Map, points
// at.
func (m *Map) lookupMap(key []byte, valueOut any) error {
	out, ok := valueOut.(**Map)
	if !ok || out == nil {
		return m.wrong("value", fmt.Errorf("%T gets no map; a map of maps needs a **ebpf.Map: %w", valueOut, os.ErrInvalid))
	}
	inner, err := m.rt.LookupMap(key)
	if err != nil {
		return m.fail(err)
	}
	_ = (*out).Close() // the caller's, which may be nil
	*out = newMap(inner, &owner{close: func() error { inner.Release(); return nil }})
	return nil
}
