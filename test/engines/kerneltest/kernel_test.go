package kerneltest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/test/engines"
)

const testdata = "../../../testdata"

// minPacket is the shortest packet that BPF_PROG_TEST_RUN takes for XDP
// (ETH_HLEN in net/bpf/test_run.c).
const minPacket = 14

// requireKernel skips the test where no program can be loaded.
func requireKernel(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		enginetest.Missing(t, "needs Linux to load programs, this is "+runtime.GOOS)
	}
	if os.Geteuid() != 0 {
		enginetest.Missing(t, "needs root to load programs")
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		enginetest.Missing(t, "needs bpf(2), which this system refuses: "+err.Error())
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}

// object is an object in the kernel.
type object struct {
	coll *ebpf.Collection
	prog *ebpf.Program
}

var _ engines.Instance = (*object)(nil)

func load(t *testing.T, o *engines.Object) *object {
	t.Helper()
	coll, err := ebpf.LoadCollection(filepath.Join(testdata, o.File))
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(coll.Close)
	return &object{coll, coll.Programs[o.Program]}
}

func (k *object) Run(data []byte) (uint64, error) {
	out := make([]byte, len(data)+256)
	opts := ebpf.RunOptions{Data: data, DataOut: out}
	r0, err := k.prog.Run(&opts)
	copy(data, opts.DataOut)
	return uint64(r0), err
}

func (k *object) Lookup(mapName string, key []byte) ([]byte, error) {
	return k.coll.Maps[mapName].LookupBytes(key)
}

func (k *object) Update(mapName string, key, value []byte) error {
	return k.coll.Maps[mapName].Put(key, value)
}

// TestEngines compares verdicts, packets and maps on random packets, and on
// those of the vectors.
func TestEngines(t *testing.T) {
	requireKernel(t)
	const n = 1000
	for _, e := range engines.Engines() {
		t.Run(e.Name, func(t *testing.T) {
			for seed, o := range engines.Objects() {
				if !o.XDP() {
					continue
				}
				t.Run(o.File, func(t *testing.T) {
					got, err := e.Load(&o)
					if err != nil {
						t.Fatal(err)
					}
					want := load(t, &o)
					for _, in := range []engines.Instance{got, want} {
						if err := o.Fill(uint64(seed), in); err != nil {
							t.Fatal(err)
						}
					}
					if err := engines.Compare(&o, got, want, packets(t, &o, uint64(seed), n)); err != nil {
						t.Error(err)
					}
					if err := got.Close(); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// packets are the inputs that the kernel takes.
func packets(t *testing.T, o *engines.Object, seed uint64, n int) [][]byte {
	t.Helper()
	var long [][]byte
	for _, p := range o.Inputs(t, testdata, seed, n) {
		if len(p) >= minPacket {
			long = append(long, p)
		}
	}
	if len(long) < n/2 {
		t.Fatalf("%d packets of %d bytes and more", len(long), minPacket)
	}
	return long
}
