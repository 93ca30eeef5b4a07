package main

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
	"github.com/bpf2go-native/bpf2go-native/test/bench/kernelpeer"
)

// Objects with maps, relative to the repository.
const (
	callsObject    = "test/bench/programs/calls.o"
	arrayObject    = "test/bench/programs/array.o"
	hashObject     = "test/bench/programs/hash.o"
	firewallObject = "examples/xdpfirewall/xdpfirewall.o"
)

// Numbers of programs/ops.h.
const (
	opsPerRun = 256
	entries   = 4096
	weyl      = 0x9e3779b1
)

// key16 is struct key16 of ops.h.
type key16 struct{ Half [2]uint64 }

// keyOf, key16Of and valueOf are the functions of ops.h.
func keyOf(i, absent uint32) uint32 { return (i<<1 | absent) * 0x85ebca6b }

func key16Of(i, absent uint32) key16 {
	k := uint64(keyOf(i, absent))
	return key16{[2]uint64{k<<32 | 0xb80d0120, uint64(i)<<32 | (k ^ 0x5bd1e995)}}
}

func valueOf(i uint32) uint64 { return uint64(i)*3 + 1 }

// putter stores an entry in a map of any engine.
type putter func(key, value any) error

// fillArray, fillHash and fillFirewall fill the maps of an object; find gives
// the map of a name.
func fillArray(find func(string) (putter, error)) error {
	put, err := find("array")
	if err != nil {
		return err
	}
	for i := range uint32(entries) {
		if err := put(i, valueOf(i)); err != nil {
			return err
		}
	}
	return nil
}

func fillHash(find func(string) (putter, error)) error {
	put4, err := find("hash4")
	if err != nil {
		return err
	}
	put16, err := find("hash16")
	if err != nil {
		return err
	}
	for i := range uint32(entries) {
		if err := put4(keyOf(i, 0), valueOf(i)); err != nil {
			return err
		}
		if err := put16(key16Of(i, 0), valueOf(i)); err != nil {
			return err
		}
	}
	return nil
}

func fillFirewall(lists traffic.Lists, find func(string) (putter, error)) error {
	puts := map[string]putter{}
	for _, name := range []string{"blocked_v4", "blocked_v6", "blocked_ports"} {
		put, err := find(name)
		if err != nil {
			return err
		}
		puts[name] = put
	}
	for _, a := range lists.SourcesV4 {
		if err := puts["blocked_v4"](a, uint32(1)); err != nil {
			return err
		}
	}
	for _, a := range lists.SourcesV6 {
		if err := puts["blocked_v6"](a, uint32(1)); err != nil {
			return err
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

// mapsOf finds maps of an object in the kernel.
func mapsOf(o *kernelpeer.Object) func(string) (putter, error) {
	return func(name string) (putter, error) {
		m := o.Map(name)
		if m == nil {
			return nil, fmt.Errorf("no map %q in the object", name)
		}
		return func(key, value any) error { return m.Put(key, value) }, nil
	}
}

// filler fills maps; find gives the map of a name.
type filler func(find func(string) (putter, error)) error

// contents lists the objects whose maps hold something at the start.
func contents() map[string]filler {
	return map[string]filler{
		arrayObject: fillArray,
		hashObject:  fillHash,
		firewallObject: func(find func(string) (putter, error)) error {
			return fillFirewall(traffic.Generate(firewallSeed, 0).Lists, find)
		},
	}
}
