package rtlib

// LPM tries: the longest stored prefix of a key, by a multibit trie with
// bitmaps (W. Eatherton, G. Varghese, Z. Dittia, "Tree bitmap", 2004) of 6 bits
// a step, with path and leaf compression.
//
// The bits of a key are numbered from 0, the most significant bit of the first
// byte behind the prefix length. They are read by words of 64 bits, big endian,
// zero behind the end. A node at offset o of a word, a multiple of 6, decides by
// the 6 bits from o on, or by the last 4 when o is 60:
//
//	           1              prefixes that end in the node have numbers from
//	      2         3         1 to 63, as in a heap: 1 is the prefix of o bits,
//	   4     5   6     7      2n and 2n+1 are n and a bit more
//	   …                …
//	 64 65 66   …  125 126 127 children, by the 6 bits
//
//	node:    internal │ external │ path │ mask │ children… │ prefixes…
//
//	internal  64 bits: which of the prefixes 1 to 63 exist
//	external  64 bits: which of the children 0 to 63 exist
//	path      the bits of the word in front of o, which all keys here have
//	mask      which bits these are
//	children, prefixes   the words of those that exist, by number
//
//	word of a child or of the root:
//
//	 63  62 61    56 55  48 47                          3  1   0
//	┌──────┬────────┬──────┬─────────────────────────────┬───┬───┐
//	│      │ offset │      │ address of a cell           │ W │ N │   0: nothing
//	└──────┴────────┴──────┴─────────────────────────────┴───┴───┘
//
// N says that the cell is a node, offset is its o, and W that it decides by the
// word of the key after its parent's. Without N the cell is an element, alone in
// its subtree: what lies between is not checked on the way, but compared with
// the element's key. The word of a prefix is the address of an element, all of
// whose bits were compared on the way.
//
//	element: key rounded up to 8 │ value rounded up to 8
//	                             ↑ its address
//
// A node exists only where two or more elements part, so there are fewer nodes
// than elements; the exception are nodes at offset 60 with one child, which
// stand where a word ends that all elements below share, because a node compares
// bits of one word. The depth is bounded by the key: 11 nodes for 64 bits.
//
// Invariants
//
//  1. One lock orders the writers. Lookups take none and always end: each step
//     leads to a node with a greater offset, or to the next word.
//  2. A node's bitmaps and path never change. To add or remove a child or prefix
//     is to make another node and to store its word where the old one's was.
//     Child and prefix words change by single atomic stores.
//  3. Each element is in exactly one word, so that inserting, replacing and
//     deleting a prefix is one atomic store: a lookup sees the trie before it or
//     after. A store that replaces a node or moves elements leaves all other
//     elements where lookups find them, in the old cells as in the new ones.
//  4. A cell is used again only when the epoch scheme says that no program can
//     hold its address (epoch.go). Hosts hold the lock for reading.
//  5. Cells are part of slabs that the map keeps: words are no pointers to the
//     garbage collector.

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	trieNode  = 1  // N
	trieWord  = 2  // W
	trieShift = 56 // of the offset

	trieHead    = 32 // bytes of a node in front of its words
	triePrefix  = 4  // bytes of a key in front of its data: the prefix length
	trieStride  = 6
	trieLast    = 60  // the last offset in a word
	trieMaxKey  = 260 // bytes (linux/bpf.h: 256 of data)
	trieClasses = 20  // at least the sizes of nodes that nodeClass has
)

// trie is the implementation of LPM tries. Lookups find it at Map.table.
type trie struct {
	root     uint64 // a word
	popcount bool   // the processor has the instruction
	refuses
	dataBits uint64 // of a key
	elemOff  uintptr

	mu    sync.RWMutex
	keys  atomic.Int64
	elems trieCells
	nodes [trieClasses]trieCells
}

// trieCells are cells of one size; the trie's lock is theirs.
type trieCells struct {
	cells
	pool cellPool
}

// take allocates a cell. Slabs begin small and double: how many nodes of a size
// a trie will have is not known.
func (c *trieCells) take() uint64 {
	if c.pool.left == 0 {
		c.chunk = int(min(8<<min(len(c.pool.slabs), 13), max(8, 1<<16/c.size)))
	}
	return uint64(c.alloc(&c.pool))
}

// drop retires a cell.
func (c *trieCells) drop(addr uint64) { c.retire(&c.pool, uintptr(addr)) }

// node is the head of a node's cell.
type node struct {
	internal, external, path, mask uint64
}

// newTrie makes an empty trie.
func newTrie(m *Map) operations {
	t := &trie{refuses: refuses{m}, dataBits: 8 * uint64(m.keySize-triePrefix), elemOff: round8(m.keySize)}
	m.initCells(&t.elems.cells, m.keySize, m.valueSize, 1)
	for c := range t.nodes {
		m.initCells(&t.nodes[c].cells, 0, nodeBytes(c), trieClasses)
	}
	t.popcount = hasPopcount()
	m.table = unsafe.Pointer(t)
	return t
}

// nodeClass is the class of the smallest cells for nodes of n words, from 1 to
// 127.
func nodeClass(n int) int {
	switch {
	case n <= 12:
		return max(0, (n-1)/2) // 2, 4, …, 12 words
	case n <= 28:
		return 3 + (n-1)/4 // 16, 20, 24, 28
	case n <= 60:
		return 7 + (n-5)/8 // 36, 44, 52, 60
	}
	return 11 + (n-13)/16 // 76, 92, 108, 124, 140
}

// nodeBytes is the size of a class's cells.
func nodeBytes(class int) uintptr {
	n := 0
	switch {
	case class < 6:
		n = 2 * (class + 1)
	case class < 10:
		n = 16 + 4*(class-6)
	case class < 14:
		n = 36 + 8*(class-10)
	default:
		n = 76 + 16*(class-14)
	}
	return trieHead + 8*uintptr(n)
}

// nodeAt is the node of a word.
func nodeAt(word uint64) *node { return (*node)(at(word & wordAddr)) }

// offset is the offset of the node of a word.
func offset(word uint64) uint { return uint(word>>trieShift) & 63 }

// size is the number of words of a node.
func (n *node) size() int { return bits.OnesCount64(n.external) + bits.OnesCount64(n.internal) }

// word is the place of a node's i-th word.
func (n *node) word(i int) *uint64 {
	return (*uint64)(unsafe.Add(unsafe.Pointer(n), trieHead+8*uintptr(i)))
}

// has reports whether a node has the prefix or child of a number: 1 to 127.
func (n *node) has(pos int) bool {
	if pos >= 64 {
		return n.external>>(pos-64)&1 != 0
	}
	return n.internal>>pos&1 != 0
}

// index is which word of a node the number has or would have.
func (n *node) index(pos int) int {
	if pos >= 64 {
		return bits.OnesCount64(n.external & (1<<(pos-64) - 1))
	}
	return bits.OnesCount64(n.external) + bits.OnesCount64(n.internal&(1<<pos-1))
}

// place is the place of the word of a number that the node has.
func (n *node) place(pos int) *uint64 { return n.word(n.index(pos)) }

// prefix is a prefix: a key of the map's size. Its bits behind the length say
// nothing.
type prefix struct {
	key  unsafe.Pointer
	size uint64 // bits of data in the key
	len  uint64 // bits of the prefix
}

// prefixOf is the prefix that a key says.
//
//go:norace
func (t *trie) prefixOf(key unsafe.Pointer) prefix {
	return prefix{key, t.dataBits, uint64(load32(key))}
}

// prefixAt is the prefix of an element.
func (t *trie) prefixAt(elem uint64) prefix {
	return t.prefixOf(unsafe.Add(at(elem&wordAddr), -int(t.elemOff)))
}

// word is the i-th word of the key's bits.
//
//go:norace
func (p *prefix) word(i uint64) uint64 {
	data := unsafe.Add(p.key, triePrefix+8*uintptr(i))
	if left := p.size - 64*i; left < 64 {
		return bits.ReverseBytes64(loadUpTo8(data, uintptr(left/8)))
	}
	return bits.ReverseBytes64(load64(data))
}

// pos is the number of a prefix in a node at an offset of the i-th word, on whose
// path it is: below 64 when it ends there.
func (p *prefix) pos(i uint64, offset uint) int {
	field := int(p.word(i) << offset >> (64 - trieStride))
	end := p.len - 64*i // from the word's start
	if l := uint(end) - offset; end <= 64 && l < trieStride {
		return 1<<l + field>>(trieStride-l)
	}
	return 64 + field
}

// common is the number of first bits of the i-th word that two prefixes share.
func (p *prefix) common(q *prefix, i uint64) uint64 {
	same := uint64(bits.LeadingZeros64(p.word(i) ^ q.word(i)))
	return min(same, p.len-64*i, q.len-64*i)
}

// equal reports whether two prefixes are the same.
func (p *prefix) equal(q *prefix) bool { return p.len == q.len && p.match(q) }

// match reports whether p is a prefix of q, as far as q's data says.
func (p *prefix) match(q *prefix) bool {
	left := p.len
	for i := uint64(0); ; i++ {
		x := p.word(i) ^ q.word(i)
		if left <= 64 {
			return left == 0 || x>>(64-left) == 0
		}
		if x != 0 {
			return false
		}
		left -= 64
	}
}
