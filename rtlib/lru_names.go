package rtlib

import _ "unsafe" // go:linkname

// The names by which machine code calls these.
//
//go:linkname LRULookup4 bpf2go/rtlib/v1.LRULookup4
//go:linkname LRULookup8 bpf2go/rtlib/v1.LRULookup8
//go:linkname LRULookup16 bpf2go/rtlib/v1.LRULookup16
