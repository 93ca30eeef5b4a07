package rtlib

import (
	"errors"
	"os"
	"strings"
	"testing"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// minLenObject has programs that need 8 bytes, in all kinds, and one that needs
// none. They return the length.
func minLenObject() *ObjectSpec {
	spec := &ObjectSpec{Name: "object", ABI: abi.Version}
	for _, p := range []ProgramSpec{{Name: "any"}, {Name: "plain", MinLen: 8}, {Name: "tails", MinLen: 8, TailCalls: true},
		{Name: "reclaims", MinLen: 8, Reclaims: true}, {Name: "both", MinLen: 8, Reclaims: true, TailCalls: true}} {
		p.Hook, p.Section, p.Engine = "raw", "raw/8", "go"
		p.Entry = func(fr *abi.Frame) uint64 { return fr.DataEnd - fr.Data }
		spec.Programs = append(spec.Programs, p)
	}
	return spec
}

// TestMinLen: every way to run a program with a least length refuses shorter
// memory, none other does.
func TestMinLen(t *testing.T) {
	inst := mustLoad(t, minLenObject(), nil)
	outer, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = outer.Close() }()
	nested, err := Nested(&outer.abi, inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nested.Close() }()
	for _, f := range []*Frame{outer, nested} {
		for i := range inst.programs {
			p := &inst.programs[i]
			for name, call := range callsOf(t, f, p) {
				for _, n := range []int{0, 7, 8, 9, 3, 100} {
					got, err := call(make([]byte, n))
					switch {
					case p.minLen == 0 || n >= 8:
						if got != uint64(n) || err != nil {
							t.Errorf("%s, %s: %d bytes: %d, %v", p.Name(), name, n, got, err)
						}
					case !errors.Is(err, os.ErrInvalid) || !strings.Contains(err.Error(), p.Name()) || !strings.Contains(err.Error(), "at least 8"):
						t.Errorf("%s, %s: %d bytes: %d, %v", p.Name(), name, n, got, err)
					}
				}
			}
		}
	}
	// A new Frame has no memory.
	if _, err := inst.Program("plain").Run(mustFrame(t, inst)); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("without memory: %v", err)
	}
	calls := callsOf(t, outer, inst.Program("both"))
	_ = inst.Close()
	for name, call := range calls {
		if _, err := call(make([]byte, 8)); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%s of a closed instance: %v", name, err)
		}
	}
}

func mustFrame(t testing.TB, inst *Instance) *Frame {
	t.Helper()
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}
