package model

import "github.com/bpf2go-native/bpf2go-native/bpf"

// ring is RINGBUF: a queue of records, each with a header of 8 bytes and rounded
// up to 8, in max_entries bytes of which at least one stays free.
type ring struct {
	base
	records    []record
	prod, cons uint64
}

// record is what waits for the consumer; nobody gets those that were discarded.
type record struct {
	data      []byte
	discarded bool
}

// Ring reports whether the type is RINGBUF.
func (s Spec) Ring() bool { return s.Type == bpf.MapRingbuf }

// What RingReserve does with its record: Op.At.
const (
	RingSubmit         = 0
	RingDiscard        = 1
	RingSubmitDynptr   = 2
	RingDiscardDynptr  = 3
	numRingEnds        = 4
	RingReserved       = 24 // bytes of such a record
	ringWakeups        = 3  // BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP
	recordHeader       = 8
	maxRecord          = 1<<30 - 1
	ringAvailableBytes = 0
)

// Step implements Model.
func (r *ring) Step(op Op, got Result) error {
	if err, done := r.gate(op, got); done {
		return err
	}
	return Differs(r.step(op), got)
}

func (r *ring) step(op Op) Result {
	switch op.Code {
	case RingRead:
		return r.read()
	case RingOutput:
		return r.output(op)
	case RingReserve:
		return r.reserve(op)
	case Count: // what Len says of types that do not count
		return Result{N: int(r.MaxEntries)}
	case RingQuery:
		return Result{R0: int64(r.query(op.At))}
	case Delete:
		return Result{Errno: r.choose(bpf.ENOTSUP, bpf.EINVAL)}
	}
	return unsupported(&r.base, op)
}

// space is what a record takes.
func space(n int) uint64 { return (uint64(n) + recordHeader + 7) &^ 7 }

// put adds a record; false when there is no room.
func (r *ring) put(data []byte, discarded bool) bool {
	n := space(len(data))
	if r.prod+n-r.cons > uint64(r.MaxEntries)-1 {
		return false
	}
	r.prod += n
	r.records = append(r.records, record{append([]byte{}, data...), discarded})
	return true
}

// output puts N records.
func (r *ring) output(op Op) Result {
	out := Result{}
	for range op.N {
		switch n := len(op.Value); {
		case op.Flags&^ringWakeups != 0 && r.Platform != bpf.Windows:
			out.R0 = r.r0(bpf.EINVAL)
		case r.Platform == bpf.Windows && (n == 0 || n > int(r.MaxEntries) || n > maxRecord):
			out.R0 = r.r0(bpf.EINVAL)
		case r.put(op.Value, false):
			out.N++
			out.R0 = 0
		default:
			out.R0 = r.r0(r.choose(bpf.EAGAIN, bpf.ENOMEM))
		}
	}
	return out
}

// reserve takes space, writes to it and gives it back in one of four ways.
func (r *ring) reserve(op Op) Result {
	put := r.put(op.Value, op.At%2 == RingDiscard)
	switch {
	case op.At < RingSubmitDynptr && put:
		return Result{R0: 1}
	case op.At < RingSubmitDynptr:
		return Result{}
	case !put:
		return Result{R0: r.r0(bpf.EINVAL)}
	}
	return Result{Value: op.Value} // what a read through the dynptr gives
}

func (r *ring) query(what uint64) uint64 {
	list := []uint64{ringAvailableBytes: r.prod - r.cons, uint64(r.MaxEntries), r.cons, r.prod}
	if what >= uint64(len(list)) {
		return 0
	}
	return list[what]
}

// read is the consumer: what was discarded goes with it.
func (r *ring) read() Result {
	for len(r.records) > 0 {
		first := r.records[0]
		r.records = r.records[1:]
		r.cons += space(len(first.data))
		if !first.discarded {
			return Result{Value: first.data, N: 1}
		}
	}
	return Result{Errno: bpf.EAGAIN}
}
