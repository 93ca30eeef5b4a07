// Package oracle decides packets as xdpfirewall.bpf.c does, written a second time
// from its description: plain slices, the standard library, no speed.
//
// It takes blocklists and packets and gives a verdict and the rule that decided.
// It shares no code with the program, the generator of packets, the compiler or
// its run time, so that an equal result means something.
package oracle

import (
	"encoding/binary"
	"fmt"
)

// Verdict is the return value of an XDP program.
type Verdict uint32

// The verdicts that the firewall gives; numbers of enum xdp_action.
const (
	Drop Verdict = 1
	Pass Verdict = 2
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
		return Pass
	}
	return Drop
}

// Firewall holds blocklists and counts packets by rule.
type Firewall struct {
	sourcesV4 map[[4]byte]bool
	sourcesV6 map[[16]byte]bool
	tcp, udp  map[uint16]bool

	// Counters holds the number of packets by Rule.
	Counters [RuleCount]uint64
}

// New returns a firewall that blocks the given source addresses and the given
// TCP and UDP destination ports.
func New(sourcesV4 [][4]byte, sourcesV6 [][16]byte, tcp, udp []uint16) *Firewall {
	return &Firewall{sourcesV4: set(sourcesV4), sourcesV6: set(sourcesV6), tcp: set(tcp), udp: set(udp)}
}

func set[T comparable](list []T) map[T]bool {
	m := make(map[T]bool, len(list))
	for _, x := range list {
		m[x] = true
	}
	return m
}

// Run decides an Ethernet frame and counts it.
func (f *Firewall) Run(frame []byte) (Verdict, Rule) {
	rule := f.ethernet(frame)
	f.Counters[rule]++
	return rule.Verdict(), rule
}

func (f *Firewall) ethernet(frame []byte) Rule {
	if len(frame) < 14 {
		return Short
	}
	kind, rest := binary.BigEndian.Uint16(frame[12:]), frame[14:]
	for tags := 0; kind == 0x8100 || kind == 0x88a8; tags++ {
		if tags == 2 {
			return VLANDepth
		}
		if len(rest) < 4 {
			return Short
		}
		kind, rest = binary.BigEndian.Uint16(rest[2:]), rest[4:]
	}
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
	if f.sourcesV4[[4]byte(ip[12:16])] {
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
	if f.sourcesV6[[16]byte(ip[8:24])] {
		return SourceV6
	}
	return f.transport(ip[6], ip[40:])
}

func (f *Firewall) transport(protocol byte, header []byte) Rule {
	switch protocol {
	case 6:
		if len(header) < 20 {
			return Short
		}
		if f.tcp[binary.BigEndian.Uint16(header[2:])] {
			return PortTCP
		}
		return Accept
	case 17:
		if len(header) < 8 {
			return Short
		}
		if f.udp[binary.BigEndian.Uint16(header[2:])] {
			return PortUDP
		}
		return Accept
	}
	return Other
}
