// Package handwritten is xdpfirewall as a Go programmer in need of speed would
// write it: the measure for the generated code.
//
// It takes Ethernet frames and gives XDP verdicts and counters, equal to those of
// the program. Lengths are compared once for each header, then bytes are read
// through array pointers, which have no bounds checks. Multi-byte fields are
// compared in the order in which they stand in the packet, as the C program does,
// so constants appear with their bytes swapped; reads are explicitly
// little-endian and right on every host.
package handwritten

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// Verdicts; numbers of enum xdp_action.
const (
	Drop = 1
	Pass = 2
)

// Rules in the numbering of enum rule in xdpfirewall.bpf.c.
const (
	ruleShort = iota
	ruleVLANDepth
	ruleNotIP
	ruleBadHeader
	ruleSourceV4
	ruleSourceV6
	ruleFragment
	ruleOther
	rulePortTCP
	rulePortUDP
	ruleAccept
	ruleCount

	// counterSlots is a power of two, so that a masked index needs no check.
	counterSlots = 16
	rulesPass    = 1<<ruleNotIP | 1<<ruleFragment | 1<<ruleOther | 1<<ruleAccept
)

// Ethertypes as a little-endian read sees them.
const (
	typeIPv4   = 0x0008
	typeIPv6   = 0xdd86
	type8021Q  = 0x0081
	type8021AD = 0xa888

	fragmentMask = 0xff1f // the 13 bits of the offset

	blockTCP = 1
	blockUDP = 2
)

// Firewall holds the blocklists and counts packets by rule. Lists are fixed at
// construction; Run may be called from many goroutines.
type Firewall struct {
	sourcesV4 table
	sourcesV6 table
	ports     *[65536]uint64 // by port in host order: block bits, 8 bytes each as in an array map
	counters  [counterSlots]uint64
}

// New returns a firewall that blocks the given source addresses and the given
// TCP and UDP destination ports. Packets for Run must not lie on a stack: see
// table.has4.
func New(sourcesV4 [][4]byte, sourcesV6 [][16]byte, tcp, udp []uint16) (*Firewall, error) {
	f := &Firewall{ports: new([65536]uint64)}
	var keys4, keys16 [][]byte
	for i := range sourcesV4 {
		keys4 = append(keys4, sourcesV4[i][:])
	}
	for i := range sourcesV6 {
		keys16 = append(keys16, sourcesV6[i][:])
	}
	var err error
	if f.sourcesV4, err = newTable("sources_v4", 4, keys4); err != nil {
		return nil, err
	}
	if f.sourcesV6, err = newTable("sources_v6", 16, keys16); err != nil {
		return nil, err
	}
	for _, p := range tcp {
		f.ports[p] |= blockTCP
	}
	for _, p := range udp {
		f.ports[p] |= blockUDP
	}
	return f, nil
}

// Counters returns the number of packets by rule.
func (f *Firewall) Counters() []uint64 {
	out := make([]uint64, ruleCount)
	for i := range out {
		out[i] = atomic.LoadUint64(&f.counters[i])
	}
	return out
}

// Run decides an Ethernet frame, counts it and returns the verdict.
func (f *Firewall) Run(frame []byte) uint32 {
	rule := f.decide(unsafe.Pointer(unsafe.SliceData(frame)), uintptr(len(frame)))
	atomic.AddUint64(&f.counters[rule%counterSlots], 1)
	return Drop + uint32(rulesPass>>rule&1)
}

// The functions below take the address p of n readable bytes; each compares n
// before it reads, and every read lies below the length compared last.

func (f *Firewall) decide(p unsafe.Pointer, n uintptr) uint {
	if n < 14 {
		return ruleShort
	}
	kind, skip := load16(p, 12), uintptr(14)
	if isVLAN(kind) {
		if n < 18 {
			return ruleShort
		}
		kind, skip = load16(p, 16), 18
		if isVLAN(kind) {
			if n < 22 {
				return ruleShort
			}
			kind, skip = load16(p, 20), 22
			if isVLAN(kind) {
				return ruleVLANDepth
			}
		}
	}
	if kind == typeIPv4 {
		return f.ipv4(p, n, skip)
	}
	if kind == typeIPv6 {
		return f.ipv6(p, n, skip)
	}
	return ruleNotIP
}

// ipv4 decides by the IPv4 header at offset skip.
func (f *Firewall) ipv4(p unsafe.Pointer, n, skip uintptr) uint {
	if n < skip+20 {
		return ruleShort
	}
	ip := (*[20]byte)(unsafe.Add(p, skip))
	length := uintptr(ip[0]&15) * 4
	if ip[0]>>4 != 4 || length < 20 || uintptr(binary.BigEndian.Uint16(ip[2:])) < length {
		return ruleBadHeader
	}
	if n < skip+length {
		return ruleShort
	}
	if f.sourcesV4.has4(unsafe.Pointer(&ip[12])) {
		return ruleSourceV4
	}
	if binary.LittleEndian.Uint16(ip[6:])&fragmentMask != 0 {
		return ruleFragment
	}
	return f.transport(p, n, skip+length, ip[9])
}

// ipv6 decides by the IPv6 header at offset skip.
func (f *Firewall) ipv6(p unsafe.Pointer, n, skip uintptr) uint {
	if n < skip+40 {
		return ruleShort
	}
	ip := (*[40]byte)(unsafe.Add(p, skip))
	if ip[0]>>4 != 6 {
		return ruleBadHeader
	}
	if f.sourcesV6.has16(unsafe.Pointer(&ip[8])) {
		return ruleSourceV6
	}
	return f.transport(p, n, skip+40, ip[6])
}

// transport decides by the TCP or UDP header at offset skip, which is at most n.
func (f *Firewall) transport(p unsafe.Pointer, n, skip uintptr, protocol byte) uint {
	if protocol == 6 {
		if n-skip < 20 {
			return ruleShort
		}
		if f.ports[bits.ReverseBytes16(load16(p, skip+2))]&blockTCP != 0 {
			return rulePortTCP
		}
		return ruleAccept
	}
	if protocol == 17 {
		if n-skip < 8 {
			return ruleShort
		}
		if f.ports[bits.ReverseBytes16(load16(p, skip+2))]&blockUDP != 0 {
			return rulePortUDP
		}
		return ruleAccept
	}
	return ruleOther
}

func isVLAN(kind uint16) bool { return kind == type8021Q || kind == type8021AD }

// load16 reads two bytes at offset off, the first one lowest.
func load16(p unsafe.Pointer, off uintptr) uint16 {
	return binary.LittleEndian.Uint16((*[2]byte)(unsafe.Add(p, off))[:])
}
