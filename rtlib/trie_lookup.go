package rtlib

import (
	"math/bits"
	"sync/atomic"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Searches of programs. They return the element's address, which is its
// value's, or 0, and take no lock.
//
// On the way down they remember the last node that has a prefix of the key, and
// which prefixes these are. When the way ends at an element whose prefix is the
// key's, that is the answer, else the longest prefix remembered.

// TrieLookup is MapLookupElem for a map that is known to be an LPM trie.
//
//go:nocheckptr
func TrieLookup(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	return (*trie)(mp.table).find(ptr(key), mp.keySize)
}

// find searches a key with the size.
//
//go:norace
func (t *trie) find(key unsafe.Pointer, size uintptr) uint64 {
	switch {
	case size == 8 && load32(key) == 32:
		return t.find32(key)
	case size == 20 && load32(key) == 128:
		return t.find128(key)
	}
	p := t.prefixOf(key)
	if p.len > p.size {
		return 0
	}
	return t.findAny(&p)
}

// find32 searches a key of 32 bits with all its bits.
//
//go:nocheckptr
//go:norace
func (t *trie) find32(key unsafe.Pointer) uint64 {
	k := uint64(bits.ReverseBytes32(load32(unsafe.Add(key, triePrefix)))) << 32
	w := atomic.LoadUint64(&t.root)
	var last *node
	var found uint64
	for w&trieNode != 0 {
		n := nodeAt(w)
		field := k << offset(w) >> (64 - trieStride)
		if (k^n.path)&n.mask != 0 {
			return last.longest(found)
		}
		if f := n.internal & ancestors[field]; f != 0 {
			last, found = n, f
		}
		x := n.external << (63 - field)
		if int64(x) >= 0 {
			return last.longest(found)
		}
		w = atomic.LoadUint64(n.word(bits.OnesCount64(x) - 1))
	}
	if w != 0 {
		k ^= uint64(bits.ReverseBytes32(*(*uint32)(at(w - 4)))) << 32
		if k>>(64-*(*uint32)(at(w - 8))) == 0 {
			return w
		}
	}
	return last.longest(found)
}

// find128 searches a key of 128 bits with all its bits.
//
//go:nocheckptr
//go:norace
func (t *trie) find128(key unsafe.Pointer) uint64 {
	k := bits.ReverseBytes64(load64(unsafe.Add(key, triePrefix)))
	w := atomic.LoadUint64(&t.root)
	var last *node
	var found uint64
	for w&trieNode != 0 {
		n := nodeAt(w)
		if w&trieWord != 0 {
			k = bits.ReverseBytes64(load64(unsafe.Add(key, triePrefix+8)))
		}
		field := k << offset(w) >> (64 - trieStride)
		if (k^n.path)&n.mask != 0 {
			return last.longest(found)
		}
		if f := n.internal & ancestors[field]; f != 0 {
			last, found = n, f
		}
		x := n.external << (63 - field)
		if int64(x) >= 0 {
			return last.longest(found)
		}
		w = atomic.LoadUint64(n.word(bits.OnesCount64(x) - 1))
	}
	if w != 0 && match128(key, at(w-24)) {
		return w
	}
	return last.longest(found)
}

// match128 reports whether the prefix at elem is one of the key.
//
//go:norace
func match128(key, elem unsafe.Pointer) bool {
	size := *(*uint32)(elem)
	high := bits.ReverseBytes64(load64(unsafe.Add(elem, triePrefix)) ^ load64(unsafe.Add(key, triePrefix)))
	if size <= 64 {
		return high>>(64-size) == 0
	}
	low := bits.ReverseBytes64(load64(unsafe.Add(elem, triePrefix+8)) ^ load64(unsafe.Add(key, triePrefix+8)))
	return high|low>>(128-size) == 0
}

// findAny searches the longest prefix that has no more bits than the key.
//
//go:nocheckptr
//go:norace
func (t *trie) findAny(p *prefix) uint64 {
	i := uint64(0) // of the word
	k := p.word(0)
	w := atomic.LoadUint64(&t.root)
	var last *node
	var found uint64
	for w&trieNode != 0 {
		n := nodeAt(w)
		if w&trieWord != 0 {
			i++
			k = p.word(i)
		}
		o := offset(w)
		depth := 64*i + uint64(o)
		if depth > p.len || (k^n.path)&n.mask != 0 {
			return last.longest(found)
		}
		field := k << o >> (64 - trieStride)
		f := n.internal & ancestors[field]
		if l := p.len - depth; l < trieStride {
			f &= 1<<(2<<l-1)<<1 - 1
		}
		if f != 0 {
			last, found = n, f
		}
		x := n.external << (63 - field)
		if int64(x) >= 0 {
			return last.longest(found)
		}
		// The word after the last exists for no child.
		w = atomic.LoadUint64(n.word(bits.OnesCount64(x) - 1))
	}
	if w != 0 {
		if e := t.prefixAt(w); e.len <= p.len && e.match(p) {
			return w
		}
	}
	return last.longest(found)
}

// longest is the element of the longest of the prefixes that were found in a
// node, 0 when there are none.
//
//go:nocheckptr
//go:norace
func (n *node) longest(found uint64) uint64 {
	if found == 0 {
		return 0
	}
	return atomic.LoadUint64(n.place(63 - bits.LeadingZeros64(found)))
}

// ancestors are, for each value of a node's 6 bits, the numbers of the prefixes
// that these bits have: one of each length from 0 to 5.
var ancestors = [64]uint64{
	0x100010116, 0x100010116, 0x200010116, 0x200010116,
	0x400020116, 0x400020116, 0x800020116, 0x800020116,
	0x1000040216, 0x1000040216, 0x2000040216, 0x2000040216,
	0x4000080216, 0x4000080216, 0x8000080216, 0x8000080216,
	0x10000100426, 0x10000100426, 0x20000100426, 0x20000100426,
	0x40000200426, 0x40000200426, 0x80000200426, 0x80000200426,
	0x100000400826, 0x100000400826, 0x200000400826, 0x200000400826,
	0x400000800826, 0x400000800826, 0x800000800826, 0x800000800826,
	0x100000100104a, 0x100000100104a, 0x200000100104a, 0x200000100104a,
	0x400000200104a, 0x400000200104a, 0x800000200104a, 0x800000200104a,
	0x1000000400204a, 0x1000000400204a, 0x2000000400204a, 0x2000000400204a,
	0x4000000800204a, 0x4000000800204a, 0x8000000800204a, 0x8000000800204a,
	0x10000001000408a, 0x10000001000408a, 0x20000001000408a, 0x20000001000408a,
	0x40000002000408a, 0x40000002000408a, 0x80000002000408a, 0x80000002000408a,
	0x100000004000808a, 0x100000004000808a, 0x200000004000808a, 0x200000004000808a,
	0x400000008000808a, 0x400000008000808a, 0x800000008000808a, 0x800000008000808a,
}
