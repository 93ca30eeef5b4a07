package rtlib

import (
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// HashLookup4 is HashLookup for keys of 4 bytes.
//
//go:linkname HashLookup4 bpf2go/rtlib/v1.HashLookup4
//go:nocheckptr
func HashLookup4(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	e := mp.find8(uint64(load32(ptr(key))))
	if e == 0 {
		return 0
	}
	return uint64(e) + mp.valueOff
}

// HashLookup8 is HashLookup for keys of 8 bytes.
//
//go:linkname HashLookup8 bpf2go/rtlib/v1.HashLookup8
//go:nocheckptr
func HashLookup8(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	e := mp.find8(load64(ptr(key)))
	if e == 0 {
		return 0
	}
	return uint64(e) + mp.valueOff
}

// HashLookup16 is HashLookup for keys of 16 bytes.
//
//go:linkname HashLookup16 bpf2go/rtlib/v1.HashLookup16
//go:nocheckptr
func HashLookup16(_ *abi.Frame, m, key uint64) uint64 {
	mp := mapAt(m)
	p := ptr(key)
	e := mp.find16(load64(p), load64(unsafe.Add(p, 8)))
	if e == 0 {
		return 0
	}
	return uint64(e) + mp.valueOff
}
