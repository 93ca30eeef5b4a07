package rtlib

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Bloom filters (B. H. Bloom, "Space/time trade-offs in hash coding with
// allowable errors", 1970): a value that was pushed is always found, another one
// seldom. Values cannot be removed.
//
// The number of bits is that of the kernel (kernel/bpf/bloom_filter.c): 7/5 of
// max_entries times the number of hash functions, rounded up to a power of two,
// which is close to the k·n/ln 2 that are best when the filter is half full. The
// hash functions are the sums a + i·b of two (A. Kirsch, M. Mitzenmacher, "Less
// hashing, same performance", 2006), b odd so that they differ. They depend on
// secrets of the map, but not with ZERO_SEED.
//
// Bits are set by atomic operations and only when they are not set yet, so tests
// and repeated pushes write nothing.

// bloom is the implementation of Bloom filters.
type bloom struct {
	refuses
	words  []uint64
	mask   uint64 // number of bits - 1
	hashes uint64 // hash functions

	seed, factor uint64 // factor is odd
}

const (
	// bloomHashes is the number of hash functions of maps without map_extra.
	bloomHashes = 5
	// maxBloomHashes is the most that map_extra may say.
	maxBloomHashes = 15
	// maxBloomBits is the largest number of bits.
	maxBloomBits = 1 << 32
)

func newBloom(m *Map) operations {
	b := &bloom{refuses: refuses{m}, hashes: m.spec.Extra, factor: zeroSeed}
	if b.hashes == 0 {
		b.hashes = bloomHashes
	}
	if m.spec.Flags&bpf.FlagZeroSeed == 0 {
		b.seed, b.factor = rand.Uint64(), rand.Uint64()|1
	}
	n := bloomBits(m.max, b.hashes)
	b.words, b.mask = make([]uint64, n/64), n-1
	m.misses.lookup = &MapError{m.name, "lookup", "the value was not pushed", bpf.ENOENT}
	return b
}

// bloomBits is the number of bits of a filter.
func bloomBits(entries, hashes uint64) uint64 {
	n := entries * hashes / 5 * 7
	switch {
	case entries*hashes > 1<<32-1 || n > 1<<31:
		return maxBloomBits
	case n <= 64:
		return 64
	}
	return 1 << bits.Len64(n-1)
}

// hash is the two hash functions of a value.
//
//go:norace
func (b *bloom) hash(value unsafe.Pointer) (a, step uint64) {
	h, n := b.seed^uint64(b.m.valueSize), b.m.valueSize
	for ; n > 8; n -= 8 {
		h = fold(load64(value)^h, b.factor)
		value = unsafe.Add(value, 8)
	}
	h = fold(loadUpTo8(value, n)^h, b.factor)
	return h * mixer, fold(h, mixer) | 1
}

func (b *bloom) add(value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags != bpf.UpdateAny {
		return bpf.EINVAL
	}
	h, step := b.hash(value)
	for range b.hashes {
		k := h >> 32 & b.mask
		if word := &b.words[k/64]; atomic.LoadUint64(word)>>(k%64)&1 == 0 {
			atomic.OrUint64(word, 1<<(k%64))
		}
		h += step
	}
	return 0
}

// has reports whether a value may have been pushed.
func (b *bloom) has(value unsafe.Pointer) bpf.Errno {
	h, step := b.hash(value)
	for range b.hashes {
		k := h >> 32 & b.mask
		if atomic.LoadUint64(&b.words[k/64])>>(k%64)&1 == 0 {
			return bpf.ENOENT
		}
		h += step
	}
	return 0
}

func (b *bloom) push(_ *abi.Frame, value unsafe.Pointer, flags uint64) bpf.Errno {
	return b.add(value, flags)
}

func (b *bloom) peek(_ *abi.Frame, value unsafe.Pointer) bpf.Errno { return b.has(value) }

func (b *bloom) read(_, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags != 0 {
		return bpf.EINVAL
	}
	return b.has(value)
}

func (b *bloom) write(_, value unsafe.Pointer, flags uint64) bpf.Errno { return b.add(value, flags) }

func (b *bloom) explain(op string, errno bpf.Errno, flags uint64) string {
	switch errno {
	case bpf.EINVAL:
		return fmt.Sprintf("flags %d; Bloom filters have none", flags)
	case bpf.ENOTSUP:
		return "values of Bloom filters can be pushed (Update) and tested (Lookup) only"
	}
	return b.refuses.explain(op, errno, flags)
}
