package rtlib

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// TestMemory compares the functions of string.h with package bytes, at all
// alignments and with memory that overlaps.
func TestMemory(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		got, want := make([]byte, 96), make([]byte, 96)
		for i := range got {
			got[i] = byte(rng.UintN(3))
		}
		copy(want, got)
		n := rng.IntN(40)
		a, b, c := rng.IntN(len(got)-n), rng.IntN(len(got)-n), rng.Uint64()
		addr := func(i int) uint64 { return uint64(uintptr(unsafe.Pointer(&got[i]))) }
		cmp := MemCmp(nil, addr(a), addr(b), uint64(n))
		if sign := bytes.Compare(want[a:a+n], want[b:b+n]); cmp>>32 != 0 || int(int32(cmp)) != sign {
			t.Fatalf("memcmp(%x, %x): %#x, want %d as 32 bits", want[a:a+n], want[b:b+n], cmp, sign)
		}
		var r0 uint64
		switch op := rng.IntN(3); op {
		case 0:
			r0 = MemSet(nil, addr(a), c, uint64(n))
			copy(want[a:], bytes.Repeat([]byte{byte(c)}, n))
		case 1:
			r0 = MemMove(nil, addr(a), addr(b), uint64(n))
			copy(want[a:a+n], want[b:b+n])
		case 2:
			r0 = MemCopy(nil, addr(a), addr(b), uint64(n))
			copy(want[a:a+n], want[b:b+n])
		}
		if r0 != addr(a) || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes to %d from %d, byte %#x: r0 %#x, %x, want %x", n, a, b, byte(c), r0-addr(a), got, want)
		}
	}
}
