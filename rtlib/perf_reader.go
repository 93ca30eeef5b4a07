package rtlib

import (
	"errors"
	"fmt"
	"io"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// ErrNotPaused is returned by reads of rings that are overwritten while programs
// may write to them.
var ErrNotPaused = errors.New("pause the reader before it reads rings that are overwritten")

// ErrUnknownEvent is wrapped by the error of a record that is neither a sample
// nor a number of lost samples. Programs cannot write such records.
var ErrUnknownEvent = errors.New("unknown type of record")

// PerfOptions are choices of a PerfReader.
type PerfOptions struct {
	// Bytes is the size of each CPU's ring. It is rounded up to a power of two
	// that is a multiple of 4096. With Windows' rules the size is the map's.
	Bytes int
	// Events is how many samples of a CPU wake the reader, Watermark how many
	// bytes have to be exceeded. One of them is 0; when both are, each sample
	// does.
	Events, Watermark int
	// Overwrite: new samples replace the oldest ones. Records are read from the
	// newest to the oldest, while the reader is paused.
	Overwrite bool
}

// PerfRecord is a sample or a number of lost samples.
type PerfRecord struct {
	CPU       int
	Sample    []byte // memory of the ring
	Lost      uint64 // not 0: Sample is nil, so many were lost before the next one
	Remaining int    // bytes of the CPU's ring that were not read; -1 when it is overwritten
}

// PerfReader reads the samples of a perf event array. An array has one reader at
// a time. Methods can be called by many goroutines at once; each record comes
// once, those of one CPU in order.
type PerfReader struct {
	a         *perfArray
	m         *Map
	bell      bell
	rings     []*perfRing // by CPU
	overwrite bool

	mu      sync.Mutex  // of the consumer's side of the rings
	at      int         // ring that is read; len(rings) when all were
	pending error       // of a wait, after the records that are there
	rec     PerfRecord  // of Read
	leased  atomic.Bool // a function of Read has a record
	over    bool        // the reader has let go of the array

	pauseMu sync.Mutex
	paused  bool
}

// NewPerfReader makes rings for the CPUs of the map and installs them.
//
// Errors: EINVAL for other maps and options, EBUSY when the array has a reader,
// EPERM for a map that hosts may not read; os.ErrClosed. With Windows' rules
// options but Bytes wrap bpf.ErrUnsupported.
func NewPerfReader(m *Map, opts PerfOptions) (*PerfReader, error) {
	const op = "new reader"
	if m == nil {
		return nil, m.refuse(op, nil, noValue)
	}
	a, ok := m.ops.(*perfArray)
	switch {
	case !ok:
		return nil, &MapError{m.name, op, fmt.Sprintf("the map has type %d, not a perf event array", m.spec.Type), bpf.EINVAL}
	case opts.Bytes < 1 || opts.Bytes > 1<<30:
		return nil, &MapError{m.name, op, fmt.Sprintf("rings of %d bytes; 1 to 2^30 are possible", opts.Bytes), bpf.EINVAL}
	case opts.Events < 0 || opts.Watermark < 0 || opts.Events > 0 && opts.Watermark > 0:
		return nil, &MapError{m.name, op, "events and a watermark exclude each other", bpf.EINVAL}
	case m.rules.PerfArrayBytes && (opts.Events > 0 || opts.Watermark > 0 || opts.Overwrite):
		return nil, fmt.Errorf("map %q: %s: rings of Windows wake for each sample and are not overwritten: %w", m.name, op, bpf.ErrUnsupported)
	case m.hostWriteOnly:
		return nil, m.refuseRead(op, nil, noValue)
	case !m.retain():
		return nil, errClosed("map", m.name)
	}
	p := &PerfReader{a: a, m: m, bell: bell{signal: a.signal}, overwrite: opts.Overwrite, paused: true}
	if !p.take() {
		m.release()
		return nil, &MapError{m.name, op, "the array has a reader already; close it first", bpf.EBUSY}
	}
	p.makeRings(opts)
	p.at = len(p.rings)
	if m.rules.PerfArrayBytes {
		p.at, p.paused = 0, false // rings may have samples already
		return p, nil
	}
	return p, p.Resume()
}

// take makes p the array's reader.
func (p *PerfReader) take() bool {
	p.a.mu.Lock()
	defer p.a.mu.Unlock()
	if p.a.reader != nil {
		return false
	}
	p.a.reader = p
	return true
}

// makeRings makes the rings, or takes those of Windows.
func (p *PerfReader) makeRings(opts PerfOptions) {
	if p.m.rules.PerfArrayBytes {
		for i := range p.a.rings {
			p.rings = append(p.rings, p.a.rings[i].Load())
		}
		return
	}
	size := uint64(ringPage)
	if opts.Bytes > ringPage {
		size = 1 << bits.Len64(uint64(opts.Bytes-1))
	}
	p.rings = make([]*perfRing, min(p.m.max, uint64(len(p.a.rings))))
	for i := range p.rings {
		r := newPerfRing(size)
		r.events, r.watermark, r.backward = uint64(opts.Events), min(max(1, uint64(opts.Watermark)), size), opts.Overwrite
		p.rings[i] = r
	}
}

// Close ends the reader: its rings leave the array, calls that wait return an
// error that is os.ErrClosed, and so do later ones. A second call does nothing.
//
// While a function of Read has a record, which may be the one that calls Close,
// the array has its reader until that function has returned.
func (p *PerfReader) Close() error {
	if !p.bell.close() || p.leased.Load() {
		return nil // give ends it: it looks after Close rang
	}
	p.mu.Lock()
	p.end()
	p.mu.Unlock()
	return nil
}

// give gives the record back that a function of Read had. The reader is locked.
func (p *PerfReader) give(r *perfRing, end uint64) {
	r.consume(end)
	p.leased.Store(false)
	if p.bell.closed() {
		p.end()
	}
}

// end lets go of the array. The reader is locked.
func (p *PerfReader) end() {
	if p.over {
		return
	}
	p.over = true
	p.pauseMu.Lock()
	p.install(false)
	p.pauseMu.Unlock()
	p.a.mu.Lock()
	p.a.reader = nil
	p.a.mu.Unlock()
	p.m.release()
}

// install puts the rings into their slots or takes them out.
func (p *PerfReader) install(in bool) {
	if p.m.rules.PerfArrayBytes {
		return
	}
	for i, r := range p.rings {
		if in {
			p.a.rings[i].Store(r)
		} else {
			p.a.rings[i].CompareAndSwap(r, nil)
		}
	}
}

// Pause takes the rings out of the array: output of programs is ENOENT until
// Resume. What is in the rings can be read. With Windows' rules the error wraps
// bpf.ErrUnsupported.
func (p *PerfReader) Pause() error { return p.setPaused(true) }

// Resume installs the rings again.
func (p *PerfReader) Resume() error { return p.setPaused(false) }

func (p *PerfReader) setPaused(paused bool) error {
	p.pauseMu.Lock()
	defer p.pauseMu.Unlock()
	switch {
	case p.bell.closed():
		return p.errClosed()
	case p.m.rules.PerfArrayBytes:
		return fmt.Errorf("map %q: rings of Windows cannot be taken out of the array: %w", p.m.name, bpf.ErrUnsupported)
	}
	p.install(!paused)
	p.paused = paused
	return nil
}

// SetDeadline is the time at which a call that waits, also one that does now,
// returns an error that is os.ErrDeadlineExceeded, once the records that are
// there have been returned. The zero time is none.
func (p *PerfReader) SetDeadline(t time.Time) { p.bell.setDeadline(t) }

// Flush lets a call that waits, or the next one that would, return ErrFlushed,
// once the records that are there have been returned, also those that are too few
// to wake the reader.
func (p *PerfReader) Flush() error {
	if !p.bell.flush() {
		return p.errClosed()
	}
	return nil
}

// Size is the size of each ring in bytes.
func (p *PerfReader) Size() int { return int(p.rings[0].size) }

func (p *PerfReader) errClosed() error { return errClosed("reader of perf event array", p.m.name) }

// Read calls f with the next record, once there is one. Its sample is memory of
// the ring, without a copy, unless the ring is overwritten: it must not be kept
// or used after f, when its space is given to programs again.
//
// The error is that of f, or one that is os.ErrClosed, os.ErrDeadlineExceeded,
// ErrFlushed or ErrNotPaused. f must not call Read of this reader, which would
// wait for f.
func (p *PerfReader) Read(f func(*PerfRecord) error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, end, err := p.next(&p.rec)
	if err != nil {
		return err
	}
	p.leased.Store(true)
	defer p.give(r, end)
	return f(&p.rec)
}

// ReadInto reads the next record into rec, whose Sample is used again when it is
// large enough. Errors as Read.
func (p *PerfReader) ReadInto(rec *PerfRecord) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	buf := rec.Sample
	r, end, err := p.next(rec)
	if err != nil {
		rec.Sample = buf
		return err
	}
	rec.Sample = append(buf[:0], rec.Sample...)
	r.consume(end)
	return nil
}

// next waits for a record: its ring and the position behind it. The reader is
// locked.
func (p *PerfReader) next(rec *PerfRecord) (*perfRing, uint64, error) {
	for {
		if p.bell.closed() {
			return nil, 0, p.errClosed()
		}
		if p.overwrite && !p.isPaused() {
			return nil, 0, ErrNotPaused
		}
		for ; p.at < len(p.rings); p.at++ {
			r := p.rings[p.at]
			end, err := r.front(rec)
			if err != nil {
				return nil, 0, fmt.Errorf("perf event array %q: CPU %d: %w", p.m.name, p.at, err)
			}
			if end != r.tail || rec.Lost != 0 {
				rec.CPU = p.at
				return r, end, nil
			}
		}
		if err := p.pending; err != nil {
			p.pending = nil
			return nil, 0, err
		}
		p.wait()
	}
}

func (p *PerfReader) isPaused() bool {
	p.pauseMu.Lock()
	defer p.pauseMu.Unlock()
	return p.paused
}

// wait waits until producers have written what the reader asked for, or there
// is another reason to look at all rings.
func (p *PerfReader) wait() {
	a := p.a
	atomic.StoreUint32(&a.waiting, 1)
	// The store is a full barrier, see perf.go.
	if atomic.SwapUint32(&a.ready, 0) == 0 {
		p.pending = p.bell.wait()
		atomic.StoreUint32(&a.waiting, 0)
		if atomic.SwapUint32(&a.ready, 0) == 0 && p.pending == nil {
			return
		}
	}
	atomic.StoreUint32(&a.waiting, 0)
	p.at = 0
	if p.overwrite {
		for _, r := range p.rings {
			r.rewind()
		}
	}
}

// front is the next record, which stays in the ring, and the position behind it:
// tail when there is none.
//
//go:nocheckptr
//go:norace
func (r *perfRing) front(rec *PerfRecord) (uint64, error) {
	*rec = PerfRecord{}
	if r.backward {
		return r.newest(rec), nil
	}
	head := atomic.LoadUint64(&r.head)
	left := head - r.tail
	if r.plain {
		return r.frontPlain(rec, left)
	}
	if left == 0 {
		return r.tail, nil
	}
	record := r.recordAt(r.tail)
	word := *(*uint64)(record)
	size := word >> 48
	if left < perfHeader || size < perfHeader+perfLength || size%8 != 0 || size > left || left > r.size {
		return 0, fmt.Errorf("record of %d bytes, %d are left: %w", size, left, io.ErrUnexpectedEOF)
	}
	rec.Remaining = int(left - size)
	switch uint32(word) {
	case perfLost:
		rec.Lost = (*[3]uint64)(record)[2]
	case perfSample:
		n := uint64(*(*uint32)(unsafe.Add(record, perfHeader)))
		if n > size-perfHeader-perfLength {
			return 0, fmt.Errorf("sample of %d bytes in a record of %d: %w", n, size, io.ErrUnexpectedEOF)
		}
		rec.Sample = unsafe.Slice((*byte)(unsafe.Add(record, perfHeader+perfLength)), int(n))
	default:
		return 0, fmt.Errorf("record of type %d: %w", uint32(word), ErrUnknownEvent)
	}
	return r.tail + size, nil
}

// frontPlain is front for a ring of Windows. What was lost comes when the
// samples before it have been read.
//
//go:nocheckptr
//go:norace
func (r *perfRing) frontPlain(rec *PerfRecord, left uint64) (uint64, error) {
	if left == 0 {
		lost := atomic.LoadUint64(&r.lost)
		rec.Lost, r.said = lost-r.said, lost
		return r.tail, nil
	}
	record := r.recordAt(r.tail)
	n := *(*uint64)(record) & recordLength
	total := recordSize(n)
	if total > left || left > r.size {
		return 0, fmt.Errorf("record of %d bytes, %d are left: %w", total, left, io.ErrUnexpectedEOF)
	}
	rec.Remaining = int(left - total)
	rec.Sample = unsafe.Slice((*byte)(unsafe.Add(record, recordHeader)), int(n))
	return r.tail + total, nil
}

// rewind lets the reader of a ring that is overwritten begin at the newest
// record, and end where it began the last time, or where records are overwritten.
func (r *perfRing) rewind() {
	head := atomic.LoadUint64(&r.head)
	r.limit = r.from
	if r.limit-head > r.size {
		r.limit = head + r.size
	}
	r.tail, r.from = head, head
}

// newest is front for a ring that is overwritten. It copies the record and then
// looks whether a producer has begun to write over it.
//
//go:nocheckptr
//go:norace
func (r *perfRing) newest(rec *PerfRecord) uint64 {
	if r.tail == r.limit {
		return r.tail
	}
	record := r.recordAt(r.tail)
	word := *(*uint64)(record)
	size := word >> 48
	if size < perfHeader+perfLength || size%8 != 0 || size > r.limit-r.tail || uint32(word) != perfSample {
		r.limit = r.tail // what follows is overwritten
		return r.tail
	}
	n := uint64(*(*uint32)(unsafe.Add(record, perfHeader)))
	n = min(n, size-perfHeader-perfLength)
	r.whole = append(r.whole[:0], unsafe.Slice((*byte)(unsafe.Add(record, perfHeader+perfLength)), int(n))...)
	end := r.tail + size
	// The addition is a full barrier: the copy is before it.
	if end-atomic.AddUint64(&r.claim, 0) > r.size {
		r.limit = r.tail
		return r.tail
	}
	rec.Sample, rec.Remaining = r.whole, -1
	return end
}

// consume gives the space before a position to the producer.
func (r *perfRing) consume(end uint64) { storeRelease(&r.tail, end) }
