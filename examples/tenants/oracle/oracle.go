// Package oracle says what tenants has to decide, in plain Go with nothing but the
// standard library. It knows the rules of tenants.bpf.c by their text, not by its
// code.
package oracle

import "encoding/binary"

// Verdict is what becomes of a packet, by XDP's numbers.
type Verdict uint32

// Verdicts.
const (
	Drop Verdict = 1
	Pass Verdict = 2
)

// Port is a destination port of a protocol.
type Port struct {
	Protocol uint8 // 6 TCP, 17 UDP
	Number   uint16
}

// Policy is what a tenant allows. The verdict of a rule is Pass or Drop.
type Policy struct {
	Version uint16 // not 0
	Default Verdict
	Nets    map[[2]byte]Verdict // by the first two bytes of the IPv4 source
	Ports   map[Port]Verdict
}

// Packet is what rules look at.
type Packet struct {
	Tenant uint32 // VLAN
	Net    [2]byte
	Port   Port
}

// Parse reads a frame; false for what no policy decides: it is dropped.
func Parse(frame []byte) (Packet, bool) {
	const ethernet, tagged = 14, 18
	var p Packet
	if len(frame) < tagged+20 || binary.BigEndian.Uint16(frame[12:]) != 0x8100 || binary.BigEndian.Uint16(frame[16:]) != 0x0800 {
		return p, false
	}
	p.Tenant = uint32(binary.BigEndian.Uint16(frame[ethernet:]) & 0xfff)
	ip := frame[tagged:]
	length := 4 * int(ip[0]&15)
	if ip[0]>>4 != 4 || length < 20 || len(ip) < length+4 {
		return p, false
	}
	if p.Port.Protocol = ip[9]; p.Port.Protocol != 6 && p.Port.Protocol != 17 {
		return p, false
	}
	if binary.BigEndian.Uint16(ip[6:])&0x3fff != 0 { // a fragment
		return p, false
	}
	p.Net = [2]byte(ip[12:14])
	p.Port.Number = binary.BigEndian.Uint16(ip[length+2:])
	return p, true
}

// Decide is the verdict of a policy on a packet, and the versions that the packet
// is stamped with: of the rules by net, by port and of the default.
func (y *Policy) Decide(p Packet) (Verdict, [3]uint16) {
	stamp := [3]uint16{2: y.Version}
	net, isNet := y.Nets[p.Net]
	port, isPort := y.Ports[p.Port]
	if isNet {
		stamp[0] = y.Version
	}
	if isPort {
		stamp[1] = y.Version
	}
	switch {
	case net == Drop || port == Drop:
		return Drop, stamp
	case isNet || isPort:
		return Pass, stamp
	}
	return y.Default, stamp
}

// Stamp is what a frame was stamped with.
func Stamp(frame []byte) [3]uint16 {
	var s [3]uint16
	for i := range s {
		s[i] = binary.NativeEndian.Uint16(frame[6+2*i:])
	}
	return s
}
