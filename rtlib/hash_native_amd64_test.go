package rtlib

import (
	_ "unsafe" // go:linkname

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// What machine code calls.
//
//go:linkname nativeHashLookup bpf2go/rtlib/v1.HashLookup
func nativeHashLookup(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeHashUpdate bpf2go/rtlib/v1.HashUpdate
func nativeHashUpdate(fr *abi.Frame, m, key, value, flags uint64) uint64

//go:linkname nativePercpuHashLookup bpf2go/rtlib/v1.PercpuHashLookup
func nativePercpuHashLookup(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativePercpuHashUpdate bpf2go/rtlib/v1.PercpuHashUpdate
func nativePercpuHashUpdate(fr *abi.Frame, m, key, value, flags uint64) uint64
