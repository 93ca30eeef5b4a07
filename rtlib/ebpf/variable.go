package ebpf

import (
	"errors"
	"fmt"
	"os"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// Variable is a global variable of a loaded collection. It becomes unusable
// when the last program and map of the collection are closed.
type Variable struct{ rt *rtlib.Variable }

// Runtime returns the variable that rtlib works with.
func (v *Variable) Runtime() *rtlib.Variable { return v.rt }

// Size is the size in bytes.
func (v *Variable) Size() uint32 { return uint32(v.rt.Size()) }

// ReadOnly reports whether the variable is constant.
func (v *Variable) ReadOnly() bool { return v.rt.Const() }

// String is the variable's name and size.
func (v *Variable) String() string { return fmt.Sprintf("%s (size=%d)", v.rt.Name(), v.rt.Size()) }

// Set stores a value. Running programs can see part of a value longer than 8
// bytes. The error wraps ErrReadOnly for constants.
func (v *Variable) Set(in any) error {
	buf, err := marshal(in, v.rt.Size(), nil)
	if err != nil {
		return fmt.Errorf("variable %q: %w", v.rt.Name(), err)
	}
	err = v.rt.Set(buf)
	if errors.Is(err, os.ErrPermission) {
		return &sentinelError{ErrReadOnly, err}
	}
	return err
}

// Get stores the value in what out points at.
func (v *Variable) Get(out any) error {
	buf := make([]byte, v.rt.Size())
	if err := v.rt.Get(buf); err != nil {
		return err
	}
	if err := unmarshal(out, buf); err != nil {
		return fmt.Errorf("variable %q: %w", v.rt.Name(), err)
	}
	return nil
}
