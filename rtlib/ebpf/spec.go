package ebpf

import (
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// CollectionSpec describes what an object holds before it is loaded. It
// belongs to the caller, who may change what MapSpec and VariableSpec allow.
type CollectionSpec struct {
	Maps      map[string]*MapSpec // data sections too: .rodata, .data, .bss
	Programs  map[string]*ProgramSpec
	Variables map[string]*VariableSpec

	object *rtlib.ObjectSpec
}

// NewCollectionSpec describes a compiled object. Generated files call it.
// An object for another version of rtlib's ABI is an error that wraps
// ErrNotSupported.
func NewCollectionSpec(object *rtlib.ObjectSpec) (*CollectionSpec, error) {
	if object.ABI != abi.Version {
		return nil, fmt.Errorf("object %q was generated for version %d of rtlib's ABI, this rtlib has %d; generate it again: %w",
			object.Name, object.ABI, abi.Version, ErrNotSupported)
	}
	cs := &CollectionSpec{
		Maps: map[string]*MapSpec{}, Programs: map[string]*ProgramSpec{}, Variables: map[string]*VariableSpec{}, object: object,
	}
	for i := range object.Maps {
		m := &object.Maps[i]
		cs.Maps[m.Name] = specOf(m, object.Platform)
		cs.Maps[m.Name].Contents = slotsOf(object, m)
	}
	for i := range object.Programs {
		p := &object.Programs[i]
		cs.Programs[p.Name] = &ProgramSpec{Name: p.Name, Type: programType(p.Hook), SectionName: p.Section, License: object.License, Hook: p.Hook}
	}
	for i := range object.Vars {
		v := &object.Vars[i]
		section := &object.Maps[v.Map]
		value := make([]byte, v.Size)
		if v.Off < len(section.Data) {
			copy(value, section.Data[v.Off:])
		}
		cs.Variables[v.Name] = &VariableSpec{Name: v.Name, SectionName: section.Name, Offset: uint32(v.Off), Value: value, constant: v.Const, reliedBy: v.ReliedBy}
	}
	return cs, nil
}

// Copy returns a copy that shares nothing with cs but the values in
// MapSpec.Contents.
func (cs *CollectionSpec) Copy() *CollectionSpec {
	if cs == nil {
		return nil
	}
	return &CollectionSpec{Maps: copies(cs.Maps), Programs: copies(cs.Programs), Variables: copies(cs.Variables), object: cs.object}
}

// copies copies a map of specs.
func copies[S interface{ Copy() S }](m map[string]S) map[string]S {
	if m == nil {
		return nil
	}
	c := make(map[string]S, len(m))
	for name, spec := range m {
		c[name] = spec.Copy()
	}
	return c
}

// ProgramSpec describes a program. Changes have no effect: it is compiled.
type ProgramSpec struct {
	Name        string // of the function in C
	Type        ProgramType
	SectionName string
	License     string
	Hook        string // name of the hook in bpf2go-native: "xdp", "raw"
}

// Copy returns a copy.
func (ps *ProgramSpec) Copy() *ProgramSpec {
	if ps == nil {
		return nil
	}
	c := *ps
	return &c
}

// VariableSpec describes a global variable before it is loaded.
type VariableSpec struct {
	Name        string
	SectionName string
	Offset      uint32 // bytes from the start of the section
	Value       []byte // initial bytes

	constant bool
	reliedBy string
}

// Set changes the initial value, also of a constant. It fails with an error
// that wraps ErrReadOnly when a program is only known to be safe with the
// present value.
func (vs *VariableSpec) Set(in any) error {
	buf, err := marshal(in, len(vs.Value), nil)
	if err != nil {
		return fmt.Errorf("variable %q: %w", vs.Name, err)
	}
	if vs.reliedBy != "" && !slices.Equal(buf, vs.Value) {
		return fmt.Errorf("variable %q: the code of program %q was made for its value; generate the object with another one: %w", vs.Name, vs.reliedBy, ErrReadOnly)
	}
	vs.Value = slices.Clone(buf)
	return nil
}

// Get stores the initial value in out, a pointer.
func (vs *VariableSpec) Get(out any) error {
	if err := unmarshal(out, vs.Value); err != nil {
		return fmt.Errorf("variable %q: %w", vs.Name, err)
	}
	return nil
}

// Size is the size in bytes.
func (vs *VariableSpec) Size() uint32 { return uint32(len(vs.Value)) }

// Constant reports whether the variable is constant once it is loaded.
func (vs *VariableSpec) Constant() bool { return vs.constant }

// String is a one-line description.
func (vs *VariableSpec) String() string {
	return fmt.Sprintf("%s (section=%s, offset=%d, size=%d)", vs.Name, vs.SectionName, vs.Offset, vs.Size())
}

// Copy returns a copy.
func (vs *VariableSpec) Copy() *VariableSpec {
	if vs == nil {
		return nil
	}
	c := *vs
	c.Value = slices.Clone(vs.Value)
	return &c
}
