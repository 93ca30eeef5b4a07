package drive

import (
	"bytes"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// batch does an operation on many keys, and what only some types can.
func (h *Hand) batch(op model.Op) (r model.Result, err error) {
	m := h.n.Map
	keys, values := bytes.Join(op.Keys, nil), bytes.Join(op.Values, nil)
	switch op.Code {
	case model.Freeze:
		r.Errno, err = Errno(m.Freeze())
	case model.UpdateBatch:
		n, failed := m.BatchUpdate(keys, values, op.Flags)
		r.N = n
		r.Errno, err = Errno(failed)
	case model.DeleteBatch:
		n, failed := m.BatchDelete(keys, op.Flags)
		r.N = n
		r.Errno, err = Errno(failed)
	case model.LookupBatch:
		return h.all(op, m.BatchLookup)
	case model.TakeBatch:
		return h.all(op, m.BatchLookupAndDelete)
	default:
		err = fmt.Errorf("no such operation: %v", op)
	}
	return r, err
}

// lookup is a batched lookup.
type lookup func(cursor *rtlib.BatchCursor, keys, values []byte, flags uint64) (int, error)

// all reads all elements, op.N at a time, or more where that is asked for.
func (h *Hand) all(op model.Op, batch lookup) (r model.Result, err error) {
	var cursor rtlib.BatchCursor
	key, value := int(h.n.Spec.KeySize), h.n.Spec.HostSize()
	for n := op.N; ; {
		keys, values := make([]byte, n*key), make([]byte, n*value)
		got, failed := batch(&cursor, keys, values, op.Flags)
		errno, err := Errno(failed)
		if err != nil {
			return r, err
		}
		for i := range got {
			r.Keys, r.Values = append(r.Keys, keys[i*key:][:key]), append(r.Values, values[i*value:][:value])
		}
		switch {
		case errno == bpf.ENOENT:
			return r, nil
		case errno == bpf.ENOSPC && n <= int(h.n.Spec.MaxEntries):
			n *= 2
		case errno != 0:
			r.Errno = errno
			return r, nil
		case got == 0 || len(r.Keys) > 2*int(h.n.Spec.MaxEntries)+8:
			return r, fmt.Errorf("%v does not end: %x", op, r.Keys)
		}
	}
}
