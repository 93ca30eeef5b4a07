package oracle

import (
	"encoding/binary"
	"net/netip"
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
	badV4  = [4]byte{192, 0, 2, 1} // in a blocked network
	goodV4 = [4]byte{192, 0, 2, 2} // in an exception inside
	hostV4 = [4]byte{192, 0, 2, 3} // blocked inside of that
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
		{"empty", nil, Short, Dropped},
		{"13 bytes", make([]byte, 13), Short, Dropped},
		{"802.3 length", make([]byte, 14), NotIP, Passed},
		{"ARP", frame(nil, 0x0806), NotIP, Passed},
		{"tag cut", frame(nil, 0x8100, make([]byte, 3)), Short, Dropped},
		{"two tags", frame([]uint16{0x88a8, 0x8100}, 0x0806), NotIP, Passed},
		{"three tags", frame([]uint16{0x88a8, 0x8100, 0x8100}, 0x0800, v4), VLANDepth, Dropped},
		{"IPv4 cut", frame(nil, 0x0800, v4[:19]), Short, Dropped},
		{"IPv4 version", frame(nil, 0x0800, with(v4, 0, 0x65)), BadHeader, Dropped},
		{"IPv4 header length", frame(nil, 0x0800, with(v4, 0, 0x44)), BadHeader, Dropped},
		{"IPv4 total length", frame(nil, 0x0800, with(v4, 3, 19)), BadHeader, Dropped},
		{"IPv4 options cut", frame(nil, 0x0800, ipv4(badV4, 6, 6, 0)[:23]), Short, Dropped},
		{"IPv4 source", frame(nil, 0x0800, ipv4(badV4, 1, 5, 0)), SourceV4, Dropped},
		{"IPv4 source inside of an exception", frame(nil, 0x0800, ipv4(hostV4, 1, 5, 0)), SourceV4, Dropped},
		{"IPv4 source of a fragment", frame(nil, 0x0800, ipv4(badV4, 6, 5, 1)), SourceV4, Dropped},
		{"fragment", frame(nil, 0x0800, ipv4(goodV4, 6, 5, 0x3fff)), Fragment, Passed},
		{"first fragment", frame(nil, 0x0800, ipv4(goodV4, 6, 5, 0x2000), ports(20, 23)), PortTCP, Dropped},
		{"ICMP", frame(nil, 0x0800, ipv4(goodV4, 1, 5, 0)), Other, Passed},
		{"TCP cut", frame(nil, 0x0800, v4, ports(19, 80)), Short, Dropped},
		{"TCP", frame(nil, 0x0800, v4, ports(20, 80)), Accept, Passed},
		{"TCP blocked", frame(nil, 0x0800, v4, ports(20, 23)), PortTCP, Dropped},
		{"TCP behind options", frame([]uint16{0x8100}, 0x0800, ipv4(goodV4, 6, 15, 0), ports(20, 23)), PortTCP, Dropped},
		{"UDP cut", frame(nil, 0x0800, ipv4(goodV4, 17, 5, 0), ports(7, 80)), Short, Dropped},
		{"UDP to a port blocked for TCP", frame(nil, 0x0800, ipv4(goodV4, 17, 5, 0), ports(8, 23)), Accept, Passed},
		{"UDP blocked", frame(nil, 0x0800, ipv4(goodV4, 17, 5, 0), ports(8, 1900)), PortUDP, Dropped},
		{"IPv6 cut", frame(nil, 0x86dd, ipv6(badV6, 6)[:39]), Short, Dropped},
		{"IPv6 version", frame(nil, 0x86dd, with(ipv6(badV6, 6), 0, 0x40)), BadHeader, Dropped},
		{"IPv6 source", frame(nil, 0x86dd, ipv6(badV6, 6)), SourceV6, Dropped},
		{"IPv6 TCP", frame(nil, 0x86dd, ipv6(goodV6, 6), ports(20, 80)), Accept, Passed},
		{"IPv6 TCP blocked", frame([]uint16{0x88a8, 0x8100}, 0x86dd, ipv6(goodV6, 6), ports(20, 23)), PortTCP, Dropped},
		{"IPv6 UDP blocked", frame(nil, 0x86dd, ipv6(goodV6, 17), ports(8, 1900)), PortUDP, Dropped},
		{"IPv6 hop-by-hop", frame(nil, 0x86dd, ipv6(goodV6, 0), ports(20, 23)), Other, Passed},
	}
	f := New(
		[]netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.0.2.3/32"), netip.MustParsePrefix("2001:db8::/64")},
		[]netip.Prefix{netip.MustParsePrefix("192.0.2.2/31"), netip.MustParsePrefix("2001:db8::2/127")},
		[]uint16{23}, []uint16{1900})
	drops := 0
	var counters [RuleCount]uint64
	for _, tc := range tests {
		verdict, rule := f.Run(tc.packet)
		if verdict != tc.verdict || rule != tc.rule {
			t.Errorf("%s: got %d by %v, want %d by %v", tc.name, verdict, rule, tc.verdict, tc.rule)
		}
		counters[tc.rule]++
		if verdict != Dropped {
			continue
		}
		if drops++; len(f.Drops) != drops || f.Drops[drops-1].Rule != rule {
			t.Errorf("%s: the last of %d drops is %+v", tc.name, len(f.Drops), f.Drops[len(f.Drops)-1])
		}
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

// TestDrops compares what is told of drops, in full.
func TestDrops(t *testing.T) {
	f := New([]netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}, nil, []uint16{23}, nil)
	v4, v6 := ipv4(goodV4, 6, 5, 0), ipv6(badV6, 6)
	for _, tc := range []struct {
		packet []byte
		want   Drop
	}{
		{make([]byte, 13), Drop{Rule: Short}},
		{frame([]uint16{0x88a8, 0x8100, 0x88a8}, 0x0800), Drop{Rule: VLANDepth, Type: 0x88a8}},
		{frame(nil, 0x0800, v4[:19]), Drop{Rule: Short, Type: 0x0800}},
		{frame(nil, 0x0800, ipv4(badV4, 1, 5, 0)), Drop{Rule: SourceV4, Type: 0x0800, Source: [16]byte{192, 0, 2, 1}}},
		{frame(nil, 0x0800, v4, ports(19, 23)), Drop{Rule: Short, Type: 0x0800, Protocol: 6, Source: [16]byte{192, 0, 2, 2}}},
		{frame(nil, 0x86dd, v6, with(ports(20, 23), 1, 9)), Drop{Rule: PortTCP, Type: 0x86dd, Protocol: 6, SourcePort: 9, DestinationPort: 23, Source: badV6}},
	} {
		f.Drops = nil
		if f.Run(tc.packet); len(f.Drops) != 1 || f.Drops[0] != tc.want {
			t.Errorf("% x: got %+v, want %+v", tc.packet, f.Drops, tc.want)
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
