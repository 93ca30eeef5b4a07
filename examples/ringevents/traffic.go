package main

import (
	"encoding/binary"
	"math/rand/v2"
)

// A sender's packets: one of some templates with a sequence number, so that
// packet i of a sender can be made again at any time.

// templates is how many packets a sender repeats.
const templates = 64

// sender makes the packets of one source address.
type sender struct {
	packets [templates][]byte
	at      [templates]int // where the sequence number is, 0 when there is none
}

// Offsets in a packet.
const (
	offIP      = 14
	offUDP     = offIP + 20
	offPayload = offUDP + 8
)

// newSender makes the packets of a sender: four of five are datagrams of the
// protocol, of which each tenth is a keepalive; others are too short, TCP, IPv6,
// or have options.
func newSender(seed uint64, number int) *sender {
	rng := rand.New(rand.NewPCG(seed, uint64(number))) //nolint:gosec // traffic, no secrets
	s := new(sender)
	for i := range s.packets {
		p := make([]byte, offPayload+9+rng.IntN(100))
		for j := range p {
			p[j] = byte(rng.Uint32())
		}
		binary.BigEndian.PutUint16(p[12:], 0x0800)
		p[offIP], p[offIP+9] = 0x45, 17
		copy(p[offIP+12:], []byte{10, 0, 0, byte(number)})
		p[offPayload+8] = 0
		if rng.IntN(10) == 0 {
			p[offPayload+8] = 1
		}
		s.at[i] = offPayload
		switch rng.IntN(20) {
		case 0:
			p = p[:rng.IntN(offPayload+9)]
			s.at[i] = 0
		case 1:
			p[offIP+9] = 6
		case 2:
			binary.BigEndian.PutUint16(p[12:], 0x86dd)
		case 3:
			p[offIP] = 0x46
		}
		s.packets[i] = p
	}
	return s
}

// packet is packet number i, until the next call.
func (s *sender) packet(i uint64) []byte {
	t := i % templates
	if at := s.at[t]; at != 0 {
		binary.LittleEndian.PutUint64(s.packets[t][at:], i)
	}
	return s.packets[t]
}
