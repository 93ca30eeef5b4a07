package ebpf

import (
	"fmt"
	"iter"
	"reflect"
	"unsafe"
)

// HashMap is a map with the Go types of its keys and values. It allocates
// nothing, and a copy of it is the same map. Generated files have a method
// that returns it for each map whose types are known.
type HashMap[K, V any] struct {
	m   *Map
	err error // why K and V are no types of the map
}

// HashMapOf types a map. When K and V do not fit the map, or have pointers or
// implicit padding, every method returns an error that says so.
func HashMapOf[K, V any](m *Map) HashMap[K, V] {
	return HashMap[K, V]{m: m, err: fits(m, reflect.TypeFor[K](), reflect.TypeFor[V]())}
}

// fits compares types with a map.
func fits(m *Map, key, value reflect.Type) error {
	switch {
	case m == nil:
		return m.open("use")
	case !plain(key) || key.Size() != uintptr(m.KeySize()):
		return m.wrong("key", fmt.Errorf("%s of %d bytes is no plain type of %d bytes: %w", key, key.Size(), m.KeySize(), ErrMapIncompatible))
	case !plain(value) || value.Size() != uintptr(m.ValueSize()):
		return m.wrong("value", fmt.Errorf("%s of %d bytes is no plain type of %d bytes: %w", value, value.Size(), m.ValueSize(), ErrMapIncompatible))
	}
	return nil
}

// bytesOf is the memory of a plain value.
func bytesOf[T any](v *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(v)), unsafe.Sizeof(*v))
}

// ready is the error that keeps the map from being used.
func (h HashMap[K, V]) ready(op string) error {
	if h.err != nil {
		return h.err
	}
	return h.m.open(op)
}

// Lookup returns the value of key. The error wraps ErrKeyNotExist when there
// is none.
func (h HashMap[K, V]) Lookup(key K) (V, error) {
	var value V
	err := h.ready("lookup")
	if err == nil {
		err = h.m.fail(h.m.rt.Lookup(bytesOf(&key), bytesOf(&value)))
	}
	return value, err
}

// Put stores value under key.
func (h HashMap[K, V]) Put(key K, value V) error { return h.Update(key, value, UpdateAny) }

// Update stores value under key as flags allow; errors as Map.Update.
func (h HashMap[K, V]) Update(key K, value V, flags MapUpdateFlags) error {
	if err := h.ready("update"); err != nil {
		return err
	}
	return h.m.fail(h.m.rt.Update(bytesOf(&key), bytesOf(&value), uint64(flags)))
}

// Delete removes key. The error wraps ErrKeyNotExist when there is none.
func (h HashMap[K, V]) Delete(key K) error {
	if err := h.ready("delete"); err != nil {
		return err
	}
	return h.m.fail(h.m.rt.Delete(bytesOf(&key)))
}

// All walks over the map like Map.Iterate. A walk that cannot go on ends; use
// Map.Iterate where that matters.
func (h HashMap[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if h.ready("iterate") != nil {
			return
		}
		var key K
		var value V
		for i := h.m.Iterate(); i.Next(&key, &value); {
			if !yield(key, value) {
				return
			}
		}
	}
}

// ArrayMap is a HashMap whose keys are indices.
type ArrayMap[V any] = HashMap[uint32, V]

// ArrayMapOf types an array as HashMapOf does.
func ArrayMapOf[V any](m *Map) ArrayMap[V] { return HashMapOf[uint32, V](m) }
