package rtlib

import (
	"sync/atomic"
	"unsafe"
)

// Map values are memory that programs and hosts share without locks, as in the
// kernel: single words are never torn, longer values can be. The race detector
// would report each of these accesses, so they are confined to the functions
// here, which it does not look into. -race still watches everything else.
//
// Hosts are little-endian for programs; the loads here are little-endian on
// every host and need no alignment. The compiler makes one instruction of
// them where the processor allows it.

// load64 reads 8 bytes.
//
//go:norace
func load64(p unsafe.Pointer) uint64 {
	b := (*[8]byte)(p)
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// load32 reads 4 bytes.
//
//go:norace
func load32(p unsafe.Pointer) uint32 {
	b := (*[4]byte)(p)
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// loadUpTo8 reads n bytes, at most 8; the missing ones are 0.
//
//go:norace
func loadUpTo8(p unsafe.Pointer, n uintptr) uint64 {
	switch n {
	case 4:
		return uint64(load32(p))
	case 8:
		return load64(p)
	}
	var w uint64
	for i := uintptr(0); i < n; i++ {
		w |= uint64(*(*byte)(unsafe.Add(p, i))) << (8 * i)
	}
	return w
}

// copyIn copies n bytes to an element. dst is aligned to 8 bytes and has room
// for n rounded up to 8; the rest of the last word becomes 0.
//
//go:norace
func copyIn(dst, src unsafe.Pointer, n uintptr) {
	i := uintptr(0)
	for ; i+8 <= n; i += 8 {
		*(*uint64)(unsafe.Add(dst, i)) = load64(unsafe.Add(src, i))
	}
	if i < n {
		*(*uint64)(unsafe.Add(dst, i)) = loadUpTo8(unsafe.Add(src, i), n-i)
	}
}

// copyOut copies n bytes of an element. src is aligned to 8 bytes and has room
// for n rounded up to 8. Its loads come before every later atomic load: the
// optimistic readers of hash maps rely on that.
//
//go:norace
func copyOut(dst, src unsafe.Pointer, n uintptr) {
	i := uintptr(0)
	for ; i+8 <= n; i += 8 {
		w := atomic.LoadUint64((*uint64)(unsafe.Add(src, i)))
		b := (*[8]byte)(unsafe.Add(dst, i))
		b[0], b[1], b[2], b[3] = byte(w), byte(w>>8), byte(w>>16), byte(w>>24)
		b[4], b[5], b[6], b[7] = byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56)
	}
	if i < n {
		w := atomic.LoadUint64((*uint64)(unsafe.Add(src, i)))
		for ; i < n; i++ {
			*(*byte)(unsafe.Add(dst, i)) = byte(w)
			w >>= 8
		}
	}
}

// copyPart copies n bytes between places of one alignment without touching
// their neighbours, in the widest steps that the alignment allows.
//
//go:norace
func copyPart(dst, src unsafe.Pointer, n uintptr) {
	align := uintptr(dst) | uintptr(src)
	i := uintptr(0)
	if align&7 == 0 {
		for ; i+8 <= n; i += 8 {
			*(*uint64)(unsafe.Add(dst, i)) = *(*uint64)(unsafe.Add(src, i))
		}
	}
	if align&3 == 0 {
		for ; i+4 <= n; i += 4 {
			*(*uint32)(unsafe.Add(dst, i)) = *(*uint32)(unsafe.Add(src, i))
		}
	}
	if align&1 == 0 {
		for ; i+2 <= n; i += 2 {
			*(*uint16)(unsafe.Add(dst, i)) = *(*uint16)(unsafe.Add(src, i))
		}
	}
	for ; i < n; i++ {
		*(*byte)(unsafe.Add(dst, i)) = *(*byte)(unsafe.Add(src, i))
	}
}

// fill sets n bytes, rounded up to 8, of an element to a pattern.
//
//go:norace
func fill(dst unsafe.Pointer, n uintptr, pattern uint64) {
	for i := uintptr(0); i < n; i += 8 {
		*(*uint64)(unsafe.Add(dst, i)) = pattern
	}
}

// sameKey compares n bytes of an element's key, which is aligned and padded
// with zeroes, with a key.
//
//go:norace
func sameKey(elem, key unsafe.Pointer, n uintptr) bool {
	i := uintptr(0)
	for ; i+8 <= n; i += 8 {
		if *(*uint64)(unsafe.Add(elem, i)) != load64(unsafe.Add(key, i)) {
			return false
		}
	}
	return i == n || *(*uint64)(unsafe.Add(elem, i)) == loadUpTo8(unsafe.Add(key, i), n-i)
}

// round8 rounds up to a multiple of 8.
func round8(n uintptr) uintptr { return (n + 7) &^ 7 }
