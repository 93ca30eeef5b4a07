//go:build !amd64

package rtlib

import abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"

// nativeTrieLookup is what machine code calls, on amd64 another function.
func nativeTrieLookup(fr *abi.Frame, m, key uint64) uint64 { return TrieLookup(fr, m, key) }
