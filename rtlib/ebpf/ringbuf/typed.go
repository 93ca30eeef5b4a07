package ringbuf

import (
	"fmt"
	"iter"
	"os"
	"reflect"
	"unsafe"
)

// RecordsOf iterates over records that are all of one C type, for which the tool
// has generated T (-type). The pointer leads into the ring, without a copy, and
// must not be used in the next turn.
//
// An error is the last turn: one of those of Reader.Read, or one that wraps
// os.ErrInvalid, of a record of another size than T, or of a T that cannot lie
// in memory of a program: it has pointers or is bool somewhere.
func RecordsOf[T any](r *Reader) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		t := reflect.TypeFor[T]()
		if detail := refuseType(t); detail != "" {
			yield(nil, fmt.Errorf("records of type %s: %s: %w", t, detail, os.ErrInvalid))
			return
		}
		for rec, err := range r.Records() {
			if err == nil && uintptr(len(rec.RawSample)) != t.Size() {
				err = fmt.Errorf("record of %d bytes, type %s has %d: %w", len(rec.RawSample), t, t.Size(), os.ErrInvalid)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			// Records begin at multiples of 8, which is enough for any T, and
			// have its size.
			if !yield((*T)(unsafe.Pointer(unsafe.SliceData(rec.RawSample))), nil) {
				return
			}
		}
	}
}

// refuseType says why not every sequence of bytes is a value of a type.
func refuseType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Array:
		return refuseType(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if detail := refuseType(t.Field(i).Type); detail != "" {
				return fmt.Sprintf("field %s: %s", t.Field(i).Name, detail)
			}
		}
		return ""
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		return ""
	}
	return fmt.Sprintf("a %s has no fixed bytes", t.Kind())
}
