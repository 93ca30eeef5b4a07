package perf

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// Errors to test for with errors.Is.
var (
	// ErrClosed: the reader was closed.
	ErrClosed = os.ErrClosed
	// ErrFlushed: Flush was called, and the records that were there have been
	// returned.
	ErrFlushed = rtlib.ErrFlushed
)

// Record is a sample, or a number of lost samples.
type Record struct {
	// CPU is the one that the program ran on.
	CPU int
	// RawSample is what the program gave, followed by up to 7 bytes of padding,
	// which are 0: the length of a record has it so, as in the kernel. Arrays
	// with the rules of Windows have no padding.
	RawSample []byte
	// LostSamples, when it is not 0, is how many samples found the ring full
	// since the record before; there is no sample then.
	LostSamples uint64
	// Remaining is how many bytes of records followed in the ring of the CPU
	// when this one was read, at least. It is negative for rings that are
	// overwritten.
	Remaining int
}

// ReaderOptions are choices of a Reader. The zero value wakes it for each
// sample.
type ReaderOptions struct {
	// WakeupEvents is how many samples of a CPU wake the reader.
	WakeupEvents int
	// Watermark is how many bytes in the ring of a CPU have to be exceeded to
	// wake the reader. It excludes WakeupEvents.
	Watermark int
	// Overwritable: when a ring is full, new samples replace the oldest. The
	// reader has to be paused to read, newest sample first.
	Overwritable bool
}

// Reader reads the samples of a perf event array. Its methods can be called by
// many goroutines at once; each record is returned once.
type Reader struct{ rt *rtlib.PerfReader }

// NewReader is NewReaderWithOptions without options.
func NewReader(array *ebpf.Map, perCPUBuffer int) (*Reader, error) {
	return NewReaderWithOptions(array, perCPUBuffer, ReaderOptions{})
}

// NewReaderWithOptions opens the reader of a perf event array. perCPUBuffer is
// the size of each ring in bytes, rounded up to a power of two that is a multiple
// of 4096; arrays with the rules of Windows have their own. The map stays open
// until the reader is closed.
//
// The error wraps syscall.EINVAL for other maps and options, syscall.EBUSY when
// the array has a reader, ebpf.ErrNotSupported for options with the rules of
// Windows, os.ErrClosed for a handle that is closed.
func NewReaderWithOptions(array *ebpf.Map, perCPUBuffer int, opts ReaderOptions) (*Reader, error) {
	if array == nil {
		return nil, fmt.Errorf("new reader: the map is nil; load it with LoadAndAssign: %w", os.ErrInvalid)
	}
	held, err := array.Clone() // an error for a handle that is closed
	if err != nil {
		return nil, fmt.Errorf("new reader: %w", err)
	}
	defer held.Close() //nolint:errcheck // the reader holds the map, or nobody needs it
	rt, err := rtlib.NewPerfReader(held.Runtime(), rtlib.PerfOptions{
		Bytes: perCPUBuffer, Events: opts.WakeupEvents, Watermark: opts.Watermark, Overwrite: opts.Overwritable,
	})
	if err != nil {
		return nil, err
	}
	return &Reader{rt}, nil
}

// Close ends the reader. Calls of Read that wait return ErrClosed, and output of
// programs is ENOENT again. A second call does nothing.
func (pr *Reader) Close() error { return pr.rt.Close() }

// SetDeadline is until when Read waits for records, also one that waits now. The
// zero time is for ever.
func (pr *Reader) SetDeadline(t time.Time) { pr.rt.SetDeadline(t) }

// Read returns a copy of the next record. It waits until a CPU has as many as
// the options ask for, and then returns all that are there.
//
// Errors: ErrClosed; os.ErrDeadlineExceeded after the deadline and ErrFlushed
// after Flush, once all records that are there have been returned;
// rtlib.ErrNotPaused for rings that are overwritten.
func (pr *Reader) Read() (Record, error) {
	var rec Record
	err := pr.ReadInto(&rec)
	return rec, err
}

// ReadInto is Read into a record whose bytes are used again when they are
// enough.
func (pr *Reader) ReadInto(rec *Record) error {
	rt := rtlib.PerfRecord{Sample: rec.RawSample}
	err := pr.rt.ReadInto(&rt)
	*rec = Record{rt.CPU, rt.Sample, rt.Lost, rt.Remaining}
	return err
}

// ReadLease calls f with the next record as it lies in the ring. The bytes must
// not be used when f has returned: their space is then given to programs again.
// f must not call methods of the reader that read, which would wait for f. Errors
// as Read, and what f returns.
func (pr *Reader) ReadLease(f func(Record) error) error {
	return pr.rt.Read(func(rt *rtlib.PerfRecord) error {
		return f(Record{rt.CPU, rt.Sample, rt.Lost, rt.Remaining})
	})
}

// Pause takes the rings out of the array: output of programs is ENOENT until
// Resume. What is in the rings can be read. The error wraps
// ebpf.ErrNotSupported with the rules of Windows, or is ErrClosed.
func (pr *Reader) Pause() error { return pr.rt.Pause() }

// Resume puts the rings into the array again.
func (pr *Reader) Resume() error { return pr.rt.Resume() }

// BufferSize is the size of each ring in bytes.
func (pr *Reader) BufferSize() int { return pr.rt.Size() }

// Flush lets a Read that waits, or the next one that would, return ErrFlushed
// once all records that are there have been returned.
func (pr *Reader) Flush() error { return pr.rt.Flush() }

// IsUnknownEvent reports whether an error is about a record of an unknown type
// in a ring. Programs cannot write such records.
func IsUnknownEvent(err error) bool { return errors.Is(err, rtlib.ErrUnknownEvent) }
