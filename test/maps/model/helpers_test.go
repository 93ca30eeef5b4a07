package model_test

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// inProgram runs body as a program on a map of its own.
func inProgram(t *testing.T, s model.Spec, body func(fr *abi.Frame)) *drive.Native {
	t.Helper()
	n, err := drive.New(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Close() })
	h, err := n.Hand()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	if err := h.Run(body); err != nil {
		t.Fatal(err)
	}
	return n
}

// r0 is the number of an error as helpers return it.
func r0(e bpf.Errno) uint64 { return -uint64(e) }

// TestDynptr: dynptrs to the value of a map, one line a call.
func TestDynptr(t *testing.T) {
	s := model.Spec{Type: bpf.MapArray, KeySize: 4, ValueSize: 32, MaxEntries: 1}
	inProgram(t, s, func(fr *abi.Frame) {
		at := func(off int) uint64 { return uint64(uintptr(unsafe.Pointer(&fr.Stack[off]))) }
		d, clone, none, buf := at(0), at(16), at(32), at(64)
		value := rtlib.MapLookupElem(fr, abi.Map(fr, 0), buf)
		drive.Write(value, []byte("0123456789abcdefghijklmnopqrstuv"))
		is := func(what string, got, want uint64) {
			t.Helper()
			if got != want {
				t.Errorf("%s: got %#x, want %#x", what, got, want)
			}
		}
		is("from mem with flags", rtlib.DynptrFromMem(fr, value, 32, 1, none), r0(bpf.EINVAL))
		is("from too much mem", rtlib.DynptrFromMem(fr, value, 1<<24, 0, none), r0(bpf.E2BIG))
		is("null", rtlib.DynptrIsNull(fr, none), 1)
		is("size of null", rtlib.DynptrSize(fr, none), uint64(uint32(r0(bpf.EINVAL))))
		is("data of null", rtlib.DynptrData(fr, none, 0, 0), 0)
		is("clone of null", rtlib.DynptrClone(fr, none, clone), r0(bpf.EINVAL))
		is("adjust null", rtlib.DynptrAdjust(fr, none, 0, 0), r0(bpf.EINVAL))
		is("from mem", rtlib.DynptrFromMem(fr, value, 32, 0, d), 0)
		is("not null", rtlib.DynptrIsNull(fr, d), 0)
		is("not read-only", rtlib.DynptrIsRdonly(fr, d), 0)
		is("size", rtlib.DynptrSize(fr, d), 32)
		is("data", rtlib.DynptrData(fr, d, 5, 27), value+5)
		is("data behind the end", rtlib.DynptrData(fr, d, 5, 28), 0)
		is("clone", rtlib.DynptrClone(fr, d, clone), 0)
		is("adjust", rtlib.DynptrAdjust(fr, clone, 10, 20), 0)
		is("adjust behind the end", rtlib.DynptrAdjust(fr, clone, 0, 11), r0(34)) // ERANGE
		is("adjust backwards", rtlib.DynptrAdjust(fr, clone, 2, 1), r0(bpf.EINVAL))
		is("size of a part", rtlib.DynptrSize(fr, clone), 10)
		is("slice", rtlib.DynptrSlice(fr, clone, 1, buf, 9), value+11)
		is("slice behind the end", rtlib.DynptrSlice(fr, clone, 1, buf, 10), 0)
		is("slice to write", rtlib.DynptrSliceRdwr(fr, clone, 0, 0, 10), value+10)
		is("read", rtlib.DynptrRead(fr, buf, 4, clone, 2, 0), 0)
		if got := drive.Bytes(buf, 4); string(got) != "cdef" {
			t.Errorf("read gives %q", got)
		}
		is("write", rtlib.DynptrWrite(fr, clone, 8, buf, 2, 0), 0)
		is("write behind the end", rtlib.DynptrWrite(fr, clone, 8, buf, 3, 0), r0(bpf.E2BIG))
		is("read behind the end", rtlib.DynptrRead(fr, buf, 3, clone, 8, 0), r0(bpf.E2BIG))
		if got := drive.Bytes(value+18, 2); string(got) != "cd" {
			t.Errorf("write leaves %q", got)
		}
		is("size of the whole", rtlib.DynptrSize(fr, d), 32)
		// Bit 31 of the second word's first half, as Linux lays dynptrs out.
		drive.Write(d+8, []byte{32, 0, 0, 0x10 | 0x80})
		is("read-only", rtlib.DynptrIsRdonly(fr, d), 1)
		is("write to what is read-only", rtlib.DynptrWrite(fr, d, 0, buf, 1, 0), r0(bpf.EINVAL))
		is("data of what is read-only", rtlib.DynptrData(fr, d, 0, 1), 0)
		is("slice to write of what is read-only", rtlib.DynptrSliceRdwr(fr, d, 0, 0, 1), 0)
		is("slice of what is read-only", rtlib.DynptrSlice(fr, d, 0, 0, 1), value)
	})
}

// drain is what a program gets of a user ring, and the helper's result.
func drain(h *drive.Hand, stop int) (samples [][]byte, result int64, err error) {
	err = h.Run(func(fr *abi.Frame) {
		s := &fr.Each[0]
		*s = abi.EachState{}
		state, m, ret := uint64(uintptr(unsafe.Pointer(s))), abi.Map(fr, 0), uint64(0)
		for d := rtlib.UserRingbufNext(fr, m, state, 0, 0); d != 0; d = rtlib.UserRingbufNext(fr, m, state, 0, ret) {
			n := rtlib.DynptrSize(fr, d)
			samples = append(samples, drive.Bytes(rtlib.DynptrData(fr, d, 0, n), int(n)))
			if len(samples) == stop {
				ret = 1
			}
		}
		result = int64(s.Key)
	})
	return samples, result, err
}

// TestUserRing: what a host writes to a user ring, programs get in order, but for
// what was discarded.
func TestUserRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, err := drive.New(model.Spec{Type: bpf.MapUserRingbuf, MaxEntries: 4096})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = n.Close() }()
		w, err := rtlib.NewRingWriter(n.Map)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Close() }()
		h, err := n.Hand()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = h.Close() }()
		m := &userRing{free: w.Size()}
		if m.free != 4096 {
			t.Fatalf("the writer says %d bytes", m.free)
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {},
			"write": func(t *rapid.T) {
				m.write(t, w, rapid.SampledFrom([]int{0, 1, 8, 100, 1000, 4088, 4089}).Draw(t, "bytes"), rapid.IntRange(0, 3).Draw(t, "discard") == 0)
			},
			"drain": func(t *rapid.T) {
				m.drain(t, h, rapid.IntRange(1, 4).Draw(t, "stop"))
			},
		})
	})
}

// userRing is the model of a user ring.
type userRing struct {
	samples [][]byte // nil for one that was discarded
	sizes   []int
	free    int
	count   byte
}

func (u *userRing) write(t *rapid.T, w *rtlib.RingWriter, n int, discard bool) {
	sample, err := w.Reserve(n)
	space := (n + 8 + 7) &^ 7
	switch errno, _ := drive.Errno(err); {
	case space > 4096 && errno == bpf.E2BIG, space <= 4096 && space > u.free && errno == bpf.ENOSPC:
		return
	case err != nil || space > u.free:
		t.Fatalf("reserve of %d bytes: %v; %d are free", n, err, u.free)
	}
	u.count++
	copy(sample, bytes.Repeat([]byte{u.count}, n))
	kept := append([]byte{}, sample...)
	if discard {
		kept, err = nil, w.Discard(sample)
	} else {
		err = w.Submit(sample)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Submit(sample); err == nil {
		t.Fatal("a sample can be submitted twice")
	}
	u.samples, u.sizes, u.free = append(u.samples, kept), append(u.sizes, space), u.free-space
}

func (u *userRing) drain(t *rapid.T, h *drive.Hand, stop int) {
	got, result, err := drain(h, stop)
	if err != nil {
		t.Fatal(err)
	}
	var want [][]byte
	for len(u.samples) > 0 && len(want) < stop {
		if u.samples[0] != nil {
			want = append(want, u.samples[0])
		}
		u.free += u.sizes[0]
		u.samples, u.sizes = u.samples[1:], u.sizes[1:]
	}
	same := len(got) == len(want) && result == int64(len(want))
	for i := 0; same && i < len(want); i++ {
		same = bytes.Equal(got[i], want[i])
	}
	if !same {
		t.Fatalf("drain gives %d samples %x and %d, want %x", len(got), got, result, want)
	}
}

// TestRingWriterWaits: a writer waits for room until a program drains, the
// deadline passes or it is closed.
func TestRingWriterWaits(t *testing.T) {
	n := inProgram(t, model.Spec{Type: bpf.MapUserRingbuf, MaxEntries: 4096}, func(*abi.Frame) {})
	w, err := rtlib.NewRingWriter(n.Map)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rtlib.NewRingWriter(n.Map); err == nil {
		t.Error("a ring has two writers")
	}
	full, err := w.ReserveWait(4088)
	if err == nil {
		err = w.Submit(full)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.SetDeadline(time.Unix(1, 0))
	if _, err := w.ReserveWait(1); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a wait to the deadline: %v", err)
	}
	w.SetDeadline(time.Time{})
	reserved := make(chan error)
	wait := func() {
		sample, err := w.ReserveWait(8)
		if err == nil {
			err = w.Submit(sample)
		}
		reserved <- err
	}
	go wait()
	h, err := n.Hand()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = h.Close() }()
	if samples, result, err := drain(h, 0); len(samples) == 0 || result < 1 || err != nil {
		t.Errorf("drain: %d samples, %d, %v", len(samples), result, err)
	}
	if err := <-reserved; err != nil {
		t.Errorf("a wait for a drain: %v", err)
	}
	if _, _, err := drain(h, 0); err != nil {
		t.Error(err)
	}
	full, err = w.Reserve(4088)
	if err == nil {
		err = w.Submit(full)
	}
	if err != nil {
		t.Fatal(err)
	}
	go wait()
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := <-reserved; !errors.Is(err, os.ErrClosed) {
		t.Errorf("a wait that Close ends: %v", err)
	}
	if w, err = rtlib.NewRingWriter(n.Map); err != nil {
		t.Errorf("a writer after another was closed: %v", err)
	} else if err := w.Close(); err != nil {
		t.Error(err)
	}
}

// TestHostCallsOfSlots: values that are programs or maps have calls of their own,
// and the others say so.
func TestHostCallsOfSlots(t *testing.T) {
	for name, typ := range map[string]bpf.MapType{"prog_array": bpf.MapProgArray, "array_of_maps": bpf.MapArrayOfMaps, "hash_of_maps": bpf.MapHashOfMaps} {
		n := inProgram(t, model.Spec{Type: typ, KeySize: 4, ValueSize: 1, MaxEntries: 2}, func(fr *abi.Frame) {
			s := &fr.Each[0]
			*s = abi.EachState{}
			if got := rtlib.ForEachNext(fr, abi.Map(fr, 0), uint64(uintptr(unsafe.Pointer(s)))); got != 0 {
				t.Errorf("%s: each gives %#x", name, got)
			}
		})
		key, value := make([]byte, 4), make([]byte, 4)
		for what, err := range map[string]error{"lookup": n.Map.Lookup(key, value), "update": n.Map.Update(key, value, 0), "take": n.Map.LookupAndDelete(key, value, 0)} {
			if errno, failed := drive.Errno(err); errno != bpf.ENOTSUP || failed != nil {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
	}
}
