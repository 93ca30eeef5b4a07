package model

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Spec is a map under test.
type Spec struct {
	Platform   bpf.Platform
	Type       bpf.MapType
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes
	MaxEntries uint32
	Flags      uint32 // BPF_F_*
	Extra      uint64 // map_extra
	CPUs       int    // values of a key in types with one per CPU
	// Lock is 1 + the offset of the struct bpf_spin_lock in values, 0 without one.
	Lock uint32
	// Early: an LRU map may give up keys before it is full, as Linux' does for
	// batches of free elements that each CPU has.
	Early bool
}

// String names the map in failures.
func (s Spec) String() string {
	return fmt.Sprintf("%v map of type %d: key %d, value %d, max_entries %d, flags %#x, extra %#x, lock %d",
		s.Platform, s.Type, s.KeySize, s.ValueSize, s.MaxEntries, s.Flags, s.Extra, s.Lock)
}

// PerCPU reports whether the type has a value for each CPU.
func (s Spec) PerCPU() bool {
	switch s.Type {
	case bpf.MapPercpuArray, bpf.MapPercpuHash, bpf.MapLRUPercpu:
		return true
	}
	return false
}

// Keyless reports whether the type has no keys.
func (s Spec) Keyless() bool {
	switch s.Type {
	case bpf.MapQueue, bpf.MapStack, bpf.MapBloomFilter, bpf.MapRingbuf:
		return true
	}
	return false
}

// Array reports whether keys are indices and elements always exist.
func (s Spec) Array() bool { return s.Type == bpf.MapArray || s.Type == bpf.MapPercpuArray }

// LRU reports whether a full map gives up a key for a new one.
func (s Spec) LRU() bool { return s.Type == bpf.MapLRUHash || s.Type == bpf.MapLRUPercpu }

// Step is how many bytes of a host's value a CPU has.
func (s Spec) Step() int { return (int(s.ValueSize) + 7) &^ 7 }

// HostSize is the size in bytes of the values that hosts give and get.
func (s Spec) HostSize() int {
	if s.PerCPU() {
		return s.CPUs * s.Step()
	}
	return int(s.ValueSize)
}

// windows are the internal result codes of eBPF for Windows, which its helpers
// return as negative numbers.
var windows = map[bpf.Errno]int64{
	bpf.EINVAL: 6, bpf.EEXIST: 8, bpf.ENOMEM: 12, bpf.ENOTSUP: 18, bpf.ENOENT: 19, bpf.EPERM: 20,
	bpf.E2BIG: 29, bpf.ENOSPC: 29, bpf.EFAULT: 31,
}

// r0 is what a helper returns that fails with e, 0 when it does not.
func (s Spec) r0(e bpf.Errno) int64 {
	if s.Platform == bpf.Windows && e != 0 {
		return -windows[e]
	}
	return -int64(e)
}

// choose is one of two errors by platform.
func (s Spec) choose(linux, windows bpf.Errno) bpf.Errno {
	if s.Platform == bpf.Windows {
		return windows
	}
	return linux
}

// Bloom reports whether the type is BLOOM_FILTER.
func (s Spec) Bloom() bool { return s.Type == bpf.MapBloomFilter }
