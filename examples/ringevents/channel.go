package main

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"github.com/bpf2go-native/bpf2go-native/examples/ringevents/oracle"
)

// channelRoom is as many events as the ring has room for, each with its header.
const channelRoom = 256 * 1024 / (8 + 24)

// record is an event as the program writes it.
type record [24]byte

// runChannel is the same by hand: Go code that reads the packet, and a channel
// to which it sends without waiting.
func runChannel(seed, n uint64) (*result, error) {
	r := newResult("Go channel", seed)
	events := make(chan record, channelRoom)
	var submitted, discarded, dropped, ignored atomic.Uint64
	start, flooded := time.Now(), make(chan error, 1)
	go func() {
		err := flood(seed, n, func() (packetFunc, error) {
			return func(packet []byte) error {
				e, told := eventOf(packet)
				switch {
				case !told:
					ignored.Add(1)
				case e[22] == 1:
					discarded.Add(1)
				default:
					select {
					case events <- e:
						submitted.Add(1)
					default:
						dropped.Add(1)
					}
				}
				return nil
			}, nil
		})
		r.took = time.Since(start)
		close(events)
		flooded <- err
	}()
	for e := range events {
		r.judge.Event(e[:])
	}
	r.counts = oracle.Counts{Submitted: submitted.Load(), Discarded: discarded.Load(), Dropped: dropped.Load(), Ignored: ignored.Load()}
	r.judge.Counts(r.counts, senders, n)
	return r, <-flooded
}

// eventOf makes the record of a packet; false when there is none.
func eventOf(p []byte) (e record, told bool) {
	if len(p) < offPayload+9 || binary.BigEndian.Uint16(p[12:]) != 0x0800 || p[offIP] != 0x45 || p[offIP+9] != 17 {
		return e, false
	}
	copy(e[0:8], p[offPayload:])
	copy(e[8:16], p[offIP+12:])
	copy(e[16:20], p[offUDP:])
	binary.LittleEndian.PutUint16(e[20:], uint16(len(p)))
	e[22], e[23] = p[offPayload+8], p[offIP+8]
	return e, true
}
