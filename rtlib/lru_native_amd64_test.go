package rtlib

import (
	_ "unsafe" // go:linkname

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// What machine code calls.
//
//go:linkname nativeLRULookup bpf2go/rtlib/v1.LRULookup
func nativeLRULookup(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeLRULookup4 bpf2go/rtlib/v1.LRULookup4
func nativeLRULookup4(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeLRULookup8 bpf2go/rtlib/v1.LRULookup8
func nativeLRULookup8(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeLRULookup16 bpf2go/rtlib/v1.LRULookup16
func nativeLRULookup16(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeLRUPercpuLookup bpf2go/rtlib/v1.LRUPercpuLookup
func nativeLRUPercpuLookup(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeLRUPercpuLookup4 bpf2go/rtlib/v1.LRUPercpuLookup4
func nativeLRUPercpuLookup4(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeLRUPercpuLookup8 bpf2go/rtlib/v1.LRUPercpuLookup8
func nativeLRUPercpuLookup8(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeLRUPercpuLookup16 bpf2go/rtlib/v1.LRUPercpuLookup16
func nativeLRUPercpuLookup16(fr *abi.Frame, m, key uint64) uint64
