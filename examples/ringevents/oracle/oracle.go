// Package oracle says in plain Go what ringevents has to tell about a packet. It
// takes packets, and the records that a reader got, and counts what is wrong. It
// uses nothing of the program or of the run time.
package oracle

import (
	"encoding/binary"
	"fmt"
)

// Event is a record, as the program's struct event.
type Event struct {
	Sequence                    uint64
	Source, Destination         [4]byte
	SourcePort, DestinationPort uint16
	Length                      uint16
	Kind, TTL                   uint8
}

// Outcome is what becomes of a packet while the ring has room.
type Outcome int

// The outcomes.
const (
	Submitted Outcome = iota
	Discarded         // an event that nobody wants
	Ignored           // no datagram of the protocol
)

// Bytes of the headers and of the part of the payload that is read.
const (
	ethernet, ipv4, udp, payload = 14, 20, 8, 9

	size = 24 // of a record
)

// Of is what the program tells about a packet.
func Of(packet []byte) (Event, Outcome) {
	if len(packet) < ethernet+ipv4+udp+payload || binary.BigEndian.Uint16(packet[12:]) != 0x0800 {
		return Event{}, Ignored
	}
	ip := packet[ethernet:]
	if ip[0] != 4<<4|ipv4/4 || ip[9] != 17 {
		return Event{}, Ignored
	}
	ports := ip[ipv4:]
	data := ports[udp:]
	e := Event{
		Sequence: binary.LittleEndian.Uint64(data), Source: [4]byte(ip[12:16]), Destination: [4]byte(ip[16:20]),
		SourcePort: binary.BigEndian.Uint16(ports), DestinationPort: binary.BigEndian.Uint16(ports[2:]),
		Length: uint16(len(packet)), Kind: data[8], TTL: ip[8],
	}
	if e.Kind == 1 {
		return e, Discarded
	}
	return e, Submitted
}

// Decode reads a record.
func Decode(record []byte) (Event, error) {
	if len(record) != size {
		return Event{}, fmt.Errorf("record of %d bytes, want %d", len(record), size)
	}
	return Event{
		Sequence: binary.LittleEndian.Uint64(record), Source: [4]byte(record[8:12]), Destination: [4]byte(record[12:16]),
		SourcePort: binary.BigEndian.Uint16(record[16:]), DestinationPort: binary.BigEndian.Uint16(record[18:]),
		Length: binary.LittleEndian.Uint16(record[20:]), Kind: record[22], TTL: record[23],
	}, nil
}

// Counts are what becomes of packets, with those whose event found no room.
type Counts struct{ Submitted, Discarded, Dropped, Ignored uint64 }

// Judge follows the events of some senders, numbered by the last byte of their
// address.
type Judge struct {
	// Packet returns a packet of a sender again.
	Packet func(sender int, sequence uint64) []byte
	// Wrong is what was found: events that the program must not give, that come
	// twice or not in order, and counts that do not fit. Detail is the first.
	Wrong    int
	Detail   string
	Received uint64
	last     map[int]uint64
}

// Event looks at a record in the order in which the reader got it.
func (j *Judge) Event(record []byte) {
	j.Received++
	e, err := Decode(record)
	if err != nil {
		j.wrong("%v", err)
		return
	}
	sender := int(e.Source[3])
	if j.last == nil {
		j.last = map[int]uint64{}
	}
	if last, any := j.last[sender]; any && e.Sequence <= last {
		j.wrong("sender %d: event %d after %d", sender, e.Sequence, last)
	}
	j.last[sender] = e.Sequence
	if want, outcome := Of(j.Packet(sender, e.Sequence)); outcome != Submitted || e != want {
		j.wrong("sender %d: event %+v, want %+v", sender, e, want)
	}
}

// Counts compares what the program has counted with the packets of all senders,
// senders times n, and with what was received.
func (j *Judge) Counts(c Counts, senders int, n uint64) {
	var ignored, wanted uint64
	for s := range senders {
		for i := range n {
			switch _, outcome := Of(j.Packet(s, i)); outcome {
			case Ignored:
				ignored++
			case Submitted:
				wanted++
			}
		}
	}
	packets := uint64(senders) * n
	switch {
	case c.Submitted+c.Discarded+c.Dropped+c.Ignored != packets:
		j.wrong("%+v of %d packets", c, packets)
	case c.Ignored != ignored:
		j.wrong("%d packets ignored, want %d", c.Ignored, ignored)
	case c.Submitted != j.Received:
		j.wrong("%d events submitted, %d received", c.Submitted, j.Received)
	case c.Submitted > wanted || c.Submitted+c.Dropped < wanted:
		j.wrong("%d events submitted and %d dropped, %d are to be told", c.Submitted, c.Dropped, wanted)
	}
}

func (j *Judge) wrong(format string, args ...any) {
	if j.Wrong == 0 {
		j.Detail = fmt.Sprintf(format, args...)
	}
	j.Wrong++
}
