package table

import (
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Lookup is what map_lookup_elem gives for a map type.
type Lookup uint8

// The kinds of lookups; each may give 0.
const (
	LookupNone    Lookup = iota // the map has no lookup, or none for programs
	LookupValue                 // the address of a value
	LookupInner                 // a map, as the template of the map describes it
	LookupSock                  // a full socket that must be released
	LookupXdpSock               // an xdp_sock
)

// MapType is the row of one map type.
type MapType struct {
	Type    bpf.MapType // Linux number
	Name    string      // "hash"; in C it is BPF_MAP_TYPE_HASH
	Windows uint32      // number on eBPF for Windows, 0 when it has none
	Status  Status
	// Keyless: queues, rings; key_size is 0.
	Keyless bool
	// PerCPU: every CPU has its own value.
	PerCPU bool
	// Key and Value are the only legal sizes in bytes, 0 when any size from
	// 1 is legal. KeyMin is the smallest key where it is not 1.
	Key, Value, KeyMin uint32
	// Keys and Values are the legal sizes where there are several, in place of
	// Key and Value. ValueUnit is what the value's size is a multiple of.
	Keys, Values []uint32
	ValueUnit    uint32
	// NoValue: value_size is 0 (ring buffers).
	NoValue bool
	// NoEntries: max_entries is 0 (storage). Pages: it is a power of two and
	// a multiple of 4096 bytes.
	NoEntries, Pages bool
	// Flags are the BPF_F_* bits that map_flags may have, Needs those that it
	// must have.
	Flags, Needs uint32
	// Lookup is what map_lookup_elem gives.
	Lookup Lookup
	// ReadOnly: programs cannot write values.
	ReadOnly bool
	// Reclaims: the memory of a value may be given to another key while a
	// program still holds its address, unless the run time waits.
	Reclaims bool
	// Waits: programs that may not sleep only. The kernel's other types can be
	// used by all.
	Waits bool
}

// Flags that programs' side access restrictions need on any map.
const (
	accessFlags  = bpf.FlagRdonly | bpf.FlagWronly | bpf.FlagRdonlyProg | bpf.FlagWronlyProg
	hashFlags    = accessFlags | bpf.FlagNoPrealloc | bpf.FlagZeroSeed | bpf.FlagNumaNode
	lruFlags     = accessFlags | bpf.FlagNoCommonLRU | bpf.FlagZeroSeed | bpf.FlagNumaNode
	arrayFlags   = accessFlags | bpf.FlagMmapable | bpf.FlagInnerMap | bpf.FlagNumaNode
	storageFlags = bpf.FlagNoPrealloc | bpf.FlagClone
	sockFlags    = bpf.FlagNumaNode | bpf.FlagRdonly | bpf.FlagWronly
)

// mapTypes has a row for each enum bpf_map_type of linux/bpf.h; its index is
// the number.
var mapTypes = []MapType{
	{Type: bpf.MapUnspec, Name: "unspec"},
	{Type: bpf.MapHash, Name: "hash", Windows: 1, Status: Supported, Flags: hashFlags, Lookup: LookupValue, Reclaims: true},
	{Type: bpf.MapArray, Name: "array", Windows: 2, Status: Supported, Key: 4, Flags: arrayFlags, Lookup: LookupValue},
	{Type: bpf.MapProgArray, Name: "prog_array", Windows: 3, Status: Supported, Key: 4, Value: 4, Flags: bpf.FlagNumaNode | bpf.FlagRdonly | bpf.FlagWronly, Waits: true},
	{Type: bpf.MapPerfEvent, Name: "perf_event_array", Windows: 14, Status: Supported, Key: 4, Value: 4, Flags: sockFlags | bpf.FlagPreserve, Waits: true},
	{Type: bpf.MapPercpuHash, Name: "percpu_hash", Windows: 4, Status: Supported, PerCPU: true, Flags: hashFlags &^ bpf.FlagNumaNode, Lookup: LookupValue, Reclaims: true},
	{Type: bpf.MapPercpuArray, Name: "percpu_array", Windows: 5, Status: Supported, PerCPU: true, Key: 4, Flags: accessFlags, Lookup: LookupValue},
	{Type: bpf.MapStackTrace, Name: "stack_trace", Status: Supported, Key: 4, ValueUnit: 8, Flags: sockFlags | bpf.FlagStackBuildID, Waits: true},
	{Type: bpf.MapCgroupArray, Name: "cgroup_array", Status: Verified, Key: 4, Value: 4, Flags: sockFlags, Waits: true},
	{Type: bpf.MapLRUHash, Name: "lru_hash", Windows: 8, Status: Supported, Flags: lruFlags, Lookup: LookupValue, Reclaims: true},
	{Type: bpf.MapLRUPercpu, Name: "lru_percpu_hash", Windows: 11, Status: Supported, PerCPU: true, Flags: lruFlags &^ bpf.FlagNumaNode, Lookup: LookupValue, Reclaims: true},
	{Type: bpf.MapLPMTrie, Name: "lpm_trie", Windows: 9, Status: Supported, KeyMin: 5, Flags: accessFlags | bpf.FlagNoPrealloc | bpf.FlagNumaNode, Needs: bpf.FlagNoPrealloc, Lookup: LookupValue, Reclaims: true, Waits: true},
	{Type: bpf.MapArrayOfMaps, Name: "array_of_maps", Windows: 7, Status: Supported, Key: 4, Value: 4, Flags: sockFlags, Lookup: LookupInner, Reclaims: true},
	{Type: bpf.MapHashOfMaps, Name: "hash_of_maps", Windows: 6, Status: Supported, Value: 4, Flags: hashFlags, Lookup: LookupInner, Reclaims: true},
	{Type: bpf.MapDevmap, Name: "devmap", Status: Verified, Key: 4, Values: []uint32{4, 8}, Flags: sockFlags, Lookup: LookupValue, ReadOnly: true, Waits: true},
	{Type: bpf.MapSockmap, Name: "sockmap", Status: Verified, Key: 4, Values: []uint32{4, 8}, Flags: sockFlags, Lookup: LookupSock, Waits: true},
	{Type: bpf.MapCPUMap, Name: "cpumap", Status: Verified, Key: 4, Values: []uint32{4, 8}, Flags: bpf.FlagNumaNode, Waits: true},
	{Type: bpf.MapXSKMap, Name: "xskmap", Windows: 16, Status: Verified, Key: 4, Value: 4, Flags: sockFlags, Lookup: LookupXdpSock, Waits: true},
	{Type: bpf.MapSockhash, Name: "sockhash", Status: Verified, Values: []uint32{4, 8}, Flags: sockFlags, Lookup: LookupSock, Waits: true},
	{Type: bpf.MapCgroupStorage, Name: "cgroup_storage", Status: Verified, Keys: []uint32{8, 16}, NoEntries: true, Flags: accessFlags | bpf.FlagNumaNode, Waits: true},
	{Type: bpf.MapReuseportSockarray, Name: "reuseport_sockarray", Status: Verified, Key: 4, Values: []uint32{4, 8}, Flags: accessFlags | bpf.FlagNumaNode, Waits: true},
	{Type: bpf.MapPercpuCgroup, Name: "percpu_cgroup_storage", Status: Verified, PerCPU: true, Keys: []uint32{8, 16}, NoEntries: true, Flags: accessFlags | bpf.FlagNumaNode, Waits: true},
	{Type: bpf.MapQueue, Name: "queue", Windows: 10, Status: Supported, Keyless: true, Flags: accessFlags | bpf.FlagNumaNode},
	{Type: bpf.MapStack, Name: "stack", Windows: 12, Status: Supported, Keyless: true, Flags: accessFlags | bpf.FlagNumaNode},
	{Type: bpf.MapSkStorage, Name: "sk_storage", Status: Verified, Key: 4, NoEntries: true, Flags: storageFlags, Needs: bpf.FlagNoPrealloc},
	{Type: bpf.MapDevmapHash, Name: "devmap_hash", Status: Verified, Key: 4, Values: []uint32{4, 8}, Flags: sockFlags, Lookup: LookupValue, ReadOnly: true, Waits: true},
	{Type: bpf.MapStructOps, Name: "struct_ops", Key: 4},
	{Type: bpf.MapRingbuf, Name: "ringbuf", Windows: 13, Status: Supported, Keyless: true, NoValue: true, Pages: true, Flags: bpf.FlagNumaNode},
	{Type: bpf.MapInodeStorage, Name: "inode_storage", Key: 4, NoEntries: true, Flags: storageFlags, Needs: bpf.FlagNoPrealloc},
	{Type: bpf.MapTaskStorage, Name: "task_storage", Status: Verified, Key: 4, NoEntries: true, Flags: storageFlags, Needs: bpf.FlagNoPrealloc},
	{Type: bpf.MapBloomFilter, Name: "bloom_filter", Status: Supported, Keyless: true, Flags: accessFlags | bpf.FlagNumaNode | bpf.FlagZeroSeed, Waits: true},
	{Type: bpf.MapUserRingbuf, Name: "user_ringbuf", Status: Supported, Keyless: true, NoValue: true, Pages: true, Flags: bpf.FlagNumaNode},
	{Type: bpf.MapCgrpStorage, Name: "cgrp_storage", Key: 4, NoEntries: true, Flags: storageFlags, Needs: bpf.FlagNoPrealloc},
	{Type: bpf.MapArena, Name: "arena", Keyless: true, NoValue: true},
	{Type: bpf.MapInsnArray, Name: "insn_array", Key: 4},
}

// MapTypes returns the rows of all map types by Linux number.
func MapTypes() []MapType { return mapTypes }

// MapTypeOf returns the row of a map type, nil when there is none.
func MapTypeOf(t bpf.MapType) *MapType {
	if int64(t) >= int64(len(mapTypes)) {
		return nil
	}
	return &mapTypes[t]
}

// MapTypeByNumber returns the row of the number that an object of a platform
// uses, nil when the platform has no such type.
func MapTypeByNumber(p bpf.Platform, number uint32) *MapType {
	if p == bpf.Linux || number == 0 {
		return MapTypeOf(bpf.MapType(number))
	}
	for k := range mapTypes {
		if mapTypes[k].Windows == number {
			return &mapTypes[k]
		}
	}
	return nil
}

// MapTypeByName returns the row of a name, "hash", nil when there is none.
func MapTypeByName(name string) *MapType {
	for k := range mapTypes {
		if mapTypes[k].Name == name {
			return &mapTypes[k]
		}
	}
	return nil
}

// Check says what is wrong with the parameters of a map of this type under a
// platform's rules, as the kernel does at creation; nil when they are legal.
// A type below Verified is an error that wraps bpf.ErrUnsupported.
func (t *MapType) Check(rules *bpf.Rules, keySize, valueSize, maxEntries, flags uint32) error {
	anyKey := t.Type == bpf.MapArray && rules.ArrayKeyAny
	switch t = t.on(rules); {
	case t.Status < Verified:
		return fmt.Errorf("map type %s: %w", t.Name, bpf.ErrUnsupported)
	case t.Keyless && keySize != 0:
		return fmt.Errorf("map type %s has no keys: key_size is %d, must be 0", t.Name, keySize)
	case !t.Keyless && keySize == 0:
		return fmt.Errorf("map type %s: key_size is 0", t.Name)
	case t.Key != 0 && keySize != t.Key && !anyKey:
		return fmt.Errorf("map type %s: key_size is %d, must be %d", t.Name, keySize, t.Key)
	case t.Keys != nil && !slices.Contains(t.Keys, keySize):
		return fmt.Errorf("map type %s: key_size is %d, must be one of %d", t.Name, keySize, t.Keys)
	case keySize < t.KeyMin:
		return fmt.Errorf("map type %s: key_size is %d, must be at least %d", t.Name, keySize, t.KeyMin)
	case t.NoValue && valueSize != 0:
		return fmt.Errorf("map type %s has no values: value_size is %d, must be 0", t.Name, valueSize)
	case !t.NoValue && valueSize == 0:
		return fmt.Errorf("map type %s: value_size is 0", t.Name)
	case t.Value != 0 && valueSize != t.Value:
		return fmt.Errorf("map type %s: value_size is %d, must be %d", t.Name, valueSize, t.Value)
	case t.Values != nil && !slices.Contains(t.Values, valueSize):
		return fmt.Errorf("map type %s: value_size is %d, must be one of %d", t.Name, valueSize, t.Values)
	case t.ValueUnit != 0 && valueSize%t.ValueUnit != 0:
		return fmt.Errorf("map type %s: value_size is %d, must be a multiple of %d", t.Name, valueSize, t.ValueUnit)
	}
	return t.checkRest(rules, maxEntries, flags)
}

func (t *MapType) checkRest(rules *bpf.Rules, maxEntries, flags uint32) error {
	const page = 4096
	switch {
	case t.NoEntries && maxEntries != 0:
		return fmt.Errorf("map type %s: max_entries is %d, must be 0", t.Name, maxEntries)
	case !t.NoEntries && maxEntries == 0:
		return fmt.Errorf("map type %s: max_entries is 0", t.Name)
	case t.Pages && (maxEntries&(maxEntries-1) != 0 || maxEntries%page != 0):
		return fmt.Errorf("map type %s: max_entries is %d, must be a power of two and a multiple of %d bytes", t.Name, maxEntries, page)
	case flags&^t.Flags != 0:
		return fmt.Errorf("map type %s: map_flags 0x%x: %w", t.Name, flags&^t.Flags, bpf.ErrUnsupported)
	case t.Needs&^flags != 0 && rules.MapNeedsFlags:
		return fmt.Errorf("map type %s: map_flags lacks 0x%x", t.Name, t.Needs&^flags)
	}
	return nil
}
