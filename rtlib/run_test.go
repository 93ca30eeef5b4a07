//go:build amd64 || arm64

package rtlib_test

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/rtlib/internal/calls"
)

// object has a hash map with keys of keySize bytes and a program for each
// entry, all with the hook raw.
func object(t testing.TB, mapType bpf.MapType, keySize uint32, opts *rtlib.InstanceOptions) *rtlib.Instance {
	t.Helper()
	spec := &rtlib.ObjectSpec{
		Name: "object", ABI: abi.Version,
		Maps: []rtlib.MapSpec{{Name: "m", Type: mapType, KeySize: keySize, ValueSize: 8, MaxEntries: 1000}},
	}
	for _, p := range []struct {
		name  string
		hook  string
		entry func(*abi.Frame) uint64
	}{
		{"trivial", "raw", calls.Trivial},
		{"slot", "raw", calls.Slot},
		{"lookup", "raw", calls.Lookup},
		{"hash_lookup", "raw", calls.HashLookup},
		{"hash_lookup_4", "raw", calls.HashLookup4},
		{"hash_lookup_8", "raw", calls.HashLookup8},
		{"hash_lookup_16", "raw", calls.HashLookup16},
		{"count_4", "raw", calls.Count4},
		{"count_16", "raw", calls.Count16},
		{"update", "raw", calls.Update},
		{"delete", "raw", calls.Delete},
		{"loop", "raw", calls.Loop},
		{"xdp", "xdp", calls.Trivial},
		{"xdp_reclaims", "xdp", calls.Trivial},
	} {
		spec.Programs = append(spec.Programs, rtlib.ProgramSpec{
			Name: p.name, Hook: p.hook, Entry: p.entry, Engine: "native", Maps: []int{0}, Reclaims: mapType == bpf.MapHash && p.name != "trivial" && p.name != "xdp",
		})
	}
	inst, err := rtlib.NewInstance(spec, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inst.Close() })
	return inst
}

// newFrame makes a Frame that is closed at the end of the test.
func newFrame(t testing.TB, inst *rtlib.Instance) *rtlib.Frame {
	t.Helper()
	f, err := rtlib.NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// mustRun runs a program with the hook raw.
func mustRun(t testing.TB, f *rtlib.Frame, p *rtlib.Program, mem []byte) uint64 {
	t.Helper()
	r0, err := f.RunRaw(p, mem)
	if err != nil {
		t.Fatalf("%s: %v", p.Name(), err)
	}
	return r0
}

// TestHelpersFromMachineCode calls each map helper by its assembly name.
func TestHelpersFromMachineCode(t *testing.T) {
	for _, c := range []struct {
		name    string
		typ     bpf.MapType
		keySize uint32
		lookups []string
	}{
		{"hash 4", bpf.MapHash, 4, []string{"lookup", "hash_lookup", "hash_lookup_4"}},
		{"hash 8", bpf.MapHash, 8, []string{"lookup", "hash_lookup", "hash_lookup_8"}},
		{"hash 12", bpf.MapHash, 12, []string{"lookup", "hash_lookup"}},
		{"hash 16", bpf.MapHash, 16, []string{"lookup", "hash_lookup", "hash_lookup_16"}},
		{"array", bpf.MapArray, 4, []string{"lookup"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inst := object(t, c.typ, c.keySize, nil)
			f := newFrame(t, inst)
			mem := make([]byte, 24)
			mem[0], mem[1] = 7, 2
			binary.LittleEndian.PutUint64(mem[16:], 0x1122334455667788)
			if c.typ == bpf.MapHash {
				for _, name := range c.lookups {
					if got := mustRun(t, f, inst.Program(name), mem); got != 0 {
						t.Errorf("%s of a missing key: got %#x, want 0", name, got)
					}
				}
			}
			if got := mustRun(t, f, inst.Program("update"), mem); got != 0 {
				t.Fatalf("update: got %d, want 0", int64(got))
			}
			for _, name := range c.lookups {
				addr := mustRun(t, f, inst.Program(name), mem)
				if addr == 0 || addr%8 != 0 {
					t.Fatalf("%s: got address %#x, want a multiple of 8", name, addr)
				}
				if got := *(*uint64)(at(addr)); got != 0x1122334455667788 {
					t.Errorf("%s: value %#x, want 0x1122334455667788", name, got)
				}
			}
			want := int64(0)
			if c.typ == bpf.MapArray {
				want = -22
			}
			if got := int64(mustRun(t, f, inst.Program("delete"), mem)); got != want {
				t.Errorf("delete: got %d, want %d", got, want)
			}
			if c.typ == bpf.MapHash {
				if got := int64(mustRun(t, f, inst.Program("delete"), mem)); got != -2 {
					t.Errorf("delete of a missing key: got %d, want -2", got)
				}
			}
			runtime.KeepAlive(inst)
		})
	}
}

// at is the memory at an address that a program returned.
//
//go:nocheckptr
func at(addr uint64) unsafe.Pointer { return unsafe.Add(nil, uintptr(addr)) }

func TestRun(t *testing.T) {
	inst := object(t, bpf.MapArray, 4, nil)
	f := newFrame(t, inst)
	if got := mustRun(t, f, inst.Program("trivial"), nil); got != 2 {
		t.Errorf("trivial: got %d, want 2", got)
	}
	if got := mustRun(t, f, inst.Program("slot"), nil); got != uint64(f.Slot()) {
		t.Errorf("slot: got %d, want %d", got, f.Slot())
	}
	if got, err := inst.Program("trivial").Run(f); got != 2 || err != nil {
		t.Errorf("Run: got %d, %v, want 2", got, err)
	}
	if got, err := rtlib.RunRaw(inst.Program("trivial"), nil); got != 2 || err != nil {
		t.Errorf("pooled: got %d, %v, want 2", got, err)
	}
	if got, err := rtlib.RunXDP(inst.Program("xdp"), &rtlib.XDP{}); got != 2 || err != nil {
		t.Errorf("pooled XDP: got %d, %v, want 2", got, err)
	}
	for _, c := range []struct {
		name string
		call func() error
		want error
	}{
		{"hook", func() error { _, err := f.RunXDP(inst.Program("trivial"), &rtlib.XDP{}); return err }, os.ErrInvalid},
		{"nil program", func() error { _, err := f.RunRaw(inst.Program("none"), nil); return err }, os.ErrInvalid},
		{"nil pooled", func() error { _, err := rtlib.RunRaw(nil, nil); return err }, os.ErrInvalid},
		{"nil frame", func() error { _, err := (*rtlib.Frame)(nil).RunRaw(inst.Program("trivial"), nil); return err }, os.ErrInvalid},
		{"other instance", func() error {
			_, err := f.RunRaw(object(t, bpf.MapArray, 4, nil).Program("trivial"), nil)
			return err
		}, os.ErrInvalid},
		{"metadata", func() error {
			_, err := f.RunXDP(inst.Program("xdp"), &rtlib.XDP{Data: make([]byte, 3), MetaLen: 4})
			return err
		}, os.ErrInvalid},
		{"closed frame", func() error {
			g := newFrame(t, inst)
			_ = g.Close()
			_, err := g.RunRaw(inst.Program("trivial"), nil)
			return err
		}, os.ErrClosed},
		{"closed instance", func() error {
			other := object(t, bpf.MapArray, 4, nil)
			p := other.Program("trivial")
			_ = other.Close()
			_, err := rtlib.RunRaw(p, nil)
			return err
		}, os.ErrClosed},
	} {
		if err := c.call(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		} else {
			t.Log(err)
		}
	}
}

// TestPreempt: a loop that calls Preempt lets the garbage collector stop it,
// and leaves when it should.
func TestPreempt(t *testing.T) {
	inst := object(t, bpf.MapArray, 4, nil)
	mem := make([]byte, 8)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = rtlib.RunRaw(inst.Program("loop"), mem)
	}()
	start := time.Now()
	runtime.GC()
	runtime.GC()
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("two collections beside the loop took %v", d)
	}
	stop(mem)
	<-done
}

// stop stores 1 to the byte that the loop reads.
//
//go:norace
func stop(mem []byte) { mem[0] = 1 }

func TestRunAllocatesNothing(t *testing.T) {
	inst := object(t, bpf.MapHash, 4, nil)
	f := newFrame(t, inst)
	mem := make([]byte, 64)
	p, x := inst.Program("hash_lookup_4"), inst.Program("xdp")
	b, err := f.BindRaw(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(){
		"RunRaw": func() { _, _ = f.RunRaw(p, mem) },
		"RunXDP": func() { _, _ = f.RunXDP(x, &rtlib.XDP{Data: mem, IngressIfindex: 1}) },
		"bound":  func() { b.Set(mem); _, _ = b.Run() },
		"pooled": func() { _, _ = rtlib.RunRaw(p, mem) },
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations a run, want 0", name, n)
		}
	}
}
