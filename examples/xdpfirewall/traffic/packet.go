package traffic

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
)

const (
	protocolTCP = 6
	protocolUDP = 17
)

// arena is the size of the blocks that packets are cut from, bytes.
const arena = 1 << 20

type generator struct {
	rand  *rand.Rand
	lists *Lists
	v4    []netip.Prefix // all networks of lists
	v6    []netip.Prefix
	block []byte // rest of the current block
	p     []byte // the packet being built
}

// chance is true in percent of 100 cases.
func (g *generator) chance(percent uint) bool { return g.rand.UintN(100) < percent }

func (g *generator) pick(list []byte) byte { return list[g.rand.IntN(len(list))] }

func (g *generator) u16(x uint16) { g.p = binary.BigEndian.AppendUint16(g.p, x) }

func (g *generator) u32(x uint32) { g.p = binary.BigEndian.AppendUint32(g.p, x) }

func (g *generator) bytes(b ...byte) { g.p = append(g.p, b...) }

// fill appends n random bytes.
func (g *generator) fill(n int) {
	for ; n >= 8; n -= 8 {
		g.p = binary.LittleEndian.AppendUint64(g.p, g.rand.Uint64())
	}
	for ; n > 0; n-- {
		g.p = append(g.p, byte(g.rand.Uint32()))
	}
}

// packet returns a new packet with its capacity equal to its length.
func (g *generator) packet() []byte {
	g.p = g.p[:0]
	g.ethernet()
	headers := len(g.p)
	g.fill(g.payload())
	if g.chance(4) { // cut, mostly inside the headers
		limit := headers
		if g.chance(20) {
			limit = len(g.p)
		}
		g.p = g.p[:MinLength+g.rand.IntN(limit-MinLength+1)]
	}
	if len(g.block) < len(g.p) {
		g.block = make([]byte, arena)
	}
	n := copy(g.block, g.p)
	out := g.block[:n:n]
	g.block = g.block[n:]
	return out
}

// payload draws a length in bytes: many small packets, some of full size.
func (g *generator) payload() int {
	switch d := g.rand.UintN(100); {
	case d < 60:
		return g.rand.IntN(64)
	case d < 95:
		return 64 + g.rand.IntN(192)
	default:
		return 1300 + g.rand.IntN(100)
	}
}

func (g *generator) ethernet() {
	g.fill(12)
	tags := 0
	switch d := g.rand.UintN(100); {
	case d < 70:
	case d < 88:
		tags = 1
	case d < 98:
		tags = 2
	default:
		tags = 3
	}
	for range tags {
		g.u16([]uint16{0x8100, 0x88a8}[g.rand.IntN(2)])
		g.u16(uint16(g.rand.Uint32()))
	}
	switch d := g.rand.UintN(100); {
	case d < 65:
		g.u16(0x0800)
		g.ipv4()
	case d < 94:
		g.u16(0x86dd)
		g.ipv6()
	default: // ARP, LLDP, MPLS, PPPoE, 802.3 length, anything
		g.u16([]uint16{0x0806, 0x88cc, 0x8847, 0x8864, 0x0040, uint16(g.rand.Uint32())}[g.rand.IntN(6)])
		g.fill(28)
	}
}

func (g *generator) ipv4() {
	version, words := byte(4), 5
	if g.chance(8) {
		words = 5 + g.rand.IntN(11)
	}
	total := words*4 + 20 + g.rand.IntN(1400)
	headerWords := words
	switch g.rand.UintN(150) { // damage
	case 0:
		version = g.pick([]byte{0, 5, 6, 15})
	case 1:
		words = g.rand.IntN(5)
	case 2:
		total = g.rand.IntN(words * 4)
	}
	fragment := uint16(0x4000) // don't fragment
	switch d := g.rand.UintN(100); {
	case d < 5:
		fragment = uint16(1+g.rand.UintN(0x1fff)) | 0x2000*uint16(g.rand.UintN(2))
	case d < 7:
		fragment = 0x2000 // first of several
	}
	protocol := g.protocol([]byte{1, 2, 47, 50, 89, 132})
	g.bytes(version<<4|byte(words), 0)
	g.u16(uint16(total))
	g.u16(uint16(g.rand.Uint32()))
	g.u16(fragment)
	g.bytes(64, protocol)
	g.u16(uint16(g.rand.Uint32())) // the firewall checks no checksum
	source := g.sourceV4()
	g.bytes(source[:]...)
	g.u32(g.rand.Uint32())
	g.fill(headerWords*4 - 20)
	g.transport(protocol)
}

func (g *generator) ipv6() {
	version := byte(6)
	if g.rand.UintN(150) == 0 {
		version = g.pick([]byte{0, 4, 7, 15})
	}
	protocol := g.protocol([]byte{0, 43, 44, 50, 58, 60})
	g.bytes(version<<4 | byte(g.rand.UintN(16)))
	g.fill(3)
	g.u16(uint16(20 + g.rand.IntN(1400)))
	g.bytes(protocol, 64)
	source, destination := g.sourceV6(), randomV6(g.rand)
	g.bytes(source[:]...)
	g.bytes(destination[:]...)
	g.transport(protocol)
}

func (g *generator) protocol(other []byte) byte {
	switch d := g.rand.UintN(100); {
	case d < 55:
		return protocolTCP
	case d < 90:
		return protocolUDP
	}
	return g.pick(other)
}

func (g *generator) sourceV4() (a [4]byte) {
	switch d := g.rand.UintN(100); {
	case d < 12:
		return inside(g.rand, g.v4[g.rand.IntN(len(g.v4))]).As4()
	case d < 15: // one bit beside a network
		a = inside(g.rand, g.v4[g.rand.IntN(len(g.v4))]).As4()
		a[g.rand.IntN(4)] ^= 1 << g.rand.UintN(8)
		return a
	}
	binary.BigEndian.PutUint32(a[:], g.rand.Uint32())
	return a
}

func (g *generator) sourceV6() [16]byte {
	switch d := g.rand.UintN(100); {
	case d < 12:
		return inside(g.rand, g.v6[g.rand.IntN(len(g.v6))]).As16()
	case d < 15:
		a := inside(g.rand, g.v6[g.rand.IntN(len(g.v6))]).As16()
		a[g.rand.IntN(16)] ^= 1 << g.rand.UintN(8)
		return a
	}
	return randomV6(g.rand)
}

// port draws a destination port; one in eight comes from a list, which may be the
// list of the other protocol.
func (g *generator) port() uint16 {
	switch d := g.rand.UintN(100); {
	case d < 6:
		return g.lists.TCP[g.rand.IntN(BlockedPorts)]
	case d < 12:
		return g.lists.UDP[g.rand.IntN(BlockedPorts)]
	}
	return randomPort(g.rand)
}

func (g *generator) transport(protocol byte) {
	switch protocol {
	case protocolTCP:
		g.u16(uint16(g.rand.Uint32()))
		g.u16(g.port())
		g.fill(8)
		g.u16(0x5000 | uint16(g.rand.UintN(64)))
		g.fill(6)
	case protocolUDP:
		g.u16(uint16(g.rand.Uint32()))
		g.u16(g.port())
		g.u16(uint16(8 + g.rand.UintN(1400)))
		g.fill(2)
	default:
		g.fill(8)
	}
}
