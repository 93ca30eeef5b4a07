package interp

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// ring is the state of a ring buffer, or of a user ring buffer: positions count
// bytes as Linux does (kernel/bpf/ringbuf.c), with 8 for the header of a record
// and its length rounded up to 8.
type ring struct {
	prod, cons uint64
	records    []*record // from cons to prod
}

// record is one in a ring.
type record struct {
	*Region
	size      uint64 // bytes of the ring
	committed bool
	discarded bool
}

const (
	recordHeader = 8
	maxRecord    = 1<<30 - 1
	ringWakeups  = 3 // BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP
	// maxSamples is how many samples a drain takes
	// (BPF_MAX_USER_RINGBUF_SAMPLES).
	maxSamples = 128 * 1024
)

// record is the memory of a new record, of random bytes.
func (m *Map) record(size uint64) *Region {
	r := &Region{Kind: KindMem, Base: m.machine.space.take(int(size)), Map: m.self.Map, bytes: make([]byte, size), m: m}
	m.machine.fill(r.bytes)
	return r
}

// reserve takes space for a record, nil when there is none.
func (m *Map) reserve(size uint64) *Region {
	total := (size + recordHeader + 7) &^ 7
	if size > maxRecord || total > uint64(m.def.MaxEntries) || m.ring.prod+total-m.ring.cons >= uint64(m.def.MaxEntries) {
		return nil
	}
	r := m.record(size)
	m.ring.prod += total
	m.ring.records = append(m.ring.records, &record{Region: r, size: total})
	return r
}

// commit ends the writing of a record.
func (m *Map) commit(r *Region, discard bool) {
	for _, rec := range m.ring.records {
		if rec.Region == r {
			rec.committed, rec.discarded = true, discard
		}
	}
}

// consume is the next record that can be read, nil when there is none.
func (m *Map) consume() *record {
	for len(m.ring.records) > 0 && m.ring.records[0].committed {
		r := m.ring.records[0]
		m.ring.records = m.ring.records[1:]
		m.ring.cons += r.size
		if !r.discarded {
			return r
		}
	}
	return nil
}

// Produce adds a sample of the host to a user ring buffer: E2BIG when there is
// no room for it.
func (m *Map) Produce(sample []byte, discard bool) error {
	r := m.reserve(uint64(len(sample)))
	if m.def.Type != bpf.MapUserRingbuf {
		return bpf.EINVAL
	}
	if r == nil {
		return bpf.E2BIG
	}
	copy(r.bytes, sample)
	m.commit(r, discard)
	return nil
}

// refuseOutput says why an event does not go to perf buffers. No map has any: a
// host would have to open them.
func (c *helperCall) refuseOutput() bpf.Errno {
	const (
		index   = 1<<32 - 1 // BPF_F_INDEX_MASK, BPF_F_CURRENT_CPU
		context = 0xfffff << 32
	)
	flags := c.args[2].Bits
	at := flags & index
	if at == index {
		at = uint64(c.run.m.opt.CPU())
	}
	switch {
	case flags&^(index|context) != 0:
		return bpf.EINVAL
	case flags&context>>32 > uint64(len(c.run.whole())):
		return bpf.EFAULT
	case at >= uint64(c.m.def.MaxEntries):
		return bpf.E2BIG
	}
	return bpf.ENOENT
}
