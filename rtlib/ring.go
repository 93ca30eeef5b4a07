package rtlib

// Ring buffers: records of any size in one ring that all CPUs write to.
//
//	position, which only grows; its place is position & mask
//	 consumer                       producer          consumer + size
//	 │ len │ page │ bytes … │ len │ … │                │
//	 └ header, 8 ┘└ rounded up to 8   └ next record    └ never reached
//
//	len: u32 │ bit 31 busy: not committed yet │ bit 30 discarded │ 30 bits of length
//
// A producer takes space under a spin lock: it checks that the new end is less
// than size bytes ahead of the consumer, writes the header with the busy bit and
// moves the position of the producer. What it writes then, it writes without a
// lock. It commits by one exchange of the header. The consumer takes records in
// the order of their positions, ends at one that is busy and skips the discarded.
// All of this, and so every EAGAIN, is as Linux has it (kernel/bpf/ringbuf.c of
// 6.18).
//
// The kernel maps the pages of a ring twice, one copy behind the other, so that
// a record which crosses the end is in one piece. Here the memory is twice as
// large instead, and such a record goes on behind the end. Its neighbour starts
// at the position's place in the first half. So there is at most one record in
// the second half, and pages that no record comes to are never touched.
//
// # Order
//
// The header is written before the position (a release store), so a consumer
// that sees the position sees the busy bit or what replaced it. The bytes are
// written before the exchange of the header, which the consumer reads by an
// acquire load. The consumer's position is stored after it has read the bytes;
// producers load it before they write: that space is theirs.
//
// # Waking
//
// A reader that finds nothing stores waiting = 1, looks again, and sleeps on a
// channel. A producer commits, and then loads waiting and the consumer's
// position. Both write first and read then, with full barriers between, so at
// least one of them sees the other (Dekker). As in the kernel a commit wakes
// only when its record is the one that the consumer is at: an earlier record
// that is busy will. The wake is a send that does not block, to a channel with
// room for one; it allocates nothing, and no goroutine is there for the ring.

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Numbers of linux/bpf.h.
const (
	recordHeader  = 8       // BPF_RINGBUF_HDR_SZ, bytes
	recordBusy    = 1 << 31 // BPF_RINGBUF_BUSY_BIT
	recordDiscard = 1 << 30 // BPF_RINGBUF_DISCARD_BIT
	recordLength  = recordDiscard - 1

	ringNoWakeup    = 1 << 0 // BPF_RB_NO_WAKEUP
	ringForceWakeup = 1 << 1 // BPF_RB_FORCE_WAKEUP
	ringWakeups     = ringNoWakeup | ringForceWakeup

	ringAvailData = 0 // BPF_RB_AVAIL_DATA
	ringSize      = 1 // BPF_RB_RING_SIZE
	ringConsPos   = 2 // BPF_RB_CONS_POS
	ringProdPos   = 3 // BPF_RB_PROD_POS
)

const (
	// maxRecord is the longest record in bytes (RINGBUF_MAX_RECORD_SZ).
	maxRecord = 1<<30 - 1
	// ringPage is what sizes of rings are multiples of, on every processor.
	ringPage = 4096
	// firstPage is the page of the first record as headers count pages.
	firstPage = 3
)

// ring is the implementation of ring buffers, and the ring of user ring
// buffers, in which hosts produce and programs consume. Parts that different
// sides write are on cache lines of their own; processors fetch lines in pairs.
type ring struct {
	refuses
	data unsafe.Pointer // first of 2*size bytes
	mask uint64         // size - 1
	size uint64         // max_entries, bytes
	most uint64         // bytes of the longest record: it never takes the whole ring

	_    [128]byte
	lock uint64 // 1 while a producer takes space
	prod uint64 // position behind the last record
	seen uint64 // a position that the consumer had; changed under lock

	_       [128]byte
	cons    uint64        // position of the next record to consume
	waiting uint32        // 1: the reader sleeps or is about to
	busy    uint32        // 1: a program drains a user ring
	reader  atomic.Uint32 // 1: there is a reader (a writer of a user ring)
	signal  chan struct{} // wakes the reader, room for one
	_       [128]byte
}

// newRing allocates the memory of a ring.
func newRing(m *Map) *ring {
	words := make([]uint64, 2*m.max/8)
	return &ring{refuses: refuses{m}, data: unsafe.Pointer(&words[0]), mask: m.max - 1, size: m.max, most: min(maxRecord, m.max-2*recordHeader), signal: make(chan struct{}, 1)}
}

// refuseRing says what is wrong with the size of a ring.
func refuseRing(bytes uint32, rules *bpf.Rules) (string, bpf.Errno) {
	switch {
	case bytes&(bytes-1) != 0:
		return fmt.Sprintf("max_entries is %d, the size of a ring in bytes has to be a power of two", bytes), bpf.EINVAL
	case bytes%ringPage != 0:
		return fmt.Sprintf("max_entries is %d, the size of a ring in bytes has to be a multiple of %d", bytes, ringPage), rules.RingNoPage
	}
	return "", 0
}

// ringAt is the ring of a map that machine code passes: the verifier has proven
// that it is one.
//
//go:nocheckptr
func ringAt(m uint64) *ring { return mapAt(m).ops.(*ring) }

// recordAt is the memory of the record at a position, its header first.
func (r *ring) recordAt(pos uint64) unsafe.Pointer { return unsafe.Add(r.data, uintptr(pos&r.mask)) }

// recordSize is how far the next record is from one with n bytes.
func recordSize(n uint64) uint64 { return (n + recordHeader + 7) &^ 7 }

// reserve takes space for a record of n bytes and returns the address of the
// bytes; 0 when the ring has no room for it now, or never. What it returns has
// to be given to commit.
//
//go:nocheckptr
//go:norace
func (r *ring) reserve(n uint64) uint64 {
	if n > r.most {
		return 0
	}
	total := recordSize(n)
	if !atomic.CompareAndSwapUint64(&r.lock, 0, 1) {
		r.spin()
	}
	pos := r.prod
	end := pos + total
	if end-r.seen > r.mask {
		r.seen = atomic.LoadUint64(&r.cons)
		if end-r.seen > r.mask {
			storeRelease(&r.lock, 0)
			return 0
		}
	}
	record := r.recordAt(pos)
	page := firstPage + (pos&r.mask)/ringPage
	*(*uint64)(record) = page<<32 | n | recordBusy
	storeRelease(&r.prod, end)
	storeRelease(&r.lock, 0)
	return uint64(uintptr(record)) + recordHeader
}

// spin takes the lock that another producer has. It holds it for some
// instructions, unless its thread or goroutine was stopped there: then it needs
// a processor to go on.
func (r *ring) spin() {
	for i := 1; !atomic.CompareAndSwapUint64(&r.lock, 0, 1); i++ {
		for n := 0; n < spinLoads && atomic.LoadUint64(&r.lock) != 0; n++ { //nolint:revive // the wait is the point
		}
		if i >= spinTries {
			runtime.Gosched()
		}
	}
}

const (
	spinLoads = 64 // looks at a lock between two tries to take it
	spinTries = 4  // before others may run
)

// commit ends the writing of a record, whose bytes are at addr, and lets the
// consumer have it, or skip it. flags are those of wakeups.
//
//go:nocheckptr
//go:norace
func (r *ring) commit(addr uint64, discard bool, flags uint64) {
	header := (*uint32)(ptr(addr - recordHeader))
	n := *header &^ recordBusy
	if discard {
		n |= recordDiscard
	}
	atomic.SwapUint32(header, n)
	if atomic.LoadUint32(&r.waiting) != 0 {
		r.committed(addr-recordHeader, flags)
	}
}

// committed wakes the reader when the record is the one that it waits for.
func (r *ring) committed(record, flags uint64) {
	switch {
	case flags&ringForceWakeup != 0:
		r.wake()
	case flags&ringNoWakeup == 0 && uint64(uintptr(r.recordAt(atomic.LoadUint64(&r.cons)))) == record:
		r.wake()
	}
}

// wake wakes a reader that waits, once.
func (r *ring) wake() {
	if atomic.CompareAndSwapUint32(&r.waiting, 1, 0) {
		select {
		case r.signal <- struct{}{}:
		default:
		}
	}
}

// avail is the number of bytes that records which are not consumed take.
func (r *ring) avail() uint64 {
	cons := atomic.LoadUint64(&r.cons)
	return atomic.LoadUint64(&r.prod) - cons
}

func (r *ring) erase(unsafe.Pointer) bpf.Errno { return r.m.rules.RingDelete }

func (r *ring) count() int { return int(r.size) }

// memory implements operations: records are values.
func (r *ring) memory(addr uint64) uint64 {
	if start := uint64(uintptr(r.data)); addr-start < 2*r.size {
		return 2*r.size - (addr - start)
	}
	return 0
}

func (r *ring) close() { r.wake() }

// RingbufOutput is bpf_ringbuf_output: it copies size bytes into a record. 0,
// or a negative error: EINVAL for flags, the platform's for a full ring.
//
//go:linkname RingbufOutput bpf2go/rtlib/v1.RingbufOutput
//go:nocheckptr
//go:norace
func RingbufOutput(_ *abi.Frame, m, data, size, flags uint64) uint64 {
	mp := mapAt(m)
	r := mp.ops.(*ring)
	if flags&^ringWakeups != 0 && !mp.rules.RingFlagsIgnored {
		return mp.rules.HelperResult(bpf.EINVAL)
	}
	var record uint64
	if size != 0 || !mp.rules.RingLengths {
		record = r.reserve(size)
	}
	if record == 0 {
		return r.refuseOutput(size)
	}
	copy(unsafe.Slice((*byte)(ptr(record)), int(size)), unsafe.Slice((*byte)(ptr(data)), int(size)))
	r.commit(record, false, flags)
	return 0
}

// refuseOutput is the result of output when there is no room.
func (r *ring) refuseOutput(size uint64) uint64 {
	rules := r.m.rules
	if rules.RingLengths && (size == 0 || size > r.size || size > maxRecord) {
		return rules.HelperResult(bpf.EINVAL)
	}
	return rules.HelperResult(rules.RingFull)
}

// RingbufReserve is bpf_ringbuf_reserve: the address of a record of size bytes,
// 0 when there is no room or flags are not 0. The Frame holds the record until it
// is submitted or discarded.
//
//go:linkname RingbufReserve bpf2go/rtlib/v1.RingbufReserve
//go:nocheckptr
func RingbufReserve(fr *abi.Frame, m, size, flags uint64) uint64 {
	if flags != 0 {
		return 0
	}
	r := ringAt(m)
	record := r.reserve(size)
	if record != 0 {
		(*Frame)(fr.Private.P).holdRecord(r, record)
	}
	return record
}

// RingbufSubmit is bpf_ringbuf_submit of a record that the Frame holds.
//
//go:linkname RingbufSubmit bpf2go/rtlib/v1.RingbufSubmit
//go:nocheckptr
func RingbufSubmit(fr *abi.Frame, record, flags uint64) uint64 {
	if r := (*Frame)(fr.Private.P).dropRecord(record); r != nil {
		r.commit(record, false, flags)
	}
	return 0
}

// RingbufDiscard is bpf_ringbuf_discard of a record that the Frame holds.
//
//go:linkname RingbufDiscard bpf2go/rtlib/v1.RingbufDiscard
//go:nocheckptr
func RingbufDiscard(fr *abi.Frame, record, flags uint64) uint64 {
	if r := (*Frame)(fr.Private.P).dropRecord(record); r != nil {
		r.commit(record, true, flags)
	}
	return 0
}

// RingbufQuery is bpf_ringbuf_query: bytes that wait for the consumer, the
// ring's size, the positions of the consumer and of the producer; 0 for what
// Linux 6.18 does not know.
//
//go:linkname RingbufQuery bpf2go/rtlib/v1.RingbufQuery
//go:nocheckptr
func RingbufQuery(_ *abi.Frame, m, flags uint64) uint64 {
	r := ringAt(m)
	switch flags {
	case ringAvailData:
		return r.avail()
	case ringSize:
		return r.size
	case ringConsPos:
		return atomic.LoadUint64(&r.cons)
	case ringProdPos:
		return atomic.LoadUint64(&r.prod)
	}
	return 0
}
