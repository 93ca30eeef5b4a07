package ebpf

import (
	"fmt"
	"syscall"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// MapBatchCursor is where a batched lookup goes on. The zero value is the start.
type MapBatchCursor struct{ rt rtlib.BatchCursor }

// BatchOptions are flags of a batch.
type BatchOptions struct {
	ElemFlags uint64 // of each element: 0, or UpdateLock
	Flags     uint64 // 0
}

// flags are the flags of each element.
func (o *BatchOptions) flags(m *Map, op string) (uint64, error) {
	switch {
	case o == nil:
		return 0, nil
	case o.Flags != 0:
		return 0, fmt.Errorf("map %q: %s: there are no flags %d of a batch: %w", m.rt.Name(), op, o.Flags, syscall.EINVAL)
	}
	return o.ElemFlags, nil
}

// BatchLookup stores keys and their values in keysOut and valuesOut, which are
// slices of the same length, and returns how many. The values of a per-CPU map lie
// one after another in a slice that is longer by the number of CPUs.
//
// The error wraps ErrKeyNotExist when there are no more, also with elements;
// syscall.ENOSPC when there is no room for what has to be given at once: come
// again with longer slices; ErrNotSupported for types that have no batches. See
// rtlib.Map.BatchLookup.
func (m *Map) BatchLookup(cursor *MapBatchCursor, keysOut, valuesOut any, opts *BatchOptions) (int, error) {
	return m.batchLookup("batch lookup", cursor, keysOut, valuesOut, opts, false)
}

// BatchLookupAndDelete is BatchLookup that also deletes each element that it gives.
func (m *Map) BatchLookupAndDelete(cursor *MapBatchCursor, keysOut, valuesOut any, opts *BatchOptions) (int, error) {
	return m.batchLookup("batch lookup and delete", cursor, keysOut, valuesOut, opts, true)
}

// batchSlices checks the slices of a batch.
func (m *Map) batchSlices(op string, keys, values any, withValues bool) (k, v elements, err error) {
	if err = m.open(op); err != nil {
		return k, v, err
	}
	n := reflectLen(keys)
	if k, err = sliceOf(keys, n, int(m.KeySize()), int(m.KeySize())); err != nil {
		return k, v, m.wrong(op+": keys", err)
	}
	if !withValues {
		return k, v, nil
	}
	size, stride := int(m.ValueSize()), int(m.ValueSize())
	if perCPU(m.Type()) {
		n, stride = n*MustPossibleCPU(), m.strideOf()
	}
	if v, err = sliceOf(values, n, size, stride); err != nil {
		return k, v, m.wrong(op+": values", err)
	}
	return k, v, nil
}

func (m *Map) batchLookup(op string, cursor *MapBatchCursor, keysOut, valuesOut any, opts *BatchOptions, takes bool) (int, error) {
	k, v, err := m.batchSlices(op, keysOut, valuesOut, true)
	if err != nil {
		return 0, err
	}
	flags, err := opts.flags(m, op)
	if err != nil {
		return 0, err
	}
	keys, values := k.buffer(), v.buffer()
	if cursor == nil {
		return 0, fmt.Errorf("map %q: %s: the cursor is nil: %w", m.rt.Name(), op, syscall.EINVAL)
	}
	var n int
	if takes {
		n, err = m.rt.BatchLookupAndDelete(&cursor.rt, keys, values, flags)
	} else {
		n, err = m.rt.BatchLookup(&cursor.rt, keys, values, flags)
	}
	if bad := k.decode(keys, n); bad != nil {
		return 0, m.wrong(op+": keys", bad)
	}
	per := 1
	if perCPU(m.Type()) {
		per = MustPossibleCPU()
	}
	if bad := v.decode(values, n*per); bad != nil {
		return 0, m.wrong(op+": values", bad)
	}
	return n, m.fail(err)
}

// BatchUpdate stores the values under the keys, slices of the same length, and
// returns how many it stored. The values of a per-CPU map are as in BatchLookup.
// The error is that of the first key that could not be stored.
func (m *Map) BatchUpdate(keys, values any, opts *BatchOptions) (int, error) {
	const op = "batch update"
	k, v, err := m.batchSlices(op, keys, values, true)
	if err != nil {
		return 0, err
	}
	flags, err := opts.flags(m, op)
	if err != nil {
		return 0, err
	}
	kb, err := k.encode()
	if err != nil {
		return 0, m.wrong(op+": keys", err)
	}
	vb, err := v.encode()
	if err != nil {
		return 0, m.wrong(op+": values", err)
	}
	n, err := m.rt.BatchUpdate(kb, vb, flags)
	return n, m.fail(err)
}

// BatchDelete deletes the keys, a slice, and returns how many it deleted. The error
// is that of the first key that could not be deleted.
func (m *Map) BatchDelete(keys any, opts *BatchOptions) (int, error) {
	const op = "batch delete"
	k, _, err := m.batchSlices(op, keys, nil, false)
	if err != nil {
		return 0, err
	}
	flags, err := opts.flags(m, op)
	if err != nil {
		return 0, err
	}
	kb, err := k.encode()
	if err != nil {
		return 0, m.wrong(op+": keys", err)
	}
	n, err := m.rt.BatchDelete(kb, flags)
	return n, m.fail(err)
}
