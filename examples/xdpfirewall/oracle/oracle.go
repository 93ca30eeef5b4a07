// Package oracle decides packets as xdpfirewall.bpf.c does, written a second time
// from its description: plain slices and maps, the standard library, no speed.
//
// It takes lists of networks and ports and packets, and gives a verdict, the rule
// that decided and what the firewall tells of a drop.
// It shares no code with the program, the generator of packets, the compiler or
// its run time, so that an equal result means something.
package oracle

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

// Verdict is the return value of an XDP program.
type Verdict uint32

// The verdicts that the firewall gives; numbers of enum xdp_action.
const (
	Dropped Verdict = 1 // XDP_DROP
	Passed  Verdict = 2 // XDP_PASS
)

// Rule names what decided a packet; it is the index of its counter.
type Rule int

// Rules in the numbering of enum rule in xdpfirewall.bpf.c.
const (
	Short     Rule = iota // ends inside a header that must be read
	VLANDepth             // more than two VLAN tags
	NotIP                 // neither IPv4 nor IPv6
	BadHeader             // wrong IP version, header length or total length
	SourceV4              // IPv4 source is blocked
	SourceV6              // IPv6 source is blocked
	Fragment              // IPv4, not the first fragment
	Other                 // neither TCP nor UDP
	PortTCP               // TCP destination port is blocked
	PortUDP               // UDP destination port is blocked
	Accept                // nothing objects
	RuleCount
)

// String gives the rule's name.
func (r Rule) String() string {
	names := [RuleCount]string{
		"short", "vlan-depth", "not-ip", "bad-header", "source-v4", "source-v6",
		"fragment", "other", "port-tcp", "port-udp", "accept",
	}
	if r < 0 || r >= RuleCount {
		return fmt.Sprintf("rule(%d)", int(r))
	}
	return names[r]
}

// Verdict says what happens to a packet that r decides.
func (r Rule) Verdict() Verdict {
	switch r {
	case NotIP, Fragment, Other, Accept:
		return Passed
	}
	return Dropped
}

// Drop is what the firewall tells of a packet that it drops. What the rule did not
// need is 0.
type Drop struct {
	Rule            Rule
	Type            uint16 // ethertype behind the VLAN tags
	Protocol        uint8
	SourcePort      uint16
	DestinationPort uint16
	Source          [16]byte // an IPv4 address is in the first four bytes
}

// Firewall holds blocklists and counts packets by rule.
type Firewall struct {
	networks map[netip.Prefix]bool // whether the network is blocked
	lengths  map[bool][]int        // of the networks, descending, by "is IPv4"
	tcp, udp map[uint16]bool

	// Counters holds the number of packets by Rule.
	Counters [RuleCount]uint64
	// Drops are all drops, in the order of the packets.
	Drops []Drop

	drop Drop // of the packet at hand
}

// New returns a firewall that blocks source addresses whose longest matching
// network is in block and not in allow, and the given TCP and UDP destination
// ports.
func New(block, allow []netip.Prefix, tcp, udp []uint16) *Firewall {
	f := &Firewall{networks: map[netip.Prefix]bool{}, lengths: map[bool][]int{}, tcp: set(tcp), udp: set(udp)}
	for _, network := range block {
		f.networks[network.Masked()] = true
	}
	for _, network := range allow {
		f.networks[network.Masked()] = false
	}
	used := map[bool]map[int]bool{true: {}, false: {}}
	for network := range f.networks {
		used[network.Addr().Is4()][network.Bits()] = true
	}
	for is4, lengths := range used {
		for length := 128; length >= 0; length-- {
			if lengths[length] {
				f.lengths[is4] = append(f.lengths[is4], length)
			}
		}
	}
	return f
}

func set[T comparable](list []T) map[T]bool {
	m := make(map[T]bool, len(list))
	for _, x := range list {
		m[x] = true
	}
	return m
}

// blocked asks one network after the other that the source is in, the smallest
// first.
func (f *Firewall) blocked(source netip.Addr) bool {
	for _, length := range f.lengths[source.Is4()] {
		network, _ := source.Prefix(length) // the length fits the family
		if block, listed := f.networks[network]; listed {
			return block
		}
	}
	return false
}

// Run decides an Ethernet frame and counts it.
func (f *Firewall) Run(frame []byte) (Verdict, Rule) {
	f.drop = Drop{}
	rule := f.ethernet(frame)
	f.Counters[rule]++
	if rule.Verdict() == Dropped {
		f.drop.Rule = rule
		f.Drops = append(f.Drops, f.drop)
	}
	return rule.Verdict(), rule
}

func (f *Firewall) ethernet(frame []byte) Rule {
	if len(frame) < 14 {
		return Short
	}
	kind, rest := binary.BigEndian.Uint16(frame[12:]), frame[14:]
	for tags := 0; kind == 0x8100 || kind == 0x88a8; tags++ {
		if tags == 2 {
			f.drop.Type = kind
			return VLANDepth
		}
		if len(rest) < 4 {
			return Short
		}
		kind, rest = binary.BigEndian.Uint16(rest[2:]), rest[4:]
	}
	f.drop.Type = kind
	switch kind {
	case 0x0800:
		return f.ipv4(rest)
	case 0x86dd:
		return f.ipv6(rest)
	}
	return NotIP
}

func (f *Firewall) ipv4(ip []byte) Rule {
	if len(ip) < 20 {
		return Short
	}
	version, headerLength := ip[0]>>4, int(ip[0]&15)*4
	totalLength := int(binary.BigEndian.Uint16(ip[2:]))
	if version != 4 || headerLength < 20 || totalLength < headerLength {
		return BadHeader
	}
	if len(ip) < headerLength {
		return Short
	}
	copy(f.drop.Source[:], ip[12:16])
	if f.blocked(netip.AddrFrom4([4]byte(ip[12:16]))) {
		return SourceV4
	}
	if fragmentOffset := binary.BigEndian.Uint16(ip[6:]) & 0x1fff; fragmentOffset != 0 {
		return Fragment
	}
	return f.transport(ip[9], ip[headerLength:])
}

func (f *Firewall) ipv6(ip []byte) Rule {
	if len(ip) < 40 {
		return Short
	}
	if ip[0]>>4 != 6 {
		return BadHeader
	}
	copy(f.drop.Source[:], ip[8:24])
	if f.blocked(netip.AddrFrom16([16]byte(ip[8:24]))) {
		return SourceV6
	}
	return f.transport(ip[6], ip[40:])
}

func (f *Firewall) transport(protocol byte, header []byte) Rule {
	f.drop.Protocol = protocol
	switch protocol {
	case 6:
		if len(header) < 20 {
			return Short
		}
		f.ports(header)
		if f.tcp[f.drop.DestinationPort] {
			return PortTCP
		}
		return Accept
	case 17:
		if len(header) < 8 {
			return Short
		}
		f.ports(header)
		if f.udp[f.drop.DestinationPort] {
			return PortUDP
		}
		return Accept
	}
	return Other
}

// ports reads the two ports that TCP and UDP begin with.
func (f *Firewall) ports(header []byte) {
	f.drop.SourcePort = binary.BigEndian.Uint16(header)
	f.drop.DestinationPort = binary.BigEndian.Uint16(header[2:])
}
