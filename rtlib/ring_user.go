package rtlib

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// User ring buffers: rings (ring.go) in which hosts produce and programs
// consume, by bpf_user_ringbuf_drain. The loop of a drain is the program's code;
// UserRingbufNext says which sample comes next, and has every rule
// (kernel/bpf/ringbuf.c of Linux 6.18).

// maxSamples is how many samples one drain takes, those that were discarded
// included (BPF_MAX_USER_RINGBUF_SAMPLES).
const maxSamples = 128 * 1024

// drain is abi.EachState during a drain.
type drain struct {
	samples   uint32 // that were taken
	discarded uint32 // of them
	// result is that of the helper once the drain is at its end; before, the
	// size of the present sample in bytes.
	result uint64
	// The dynptr of the present sample, as the kernel has it: the address of its
	// bytes, their number with the type in the upper bits, the offset.
	addr uint64
	size uint32
	off  uint32
}

// dynptrLocal is the type of a sample's dynptr in its place (enum
// bpf_dynptr_type, DYNPTR_TYPE_SHIFT), maxDynptr the most bytes of one.
const (
	dynptrLocal = 1 << 28
	maxDynptr   = 1<<24 - 1
)

// UserRingbufNext is the next step of bpf_user_ringbuf_drain: the address of the
// dynptr of the next sample, or 0 at the end, when the second word of the state
// is the result of the helper.
//
//	state.Pos = 0; ret = 0
//	for d := UserRingbufNext(fr, m, state, flags, 0); d != 0; d = UserRingbufNext(fr, m, state, flags, ret) {
//		ret = callback(d, ctx)
//	}
//	r0 = state.Key
//
// state is the address of an abi.EachState with Pos 0 at the start; ret is what
// the callback has returned for the sample before, which is consumed. The result
// is the number of samples that the callback got, or EINVAL for flags and for a
// ring whose producer breaks the rules, EBUSY while another program drains, E2BIG
// for a sample that a dynptr cannot have.
//
//go:linkname UserRingbufNext bpf2go/rtlib/v1.UserRingbufNext
//go:nocheckptr
//go:norace
func UserRingbufNext(fr *abi.Frame, m, state, flags, ret uint64) uint64 {
	r, d, f := ringAt(m), (*drain)(ptr(state)), (*Frame)(fr.Private.P)
	if d.samples == 0 {
		var errno bpf.Errno
		switch {
		case flags&^ringWakeups != 0:
			errno = bpf.EINVAL
		case !atomic.CompareAndSwapUint32(&r.busy, 0, 1):
			errno = bpf.EBUSY
		}
		if errno != 0 {
			d.result = r.m.rules.HelperResult(errno)
			return 0
		}
		f.held = append(f.held, hold{kind: holdDrain, ring: uint64(uintptr(unsafe.Pointer(r)))})
	} else {
		atomic.StoreUint64(&r.cons, r.cons+recordSize(d.result))
		if ret != 0 {
			r.drained(f, d, flags, 0)
			return 0
		}
	}
	return r.sample(f, d, flags)
}

// sample makes the next sample the present one; at the end it is 0.
//
//go:nocheckptr
//go:norace
func (r *ring) sample(f *Frame, d *drain, flags uint64) uint64 {
	for d.samples < maxSamples {
		prod, cons := atomic.LoadUint64(&r.prod), r.cons
		if prod%8 != 0 {
			r.drained(f, d, flags, bpf.EINVAL)
			return 0
		}
		if cons >= prod {
			break
		}
		record := r.recordAt(cons)
		word := atomic.LoadUint32((*uint32)(record))
		n := uint64(word & recordLength)
		total := recordSize(n)
		switch {
		case total > prod-cons:
			r.drained(f, d, flags, bpf.EINVAL)
			return 0
		case total > r.size, n > maxDynptr:
			r.drained(f, d, flags, bpf.E2BIG)
			return 0
		case word&recordDiscard != 0:
			atomic.StoreUint64(&r.cons, cons+total)
			d.samples++
			d.discarded++
			continue
		case word&recordBusy != 0:
			r.drained(f, d, flags, 0)
			return 0
		}
		d.samples++
		d.result, d.addr, d.size, d.off = n, uint64(uintptr(record))+recordHeader, uint32(n)|dynptrLocal, 0
		return uint64(uintptr(unsafe.Pointer(&d.addr)))
	}
	r.drained(f, d, flags, 0)
	return 0
}

// drained ends a drain.
func (r *ring) drained(f *Frame, d *drain, flags uint64, errno bpf.Errno) {
	d.result = uint64(d.samples - d.discarded)
	if errno != 0 {
		d.result = r.m.rules.HelperResult(errno)
	}
	f.dropDrain(r)
	atomic.StoreUint32(&r.busy, 0)
	if flags&ringForceWakeup != 0 || flags&ringNoWakeup == 0 && d.samples > 0 {
		r.wake()
	}
}

// RingWriter produces the samples of a user ring buffer, for programs to drain.
// A ring has one writer at a time; its methods can be called by many goroutines
// at once. Programs see samples in the order in which they were reserved.
type RingWriter struct {
	r    *ring
	m    *Map
	bell bell
	mu   sync.Mutex // of the producer's side of the ring
	wait sync.Mutex // of the bell: one goroutine waits
}

// NewRingWriter opens the writer of a user ring buffer.
//
// Errors: EINVAL for other maps, EBUSY when the ring has a writer, EPERM for a
// map that hosts may not write; os.ErrClosed.
func NewRingWriter(m *Map) (*RingWriter, error) {
	r, err := openRing(m, bpf.MapUserRingbuf, "new writer")
	if err != nil {
		return nil, err
	}
	return &RingWriter{r: r, m: m, bell: bell{signal: r.signal}}, nil
}

// Close ends the writer: calls that wait return an error that is os.ErrClosed,
// and so do later ones. Samples that were submitted stay. One that is reserved
// can still be submitted or discarded; programs see no later one before. A second
// call does nothing.
func (w *RingWriter) Close() error {
	if !w.bell.close() {
		return nil
	}
	w.mu.Lock()
	w.r.reader.Store(0)
	w.mu.Unlock()
	w.m.release()
	return nil
}

// SetDeadline is the time at which ReserveWait, also one that waits now, returns
// an error that is os.ErrDeadlineExceeded. The zero time is none.
func (w *RingWriter) SetDeadline(t time.Time) { w.bell.setDeadline(t) }

// Size is the size of the ring in bytes.
func (w *RingWriter) Size() int { return int(w.r.size) }

// Reserve takes space for a sample of n bytes and returns it. It is memory of
// the ring, with what was there before. Submit or Discard follows, of the same
// slice, by any goroutine.
//
// Errors: E2BIG for a sample that the ring can never hold, ENOSPC when there is
// no space now; os.ErrClosed.
func (w *RingWriter) Reserve(n int) ([]byte, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reserve(n)
}

//go:nocheckptr
func (w *RingWriter) reserve(n int) ([]byte, error) {
	r := w.r
	if w.bell.closed() {
		return nil, errClosed("writer of ring", w.m.name)
	}
	total := recordSize(uint64(n))
	if n < 0 || n > maxRecord || total > r.size {
		return nil, &MapError{w.m.name, "reserve", fmt.Sprintf("a sample of %d bytes, the ring has %d for it and its header", n, r.size), bpf.E2BIG}
	}
	if r.size-(r.prod-atomic.LoadUint64(&r.cons)) < total {
		return nil, &MapError{w.m.name, "reserve", fmt.Sprintf("no space for a sample of %d bytes; a program has to drain the ring", n), bpf.ENOSPC}
	}
	record := r.recordAt(r.prod)
	*(*uint64)(record) = uint64(n) | recordBusy
	storeRelease(&r.prod, r.prod+total)
	return unsafe.Slice((*byte)(unsafe.Add(record, recordHeader)), n), nil
}

// ReserveWait is Reserve that waits for programs to drain the ring when there is
// no space. A drain with BPF_RB_NO_WAKEUP does not end the wait. Errors: E2BIG;
// os.ErrClosed, os.ErrDeadlineExceeded.
func (w *RingWriter) ReserveWait(n int) ([]byte, error) {
	w.wait.Lock()
	defer w.wait.Unlock()
	for {
		sample, err := w.Reserve(n)
		if !isFull(err) {
			return sample, err
		}
		atomic.StoreUint32(&w.r.waiting, 1)
		if sample, err = w.Reserve(n); !isFull(err) { // see RingReader.next
			atomic.StoreUint32(&w.r.waiting, 0)
			return sample, err
		}
		err = w.bell.wait()
		atomic.StoreUint32(&w.r.waiting, 0)
		if err != nil {
			return nil, err
		}
	}
}

// isFull reports whether an error is ENOSPC of Reserve.
func isFull(err error) bool {
	e, ok := err.(*MapError) //nolint:errorlint // just made by Reserve
	return ok && e.Errno == bpf.ENOSPC
}

// Submit lets programs have a sample that Reserve returned. EINVAL for another
// slice.
func (w *RingWriter) Submit(sample []byte) error { return w.commit("submit", sample, false) }

// Discard lets programs skip a sample that Reserve returned. EINVAL for another
// slice.
func (w *RingWriter) Discard(sample []byte) error { return w.commit("discard", sample, true) }

//go:nocheckptr
func (w *RingWriter) commit(op string, sample []byte, discard bool) error {
	r := w.r
	addr := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(sample))))
	if off := addr - uint64(uintptr(r.data)); off%8 != 0 || off < recordHeader || off > r.size {
		return w.errNotReserved(op)
	}
	header := (*uint32)(ptr(addr - recordHeader))
	word := atomic.LoadUint32(header)
	if word&recordBusy == 0 || int(word&recordLength) != len(sample) {
		return w.errNotReserved(op)
	}
	word &= recordLength
	if discard {
		word |= recordDiscard
	}
	atomic.SwapUint32(header, word)
	return nil
}

func (w *RingWriter) errNotReserved(op string) error {
	return &MapError{w.m.name, op, "the slice is no sample that Reserve returned and that was not submitted", bpf.EINVAL}
}
