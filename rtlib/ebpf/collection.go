package ebpf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// CollectionOptions are choices of who loads a collection.
type CollectionOptions struct {
	Maps MapOptions
	// MapReplacements are used in place of new maps, by name. They stay the
	// caller's: close them after the load or keep them.
	MapReplacements map[string]*Map
	// Clock is what programs read as the time in nanoseconds, all clocks of
	// theirs; nil is the system's.
	Clock func() uint64
	// Trace gets each line of bpf_trace_printk, as rtlib.InstanceOptions.Trace;
	// nil is os.Stderr.
	Trace io.Writer
}

// MapOptions are choices for all maps of a collection.
type MapOptions struct {
	// PinPath is where maps with PinByName would be pinned. Such maps are
	// refused, with and without it; other maps ignore it.
	PinPath string
}

// Collection is a loaded object. Everything in it works on one rtlib.Instance.
type Collection struct {
	Programs  map[string]*Program
	Maps      map[string]*Map
	Variables map[string]*Variable

	owner *owner
}

// owner closes what several handles share when the last of them is closed.
type owner struct {
	refs  atomic.Int64
	close func() error
}

func (o *owner) release() error {
	if o.refs.Add(-1) == 0 {
		return o.close()
	}
	return nil
}

// NewCollection loads what a spec describes.
func NewCollection(spec *CollectionSpec) (*Collection, error) {
	return NewCollectionWithOptions(spec, CollectionOptions{})
}

// NewCollectionWithOptions loads what a spec describes. Errors wrap
// ErrMapIncompatible for replacements and changed specs that do not fit, and
// ErrNotSupported for pinned maps.
func NewCollectionWithOptions(spec *CollectionSpec, opts CollectionOptions) (*Collection, error) {
	if spec == nil || spec.object == nil {
		return nil, errors.New("the collection spec does not come from a generated file")
	}
	options, err := spec.options(&opts)
	if err != nil {
		return nil, err
	}
	inst, err := rtlib.NewInstance(spec.object, options)
	if err != nil {
		return nil, err
	}
	shared := &owner{close: inst.Close}
	coll := &Collection{Programs: map[string]*Program{}, Maps: map[string]*Map{}, Variables: map[string]*Variable{}, owner: shared}
	for name := range spec.Maps {
		if m := inst.Map(name); m != nil {
			coll.Maps[name] = newMap(m, shared)
			coll.Maps[name].shared = opts.MapReplacements[name] != nil
		}
	}
	for name := range spec.Programs {
		if p := inst.Program(name); p != nil {
			coll.Programs[name] = newProgram(p, inst, shared)
		}
	}
	for name := range spec.Variables {
		if v := inst.Variable(name); v != nil {
			coll.Variables[name] = &Variable{rt: v}
		}
	}
	if err := coll.fill(spec, &opts); err != nil {
		return nil, errors.Join(err, inst.Close())
	}
	return coll, nil
}

// options translates what the caller changed in the specs.
func (cs *CollectionSpec) options(opts *CollectionOptions) (*rtlib.InstanceOptions, error) {
	options := &rtlib.InstanceOptions{MapReplacements: map[string]*rtlib.Map{}, MaxEntries: map[string]uint32{}, Variables: map[string][]byte{}, Trace: opts.Trace, Clock: opts.Clock, NoSlots: true}
	for i := range cs.object.Maps {
		declared := &cs.object.Maps[i]
		spec := cs.Maps[declared.Name]
		if spec == nil {
			if err := cs.missing(i); err != nil {
				return nil, err
			}
			continue
		}
		changeable := *declared
		changeable.MaxEntries = spec.runtime().MaxEntries
		if err := spec.differs(changeable); err != nil {
			return nil, fmt.Errorf("the object's programs are compiled: %w", err)
		}
		if spec.Pinning != PinNone && opts.MapReplacements[declared.Name] == nil {
			return nil, fmt.Errorf("map %q: pinning; replace the map or set Pinning to PinNone: %w", declared.Name, ErrNotSupported)
		}
		if spec.MaxEntries != declared.MaxEntries && opts.MapReplacements[declared.Name] == nil {
			options.MaxEntries[declared.Name] = changeable.MaxEntries
		}
	}
	for name, m := range opts.MapReplacements {
		spec := cs.Maps[name]
		if spec == nil {
			return nil, fmt.Errorf("replacement for map %q: the spec has no such map", name)
		}
		if err := spec.Compatible(m); err != nil {
			return nil, fmt.Errorf("replacement: %w", err)
		}
		if err := m.open("replacement"); err != nil {
			return nil, err
		}
		options.MapReplacements[name] = m.rt
	}
	for i := range cs.object.Vars {
		declared := &cs.object.Vars[i]
		spec := cs.Variables[declared.Name]
		if spec == nil {
			continue
		}
		initial := make([]byte, declared.Size)
		if data := cs.object.Maps[declared.Map].Data; declared.Off < len(data) {
			copy(initial, data[declared.Off:])
		}
		if !bytes.Equal(initial, spec.Value) {
			options.Variables[declared.Name] = spec.Value
		}
	}
	return options, nil
}

// missing is an error when programs of the spec use a map, or its section of data,
// that the caller has taken out.
func (cs *CollectionSpec) missing(index int) error {
	for i := range cs.object.Programs {
		p := &cs.object.Programs[i]
		if cs.Programs[p.Name] != nil && slices.Contains(p.Maps, index) {
			return fmt.Errorf("program %q: missing map %q: put its spec back, or take the program out as well", p.Name, cs.object.Maps[index].Name)
		}
	}
	return nil
}

// fill stores the Contents of new maps.
func (coll *Collection) fill(spec *CollectionSpec, opts *CollectionOptions) error {
	for name, ms := range spec.Maps {
		if opts.MapReplacements[name] != nil {
			continue
		}
		for _, kv := range ms.Contents {
			value, err := coll.content(coll.Maps[name], kv.Value)
			if err != nil {
				return err
			}
			if err := coll.Maps[name].Put(kv.Key, value); err != nil {
				return fmt.Errorf("contents: %w", err)
			}
		}
	}
	return nil
}

// Close closes all programs and maps of the collection.
func (coll *Collection) Close() {
	for _, p := range coll.Programs {
		_ = p.Close() // closing a map or a program of a collection cannot fail
	}
	for _, m := range coll.Maps {
		_ = m.Close()
	}
}

// DetachMap takes a map out of the collection; Close does not close it. It is
// nil when there is none.
func (coll *Collection) DetachMap(name string) *Map {
	m := coll.Maps[name]
	delete(coll.Maps, name)
	return m
}

// DetachProgram takes a program out of the collection; Close does not close
// it. It is nil when there is none.
func (coll *Collection) DetachProgram(name string) *Program {
	p := coll.Programs[name]
	delete(coll.Programs, name)
	return p
}

// Assign stores programs, maps and variables in the fields of a struct with
// the tags `ebpf:"name"`, and takes them out of the collection: closing them
// is up to the owner of the struct.
func (coll *Collection) Assign(to any) error {
	return assign(to, func(typ reflect.Type, name string) (any, error) {
		switch typ {
		case reflect.TypeFor[*Program]():
			return found(coll.Programs, "program", name)
		case reflect.TypeFor[*Map]():
			return found(coll.Maps, "map", name)
		case reflect.TypeFor[*Variable]():
			return found(coll.Variables, "variable", name)
		}
		return nil, fmt.Errorf("fields of type %s cannot be assigned", typ)
	}, func(typ reflect.Type, name string) {
		switch typ {
		case reflect.TypeFor[*Program]():
			delete(coll.Programs, name)
		case reflect.TypeFor[*Map]():
			delete(coll.Maps, name)
		case reflect.TypeFor[*Variable]():
			delete(coll.Variables, name)
		}
	})
}

// Assign stores specs in the fields of a struct with the tags `ebpf:"name"`.
// They stay those of cs: changes through either are seen by both.
func (cs *CollectionSpec) Assign(to any) error {
	return assign(to, func(typ reflect.Type, name string) (any, error) {
		switch typ {
		case reflect.TypeFor[*ProgramSpec]():
			return found(cs.Programs, "program", name)
		case reflect.TypeFor[*MapSpec]():
			return found(cs.Maps, "map", name)
		case reflect.TypeFor[*VariableSpec]():
			return found(cs.Variables, "variable", name)
		}
		return nil, fmt.Errorf("fields of type %s cannot be assigned", typ)
	}, nil)
}

// LoadAndAssign loads the collection and stores programs, maps and variables
// in the fields of a struct with the tags `ebpf:"name"`. What has no field is
// closed; programs keep the maps that they use. opts can be nil.
func (cs *CollectionSpec) LoadAndAssign(to any, opts *CollectionOptions) error {
	if opts == nil {
		opts = &CollectionOptions{}
	}
	coll, err := NewCollectionWithOptions(cs, *opts)
	if err != nil {
		return err
	}
	if err := coll.Assign(to); err != nil {
		coll.Close()
		return err
	}
	coll.closeRest()
	return nil
}

// closeRest closes what Assign has left. When nothing but variables was
// assigned, the instance stays: there is no other handle to end it.
func (coll *Collection) closeRest() {
	if coll.owner.refs.Load() > int64(len(coll.Programs)+len(coll.Maps)) {
		coll.Close()
	}
}

// found looks something up by name.
func found[T any](m map[string]*T, kind, name string) (any, error) {
	if v := m[name]; v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("missing %s %q", kind, name)
}
