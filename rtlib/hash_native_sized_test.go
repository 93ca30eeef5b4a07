//go:build amd64 || arm64

package rtlib

import (
	_ "unsafe" // go:linkname

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// What machine code calls.
//
//go:linkname nativeHashLookup4 bpf2go/rtlib/v1.HashLookup4
func nativeHashLookup4(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeHashLookup8 bpf2go/rtlib/v1.HashLookup8
func nativeHashLookup8(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativeHashLookup16 bpf2go/rtlib/v1.HashLookup16
func nativeHashLookup16(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativePercpuHashLookup4 bpf2go/rtlib/v1.PercpuHashLookup4
func nativePercpuHashLookup4(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativePercpuHashLookup8 bpf2go/rtlib/v1.PercpuHashLookup8
func nativePercpuHashLookup8(fr *abi.Frame, m, key uint64) uint64

//go:linkname nativePercpuHashLookup16 bpf2go/rtlib/v1.PercpuHashLookup16
func nativePercpuHashLookup16(fr *abi.Frame, m, key uint64) uint64
