// Package oracle says in plain Go, by the textbook's definition of a token bucket
// and exact arithmetic, what the rate limiter has to do with a packet. It shares
// nothing with the program but the numbers of outcomes.
package oracle

import (
	"encoding/binary"
	"math/big"
	"net/netip"
)

// Outcome is what happens to a packet.
type Outcome int

// Outcomes in the order of limit.h.
const (
	Other   Outcome = iota // neither IPv4 nor IPv6: passed
	Short                  // ends inside a header, or has another version: dropped
	First                  // of a source that was not known: passed
	Passed                 // had a token
	Limited                // had none: dropped
	Outcomes
)

var names = [Outcomes]string{"other", "short", "first", "passed", "limited"}

// String is the outcome as a word.
func (o Outcome) String() string { return names[o] }

// Drops reports whether the packet is dropped.
func (o Outcome) Drops() bool { return o == Short || o == Limited }

// Limiter is token buckets by source, for ever.
type Limiter struct {
	perToken *big.Rat // nanoseconds
	burst    *big.Rat // tokens of a full bucket
	buckets  map[netip.Addr]*bucket
	// Counts are packets by outcome.
	Counts [Outcomes]uint64
}

type bucket struct {
	tokens *big.Rat
	when   uint64
}

// New makes a limiter of which a token takes cost nanoseconds to come back.
func New(cost, burst uint64) *Limiter {
	rat := func(n uint64) *big.Rat { return new(big.Rat).SetInt(new(big.Int).SetUint64(n)) }
	return &Limiter{perToken: rat(cost), burst: rat(burst), buckets: map[netip.Addr]*bucket{}}
}

// Packet decides a packet at a time in nanoseconds, which never goes back.
func (l *Limiter) Packet(p []byte, now uint64) Outcome {
	source, outcome := Source(p)
	if outcome == Passed {
		outcome = l.take(source, now)
	}
	l.Counts[outcome]++
	return outcome
}

// Source is the address that a packet comes from, an IPv4 one as such; the outcome
// is Passed when there is one.
func Source(p []byte) (netip.Addr, Outcome) {
	const ethernet, ipv4, ipv6 = 14, 20, 40
	if len(p) < ethernet {
		return netip.Addr{}, Short
	}
	ip := p[ethernet:]
	switch binary.BigEndian.Uint16(p[12:]) {
	case 0x0800:
		if len(ip) < ipv4 || ip[0]>>4 != 4 {
			return netip.Addr{}, Short
		}
		return netip.AddrFrom4([4]byte(ip[12:])), Passed
	case 0x86dd:
		if len(ip) < ipv6 || ip[0]>>4 != 6 {
			return netip.Addr{}, Short
		}
		return netip.AddrFrom16([16]byte(ip[8:])).Unmap(), Passed
	}
	return netip.Addr{}, Other
}

var one = big.NewRat(1, 1)

// take fills the source's bucket with what came back since the last packet, and
// takes a token.
func (l *Limiter) take(source netip.Addr, now uint64) Outcome {
	b, known := l.buckets[source]
	if !known {
		l.buckets[source] = &bucket{new(big.Rat).Sub(l.burst, one), now}
		return First
	}
	back := new(big.Rat).SetInt(new(big.Int).SetUint64(now - b.when))
	b.tokens.Add(b.tokens, back.Quo(back, l.perToken))
	if b.tokens.Cmp(l.burst) > 0 {
		b.tokens.Set(l.burst)
	}
	b.when = now
	if b.tokens.Cmp(one) < 0 {
		return Limited
	}
	b.tokens.Sub(b.tokens, one)
	return Passed
}
