package rtlib

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// TestDynptrBounds: every place and length of a small dynptr, adjusted and not,
// is inside or refused.
func TestDynptrBounds(t *testing.T) {
	memory := make([]uint64, 2)
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&memory[0])), 16)
	for i := range bytes {
		bytes[i] = byte(i + 1)
	}
	d := &dynptr{}
	at := func(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) }
	self, data := at(unsafe.Pointer(d)), at(unsafe.Pointer(&memory[0]))
	for start := range uint64(17) {
		for end := range uint64(18) {
			if r := DynptrFromMem(nil, data, 16, 0, self); r != 0 {
				t.Fatalf("from_mem is %d", int64(r))
			}
			want := uint64(0)
			switch {
			case start > end:
				want = dynptrError(bpf.EINVAL)
			case end > 16:
				want = dynptrError(bpf.ERANGE)
			}
			if r := DynptrAdjust(nil, self, start, end); r != want {
				t.Fatalf("adjust to [%d,%d) is %d, want %d", start, end, int64(r), int64(want))
			}
			if want != 0 {
				continue
			}
			for off := range uint64(18) {
				for n := range uint64(18) {
					inside := off+n <= end-start
					if p := DynptrData(nil, self, off, n); (p == data+start+off) != inside || !inside && p != 0 {
						t.Fatalf("[%d,%d): %d bytes at %d are at %#x, data at %#x", start, end, n, off, p, data)
					}
				}
			}
		}
	}
	runtime.KeepAlive(memory)
}

// TestDynptrReadOnly: what is read-only is read and sliced, and not written.
func TestDynptrReadOnly(t *testing.T) {
	memory := []uint64{7}
	d := &dynptr{data: uint64(uintptr(unsafe.Pointer(&memory[0]))), size: 8 | dynptrToValue | dynptrReadOnly}
	self := uint64(uintptr(unsafe.Pointer(d)))
	if DynptrWrite(nil, self, 0, d.data, 8, 0) != dynptrError(bpf.EINVAL) || DynptrData(nil, self, 0, 8) != 0 || DynptrSliceRdwr(nil, self, 0, 0, 8) != 0 {
		t.Error("it can be written")
	}
	if DynptrSlice(nil, self, 0, 0, 8) != d.data || DynptrIsRdonly(nil, self) != 1 || DynptrSize(nil, self) != 8 {
		t.Error("it cannot be read")
	}
	runtime.KeepAlive(memory)
}

// TestSpinLock: programs of many goroutines on few processors change a value
// under its lock; each lets others run while it has the lock.
func TestSpinLock(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	const workers, turns = 6, 300
	value := new(struct {
		lock  uint32
		_     uint32
		count uint64
	})
	var inside atomic.Int32
	lock := uint64(uintptr(unsafe.Pointer(&value.lock)))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			f := &Frame{}
			fr := &abi.Frame{}
			fr.Private.P = unsafe.Pointer(f)
			for range turns {
				SpinLock(fr, lock)
				if inside.Add(1) != 1 {
					t.Error("two have the lock")
				}
				value.count++
				runtime.Gosched()
				inside.Add(-1)
				SpinUnlock(fr, lock)
			}
			if len(f.held) != 0 {
				t.Errorf("%d things are noted behind the end", len(f.held))
			}
		})
	}
	wg.Wait()
	if value.count != workers*turns || value.lock != 0 {
		t.Errorf("%d turns, want %d; the lock is %d", value.count, workers*turns, value.lock)
	}
}
