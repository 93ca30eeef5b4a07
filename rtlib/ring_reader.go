package rtlib

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// ErrFlushed is what a reader of a ring returns after Flush, when it has
// returned all records that were there.
var ErrFlushed = errors.New("flushed")

// RingReader consumes the records of a ring buffer, in the order in which
// programs reserved them. A ring has one reader at a time. Methods can be called
// by many goroutines at once; each record comes once.
type RingReader struct {
	r    *ring
	m    *Map
	bell bell

	mu      sync.Mutex  // of the consumer's side of the ring
	pending error       // of a wait, after the records that are there
	leased  atomic.Bool // a function of Read has a record
	over    bool        // the reader has let go of the ring
}

// NewRingReader opens the reader of a ring buffer.
//
// Errors: EINVAL for other maps, EBUSY when the ring has a reader, EPERM for a
// map that hosts may not read; os.ErrClosed.
func NewRingReader(m *Map) (*RingReader, error) {
	r, err := openRing(m, bpf.MapRingbuf, "new reader")
	if err != nil {
		return nil, err
	}
	return &RingReader{r: r, m: m, bell: bell{signal: r.signal}}, nil
}

// openRing takes the host's side of a ring for one owner, and holds the map.
func openRing(m *Map, typ bpf.MapType, op string) (*ring, error) {
	if m == nil {
		return nil, m.refuse(op, nil, noValue)
	}
	r, ok := m.ops.(*ring)
	switch {
	case !ok || m.spec.Type != typ:
		return nil, &MapError{m.name, op, fmt.Sprintf("the map has type %d, want %d", m.spec.Type, typ), bpf.EINVAL}
	case m.hostWriteOnly:
		return nil, m.refuseRead(op, nil, noValue)
	case !m.retain():
		return nil, errClosed("map", m.name)
	case !r.reader.CompareAndSwap(0, 1):
		m.release()
		return nil, &MapError{m.name, op, "the ring has a reader or writer already; close it first", bpf.EBUSY}
	}
	return r, nil
}

// Close ends the reader: calls that wait return an error that is os.ErrClosed,
// and so do later ones. Records that were not read stay for the next reader. A
// second call does nothing.
//
// While a function of Read has a record, which may be the one that calls Close,
// the ring has its reader until that function has returned.
func (rd *RingReader) Close() error {
	if !rd.bell.close() || rd.leased.Load() {
		return nil // give ends it: it looks after Close rang
	}
	rd.mu.Lock()
	rd.end()
	rd.mu.Unlock()
	return nil
}

// give gives the record back that a function of Read had. The reader is locked.
func (rd *RingReader) give(record []byte) {
	rd.r.consume(record)
	rd.leased.Store(false)
	if rd.bell.closed() {
		rd.end()
	}
}

// end lets go of the ring. The reader is locked.
func (rd *RingReader) end() {
	if !rd.over {
		rd.over = true
		rd.r.reader.Store(0)
		rd.m.release()
	}
}

// SetDeadline is the time at which a call that waits, also one that does now,
// returns an error that is os.ErrDeadlineExceeded, once the records that are
// there have been returned. The zero time is none.
func (rd *RingReader) SetDeadline(t time.Time) { rd.bell.setDeadline(t) }

// Flush lets a call that waits, or the next one that would, return ErrFlushed,
// once the records that are there have been returned.
func (rd *RingReader) Flush() error {
	if !rd.bell.flush() {
		return rd.errClosed()
	}
	return nil
}

// Size is the size of the ring in bytes.
func (rd *RingReader) Size() int { return int(rd.r.size) }

// Available is how many bytes of the ring records have that were not read,
// their headers and those that are not committed included.
func (rd *RingReader) Available() int { return int(rd.r.avail()) }

func (rd *RingReader) errClosed() error { return errClosed("reader of ring", rd.m.name) }

// Read calls f with the next record, once there is one. The bytes are memory of
// the ring, without a copy: they must not be kept or used after f, when their
// space is given to programs again. remaining is how many bytes of records
// follow in the ring.
//
// The error is that of f, or one that is os.ErrClosed, os.ErrDeadlineExceeded or
// ErrFlushed. f must not call Read of this reader, which would wait for f.
func (rd *RingReader) Read(f func(record []byte, remaining int) error) error {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	record, remaining, err := rd.next()
	if err != nil {
		return err
	}
	rd.leased.Store(true)
	defer rd.give(record)
	return f(record, remaining)
}

// ReadInto appends the next record to buf[:0] and returns it, with the bytes of
// records that remain in the ring. Errors as Read.
func (rd *RingReader) ReadInto(buf []byte) ([]byte, int, error) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	record, remaining, err := rd.next()
	if err != nil {
		return buf, 0, err
	}
	buf = append(buf[:0], record...)
	rd.r.consume(record)
	return buf, remaining, nil
}

// next waits for a record. The reader is locked.
func (rd *RingReader) next() ([]byte, int, error) {
	for {
		if rd.bell.closed() {
			return nil, 0, rd.errClosed()
		}
		record, remaining, err := rd.r.front()
		if record != nil || err != nil {
			return record, remaining, err
		}
		if err := rd.pending; err != nil {
			rd.pending = nil
			return nil, 0, err
		}
		atomic.StoreUint32(&rd.r.waiting, 1)
		// The store is a full barrier: this look sees what a producer has
		// committed that did not see the store.
		if record, _, err := rd.r.front(); record == nil && err == nil {
			rd.pending = rd.bell.wait()
		}
		atomic.StoreUint32(&rd.r.waiting, 0)
	}
}

// none is a record of no bytes: front's nil says that there is no record.
var none = [0]byte{}

// front is the next record, which stays in the ring, and how many bytes of
// records follow it; nil when there is none that was committed. Discarded
// records are given back.
//
// The error is one of memory that somebody else wrote to: a record that is
// longer than what the producer has taken.
//
//go:nocheckptr
//go:norace
func (r *ring) front() ([]byte, int, error) {
	cons := r.cons
	prod := atomic.LoadUint64(&r.prod)
	for cons != prod {
		record := r.recordAt(cons)
		word := atomic.LoadUint32((*uint32)(record))
		if word&recordBusy != 0 {
			return nil, 0, nil
		}
		n := uint64(word & recordLength)
		end := cons + recordSize(n)
		if left := prod - cons; left > r.size || end-cons > left {
			return nil, 0, fmt.Errorf("ring %q: the record at position %d has %d bytes, %d are left: %w", r.m.name, cons, n, left, io.ErrUnexpectedEOF)
		}
		if word&recordDiscard == 0 {
			if n == 0 {
				return none[:], int(prod - end), nil
			}
			return unsafe.Slice((*byte)(unsafe.Add(record, recordHeader)), int(n)), int(prod - end), nil
		}
		storeRelease(&r.cons, end)
		cons = end
	}
	return nil, 0, nil
}

// consume gives the space of the record that front returned to the producers.
func (r *ring) consume(record []byte) { storeRelease(&r.cons, r.cons+recordSize(uint64(len(record)))) }

// bell is how a reader waits: for producers, a deadline, a flush or its end. It
// takes no goroutine and, when it waits, no processor.
type bell struct {
	signal chan struct{} // room for one; everybody who changes something sends

	mu       sync.Mutex
	deadline time.Time
	timer    *time.Timer // made by the first wait with a deadline
	flushed  bool
	ended    atomic.Bool
}

// ring wakes who waits.
func (b *bell) ring() {
	select {
	case b.signal <- struct{}{}:
	default:
	}
}

// close ends all waits; false when they were ended before.
func (b *bell) close() bool {
	if !b.ended.CompareAndSwap(false, true) {
		return false
	}
	b.ring()
	return true
}

func (b *bell) closed() bool { return b.ended.Load() }

func (b *bell) setDeadline(t time.Time) {
	b.mu.Lock()
	b.deadline = t
	b.mu.Unlock()
	b.ring()
}

func (b *bell) flush() bool {
	if b.closed() {
		return false
	}
	b.mu.Lock()
	b.flushed = true
	b.mu.Unlock()
	b.ring()
	return true
}

// wait waits once: until somebody rings, which gives nil and a reason to look
// again, or until there is an error. One goroutine waits at a time.
func (b *bell) wait() error {
	b.mu.Lock()
	flushed, deadline := b.flushed, b.deadline
	b.flushed = false
	b.mu.Unlock()
	if flushed {
		return ErrFlushed
	}
	if deadline.IsZero() {
		<-b.signal
		return nil
	}
	left := time.Until(deadline)
	if left <= 0 {
		return os.ErrDeadlineExceeded
	}
	if b.timer == nil {
		b.timer = time.NewTimer(left)
	} else {
		b.timer.Reset(left)
	}
	select {
	case <-b.signal:
		b.timer.Stop()
		return nil
	case <-b.timer.C:
		return os.ErrDeadlineExceeded
	}
}
