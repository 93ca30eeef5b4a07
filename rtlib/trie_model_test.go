package rtlib

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
	"syscall"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// trieSpec is a map of type LPM_TRIE with keys of so many bytes of data.
func trieSpec(data, valueSize, entries uint32) MapSpec {
	return MapSpec{Name: "t", Type: bpf.MapLPMTrie, KeySize: 4 + data, ValueSize: valueSize, MaxEntries: entries, Flags: bpf.FlagNoPrealloc}
}

// modelPrefix is an element of trieModel.
type modelPrefix struct {
	key, value []byte
}

func (e *modelPrefix) len() int { return int(binary.LittleEndian.Uint32(e.key)) }

// bit is a bit of a key's data.
func bit(key []byte, i int) byte { return key[4+i/8] >> (7 - i%8) & 1 }

// covers reports whether the first n bits of two keys are the same.
func covers(a, b []byte, n int) bool {
	for i := range n {
		if bit(a, i) != bit(b, i) {
			return false
		}
	}
	return true
}

// trieModel is what an LPM trie does, by going through all elements, bit by bit.
type trieModel struct {
	size, max int // bits of data, elements
	elems     []modelPrefix
	full      syscall.Errno
}

// find is the index of the element with exactly the prefix of key, or -1.
func (m *trieModel) find(key []byte) int {
	n := int(binary.LittleEndian.Uint32(key))
	return slices.IndexFunc(m.elems, func(e modelPrefix) bool { return e.len() == n && covers(e.key, key, n) })
}

func (m *trieModel) tooLong(key []byte) bool { return binary.LittleEndian.Uint32(key) > uint32(m.size) }

func (m *trieModel) lookup(key []byte) []byte {
	if m.tooLong(key) {
		return nil
	}
	best := -1
	var value []byte
	for _, e := range m.elems {
		if n := e.len(); n > best && n <= int(binary.LittleEndian.Uint32(key)) && covers(e.key, key, n) {
			best, value = n, e.value
		}
	}
	return value
}

func (m *trieModel) update(key, value []byte, flags uint64) error {
	if flags > bpf.UpdateExist || m.tooLong(key) {
		return syscall.EINVAL
	}
	i := m.find(key)
	switch {
	case i >= 0 && flags == bpf.UpdateNoExist:
		return syscall.EEXIST
	case i >= 0:
		m.elems[i] = modelPrefix{bytes.Clone(key), bytes.Clone(value)}
		return nil
	case flags == bpf.UpdateExist:
		return syscall.ENOENT
	case len(m.elems) == m.max:
		return m.full
	}
	m.elems = append(m.elems, modelPrefix{bytes.Clone(key), bytes.Clone(value)})
	return nil
}

func (m *trieModel) remove(key []byte) error {
	if m.tooLong(key) {
		return syscall.EINVAL
	}
	i := m.find(key)
	if i < 0 {
		return syscall.ENOENT
	}
	m.elems = slices.Delete(m.elems, i, i+1)
	return nil
}

// sorted are the elements in the kernel's order: by bits, longer ones first.
func (m *trieModel) sorted() []modelPrefix {
	return slices.SortedFunc(slices.Values(m.elems), func(a, b modelPrefix) int {
		for i := range min(a.len(), b.len()) {
			if x, y := bit(a.key, i), bit(b.key, i); x != y {
				return int(x) - int(y)
			}
		}
		return b.len() - a.len()
	})
}

// next is the key after key, nil when there is none.
func (m *trieModel) next(key []byte) []byte {
	order := m.sorted()
	i := 0
	if key != nil && !m.tooLong(key) && m.find(key) >= 0 {
		exact := m.elems[m.find(key)]
		i = 1 + slices.IndexFunc(order, func(e modelPrefix) bool { return &e.key[0] == &exact.key[0] })
	}
	if i == len(order) {
		return nil
	}
	return order[i].key
}

// pick draws a number below n. rapid prefers small numbers, which for indexes
// would mean few different keys; here all are as likely and it still shrinks to 0.
func pick(t *rapid.T, n int, label string) int {
	high, _ := bits.Mul64(rapid.Uint64().Draw(t, label)*mixer, uint64(n))
	return int(high)
}

// drawKeys makes keys that share first bits with each other: one is made of
// another by a change of a bit and of the length.
func drawKeys(t *rapid.T, data int) [][]byte {
	size := 8 * data
	// Around the ends of words, where nodes change, more often than elsewhere.
	places := []int{0, 1, 5, 6, 7, 12, 18, 58, 59, 60, 61, 63, 64, 65, 66, 124, 127, 128, 129, 192, 255, size - 1, size}
	place := func(label string) int {
		if i := pick(t, 2*len(places), label); i < len(places) {
			return min(places[i], size)
		}
		return pick(t, size+1, label)
	}
	keys := [][]byte{make([]byte, 4+data)}
	for range 4 + pick(t, 40, "keys") {
		key := bytes.Clone(keys[pick(t, len(keys), "of")])
		if i := place("bit"); i < size {
			key[4+i/8] ^= 0x80 >> (i % 8)
		}
		binary.LittleEndian.PutUint32(key, uint32(place("length")))
		keys = append(keys, key)
	}
	binary.LittleEndian.PutUint32(keys[1], uint32(size+1))
	return keys
}

// sameError reports whether an error of a map is the errno that is wanted.
func sameError(got, want error) bool {
	if want == nil {
		return got == nil
	}
	return errors.Is(got, want)
}

// trieByProgram is a trie as a program sees it. Keys are copied to the heap.
type trieByProgram struct {
	m   *Map
	key []byte
}

func (p *trieByProgram) addr() (m, key uint64) {
	return uint64(uintptr(unsafe.Pointer(p.m))), uint64(uintptr(unsafe.Pointer(&p.key[0])))
}

// lookup is the value, nil when there is none.
func (p *trieByProgram) lookup(key []byte) []byte {
	copy(p.key, key)
	m, k := p.addr()
	value := nativeTrieLookup(nil, m, k)
	if value != TrieLookup(nil, m, k) || value != MapLookupElem(nil, m, k) {
		return []byte("TrieLookup, that of machine code and MapLookupElem differ")
	}
	if value == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(ptr(value)), p.m.valueSize)
}

// TestTrieModel compares sequences of operations with a model.
func TestTrieModel(t *testing.T) {
	for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		for range 10 { // of 100
			rapid.Check(t, func(t *rapid.T) { testTrieModel(t, platform) })
		}
	}
}

func testTrieModel(t *rapid.T, platform bpf.Platform) {
	sizes := []int{1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 33, 256}
	data, entries := sizes[pick(t, len(sizes), "data")], 1+pick(t, 40, "max_entries")
	m, err := NewMapFor(platform, trieSpec(uint32(data), 5, uint32(entries)))
	if err != nil {
		t.Fatal(err)
	}
	full := map[bpf.Platform]syscall.Errno{bpf.Linux: syscall.ENOSPC, bpf.Windows: syscall.E2BIG}[platform]
	r := &trieRun{
		m: m, platform: platform, keys: drawKeys(t, data),
		model:   &trieModel{size: 8 * data, max: entries, full: full},
		program: &trieByProgram{m, make([]byte, 4+data)},
	}
	for range pick(t, 80, "operations") {
		[]func(*rapid.T){r.update, r.update, r.update, r.remove}[pick(t, 4, "operation")](t)
	}
	r.invariants(t)
	t.Repeat(map[string]func(*rapid.T){"": r.invariants, "update": r.update, "delete": r.remove, "lookup": r.lookup, "next": r.next})
}

// trieRun is a map and its model under test.
type trieRun struct {
	m        *Map
	platform bpf.Platform
	model    *trieModel
	program  *trieByProgram
	keys     [][]byte
	serial   byte
}

func (r *trieRun) key(t *rapid.T) []byte { return r.keys[pick(t, len(r.keys), "key")] }

func (r *trieRun) update(t *rapid.T) {
	key, flags := r.key(t), []uint64{0, 0, 0, 1, 2, 3}[pick(t, 6, "flags")]
	r.serial++
	value := bytes.Repeat([]byte{r.serial}, 5)
	if got, want := r.m.Update(key, value, flags), r.model.update(key, value, flags); !sameError(got, want) {
		t.Fatalf("update of % x, flags %d: got %v, want %v", key, flags, got, want)
	}
}

func (r *trieRun) remove(t *rapid.T) {
	key := r.key(t)
	if got, want := r.m.Delete(key), r.model.remove(key); !sameError(got, want) {
		t.Fatalf("delete of % x: got %v, want %v", key, got, want)
	}
}

func (r *trieRun) lookup(t *rapid.T) {
	key := r.key(t)
	want := r.model.lookup(key)
	if got := r.program.lookup(key); !bytes.Equal(got, want) {
		t.Fatalf("program's lookup of % x: got % x, want % x", key, got, want)
	}
	var wantErr error
	switch {
	case r.model.tooLong(key) && r.platform == bpf.Windows:
		wantErr = syscall.EINVAL
	case want == nil:
		wantErr, want = syscall.ENOENT, make([]byte, 5)
	}
	got := make([]byte, 5)
	if err := r.m.Lookup(key, got); !sameError(err, wantErr) || err == nil && !bytes.Equal(got, want) {
		t.Fatalf("lookup of % x: got % x %v, want % x %v", key, got, err, want, wantErr)
	}
}

func (r *trieRun) next(t *rapid.T) {
	key := append(r.keys, nil)[pick(t, len(r.keys)+1, "key")]
	got := make([]byte, r.m.keySize)
	err := r.m.NextKey(key, got)
	want := r.model.next(key)
	if want == nil && !errors.Is(err, syscall.ENOENT) || want != nil && (err != nil || !bytes.Equal(got, want)) {
		t.Fatalf("key after % x: got % x %v, want % x", key, got, err, want)
	}
}

// invariants are those of trie.go, after each step.
func (r *trieRun) invariants(t *rapid.T) {
	if got, want := r.m.Len(), len(r.model.elems); got != want {
		t.Fatalf("%d keys, want %d", got, want)
	}
	tr := r.m.ops.(*trie)
	elems := 0
	var walk func(word uint64)
	walk = func(word uint64) {
		if word&trieNode == 0 {
			if word&^wordAddr != 0 {
				t.Fatalf("word of an element is %#x", word)
			}
			elems++
			return
		}
		n := nodeAt(word)
		if n.size() == 0 || n.size() == 1 && (offset(word) != trieLast || *n.word(0)&trieNode == 0) {
			t.Fatalf("node of %d words at offset %d", n.size(), offset(word))
		}
		for pos := 1; pos < 128; pos++ {
			if !n.has(pos) {
				continue
			}
			w := *n.place(pos)
			if w&trieNode != 0 && (pos < 64 || (w&trieWord != 0) != (offset(word) == trieLast)) {
				t.Fatalf("word %#x under number %d of a node at offset %d", w, pos, offset(word))
			}
			walk(w)
		}
	}
	if tr.root != 0 {
		walk(tr.root)
	}
	if elems != len(r.model.elems) {
		t.Fatalf("%d elements in the trie, want %d", elems, len(r.model.elems))
	}
}
