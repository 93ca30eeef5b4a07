package ringbuf

import (
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// Errors to test for with errors.Is.
var (
	// ErrClosed: the reader or writer was closed.
	ErrClosed = os.ErrClosed
	// ErrFlushed: Flush was called, and the records that were there have been
	// returned.
	ErrFlushed = rtlib.ErrFlushed
)

// Record is what a program has submitted at once.
type Record struct {
	RawSample []byte
	// Remaining is how many bytes of records followed in the ring when this one
	// was read, at least: headers, padding and records that are not committed
	// count.
	Remaining int
}

// Reader reads the records of a ring buffer. Its methods can be called by many
// goroutines at once; each record is returned once.
type Reader struct{ rt *rtlib.RingReader }

// NewReader opens the reader of a ring buffer. The map stays open until the
// reader is closed. The error wraps syscall.EINVAL for other maps and
// syscall.EBUSY when the ring has a reader, or os.ErrClosed.
func NewReader(ringbufMap *ebpf.Map) (*Reader, error) {
	if ringbufMap == nil {
		return nil, fmt.Errorf("new reader: the map is nil; load it with LoadAndAssign: %w", os.ErrInvalid)
	}
	held, err := ringbufMap.Clone() // an error for a handle that is closed
	if err != nil {
		return nil, fmt.Errorf("new reader: %w", err)
	}
	defer held.Close() //nolint:errcheck // the reader holds the map, or nobody needs it
	rt, err := rtlib.NewRingReader(held.Runtime())
	if err != nil {
		return nil, err
	}
	return &Reader{rt}, nil
}

// Close ends the reader. Calls of Read that wait return ErrClosed. A second
// call does nothing. It can be called while a record is leased, also by who has
// it; another reader can be opened once that one is given back.
func (r *Reader) Close() error { return r.rt.Close() }

// SetDeadline is until when Read waits for records, also one that waits now. The
// zero time is for ever.
func (r *Reader) SetDeadline(t time.Time) { r.rt.SetDeadline(t) }

// Read returns a copy of the next record. It waits for one.
//
// Errors: ErrClosed; os.ErrDeadlineExceeded after the deadline and ErrFlushed
// after Flush, once all records that are there have been returned.
func (r *Reader) Read() (Record, error) {
	var rec Record
	err := r.ReadInto(&rec)
	return rec, err
}

// ReadInto is Read into a record whose bytes are used again when they are
// enough.
func (r *Reader) ReadInto(rec *Record) error {
	var err error
	rec.RawSample, rec.Remaining, err = r.rt.ReadInto(rec.RawSample)
	return err
}

// ReadLease calls f with the next record as it lies in the ring. The bytes must
// not be used when f has returned: their space is then given to programs again.
// While f runs, programs go on writing behind the record. f must not call
// methods of the reader that read, which would wait for f. Errors as Read, and
// what f returns.
func (r *Reader) ReadLease(f func(Record) error) error {
	return r.rt.Read(func(sample []byte, remaining int) error { return f(Record{sample, remaining}) })
}

// Records iterates over records as they lie in the ring, as ReadLease gives
// them: the bytes of one must not be used in the next turn. An error, of those
// of Read, is the last turn.
func (r *Reader) Records() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		more := true
		turn := func(sample []byte, remaining int) error {
			more = yield(Record{sample, remaining}, nil)
			return nil
		}
		for more {
			if err := r.rt.Read(turn); err != nil {
				yield(Record{}, err)
				return
			}
		}
	}
}

// BufferSize is the size of the ring in bytes.
func (r *Reader) BufferSize() int { return r.rt.Size() }

// Flush lets a Read that waits, or the next one that would, return ErrFlushed
// once all records that are there have been returned, also those that were
// submitted with BPF_RB_NO_WAKEUP.
func (r *Reader) Flush() error { return r.rt.Flush() }

// AvailableBytes is how many bytes of the ring records have that were not read.
func (r *Reader) AvailableBytes() int { return r.rt.Available() }
