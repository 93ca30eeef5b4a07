package interptest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/test/engines"
)

const testdata = "../../../testdata"

// machine is an object in the interpreter.
type machine struct {
	m    *interp.Machine
	prog *frontend.Program
}

var _ engines.Instance = (*machine)(nil)

func load(t *testing.T, o *engines.Object) *machine {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testdata, o.File))
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(data, o.File, elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := interp.New(obj, interp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &machine{m, obj.Programs[0]}
}

func (m *machine) Run(data []byte) (uint64, error) {
	r, err := m.m.Run(m.prog, interp.Input{Data: data})
	if !m.prog.Hook.Memory {
		r.R0 = uint64(uint32(r.R0))
	}
	return r.R0, err
}

func (m *machine) Lookup(mapName string, key []byte) ([]byte, error) {
	return m.m.Map(mapName).Lookup(key)
}

func (m *machine) Update(mapName string, key, value []byte) error {
	return m.m.Map(mapName).Update(key, value, 0)
}

// TestEngines compares results, data and maps on random inputs, and on those
// of the vectors.
func TestEngines(t *testing.T) {
	const n = 250
	for _, e := range engines.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			for seed, o := range engines.Objects() {
				t.Run(o.File, func(t *testing.T) {
					t.Parallel()
					compare(t, e, &o, o.Inputs(t, testdata, uint64(seed), n), uint64(seed))
				})
			}
		})
	}
}

func compare(t *testing.T, e engines.Engine, o *engines.Object, inputs [][]byte, seed uint64) {
	t.Helper()
	got, err := e.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	want := load(t, o)
	for _, in := range []engines.Instance{got, want} {
		if err := o.Fill(seed, in); err != nil {
			t.Fatal(err)
		}
	}
	if err := engines.Compare(o, got, want, inputs); err != nil {
		t.Error(err)
	}
	if err := got.Close(); err != nil {
		t.Error(err)
	}
}
