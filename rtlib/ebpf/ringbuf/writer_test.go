package ringbuf

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// drained runs a drain and wants the sum of the samples and the result.
func (f *fixture) drained(t *testing.T, sum, result int64) {
	t.Helper()
	if r0 := f.run(t, f.drain, nil); r0 != sum<<32|result {
		t.Errorf("drain: sum %d, result %d, want %d and %d", r0>>32, int32(r0), sum, result)
	}
}

func TestWriter(t *testing.T) {
	f := newFixture(t)
	w, err := NewWriter(f.commands)
	if err != nil {
		t.Fatal(err)
	}
	if n := w.BufferSize(); n != int(f.commands.MaxEntries()) {
		t.Errorf("the writer has %d bytes, the map %d", n, f.commands.MaxEntries())
	}
	if _, err := NewWriter(f.commands); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("second writer: %v", err)
	}
	reserve := func(n int) []byte {
		t.Helper()
		s, err := w.Reserve(n)
		if err != nil || len(s) != n {
			t.Fatalf("reserve of %d: %d bytes, %v", n, len(s), err)
		}
		return s
	}
	drained := func(sum, result int64) { t.Helper(); f.drained(t, sum, result) }
	a, b, c := reserve(1), reserve(2), reserve(3)
	a[0], b[0], c[0] = 1, 10, 50
	drained(0, 0) // a is busy
	if err := errors.Join(w.Submit(c), w.Discard(b)); err != nil {
		t.Error(err)
	}
	drained(0, 0)
	if err := w.Submit(a); err != nil {
		t.Error(err)
	}
	drained(51, 2)
	for _, s := range [][]byte{a, nil, make([]byte, 8), c[1:]} {
		if err := w.Submit(s); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("submit of %d bytes that are not reserved: %v", len(s), err)
		}
	}
	for _, size := range []int{-1, 4096 - 7, 1 << 30} {
		if _, err := w.Reserve(size); !errors.Is(err, syscall.E2BIG) {
			t.Errorf("reserve of %d: %v", size, err)
		}
	}
	for range 3 { // the program stops behind a sum of 100
		if _, err := w.Write([]byte{60}); err != nil {
			t.Error(err)
		}
	}
	drained(120, 2)
	drained(60, 1)
}

// TestWriterFull: a full ring, and what ends a wait for space in it.
func TestWriterFull(t *testing.T) {
	f := newFixture(t)
	w, err := NewWriter(f.commands)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 4096-8)); err != nil {
		t.Errorf("a sample of the whole ring: %v", err)
	}
	if _, err := w.Reserve(0); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("reserve in a full ring: %v", err)
	}
	w.SetDeadline(time.Unix(1, 0))
	if _, err := w.ReserveWait(0); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("wait in a full ring: %v", err)
	}
	w.SetDeadline(time.Time{})
	done := make(chan error)
	go func() {
		s, err := w.ReserveWait(1)
		done <- errors.Join(err, w.Submit(s))
	}()
	runtime.Gosched()
	f.drained(t, 0, 1)
	if err := <-done; err != nil {
		t.Errorf("wait that a drain ends: %v", err)
	}
	if _, err := w.Write(make([]byte, 4096-24)); err != nil {
		t.Error(err)
	}
	go func() {
		_, err := w.ReserveWait(1)
		done <- err
	}()
	runtime.Gosched()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, os.ErrClosed) {
		t.Errorf("wait that close ends: %v", err)
	}
}

// TestDrainLimit: a drain takes no more samples than the kernel's.
func TestDrainLimit(t *testing.T) {
	m, err := ebpf.NewMap(&ebpf.MapSpec{Name: "commands", Type: ebpf.UserRingbuf, MaxEntries: 1 << 21})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	w, err := NewWriter(m)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	const most, more = 128 * 1024, 10
	for range most + more {
		if _, err := w.Write(nil); err != nil {
			t.Fatal(err)
		}
	}
	f := newFixture(t)
	count := func() uint64 {
		fr := f.frame.ABI()
		at := uint64(uintptr(unsafe.Pointer(m.Runtime())))
		state := abi.Addr(fr) + abi.OffEach
		abi.Store64(state, 0)
		for rtlib.UserRingbufNext(fr, at, state, 0, 0) != 0 {
		}
		return abi.Load64(state + abi.EachKey)
	}
	if first, second := count(), count(); first != most || second != more {
		t.Errorf("drains of %d and %d samples, want %d and %d", first, second, most, more)
	}
}
