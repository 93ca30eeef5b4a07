package inside

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// TestNilFault: a load from address 0 in machine code, which only a broken
// Frame can cause, is the same panic as in Go, and nothing is lost.
func TestNilFault(t *testing.T) {
	inst := load(t, nil)
	speak, mem := inst.Program("speak"), memory(17)
	f, want := newFrame(t, inst), speakResult(mem)
	for range 3 {
		slots := f.ABI().Slots.P
		f.ABI().Slots.P = nil
		_ = requireFault(t, "nil pointer", func() { _, _ = f.RunRaw(speak, mem) })
		f.ABI().Slots.P = slots
		mustRun(t, f, speak, mem, want)
	}
	reuse(t, inst)
}

// requireFault checks that f panics with a runtime.Error with a text in it.
func requireFault(t *testing.T, text string, f func()) error {
	t.Helper()
	value := recovered(f)
	var fault runtime.Error
	if err, ok := value.(error); !ok || !errors.As(err, &fault) || !strings.Contains(err.Error(), text) {
		t.Errorf("recovered %v, want a runtime.Error with %q", value, text)
	}
	return fault
}

// TestNil: what is nil is refused by name, and is no fault.
func TestNil(t *testing.T) {
	inst := load(t, nil)
	f, speak := newFrame(t, inst), inst.Program("speak")
	for name, run := range map[string]func() error{
		"frame":           func() error { _, err := (*rtlib.Frame)(nil).RunRaw(speak, nil); return err },
		"program":         func() error { _, err := f.RunRaw(nil, nil); return err },
		"program, pooled": func() error { _, err := rtlib.RunRaw(nil, nil); return err },
		"program, run":    func() error { _, err := inst.Program("none").Run(f); return err },
	} {
		if err := run(); err == nil || !strings.Contains(err.Error(), "nil") {
			t.Errorf("%s: %v, want an error that says so", name, err)
		}
	}
	// No memory is legal: the program sees a length of 0.
	mustRun(t, f, speak, nil, 0)
}
