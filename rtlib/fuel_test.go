package rtlib

import (
	"errors"
	"strings"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// fuelInstance has the programs "spends", which holds a value and an iterator
// over bits when its budget is used up, and "ends", both for raw and for xdp. A
// first byte of 0 lets the former end in time.
func fuelInstance(t *testing.T) *Instance {
	t.Helper()
	spends := func(program uint64) func(*abi.Frame) uint64 {
		return func(fr *abi.Frame) uint64 {
			if *(*byte)(ptr(fr.Data)) == 0 {
				return 1
			}
			lookup4(fr, 1)
			it := uint64(uintptr(unsafe.Pointer(&fr.Stack))) + 64
			if r0 := IterBitsNew(fr, it, it+64, 3); r0 != 0 {
				t.Errorf("iterator: %d", int64(r0))
			}
			OutOfFuel(fr, program)
			return 0
		}
	}
	ends := func(*abi.Frame) uint64 { return 7 }
	row := func(name, hook string, entry func(*abi.Frame) uint64) ProgramSpec {
		return ProgramSpec{Name: name, Hook: hook, Entry: entry, Engine: "go", Maps: []int{0}, Reclaims: true, Fuel: 1234}
	}
	inst, err := newInstance(newDomain(4), &ObjectSpec{
		Name: "object", ABI: abi.Version,
		Maps: []MapSpec{{Name: "m", Type: bpf.MapHash, KeySize: 4, ValueSize: 32, MaxEntries: 1}},
		Programs: []ProgramSpec{
			row("spends", "raw", spends(0)), row("ends", "raw", ends),
			row("spends_xdp", "xdp", spends(2)), row("lost", "raw", spends(99)),
		},
	}, &InstanceOptions{PoisonFreed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inst.Close() })
	return inst
}

// TestOutOfFuel: every kind of run returns the error once, and the Frame is as
// good as new.
func TestOutOfFuel(t *testing.T) {
	inst := fuelInstance(t)
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	spends, ends, xdp, mem := inst.Program("spends"), inst.Program("ends"), inst.Program("spends_xdp"), []byte{1}
	bound, err := f.BindRaw(spends, spends.spec)
	if err != nil {
		t.Fatal(err)
	}
	runs := []struct {
		name string
		run  func() (uint64, error)
	}{
		{"Frame.RunRaw", func() (uint64, error) { return f.RunRaw(spends, mem) }},
		{"RunRaw", func() (uint64, error) { return RunRaw(spends, mem) }},
		{"Program.Run", func() (uint64, error) { setMemory(&f.abi, mem, 0); return spends.Run(f) }},
		{"Bound.Run", func() (uint64, error) { bound.Set(mem); return bound.Run() }},
		{"Bound.Enter", func() (uint64, error) {
			bound.Set(mem)
			if !bound.Enter() {
				return bound.Run()
			}
			r0 := spends.entry(bound.Frame)
			bound.Leave()
			return r0, bound.Ended()
		}},
		{"Frame.RunXDP", func() (uint64, error) { r0, err := f.RunXDP(xdp, &XDP{Data: mem}); return uint64(r0), err }},
		{"RunXDP", func() (uint64, error) { r0, err := RunXDP(xdp, &XDP{Data: mem}); return uint64(r0), err }},
	}
	for _, r := range runs {
		r0, err := r.run()
		if r0 != 0 || !errors.Is(err, ErrFuel) || !strings.Contains(err.Error(), `program "spends`) || !strings.Contains(err.Error(), "1234") {
			t.Errorf("%s: got %d, %v", r.name, r0, err)
		}
		if f.cell.epoch != 0 || f.abi.Running != 0 {
			t.Errorf("%s: the run is still in epoch %d, running %d", r.name, f.cell.epoch, f.abi.Running)
		}
		for _, w := range f.bits {
			if w.owner != 0 {
				t.Errorf("%s: the words of an iterator are held", r.name)
			}
		}
		if r0, err := f.RunRaw(ends, mem); r0 != 7 || err != nil {
			t.Errorf("behind %s: got %d, %v", r.name, r0, err)
		}
		if r0, err := RunRaw(ends, mem); r0 != 7 || err != nil {
			t.Errorf("behind %s, on a Frame of the pool: got %d, %v", r.name, r0, err)
		}
	}
	if bound.Ended() != nil {
		t.Error("the error of a run is there twice")
	}
	if _, err := f.RunRaw(inst.Program("lost"), mem); !errors.Is(err, ErrFuel) {
		t.Errorf("a program that is not in the instance: %v", err)
	}
}

// TestOutOfFuelBatch: a batch stops at the run that was ended.
func TestOutOfFuelBatch(t *testing.T) {
	inst := fuelInstance(t)
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	verdicts := make([]uint32, 4)
	n, err := f.RunXDPBatch(inst.Program("spends_xdp"), []XDP{{Data: []byte{0}}, {Data: []byte{0}}, {Data: []byte{1}}, {Data: []byte{0}}}, verdicts)
	if n != 2 || !errors.Is(err, ErrFuel) || verdicts[0] != 1 || verdicts[1] != 1 || verdicts[3] != 0 {
		t.Errorf("%d verdicts %v, %v", n, verdicts, err)
	}
	if f.cell.epoch != 0 {
		t.Error("the batch is still in an epoch")
	}
}

// TestOutOfFuelReclaims: values that were deleted while runs were ended are used
// again.
func TestOutOfFuelReclaims(t *testing.T) {
	inst := fuelInstance(t)
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	m, key, value := inst.Map("m"), []byte{1, 0, 0, 0}, make([]byte, 32)
	round := func() {
		if err := m.Update(key, value, 0); err != nil {
			t.Fatal(err)
		}
		if _, err := f.RunRaw(inst.Program("spends"), []byte{1}); !errors.Is(err, ErrFuel) {
			t.Fatal(err)
		}
		if err := m.Delete(key); err != nil {
			t.Fatal(err)
		}
	}
	for range retryAfter + 1000 {
		round()
	}
	slabs := len(m.hash.stripes[0].slabs)
	for range 5000 {
		round()
	}
	if n := len(m.hash.stripes[0].slabs); n != slabs || reusedOf(m) == 0 {
		t.Errorf("%d slabs, %d before, %d elements used again", n, slabs, reusedOf(m))
	}
}
