package oracle

import (
	"encoding/binary"
	"slices"
	"testing"
)

// frame builds an Ethernet frame: twelve bytes of addresses, VLAN tags, the
// ethertype, the rest.
func frame(tags []uint16, kind uint16, rest ...[]byte) []byte {
	p := make([]byte, 12)
	for _, tag := range tags {
		p = binary.BigEndian.AppendUint16(p, tag)
		p = binary.BigEndian.AppendUint16(p, 7)
	}
	p = binary.BigEndian.AppendUint16(p, kind)
	return slices.Concat(append([][]byte{p}, rest...)...)
}

func ipv4(source [4]byte, protocol byte, words int, fragment uint16) []byte {
	p := make([]byte, words*4)
	p[0] = 4<<4 | byte(words)
	binary.BigEndian.PutUint16(p[2:], uint16(words*4+20))
	binary.BigEndian.PutUint16(p[6:], fragment)
	p[9] = protocol
	copy(p[12:], source[:])
	return p
}

func ipv6(source [16]byte, protocol byte) []byte {
	p := make([]byte, 40)
	p[0], p[6] = 0x60, protocol
	copy(p[8:], source[:])
	return p
}

// ports is a transport header of n bytes.
func ports(n int, destination uint16) []byte {
	p := make([]byte, n)
	binary.BigEndian.PutUint16(p[2:], destination)
	return p
}

func with(p []byte, at int, value byte) []byte {
	p = slices.Clone(p)
	p[at] = value
	return p
}

var (
	badV4  = [4]byte{192, 0, 2, 1}
	goodV4 = [4]byte{192, 0, 2, 2}
	badV6  = [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 1}
	goodV6 = [16]byte{0x20, 0x01, 0x0d, 0xb8, 15: 2}
)

func TestRules(t *testing.T) {
	v4 := ipv4(goodV4, 6, 5, 0)
	tests := []struct {
		name    string
		packet  []byte
		rule    Rule
		verdict Verdict
	}{
		{"empty", nil, Short, Drop},
		{"13 bytes", make([]byte, 13), Short, Drop},
		{"802.3 length", make([]byte, 14), NotIP, Pass},
		{"ARP", frame(nil, 0x0806), NotIP, Pass},
		{"tag cut", frame(nil, 0x8100, make([]byte, 3)), Short, Drop},
		{"two tags", frame([]uint16{0x88a8, 0x8100}, 0x0806), NotIP, Pass},
		{"three tags", frame([]uint16{0x88a8, 0x8100, 0x8100}, 0x0800, v4), VLANDepth, Drop},
		{"IPv4 cut", frame(nil, 0x0800, v4[:19]), Short, Drop},
		{"IPv4 version", frame(nil, 0x0800, with(v4, 0, 0x65)), BadHeader, Drop},
		{"IPv4 header length", frame(nil, 0x0800, with(v4, 0, 0x44)), BadHeader, Drop},
		{"IPv4 total length", frame(nil, 0x0800, with(v4, 3, 19)), BadHeader, Drop},
		{"IPv4 options cut", frame(nil, 0x0800, ipv4(badV4, 6, 6, 0)[:23]), Short, Drop},
		{"IPv4 source", frame(nil, 0x0800, ipv4(badV4, 1, 5, 0)), SourceV4, Drop},
		{"IPv4 source of a fragment", frame(nil, 0x0800, ipv4(badV4, 6, 5, 1)), SourceV4, Drop},
		{"fragment", frame(nil, 0x0800, ipv4(goodV4, 6, 5, 0x3fff)), Fragment, Pass},
		{"first fragment", frame(nil, 0x0800, ipv4(goodV4, 6, 5, 0x2000), ports(20, 23)), PortTCP, Drop},
		{"ICMP", frame(nil, 0x0800, ipv4(goodV4, 1, 5, 0)), Other, Pass},
		{"TCP cut", frame(nil, 0x0800, v4, ports(19, 80)), Short, Drop},
		{"TCP", frame(nil, 0x0800, v4, ports(20, 80)), Accept, Pass},
		{"TCP blocked", frame(nil, 0x0800, v4, ports(20, 23)), PortTCP, Drop},
		{"TCP behind options", frame([]uint16{0x8100}, 0x0800, ipv4(goodV4, 6, 15, 0), ports(20, 23)), PortTCP, Drop},
		{"UDP cut", frame(nil, 0x0800, ipv4(goodV4, 17, 5, 0), ports(7, 80)), Short, Drop},
		{"UDP to a port blocked for TCP", frame(nil, 0x0800, ipv4(goodV4, 17, 5, 0), ports(8, 23)), Accept, Pass},
		{"UDP blocked", frame(nil, 0x0800, ipv4(goodV4, 17, 5, 0), ports(8, 1900)), PortUDP, Drop},
		{"IPv6 cut", frame(nil, 0x86dd, ipv6(badV6, 6)[:39]), Short, Drop},
		{"IPv6 version", frame(nil, 0x86dd, with(ipv6(badV6, 6), 0, 0x40)), BadHeader, Drop},
		{"IPv6 source", frame(nil, 0x86dd, ipv6(badV6, 6)), SourceV6, Drop},
		{"IPv6 TCP", frame(nil, 0x86dd, ipv6(goodV6, 6), ports(20, 80)), Accept, Pass},
		{"IPv6 TCP blocked", frame([]uint16{0x88a8, 0x8100}, 0x86dd, ipv6(goodV6, 6), ports(20, 23)), PortTCP, Drop},
		{"IPv6 UDP blocked", frame(nil, 0x86dd, ipv6(goodV6, 17), ports(8, 1900)), PortUDP, Drop},
		{"IPv6 hop-by-hop", frame(nil, 0x86dd, ipv6(goodV6, 0), ports(20, 23)), Other, Pass},
	}
	f := New([][4]byte{badV4}, [][16]byte{badV6}, []uint16{23}, []uint16{1900})
	var counters [RuleCount]uint64
	for _, tc := range tests {
		verdict, rule := f.Run(tc.packet)
		if verdict != tc.verdict || rule != tc.rule {
			t.Errorf("%s: got %d by %v, want %d by %v", tc.name, verdict, rule, tc.verdict, tc.rule)
		}
		counters[tc.rule]++
	}
	if f.Counters != counters {
		t.Errorf("counters: got %v, want %v", f.Counters, counters)
	}
	for rule, n := range counters {
		if n == 0 {
			t.Errorf("no case for %v", Rule(rule))
		}
	}
}

func TestRuleString(t *testing.T) {
	for r, want := range map[Rule]string{Short: "short", Accept: "accept", RuleCount: "rule(11)", -1: "rule(-1)"} {
		if got := r.String(); got != want {
			t.Errorf("rule %d: got %q, want %q", int(r), got, want)
		}
	}
}
