package rtlib

import (
	"testing"
	"unsafe"
)

// TestSegments: slabs do not overlap, are zero, and continue in a new segment.
func TestSegments(t *testing.T) {
	var s segment
	seen := map[uintptr]bool{}
	const n = segmentWords / 3
	for range 7 {
		slab := s.cut(n)
		if len(slab) != n || cap(slab) != n {
			t.Fatalf("slab of %d words with room for %d, want %d", len(slab), cap(slab), n)
		}
		for _, i := range []int{0, n / 2, n - 1} {
			if slab[i] != 0 {
				t.Errorf("word %d is %#x, want 0", i, slab[i])
			}
			slab[i] = 1
		}
		if p := uintptr(unsafe.Pointer(&slab[0])); seen[p] {
			t.Errorf("a slab twice")
		} else {
			seen[p] = true
		}
	}
	if big := s.cut(segmentWords + 1); len(big) != segmentWords+1 {
		t.Errorf("%d words, want more than a segment", len(big))
	}
	for _, n := range []uint64{1, hugeTable/8 - 1, hugeTable / 8, 3*hugePage/8 + 1} {
		if w := newWords(n); uint64(len(w)) != n {
			t.Errorf("%d words, want %d", len(w), n)
		}
	}
}
