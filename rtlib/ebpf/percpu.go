package ebpf

import (
	"fmt"
	"os"
	"reflect"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// Values of per-CPU maps are slices with one element for each CPU. rtlib has them
// one after another, each rounded up to 8 bytes.

// elements is a slice of the caller as rtlib takes it: n elements of size bytes,
// stride bytes apart.
type elements struct {
	v               reflect.Value
	n, size, stride int
}

// sliceOf checks a slice of n elements.
func sliceOf(data any, n, size, stride int) (elements, error) {
	v := reflect.ValueOf(data)
	if v.Kind() != reflect.Slice {
		return elements{}, fmt.Errorf("%T is no slice: %w", data, os.ErrInvalid)
	}
	if v.Len() != n {
		return elements{}, fmt.Errorf("%T of length %d, want %d: %w", data, v.Len(), n, os.ErrInvalid)
	}
	return elements{v, n, size, stride}, nil
}

// view is the memory of the slice when it is what rtlib takes, else nil.
func (e elements) view() []byte {
	t := e.v.Type().Elem()
	if e.n == 0 || e.size != e.stride || t.Size() != uintptr(e.size) || !plain(t) || custom(reflect.Zero(reflect.PointerTo(t)).Interface()) {
		return nil
	}
	return unsafe.Slice((*byte)(e.v.UnsafePointer()), e.n*e.size)
}

// encode returns the elements as bytes, which may be their own memory.
func (e elements) encode() ([]byte, error) {
	if b := e.view(); b != nil {
		return b, nil
	}
	buf := make([]byte, e.n*e.stride)
	for i := range e.v.Len() {
		b, err := marshal(e.v.Index(i).Interface(), e.size, nil)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		copy(buf[i*e.stride:], b)
	}
	return buf, nil
}

// buffer is where rtlib puts the elements.
func (e elements) buffer() []byte {
	if b := e.view(); b != nil {
		return b
	}
	return make([]byte, e.n*e.stride)
}

// decode stores the first k elements of a buffer.
func (e elements) decode(buf []byte, k int) error {
	if e.view() != nil {
		return nil // it is the slice's memory
	}
	for i := range k {
		to := e.v.Index(i)
		if to.Kind() == reflect.Pointer {
			if to.IsNil() {
				return fmt.Errorf("element %d is nil: %w", i, os.ErrInvalid)
			}
		} else {
			to = to.Addr()
		}
		if err := unmarshal(to.Interface(), buf[i*e.stride:][:e.size]); err != nil {
			return fmt.Errorf("element %d: %w", i, err)
		}
	}
	return nil
}

// strideOf is the size of a CPU's value with its padding.
func (m *Map) strideOf() int { return (int(m.ValueSize()) + 7) &^ 7 }

// cpusOf checks a slice with an element for each CPU. A pointer to a slice gets a
// new one.
func (m *Map) cpusOf(valueOut any) (elements, error) {
	cpus := rtlib.PossibleCPU()
	if v := reflect.ValueOf(valueOut); v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.Slice {
		slice := reflect.MakeSlice(v.Elem().Type(), cpus, cpus)
		if t := slice.Type().Elem(); t.Kind() == reflect.Pointer {
			for i := range cpus {
				slice.Index(i).Set(reflect.New(t.Elem()))
			}
		}
		v.Elem().Set(slice)
		valueOut = slice.Interface()
	}
	e, err := sliceOf(valueOut, cpus, int(m.ValueSize()), m.strideOf())
	if err != nil {
		return e, m.wrong("value of all CPUs", err)
	}
	return e, nil
}

// getPerCPU is get for a per-CPU map.
func (m *Map) getPerCPU(k []byte, valueOut any, flags MapLookupFlags, takes bool) error {
	e, err := m.cpusOf(valueOut)
	if err != nil {
		return err
	}
	buf := e.buffer()
	if err := m.read(k, buf, flags, takes); err != nil {
		return m.fail(err)
	}
	if err := e.decode(buf, e.n); err != nil {
		return m.wrong("value of all CPUs", err)
	}
	return nil
}

// putPerCPU is Update for a per-CPU map. CPUs for which the slice has no element
// get zeroes.
func (m *Map) putPerCPU(k []byte, value any, flags MapUpdateFlags) error {
	n := min(reflectLen(value), rtlib.PossibleCPU())
	e, err := sliceOf(value, n, int(m.ValueSize()), m.strideOf())
	if err != nil {
		return m.wrong("value of all CPUs", err)
	}
	buf, err := e.encode()
	if err != nil {
		return m.wrong("value of all CPUs", err)
	}
	if rest := m.rt.HostSize() - len(buf); rest > 0 {
		buf = append(buf[:len(buf):len(buf)], make([]byte, rest)...)
	}
	return m.fail(m.rt.Update(k, buf, uint64(flags)))
}

// reflectLen is the length of a slice, 0 for everything else.
func reflectLen(data any) int {
	if v := reflect.ValueOf(data); v.Kind() == reflect.Slice {
		return v.Len()
	}
	return 0
}
