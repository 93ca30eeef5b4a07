package rtlib

import (
	"fmt"
	"os"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Variable is a global variable of an Instance.
type Variable struct {
	inst *Instance
	spec *VarSpec
	addr unsafe.Pointer
}

// Variable returns a variable by its name in C, nil when there is none.
func (inst *Instance) Variable(name string) *Variable {
	for i := range inst.spec.Vars {
		spec := &inst.spec.Vars[i]
		if spec.Name != name {
			continue
		}
		if uint(spec.Map) >= uint(len(inst.maps)) {
			return nil
		}
		m := inst.maps[spec.Map]
		if spec.Off < 0 || spec.Size <= 0 || uint64(spec.Off)+uint64(spec.Size) > uint64(m.valueSize) || m.spec.Type != bpf.MapArray {
			return nil
		}
		return &Variable{inst: inst, spec: spec, addr: unsafe.Add(m.values, spec.Off)}
	}
	return nil
}

// Name is the variable's name in C.
func (v *Variable) Name() string { return v.spec.Name }

// Size is the variable's size in bytes.
func (v *Variable) Size() int { return v.spec.Size }

// Const reports whether the variable is read-only. It can be set only by
// InstanceOptions.Variables.
func (v *Variable) Const() bool { return v.spec.Const }

// Get copies the variable's bytes to value, which has its size. Words are not
// torn when the variable is aligned; longer variables can be.
//
// Errors wrap os.ErrInvalid for a wrong length and os.ErrClosed.
func (v *Variable) Get(value []byte) error {
	if err := v.check("get", value); err != nil {
		return err
	}
	copyPart(unsafe.Pointer(&value[0]), v.addr, uintptr(len(value)))
	return nil
}

// Set stores the variable's bytes. Running programs can see part of them.
//
// Errors wrap os.ErrInvalid for a wrong length, os.ErrPermission for
// constants, which programs rely on or can rely on, and os.ErrClosed.
func (v *Variable) Set(value []byte) error {
	if err := v.check("set", value); err != nil {
		return err
	}
	if err := v.relied(); err != nil {
		return err
	}
	if v.spec.Const {
		return fmt.Errorf("variable %q: set: it is constant; set it in InstanceOptions.Variables: %w", v.spec.Name, os.ErrPermission)
	}
	copyPart(v.addr, unsafe.Pointer(&value[0]), uintptr(len(value)))
	return nil
}

// relied is the error of setting a variable whose value is in the code.
func (v *Variable) relied() error {
	if v.spec.ReliedBy == "" {
		return nil
	}
	return fmt.Errorf("variable %q: set: the code of program %q was made for its value; generate the object with another one: %w",
		v.spec.Name, v.spec.ReliedBy, os.ErrPermission)
}

// check checks that the variable can be used and the length of value.
func (v *Variable) check(op string, value []byte) error {
	switch {
	case v == nil:
		return fmt.Errorf("%s: the variable is nil; does the object have it: %w", op, os.ErrInvalid)
	case v.inst.closed.Load():
		return v.inst.errClosed()
	case len(value) != v.spec.Size:
		return fmt.Errorf("variable %q: %s: %d bytes, want %d: %w", v.spec.Name, op, len(value), v.spec.Size, os.ErrInvalid)
	}
	return nil
}

// setVariables stores initial bytes, before any program can run.
func (inst *Instance) setVariables(values map[string][]byte) error {
	for _, name := range sortedKeys(values) {
		v := inst.Variable(name)
		if v == nil {
			return fmt.Errorf("variable %q: the object has no such variable: %w", name, os.ErrNotExist)
		}
		if err := v.check("set", values[name]); err != nil {
			return err
		}
		if err := v.relied(); err != nil {
			return err
		}
		copyPart(v.addr, unsafe.Pointer(&values[name][0]), uintptr(len(values[name])))
	}
	return nil
}

// sortedKeys returns the keys of a map in order, so that the first error is
// always the same. There are few; slices.Sort would add 20 kB to each binary.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		i := len(keys)
		keys = append(keys, k)
		for ; i > 0 && keys[i-1] > k; i-- {
			keys[i] = keys[i-1]
		}
		keys[i] = k
	}
	return keys
}
