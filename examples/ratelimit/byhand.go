package main

import (
	"container/list"
	"encoding/binary"

	"github.com/bpf2go-native/bpf2go-native/examples/ratelimit/oracle"
)

// byHand is the limiter as one would write it in Go: a map, a list by last use and
// the same arithmetic. One goroutine uses it at a time.
type byHand struct {
	cost, burst uint64
	max         int
	buckets     map[[16]byte]*list.Element
	order       *list.List // of *handBucket, the one used last first
	counts      [oracle.Outcomes]uint64
}

type handBucket struct {
	source [16]byte
	full   uint64 // when it will be full, nanoseconds
}

func newByHand(cost, burst uint64, entries int) *byHand {
	return &byHand{cost: cost, burst: burst, max: entries, buckets: make(map[[16]byte]*list.Element, entries), order: list.New()}
}

// packet returns the verdict.
func (h *byHand) packet(p []byte, now uint64) uint32 {
	o := h.decide(p, now)
	h.counts[o]++
	if o.Drops() {
		return xdpDrop
	}
	return xdpPass
}

func (h *byHand) decide(p []byte, now uint64) oracle.Outcome {
	if len(p) < 14 {
		return oracle.Short
	}
	var source [16]byte
	switch binary.BigEndian.Uint16(p[12:]) {
	case 0x0800:
		if len(p) < 34 || p[14]>>4 != 4 {
			return oracle.Short
		}
		source[10], source[11] = 0xff, 0xff
		copy(source[12:], p[26:30])
	case 0x86dd:
		if len(p) < 54 || p[14]>>4 != 6 {
			return oracle.Short
		}
		copy(source[:], p[22:38])
	default:
		return oracle.Other
	}
	e, known := h.buckets[source]
	if !known {
		if len(h.buckets) == h.max {
			delete(h.buckets, h.order.Remove(h.order.Back()).(*handBucket).source)
		}
		h.buckets[source] = h.order.PushFront(&handBucket{source, now + h.cost})
		return oracle.First
	}
	h.order.MoveToFront(e)
	b := e.Value.(*handBucket)
	from := max(b.full, now)
	if from-now > (h.burst-1)*h.cost {
		return oracle.Limited
	}
	b.full = from + h.cost
	return oracle.Passed
}
