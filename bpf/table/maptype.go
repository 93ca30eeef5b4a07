package table

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
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
	// NoValue: value_size is 0 (ring buffers).
	NoValue bool
	// Flags are the BPF_F_* bits that map_flags may have.
	Flags uint32
}

// Flags that programs' side access restrictions need on any map.
const (
	accessFlags = bpf.FlagRdonly | bpf.FlagWronly | bpf.FlagRdonlyProg | bpf.FlagWronlyProg
	hashFlags   = accessFlags | bpf.FlagNoPrealloc | bpf.FlagZeroSeed
	arrayFlags  = accessFlags | bpf.FlagMmapable | bpf.FlagInnerMap
)

// mapTypes has a row for each enum bpf_map_type of linux/bpf.h; its index is
// the number.
var mapTypes = []MapType{
	{Type: bpf.MapUnspec, Name: "unspec"},
	{Type: bpf.MapHash, Name: "hash", Windows: 1, Status: Supported, Flags: hashFlags},
	{Type: bpf.MapArray, Name: "array", Windows: 2, Status: Supported, Key: 4, Flags: arrayFlags},
	{Type: bpf.MapProgArray, Name: "prog_array", Windows: 3, Key: 4, Value: 4},
	{Type: bpf.MapPerfEvent, Name: "perf_event_array", Windows: 14, Key: 4, Value: 4},
	{Type: bpf.MapPercpuHash, Name: "percpu_hash", Windows: 4, PerCPU: true},
	{Type: bpf.MapPercpuArray, Name: "percpu_array", Windows: 5, PerCPU: true, Key: 4},
	{Type: bpf.MapStackTrace, Name: "stack_trace", Key: 4},
	{Type: bpf.MapCgroupArray, Name: "cgroup_array", Key: 4, Value: 4},
	{Type: bpf.MapLRUHash, Name: "lru_hash", Windows: 8},
	{Type: bpf.MapLRUPercpu, Name: "lru_percpu_hash", Windows: 11, PerCPU: true},
	{Type: bpf.MapLPMTrie, Name: "lpm_trie", Windows: 9, KeyMin: 5},
	{Type: bpf.MapArrayOfMaps, Name: "array_of_maps", Windows: 7, Key: 4, Value: 4},
	{Type: bpf.MapHashOfMaps, Name: "hash_of_maps", Windows: 6, Value: 4},
	{Type: 14, Name: "devmap", Key: 4},
	{Type: 15, Name: "sockmap", Key: 4},
	{Type: 16, Name: "cpumap", Key: 4},
	{Type: 17, Name: "xskmap", Windows: 16, Key: 4, Value: 4},
	{Type: 18, Name: "sockhash"},
	{Type: 19, Name: "cgroup_storage", KeyMin: 8},
	{Type: 20, Name: "reuseport_sockarray", Key: 4},
	{Type: 21, Name: "percpu_cgroup_storage", PerCPU: true, KeyMin: 8},
	{Type: bpf.MapQueue, Name: "queue", Windows: 10, Keyless: true},
	{Type: bpf.MapStack, Name: "stack", Windows: 12, Keyless: true},
	{Type: 24, Name: "sk_storage", Key: 4},
	{Type: 25, Name: "devmap_hash", Key: 4},
	{Type: 26, Name: "struct_ops", Key: 4},
	{Type: bpf.MapRingbuf, Name: "ringbuf", Windows: 13, Keyless: true, NoValue: true},
	{Type: 28, Name: "inode_storage", Key: 4},
	{Type: 29, Name: "task_storage", Key: 4},
	{Type: bpf.MapBloomFilter, Name: "bloom_filter", Keyless: true},
	{Type: bpf.MapUserRingbuf, Name: "user_ringbuf", Keyless: true, NoValue: true},
	{Type: 32, Name: "cgrp_storage", Key: 4},
	{Type: 33, Name: "arena", Keyless: true, NoValue: true},
	{Type: 34, Name: "insn_array", Key: 4},
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
// A type that is not supported is an error that wraps bpf.ErrUnsupported.
func (t *MapType) Check(rules *bpf.Rules, keySize, valueSize, maxEntries, flags uint32) error {
	anyKey := t.Type == bpf.MapArray && rules.ArrayKeyAny
	switch {
	case t.Status != Supported:
		return fmt.Errorf("map type %s: %w", t.Name, bpf.ErrUnsupported)
	case t.Keyless && keySize != 0:
		return fmt.Errorf("map type %s has no keys: key_size is %d, must be 0", t.Name, keySize)
	case !t.Keyless && keySize == 0:
		return fmt.Errorf("map type %s: key_size is 0", t.Name)
	case t.Key != 0 && keySize != t.Key && !anyKey:
		return fmt.Errorf("map type %s: key_size is %d, must be %d", t.Name, keySize, t.Key)
	case keySize < t.KeyMin:
		return fmt.Errorf("map type %s: key_size is %d, must be at least %d", t.Name, keySize, t.KeyMin)
	case t.NoValue && valueSize != 0:
		return fmt.Errorf("map type %s has no values: value_size is %d, must be 0", t.Name, valueSize)
	case !t.NoValue && valueSize == 0:
		return fmt.Errorf("map type %s: value_size is 0", t.Name)
	case t.Value != 0 && valueSize != t.Value:
		return fmt.Errorf("map type %s: value_size is %d, must be %d", t.Name, valueSize, t.Value)
	case maxEntries == 0:
		return fmt.Errorf("map type %s: max_entries is 0", t.Name)
	case flags&^t.Flags != 0:
		return fmt.Errorf("map type %s: map_flags 0x%x: %w", t.Name, flags&^t.Flags, bpf.ErrUnsupported)
	}
	return nil
}
