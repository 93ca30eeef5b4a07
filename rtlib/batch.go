package rtlib

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Batches: many keys in one call, with the rules of the kernel's
// generic_map_*_batch and of its hash maps. A batch is not one step for others:
// each element, or each bucket of a lookup, is.
//
//	type               lookup  lookup and delete  update  delete
//	hash, also per CPU
//	and LRU              x             x             x       x
//	array, also per CPU  x                           x
//	LPM trie             x                           x       x
//
// Hash maps are read by buckets, and a batch holds whole buckets only. Others are
// read by keys. eBPF for Windows reads all types by keys and has all four for
// them (Rules.BatchByKey).

// BatchCursor is where batched lookups of a map go on. The zero value is the
// start. It is used by one goroutine.
type BatchCursor struct {
	m      *Map
	bucket uint64 // hash: the next
	key    []byte // others: the last one that was given, nil at the start
}

// batchKind is what batches can do with a type.
type batchKind struct{ byBucket, takes, deletes bool }

// batchKinds are the types with batches on Linux.
var batchKinds = map[bpf.MapType]batchKind{
	bpf.MapHash: {true, true, true}, bpf.MapPercpuHash: {true, true, true}, bpf.MapLRUHash: {true, true, true}, bpf.MapLRUPercpu: {true, true, true},
	bpf.MapArray: {}, bpf.MapPercpuArray: {},
	bpf.MapLPMTrie: {deletes: true},
}

// batch is one call.
type batch struct {
	m            *Map
	op           string
	keys, values []byte // values is nil in deletes
	count        int    // elements that there is room for
	flags        uint64 // of each element
	kind         batchKind
}

// newBatch checks the arguments of a call. ok says whether the kind has it.
func (m *Map) newBatch(op string, keys, values []byte, flags uint64, reads, writes bool, ok func(batchKind) bool) (*batch, error) {
	b := &batch{m: m, op: op, keys: keys, values: values, flags: flags}
	switch {
	case m == nil || m.closed.Load():
		return nil, m.refuse(op, nil, noValue)
	case reads && m.hostWriteOnly:
		return nil, &MapError{m.name, op, "the map has the flag WRONLY", bpf.EPERM}
	case writes && m.hostReadOnly.Load():
		return nil, &MapError{m.name, op, m.whyReadOnly(), bpf.EPERM}
	}
	kind, known := batchKinds[m.spec.Type]
	if m.rules.BatchByKey {
		kind, known = batchKind{takes: true, deletes: true}, m.keySize != 0 && !holdsMaps(m.spec.Type) && m.progs == nil
	}
	if b.kind = kind; !known || !ok(kind) {
		return nil, &MapError{m.name, op, fmt.Sprintf("maps of type %d have no such operation; do it key by key", m.spec.Type), bpf.ENOTSUP}
	}
	if m.keySize != 0 {
		b.count = len(keys) / int(m.keySize)
	}
	switch {
	case b.count*int(m.keySize) != len(keys):
		return nil, &MapError{m.name, op, fmt.Sprintf("keys of %d bytes, which is no multiple of %d", len(keys), m.keySize), bpf.EINVAL}
	case values != nil && len(values) != b.count*int(m.hostSize):
		return nil, &MapError{m.name, op, fmt.Sprintf("values of %d bytes for %d keys, want %d", len(values), b.count, b.count*int(m.hostSize)), bpf.EINVAL}
	case b.count == 0 && m.rules.BatchByKey:
		return nil, &MapError{m.name, op, "there is room for no key", bpf.EINVAL}
	case flags&^m.rules.BatchFlags != 0 || flags > bpf.UpdateLock || m.noLock(flags):
		return nil, &MapError{m.name, op, fmt.Sprintf("flags %d are not possible for the elements of a batch", flags), bpf.EINVAL}
	}
	return b, nil
}

// key and value are the place of an element in the caller's memory.
func (b *batch) key(i int) unsafe.Pointer { return hide(b.keys[i*int(b.m.keySize):]) }
func (b *batch) value(i int) unsafe.Pointer {
	return hide(b.values[i*int(b.m.hostSize):])
}

// BatchLookup copies keys and their values, as many as keys has room for, to
// keys and values, and returns how many. cursor is where to begin and becomes
// where to go on. flags is 0, or bpf.UpdateLock to copy each value under its
// lock.
//
// Errors: ENOENT when the end of the map was reached, also with elements (on
// Windows when there is none); ENOSPC when there is no room for all elements of
// the next bucket of a hash map: come again with more; EINVAL for lengths that
// are no multiples, flags, and a cursor of another map; EPERM as Lookup; ENOTSUP
// for types without batches; os.ErrClosed.
func (m *Map) BatchLookup(cursor *BatchCursor, keys, values []byte, flags uint64) (int, error) {
	b, err := m.newBatch("batch lookup", keys, notNil(values), flags, true, false, func(batchKind) bool { return true })
	if err != nil {
		return 0, err
	}
	return b.read(cursor, false)
}

// BatchLookupAndDelete is BatchLookup that also deletes each element that it
// gives. Errors as BatchLookup, and EPERM as Delete.
func (m *Map) BatchLookupAndDelete(cursor *BatchCursor, keys, values []byte, flags uint64) (int, error) {
	b, err := m.newBatch("batch lookup and delete", keys, notNil(values), flags, true, true, func(k batchKind) bool { return k.takes })
	if err != nil {
		return 0, err
	}
	return b.read(cursor, true)
}

// notNil tells no values from nil, which stands for a call without them.
func notNil(values []byte) []byte {
	if values == nil {
		return []byte{}
	}
	return values
}

// read is a batched lookup.
func (b *batch) read(cursor *BatchCursor, takes bool) (int, error) {
	if cursor == nil || cursor.m != nil && cursor.m != b.m {
		return 0, &MapError{b.m.name, b.op, "the cursor is nil or of another map", bpf.EINVAL}
	}
	cursor.m = b.m
	if b.count == 0 {
		return 0, nil
	}
	if b.kind.byBucket {
		return b.readBuckets(cursor, takes)
	}
	return b.readKeys(cursor, takes)
}

// readBuckets reads whole buckets of a hash map.
func (b *batch) readBuckets(cursor *BatchCursor, takes bool) (int, error) {
	n := 0
	for ; cursor.bucket < uint64(len(b.m.hash.words)); cursor.bucket++ {
		got, fits := b.bucket(cursor.bucket, n, !takes)
		if !fits {
			if n == 0 {
				return 0, &MapError{b.m.name, b.op, fmt.Sprintf("a bucket has more than %d elements; make room for more", b.count), bpf.ENOSPC}
			}
			return n, nil
		}
		if takes {
			got = b.take(n, got)
		}
		n += got
	}
	return n, b.m.misses.next
}

// bucket copies the keys of a bucket, and the values if wanted, to the places
// from at on; false when they do not fit.
//
//go:norace
func (b *batch) bucket(bucket uint64, at0 int, values bool) (n int, fits bool) {
	m := b.m
	word := &m.hash.words[bucket]
	if atomic.LoadUint64(word) == 0 {
		return 0, true
	}
	s := &m.hash.stripes[bucket/m.hash.perStripe]
	s.lock()
	for w := *word; w != 0; w = *next(w & wordAddr) {
		n++
	}
	if fits = n <= b.count-at0; fits {
		for w := *word; w != 0; w = *next(w & wordAddr) {
			copyOut(b.key(at0), m.key(w&wordAddr), m.keySize)
			if values {
				m.valueOut(b.value(at0), w&wordAddr, b.flags)
			}
			at0++
		}
	}
	s.unlock()
	return n, fits
}

// take reads and deletes the n keys from at0 on and returns how many were still
// there, without gaps between them.
func (b *batch) take(at0, n int) int {
	got := at0
	for i := at0; i < at0+n; i++ {
		if b.m.ops.take(b.key(i), b.value(got), b.flags) == 0 {
			if i != got {
				copy(b.keys[got*int(b.m.keySize):][:b.m.keySize], b.keys[i*int(b.m.keySize):])
			}
			got++
		}
	}
	return got - at0
}

// readKeys reads key by key in the order of NextKey.
func (b *batch) readKeys(cursor *BatchCursor, takes bool) (int, error) {
	m := b.m
	last := make([]byte, m.keySize)
	n := 0
	for n < b.count {
		if m.ops.next(hide(cursor.key), hide(last)) != 0 {
			if n != 0 && m.rules.BatchByKey {
				return n, nil
			}
			return n, m.misses.next
		}
		errno := bpf.Errno(0)
		if takes {
			// The cursor's key stays: what follows it is what follows this one.
			errno = m.ops.take(hide(last), b.value(n), b.flags)
		} else {
			errno = m.ops.read(hide(last), b.value(n), b.flags)
			cursor.key = append(cursor.key[:0], last...)
		}
		switch errno {
		case 0:
			copy(b.keys[n*int(m.keySize):], last)
			n++
		case bpf.ENOENT: // deleted meanwhile
		default:
			return n, m.failed(b.op, errno, b.flags)
		}
	}
	return n, nil
}

// BatchUpdate stores values under keys one after the other and returns how many
// it stored. flags is 0, or bpf.UpdateLock to overwrite values under their lock
// (with Windows' rules bpf.UpdateAny, UpdateNoExist or UpdateExist).
//
// Errors: that of the first key that could not be stored, as Update; EINVAL for
// lengths that are no multiples and for flags; ENOTSUP for types without batches.
func (m *Map) BatchUpdate(keys, values []byte, flags uint64) (int, error) {
	b, err := m.newBatch("batch update", keys, notNil(values), flags, false, true, func(batchKind) bool { return true })
	if err != nil {
		return 0, err
	}
	for i := range b.count {
		if errno := m.ops.write(b.key(i), b.value(i), flags); errno != 0 {
			return i, m.failed("update", errno, flags)
		}
	}
	return b.count, nil
}

// BatchDelete deletes keys one after the other and returns how many it deleted.
// flags is 0.
//
// Errors: that of the first key that could not be deleted, as Delete; EINVAL for a
// length that is no multiple and for flags; ENOTSUP for types without batches.
func (m *Map) BatchDelete(keys []byte, flags uint64) (int, error) {
	b, err := m.newBatch("batch delete", keys, nil, flags, false, true, func(k batchKind) bool { return k.deletes })
	if err != nil {
		return 0, err
	}
	for i := range b.count {
		if errno := m.ops.erase(b.key(i)); errno != 0 {
			return i, m.failed("delete", errno, 0)
		}
	}
	return b.count, nil
}
