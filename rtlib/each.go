package rtlib

import (
	"sync/atomic"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Walks of bpf_for_each_map_elem. The program's code is the loop; ForEachNext
// says which element comes next. The callback and others may change the map
// meanwhile. What is promised:
//
//   - A key that is in the map from the first call to the last comes once, with
//     the value that it has when it comes.
//   - No key comes twice.
//   - What comes is in the map at some moment of the call that gives it.
//
// Hash maps are walked bucket by bucket. The cursor is the element of a chain
// that came last. It goes on to the next word of that element, which also leads
// on when the element has been unlinked: its next word stays as it was at that
// moment (invariant 3 of hash.go), and its memory is not used again before the
// run ends, because programs that walk hash maps are in an epoch. An element
// that is reached so may have been unlinked itself, or replaced: what comes is
// the element that the bucket has with its key, if any, and the cursor stays on
// the old one.
//
// Why that holds. Give each element of a bucket a rank: larger than all before it
// when its key is inserted, which is at the front of the chain, and that of the
// element that it replaces when only its value is new. Next words lead to smaller
// ranks. So the cursor's rank falls, and the walk of a bucket ends.
//
//   - Twice: a linked element's next word leads to a linked element. So what was
//     linked at some moment or later leads, in any number of steps, only to what
//     was linked then or later. Of two elements with one key, either one replaced
//     the other, and they have one rank; or the first was unlinked before the
//     second was linked, and then the second does not lead to the first, nor the
//     first to the second, whose rank is larger.
//   - Left out: a key that stays is in the chain behind the cursor's element when
//     that is linked, or was when it was unlinked. Unlinking something between
//     links its predecessor with what is behind, and words of unlinked elements
//     do not change.

// walk is abi.EachState with the words that are rtlib's.
type walk struct {
	pos    uint64 // array: index of the next; hash: number of the bucket + 1
	key    uint64
	cursor uint64 // hash: element of the bucket that came last
	index  uint64 // array: the key of the present one
}

// ForEachNext returns the address of the value of the next element of a walk, 0
// at the end, and leaves the address of its key in the state at address state,
// an abi.EachState with Pos 0 at the start.
//
//go:linkname ForEachNext bpf2go/rtlib/v1.ForEachNext
//go:nocheckptr
//go:norace
func ForEachNext(fr *abi.Frame, m, state uint64) uint64 {
	return mapAt(m).ops.each(fr, (*walk)(ptr(state)))
}

// indexKey makes the next index of a walk over max elements the key, and returns
// it; below 0 at the end.
func (w *walk) indexKey(max uint64) int64 {
	if w.pos >= max {
		return -1
	}
	w.index = w.pos
	w.key = uint64(uintptr(unsafe.Pointer(&w.index)))
	w.pos++
	return int64(w.index)
}

// hashEach is ForEachNext for a hash map.
//
//go:nocheckptr
//go:norace
func (m *Map) hashEach(w *walk) uint64 {
	bucket := w.pos
	if bucket > m.mask+1 {
		return 0 // the end was reported
	}
	if bucket != 0 {
		bucket--
		for c := atomic.LoadUint64(next(w.cursor)) & wordAddr; c != 0; c = atomic.LoadUint64(next(c)) & wordAddr {
			if e := m.present(bucket, c); e != 0 {
				w.cursor, w.key = c, uint64(uintptr(m.key(e)))
				return e
			}
		}
		bucket++
	}
	for ; bucket <= m.mask; bucket++ {
		if e := atomic.LoadUint64(m.bucketAt(bucket)) & wordAddr; e != 0 {
			w.pos, w.cursor, w.key = bucket+1, e, uint64(uintptr(m.key(e)))
			return e
		}
	}
	w.pos = bucket + 1
	return 0
}

// present returns the element of a bucket with the key of c, 0 when there is
// none: mostly c itself.
//
//go:nocheckptr
//go:norace
func (m *Map) present(bucket, c uint64) uint64 {
	for e := atomic.LoadUint64(m.bucketAt(bucket)) & wordAddr; e != 0; e = atomic.LoadUint64(next(e)) & wordAddr {
		if e == c || sameKeys(m.key(e), m.key(c), m.keySize) {
			return e
		}
	}
	return 0
}

// bucketAt is the place of a bucket's word.
func (m *Map) bucketAt(bucket uint64) *uint64 {
	return (*uint64)(unsafe.Add(m.table, uintptr(bucket)*8))
}

// sameKeys compares the keys of two elements, which are aligned and padded with
// zeroes.
//
//go:norace
func sameKeys(a, b unsafe.Pointer, n uintptr) bool {
	for i := uintptr(0); i < n; i += 8 {
		if *(*uint64)(unsafe.Add(a, i)) != *(*uint64)(unsafe.Add(b, i)) {
			return false
		}
	}
	return true
}
