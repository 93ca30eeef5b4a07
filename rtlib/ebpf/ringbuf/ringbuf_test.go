package ringbuf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// The programs of the tests: what a compiler would make of
//
//	emit:  first byte: flags; output of the rest
//	hold:  reserve, then call a helper that panics
//	drain: drain of a user ring; the sum of the first bytes of the samples is r0

const (
	mapEvents = iota
	mapCommands
)

// fixture has a ring, a user ring and a Frame.
type fixture struct {
	events, commands  *ebpf.Map
	emit, hold, drain *rtlib.Program
	frame             *rtlib.Frame
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	spec, err := ebpf.NewCollectionSpec(&rtlib.ObjectSpec{
		Name: "ring.o", ABI: abi.Version,
		Maps: []rtlib.MapSpec{
			mapEvents:   {Name: "events", Type: bpf.MapRingbuf, MaxEntries: 4096},
			mapCommands: {Name: "commands", Type: bpf.MapUserRingbuf, MaxEntries: 4096},
		},
		Programs: []rtlib.ProgramSpec{
			{Name: "emit", Section: "raw", Hook: "raw", Engine: "go", Entry: emit, Maps: []int{mapEvents}},
			{Name: "hold", Section: "raw", Hook: "raw", Engine: "go", Entry: hold, Maps: []int{mapEvents}, Holds: true},
			{Name: "drain", Section: "raw", Hook: "raw", Engine: "go", Entry: drain, Maps: []int{mapCommands}, Holds: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(coll.Close)
	f := &fixture{events: coll.Maps["events"], commands: coll.Maps["commands"]}
	f.emit, f.hold, f.drain = coll.Programs["emit"].Runtime(), coll.Programs["hold"].Runtime(), coll.Programs["drain"].Runtime()
	if f.frame, err = coll.Programs["emit"].NewFrame(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.frame.Close() })
	return f
}

func emit(fr *abi.Frame) uint64 {
	return rtlib.RingbufOutput(fr, abi.Map(fr, mapEvents), fr.Data+1, fr.DataEnd-fr.Data-1, abi.Load8(fr.Data))
}

func hold(fr *abi.Frame) uint64 {
	rtlib.RingbufReserve(fr, abi.Map(fr, mapEvents), 8, 0)
	panic("a helper fails")
}

func drain(fr *abi.Frame) uint64 {
	state := abi.Addr(fr) + abi.OffEach
	abi.Store64(state, 0)
	var sum, ret uint64
	for {
		d := rtlib.UserRingbufNext(fr, abi.Map(fr, mapCommands), state, 0, ret)
		if d == 0 {
			break
		}
		sum += abi.Load8(abi.Load64(d))
		ret = abi.Bool(sum > 100)
	}
	return sum<<32 | abi.Load64(state+abi.EachKey)
}

// run runs a program.
func (f *fixture) run(t testing.TB, p *rtlib.Program, mem []byte) int64 {
	t.Helper()
	r0, err := f.frame.RunRaw(p, mem)
	if err != nil {
		t.Fatal(err)
	}
	return int64(r0)
}

// send outputs a record.
func (f *fixture) send(t testing.TB, record string, flags byte) {
	t.Helper()
	if r0 := f.run(t, f.emit, append([]byte{flags}, record...)); r0 != 0 {
		t.Fatalf("output of %q: %d", record, r0)
	}
}

func newReader(t testing.TB, f *fixture) *Reader {
	t.Helper()
	rd, err := NewReader(f.events)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close() })
	return rd
}

func TestNewReader(t *testing.T) {
	f := newFixture(t)
	newReader(t, f)
	if _, err := NewReader(f.events); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("second reader: %v", err)
	}
	if _, err := NewReader(f.commands); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("reader of a user ring: %v", err)
	}
	if _, err := NewReader(nil); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("reader of nil: %v", err)
	}
	if _, err := NewWriter(f.events); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("writer of a ring: %v", err)
	}
}

// TestClosedHandle: programs hold the rings, and the handles are closed.
func TestClosedHandle(t *testing.T) {
	f := newFixture(t)
	if err := errors.Join(f.events.Close(), f.commands.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := NewReader(f.events); !errors.Is(err, os.ErrClosed) {
		t.Errorf("reader: %v", err)
	}
	if _, err := NewWriter(f.commands); !errors.Is(err, os.ErrClosed) {
		t.Errorf("writer: %v", err)
	}
}

func TestRead(t *testing.T) {
	f := newFixture(t)
	rd := newReader(t, f)
	f.send(t, "one", 0)
	f.send(t, "two and more", 0)
	if n := rd.AvailableBytes(); n != 16+24 || rd.BufferSize() != 4096 {
		t.Errorf("%d bytes available of %d, want 40 of 4096", n, rd.BufferSize())
	}
	if rec, err := rd.Read(); err != nil || string(rec.RawSample) != "one" || rec.Remaining != 24 {
		t.Errorf("read: %+v %v", rec, err)
	}
	if err := rd.ReadLease(func(rec Record) error {
		if string(rec.RawSample) != "two and more" || rec.Remaining != 0 || rd.AvailableBytes() != 24 {
			t.Errorf("lease: %+v, %d bytes available", rec, rd.AvailableBytes())
		}
		return os.ErrExist
	}); err != os.ErrExist { //nolint:errorlint // the very error
		t.Errorf("lease: %v, want the function's error", err)
	}
	if n := rd.AvailableBytes(); n != 0 {
		t.Errorf("%d bytes available after the lease", n)
	}
}

// TestWake: a reader that waits is woken, unless the program says not to; then
// the next wake brings all.
func TestWake(t *testing.T) {
	f := newFixture(t)
	rd := newReader(t, f)
	got := make(chan string)
	go func() {
		for rec, err := range rd.Records() {
			if err != nil {
				break
			}
			got <- string(rec.RawSample)
		}
		close(got)
	}()
	const noWakeup, forceWakeup = 1, 2
	f.send(t, "a", 0)
	if s := <-got; s != "a" {
		t.Errorf("got %q, want a", s)
	}
	f.send(t, "b", noWakeup)
	f.send(t, "c", forceWakeup)
	if s := <-got + <-got; s != "bc" {
		t.Errorf("got %q, want bc", s)
	}
	f.send(t, "d", noWakeup)
	_ = rd.Flush()
	if s := <-got; s != "d" {
		t.Errorf("got %q, want d", s)
	}
	if s, more := <-got; more {
		t.Errorf("got %q after the flush", s)
	}
}

// TestDeadline: records that are there come before the error, and a deadline
// also ends a wait that has begun.
func TestDeadline(t *testing.T) {
	f := newFixture(t)
	rd := newReader(t, f)
	rd.SetDeadline(time.Unix(1, 0))
	f.send(t, "x", 1)
	if rec, err := rd.Read(); err != nil || string(rec.RawSample) != "x" {
		t.Errorf("read: %+v %v", rec, err)
	}
	if _, err := rd.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read after the deadline: %v", err)
	}
	rd.SetDeadline(time.Now().Add(time.Millisecond))
	if _, err := rd.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("read until the deadline: %v", err)
	}
	rd.SetDeadline(time.Time{})
	done := make(chan error)
	go func() {
		_, err := rd.Read()
		done <- err
	}()
	runtime.Gosched()
	rd.SetDeadline(time.Unix(1, 0))
	if err := <-done; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wait that a deadline has overtaken: %v", err)
	}
}

// TestClose: close ends the waits of all goroutines, and the ring can get
// another reader, who finds what was not read.
func TestClose(t *testing.T) {
	f := newFixture(t)
	rd := newReader(t, f)
	done := make(chan error)
	for range 3 {
		go func() {
			_, err := rd.Read()
			done <- err
		}()
	}
	runtime.Gosched()
	if err := rd.Close(); err != nil {
		t.Error(err)
	}
	for range 3 {
		if err := <-done; !errors.Is(err, os.ErrClosed) || !errors.Is(err, ErrClosed) {
			t.Errorf("read that waits: %v", err)
		}
	}
	if _, err := rd.Read(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read of a closed reader: %v", err)
	}
	if err := rd.Flush(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("flush of a closed reader: %v", err)
	}
	if err := rd.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	f.send(t, "later", 0)
	if rec, err := newReader(t, f).Read(); err != nil || string(rec.RawSample) != "later" {
		t.Errorf("read of the next reader: %+v %v", rec, err)
	}
}

// TestPanic: a record that a run holds when a helper panics is discarded at
// once.
func TestPanic(t *testing.T) {
	f := newFixture(t)
	rd := newReader(t, f)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was lost")
			}
		}()
		f.run(t, f.hold, nil)
	}()
	f.send(t, "after", 0)
	if rec, err := rd.Read(); err != nil || string(rec.RawSample) != "after" {
		t.Errorf("read: %+v %v", rec, err)
	}
}

// TestAllocs: nothing on the paths of programs and readers allocates.
func TestAllocs(t *testing.T) {
	f := newFixture(t)
	rd := newReader(t, f)
	mem := append([]byte{0}, "sixteen bytes ..."...)
	var rec Record
	sum := 0
	w, err := NewWriter(f.commands)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	sample := []byte{1}
	for name, do := range map[string]func() error{
		"ReadInto": func() error { return rd.ReadInto(&rec) },
		"ReadLease": func() error {
			return rd.ReadLease(func(rec Record) error { sum += len(rec.RawSample); return nil })
		},
		"Records": func() error {
			for _, err := range rd.Records() {
				return err
			}
			return nil
		},
		"Write and drain": func() error {
			if _, err := w.Write(sample); err != nil {
				return err
			}
			_, err := f.frame.RunRaw(f.drain, nil)
			return errors.Join(err, rd.ReadInto(&rec))
		},
	} {
		if n := testing.AllocsPerRun(200, func() {
			if _, err := f.frame.RunRaw(f.emit, mem); err != nil {
				t.Fatal(err)
			}
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// produce outputs n numbered records, by runs on Frames of the pool, and returns
// how many found no room.
func (f *fixture) produce(t *testing.T, producer byte, n int) (dropped int) {
	mem := make([]byte, 1+16)
	mem[1] = producer
	for i := range n {
		if i%100 == 0 {
			runtime.Gosched()
		}
		binary.LittleEndian.PutUint64(mem[9:], uint64(i+1))
		r0, err := rtlib.RunRaw(f.emit, mem)
		switch {
		case err != nil:
			t.Error(err)
		case int64(r0) == -11:
			dropped++
		case r0 != 0:
			t.Errorf("output: %d", int64(r0))
		}
	}
	return dropped
}

// TestSlowConsumer: a million records of four producers, a reader that is too
// slow: received + dropped = produced, each producer's records in order.
func TestSlowConsumer(t *testing.T) {
	const producers = 4
	each := 250_000
	if testing.Short() {
		each = 10_000
	}
	f := newFixture(t)
	rd := newReader(t, f)
	var dropped, received [producers]int
	var wg sync.WaitGroup
	for p := range producers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			dropped[p] = f.produce(t, byte(p), each)
		}()
	}
	go func() {
		wg.Wait()
		_ = rd.Flush()
	}()
	var last [producers]uint64
	var rec Record
	for n := 0; ; n++ {
		err := rd.ReadInto(&rec)
		if errors.Is(err, ErrFlushed) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p, i := rec.RawSample[0], binary.LittleEndian.Uint64(rec.RawSample[8:])
		if i <= last[p] {
			t.Fatalf("producer %d: record %d after %d", p, i, last[p])
		}
		last[p] = i
		received[p]++
		if n%32 == 0 {
			runtime.Gosched()
		}
	}
	for p := range producers {
		if received[p]+dropped[p] != each {
			t.Errorf("producer %d: received %d + dropped %d, want %d", p, received[p], dropped[p], each)
		}
	}
	t.Logf("received %v, dropped %v", received, dropped)
}

// TestLeaseWhileWriting: programs go on while a record is read in place.
func TestLeaseWhileWriting(t *testing.T) {
	f := newFixture(t)
	rd := newReader(t, f)
	first := bytes.Repeat([]byte("a"), 1000)
	f.send(t, string(first), 0)
	if err := rd.ReadLease(func(rec Record) error {
		for f.run(t, f.emit, make([]byte, 100)) == 0 { // until the ring is full
		}
		if !bytes.Equal(rec.RawSample, first) {
			t.Error("the record changed while it was read")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestRecordsOf(t *testing.T) {
	type event struct {
		A uint32
		B [4]byte
	}
	f := newFixture(t)
	rd := newReader(t, f)
	rd.SetDeadline(time.Unix(1, 0))
	f.send(t, "\x01\x00\x00\x00abcd", 0)
	f.send(t, "\x02\x00\x00\x00efgh", 0)
	f.send(t, "short", 0)
	var got []event
	var last error
	for e, err := range RecordsOf[event](rd) {
		if err != nil {
			last = err
			break
		}
		got = append(got, *e)
	}
	if len(got) != 2 || got[0] != (event{1, [4]byte{'a', 'b', 'c', 'd'}}) || got[1].A != 2 {
		t.Errorf("records: %v", got)
	}
	if !errors.Is(last, os.ErrInvalid) {
		t.Errorf("record of another size: %v", last)
	}
	for _, err := range RecordsOf[struct{ P *int }](rd) {
		if !errors.Is(err, os.ErrInvalid) {
			t.Errorf("type with a pointer: %v", err)
		}
	}
	for _, err := range RecordsOf[event](rd) {
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("empty ring: %v", err)
		}
	}
	f.send(t, "\x03\x00\x00\x00abcd", 0)
	if n := testing.AllocsPerRun(100, func() {
		f.send(t, "\x03\x00\x00\x00abcd", 0)
		for e, err := range RecordsOf[event](rd) {
			if err != nil || e.A != 3 {
				t.Fatal(e, err)
			}
			break
		}
	}); n > 2 { // the memory of the program
		t.Errorf("%v allocations", n)
	}
}
