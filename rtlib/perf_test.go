package rtlib

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// newTestPerf makes a perf event array.
func newTestPerf(t testing.TB, platform bpf.Platform, entries uint32) *Map {
	t.Helper()
	spec := MapSpec{Name: "events", Type: bpf.MapPerfEvent, KeySize: 4, ValueSize: 4, MaxEntries: entries}
	if platform == bpf.Windows {
		spec.KeySize, spec.ValueSize = 0, 0
	}
	m, err := NewMapFor(platform, spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// newTestPerfReader opens a reader.
func newTestPerfReader(t testing.TB, m *Map, opts PerfOptions) *PerfReader {
	t.Helper()
	rd, err := NewPerfReader(m, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rd.Close() })
	return rd
}

const currentCPU = perfCurrentCPU

// perfOutput runs perf_event_output; data is on the heap.
func perfOutput(f *Frame, m *Map, flags uint64, data []byte) int64 {
	defer runtime.KeepAlive(data)
	return int64(PerfPacketOutput(&f.abi, 0, addrOf(m), flags, uint64(uintptr(unsafe.Pointer(unsafe.SliceData(data)))), uint64(len(data))))
}

func TestPerfCreate(t *testing.T) {
	for _, c := range []struct {
		platform         bpf.Platform
		key, value, size uint32
		want             bpf.Errno
		entries          uint32
	}{
		{bpf.Linux, 4, 4, 8, 0, 8}, {bpf.Linux, 4, 4, 0, 0, uint32(PossibleCPU())}, {bpf.Linux, 0, 0, 8, bpf.EINVAL, 0}, {bpf.Linux, 4, 8, 8, bpf.EINVAL, 0},
		{bpf.Windows, 0, 0, 4096, 0, 4096}, {bpf.Windows, 4, 4, 4096, bpf.EINVAL, 0}, {bpf.Windows, 0, 0, 8, bpf.ENOMEM, 0}, {bpf.Windows, 0, 0, 0, bpf.EINVAL, 0},
	} {
		m, err := NewMapFor(c.platform, MapSpec{Name: "p", Type: bpf.MapPerfEvent, KeySize: c.key, ValueSize: c.value, MaxEntries: c.size})
		if got := errnoOf(err); got != c.want || err == nil && m.MaxEntries() != c.entries {
			t.Errorf("%v: %+v: %v", c.platform, c, err)
		}
	}
}

func TestPerfResults(t *testing.T) {
	f := testFrame(t)
	own, other := uint64(f.Slot()), uint64(f.Slot()+1)
	packet := make([]byte, 32)
	setMemory(&f.abi, packet, 0)
	long := make([]byte, 1<<16)
	for _, c := range []struct {
		name     string
		platform bpf.Platform
		reader   bool
		flags    uint64
		data     []byte
		want     int64
	}{
		{"no reader", bpf.Linux, false, currentCPU, packet, -2},
		{"done", bpf.Linux, true, currentCPU, packet, 0},
		{"by index", bpf.Linux, true, own, packet, 0},
		{"other CPU", bpf.Linux, true, other, packet, -95},
		{"index too large", bpf.Linux, true, uint64(PossibleCPU()), packet, -7},
		{"flags", bpf.Linux, true, 1<<52 | currentCPU, packet, -22},
		{"packet", bpf.Linux, true, 32<<32 | currentCPU, packet, 0},
		{"long packet", bpf.Linux, true, 33<<32 | currentCPU, packet, -14},
		{"full", bpf.Linux, true, currentCPU, long[:4096], -28},
		{"long", bpf.Linux, true, currentCPU, long, -7},
		{"windows", bpf.Windows, false, currentCPU, packet, 0},
		{"windows other CPU", bpf.Windows, true, other, packet, -6},
		{"windows long packet", bpf.Windows, true, 33<<32 | currentCPU, packet, -6},
		{"windows full", bpf.Windows, true, currentCPU, long[:4096], -12},
		{"windows long", bpf.Windows, true, currentCPU, long, -6},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries := uint32(0)
			if c.platform == bpf.Windows {
				entries = 4096
			}
			m := newTestPerf(t, c.platform, entries)
			if c.reader {
				newTestPerfReader(t, m, PerfOptions{Bytes: 4096})
			}
			if got := perfOutput(f, m, c.flags, c.data); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
	m := newTestPerf(t, bpf.Linux, 0)
	newTestPerfReader(t, m, PerfOptions{Bytes: 1})
	if got := int64(PerfEventOutput(&f.abi, 0, addrOf(m), 1<<32|currentCPU, f.abi.Data, 8)); got != -22 {
		t.Errorf("packet bytes of a context that is none: %d, want -22", got)
	}
}

// perfRecord reads a record without waiting.
func perfRecord(t *testing.T, rd *PerfReader) PerfRecord {
	t.Helper()
	var rec PerfRecord
	rd.SetDeadline(time.Unix(1, 0))
	if err := rd.ReadInto(&rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestPerfRecords(t *testing.T) {
	for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		f := testFrame(t)
		entries := uint32(0)
		if platform == bpf.Windows {
			entries = 4096
		}
		m := newTestPerf(t, platform, entries)
		rd := newTestPerfReader(t, m, PerfOptions{Bytes: 4096})
		setMemory(&f.abi, []byte("packet"), 0)
		perfOutput(f, m, 4<<32|currentCPU, []byte("abc"))
		rec := perfRecord(t, rd)
		want := "abcpack\x00\x00\x00\x00\x00"
		if platform == bpf.Windows {
			want = "abcpack"
		}
		if string(rec.Sample) != want || rec.CPU != f.Slot() || rec.Remaining != 0 || rec.Lost != 0 {
			t.Errorf("%v: record %+v, want the sample %q", platform, rec, want)
		}
	}
}

// TestPerfLost: samples that find no room are counted, and the count comes
// before the next sample, or on Windows when the ring is empty.
func TestPerfLost(t *testing.T) {
	for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		f := testFrame(t)
		entries := uint32(0)
		if platform == bpf.Windows {
			entries = 4096
		}
		m := newTestPerf(t, platform, entries)
		rd := newTestPerfReader(t, m, PerfOptions{Bytes: 4096})
		sample := make([]byte, 1004) // 1016 with its header, or 1012
		for i := range 6 {
			want := int64(0)
			if i >= 4 {
				want = -map[bpf.Platform]int64{bpf.Linux: 28, bpf.Windows: 12}[platform]
			}
			if got := perfOutput(f, m, currentCPU, sample); got != want {
				t.Errorf("%v: output %d: %d, want %d", platform, i, got, want)
			}
		}
		perfRecord(t, rd)
		perfRecord(t, rd)
		perfOutput(f, m, currentCPU, []byte("next"))
		var got []string
		for range 4 {
			rec := perfRecord(t, rd)
			switch {
			case rec.Lost == 2:
				got = append(got, "lost")
			case len(rec.Sample) > 1000:
				got = append(got, "sample")
			default:
				got = append(got, strings.TrimRight(string(rec.Sample), "\x00"))
			}
		}
		want := "sample sample lost next"
		if platform == bpf.Windows {
			want = "sample sample next lost"
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%v: %s, want %s", platform, s, want)
		}
	}
}

// TestPerfOverwrite: the newest samples, newest first, each once.
func TestPerfOverwrite(t *testing.T) {
	f := testFrame(t)
	m := newTestPerf(t, bpf.Linux, 0)
	rd := newTestPerfReader(t, m, PerfOptions{Bytes: 4096, Overwrite: true})
	read := func(want ...uint64) {
		t.Helper()
		if err := rd.ReadInto(new(PerfRecord)); !errors.Is(err, ErrNotPaused) {
			t.Errorf("read of a reader that is not paused: %v", err)
		}
		if err := rd.Pause(); err != nil {
			t.Error(err)
		}
		if got := perfOutput(f, m, currentCPU, make([]byte, 8)); got != -2 {
			t.Errorf("output while paused: %d, want -2", got)
		}
		for i, w := range want {
			if rec := perfRecord(t, rd); binary.LittleEndian.Uint64(rec.Sample) != w || rec.Remaining != -1 {
				t.Errorf("record %d: %v, %d remain, want sample %d", i, rec.Sample[:8], rec.Remaining, w)
			}
		}
		if err := rd.ReadInto(new(PerfRecord)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read after the last record: %v", err)
		}
		if err := rd.Resume(); err != nil {
			t.Error(err)
		}
	}
	sample := make([]byte, 1004-12) // four records and a rest
	for i := range 10 {
		binary.LittleEndian.PutUint64(sample, uint64(i))
		if got := perfOutput(f, m, currentCPU, sample); got != 0 {
			t.Fatalf("output %d: %d", i, got)
		}
	}
	read(9, 8, 7, 6)
	binary.LittleEndian.PutUint64(sample, 10)
	perfOutput(f, m, currentCPU, sample)
	read(10)
}

// TestPerfWatermark: too few bytes or events do not wake; a flush returns them.
func TestPerfWatermark(t *testing.T) {
	for _, opts := range []PerfOptions{{Bytes: 4096, Watermark: 100}, {Bytes: 4096, Events: 5}} {
		f := testFrame(t)
		m := newTestPerf(t, bpf.Linux, 0)
		rd := newTestPerfReader(t, m, opts)
		got := make(chan int)
		go func() {
			n := 0
			for rd.ReadInto(new(PerfRecord)) == nil {
				n++
				got <- n
			}
			close(got)
		}()
		for range 4 { // 96 bytes
			perfOutput(f, m, currentCPU, make([]byte, 12))
		}
		if a := m.ops.(*perfArray); atomic.LoadUint32(&a.ready) != 0 {
			t.Errorf("%+v: ready before the reader is to be woken", opts)
		}
		perfOutput(f, m, currentCPU, make([]byte, 12))
		for want := 1; want <= 5; want++ {
			if n := <-got; n != want {
				t.Errorf("%+v: record %d, want %d", opts, n, want)
			}
		}
		perfOutput(f, m, currentCPU, make([]byte, 12))
		_ = rd.Flush()
		if n := <-got; n != 6 {
			t.Errorf("%+v: record %d after flush, want 6", opts, n)
		}
		if _, more := <-got; more {
			t.Errorf("%+v: a record after the flush", opts)
		}
	}
}

// TestPerfFlood: producers on several CPUs and a slow reader.
func TestPerfFlood(t *testing.T) {
	const producers, each = 4, 50_000
	m := newTestPerf(t, bpf.Linux, 0)
	rd := newTestPerfReader(t, m, PerfOptions{Bytes: 1 << 14})
	var wg sync.WaitGroup
	var produced, lastOf [64]int
	for range producers {
		f := testFrame(t)
		wg.Add(1)
		go func() {
			defer wg.Done()
			data := make([]byte, 12)
			for i := range each {
				binary.LittleEndian.PutUint64(data, uint64(i))
				switch perfOutput(f, m, currentCPU, data) {
				case 0, -28:
					produced[f.Slot()]++
				default:
					t.Error("output has another result than done and full")
				}
			}
			// One more that fits, so that the last lost ones are said.
			for produced[f.Slot()]++; perfOutput(f, m, currentCPU, make([]byte, 12)) != 0; produced[f.Slot()]++ {
				runtime.Gosched()
			}
		}()
	}
	go func() {
		wg.Wait()
		_ = rd.Flush()
	}()
	var received, lost [64]int
	var rec PerfRecord
	for {
		err := rd.ReadInto(&rec)
		if errors.Is(err, ErrFlushed) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.Lost != 0 {
			lost[rec.CPU] += int(rec.Lost)
			continue
		}
		i := int(binary.LittleEndian.Uint64(rec.Sample))
		if i < lastOf[rec.CPU] && i != 0 {
			t.Errorf("CPU %d: number %d after %d", rec.CPU, i, lastOf[rec.CPU])
		}
		lastOf[rec.CPU] = i
		received[rec.CPU]++
	}
	for cpu := range produced {
		if received[cpu]+lost[cpu] != produced[cpu] {
			t.Errorf("CPU %d: received %d + lost %d, want %d", cpu, received[cpu], lost[cpu], produced[cpu])
		}
	}
	t.Log(received[:8], lost[:8])
}

// TestPerfPauseRace: a reader that pauses and resumes while programs run gets
// samples that are whole, also from rings that are overwritten.
func TestPerfPauseRace(t *testing.T) {
	for _, overwrite := range []bool{false, true} {
		m := newTestPerf(t, bpf.Linux, 0)
		rd := newTestPerfReader(t, m, PerfOptions{Bytes: 4096, Overwrite: overwrite})
		rd.SetDeadline(time.Unix(1, 0))
		var stop atomic.Bool
		var wg sync.WaitGroup
		for range 2 {
			f := testFrame(t)
			wg.Add(1)
			go func() {
				defer wg.Done()
				data := make([]byte, 204)
				for i := byte(0); !stop.Load(); i++ {
					for j := range data {
						data[j] = i
					}
					switch r0 := perfOutput(f, m, currentCPU, data); r0 {
					case 0, -2, -28:
					default:
						t.Errorf("output: %d", r0)
					}
				}
			}()
		}
		var rec PerfRecord
		read := 0
		for n := 0; n < 50 || read == 0; n++ {
			if err := rd.Pause(); err != nil {
				t.Fatal(err)
			}
			for rd.ReadInto(&rec) == nil {
				for _, b := range rec.Sample {
					if b != rec.Sample[0] {
						t.Fatalf("overwrite %v: torn sample %x", overwrite, rec.Sample)
					}
				}
				read++
			}
			if err := rd.Resume(); err != nil {
				t.Fatal(err)
			}
			runtime.Gosched()
		}
		stop.Store(true)
		wg.Wait()
	}
}
