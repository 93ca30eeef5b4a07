// Package traffic makes input for the firewall: blocklists and a mix of packets,
// both from a seed, and reads and writes pcap files. The same seed gives the same
// bytes on every machine.
//
// The mix has what a firewall meets: IPv4 and IPv6 with none to three VLAN tags,
// TCP, UDP and other protocols, IPv4 options and fragments, damaged headers,
// packets cut short, other ethertypes; sources in blocked networks and in the
// exceptions inside them, blocked ports, as well as ones that differ from these in
// a single bit.
package traffic

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

// Sizes of the standard input.
const (
	// Packets is the number of packets of the example's capture.
	Packets = 200_000
	// Networks is the number of IPv4 networks, and that of IPv6 networks. They
	// fill the maps.
	Networks = 10_000
	// BlockedPorts is the number of blocked ports of each protocol.
	BlockedPorts = 300
	// MinLength is the length of the shortest packet, bytes: the kernel's test
	// run takes no shorter one.
	MinLength = 14
)

// Lists says what the firewall blocks. No list holds an element twice. Of the
// networks that a source is in, the one with the longest prefix counts.
type Lists struct {
	Block, Allow []netip.Prefix // source networks of both families
	TCP, UDP     []uint16       // destination ports that are blocked
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
	g.v4, g.v6 = families(&lists)
	m := &Mix{Lists: lists, Packets: make([][]byte, n)}
	for i := range m.Packets {
		m.Packets[i] = g.packet()
	}
	return m
}

func generateLists(r *rand.Rand) Lists {
	var l Lists
	l.addNetworks(r, randomNetV4)
	l.addNetworks(r, randomNetV6)
	l.TCP = distinct(BlockedPorts, func() uint16 { return randomPort(r) })
	l.UDP = distinct(BlockedPorts, func() uint16 { return randomPort(r) })
	return l
}

// addNetworks adds networks of a family. Three in ten lie in one that was drawn
// before and say the opposite of it.
func (l *Lists) addNetworks(r *rand.Rand, draw func(*rand.Rand) netip.Prefix) {
	blocks := map[netip.Prefix]bool{}
	var all []netip.Prefix
	for len(all) < Networks {
		network, block := draw(r), true
		if len(all) != 0 && r.UintN(10) < 3 {
			outer := all[r.IntN(len(all))]
			length := outer.Bits() + 1 + r.IntN(16)
			if length > outer.Addr().BitLen() {
				continue
			}
			network, block = netip.PrefixFrom(inside(r, outer), length).Masked(), !blocks[outer]
		}
		if _, drawn := blocks[network]; drawn {
			continue
		}
		blocks[network] = block
		all = append(all, network)
		if block {
			l.Block = append(l.Block, network)
		} else {
			l.Allow = append(l.Allow, network)
		}
	}
}

// families are all networks of a list by family.
func families(l *Lists) (v4, v6 []netip.Prefix) {
	for _, list := range [][]netip.Prefix{l.Block, l.Allow} {
		for _, network := range list {
			if network.Addr().Is4() {
				v4 = append(v4, network)
			} else {
				v6 = append(v6, network)
			}
		}
	}
	return v4, v6
}

// inside draws an address in a network.
func inside(r *rand.Rand, network netip.Prefix) netip.Addr {
	a := network.Addr().AsSlice()
	for bit := network.Bits(); bit < 8*len(a); bit++ {
		a[bit/8] |= byte(r.UintN(2)) << (7 - bit%8)
	}
	addr, _ := netip.AddrFromSlice(a)
	return addr
}

// randomNetV4 draws an IPv4 network: many hosts and small networks, some large
// ones, which together have a hundredth of the addresses.
func randomNetV4(r *rand.Rand) netip.Prefix {
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], r.Uint32())
	length := 25 + r.IntN(8)
	switch d := r.UintN(1000); {
	case d < 5:
		length = 12 + r.IntN(4)
	case d < 300:
		length = 17 + r.IntN(8)
	}
	return netip.PrefixFrom(netip.AddrFrom4(a), length).Masked()
}

// randomNetV6 draws an IPv6 network.
func randomNetV6(r *rand.Rand) netip.Prefix {
	length := 72 + r.IntN(57)
	if r.UintN(1000) == 0 {
		length = 48 + r.IntN(17)
	}
	return netip.PrefixFrom(netip.AddrFrom16(randomV6(r)), length).Masked()
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
