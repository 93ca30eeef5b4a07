package rtlib

import (
	_ "unsafe" // go:linkname

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// What machine code calls.
//
//go:linkname nativeTrieLookup bpf2go/rtlib/v1.TrieLookup
func nativeTrieLookup(fr *abi.Frame, m, key uint64) uint64
