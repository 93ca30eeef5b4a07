package handwritten

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// networks are an LPM trie of the run time, searched by the Go function that Go
// bodies call: hand-written and generated code differ in everything but the maps.
type networks struct {
	m    *rtlib.Map
	addr uint64 // of m, as helpers take it
}

// Values of networks.
const (
	allow = iota
	block
)

// newNetworks returns an empty trie of addresses of so many bytes.
func newNetworks(name string, size, entries uint32) (networks, error) {
	m, err := rtlib.NewMap(rtlib.MapSpec{
		Name: name, Type: bpf.MapLPMTrie, KeySize: 4 + size, ValueSize: 4, MaxEntries: max(entries, 1), Flags: bpf.FlagNoPrealloc,
	})
	return networks{m, addressOf(m)}, err
}

// addressOf is a map as helpers take it.
func addressOf(m *rtlib.Map) uint64 { return uint64(uintptr(unsafe.Pointer(m))) }

// add stores a network.
func (n *networks) add(network netip.Prefix, value byte) error {
	key := binary.LittleEndian.AppendUint32(nil, uint32(network.Bits()))
	return n.m.Update(append(key, network.Addr().AsSlice()...), []byte{value, 0, 0, 0}, bpf.UpdateAny)
}

// blocked reports whether the longest network with the key blocks. The key is not
// on a stack, so that its address stays right while it is a number. Nobody
// deletes networks, so there is no need to take part in the map's reclamation.
func (n *networks) blocked(key unsafe.Pointer) bool {
	value := rtlib.TrieLookup(nil, n.addr, uint64(uintptr(key)))
	runtime.KeepAlive(key)
	return value != 0 && *(*uint32)(at(value)) == block
}

// at is the memory of a map's value, which is on the heap.
//
//go:nocheckptr
func at(addr uint64) unsafe.Pointer { return unsafe.Add(nil, uintptr(addr)) }

// drop is struct drop of the program.
type drop struct {
	rule            uint32
	kind            uint16
	protocol        uint8
	_               uint8
	sourcePort      uint16
	destinationPort uint16
	source          [16]byte
}

// newRing returns the ring of drops.
func newRing() (*ebpf.Map, error) {
	return ebpf.NewMap(&ebpf.MapSpec{Name: "drops", Type: ebpf.RingBuf, MaxEntries: 1 << 16})
}
