package rtlib

import (
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// The functions of string.h that programs call as kfuncs. Addresses are those of
// stacks, packets and map values; n is a number of bytes that the verifier has
// proven. Others may write to the memory meanwhile, so the race detector does
// not look into these functions (mem.go).

// MemSet is memset: n bytes from dst get the value of the low byte of c. It
// returns dst.
//
//go:linkname MemSet bpf2go/rtlib/v1.MemSet
//go:nocheckptr
//go:norace
func MemSet(_ *abi.Frame, dst, c, n uint64) uint64 {
	p, i := ptr(dst), uintptr(0)
	word := uint64(byte(c)) * 0x0101010101010101
	for ; i+8 <= uintptr(n); i += 8 {
		store64(unsafe.Add(p, i), word)
	}
	for ; i < uintptr(n); i++ {
		*(*byte)(unsafe.Add(p, i)) = byte(c)
	}
	return dst
}

// MemCopy is memcpy, for memory that overlaps as well: MemMove.
//
//go:linkname MemCopy bpf2go/rtlib/v1.MemCopy
func MemCopy(fr *abi.Frame, dst, src, n uint64) uint64 { return MemMove(fr, dst, src, n) }

// MemMove is memmove: n bytes from dst become what those from src were. It
// returns dst.
//
//go:linkname MemMove bpf2go/rtlib/v1.MemMove
//go:nocheckptr
//go:norace
func MemMove(_ *abi.Frame, dst, src, n uint64) uint64 {
	to, from, size := ptr(dst), ptr(src), uintptr(n)
	if dst-src >= n { // also when dst is below src
		i := uintptr(0)
		for ; i+8 <= size; i += 8 {
			store64(unsafe.Add(to, i), load64(unsafe.Add(from, i)))
		}
		for ; i < size; i++ {
			*(*byte)(unsafe.Add(to, i)) = *(*byte)(unsafe.Add(from, i))
		}
		return dst
	}
	i := size
	for ; i >= 8; i -= 8 {
		store64(unsafe.Add(to, i-8), load64(unsafe.Add(from, i-8)))
	}
	for ; i > 0; i-- {
		*(*byte)(unsafe.Add(to, i-1)) = *(*byte)(unsafe.Add(from, i-1))
	}
	return dst
}

// MemCmp is memcmp: 0 when n bytes from a and from b are alike, else 1 or -1, as
// a 32-bit number, when the first byte that differs is greater or less in a.
//
//go:linkname MemCmp bpf2go/rtlib/v1.MemCmp
//go:nocheckptr
//go:norace
func MemCmp(_ *abi.Frame, a, b, n uint64) uint64 {
	p, q, i := ptr(a), ptr(b), uintptr(0)
	for i+8 <= uintptr(n) && load64(unsafe.Add(p, i)) == load64(unsafe.Add(q, i)) {
		i += 8
	}
	for ; i < uintptr(n); i++ {
		x, y := *(*byte)(unsafe.Add(p, i)), *(*byte)(unsafe.Add(q, i))
		switch {
		case x > y:
			return 1
		case x < y:
			return uint64(^uint32(0))
		}
	}
	return 0
}

// store64 writes 8 bytes, at any alignment.
//
//go:norace
func store64(p unsafe.Pointer, w uint64) {
	b := (*[8]byte)(p)
	b[0], b[1], b[2], b[3] = byte(w), byte(w>>8), byte(w>>16), byte(w>>24)
	b[4], b[5], b[6], b[7] = byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56)
}
