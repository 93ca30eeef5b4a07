package rtlib

// Perf event arrays: one ring for each CPU, into which programs on that CPU
// copy samples, and from which one reader takes them. A CPU is an execution
// slot, which one goroutine has at a time, so a ring has one producer and needs
// no lock.
//
// With Linux' rules the rings are the reader's: it installs them in the slots of
// the array, and without it output is ENOENT. With Windows' rules each CPU has a
// ring of max_entries bytes from the start.
//
//	Linux:   u32 type = 9 │ u16 misc │ u16 size │ u32 length │ bytes …  (size)
//	         u32 type = 2 │ u16 misc │ u16 size │ u64 id     │ u64 lost (24 bytes)
//	Windows: u32 length │ u32 page │ bytes …                            (ring.go)
//
// Records begin at multiples of 8. The length of a sample includes the padding
// behind it, as in the kernel, but here the padding is zero. A sample that does
// not fit is counted. With Linux' rules the count is a record in front of the
// next sample that fits; with Windows' rules the reader asks for it. Free space
// is what the kernel finds (CIRC_SPACE in kernel/events/ring_buffer.c): a ring is
// never full to the last byte.
//
// As in ring.go the memory is twice the size of the ring instead of a ring that
// is mapped twice, so every record is in one piece.
//
// # Order and waking
//
// The producer writes the record and then exchanges head, a full barrier. When
// the reader has asked to be woken for this much (watermark, events), the
// producer sets ready, and wakes the reader if it waits. The reader sets waiting
// and then takes ready, so one of them sees the other (Dekker). Bytes are read
// before tail is stored, and tail is loaded before bytes are written.
//
// A ring that is overwritten is written from its end to its start, so that the
// newest record is at head and the older ones follow. (A sample that is longer
// than the ring finds no room; the kernel writes it over itself.) Who reads it, reads while
// it is not installed; a producer that was under way has moved claim before it
// writes, so a record is whole when claim, loaded after the copy, is no more than
// the size of the ring before the record's end.

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Numbers of linux/bpf.h and linux/perf_event.h.
const (
	perfIndex      = 1<<32 - 1         // BPF_F_INDEX_MASK
	perfCurrentCPU = perfIndex         // BPF_F_CURRENT_CPU
	perfContext    = (1<<20 - 1) << 32 // BPF_F_CTXLEN_MASK
	perfContextBit = 32

	perfLost   = 2 // PERF_RECORD_LOST
	perfSample = 9 // PERF_RECORD_SAMPLE
	perfUser   = 2 // PERF_RECORD_MISC_USER

	perfHeader   = 8 // bytes of struct perf_event_header
	perfLength   = 4 // bytes of the length of a sample
	perfLostSize = 24
	// maxPerfRecord is the largest size that a header can have.
	maxPerfRecord = 1<<16 - 8

	perfValueSize = 24 // bytes of struct bpf_perf_event_value
)

// perfArray is the implementation of perf event arrays.
type perfArray struct {
	refuses
	rings []atomic.Pointer[perfRing] // by CPU

	mu     sync.Mutex
	reader *PerfReader // who installed the rings; nil when there is none

	signal  chan struct{} // wakes the reader, room for one
	ready   uint32        // 1: a ring has what the reader asked for
	waiting uint32        // 1: the reader sleeps or is about to
}

// perfRing is the ring of one CPU.
type perfRing struct {
	data     unsafe.Pointer // first of 2*size bytes
	mask     uint64         // size - 1
	size     uint64         // bytes
	plain    bool           // records of Windows
	backward bool           // overwritten, from the end to the start
	// How much wakes the reader: more than so many bytes, or so many samples.
	watermark, events uint64

	_     [128]byte
	head  uint64 // position behind the last record; of the last when backward
	claim uint64 // backward: head as it will be
	woken uint64 // position of the last wake, in steps of watermark
	count uint64 // samples since the last wake
	lost  uint64 // Linux: since the last record of it; Windows: ever

	_    [128]byte
	tail uint64 // position of the next record to read
	said uint64 // Windows: lost samples that the reader has said
	// Backward: where the newest record was when the reader looked last, and
	// the position at which it ends.
	from, limit uint64
	whole       []byte // the bytes of a record that may be overwritten
	_           [72]byte
}

// newPerfArray makes the slots and, with Windows' rules, the rings.
func newPerfArray(m *Map) operations {
	a := &perfArray{refuses: refuses{m}, rings: make([]atomic.Pointer[perfRing], len(m.domain.cells)), signal: make(chan struct{}, 1)}
	if m.rules.PerfArrayBytes {
		for i := range a.rings {
			r := newPerfRing(m.max)
			r.plain, r.watermark = true, 1
			a.rings[i].Store(r)
		}
	}
	return a
}

// newPerfRing makes a ring of size bytes, a power of two.
func newPerfRing(size uint64) *perfRing {
	words := make([]uint64, 2*size/8)
	return &perfRing{data: unsafe.Pointer(&words[0]), mask: size - 1, size: size}
}

// refusePerf says what is wrong with the sizes of a perf event array.
func refusePerf(s *MapSpec, rules *bpf.Rules) (string, bpf.Errno) {
	size := uint32(4)
	if rules.PerfArrayBytes {
		size = 0
	}
	switch {
	case s.KeySize != size || s.ValueSize != size:
		return fmt.Sprintf("keys of %d bytes and values of %d, perf event arrays have %d", s.KeySize, s.ValueSize, size), bpf.EINVAL
	case rules.PerfArrayBytes:
		return refuseRing(s.MaxEntries, rules)
	}
	return "", 0
}

// perfAt is the implementation of a map that machine code passes: the verifier
// has proven that it is such an array.
//
//go:nocheckptr
func perfAt(m uint64) *perfArray { return mapAt(m).ops.(*perfArray) }

// PerfEventOutput is bpf_perf_event_output of a program whose context has no
// packet: it copies size bytes into the ring of the run's CPU, which flags name.
//
//	0        done
//	EINVAL   other flags, also a length of context
//	E2BIG    the index is not below max_entries, or the sample longer than a record
//	ENOENT   no reader is there
//	ENOTSUP  the index is another CPU
//	ENOSPC   the ring is full; the sample is counted as lost
//
// Windows' rules: EINVAL for another CPU and for samples longer than a ring,
// ENOTSUP for a length of context, ENOMEM for a full ring.
//
//go:linkname PerfEventOutput bpf2go/rtlib/v1.PerfEventOutput
func PerfEventOutput(fr *abi.Frame, _, m, flags, data, size uint64) uint64 {
	a := perfAt(m)
	rules := a.m.rules
	switch {
	case flags&perfContext != 0:
		return rules.HelperResult(rules.PerfNoContext)
	case flags&^perfIndex != 0:
		return rules.HelperResult(bpf.EINVAL)
	}
	return a.output(fr, flags, data, size, 0)
}

// PerfPacketOutput is bpf_perf_event_output of a program whose context is a
// packet: bits 32 to 51 of flags are how many of its first bytes follow the
// sample. More than it has are EFAULT (EINVAL with Windows' rules); other results
// as PerfEventOutput.
//
//go:linkname PerfPacketOutput bpf2go/rtlib/v1.PerfPacketOutput
func PerfPacketOutput(fr *abi.Frame, _, m, flags, data, size uint64) uint64 {
	a := perfAt(m)
	rules := a.m.rules
	extra := flags & perfContext >> perfContextBit
	switch {
	case flags&^(perfContext|perfIndex) != 0:
		return rules.HelperResult(bpf.EINVAL)
	case extra > fr.DataEnd-fr.Data:
		return rules.HelperResult(rules.PerfLongContext)
	}
	return a.output(fr, flags, data, size, extra)
}

// ringOf finds the ring that flags name.
func (a *perfArray) ringOf(fr *abi.Frame, flags uint64) (*perfRing, bpf.Errno) {
	index := flags & perfIndex
	if index == perfCurrentCPU {
		index = fr.Slot
	}
	rules := a.m.rules
	switch {
	case rules.PerfArrayBytes && index != fr.Slot:
		return nil, bpf.EINVAL
	case !rules.PerfArrayBytes && index >= a.m.max:
		return nil, bpf.E2BIG
	case index >= uint64(len(a.rings)):
		return nil, bpf.ENOENT
	}
	r := a.rings[index].Load()
	switch {
	case r == nil:
		return nil, bpf.ENOENT
	case index != fr.Slot:
		return r, bpf.ENOTSUP
	}
	return r, 0
}

// output writes a sample: size bytes at data, then extra bytes of the packet.
//
//go:nocheckptr
//go:norace
func (a *perfArray) output(fr *abi.Frame, flags, data, size, extra uint64) uint64 {
	r, errno := a.ringOf(fr, flags)
	if errno != 0 {
		return a.m.rules.HelperResult(errno)
	}
	dst, errno := r.reserve(size+extra, a.m.rules)
	if errno != 0 {
		return a.m.rules.HelperResult(errno)
	}
	copy(unsafe.Slice((*byte)(dst), int(size)), unsafe.Slice((*byte)(ptr(data)), int(size)))
	if extra != 0 {
		copy(unsafe.Slice((*byte)(unsafe.Add(dst, size)), int(extra)), unsafe.Slice((*byte)(ptr(fr.Data)), int(extra)))
	}
	if r.commit() {
		a.wake()
	}
	return 0
}

// wake tells the reader that there is something.
func (a *perfArray) wake() {
	if atomic.LoadUint32(&a.ready) == 0 {
		atomic.StoreUint32(&a.ready, 1)
	}
	if atomic.LoadUint32(&a.waiting) != 0 && atomic.CompareAndSwapUint32(&a.waiting, 1, 0) {
		select {
		case a.signal <- struct{}{}:
		default:
		}
	}
}

// recordAt is the memory of a record.
func (r *perfRing) recordAt(pos uint64) unsafe.Pointer {
	return unsafe.Add(r.data, uintptr(pos&r.mask))
}

// reserve writes the header of a sample of n bytes, and the record of lost ones
// before it, and returns where the bytes are. Nobody sees it before commit.
//
//go:nocheckptr
//go:norace
func (r *perfRing) reserve(n uint64, rules *bpf.Rules) (unsafe.Pointer, bpf.Errno) {
	if r.plain {
		return r.reservePlain(n, rules)
	}
	total := (perfHeader + perfLength + n + 7) &^ 7
	if total > maxPerfRecord {
		return nil, bpf.E2BIG
	}
	pos := r.head
	if r.backward {
		if total > r.size {
			return nil, rules.PerfFull
		}
		pos -= total
		atomic.SwapUint64(&r.claim, pos)
	} else {
		lost := atomic.LoadUint64(&r.lost)
		need := total
		if lost != 0 {
			need += perfLostSize
		}
		if pos+need-atomic.LoadUint64(&r.tail) > r.mask {
			atomic.StoreUint64(&r.lost, lost+1)
			return nil, rules.PerfFull
		}
		if lost != 0 {
			record := (*[3]uint64)(r.recordAt(pos))
			record[0], record[1], record[2] = perfLost|perfUser<<32|perfLostSize<<48, 0, lost
			atomic.StoreUint64(&r.lost, 0)
			pos += perfLostSize
		}
		r.claim = pos + total
	}
	record := r.recordAt(pos)
	*(*uint64)(unsafe.Add(record, total-8)) = 0 // the padding
	*(*uint64)(record) = perfSample | perfUser<<32 | total<<48
	*(*uint32)(unsafe.Add(record, perfHeader)) = uint32(total - perfHeader - perfLength)
	return unsafe.Add(record, perfHeader+perfLength), 0
}

// reservePlain is reserve for a ring of Windows.
//
//go:nocheckptr
//go:norace
func (r *perfRing) reservePlain(n uint64, rules *bpf.Rules) (unsafe.Pointer, bpf.Errno) {
	pos, total := r.head, recordSize(n)
	if n > r.size || pos+total-atomic.LoadUint64(&r.tail) > r.mask {
		atomic.StoreUint64(&r.lost, r.lost+1)
		if n > r.size {
			return nil, bpf.EINVAL
		}
		return nil, rules.PerfFull
	}
	record := r.recordAt(pos)
	*(*uint64)(record) = (firstPage+(pos&r.mask)/ringPage)<<32 | n
	r.claim = pos + total
	return unsafe.Add(record, recordHeader), 0
}

// commit lets the reader see what reserve has prepared, and reports whether it
// is to be woken: the conditions of the kernel (__perf_output_begin and
// perf_output_end).
//
//go:norace
func (r *perfRing) commit() bool {
	head := r.claim
	atomic.SwapUint64(&r.head, head)
	if r.events != 0 {
		r.count++
		if r.count >= r.events {
			r.count = 0
			return true
		}
		return false
	}
	if !r.backward && head-r.woken <= r.watermark {
		return false
	}
	r.woken += r.watermark
	return true
}

// PerfEventRead is bpf_perf_event_read: the value of a counter. The process has
// no hardware counters: an array's elements are rings, which count nothing.
// ENOENT without a reader, else 0; EINVAL for other flags and other CPUs, E2BIG
// for an index that is not below max_entries.
//
//go:linkname PerfEventRead bpf2go/rtlib/v1.PerfEventRead
func PerfEventRead(fr *abi.Frame, m, flags uint64) uint64 {
	a := perfAt(m)
	if errno := a.counter(fr, flags); errno != 0 {
		return a.m.rules.HelperResult(errno)
	}
	return 0
}

// PerfEventReadValue is bpf_perf_event_read_value: it sets the counter and its
// times to 0. Results as PerfEventRead, and EINVAL unless size is 24.
//
//go:linkname PerfEventReadValue bpf2go/rtlib/v1.PerfEventReadValue
//go:nocheckptr
//go:norace
func PerfEventReadValue(fr *abi.Frame, m, flags, buf, size uint64) uint64 {
	a := perfAt(m)
	clear(unsafe.Slice((*byte)(ptr(buf)), int(size)))
	if size != perfValueSize {
		return a.m.rules.HelperResult(bpf.EINVAL)
	}
	return PerfEventRead(fr, m, flags)
}

// counter says why there is no counter.
func (a *perfArray) counter(fr *abi.Frame, flags uint64) bpf.Errno {
	if flags&^perfIndex != 0 {
		return bpf.EINVAL
	}
	_, errno := a.ringOf(fr, flags)
	if errno == bpf.ENOTSUP {
		return bpf.EINVAL // event on another CPU
	}
	return errno
}

func (a *perfArray) close() { a.ring() }

// ring rings the reader's bell.
func (a *perfArray) ring() {
	select {
	case a.signal <- struct{}{}:
	default:
	}
}

// erase takes a ring out of its slot: what programs then output on the CPU is
// ENOENT.
func (a *perfArray) erase(key unsafe.Pointer) bpf.Errno {
	if a.m.rules.PerfArrayBytes {
		return bpf.ENOTSUP
	}
	index := a.m.index(key)
	switch {
	case index >= a.m.max:
		return bpf.E2BIG
	case index >= uint64(len(a.rings)) || a.rings[index].Swap(nil) == nil:
		return bpf.ENOENT
	}
	return 0
}

func (a *perfArray) explain(op string, errno bpf.Errno, flags uint64) string {
	switch {
	case op == "delete" && errno == bpf.ENOENT:
		return "no reader has a ring there"
	case op == "delete" && errno == bpf.E2BIG:
		return fmt.Sprintf("the index is not below max_entries %d", a.m.max)
	}
	return a.refuses.explain(op, errno, flags)
}
