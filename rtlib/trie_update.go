package rtlib

import (
	"math/bits"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// trieSpot is where a prefix is in a trie or belongs: in the word at place, or in
// the node that this word leads to, under the number pos.
type trieSpot struct {
	place *uint64 // of the word where the search ended
	outer *uint64 // as place, but of the first of the nodes with one child above it
	flag  uint64  // trieWord when the words at place follow another word of the key
	i     uint64  // which word of the key decides at place
	split uint64  // bits of the word that are shared where the place has to fork
	pos   int     // number in the node, 0: not in the node but at the place
	elem  *uint64 // the word of the prefix's element, nil when it is not there
}

// seek finds the spot of a prefix. The lock is held.
//
//go:norace
func (t *trie) seek(p *prefix) trieSpot {
	s := trieSpot{place: &t.root, outer: &t.root}
	for {
		w := *s.place
		switch {
		case w == 0:
			return s
		case w&trieNode == 0:
			if e := t.prefixAt(w); e.equal(p) {
				s.elem = s.place
			} else {
				s.split = e.common(p, s.i)
			}
			return s
		}
		n, o := nodeAt(w), offset(w)
		s.split = min(uint64(bits.LeadingZeros64(p.word(s.i)^n.path)), p.len-64*s.i)
		if s.split < uint64(o) {
			return s
		}
		s.pos = p.pos(s.i, o)
		if !n.has(s.pos) {
			return s
		}
		next := n.place(s.pos)
		if s.pos < 64 {
			s.elem = next
			return s
		}
		if w := *next; w&trieNode == 0 {
			if e := t.prefixAt(w); e.equal(p) {
				s.elem = next
				return s
			}
		}
		s.step(n, o, next)
	}
}

// step goes on to a child of the node at an offset.
func (s *trieSpot) step(n *node, o uint, child *uint64) {
	s.place, s.pos, s.flag = child, 0, 0
	if n.size() != 1 {
		s.outer = child
	}
	if o == trieLast {
		s.i++
		s.flag = trieWord
	}
}

// set inserts or replaces under the flags' conditions.
func (t *trie) set(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags > bpf.UpdateExist {
		return bpf.EINVAL
	}
	p := t.prefixOf(key)
	if p.len > p.size {
		return bpf.EINVAL
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.seek(&p)
	switch {
	case s.elem != nil && flags == bpf.UpdateNoExist:
		return bpf.EEXIST
	case s.elem == nil && flags == bpf.UpdateExist:
		return bpf.ENOENT
	case s.elem == nil && t.keys.Load() == int64(t.m.max):
		return t.m.rules.TrieFull
	}
	elem := t.elems.take()
	copyIn(at(elem-uint64(t.elemOff)), key, t.m.keySize)
	copyIn(at(elem), value, t.m.valueSize)
	if s.elem != nil {
		old := *s.elem
		storeRelease(s.elem, elem)
		t.elems.drop(old)
		return 0
	}
	t.insert(&s, &p, elem)
	t.keys.Add(1)
	return 0
}

// insert stores a new element at the spot that seek has found.
func (t *trie) insert(s *trieSpot, p *prefix, elem uint64) {
	old := *s.place
	switch {
	case old == 0:
		storeRelease(s.place, elem)
	case s.pos != 0:
		storeRelease(s.place, t.grown(old, s.pos, elem))
		t.retire(old)
	case old&trieNode == 0:
		storeRelease(s.place, t.fork(s.i, p, elem, old)|s.flag)
	default:
		o := uint(s.split) / trieStride * trieStride
		n := nodeAt(old)
		below := 64 + int(n.path<<o>>(64-trieStride))
		storeRelease(s.place, t.pair(o, p.word(s.i), p.pos(s.i, o), elem, below, old&^trieWord)|s.flag)
	}
}

// fork makes the node where two elements part that share all words in front of
// the i-th, and those above it up to there.
func (t *trie) fork(i uint64, p *prefix, elem, other uint64) uint64 {
	q := t.prefixAt(other)
	o := min(uint(p.common(&q, i))/trieStride*trieStride, trieLast)
	a, b := p.pos(i, o), q.pos(i, o)
	if a != b {
		return t.pair(o, p.word(i), a, elem, b, other)
	}
	// They share the whole word.
	word, n := t.newNode(o, p.word(i), 1)
	n.external = 1 << (a - 64)
	*n.word(0) = t.fork(i+1, p, elem, other) | trieWord
	return word
}

// newNode allocates a node of so many words for the bits of path in front of the
// offset.
//
//go:norace
func (t *trie) newNode(o uint, path uint64, words int) (uint64, *node) {
	addr := t.nodes[nodeClass(words)].take()
	n := nodeAt(addr)
	n.mask = ^(^uint64(0) >> o)
	n.path = path & n.mask
	n.internal, n.external = 0, 0
	return addr | uint64(o)<<trieShift | trieNode, n
}

// pair makes a node of two words.
//
//go:norace
func (t *trie) pair(o uint, path uint64, a int, wordA uint64, b int, wordB uint64) uint64 {
	word, n := t.newNode(o, path, 2)
	n.mark(a)
	n.mark(b)
	*n.place(a), *n.place(b) = wordA, wordB
	return word
}

// mark adds a number to a node that is being made.
func (n *node) mark(pos int) {
	if pos >= 64 {
		n.external |= 1 << (pos - 64)
		return
	}
	n.internal |= 1 << pos
}

// grown is a node with one more word.
//
//go:norace
func (t *trie) grown(old uint64, pos int, word uint64) uint64 {
	from := nodeAt(old)
	size := from.size()
	w, n := t.newNode(offset(old), from.path, size+1)
	n.internal, n.external = from.internal, from.external
	n.mark(pos)
	i := n.index(pos)
	for j := range i {
		*n.word(j) = *from.word(j)
	}
	*n.word(i) = word
	for j := i; j < size; j++ {
		*n.word(j + 1) = *from.word(j)
	}
	return w | old&trieWord
}

// retire gives a node's cell up that no word leads to any more.
func (t *trie) retire(word uint64) {
	t.nodes[nodeClass(nodeAt(word).size())].drop(word & wordAddr)
}

// unset deletes a prefix.
func (t *trie) unset(key unsafe.Pointer) bpf.Errno {
	p := t.prefixOf(key)
	if p.len > p.size {
		return bpf.EINVAL
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.seek(&p)
	if s.elem == nil {
		return bpf.ENOENT
	}
	elem := *s.elem
	if s.pos == 0 {
		storeRelease(s.place, 0) // the root
	} else {
		t.shrink(&s)
	}
	t.elems.drop(elem)
	t.keys.Add(-1)
	return 0
}

// shrink replaces the node at the spot by one without the number there, or by
// what is left when that is one word.
//
//go:norace
func (t *trie) shrink(s *trieSpot) {
	old := *s.place
	n := nodeAt(old)
	if n.size() > 2 {
		storeRelease(s.place, t.shrunk(old, s.pos))
		t.retire(old)
		return
	}
	rest := *n.word(1 - n.index(s.pos))
	switch {
	case rest&trieNode == 0:
		// It goes to where the nodes with one child above begin.
		gone := *s.outer
		storeRelease(s.outer, rest)
		for gone != old {
			next := *nodeAt(gone).word(0)
			t.retire(gone)
			gone = next
		}
		t.retire(old)
	case rest&trieWord == 0:
		storeRelease(s.place, rest|s.flag)
		t.retire(old)
	default:
		storeRelease(s.place, t.shrunk(old, s.pos))
		t.retire(old)
	}
}

// shrunk is a node with one word less.
//
//go:norace
func (t *trie) shrunk(old uint64, pos int) uint64 {
	from := nodeAt(old)
	size := from.size()
	w, n := t.newNode(offset(old), from.path, size-1)
	n.internal, n.external = from.internal, from.external
	if pos >= 64 {
		n.external &^= 1 << (pos - 64)
	} else {
		n.internal &^= 1 << pos
	}
	i := from.index(pos)
	for j := range i {
		*n.word(j) = *from.word(j)
	}
	for j := i + 1; j < size; j++ {
		*n.word(j - 1) = *from.word(j)
	}
	return w | old&trieWord
}
