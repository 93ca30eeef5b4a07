package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
)

// Objects with maps, relative to the repository.
const (
	callsObject    = "test/bench/programs/calls.o"
	arrayObject    = "test/bench/programs/array.o"
	hashObject     = "test/bench/programs/hash.o"
	hashBigObject  = "test/bench/programs/hash_big.o"
	lruObject      = "test/bench/programs/lru.o"
	lruBigObject   = "test/bench/programs/lru_big.o"
	percpuObject   = "test/bench/programs/percpu.o"
	lpmObject      = "test/bench/programs/lpm.o"
	lpmBigObject   = "test/bench/programs/lpm_big.o"
	ringObject     = "test/bench/programs/ring.o"
	innerObject    = "test/bench/programs/inner.o"
	tailObject     = "test/bench/programs/tail.o"
	firewallObject = "examples/xdpfirewall/xdpfirewall.o"
)

// Numbers of programs/ops.h.
const (
	opsPerRun = 256
	entryBits = 12
	entries   = 1 << entryBits
	bigBits   = 20
	weyl      = 0x9e3779b1
)

// key16 and key64 are the structs of ops.h.
type (
	key16 struct{ Half [2]uint64 }
	key64 struct{ Word [8]uint64 }
)

// keyOf, key16Of, key64Of and valueOf are the functions of ops.h.
func keyOf(i, absent uint32) uint32 { return (i<<1 | absent) * 0x85ebca6b }

func key16Of(i, absent uint32) key16 {
	k := uint64(keyOf(i, absent))
	return key16{[2]uint64{k<<32 | 0xb80d0120, uint64(i)<<32 | (k ^ 0x5bd1e995)}}
}

func key64Of(i, absent uint32) key64 {
	k := uint64(keyOf(i, absent))
	a, b := k<<32|uint64(i), k<<16^0x9ae16a3b
	return key64{[8]uint64{a, b, a + 1, b + 1, a + 2, b + 2, a + 3, b + 3}}
}

func valueOf(i uint32) uint64 { return uint64(i)*3 + 1 }

// prefix is the struct of ops.h; the address is in network order.
type prefix struct {
	Length  uint32
	Address [4]byte
}

// prefixOf is the prefix number i: prefix_length and prefix_bits of ops.h.
func prefixOf(i uint32) prefix {
	length := uint32(24)
	if i%4 == 0 {
		length = 16 + i/4%8
	}
	h := i * 0x85ebca6b
	h ^= h >> 15
	p := prefix{Length: length}
	binary.BigEndian.PutUint32(p.Address[:], h*0xc2b2ae35&^(1<<(32-length)-1))
	return p
}

// onEachCPU is a value that every CPU has of its own.
type onEachCPU uint64

// putter stores an entry in a map of any engine.
type putter func(key, value any) error

// finder gives the map of a name.
type finder func(name string) (putter, error)

// fill puts entries from 0 on into a map.
func (find finder) fill(name string, n uint32, entry func(i uint32) (key, value any)) error {
	put, err := find(name)
	if err != nil {
		return err
	}
	for i := range n {
		key, value := entry(i)
		if err := put(key, value); err != nil {
			return fmt.Errorf("%s, entry %d: %w", name, i, err)
		}
	}
	return nil
}

// first error of a list of fillings, in order.
func firstError(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func entry4(i uint32) (key, value any) { return keyOf(i, 0), valueOf(i) }

func fillArray(find finder) error {
	return find.fill("array", entries, func(i uint32) (any, any) { return i, valueOf(i) })
}

func fillHash(find finder) error {
	return firstError(
		func() error { return find.fill("hash4", entries, entry4) },
		func() error {
			return find.fill("hash16", entries, func(i uint32) (any, any) { return key16Of(i, 0), valueOf(i) })
		},
		func() error {
			return find.fill("hash64", entries, func(i uint32) (any, any) { return key64Of(i, 0), valueOf(i) })
		},
	)
}

func fillLRU(n uint32) filler {
	return func(find finder) error {
		return firstError(
			func() error { return find.fill("lru", n, entry4) },
			func() error { return find.fill("full", n, entry4) },
		)
	}
}

func fillPerCPU(find finder) error {
	return firstError(
		func() error {
			return find.fill("array", entries, func(i uint32) (any, any) { return i, onEachCPU(valueOf(i)) })
		},
		func() error {
			return find.fill("hash", entries, func(i uint32) (any, any) { return keyOf(i, 0), onEachCPU(valueOf(i)) })
		},
	)
}

func fillInner(find finder) error {
	for outer := range uint32(4) {
		at := func(i uint32) uint32 { return 4*i + outer }
		err := firstError(
			func() error {
				return find.fill(fmt.Sprintf("array%d", outer), entries/4, func(i uint32) (any, any) { return i, valueOf(at(i)) })
			},
			func() error {
				return find.fill(fmt.Sprintf("hash%d", outer), entries/4, func(i uint32) (any, any) { return keyOf(at(i), 0), valueOf(at(i)) })
			},
		)
		if err != nil {
			return err
		}
	}
	return nil
}

func fillTrie(n uint32) filler {
	return func(find finder) error {
		return find.fill("trie", n, func(i uint32) (any, any) { return prefixOf(i), valueOf(i) })
	}
}

func fillFirewall(find finder) error {
	lists := traffic.Generate(firewallSeed, 0).Lists
	puts := map[string]putter{}
	for _, name := range []string{"networks_v4", "networks_v6", "blocked_ports"} {
		put, err := find(name)
		if err != nil {
			return err
		}
		puts[name] = put
	}
	for value, list := range [][]netip.Prefix{lists.Allow, lists.Block} {
		for _, network := range list {
			name := "networks_v6"
			if network.Addr().Is4() {
				name = "networks_v4"
			}
			key := binary.LittleEndian.AppendUint32(nil, uint32(network.Bits()))
			if err := puts[name](append(key, network.Addr().AsSlice()...), uint32(value)); err != nil {
				return err
			}
		}
	}
	for port, flags := range portFlags(lists) {
		if err := puts["blocked_ports"](uint32(port), flags); err != nil {
			return err
		}
	}
	return nil
}

// portFlags joins the two lists of ports: bit 0 TCP, bit 1 UDP.
func portFlags(lists traffic.Lists) map[uint16]uint8 {
	flags := map[uint16]uint8{}
	for _, p := range lists.TCP {
		flags[p] |= 1
	}
	for _, p := range lists.UDP {
		flags[p] |= 2
	}
	return flags
}

// filler fills the maps of an object.
type filler func(finder) error

// contents lists the objects whose maps hold something at the start.
func contents() map[string]filler {
	return map[string]filler{
		arrayObject:    fillArray,
		hashObject:     fillHash,
		hashBigObject:  func(find finder) error { return find.fill("hash4", 1<<bigBits, entry4) },
		lruObject:      fillLRU(entries),
		lruBigObject:   fillLRU(1 << bigBits),
		percpuObject:   fillPerCPU,
		lpmObject:      fillTrie(1e4),
		lpmBigObject:   fillTrie(1e6),
		innerObject:    fillInner,
		firewallObject: fillFirewall,
	}
}

// bitsOf is the number of bits of an index into the maps of an object.
func bitsOf(object string) int {
	switch object {
	case hashBigObject, lruBigObject:
		return bigBits
	}
	return entryBits
}
