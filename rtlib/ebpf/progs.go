package ebpf

import (
	"fmt"
	"os"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// Program arrays hold programs: Map.Put and Map.Update take a *Program,
// Map.Lookup and MapIterator.Next a **Program, which gets a handle of its own.
// Empty slots are missing keys. As in the kernel, a slot keeps the collection of
// its program open, whether or not a handle of it is, until it gets another
// program, is deleted or the map is closed. Only a program of the collection that
// made the map does not: that ends with its last handle.

// slotRef is what a slot of a program array holds: the collection of its
// program, unless the map is that collection's own.
type slotRef struct {
	inst  *rtlib.Instance
	owner *owner
	own   bool
}

// Release is called when the slot lets go of the program.
func (r *slotRef) Release() {
	if !r.own {
		_ = r.owner.release() // closing an instance late has nobody to report to
	}
}

// putProgram stores value, a *Program, in a slot.
func (m *Map) putProgram(key []byte, value any, flags MapUpdateFlags) error {
	p, ok := value.(*Program)
	if !ok {
		return m.wrong("value", fmt.Errorf("%T is no program; a program array takes *ebpf.Program: %w", value, os.ErrInvalid))
	}
	if err := p.open("put into map " + m.rt.Name()); err != nil {
		return err
	}
	ref := &slotRef{inst: p.inst, owner: p.owner, own: p.owner == m.owner && !m.shared}
	if !ref.own && !p.owner.retain() {
		return fmt.Errorf("program %q: put into map %q: %w", p.rt.Name(), m.rt.Name(), os.ErrClosed)
	}
	if err := m.rt.UpdateProgram(key, p.rt, uint64(flags), ref); err != nil {
		ref.Release()
		return m.fail(err)
	}
	return nil
}

// lookupProgram stores a new handle of a slot's program in what valueOut, a
// **Program, points at.
func (m *Map) lookupProgram(key []byte, valueOut any) error {
	out, ok := valueOut.(**Program)
	if !ok || out == nil {
		return m.wrong("value", fmt.Errorf("%T gets no program; a program array needs a **ebpf.Program: %w", valueOut, os.ErrInvalid))
	}
	p, held, err := m.rt.LookupProgram(key)
	if err != nil {
		return m.fail(err)
	}
	ref, ok := held.(*slotRef)
	if !ok { // stored by rtlib: it has no handles to count
		_ = (*out).Close() // the caller's, which may be nil
		*out = newProgram(p, nil, &owner{close: func() error { return nil }})
		return nil
	}
	if !ref.owner.retain() {
		return fmt.Errorf("map %q: lookup: program %q: %w", m.rt.Name(), p.Name(), os.ErrClosed)
	}
	_ = (*out).Close() // the caller's, which may be nil
	*out = &Program{rt: p, inst: ref.inst, owner: ref.owner}
	return nil
}

// retain adds a holder; false when the last one is gone.
func (o *owner) retain() bool {
	for {
		n := o.refs.Load()
		if n <= 0 {
			return false
		}
		if o.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// slotsOf are the Contents of a program array or a map of maps as the object has
// them: the names of its programs or maps.
func slotsOf(object *rtlib.ObjectSpec, m *rtlib.MapSpec) []MapKV {
	var list []MapKV
	for _, s := range m.Slots {
		if holdsMaps(m.Type) {
			list = append(list, MapKV{Key: s.Index, Value: object.Maps[s.Map].Name})
		} else {
			list = append(list, MapKV{Key: s.Index, Value: object.Programs[s.Program].Name})
		}
	}
	return list
}

// content is a value of Contents as Put takes it: a name stands for the program or
// the map of the collection.
func (coll *Collection) content(m *Map, value any) (any, error) {
	name, ok := value.(string)
	switch {
	case ok && m.Type() == ProgramArray:
		if p := coll.Programs[name]; p != nil {
			return p, nil
		}
		return nil, fmt.Errorf("contents: map %q: the collection has no program %q: %w", m.rt.Name(), name, os.ErrNotExist)
	case ok && holdsMaps(m.Type()):
		if inner := coll.Maps[name]; inner != nil {
			return inner, nil
		}
		return nil, fmt.Errorf("contents: map %q: the collection has no map %q: %w", m.rt.Name(), name, os.ErrNotExist)
	}
	return value, nil
}
