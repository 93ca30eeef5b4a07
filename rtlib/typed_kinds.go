package rtlib

import (
	"fmt"
	"iter"
	"os"
	"reflect"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Maps with types: their methods allocate nothing, but for what All needs once, and
// can be called by many goroutines at once, also while programs run.

// hideOf is hide for a variable.
//
//go:nocheckptr
func hideOf[T any](p *T) unsafe.Pointer { return unsafe.Add(nil, uintptr(unsafe.Pointer(p))) }

// Trie is an LPM trie with keys and values of Go types. A key is a struct of the
// number of bits, a uint32 in the host's order, and the bytes of the prefix.
type Trie[K comparable, V any] struct{ m *Map }

// NewTrie gives an LPM trie types; the rules are those of NewHashMap.
func NewTrie[K comparable, V any](m *Map) (Trie[K, V], error) {
	return Trie[K, V]{m}, checkKeyed(m, "LPM trie", reflect.TypeFor[K](), reflect.TypeFor[V](), bpf.MapLPMTrie)
}

// Map returns the map.
func (t Trie[K, V]) Map() *Map { return t.m }

// Get returns the value of the longest prefix that key has; false when there is none
// or the map is closed.
func (t Trie[K, V]) Get(key K) (value V, ok bool) { return getTyped[K, V](t.m, key) }

// Put stores value under the prefix. Errors as Map.Update.
func (t Trie[K, V]) Put(key K, value V) error { return putTyped(t.m, key, value, bpf.UpdateAny) }

// Delete removes the prefix. Errors as Map.Delete.
func (t Trie[K, V]) Delete(key K) error { return deleteTyped(t.m, key) }

// All iterates over the prefixes and values in the order of Map.NextKey.
func (t Trie[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for key, ok := firstTyped[K](t.m); ok; key, ok = nextTyped(t.m, key) {
			// A longer prefix may have come meanwhile: then it comes for this one.
			if value, found := getTyped[K, V](t.m, key); found && !yield(key, value) {
				return
			}
		}
	}
}

func getTyped[K comparable, V any](m *Map, key K) (value V, ok bool) {
	if m.closed.Load() || m.hostWriteOnly {
		return value, false
	}
	ok = m.ops.read(hideOf(&key), hideOf(&value), 0) == 0
	return value, ok
}

func putTyped[K comparable, V any](m *Map, key K, value V, flags uint64) error {
	if m.closed.Load() || m.hostReadOnly.Load() {
		return m.refuseWrite("update", bytesOf(&key), noValue)
	}
	if errno := m.ops.write(hideOf(&key), hideOf(&value), flags); errno != 0 {
		return m.failed("update", errno, flags)
	}
	return nil
}

func deleteTyped[K comparable](m *Map, key K) error {
	if m.closed.Load() || m.hostReadOnly.Load() {
		return m.refuseWrite("delete", bytesOf(&key), noValue)
	}
	if errno := m.ops.erase(hideOf(&key)); errno != 0 {
		return m.failed("delete", errno, 0)
	}
	return nil
}

func firstTyped[K comparable](m *Map) (key K, ok bool) {
	if m.closed.Load() || m.hostWriteOnly {
		return key, false
	}
	ok = m.ops.next(nil, hideOf(&key)) == 0
	return key, ok
}

func nextTyped[K comparable](m *Map, key K) (next K, ok bool) {
	if m.closed.Load() {
		return key, false
	}
	ok = m.ops.next(hideOf(&key), hideOf(&next)) == 0
	return next, ok
}

// checkKeyed is checkTyped for a map with keys.
func checkKeyed(m *Map, name string, key, value reflect.Type, types ...bpf.MapType) error {
	if err := checkTyped(m, name, value, types...); err != nil {
		return err
	}
	if key.Size() != m.keySize {
		return fmt.Errorf("map %q: keys have %d bytes, %v has %d: %w", m.name, m.keySize, key, key.Size(), os.ErrInvalid)
	}
	if err := checkLayout(key, true); err != nil {
		return fmt.Errorf("map %q: key: %w", m.name, err)
	}
	return nil
}

// Queue is a queue or a stack with values of a Go type.
type Queue[V any] struct{ m *Map }

// NewQueue gives a queue or a stack a type. V has the map's value size and consists
// of numbers, booleans, arrays and structs of them. Errors wrap os.ErrInvalid.
func NewQueue[V any](m *Map) (Queue[V], error) {
	return Queue[V]{m}, checkTyped(m, "queue or stack", reflect.TypeFor[V](), bpf.MapQueue, bpf.MapStack)
}

// Map returns the map.
func (q Queue[V]) Map() *Map { return q.m }

// Len is the number of values.
func (q Queue[V]) Len() int { return q.m.Len() }

// Push adds a value. Errors as Map.Update: E2BIG when it is full.
func (q Queue[V]) Push(value V) error {
	return putTyped(q.m, struct{}{}, value, bpf.UpdateAny)
}

// Pop takes the next value; false when there is none, the map is closed, or hosts may
// not do that.
func (q Queue[V]) Pop() (value V, ok bool) {
	if q.m.closed.Load() || q.m.hostWriteOnly || q.m.hostReadOnly.Load() {
		return value, false
	}
	ok = q.m.ops.take(nil, hideOf(&value), 0) == 0
	return value, ok
}

// Peek returns the next value, which stays; false as Pop.
func (q Queue[V]) Peek() (value V, ok bool) { return getTyped[struct{}, V](q.m, struct{}{}) }

// BloomFilter is a Bloom filter with values of a Go type.
type BloomFilter[V any] struct{ m *Map }

// NewBloomFilter gives a Bloom filter a type; the rules are those of NewQueue, and V
// has no padding.
func NewBloomFilter[V any](m *Map) (BloomFilter[V], error) {
	err := checkTyped(m, "Bloom filter", reflect.TypeFor[V](), bpf.MapBloomFilter)
	if err == nil {
		err = checkLayout(reflect.TypeFor[V](), true)
	}
	return BloomFilter[V]{m}, err
}

// Map returns the map.
func (b BloomFilter[V]) Map() *Map { return b.m }

// Add adds a value. Errors as Map.Update.
func (b BloomFilter[V]) Add(value V) error {
	return putTyped(b.m, struct{}{}, value, bpf.UpdateAny)
}

// Has reports whether the value may have been added; false is certain.
func (b BloomFilter[V]) Has(value V) bool {
	return !b.m.closed.Load() && !b.m.hostWriteOnly && b.m.ops.read(nil, hideOf(&value), 0) == 0
}
