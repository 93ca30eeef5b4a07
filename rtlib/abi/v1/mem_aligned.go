//go:build !(386 || amd64 || arm64 || loong64 || ppc64le || wasm)

package abi

import (
	"encoding/binary"
	"unsafe"
)

// These machines may trap on, or take long for, an access that is not aligned.
// eBPF allows such accesses to packets, so they are made of bytes. An aligned
// access stays one: others may write the same map value.

// Load16 is the number at a, zero-extended.
//
//go:nocheckptr
//go:norace
func Load16(a uint64) uint64 {
	if a&1 == 0 {
		return uint64(*(*uint16)(unsafe.Add(nil, uintptr(a))))
	}
	return uint64(binary.LittleEndian.Uint16(bytesAt(a, 2)))
}

// Load32 is the number at a, zero-extended.
//
//go:nocheckptr
//go:norace
func Load32(a uint64) uint64 {
	if a&3 == 0 {
		return uint64(*(*uint32)(unsafe.Add(nil, uintptr(a))))
	}
	return uint64(binary.LittleEndian.Uint32(bytesAt(a, 4)))
}

// Load64 is the number at a.
//
//go:nocheckptr
//go:norace
func Load64(a uint64) uint64 {
	if a&7 == 0 {
		return *(*uint64)(unsafe.Add(nil, uintptr(a)))
	}
	return binary.LittleEndian.Uint64(bytesAt(a, 8))
}

// Store16 writes the low 16 bits of v.
//
//go:nocheckptr
//go:norace
func Store16(a, v uint64) {
	if a&1 == 0 {
		*(*uint16)(unsafe.Add(nil, uintptr(a))) = uint16(v)
		return
	}
	binary.LittleEndian.PutUint16(bytesAt(a, 2), uint16(v))
}

// Store32 writes the low 32 bits of v.
//
//go:nocheckptr
//go:norace
func Store32(a, v uint64) {
	if a&3 == 0 {
		*(*uint32)(unsafe.Add(nil, uintptr(a))) = uint32(v)
		return
	}
	binary.LittleEndian.PutUint32(bytesAt(a, 4), uint32(v))
}

// Store64 writes v.
//
//go:nocheckptr
//go:norace
func Store64(a, v uint64) {
	if a&7 == 0 {
		*(*uint64)(unsafe.Add(nil, uintptr(a))) = v
		return
	}
	binary.LittleEndian.PutUint64(bytesAt(a, 8), v)
}

// bytesAt are the n bytes at a.
//
//go:nocheckptr
//go:norace
func bytesAt(a uint64, n int) []byte {
	return unsafe.Slice((*byte)(unsafe.Add(nil, uintptr(a))), n)
}
