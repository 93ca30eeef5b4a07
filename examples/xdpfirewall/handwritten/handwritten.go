// Package handwritten is xdpfirewall as a Go programmer in need of speed would
// write it: the measure for the generated code.
//
// It takes Ethernet frames and gives XDP verdicts and counters, equal to those of
// the program. Lengths are compared once for each header, then bytes are read
// through array pointers, which have no bounds checks. Multi-byte fields are
// compared in the order in which they stand in the packet, as the C program does,
// so constants appear with their bytes swapped; reads are explicitly
// little-endian and right on every host. Tries and the ring are those of the run
// time.
package handwritten

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
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
	lost = ruleCount

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

// Firewall holds the blocklists, counts packets by rule and tells of drops. Lists
// are fixed at construction. One goroutine at a time calls Run, as one runs on an
// eBPF Frame: counters need no atomic operations.
type Firewall struct {
	networksV4 networks
	networksV6 networks
	drops      *ebpf.Map
	ring       uint64         // drops, as helpers take it
	ports      *[65536]uint64 // by port in host order: block bits, 8 bytes each as in an array map
	counters   [counterSlots]uint64

	// What is built of the packet at hand. It is here because maps take addresses
	// of memory that does not move.
	keyV4 struct {
		length uint32
		source [4]byte
	}
	keyV6 struct {
		length uint32
		source [16]byte
	}
	drop drop
}

// New returns a firewall that blocks source addresses whose longest matching
// network is in blocked and not in allowed, and the given TCP and UDP destination
// ports.
func New(blocked, allowed []netip.Prefix, tcp, udp []uint16) (*Firewall, error) {
	f := &Firewall{ports: new([65536]uint64)}
	f.keyV4.length, f.keyV6.length = 32, 128
	var err error
	all := uint32(len(blocked) + len(allowed))
	if f.networksV4, err = newNetworks("networks_v4", 4, all); err != nil {
		return nil, err
	}
	if f.networksV6, err = newNetworks("networks_v6", 16, all); err != nil {
		return nil, err
	}
	if f.drops, err = newRing(); err != nil {
		return nil, err
	}
	f.ring = addressOf(f.drops.Runtime())
	for value, list := range [][]netip.Prefix{allow: allowed, block: blocked} {
		for _, network := range list {
			to := &f.networksV6
			if network.Addr().Is4() {
				to = &f.networksV4
			}
			if err := to.add(network, byte(value)); err != nil {
				return nil, err
			}
		}
	}
	for _, p := range tcp {
		f.ports[p] |= blockTCP
	}
	for _, p := range udp {
		f.ports[p] |= blockUDP
	}
	return f, nil
}

// Drops is the ring of drops, struct drop of the program.
func (f *Firewall) Drops() *ebpf.Map { return f.drops }

// Counters returns the number of packets by rule, and behind them that of the
// drops which the ring had no room for.
func (f *Firewall) Counters() []uint64 { return append([]uint64(nil), f.counters[:lost+1]...) }

// Run decides an Ethernet frame, counts it and returns the verdict.
func (f *Firewall) Run(frame []byte) uint32 {
	f.drop = drop{}
	rule := f.decide(unsafe.Pointer(unsafe.SliceData(frame)), uintptr(len(frame)))
	f.counters[rule%counterSlots]++
	if rulesPass>>rule&1 != 0 {
		return Pass
	}
	f.drop.rule = uint32(rule)
	if rtlib.RingbufOutput(nil, f.ring, uint64(uintptr(unsafe.Pointer(&f.drop))), uint64(unsafe.Sizeof(f.drop)), 0) != 0 {
		f.counters[lost]++
	}
	return Drop
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
				f.drop.kind = kind
				return ruleVLANDepth
			}
		}
	}
	f.drop.kind = kind
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
	f.keyV4.source = [4]byte(ip[12:16])
	copy(f.drop.source[:], ip[12:16])
	if f.networksV4.blocked(unsafe.Pointer(&f.keyV4)) {
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
	f.keyV6.source = [16]byte(ip[8:24])
	f.drop.source = f.keyV6.source
	if f.networksV6.blocked(unsafe.Pointer(&f.keyV6)) {
		return ruleSourceV6
	}
	return f.transport(p, n, skip+40, ip[6])
}

// transport decides by the TCP or UDP header at offset skip, which is at most n.
func (f *Firewall) transport(p unsafe.Pointer, n, skip uintptr, protocol byte) uint {
	f.drop.protocol = protocol
	if protocol == 6 {
		if n-skip < 20 {
			return ruleShort
		}
		f.drop.sourcePort, f.drop.destinationPort = load16(p, skip), load16(p, skip+2)
		if f.ports[bits.ReverseBytes16(f.drop.destinationPort)]&blockTCP != 0 {
			return rulePortTCP
		}
		return ruleAccept
	}
	if protocol == 17 {
		if n-skip < 8 {
			return ruleShort
		}
		f.drop.sourcePort, f.drop.destinationPort = load16(p, skip), load16(p, skip+2)
		if f.ports[bits.ReverseBytes16(f.drop.destinationPort)]&blockUDP != 0 {
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
