package main

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/bpf2go-native/bpf2go-native/examples/tenants/oracle"
)

// world is what all engines get: the policies of all tenants in all versions, and
// frames.
type world struct {
	policies [][]*oracle.Policy // by tenant, by version; of version 0 there is none
	frames   [][]byte
}

const (
	tenantCount = 64 // VLANs 0 to 63; others have no policy
	frameSize   = 96
)

// newWorld makes the world of a seed.
func newWorld(seed uint64, frames, versions int) *world {
	rng := rand.New(rand.NewPCG(seed, 0x74656e616e7473))
	w := &world{policies: make([][]*oracle.Policy, tenantCount)}
	for t := range w.policies {
		w.policies[t] = make([]*oracle.Policy, versions+1)
		for v := 1; v <= versions; v++ {
			w.policies[t][v] = newPolicy(rng, uint16(v))
		}
	}
	for range frames {
		w.frames = append(w.frames, newFrame(rng))
	}
	return w
}

func verdict(rng *rand.Rand) oracle.Verdict {
	if rng.IntN(2) == 0 {
		return oracle.Drop
	}
	return oracle.Pass
}

// newPolicy has rules about some of the nets and ports that frames have.
func newPolicy(rng *rand.Rand, version uint16) *oracle.Policy {
	p := &oracle.Policy{Version: version, Default: verdict(rng), Nets: map[[2]byte]oracle.Verdict{}, Ports: map[oracle.Port]oracle.Verdict{}}
	for range 6 {
		p.Nets[net(rng)] = verdict(rng)
		p.Ports[port(rng)] = verdict(rng)
	}
	return p
}

func net(rng *rand.Rand) [2]byte { return [2]byte{10, byte(rng.IntN(12))} }

func port(rng *rand.Rand) oracle.Port {
	return oracle.Port{Protocol: []uint8{6, 17}[rng.IntN(2)], Number: []uint16{22, 53, 80, 123, 443, 8080}[rng.IntN(6)]}
}

// newFrame is mostly a frame of a tenant; some are what no policy decides.
func newFrame(rng *rand.Rand) []byte {
	f := make([]byte, frameSize)
	for i := range 12 {
		f[i] = byte(rng.Uint32())
	}
	vlan, p, n := rng.IntN(tenantCount), port(rng), net(rng)
	f[18] = 0x45
	switch rng.IntN(40) {
	case 0:
		vlan = tenantCount + rng.IntN(100)
	case 1:
		p.Protocol = 1 // ICMP
	case 2:
		f[24] = 0x20 // a first fragment
	case 3, 4, 5:
		f[18] = 0x45 + byte(rng.IntN(3)) // options
	case 6:
		f[18] = byte(rng.Uint32())
	}
	binary.BigEndian.PutUint16(f[12:], 0x8100)
	binary.BigEndian.PutUint16(f[14:], uint16(vlan|rng.IntN(8)<<13))
	binary.BigEndian.PutUint16(f[16:], 0x0800)
	f[27] = p.Protocol
	f[30], f[31], f[32], f[33] = n[0], n[1], byte(rng.Uint32()), byte(rng.Uint32())
	binary.BigEndian.PutUint16(f[18+4*int(f[18]&15)+2:], p.Number)
	switch rng.IntN(60) {
	case 0:
		f = f[:rng.IntN(len(f))]
	case 1:
		binary.BigEndian.PutUint16(f[12:], 0x0800) // no tag
	case 2:
		binary.BigEndian.PutUint16(f[16:], 0x86dd) // IPv6
	}
	return f
}
