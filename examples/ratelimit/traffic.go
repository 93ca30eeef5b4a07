package main

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Traffic: sources that send at different rates, and in the second half a flood
// of addresses that are made up, each of which comes once, while few sources send
// on.
const (
	sources = 1500
	packets = 300_000
	// staying is how many sources send on during the flood.
	staying = 50
	// step is how many nanoseconds pass from a packet to the next on average.
	step = 20_000
)

// timed is a packet and when it comes, in nanoseconds.
type timed struct {
	data []byte
	at   uint64
}

// traffic makes n packets.
func traffic(seed uint64, n int) []timed {
	rng := rand.New(rand.NewPCG(seed, 0))
	addrs := make([]netip.Addr, sources)
	for i := range addrs {
		addrs[i] = address(rng, byte(i%2))
	}
	now, list := uint64(1e9), make([]timed, 0, n)
	for i := range n {
		now += rng.Uint64N(2 * step)
		if rng.IntN(64) == 0 {
			now += rng.Uint64N(100 * step) // a silence, in which buckets fill
		}
		var p []byte
		switch flood := i >= n/2; {
		case rng.IntN(100) == 0:
			p = odd(rng)
		case flood && rng.IntN(2) == 0:
			p = datagram(rng, madeUp(i))
		case flood:
			p = datagram(rng, addrs[rng.IntN(staying)])
		default: // the first sources send most
			p = datagram(rng, addrs[int(sources*rng.Float64()*rng.Float64()*rng.Float64())])
		}
		list = append(list, timed{p, now})
	}
	return list
}

// address makes an IPv4 address for kind 0, an IPv6 address for kind 1.
func address(rng *rand.Rand, kind byte) netip.Addr {
	var a [16]byte
	binary.BigEndian.PutUint64(a[:], rng.Uint64())
	binary.BigEndian.PutUint64(a[8:], rng.Uint64())
	if a[0] = 0x20; kind == 0 {
		return netip.AddrFrom4([4]byte(a[:4]))
	}
	return netip.AddrFrom16(a)
}

// madeUp is an address that no other packet has.
func madeUp(i int) netip.Addr {
	a := [16]byte{0: 0x30}
	a[1], a[2], a[3] = byte(i>>16), byte(i>>8), byte(i)
	if i%2 == 0 {
		return netip.AddrFrom4([4]byte(a[:4]))
	}
	return netip.AddrFrom16(a)
}

// datagram makes a packet from a source.
func datagram(rng *rand.Rand, source netip.Addr) []byte {
	p := make([]byte, 60+rng.IntN(100))
	if source.Is4() {
		p[12], p[13], p[14] = 0x08, 0x00, 0x45
		copy(p[26:], source.AsSlice())
		return p
	}
	p[12], p[13], p[14] = 0x86, 0xdd, 0x60
	copy(p[22:], source.AsSlice())
	return p
}

// odd makes a packet without a source.
func odd(rng *rand.Rand) []byte {
	p := datagram(rng, address(rng, byte(rng.IntN(2))))
	switch rng.IntN(3) {
	case 0:
		p[12], p[13] = 0x08, 0x06 // ARP
	case 1:
		p[14] = 0x55
	default:
		p = p[:14+rng.IntN(20)]
	}
	return p
}
