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

// newTestRing makes a ring buffer, its reader and a Frame.
func newTestRing(t testing.TB, platform bpf.Platform, size uint32) (*Map, *RingReader, *Frame) {
	t.Helper()
	m, err := NewMapFor(platform, MapSpec{Name: "events", Type: bpf.MapRingbuf, MaxEntries: size})
	if err != nil {
		t.Fatal(err)
	}
	rd, err := NewRingReader(m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close(); m.Close() })
	return m, rd, testFrame(t)
}

// testFrame makes a Frame that belongs to no instance.
func testFrame(t testing.TB) *Frame {
	t.Helper()
	d := process()
	slot, err := d.lease()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.giveBack(slot) })
	return d.frame(slot)
}

// addrOf is an address as programs pass it.
func addrOf[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

// output runs ringbuf_output; data is on the heap.
func output(f *Frame, m *Map, data []byte, flags uint64) int64 {
	f.abi.Buf.P = unsafe.Pointer(unsafe.SliceData(data))
	return int64(RingbufOutput(&f.abi, addrOf(m), uint64(uintptr(f.abi.Buf.P)), uint64(len(data)), flags))
}

func TestRingCreate(t *testing.T) {
	for _, c := range []struct {
		platform bpf.Platform
		size     uint32
		want     bpf.Errno
	}{
		{bpf.Linux, 4096, 0}, {bpf.Linux, 1 << 20, 0}, {bpf.Linux, 0, bpf.EINVAL}, {bpf.Linux, 5000, bpf.EINVAL},
		{bpf.Linux, 2048, bpf.EINVAL}, {bpf.Linux, 3 * 4096, bpf.EINVAL}, {bpf.Windows, 2048, bpf.ENOMEM}, {bpf.Windows, 5000, bpf.EINVAL},
	} {
		for _, typ := range []bpf.MapType{bpf.MapRingbuf, bpf.MapUserRingbuf} {
			_, err := NewMapFor(c.platform, MapSpec{Name: "r", Type: typ, MaxEntries: c.size})
			if got := errnoOf(err); got != c.want {
				t.Errorf("%v type %d, %d bytes: %v, want errno %v", c.platform, typ, c.size, err, c.want)
			}
		}
	}
}

func TestRingOutput(t *testing.T) {
	const full = 4096 - 8 - 8 // one record never takes the whole ring
	for _, c := range []struct {
		platform bpf.Platform
		n        int
		flags    uint64
		want     int64
	}{
		{bpf.Linux, 0, 0, 0}, {bpf.Linux, 1, 0, 0}, {bpf.Linux, full, 0, 0}, {bpf.Linux, full + 1, 0, -11},
		{bpf.Linux, 4096, 0, -11}, {bpf.Linux, 8, 3, 0}, {bpf.Linux, 8, 4, -22},
		{bpf.Windows, 0, 0, -6}, {bpf.Windows, 1, 0, 0}, {bpf.Windows, full + 1, 0, -12}, {bpf.Windows, 4096, 0, -12},
		{bpf.Windows, 4097, 0, -6}, {bpf.Windows, 8, 4, 0},
	} {
		m, rd, f := newTestRing(t, c.platform, 4096)
		data := make([]byte, c.n, c.n+1)
		for i := range data {
			data[i] = byte(i)
		}
		if got := output(f, m, data, c.flags); got != c.want {
			t.Errorf("%v: output of %d bytes with flags %d: %d, want %d", c.platform, c.n, c.flags, got, c.want)
		}
		if c.want != 0 {
			continue
		}
		got, left, err := rd.ReadInto(nil)
		if err != nil || left != 0 || string(got) != string(data) {
			t.Errorf("%v: read of %d bytes: %d bytes, %d remain, %v", c.platform, c.n, len(got), left, err)
		}
	}
}

func TestRingReserve(t *testing.T) {
	m, rd, f := newTestRing(t, bpf.Linux, 4096)
	a := RingbufReserve(&f.abi, addrOf(m), 8, 0)
	b := RingbufReserve(&f.abi, addrOf(m), 16, 0)
	c := RingbufReserve(&f.abi, addrOf(m), 3, 0)
	if a == 0 || b == 0 || c == 0 || len(f.held) != 3 {
		t.Fatalf("reserve: %#x %#x %#x, %d held", a, b, c, len(f.held))
	}
	if got := RingbufReserve(&f.abi, addrOf(m), 8, 1); got != 0 {
		t.Errorf("reserve with flags: %#x, want 0", got)
	}
	*(*uint64)(ptr(a)), *(*byte)(ptr(c)) = 1, 3
	RingbufSubmit(&f.abi, c, 0)
	rd.SetDeadline(time.Unix(1, 0))
	if _, _, err := rd.ReadInto(nil); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read behind a busy record: %v", err)
	}
	RingbufDiscard(&f.abi, b, 0)
	RingbufSubmit(&f.abi, a, 0)
	for i, want := range []byte{1, 3} {
		got, left, err := rd.ReadInto(nil)
		if err != nil || got[0] != want {
			t.Errorf("record %d: %v %v, want %d", i, got, err, want)
		}
		if want := []int{24 + 16, 0}[i]; left != want {
			t.Errorf("record %d: %d bytes remain, want %d", i, left, want)
		}
	}
	if len(f.held) != 0 {
		t.Errorf("%d records are held after all were submitted", len(f.held))
	}
}

func TestRingQuery(t *testing.T) {
	m, rd, f := newTestRing(t, bpf.Linux, 4096)
	output(f, m, make([]byte, 9), 0)
	output(f, m, make([]byte, 1), 0)
	if _, _, err := rd.ReadInto(nil); err != nil {
		t.Fatal(err)
	}
	for flags, want := range []uint64{16, 4096, 24, 40, 0, 0} {
		if got := RingbufQuery(&f.abi, addrOf(m), uint64(flags)); got != want {
			t.Errorf("query %d: %d, want %d", flags, got, want)
		}
	}
	if rd.Available() != 16 || rd.Size() != 4096 {
		t.Errorf("reader: %d available of %d, want 16 of 4096", rd.Available(), rd.Size())
	}
}

// TestRingAbandon: what a run holds when it does not come to its end is
// discarded, and what follows can be read.
func TestRingAbandon(t *testing.T) {
	m, rd, f := newTestRing(t, bpf.Linux, 4096)
	RingbufReserve(&f.abi, addrOf(m), 8, 0)
	RingbufReserve(&f.abi, addrOf(m), 8, 0)
	output(f, m, []byte{7}, 0)
	f.abandon()
	if got, _, err := rd.ReadInto(nil); err != nil || len(got) != 1 || got[0] != 7 {
		t.Errorf("record after two that were abandoned: %v %v", got, err)
	}
}

// flood outputs n numbered records, or reserves and submits them, and returns how
// many found no room.
func flood(f *Frame, m *Map, producer, n int) (dropped int) {
	data := make([]byte, 16+producer)
	binary.LittleEndian.PutUint64(data, uint64(producer))
	for i := range n {
		binary.LittleEndian.PutUint64(data[8:], uint64(i))
		if i%3 == 0 {
			if output(f, m, data, 0) != 0 {
				dropped++
			}
			continue
		}
		r := RingbufReserve(&f.abi, addrOf(m), uint64(len(data)), 0)
		if r == 0 {
			dropped++
			continue
		}
		if i%3 == 1 {
			runtime.Gosched()
		}
		copy(unsafe.Slice((*byte)(ptr(r)), len(data)), data)
		RingbufSubmit(&f.abi, r, 0)
	}
	return dropped
}

// TestRingFlood: producers that do not wait and a slow reader. What was
// produced is received or was refused; of each producer, what comes is in
// order.
func TestRingFlood(t *testing.T) {
	const producers = 4
	each := 250_000
	if testing.Short() {
		each = 25_000
	}
	m, rd, _ := newTestRing(t, bpf.Linux, 1<<14)
	var dropped [producers]int
	var wg sync.WaitGroup
	for p := range producers {
		f := testFrame(t)
		wg.Add(1)
		go func() {
			defer wg.Done()
			dropped[p] = flood(f, m, p, each)
		}()
	}
	go func() {
		wg.Wait()
		_ = rd.Flush()
	}()
	var received [producers]int
	last := [producers]int{-1, -1, -1, -1}
	for n := 0; ; n++ {
		err := rd.Read(func(b []byte, _ int) error {
			p, i := int(b[0]), int(binary.LittleEndian.Uint64(b[8:]))
			if len(b) != 16+p || i <= last[p] {
				t.Errorf("producer %d: %d bytes, number %d after %d", p, len(b), i, last[p])
			}
			last[p] = i
			received[p]++
			return nil
		})
		if errors.Is(err, ErrFlushed) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if n%64 == 0 {
			runtime.Gosched()
		}
	}
	for p := range producers {
		if received[p]+dropped[p] != each || received[p] == 0 {
			t.Errorf("producer %d: received %d + dropped %d, want %d", p, received[p], dropped[p], each)
		}
	}
	t.Logf("received %v, dropped %v", received, dropped)
}

// TestRingWake: which commits wake a reader that waits.
func TestRingWake(t *testing.T) {
	for _, c := range []struct {
		name  string
		flags []uint64 // of the records
		woken bool
	}{
		{"record", []uint64{0}, true},
		{"not to", []uint64{ringNoWakeup}, false},
		{"not to, and behind", []uint64{ringNoWakeup, 0}, false},
		{"forced behind", []uint64{ringNoWakeup, ringForceWakeup}, true},
		{"both", []uint64{ringNoWakeup | ringForceWakeup}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, rd, f := newTestRing(t, bpf.Linux, 4096)
			r := m.ops.(*ring)
			done := make(chan error)
			go func() {
				_, _, err := rd.ReadInto(nil)
				done <- err
			}()
			for atomic.LoadUint32(&r.waiting) == 0 {
				runtime.Gosched()
			}
			runtime.Gosched() // behind its second look, most of the time
			for i, flags := range c.flags {
				r.waiting = 1 // as if the second look had come before
				output(f, m, []byte{1}, flags)
				if woken := atomic.LoadUint32(&r.waiting) == 0; i == len(c.flags)-1 && woken != c.woken {
					t.Errorf("woken: %v, want %v", woken, c.woken)
				}
			}
			_ = rd.Flush()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestUserRingBusy: one program drains a ring at a time, until it ends, also by
// a panic.
func TestUserRingBusy(t *testing.T) {
	m, err := NewMap(MapSpec{Name: "commands", Type: bpf.MapUserRingbuf, MaxEntries: 4096})
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewRingWriter(m)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for range 2 {
		s, err := w.Reserve(8)
		if err := errors.Join(err, w.Submit(s)); err != nil {
			t.Fatal(err)
		}
	}
	a, b := testFrame(t), testFrame(t)
	next := func(f *Frame, flags, ret uint64) (uint64, int64) {
		state := &f.abi.Each[0]
		d := UserRingbufNext(&f.abi, addrOf(m), addrOf(state), flags, ret)
		return d, int64(state.Key)
	}
	if d, _ := next(a, 0, 0); d == 0 {
		t.Fatal("no sample")
	}
	if d, r0 := next(b, 0, 0); d != 0 || r0 != -16 {
		t.Errorf("second drain: %#x, result %d, want -16", d, r0)
	}
	a.abandon()
	if d, _ := next(b, 0, 0); d == 0 {
		t.Error("no sample after a drain that was abandoned")
	}
	if d, r0 := next(b, 0, 1); d != 0 || r0 != 1 {
		t.Errorf("drain that the callback ends: %#x, result %d, want 1", d, r0)
	}
	b.abi.Each[0].Pos = 0
	if d, r0 := next(b, 4, 0); d != 0 || r0 != -22 {
		t.Errorf("drain with flags: %#x, result %d, want -22", d, r0)
	}
	if d, _ := next(b, 0, 0); d == 0 {
		t.Error("no second sample")
	}
	if d, r0 := next(b, 0, 0); d != 0 || r0 != 1 || len(b.held) != 0 {
		t.Errorf("end: %#x, result %d, %d held, want 1 and none", d, r0, len(b.held))
	}
}

// TestHeldPanic: what a program holds that panics is given back when the panic
// leaves it, also when a tail call leads to the program.
func TestHeldPanic(t *testing.T) {
	const jumps, events = 0, 2
	panics := func(fr *abi.Frame) uint64 {
		RingbufReserve(fr, abi.Map(fr, events), 8, 0)
		panic("a helper fails")
	}
	spec := tailObject(0, tails(1, 0), panics)
	spec.Maps = append(spec.Maps, MapSpec{Name: "events", Type: bpf.MapRingbuf, MaxEntries: 4096})
	spec.Maps[jumps].Slots = []SlotSpec{{Index: 1, Program: 1}}
	spec.Programs[1].Maps, spec.Programs[1].Holds = []int{jumps, 1, events}, true
	inst, err := NewInstance(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer inst.Close()
	rd, err := NewRingReader(inst.Map("events"))
	if err != nil {
		t.Fatal(err)
	}
	defer rd.Close()
	rd.SetDeadline(time.Unix(1, 0))
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for name, run := range map[string]func(){
		"run":       func() { _, _ = f.RunRaw(inst.Program("p1"), nil) },
		"tail call": func() { _, _ = f.RunRaw(inst.Program("p0"), nil) },
		"pool":      func() { _, _ = RunRaw(inst.Program("p1"), nil) },
		"bound": func() {
			b, err := f.BindRaw(inst.Program("p1"), nil)
			if err != nil {
				t.Error(err)
			}
			_, _ = b.Run()
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: the panic was lost", name)
				}
			}()
			run()
		}()
		output(f, inst.Map("events"), []byte(name), 0)
		if got, _, err := rd.ReadInto(nil); err != nil || string(got) != name {
			t.Errorf("%s: read behind a record of a run that panicked: %q, %v", name, got, err)
		}
	}
}
