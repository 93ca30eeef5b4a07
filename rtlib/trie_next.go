package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// The order of keys is the kernel's: by bits, and a prefix after all that it is
// a prefix of. Inside a node that is the order in which a walk leaves the
// vertices of the heap.

// next copies the key after key out. The first key follows nil and a key that is
// not there.
func (t *trie) next(key, out unsafe.Pointer) bpf.Errno {
	t.mu.RLock()
	defer t.mu.RUnlock()
	word := t.root
	if key != nil {
		p := t.prefixOf(key)
		if p.len <= p.size {
			if after, known := t.after(&p); known {
				word = after
			}
		}
	}
	if word == 0 {
		return bpf.ENOENT
	}
	for word&trieNode != 0 {
		n := nodeAt(word)
		word = *n.place(n.from(64))
	}
	copyOut(out, at(word-uint64(t.elemOff)), t.m.keySize)
	return 0
}

// after is the word where the elements after a prefix begin, 0 when it is the
// last one. It reports whether the prefix is there.
//
//go:norace
func (t *trie) after(p *prefix) (uint64, bool) {
	var following uint64
	i := uint64(0)
	word := t.root
	for word&trieNode != 0 {
		n, o := nodeAt(word), offset(word)
		if word&trieWord != 0 {
			i++
		}
		if p.len < 64*i+uint64(o) || (p.word(i)^n.path)&n.mask != 0 {
			return 0, false
		}
		pos := p.pos(i, o)
		if !n.has(pos) {
			return 0, false
		}
		if pos := n.from(climb(pos)); pos != 0 {
			following = *n.place(pos)
		}
		word = *n.place(pos)
		if pos < 64 {
			return following, true
		}
	}
	if word == 0 {
		return 0, false
	}
	e := t.prefixAt(word)
	return following, e.equal(p)
}

// climb is the number of the vertex that a walk leaves after pos, 0 after the
// last.
func climb(pos int) int {
	if pos&1 != 0 {
		return pos >> 1
	}
	for pos++; pos < 64; pos <<= 1 {
	}
	return pos
}

// from is the first number that the node has among pos and those left after it,
// 0 when there is none.
func (n *node) from(pos int) int {
	for pos != 0 && !n.has(pos) {
		pos = climb(pos)
	}
	return pos
}
