package model

import (
	"encoding/binary"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// trie is LPM_TRIE: a hash of prefixes, cut to their length, in which a lookup
// finds the longest one that its key begins with. The bits behind a prefix are
// remembered as the last update had them.
type trie struct {
	hash
	given map[string]string // the key of the last update, by prefix
}

func newTrie(b base) *trie { return &trie{*newHash(b), map[string]string{}} }

// Step implements Model.
func (t *trie) Step(op Op, got Result) error {
	if err, done := t.gate(op, got); done {
		return err
	}
	switch op.Code {
	case Walk, LookupBatch:
		return t.walk(got)
	case TakeBatch: // of Windows, which takes key by key
		if len(t.elems) == 0 {
			return Differs(Result{}, got)
		}
		return Differs(Result{Errno: bpf.ENOTSUP}, got)
	case Lookup, ProgLookup, ProgStore:
		return t.lookup(op, got)
	case Update, Delete, ProgUpdate, ProgDelete:
		if badFlags(op.Flags) || t.long(op.Key) {
			return Differs(t.fails(op, bpf.EINVAL), got)
		}
		return t.change(op, got)
	case NextKey:
		return t.nextKey(op, got)
	case Take, ProgEach, ProgLookupAt:
		if op.Code == ProgLookupAt {
			return Differs(Result{}, got)
		}
		return Differs(unsupported(&t.base, op), got)
	case UpdateBatch, DeleteBatch:
		return t.batch(op, got)
	}
	return t.hash.Step(op, got)
}

// change is an update or delete.
func (t *trie) change(op Op, got Result) error {
	key := string(op.Key)
	op.Key = cut(op.Key)
	want := t.step(op)
	if want.Errno == 0 && want.R0 == 0 && (op.Code == Update || op.Code == ProgUpdate) {
		t.given[string(op.Key)] = key
	}
	return Differs(want, got)
}

func (t *trie) walk(got Result) error {
	all := map[string][]byte{}
	for k, v := range t.elems {
		all[t.given[k]] = v
	}
	return t.elements(all, got)
}

func (t *trie) nextKey(op Op, got Result) error {
	if op.Key != nil {
		op.Key = cut(op.Key) // one that is too long is not there
	}
	if got.Key != nil {
		k := cut(got.Key)
		if t.given[string(k)] != string(got.Key) {
			return fmt.Errorf("got %v, the prefix was given as %x", got, t.given[string(k)])
		}
		got.Key = k
	}
	return t.next(op, got)
}

// bits is the length of a key's prefix.
func bits(key []byte) uint32 { return binary.LittleEndian.Uint32(key) }

// long reports whether a prefix is longer than the key.
func (t *trie) long(key []byte) bool { return bits(key) > 8*(t.KeySize-4) }

// cut makes the bits behind the prefix zero.
func cut(key []byte) []byte {
	out := append([]byte{}, key...)
	for i := range 8 * (len(key) - 4) {
		if uint32(i) >= bits(key) {
			out[4+i/8] &^= 0x80 >> (i % 8)
		}
	}
	return out
}

// longest is the key of the longest prefix that key begins with.
func (t *trie) longest(key []byte) (string, bool) {
	k := append([]byte{}, key...)
	for n := int(bits(key)); n >= 0; n-- {
		binary.LittleEndian.PutUint32(k, uint32(n))
		if c := string(cut(k)); t.elems[c] != nil {
			return c, true
		}
	}
	return "", false
}

func (t *trie) lookup(op Op, got Result) error {
	if t.long(op.Key) {
		if op.Code == Lookup {
			return Differs(Result{Errno: t.choose(bpf.ENOENT, bpf.EINVAL)}, got)
		}
		return Differs(Result{}, got)
	}
	k, ok := t.longest(op.Key)
	if ok {
		op.Key = []byte(k)
	} else {
		op.Key = cut(op.Key) // which is not there
	}
	return t.hash.Step(op, got)
}

// batch does elements in order, up to the first error.
func (t *trie) batch(op Op, got Result) error {
	for n, k := range op.Keys {
		one := Op{Code: Delete, Key: k, Flags: op.Flags}
		if op.Code == UpdateBatch {
			one.Code, one.Value = Update, op.Values[n]
		}
		r := Result{}
		if n == got.N {
			r.Errno = got.Errno
		}
		if err := t.Step(one, r); err != nil {
			return fmt.Errorf("element %d: %w", n, err)
		}
		if r.Errno != 0 {
			return nil
		}
	}
	return Differs(Result{N: len(op.Keys)}, got)
}
