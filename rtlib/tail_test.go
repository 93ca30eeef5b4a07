package rtlib

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// tail is what generated code makes of a tail call through map 0: the end of the
// entry when it is taken, else what the helper returned.
func tail(fr *abi.Frame, index uint64) (r0 uint64, taken bool) {
	r0 = TailCall(fr, abi.Map(fr, 0), index)
	if fr.Unwind == 0 {
		return r0, false
	}
	fr.Unwind = 0
	return fr.Result, true
}

// tails makes an entry that calls slot index and returns missed, with what the
// helper returned in the upper half, when that is refused.
func tails(index, missed uint64) func(*abi.Frame) uint64 {
	return func(fr *abi.Frame) uint64 {
		r0, taken := tail(fr, index)
		if taken {
			return r0
		}
		return r0<<32 | missed
	}
}

// tailObject has a program array jumps of four slots, a data section with the
// byte mark and programs p0, p1, …; it takes part in reclamation when own is not
// nil and says so.
func tailObject(mark byte, entries ...func(*abi.Frame) uint64) *ObjectSpec {
	spec := &ObjectSpec{
		Name: "tail", ABI: abi.Version,
		Maps: []MapSpec{
			{Name: "jumps", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
			{Name: ".data", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1, Section: true, Data: string(mark)},
		},
	}
	for i, entry := range entries {
		spec.Programs = append(spec.Programs, ProgramSpec{
			Name: "p" + string(rune('0'+i)), Hook: "raw", Engine: "go", Maps: []int{0, 1}, TailCalls: true, Entry: entry,
		})
	}
	return spec
}

// mark returns the data of the instance that runs.
func mark(fr *abi.Frame) uint64 { return *(*uint64)(ptr(abi.Values(fr, 1))) }

// key4 is the key of a slot.
func key4(index byte) []byte { return []byte{index, 0, 0, 0} }

func put(t testing.TB, m *Map, index byte, p *Program) {
	t.Helper()
	if err := m.UpdateProgram(key4(index), p, 0, nil); err != nil {
		t.Fatal(err)
	}
}

// calls are all ways to run a raw program on f; bound ones as generated code
// does it.
func callsOf(t testing.TB, f *Frame, p *Program) map[string]func(mem []byte) (uint64, error) {
	t.Helper()
	b, err := f.BindRaw(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]func(mem []byte) (uint64, error){
		"owned":  func(mem []byte) (uint64, error) { return f.RunRaw(p, mem) },
		"run":    func(mem []byte) (uint64, error) { setMemory(&f.abi, mem, 0); return p.Run(f) },
		"pooled": func(mem []byte) (uint64, error) { return RunRaw(p, mem) },
		"bound": func(mem []byte) (uint64, error) {
			b.Set(mem)
			if !p.reclaims {
				if err := b.Ready(); err != nil {
					return 0, err
				}
				return p.entry(b.Frame), nil
			}
			if b.Begin() {
				r0 := p.entry(b.Frame)
				b.Leave()
				return r0, nil
			}
			return b.Run()
		},
	}
}

// TestTailLimit: a program that calls itself runs 34 times; refusals count
// nothing; every run begins anew, also after a panic.
func TestTailLimit(t *testing.T) {
	for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		runs, fail := 0, false
		spec := tailObject(1, func(fr *abi.Frame) uint64 {
			runs++
			none := uint64(int64(bpf.RulesOf(platform).TailCallNone))
			for _, index := range []uint64{1, 4, 1 << 31} {
				if r0, taken := tail(fr, index); taken || r0 != none {
					return 1
				}
			}
			if fail && runs == 20 {
				panic("in a callee")
			}
			r0, taken := tail(fr, 1<<40) // slot 0: the index has 32 bits
			if !taken {
				return 1000 - r0
			}
			return r0
		})
		spec.Platform = platform
		inst := mustLoad(t, spec, nil)
		p := inst.Program("p0")
		put(t, inst.Map("jumps"), 0, p)
		f, err := NewFrame(inst)
		if err != nil {
			t.Fatal(err)
		}
		want := 1000 - uint64(int64(bpf.RulesOf(platform).TailCallLimit))
		for name, call := range callsOf(t, f, p) {
			for range 3 {
				runs, fail = 0, true
				if got := recovered(func() { _, _ = call(nil) }); got != "in a callee" {
					t.Fatalf("%s: recovered %v", name, got)
				}
				runs, fail = 0, false
				if got, err := call(nil); got != want || runs != 34 || err != nil {
					t.Errorf("%v, %s: %d after %d runs, %v; want %d after 34", platform, name, got, runs, err, want)
				}
			}
		}
		_ = f.Close()
	}
}

// TestTailInstance: a callee of another instance has its maps, the caller its
// own afterwards, and both the context; also after a panic in the callee, for
// programs that take no tail calls.
func TestTailInstance(t *testing.T) {
	fail := false
	callee := mustLoad(t, tailObject(9, func(fr *abi.Frame) uint64 {
		if fail {
			panic("in a callee")
		}
		return mark(fr)<<8 | (fr.DataEnd - fr.Data)
	}), nil)
	spec := tailObject(5,
		func(fr *abi.Frame) uint64 {
			r0, _ := tail(fr, 2)
			return mark(fr)<<16 | r0
		},
		func(fr *abi.Frame) uint64 { return mark(fr) })
	spec.Programs[1].TailCalls = false
	inst := mustLoad(t, spec, nil)
	put(t, inst.Map("jumps"), 2, callee.Program("p0"))
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	other := callsOf(t, f, inst.Program("p1"))
	for name, call := range callsOf(t, f, inst.Program("p0")) {
		for range 3 {
			if got, err := call([]byte("abc")); got != 5<<16|9<<8|3 || err != nil {
				t.Errorf("%s: %#x, %v; want 0x50903", name, got, err)
			}
			fail = true
			if got := recovered(func() { _, _ = call(nil) }); got != "in a callee" {
				t.Errorf("%s: recovered %v", name, got)
			}
			fail = false
			for name, call := range other {
				if got, err := call(nil); got != 5 || err != nil {
					t.Errorf("%s after a panic: data is %d, %v; want 5", name, got, err)
				}
			}
		}
	}
}

// TestTailEpoch: a callee that reclaims is in an epoch of its own or of its
// caller, which ends with the run and with a panic.
func TestTailEpoch(t *testing.T) {
	for _, caller := range []bool{false, true} {
		for _, same := range []bool{false, true} {
			d := newDomain(3)
			fail := false
			body := func(fr *abi.Frame) uint64 {
				e := d.cells[fr.Slot].epoch
				d.advance() // an epoch of the caller's stays
				if fail {
					panic("in a callee")
				}
				return e
			}
			load := func(reclaims bool, entries ...func(*abi.Frame) uint64) *Instance {
				spec := tailObject(1, entries...)
				for i := range spec.Programs {
					spec.Programs[i].Reclaims = i == 1 || reclaims
				}
				inst, err := newInstance(d, spec, &InstanceOptions{})
				if err != nil {
					t.Fatal(err)
				}
				return inst
			}
			inst := load(caller, func(fr *abi.Frame) uint64 {
				before := d.cells[fr.Slot].epoch
				r0, _ := tail(fr, 0)
				if d.cells[fr.Slot].epoch != before {
					return 0
				}
				return r0
			}, body)
			from := inst
			if !same {
				from = load(false, body, body)
			}
			put(t, inst.Map("jumps"), 0, from.Program("p1"))
			f, err := NewFrame(inst)
			if err != nil {
				t.Fatal(err)
			}
			for name, call := range callsOf(t, f, inst.Program("p0")) {
				fail = true
				_ = recovered(func() { _, _ = call(nil) })
				if n := d.set(); n != 0 && !caller {
					t.Errorf("%s: %d cells have an epoch after a panic", name, n)
				}
				fail = false
				if e, err := call(nil); e == 0 || err != nil {
					t.Errorf("caller in an epoch: %v, one instance: %v, %s: epoch %d, %v", caller, same, name, e, err)
				}
				if n := d.set(); n != 0 {
					t.Errorf("%s: %d cells have an epoch after a run", name, n)
				}
			}
			_ = f.Close()
		}
	}
}

// TestTailNestedEpoch: on a Frame that shares its slot with a run in an epoch, a
// callee that reclaims is in that epoch and leaves it as it is.
func TestTailNestedEpoch(t *testing.T) {
	d := newDomain(3)
	load := func(change func(*ObjectSpec), entries ...func(*abi.Frame) uint64) *Instance {
		spec := tailObject(1, entries...)
		change(spec)
		inst, err := newInstance(d, spec, &InstanceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = inst.Close() })
		return inst
	}
	reclaim := func(i int) func(*ObjectSpec) { return func(s *ObjectSpec) { s.Programs[i].Reclaims = true } }
	inner := load(reclaim(1), tails(0, 0), func(fr *abi.Frame) uint64 { return d.cells[fr.Slot].epoch })
	put(t, inner.Map("jumps"), 0, inner.Program("p1"))
	outer := load(reclaim(0), func(fr *abi.Frame) uint64 {
		before := d.cells[fr.Slot].epoch
		d.advance()
		f, err := Nested(fr, inner)
		if err != nil {
			return 1
		}
		defer func() { _ = f.Close() }()
		if e, err := f.RunRaw(inner.Program("p0"), nil); e != before || err != nil || before == 0 {
			return 2
		}
		if d.cells[fr.Slot].epoch != before {
			return 3
		}
		return 0
	})
	if r0, err := mustFrame(t, outer).RunRaw(outer.Program("p0"), nil); r0 != 0 || err != nil {
		t.Errorf("%d, %v", r0, err)
	}
}

// TestTailNested: a run that a callee's helper makes on a Frame of its own has a
// count, an instance and an end of its own.
func TestTailNested(t *testing.T) {
	runs := 0
	inner := mustLoad(t, tailObject(3, func(fr *abi.Frame) uint64 {
		runs++
		if r0, taken := tail(fr, 0); taken {
			return r0
		}
		return mark(fr)
	}), nil)
	put(t, inner.Map("jumps"), 0, inner.Program("p0"))
	inst := mustLoad(t, tailObject(5, tails(1, 1), func(fr *abi.Frame) uint64 {
		f, err := Nested(fr, inner)
		if err != nil {
			return 0
		}
		defer func() { _ = f.Close() }()
		before := fr.TailCalls
		r0, err := f.RunRaw(inner.Program("p0"), nil)
		if err != nil || fr.TailCalls != before || fr.Unwind != 0 {
			return 1
		}
		if last, taken := tail(fr, 1); taken { // 33 times
			return last
		}
		return mark(fr)<<8 | r0
	}), nil)
	put(t, inst.Map("jumps"), 1, inst.Program("p1"))
	f := mustFrame(t, inst)
	for name, call := range callsOf(t, f, inst.Program("p0")) {
		runs = 0
		if got, err := call(nil); got != 0x503 || runs != 33*34 || err != nil {
			t.Errorf("%s: %#x, %v after %d nested runs; want 0x503 after %d", name, got, err, runs, 33*34)
		}
	}
}

// TestTailClose: Close of the callee's instance empties its slots everywhere;
// the callee that runs keeps its memory; nothing can store it again.
func TestTailClose(t *testing.T) {
	var callee *Instance
	callee = mustLoad(t, tailObject(7, func(fr *abi.Frame) uint64 {
		if err := callee.Close(); err != nil {
			return 0
		}
		return mark(fr)
	}), nil)
	inst := mustLoad(t, tailObject(1, tails(3, 77)), nil)
	m, p := inst.Map("jumps"), callee.Program("p0")
	put(t, m, 3, p)
	if got, _, err := m.LookupProgram(key4(3)); got != p || err != nil {
		t.Errorf("slot has %v, %v", got, err)
	}
	for i, want := range []uint64{7, 77, 77} {
		if got, err := RunRaw(inst.Program("p0"), nil); got != want || err != nil {
			t.Errorf("run %d: %d, %v; want %d", i, got, err, want)
		}
	}
	if _, _, err := m.LookupProgram(key4(3)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("slot of a closed program: %v", err)
	}
	if err := m.UpdateProgram(key4(3), p, 0, nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("store of a closed program: %v", err)
	}
}

// TestTailClosing: Close between the load of the slot and the epoch of the callee.
func TestTailClosing(t *testing.T) {
	spec := tailObject(7, func(*abi.Frame) uint64 { t.Error("the callee ran"); return 0 })
	spec.Programs[0].Reclaims = true
	callee := mustLoad(t, spec, nil)
	inst := mustLoad(t, tailObject(1, tails(0, 1)), nil)
	f, p := mustFrame(t, inst), callee.Program("p0")
	_ = callee.Close()
	if r0 := tailSwitch(&f.abi, p, uint64(uintptr(unsafe.Pointer(inst.Map("jumps"))))); r0 != 0 || f.abi.Unwind != 0 || f.abi.TailCalls != 0 || f.abi.Running != 0 || f.cell.epoch != 0 {
		t.Errorf("r0 %d, unwind %d, %d tail calls, running %d, epoch %d; want none", r0, f.abi.Unwind, f.abi.TailCalls, f.abi.Running, f.cell.epoch)
	}
}

// TestTailSwap: slots change, and instances of callees are closed, while
// programs run; for the race detector, too.
func TestTailSwap(t *testing.T) {
	inst := mustLoad(t, tailObject(0, tails(0, 100)), nil)
	m, p := inst.Map("jumps"), inst.Program("p0")
	var wg sync.WaitGroup
	var stop atomic.Bool
	var seen [3]atomic.Int64
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !stop.Load() {
				got, err := RunRaw(p, make([]byte, 8))
				switch {
				case err == nil && (got == 1 || got == 2):
					seen[got].Add(1)
				case err == nil && got == 100:
					seen[0].Add(1)
				default:
					t.Errorf("got %d, %v", got, err)
					return
				}
			}
		}()
	}
	load := func(data byte, reclaims bool) *Instance {
		spec := tailObject(data, func(fr *abi.Frame) uint64 {
			key := uint64(uintptr(unsafe.Pointer(&fr.Stack)))
			MemSet(fr, key, 0, 4)
			if reclaims && HashLookup4(fr, abi.Map(fr, 2), key) == 0 {
				return 5
			}
			return mark(fr)
		})
		spec.Maps = append(spec.Maps, hashSpec(4, 8, 4))
		spec.Programs[0].Reclaims = reclaims
		callee := mustLoad(t, spec, &InstanceOptions{PoisonFreed: true})
		if err := callee.Map("m").Update(key4(0), make([]byte, 8), 0); err != nil {
			t.Error(err)
		}
		return callee
	}
	for i := 0; i < 200 || i < 20_000 && (seen[0].Load() == 0 || seen[1].Load() == 0 || seen[2].Load() == 0); i++ {
		a, b := load(1, i%2 == 0), load(2, i%2 == 0)
		put(t, m, 0, a.Program("p0"))
		put(t, m, 0, b.Program("p0"))
		if err := errors.Join(a.Close(), b.Close()); err != nil {
			t.Error(err)
		}
		if i%3 == 0 {
			_ = m.Delete(key4(0))
		}
	}
	stop.Store(true)
	wg.Wait()
	for i := range seen {
		if seen[i].Load() == 0 {
			t.Errorf("case %d did not happen", i)
		}
	}
}

func TestTailAllocatesNothing(t *testing.T) {
	inst := mustLoad(t, tailObject(0, tails(0, 1), tails(1, 2)), nil)
	other := mustLoad(t, tailObject(0, tails(0, 3)), nil)
	put(t, inst.Map("jumps"), 0, inst.Program("p1"))
	put(t, inst.Map("jumps"), 1, other.Program("p0"))
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range callsOf(t, f, inst.Program("p0")) {
		if got, err := call(nil); got != 3 || err != nil {
			t.Errorf("%s: %d, %v; want 3", name, got, err)
		}
		if n := testing.AllocsPerRun(100, func() { _, _ = call(nil) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
