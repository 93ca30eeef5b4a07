package oracle

import (
	"encoding/binary"
	"testing"
)

// packet makes a datagram of the protocol.
func packet(sender int, sequence uint64, kind byte) []byte {
	p := make([]byte, ethernet+ipv4+udp+payload)
	binary.BigEndian.PutUint16(p[12:], 0x0800)
	p[14], p[23], p[29] = 0x45, 17, byte(sender)
	binary.LittleEndian.PutUint64(p[42:], sequence)
	p[50] = kind
	return p
}

// encode makes the record of an event.
func encode(e Event) []byte {
	r := make([]byte, size)
	binary.LittleEndian.PutUint64(r, e.Sequence)
	copy(r[8:], e.Source[:])
	copy(r[12:], e.Destination[:])
	binary.BigEndian.PutUint16(r[16:], e.SourcePort)
	binary.BigEndian.PutUint16(r[18:], e.DestinationPort)
	binary.LittleEndian.PutUint16(r[20:], e.Length)
	r[22], r[23] = e.Kind, e.TTL
	return r
}

func TestOf(t *testing.T) {
	good := packet(1, 5, 0)
	for _, c := range []struct {
		name   string
		change func([]byte) []byte
		want   Outcome
	}{
		{"datagram", func(p []byte) []byte { return p }, Submitted},
		{"keepalive", func(p []byte) []byte { p[50] = 1; return p }, Discarded},
		{"short", func(p []byte) []byte { return p[:50] }, Ignored},
		{"type", func(p []byte) []byte { p[12] = 0x86; return p }, Ignored},
		{"options", func(p []byte) []byte { p[14] = 0x46; return p }, Ignored},
		{"protocol", func(p []byte) []byte { p[23] = 6; return p }, Ignored},
	} {
		if e, got := Of(c.change(append([]byte(nil), good...))); got != c.want || got == Submitted && e.Sequence != 5 {
			t.Errorf("%s: %+v, outcome %d, want %d", c.name, e, got, c.want)
		}
	}
}

// TestJudge: each kind of mistake is found.
func TestJudge(t *testing.T) {
	kind := func(i uint64) byte { return byte(i % 2) } // odd ones are keepalives
	judge := func() *Judge {
		return &Judge{Packet: func(sender int, i uint64) []byte { return packet(sender, i, kind(i)) }}
	}
	event := func(i uint64) []byte {
		e, _ := Of(packet(0, i, kind(i)))
		return encode(e)
	}
	changed := event(2)
	changed[23]++
	for _, c := range []struct {
		name   string
		events [][]byte
		counts Counts // of 6 packets
		wrong  int
	}{
		{"all", [][]byte{event(0), event(2), event(4)}, Counts{Submitted: 3, Discarded: 3}, 0},
		{"dropped", [][]byte{event(4)}, Counts{Submitted: 1, Discarded: 1, Dropped: 4}, 0},
		{"lost", [][]byte{event(0), event(4)}, Counts{Submitted: 3, Discarded: 3}, 1},
		{"not counted", [][]byte{event(0), event(4)}, Counts{Submitted: 2, Discarded: 3}, 1},
		{"too few", [][]byte{event(0)}, Counts{Submitted: 1, Discarded: 4, Dropped: 1}, 1},
		{"ignored", [][]byte{event(0), event(2)}, Counts{Submitted: 2, Discarded: 3, Ignored: 1}, 1},
		{"twice", [][]byte{event(0), event(0), event(2)}, Counts{Submitted: 3, Discarded: 3}, 1},
		{"order", [][]byte{event(2), event(0), event(4)}, Counts{Submitted: 3, Discarded: 3}, 1},
		{"keepalive", [][]byte{event(0), event(1), event(2)}, Counts{Submitted: 3, Discarded: 3}, 1},
		{"changed", [][]byte{event(0), changed, event(4)}, Counts{Submitted: 3, Discarded: 3}, 1},
		{"length", [][]byte{event(0), event(2), event(4)[:23]}, Counts{Submitted: 3, Discarded: 3}, 1},
	} {
		j := judge()
		for _, e := range c.events {
			j.Event(e)
		}
		j.Counts(c.counts, 1, 6)
		if j.Wrong != c.wrong {
			t.Errorf("%s: %d wrong (%s), want %d", c.name, j.Wrong, j.Detail, c.wrong)
		}
	}
}
