package rtlib

import (
	"fmt"
	"iter"
	"os"
	"reflect"
	"slices"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// HashMap is a hash map, also an LRU one, with keys and values of Go types. Its
// methods allocate nothing and can be called by many goroutines at once, also while
// programs run.
type HashMap[K comparable, V any] struct{ m *Map }

// NewHashMap gives a hash map types. K and V have the map's sizes and consist
// of numbers, booleans, arrays and structs of them; K has no padding between
// fields, because it would be part of the key: declare blank fields.
//
// Errors wrap os.ErrInvalid.
func NewHashMap[K comparable, V any](m *Map) (HashMap[K, V], error) {
	if err := checkKeyed(m, "hash", reflect.TypeFor[K](), reflect.TypeFor[V](), bpf.MapHash, bpf.MapLRUHash); err != nil {
		return HashMap[K, V]{}, err
	}
	return HashMap[K, V]{m}, nil
}

// Map returns the map.
func (h HashMap[K, V]) Map() *Map { return h.m }

// Get returns the value of key; false when there is none or the map is closed.
func (h HashMap[K, V]) Get(key K) (V, bool) {
	var value V
	if h.m.closed.Load() || h.m.hostWriteOnly {
		return value, false
	}
	ok := h.m.hashRead(unsafe.Pointer(&key), unsafe.Pointer(&value))
	return value, ok
}

// Put stores value under key. Errors as Map.Update.
func (h HashMap[K, V]) Put(key K, value V) error { return h.Update(key, value, bpf.UpdateAny) }

// Update stores value under key as flags say. Errors as Map.Update.
func (h HashMap[K, V]) Update(key K, value V, flags uint64) error {
	return putTyped(h.m, key, value, flags)
}

// Delete removes key. Errors as Map.Delete.
func (h HashMap[K, V]) Delete(key K) error { return deleteTyped(h.m, key) }

// All iterates over the keys and values in no particular order. Keys that are
// in the map all the time come once, whatever others insert or delete
// meanwhile; the loop may change the map, too. A closed map has no keys.
func (h HashMap[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		if h.m.hostWriteOnly {
			return
		}
		var keys []K
		var values []V
		for bucket := 0; bucket < len(h.m.hash.words) && !h.m.closed.Load(); bucket++ {
			keys, values = keys[:0], values[:0]
			h.m.hashBucket(bucket, func(key, value unsafe.Pointer) {
				var k K
				var v V
				copyOut(unsafe.Pointer(&k), key, h.m.keySize)
				copyOut(unsafe.Pointer(&v), value, h.m.valueSize)
				keys, values = append(keys, k), append(values, v)
			})
			for i, k := range keys {
				if !yield(k, values[i]) {
					return
				}
			}
		}
	}
}

// Array is an array map with values of a Go type. Its methods allocate nothing
// and can be called by many goroutines at once, also while programs run.
type Array[V any] struct{ m *Map }

// NewArray gives an array a type. V has the map's value size and consists of
// numbers, booleans, arrays and structs of them. Errors wrap os.ErrInvalid.
func NewArray[V any](m *Map) (Array[V], error) {
	if err := checkTyped(m, "array", reflect.TypeFor[V](), bpf.MapArray); err != nil {
		return Array[V]{}, err
	}
	return Array[V]{m}, nil
}

// Map returns the map.
func (a Array[V]) Map() *Map { return a.m }

// Len is the number of elements.
func (a Array[V]) Len() int { return int(a.m.max) }

// Get returns an element; false when index is not below Len or the map is
// closed.
func (a Array[V]) Get(index int) (V, bool) {
	var value V
	if uint64(index) >= a.m.max || a.m.closed.Load() || a.m.hostWriteOnly {
		return value, false
	}
	copyOut(unsafe.Pointer(&value), a.m.elem(uint64(index)), a.m.valueSize)
	return value, true
}

// Set overwrites an element. Errors as Map.Update.
func (a Array[V]) Set(index int, value V) error {
	if a.m.closed.Load() || a.m.hostReadOnly.Load() {
		return a.m.refuseWrite("update", make([]byte, a.m.keySize), noValue)
	}
	if uint64(index) >= a.m.max {
		return a.m.failed("update", a.m.rules.ArrayUpdateBounds, bpf.UpdateAny)
	}
	copyIn(a.m.elem(uint64(index)), unsafe.Pointer(&value), a.m.valueSize)
	return nil
}

// checkTyped checks a map's kind and the type of its values.
func checkTyped(m *Map, name string, value reflect.Type, types ...bpf.MapType) error {
	switch {
	case m == nil:
		return fmt.Errorf("the map is nil; does the object have it: %w", os.ErrInvalid)
	case !slices.Contains(types, m.spec.Type):
		return fmt.Errorf("map %q is no %s, its type is %d: %w", m.name, name, m.spec.Type, os.ErrInvalid)
	case value.Size() != m.valueSize:
		return fmt.Errorf("map %q: values have %d bytes, %v has %d: %w", m.name, m.valueSize, value, value.Size(), os.ErrInvalid)
	}
	if err := checkLayout(value, false); err != nil {
		return fmt.Errorf("map %q: value: %w", m.name, err)
	}
	return nil
}

// checkLayout refuses types with pointers, and with padding when dense is set.
func checkLayout(t reflect.Type, dense bool) error {
	switch t.Kind() {
	case reflect.Bool, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return nil
	case reflect.Array:
		return checkLayout(t.Elem(), dense)
	case reflect.Struct:
		end := uintptr(0)
		for i := range t.NumField() {
			f := t.Field(i)
			if dense && f.Offset != end {
				return fmt.Errorf("%v has %d bytes of padding before %s; declare a blank field: %w", t, f.Offset-end, f.Name, os.ErrInvalid)
			}
			if err := checkLayout(f.Type, dense); err != nil {
				return err
			}
			end = f.Offset + f.Type.Size()
		}
		if dense && end != t.Size() {
			return fmt.Errorf("%v has %d bytes of padding at its end; declare a blank field: %w", t, t.Size()-end, os.ErrInvalid)
		}
		return nil
	}
	return fmt.Errorf("%v has no fixed layout; use sized numbers, arrays and structs: %w", t, os.ErrInvalid)
}

// bytesOf is the memory of a value.
func bytesOf[T any](p *T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), unsafe.Sizeof(*p))
}
