package perf

import (
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

// emit is what a compiler would make of a program that outputs its memory on the
// CPU that it runs on.
func emit(fr *abi.Frame) uint64 {
	const currentCPU = 1<<32 - 1
	return rtlib.PerfEventOutput(fr, 0, abi.Map(fr, 0), currentCPU, fr.Data, fr.DataEnd-fr.Data)
}

// fixture has a perf event array and the program.
type fixture struct {
	coll   *ebpf.Collection
	events *ebpf.Map
	emit   *rtlib.Program
	frame  *rtlib.Frame
}

func newFixture(t testing.TB, platform bpf.Platform) *fixture {
	t.Helper()
	m := rtlib.MapSpec{Name: "events", Type: bpf.MapPerfEvent, KeySize: 4, ValueSize: 4}
	if platform == bpf.Windows {
		m.KeySize, m.ValueSize, m.MaxEntries = 0, 0, 4096
	}
	spec, err := ebpf.NewCollectionSpec(&rtlib.ObjectSpec{
		Name: "perf.o", ABI: abi.Version, Platform: platform, Maps: []rtlib.MapSpec{m},
		Programs: []rtlib.ProgramSpec{{Name: "emit", Section: "raw", Hook: "raw", Engine: "go", Entry: emit, Maps: []int{0}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	f := new(fixture)
	if f.coll, err = ebpf.NewCollection(spec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.coll.Close)
	f.events, f.emit = f.coll.Maps["events"], f.coll.Programs["emit"].Runtime()
	if f.frame, err = f.coll.Programs["emit"].NewFrame(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.frame.Close() })
	return f
}

// send outputs a sample and wants a result.
func (f *fixture) send(t testing.TB, sample string, want int64) {
	t.Helper()
	r0, err := f.frame.RunRaw(f.emit, []byte(sample))
	if err != nil || int64(r0) != want {
		t.Fatalf("output of %d bytes: %d, %v, want %d", len(sample), int64(r0), err, want)
	}
}

func newReader(t testing.TB, f *fixture, opts ReaderOptions) *Reader {
	t.Helper()
	rd, err := NewReaderWithOptions(f.events, 4096, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close() })
	return rd
}

func TestNewReader(t *testing.T) {
	f := newFixture(t, bpf.Linux)
	if rd := newReader(t, f, ReaderOptions{}); rd.BufferSize() != 4096 {
		t.Errorf("rings of %d bytes, want 4096", rd.BufferSize())
	}
	if _, err := NewReader(f.events, 4096); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("second reader: %v", err)
	}
	if _, err := NewReader(f.events, 0); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("rings of no bytes: %v", err)
	}
	if _, err := NewReaderWithOptions(f.events, 1, ReaderOptions{WakeupEvents: 1, Watermark: 1}); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("events and watermark: %v", err)
	}
	if _, err := NewReader(nil, 1); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("reader of nil: %v", err)
	}
	closed := newFixture(t, bpf.Linux)
	if err := closed.events.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := NewReader(closed.events, 1); !errors.Is(err, os.ErrClosed) {
		t.Errorf("reader of a handle that is closed: %v", err)
	}
	windows := newFixture(t, bpf.Windows)
	if _, err := NewReaderWithOptions(windows.events, 1, ReaderOptions{Overwritable: true}); !errors.Is(err, ebpf.ErrNotSupported) {
		t.Errorf("overwritten rings of Windows: %v", err)
	}
}

func TestRead(t *testing.T) {
	f := newFixture(t, bpf.Linux)
	f.send(t, "no reader", -2)
	rd := newReader(t, f, ReaderOptions{})
	f.send(t, "abcd", 0)
	f.send(t, "12345", 0)
	if rec, err := rd.Read(); err != nil || string(rec.RawSample) != "abcd" || rec.CPU != f.frame.Slot() || rec.Remaining != 24 {
		t.Errorf("read: %+v %v", rec, err)
	}
	if err := rd.ReadLease(func(rec Record) error {
		if string(rec.RawSample) != "12345\x00\x00\x00\x00\x00\x00\x00" || rec.Remaining != 0 {
			t.Errorf("lease: %+v", rec)
		}
		return os.ErrExist
	}); err != os.ErrExist { //nolint:errorlint // the very error
		t.Errorf("lease: %v, want the function's error", err)
	}
	f.send(t, string(make([]byte, 4000)), 0)
	f.send(t, string(make([]byte, 4000)), -28)
	f.send(t, string(make([]byte, 4000)), -28)
	if rec, err := rd.Read(); err != nil || len(rec.RawSample) != 4004 || rec.LostSamples != 0 {
		t.Errorf("read: %d bytes, %v", len(rec.RawSample), err)
	}
	f.send(t, "more", 0)
	if rec, err := rd.Read(); err != nil || rec.LostSamples != 2 || rec.RawSample != nil {
		t.Errorf("read: %+v %v, want 2 lost samples", rec, err)
	}
}

func TestPause(t *testing.T) {
	f := newFixture(t, bpf.Linux)
	rd := newReader(t, f, ReaderOptions{})
	if err := rd.Pause(); err != nil {
		t.Fatal(err)
	}
	f.send(t, "paused", -2)
	if err := rd.Resume(); err != nil {
		t.Fatal(err)
	}
	f.send(t, "resumed!", 0)
	if rec, err := rd.Read(); err != nil || string(rec.RawSample[:8]) != "resumed!" {
		t.Errorf("read: %+v %v", rec, err)
	}
	if err := rd.Close(); err != nil {
		t.Error(err)
	}
	f.send(t, "closed", -2)
	if err := errors.Join(rd.Pause(), rd.Resume()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("pause of a closed reader: %v", err)
	}
}

func TestWindows(t *testing.T) {
	f := newFixture(t, bpf.Windows)
	f.send(t, "early", 0)
	for range 2 {
		f.send(t, string(make([]byte, 4090)), -12)
	}
	rd := newReader(t, f, ReaderOptions{})
	if rec, err := rd.Read(); err != nil || string(rec.RawSample) != "early" {
		t.Errorf("read: %+v %v", rec, err)
	}
	if rec, err := rd.Read(); err != nil || rec.LostSamples != 2 {
		t.Errorf("read: %+v %v, want 2 lost samples", rec, err)
	}
	if err := rd.Pause(); !errors.Is(err, ebpf.ErrNotSupported) {
		t.Errorf("pause: %v", err)
	}
}

// TestEnds: what ends a wait: a flush, a deadline, Close; what is there comes
// before.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*Reader)
		want error
	}{
		{"flush", func(rd *Reader) { _ = rd.Flush() }, ErrFlushed},
		{"deadline", func(rd *Reader) { rd.SetDeadline(time.Unix(1, 0)) }, os.ErrDeadlineExceeded},
		{"close", func(rd *Reader) { rd.Close() }, os.ErrClosed},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFixture(t, bpf.Linux)
			rd := newReader(t, f, ReaderOptions{Watermark: 1000})
			f.send(t, "few", 0) // too few bytes to wake
			done := make(chan error)
			go func() {
				for {
					if rec, err := rd.Read(); err != nil {
						done <- err
						return
					} else if c.name == "close" {
						t.Errorf("a record comes before Close: %+v", rec)
					}
				}
			}()
			runtime.Gosched()
			c.end(rd)
			if err := <-done; !errors.Is(err, c.want) {
				t.Errorf("the wait ended with %v, want %v", err, c.want)
			}
			if c.name == "close" {
				if _, err := rd.Read(); !errors.Is(err, os.ErrClosed) {
					t.Errorf("read of a closed reader: %v", err)
				}
			}
		})
	}
}

func TestAllocs(t *testing.T) {
	f := newFixture(t, bpf.Linux)
	rd := newReader(t, f, ReaderOptions{})
	mem := []byte("sixteen bytes ...")
	var rec Record
	sum := 0
	for name, read := range map[string]func() error{
		"ReadInto":  func() error { return rd.ReadInto(&rec) },
		"ReadLease": func() error { return rd.ReadLease(func(rec Record) error { sum += len(rec.RawSample); return nil }) },
	} {
		if n := testing.AllocsPerRun(200, func() {
			if _, err := f.frame.RunRaw(f.emit, mem); err != nil {
				t.Fatal(err)
			}
			if err := read(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// produce outputs numbered samples, at least n, to the first after them that
// finds room: it says what was lost before. It returns how many.
func (f *fixture) produce(t *testing.T, frame *rtlib.Frame, n int) int {
	mem := make([]byte, 12)
	for i := 1; ; i++ {
		binary.LittleEndian.PutUint64(mem, uint64(i))
		r0, err := frame.RunRaw(f.emit, mem)
		if err != nil || r0 != 0 && int64(r0) != -28 {
			t.Errorf("output: %d %v", int64(r0), err)
		}
		if i%100 == 0 {
			runtime.Gosched()
		}
		if i >= n && r0 == 0 {
			return i
		}
	}
}

// TestSlowConsumer: what four producers produce is received or counted as lost,
// in the order of each CPU.
func TestSlowConsumer(t *testing.T) {
	const producers = 4
	each := 250_000
	if testing.Short() {
		each = 10_000
	}
	f := newFixture(t, bpf.Linux)
	rd := newReader(t, f, ReaderOptions{})
	var wg sync.WaitGroup
	produced := make([]int, rtlib.PossibleCPU())
	for range producers {
		frame, err := f.coll.Programs["emit"].NewFrame()
		if err != nil {
			t.Fatal(err)
		}
		defer frame.Close()
		wg.Add(1)
		go func() {
			defer wg.Done()
			produced[frame.Slot()] = f.produce(t, frame, each)
		}()
	}
	go func() {
		wg.Wait()
		_ = rd.Flush()
	}()
	received, lost, last := make([]int, len(produced)), make([]int, len(produced)), make([]uint64, len(produced))
	var rec Record
	for n := 0; ; n++ {
		err := rd.ReadInto(&rec)
		if errors.Is(err, ErrFlushed) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.LostSamples != 0 {
			lost[rec.CPU] += int(rec.LostSamples)
			last[rec.CPU] += rec.LostSamples
			continue
		}
		// Every number that is missing was said to be lost just before.
		if i := binary.LittleEndian.Uint64(rec.RawSample); i != last[rec.CPU]+1 {
			t.Fatalf("CPU %d: sample %d after %d", rec.CPU, i, last[rec.CPU])
		}
		last[rec.CPU]++
		received[rec.CPU]++
		if n%32 == 0 {
			runtime.Gosched()
		}
	}
	for cpu := range produced {
		if received[cpu]+lost[cpu] != produced[cpu] {
			t.Errorf("CPU %d: received %d + lost %d, want %d", cpu, received[cpu], lost[cpu], produced[cpu])
		}
	}
	t.Logf("received %v, lost %v", received[:8], lost[:8])
}

// TestCloseInLease: who has a record closes the reader, and another one can be
// opened afterwards.
func TestCloseInLease(t *testing.T) {
	f := newFixture(t, bpf.Linux)
	rd := newReader(t, f, ReaderOptions{})
	f.send(t, "abcd", 0)
	err := rd.ReadLease(func(Record) error {
		if _, err := NewReader(f.events, 1); !errors.Is(err, syscall.EBUSY) {
			t.Errorf("a second reader before close: %v", err)
		}
		return rd.Close()
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := rd.Read(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
	f.send(t, "no reader", -2)
	newReader(t, f, ReaderOptions{})
}
