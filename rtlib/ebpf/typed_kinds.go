package ebpf

import (
	"errors"
	"fmt"
	"iter"
	"os"
	"reflect"
	"sync"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// PerCPUMap is a per-CPU map with the Go types of its keys and values. It allocates
// nothing, and a copy of it is the same map. Values of all CPUs are slices of the
// length PossibleCPU.
type PerCPUMap[K, V any] struct {
	m    *Map
	pool *sync.Pool // of *[]byte with the values and their padding; nil without padding
	err  error      // why K and V are no types of the map
}

// PerCPUMapOf types a per-CPU map as HashMapOf does.
func PerCPUMapOf[K, V any](m *Map) PerCPUMap[K, V] {
	h := PerCPUMap[K, V]{m: m, err: fits(m, reflect.TypeFor[K](), reflect.TypeFor[V]())}
	switch {
	case h.err != nil:
	case !perCPU(m.Type()):
		h.err = m.wrong("type", fmt.Errorf("the map has type %d, which has no values by CPU: %w", m.Type(), ErrMapIncompatible))
	case m.ValueSize()%8 != 0:
		size := m.rt.HostSize()
		h.pool = &sync.Pool{New: func() any { b := make([]byte, size); return &b }}
	}
	return h
}

// PerCPUArrayMap is a PerCPUMap whose keys are indices.
type PerCPUArrayMap[V any] = PerCPUMap[uint32, V]

// PerCPUArrayMapOf types a per-CPU array as HashMapOf does.
func PerCPUArrayMapOf[V any](m *Map) PerCPUArrayMap[V] { return PerCPUMapOf[uint32, V](m) }

// ready is the error that keeps the map from being used with so many values.
func (h PerCPUMap[K, V]) ready(op string, n int) error {
	if h.err != nil {
		return h.err
	}
	if err := h.m.open(op); err != nil {
		return err
	}
	if cpus := rtlib.PossibleCPU(); n != cpus {
		return h.m.wrong("value of all CPUs", fmt.Errorf("length %d, want %d: %w", n, cpus, os.ErrInvalid))
	}
	return nil
}

// memoryOf is the memory of a slice.
func memoryOf[V any](values []V) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), uintptr(len(values))*unsafe.Sizeof(values[0]))
}

// Lookup fills values with those that all CPUs have for key. The error wraps
// ErrKeyNotExist when there is none.
func (h PerCPUMap[K, V]) Lookup(key K, values []V) error {
	if err := h.ready("lookup", len(values)); err != nil {
		return err
	}
	if h.pool == nil {
		return h.m.fail(h.m.rt.Lookup(bytesOf(&key), memoryOf(values)))
	}
	b := h.pool.Get().(*[]byte)
	defer h.pool.Put(b)
	if err := h.m.rt.Lookup(bytesOf(&key), *b); err != nil {
		return h.m.fail(err)
	}
	for i := range values {
		copy(bytesOf(&values[i]), (*b)[i*h.m.strideOf():])
	}
	return nil
}

// Put stores the values of all CPUs under key.
func (h PerCPUMap[K, V]) Put(key K, values []V) error { return h.Update(key, values, UpdateAny) }

// Update stores the values of all CPUs as flags allow; errors as Map.Update.
func (h PerCPUMap[K, V]) Update(key K, values []V, flags MapUpdateFlags) error {
	if err := h.ready("update", len(values)); err != nil {
		return err
	}
	if h.pool == nil {
		return h.m.fail(h.m.rt.Update(bytesOf(&key), memoryOf(values), uint64(flags)))
	}
	b := h.pool.Get().(*[]byte)
	defer h.pool.Put(b)
	clear(*b)
	for i := range values {
		copy((*b)[i*h.m.strideOf():], bytesOf(&values[i]))
	}
	return h.m.fail(h.m.rt.Update(bytesOf(&key), *b, uint64(flags)))
}

// Delete removes key. The error wraps ErrKeyNotExist when there is none.
func (h PerCPUMap[K, V]) Delete(key K) error {
	if h.err != nil {
		return h.err
	}
	if err := h.m.open("delete"); err != nil {
		return err
	}
	return h.m.fail(h.m.rt.Delete(bytesOf(&key)))
}

// All walks over the map like Map.Iterate. The slice is the same in each step.
func (h PerCPUMap[K, V]) All() iter.Seq2[K, []V] {
	return func(yield func(K, []V) bool) {
		values := make([]V, rtlib.PossibleCPU())
		if h.ready("iterate", len(values)) != nil {
			return
		}
		var key K
		for i := h.m.Iterate(); i.Next(&key, values); {
			if !yield(key, values) {
				return
			}
		}
	}
}

// QueueMap is a queue or a stack with the Go type of its values. It allocates
// nothing, and a copy of it is the same map.
type QueueMap[V any] struct {
	m   *Map
	err error
}

// QueueMapOf types a queue or a stack as HashMapOf does.
func QueueMapOf[V any](m *Map) QueueMap[V] {
	return QueueMap[V]{m, keyless(m, reflect.TypeFor[V](), Queue, Stack)}
}

// keyless compares the type of values with a map of one of some types.
func keyless(m *Map, value reflect.Type, types ...MapType) error {
	if err := fits(m, reflect.TypeFor[struct{}](), value); err != nil {
		return err
	}
	for _, t := range types {
		if m.Type() == t {
			return nil
		}
	}
	return m.wrong("type", fmt.Errorf("the map has type %d, want one of %d: %w", m.Type(), types, ErrMapIncompatible))
}

func (q QueueMap[V]) ready(op string) error {
	if q.err != nil {
		return q.err
	}
	return q.m.open(op)
}

// Push adds a value; syscall.E2BIG when there is no room.
func (q QueueMap[V]) Push(value V) error {
	if err := q.ready("push"); err != nil {
		return err
	}
	return q.m.fail(q.m.rt.Update(nil, bytesOf(&value), uint64(UpdateAny)))
}

// Pop takes the next value out. The error wraps ErrKeyNotExist when there is none.
func (q QueueMap[V]) Pop() (value V, err error) {
	if err = q.ready("pop"); err == nil {
		err = q.m.fail(q.m.rt.LookupAndDelete(nil, bytesOf(&value), 0))
	}
	return value, err
}

// Peek returns the next value, which stays. The error wraps ErrKeyNotExist when there
// is none.
func (q QueueMap[V]) Peek() (value V, err error) {
	if err = q.ready("peek"); err == nil {
		err = q.m.fail(q.m.rt.Lookup(nil, bytesOf(&value)))
	}
	return value, err
}

// FilterMap is a Bloom filter with the Go type of its values. It allocates nothing,
// and a copy of it is the same map.
type FilterMap[V any] struct {
	m   *Map
	err error
}

// FilterMapOf types a Bloom filter as HashMapOf does.
func FilterMapOf[V any](m *Map) FilterMap[V] {
	return FilterMap[V]{m, keyless(m, reflect.TypeFor[V](), BloomFilter)}
}

// Add adds a value.
func (f FilterMap[V]) Add(value V) error { return QueueMap[V](f).Push(value) }

// Has reports whether the value may have been added. False without an error is
// certain.
func (f FilterMap[V]) Has(value V) (bool, error) {
	if err := QueueMap[V](f).ready("has"); err != nil {
		return false, err
	}
	err := f.m.rt.Lookup(nil, bytesOf(&value))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	return err == nil, f.m.fail(err)
}
