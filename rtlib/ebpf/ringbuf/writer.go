package ringbuf

import (
	"fmt"
	"os"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// Writer writes the samples of a user ring buffer. Programs get them in the
// order in which they were reserved. Its methods can be called by many
// goroutines at once.
type Writer struct{ rt *rtlib.RingWriter }

// NewWriter opens the writer of a user ring buffer. The map stays open until the
// writer is closed. The error wraps syscall.EINVAL for other maps and
// syscall.EBUSY when the ring has a writer, or os.ErrClosed.
func NewWriter(userRingbuf *ebpf.Map) (*Writer, error) {
	if userRingbuf == nil {
		return nil, fmt.Errorf("new writer: the map is nil; load it with LoadAndAssign: %w", os.ErrInvalid)
	}
	held, err := userRingbuf.Clone() // an error for a handle that is closed
	if err != nil {
		return nil, fmt.Errorf("new writer: %w", err)
	}
	defer held.Close() //nolint:errcheck // the writer holds the map, or nobody needs it
	rt, err := rtlib.NewRingWriter(held.Runtime())
	if err != nil {
		return nil, err
	}
	return &Writer{rt}, nil
}

// Close ends the writer. Calls of ReserveWait that wait return ErrClosed. Samples
// that were submitted stay in the ring. A second call does nothing.
func (w *Writer) Close() error { return w.rt.Close() }

// Reserve takes size bytes of the ring for a sample and returns them. Submit or
// Discard of the same slice follows. Until then programs see no later sample.
// The error wraps syscall.E2BIG when the ring can never have the sample,
// syscall.ENOSPC when it has no space now, or is ErrClosed.
func (w *Writer) Reserve(size int) ([]byte, error) { return w.rt.Reserve(size) }

// ReserveWait is Reserve that waits for a program to drain the ring when it has
// no space now. After the deadline the error is os.ErrDeadlineExceeded.
func (w *Writer) ReserveWait(size int) ([]byte, error) { return w.rt.ReserveWait(size) }

// SetDeadline is until when ReserveWait waits, also one that waits now. The zero
// time is for ever.
func (w *Writer) SetDeadline(t time.Time) { w.rt.SetDeadline(t) }

// Submit lets programs have a sample of Reserve. The error wraps syscall.EINVAL
// for other slices.
func (w *Writer) Submit(sample []byte) error { return w.rt.Submit(sample) }

// Discard lets programs skip a sample of Reserve. The error wraps
// syscall.EINVAL for other slices.
func (w *Writer) Discard(sample []byte) error { return w.rt.Discard(sample) }

// Write reserves and submits a copy of sample. Errors as Reserve.
func (w *Writer) Write(sample []byte) (int, error) {
	space, err := w.rt.Reserve(len(sample))
	if err != nil {
		return 0, err
	}
	copy(space, sample)
	return len(sample), w.rt.Submit(space)
}

// BufferSize is the size of the ring in bytes.
func (w *Writer) BufferSize() int { return w.rt.Size() }
