package rtlib

import (
	"sync"
	"unsafe"
)

// Memory of big maps. A search in a map of a million elements looks at places
// far from each other, and a processor remembers the translations of a few
// thousand pages: with pages of 4 KiB, each place costs a walk of the page table.
// So big tables and the slabs of maps with many elements lie in memory that the
// system is asked to give in pages of 2 MiB, where it has such a call. It is
// advice: nothing depends on whether the system follows it. The memory stays
// Go's, and the garbage collector frees it as any other.

const (
	hugePage = 2 << 20 // bytes
	// hugeTable is the size in bytes from which on a table is worth the advice:
	// it has a whole page inside wherever it begins.
	hugeTable = 2 * hugePage
	// hugeMap is the size in bytes that the elements of a full map have when
	// its slabs are cut from segments.
	hugeMap = 8 << 20
	// segmentWords is the size of a segment, 16 MiB. What is not used yet takes
	// no memory but for the page that the last slab ends in.
	segmentWords = 16 << 20 / 8
	// probeBytes is the size from which on the system is asked first.
	probeBytes = 64 << 20
)

// newWords allocates zeroed words.
func newWords(n uint64) []uint64 {
	words := make([]uint64, n)
	if n*8 >= hugeTable {
		start := unsafe.Pointer(&words[0])
		skip := -uintptr(start) & (hugePage - 1)
		advise(unsafe.Add(start, skip), (uintptr(n)*8-skip)&^(hugePage-1))
	}
	return words
}

// hasRoom reports whether the system would give bytes at once. Go ends the process
// when it does not, which no caller can prevent; a map that is too big is an error
// of who asks for it.
func hasRoom(bytes uint64) bool { return bytes < probeBytes || mappable(bytes) }

// segment is memory that slabs of a map are cut from, for all of its pools.
type segment struct {
	mu   sync.Mutex
	rest []uint64
}

// cut returns n words, at most segmentWords, that are zero.
func (s *segment) cut(n uintptr) []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if uintptr(len(s.rest)) < n {
		s.rest = newWords(max(segmentWords, uint64(n)))
	}
	slab := s.rest[:n:n]
	s.rest = s.rest[n:]
	return slab
}
