package rtlib

import (
	"fmt"
	"iter"
	"reflect"
	"sync"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// cpuValues moves the values of all CPUs between slices and a map, which has each
// rounded up to 8 bytes. Types whose size is a multiple of that need no copy.
type cpuValues[V any] struct {
	m       *Map
	cpus    int
	buffers *sync.Pool // of *[]byte with m.hostSize bytes; nil when no copy is needed
}

func newCPUValues[V any](m *Map) cpuValues[V] {
	c := cpuValues[V]{m: m, cpus: len(m.domain.cells)}
	if m.valueSize%8 != 0 {
		c.buffers = &sync.Pool{New: func() any { b := make([]byte, m.hostSize); return &b }}
	}
	return c
}

// read fills values with those of a key.
func (c *cpuValues[V]) read(key unsafe.Pointer, values []V) bool {
	if c.m.closed.Load() || c.m.hostWriteOnly || len(values) != c.cpus {
		return false
	}
	if c.buffers == nil {
		return c.m.ops.read(key, hideOf(&values[0]), 0) == 0
	}
	b := c.buffers.Get().(*[]byte)
	defer c.buffers.Put(b)
	if c.m.ops.read(key, unsafe.Pointer(&(*b)[0]), 0) != 0 {
		return false
	}
	for i := range values {
		copy(bytesOf(&values[i]), (*b)[uintptr(i)*round8(c.m.valueSize):])
	}
	return true
}

// write stores the values of all CPUs.
func (c *cpuValues[V]) write(key []byte, values []V, flags uint64) error {
	if c.m.closed.Load() || c.m.hostReadOnly.Load() {
		return c.m.refuseWrite("update", key, noValue)
	}
	if len(values) != c.cpus {
		return &MapError{c.m.name, "update", fmt.Sprintf("values of %d CPUs, want %d", len(values), c.cpus), bpf.EINVAL}
	}
	value := hideOf(&values[0])
	if c.buffers != nil {
		b := c.buffers.Get().(*[]byte)
		defer c.buffers.Put(b)
		clear(*b)
		for i := range values {
			copy((*b)[uintptr(i)*round8(c.m.valueSize):], bytesOf(&values[i]))
		}
		value = unsafe.Pointer(&(*b)[0])
	}
	if errno := c.m.ops.write(hide(key), value, flags); errno != 0 {
		return c.m.failed("update", errno, flags)
	}
	return nil
}

// PercpuHashMap is a per-CPU hash map, also an LRU one, with keys and values of Go
// types. Values of all CPUs are slices of length PossibleCPU.
type PercpuHashMap[K comparable, V any] struct {
	m      *Map
	values cpuValues[V]
}

// NewPercpuHashMap gives a per-CPU hash map types; the rules are those of
// NewHashMap.
func NewPercpuHashMap[K comparable, V any](m *Map) (PercpuHashMap[K, V], error) {
	if err := checkKeyed(m, "per-CPU hash", reflect.TypeFor[K](), reflect.TypeFor[V](), bpf.MapPercpuHash, bpf.MapLRUPercpu); err != nil {
		return PercpuHashMap[K, V]{}, err
	}
	return PercpuHashMap[K, V]{m, newCPUValues[V](m)}, nil
}

// Map returns the map.
func (h PercpuHashMap[K, V]) Map() *Map { return h.m }

// Get fills values with those that all CPUs have for key; false when there is no
// such key, when values has another length than PossibleCPU, or the map is closed.
func (h PercpuHashMap[K, V]) Get(key K, values []V) bool { return h.values.read(hideOf(&key), values) }

// Put stores the values of all CPUs under key. Errors as Map.Update.
func (h PercpuHashMap[K, V]) Put(key K, values []V) error {
	return h.values.write(bytesOf(&key), values, bpf.UpdateAny)
}

// Delete removes key. Errors as Map.Delete.
func (h PercpuHashMap[K, V]) Delete(key K) error { return deleteTyped(h.m, key) }

// All iterates over the keys and the values of all CPUs, in the order of Map.NextKey.
// The slice is the same in each step.
func (h PercpuHashMap[K, V]) All() iter.Seq2[K, []V] {
	return func(yield func(K, []V) bool) {
		values := make([]V, h.values.cpus)
		for key, ok := firstTyped[K](h.m); ok; key, ok = nextTyped(h.m, key) {
			if h.Get(key, values) && !yield(key, values) {
				return
			}
		}
	}
}

// PercpuArray is a per-CPU array with values of a Go type. Values of all CPUs are
// slices of length PossibleCPU.
type PercpuArray[V any] struct {
	m      *Map
	values cpuValues[V]
}

// NewPercpuArray gives a per-CPU array a type; the rules are those of NewArray.
func NewPercpuArray[V any](m *Map) (PercpuArray[V], error) {
	if err := checkTyped(m, "per-CPU array", reflect.TypeFor[V](), bpf.MapPercpuArray); err != nil {
		return PercpuArray[V]{}, err
	}
	return PercpuArray[V]{m, newCPUValues[V](m)}, nil
}

// Map returns the map.
func (a PercpuArray[V]) Map() *Map { return a.m }

// Len is the number of elements.
func (a PercpuArray[V]) Len() int { return int(a.m.max) }

// Get fills values with those that all CPUs have at index; false when index is not
// below Len, when values has another length than PossibleCPU, or the map is closed.
func (a PercpuArray[V]) Get(index int, values []V) bool {
	key := uint32(index)
	return uint64(index) < a.m.max && a.values.read(hideOf(&key), values)
}

// Set stores the values of all CPUs. Errors as Map.Update.
func (a PercpuArray[V]) Set(index int, values []V) error {
	key := uint32(min(uint64(index), a.m.max))
	return a.values.write(bytesOf(&key), values, bpf.UpdateAny)
}
