package table

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Loaded are the sizes of a map as loaders make it, libbpf and cilium/ebpf
// alike: definitions leave out what is always the same, and give rings in bytes
// that need not be a power of two. max_entries of a perf event array stays 0
// when the definition has none: it is the number of CPUs. On Windows it is a ring.
func (t *MapType) Loaded(rules *bpf.Rules, keySize, valueSize, maxEntries uint32) (key, value, entries uint32) {
	const (
		page      = 4096
		mostPages = 1 << 31
		frames    = 127 // PERF_MAX_STACK_DEPTH of linux/perf_event.h
	)
	orElse := func(n, otherwise uint32) uint32 {
		if n == 0 {
			return otherwise
		}
		return n
	}
	switch t = t.on(rules); {
	case t.Type == bpf.MapStackTrace:
		return orElse(keySize, 4), orElse(valueSize, 8*frames), maxEntries
	case t.Pages && maxEntries != 0:
		return keySize, valueSize, max(page, uint32(1)<<bits.Len32(min(maxEntries, mostPages)-1))
	case t.Lookup == LookupInner || t.Type == bpf.MapProgArray || t.Type == bpf.MapPerfEvent:
		return orElse(keySize, t.Key), orElse(valueSize, t.Value), maxEntries
	}
	return keySize, valueSize, maxEntries
}

// on is the row as a platform has it.
func (t *MapType) on(rules *bpf.Rules) *MapType {
	if t.Type != bpf.MapPerfEvent || !rules.PerfArrayBytes {
		return t
	}
	r := *t
	r.Key, r.Value, r.Keyless, r.NoValue, r.Pages = 0, 0, true, true, true
	return &r
}
