package ebpf

import (
	"encoding"
	"encoding/binary"
	"fmt"
	"reflect"
	"sync/atomic"
	"unsafe"
)

// layout remembers the last type whose values are the same bytes in memory and
// in a map: fixed size, no pointers, no implicit padding, no conversion of its
// own.
type layout struct{ last atomic.Pointer[reflect.Type] }

// direct reports whether what data, a pointer to a t, points at is such a
// value.
func (l *layout) direct(data any, t reflect.Type) bool {
	if l == nil {
		return plain(t) && !custom(data)
	}
	if last := l.last.Load(); last != nil && *last == t {
		return true
	}
	if !plain(t) || custom(data) {
		return false
	}
	last := t // a copy, so that only this path allocates
	l.last.Store(&last)
	return true
}

// plain reports whether values of t are their own encoding. Explicit padding,
// blank fields, counts as bytes.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32,
		reflect.Uint64, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128:
		return true
	case reflect.Array:
		return plain(t.Elem())
	case reflect.Struct:
		end := uintptr(0)
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Offset != end || !plain(f.Type) {
				return false
			}
			end += f.Type.Size()
		}
		return end == t.Size()
	}
	return false
}

// view returns the memory of data when that can be used as a key or value of
// size bytes as it is: a []byte, or a pointer to a plain type. Else it is nil.
func view(data any, size int, l *layout) []byte {
	if b, ok := data.([]byte); ok {
		if len(b) == size {
			return b
		}
		return nil
	}
	v := reflect.ValueOf(data)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return nil
	}
	if t := v.Type().Elem(); t.Size() != uintptr(size) || !l.direct(data, t) {
		return nil
	}
	return unsafe.Slice((*byte)(v.UnsafePointer()), size)
}

// isNil reports whether there is nothing to read from or to store to.
func isNil(data any) bool {
	v := reflect.ValueOf(data)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

// custom reports whether a type converts itself.
func custom(data any) bool {
	switch data.(type) {
	case encoding.BinaryMarshaler, encoding.BinaryUnmarshaler:
		return true
	}
	return false
}

// marshal returns data as size bytes. They may be data's own memory.
func marshal(data any, size int, l *layout) ([]byte, error) {
	if b := view(data, size, l); b != nil {
		return b, nil
	}
	if isNil(data) {
		return nil, fmt.Errorf("nil, want %d bytes", size)
	}
	var buf []byte
	var err error
	switch d := data.(type) {
	case []byte:
		buf = d
	case string:
		buf = []byte(d)
	case encoding.BinaryMarshaler:
		buf, err = d.MarshalBinary()
	case uint32:
		buf = binary.NativeEndian.AppendUint32(nil, d)
	case uint64:
		buf = binary.NativeEndian.AppendUint64(nil, d)
	default:
		if buf, err = binary.Append(nil, binary.NativeEndian, data); err != nil {
			return nil, fmt.Errorf("%T has no fixed size: use fixed-size types, []byte or encoding.BinaryMarshaler", data)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%T: %w", data, err)
	}
	if len(buf) != size {
		return nil, fmt.Errorf("%T has %d bytes, want %d", data, len(buf), size)
	}
	return buf, nil
}

// unmarshal stores bytes in what data points at.
func unmarshal(data any, buf []byte) error {
	if b := view(data, len(buf), nil); b != nil {
		copy(b, buf)
		return nil
	}
	if isNil(data) {
		return fmt.Errorf("nil, want a pointer to %d bytes", len(buf))
	}
	switch d := data.(type) {
	case encoding.BinaryUnmarshaler:
		if err := d.UnmarshalBinary(append([]byte(nil), buf...)); err != nil {
			return fmt.Errorf("%T: %w", data, err)
		}
		return nil
	case []byte:
		return fmt.Errorf("%d bytes, want %d", len(d), len(buf))
	case *[]byte:
		*d = append([]byte(nil), buf...)
		return nil
	case *string:
		*d = string(buf)
		return nil
	}
	n, err := binary.Decode(buf, binary.NativeEndian, data)
	switch {
	case err != nil && binary.Size(data) > len(buf):
		return fmt.Errorf("%T has %d bytes, want %d", data, binary.Size(data), len(buf))
	case err != nil:
		return fmt.Errorf("%T cannot be stored to: use a pointer to a fixed-size type, []byte or encoding.BinaryUnmarshaler", data)
	case n != len(buf):
		return fmt.Errorf("%T has %d bytes, want %d", data, n, len(buf))
	}
	return nil
}
