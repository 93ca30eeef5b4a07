package rtlib

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// testInstance loads an object with a hash map m of keys of 4 bytes and values
// of 32 whose freed values are poisoned, and a program with the entry.
func testInstance(t testing.TB, d *domain, entries uint32, entry func(*abi.Frame) uint64) *Instance {
	t.Helper()
	inst, err := newInstance(d, &ObjectSpec{
		Name: "object", ABI: abi.Version,
		Maps:     []MapSpec{{Name: "m", Type: bpf.MapHash, KeySize: 4, ValueSize: 32, MaxEntries: entries}},
		Programs: []ProgramSpec{{Name: "p", Hook: "raw", Entry: entry, Engine: "go", Maps: []int{0}, Reclaims: true}},
	}, &InstanceOptions{PoisonFreed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inst.Close() })
	return inst
}

// lookup4 is a program's lookup in map 0.
func lookup4(fr *abi.Frame, key uint32) *[4]uint64 {
	binary.LittleEndian.PutUint32(fr.Stack[:], key)
	return (*[4]uint64)(ptr(HashLookup4(fr, abi.Map(fr, 0), uint64(uintptr(unsafe.Pointer(&fr.Stack))))))
}

// holds reports whether a value is of the key, as writers make them: the key
// in the upper half of each word, and all words alike.
//
//go:norace
func holds(v *[4]uint64, key uint32) bool {
	w := v[0]
	return uint32(w>>32) == key && v[1] == w && v[2] == w && v[3] == w
}

// TestValuesStay: programs hold values while others replace and delete them;
// freed values are overwritten. Every value that a program holds stays what it
// was when the program found it, whole, to the end of the run.
func TestValuesStay(t *testing.T) {
	for _, fenced := range []bool{false, true} {
		d := newDomain(16)
		if fenced {
			d.upgrade.Do(func() {}) // never use the barrier
		}
		const keys = 8
		entry := func(fr *abi.Frame) uint64 {
			var held [keys]*[4]uint64
			for k := range held {
				held[k] = lookup4(fr, uint32(k))
			}
			for range 20 {
				for k, v := range held {
					if v != nil && !holds(v, uint32(k)) {
						return 1
					}
				}
				runtime.Gosched()
			}
			return 0
		}
		inst := testInstance(t, d, keys, entry)
		waitBarrier(d, fenced)
		// On a loaded machine the readers can be done before anything was
		// retired often enough.
		for range 20 {
			readAndChurn(t, inst, keys, fenced)
			if reusedOf(inst.Map("m")) > 0 {
				break
			}
		}
		if reusedOf(inst.Map("m")) == 0 {
			t.Errorf("fenced %v: no element was used again", fenced)
		}
	}
}

// readAndChurn runs the program thousands of times while others replace and
// delete what it reads.
func readAndChurn(t *testing.T, inst *Instance, keys uint32, fenced bool) {
	t.Helper()
	var stop atomic.Bool
	var writers, readers sync.WaitGroup
	for range 2 {
		writers.Go(func() { churn(inst.Map("m"), keys, &stop) })
	}
	for range 3 {
		readers.Go(func() {
			f, err := NewFrame(inst)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = f.Close() }()
			for range 3000 {
				if r0, err := f.RunRaw(inst.Program("p"), nil); r0 != 0 || err != nil {
					t.Errorf("fenced %v: a held value changed: %d, %v", fenced, r0, err)
					return
				}
			}
		})
	}
	readers.Wait()
	stop.Store(true)
	writers.Wait()
}

// churn replaces and deletes keys until stop.
func churn(m *Map, keys uint32, stop *atomic.Bool) {
	key, value, got := make([]byte, 4), make([]byte, 32), make([]byte, 32)
	for n := uint64(0); !stop.Load(); n++ {
		k := uint32(n) % keys
		binary.LittleEndian.PutUint32(key, k)
		for i := range 4 {
			binary.LittleEndian.PutUint64(value[8*i:], uint64(k)<<32|n&0xffffffff)
		}
		_ = m.Update(key, value, bpf.UpdateAny)
		if err := m.Lookup(key, got); err == nil && !holds((*[4]uint64)(unsafe.Pointer(&got[0])), k) {
			panic("a host read a value that is not whole")
		}
		if n%3 == 0 {
			_ = m.Delete(key)
		}
		if n%64 == 0 {
			runtime.Gosched()
		}
	}
}

// reusedOf is how often elements of the map became free.
func reusedOf(m *Map) (n uint64) {
	for i := range m.hash.stripes {
		n += m.hash.stripes[i].reused.Load()
	}
	return n
}

// waitBarrier waits until entry needs no fence, where the system allows that.
func waitBarrier(d *domain, fenced bool) {
	for range 200 {
		if fenced || !d.fenced.Load() {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// retryAfter is more than the number of updates after which a stripe of a map in
// these tests asks again for what a long run held.
const retryAfter = 512

// TestLongRun: during one run, nothing that was unlinked is used again, and
// after it everything is.
func TestLongRun(t *testing.T) {
	d := newDomain(4)
	const rounds = 5000
	inst := testInstance(t, d, 1, func(fr *abi.Frame) uint64 {
		m := mapAt(abi.Map(fr, 0))
		value := make([]byte, 32)
		_ = m.Update([]byte{1, 0, 0, 0}, value, 0)
		first := lookup4(fr, 1)
		seen := map[uint64]bool{}
		for range rounds {
			at := HashLookup4(fr, abi.Map(fr, 0), uint64(uintptr(unsafe.Pointer(&fr.Stack))))
			if seen[at] {
				return 1
			}
			seen[at] = true
			_ = m.Update([]byte{1, 0, 0, 0}, value, 0)
		}
		return first[0]
	})
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if r0, err := f.RunRaw(inst.Program("p"), nil); r0 != 0 || err != nil {
		t.Fatalf("an element was used twice in one run: %d, %v", r0, err)
	}
	m := inst.Map("m")
	value := make([]byte, 32)
	for range retryAfter {
		_ = m.Update([]byte{1, 0, 0, 0}, value, 0)
	}
	slabs := len(m.hash.stripes[0].slabs)
	for range rounds {
		_ = m.Update([]byte{1, 0, 0, 0}, value, 0)
	}
	if n := len(m.hash.stripes[0].slabs); n != slabs {
		t.Errorf("%d slabs after the run, %d before: elements are not used again", n, slabs)
	}
}

// TestCloseWaits: Close returns after the runs that can hold values, and later
// calls say that it is closed.
func TestCloseWaits(t *testing.T) {
	d := newDomain(4)
	inside, leave := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	inst := testInstance(t, d, 1, func(*abi.Frame) uint64 {
		close(inside)
		<-leave
		ended.Store(true)
		return 7
	})
	p, m := inst.Program("p"), inst.Map("m")
	result := make(chan uint64)
	go func() {
		r0, _ := RunRaw(p, nil)
		result <- r0
	}()
	<-inside
	closed := make(chan bool)
	go func() {
		_ = inst.Close()
		closed <- ended.Load()
	}()
	for !inst.closed.Load() {
		runtime.Gosched()
	}
	close(leave)
	if r0 := <-result; r0 != 7 {
		t.Errorf("the run returned %d, want 7", r0)
	}
	if !<-closed {
		t.Error("Close returned before the run ended")
	}
	_ = inst.Close()
	if _, err := RunRaw(p, nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("run after Close: %v", err)
	}
	if err := m.Delete(make([]byte, 4)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("map after Close: %v", err)
	}
	if _, err := NewFrame(inst); !errors.Is(err, os.ErrClosed) {
		t.Errorf("NewFrame after Close: %v", err)
	}
}

// TestNested: a helper runs another program with the slot and the epoch of the
// program that called it.
func TestNested(t *testing.T) {
	d := newDomain(4)
	inner := testInstance(t, d, 1, func(fr *abi.Frame) uint64 {
		if e := d.cells[fr.Slot].epoch; e == 0 {
			return 100
		}
		return fr.Slot
	})
	for _, reclaims := range []bool{true, false} {
		outer := testInstance(t, d, 1, func(fr *abi.Frame) uint64 {
			before := d.cells[fr.Slot].epoch
			f, err := Nested(fr, inner)
			if err != nil {
				return 101
			}
			defer func() { _ = f.Close() }()
			r0, err := f.RunRaw(inner.Program("p"), nil)
			if err != nil || r0 != fr.Slot || d.cells[fr.Slot].epoch != before {
				return 102
			}
			return 0
		})
		outer.programs[0].reclaims = reclaims
		f, err := NewFrame(outer)
		if err != nil {
			t.Fatal(err)
		}
		if r0, err := f.RunRaw(outer.Program("p"), nil); r0 != 0 || err != nil {
			t.Errorf("reclaims %v: got %d, %v", reclaims, r0, err)
		}
		_ = f.Close()
		if e := d.cells[f.Slot()].epoch; e != 0 {
			t.Errorf("reclaims %v: the slot stays in epoch %d", reclaims, e)
		}
	}
}

// TestSlots: Frames can lease all slots but one, which pooled calls share.
func TestSlots(t *testing.T) {
	d := newDomain(4)
	inst := testInstance(t, d, 1, func(fr *abi.Frame) uint64 {
		runtime.Gosched()
		return fr.Slot
	})
	var frames []*Frame
	slots := map[int]bool{}
	for {
		f, err := NewFrame(inst)
		if err != nil {
			if !errors.Is(err, ErrNoSlot) {
				t.Errorf("got %v, want ErrNoSlot", err)
			}
			t.Log(err)
			break
		}
		frames = append(frames, f)
		slots[f.Slot()] = true
	}
	if len(frames) != 3 || len(slots) != 3 {
		t.Errorf("%d frames with %d slots, want 3", len(frames), len(slots))
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if slot, err := RunRaw(inst.Program("p"), nil); err != nil || slots[int(slot)] {
				t.Errorf("pooled: slot %d, %v", slot, err)
			}
		}()
	}
	wg.Wait()
	_ = frames[0].Close()
	_ = frames[0].Close()
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatalf("after Close of a frame: %v", err)
	}
	_ = f.Close()
	for _, f := range frames {
		_ = f.Close()
	}
}

// TestLostFrame: a Frame that nobody closed gives its slot back.
func TestLostFrame(t *testing.T) {
	d := newDomain(3)
	inst := testInstance(t, d, 1, func(*abi.Frame) uint64 { return 0 })
	for range 2 {
		if _, err := NewFrame(inst); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		runtime.GC()
		if f, err := NewFrame(inst); err == nil {
			_ = f.Close()
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("the slots of lost frames did not come back")
}
