// Package traffic makes input for the firewall: blocklists and a mix of packets,
// both from a seed, and reads and writes pcap files. The same seed gives the same
// bytes on every machine.
//
// The mix has what a firewall meets: IPv4 and IPv6 with none to three VLAN tags,
// TCP, UDP and other protocols, IPv4 options and fragments, damaged headers,
// packets cut short, other ethertypes; blocked sources and ports as well as ones
// that differ from a blocked one in a single bit.
package traffic

import (
	"encoding/binary"
	"math/rand/v2"
)

// Sizes of the standard input.
const (
	// Packets is the number of packets of the example's capture.
	Packets = 200_000
	// BlockedV4 is the number of blocked IPv4 sources, and fills the map.
	BlockedV4 = 10_000
	// BlockedV6 is the number of blocked IPv6 sources.
	BlockedV6 = 4_000
	// BlockedPorts is the number of blocked ports of each protocol.
	BlockedPorts = 300
	// MinLength is the length of the shortest packet, bytes: the kernel's test
	// run takes no shorter one.
	MinLength = 14
)

// Lists says what the firewall blocks. No list holds an element twice.
type Lists struct {
	SourcesV4 [][4]byte
	SourcesV6 [][16]byte
	TCP, UDP  []uint16 // destination ports
}

// Mix is the input of one run.
type Mix struct {
	Lists   Lists
	Packets [][]byte
}

// Generate returns the blocklists of seed and n packets.
func Generate(seed uint64, n int) *Mix {
	// Lists and packets draw from generators of their own: the lists do not
	// depend on n.
	lists := generateLists(rand.New(rand.NewPCG(seed, 1)))
	g := &generator{rand: rand.New(rand.NewPCG(seed, 2)), lists: &lists}
	m := &Mix{Lists: lists, Packets: make([][]byte, n)}
	for i := range m.Packets {
		m.Packets[i] = g.packet()
	}
	return m
}

func generateLists(r *rand.Rand) Lists {
	return Lists{
		SourcesV4: distinct(BlockedV4, func() (a [4]byte) {
			binary.BigEndian.PutUint32(a[:], r.Uint32())
			return a
		}),
		SourcesV6: distinct(BlockedV6, func() [16]byte { return randomV6(r) }),
		TCP:       distinct(BlockedPorts, func() uint16 { return randomPort(r) }),
		UDP:       distinct(BlockedPorts, func() uint16 { return randomPort(r) }),
	}
}

func distinct[T comparable](n int, draw func() T) []T {
	seen := make(map[T]bool, n)
	list := make([]T, 0, n)
	for len(list) < n {
		if x := draw(); !seen[x] {
			seen[x] = true
			list = append(list, x)
		}
	}
	return list
}

// randomV6 draws a global unicast address in one of 256 networks, so that
// addresses share long prefixes as real ones do.
func randomV6(r *rand.Rand) (a [16]byte) {
	copy(a[:], []byte{0x20, 0x01, 0x0d, 0xb8, 0, byte(r.Uint32())})
	binary.BigEndian.PutUint64(a[8:], r.Uint64()>>(r.UintN(3)*24))
	return a
}

// randomPort prefers low ports: services live there.
func randomPort(r *rand.Rand) uint16 {
	if r.UintN(2) == 0 {
		return uint16(r.UintN(2048))
	}
	return uint16(r.Uint32())
}
