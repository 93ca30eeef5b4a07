//go:build 386 || amd64 || arm64 || loong64 || ppc64le || wasm

package abi

import "unsafe"

// These machines access memory at any address (Go's compiler relies on it).

// Load16 is the number at a, zero-extended.
//
//go:nocheckptr
//go:norace
func Load16(a uint64) uint64 { return uint64(*(*uint16)(unsafe.Add(nil, uintptr(a)))) }

// Load32 is the number at a, zero-extended.
//
//go:nocheckptr
//go:norace
func Load32(a uint64) uint64 { return uint64(*(*uint32)(unsafe.Add(nil, uintptr(a)))) }

// Load64 is the number at a.
//
//go:nocheckptr
//go:norace
func Load64(a uint64) uint64 { return *(*uint64)(unsafe.Add(nil, uintptr(a))) }

// Store16 writes the low 16 bits of v.
//
//go:nocheckptr
//go:norace
func Store16(a, v uint64) { *(*uint16)(unsafe.Add(nil, uintptr(a))) = uint16(v) }

// Store32 writes the low 32 bits of v.
//
//go:nocheckptr
//go:norace
func Store32(a, v uint64) { *(*uint32)(unsafe.Add(nil, uintptr(a))) = uint32(v) }

// Store64 writes v.
//
//go:nocheckptr
//go:norace
func Store64(a, v uint64) { *(*uint64)(unsafe.Add(nil, uintptr(a))) = v }
